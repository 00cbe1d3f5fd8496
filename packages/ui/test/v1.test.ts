// The trace page for those who come from Jaeger's clients: spans go in as thrift, by HTTP and by UDP, into the real program,
// and stand on the screen with everything that they said: references and the graph of them, clock skew, flags, values.

import { readdir, readFile, rm } from 'node:fs/promises'
import { createSocket } from 'node:dgram'
import { fileURLToPath } from 'node:url'
import { spanDetailAnswerSchema } from '@spoor/core/api/span-detail'
import { decodeTraceColumns } from '@spoor/core/api/trace-columns'
import { launchChromium } from '@spoor/testkit/browser/chromium'
import { batchBytes, packetBytes } from '@spoor/testkit/jaeger-v1/thrift'
import { startSpoor, type Spoor } from '@spoor/testkit/spoor/start'
import type { Browser, Locator, Page } from 'playwright-core'
import * as v from 'valibot'
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest'
import { buildUi, shownRows } from './browser.ts'
import { CAUSES, causes, id, OTHER, SKEWED, skewed, workload } from './v1-data.ts'

/** Recorded from the code of Jaeger's clients; see its README. */
const GOLDEN = fileURLToPath(new URL('../../server/test/golden/inputs/jaeger-thrift-http/', import.meta.url))
const ONE = id(1, 32)
const HUNDRED = id(100, 32)
const MANY = id(10_000, 32)

let dist: string
let spoor: Spoor
let browser: Browser
let page: Page
const errors: string[] = []

async function post(body: Uint8Array<ArrayBuffer>): Promise<void> {
  const answer = await fetch(`${spoor.url.jaegerHttp}/api/traces?format=jaeger.thrift`, {
    method: 'POST',
    headers: { 'content-type': 'application/x-thrift' },
    body,
  })
  expect(answer.status, await answer.text()).toBeLessThan(300)
}

async function sendByUdp(packets: readonly Uint8Array[]): Promise<void> {
  const socket = createSocket('udp4')
  for (const packet of packets) {
    await new Promise((done) => socket.send(packet, spoor.ports.jaegerCompact, '127.0.0.1', done))
  }
  socket.close()
}

/** Spans that the program shows of a trace; 0 where it knows none. */
async function spanCount(traceId: string): Promise<number> {
  const answer = await fetch(`${spoor.url.query}/api/x/v1/traces/${traceId}/columns`)
  return answer.status === 200 ? decodeTraceColumns(await answer.arrayBuffer()).spanCount : 0
}

beforeAll(async () => {
  dist = await buildUi()
  spoor = await startSpoor({ args: ['all-in-one', `--query.static-files=${dist}`] })
  // Not over the port that answers: UDP must show the same.
  await sendByUdp(skewed().map((batch) => packetBytes(batch, 'compact')))
  for (const batch of [...causes(), ...[1, 100, 10_000].flatMap((count) => workload(id(count, 32), count))]) {
    if (batch.spans.length > 0) await post(batchBytes(batch, 'binary'))
  }
  for (const name of await readdir(GOLDEN)) {
    if (/^[bcdegj]-/.test(name)) await post(new Uint8Array(await readFile(GOLDEN + name)))
  }
  await vi.waitFor(async () => expect(await spanCount(SKEWED)).toBe(2), { timeout: 10_000, interval: 20 })
  browser = await launchChromium()
  page = await browser.newPage({ viewport: { width: 1600, height: 900 }, timezoneId: 'UTC' })
  page.setDefaultTimeout(10_000)
  page.on('pageerror', (error) => errors.push(error.message))
  page.on('console', (message) => message.type() === 'error' && errors.push(message.text()))
  page.on('response', (answer) => answer.status() >= 400 && errors.push(`${answer.url()}: ${answer.status()}`))
})

afterEach(() => expect(errors.splice(0)).toEqual([]))

afterAll(async () => {
  await browser?.close()
  await spoor?.stop()
  await rm(dist, { recursive: true, force: true })
})

const open = async (path: string): Promise<void> => {
  await page.goto(`${spoor.url.query}/trace/${path}`)
  await page.locator('.tl-row').first().waitFor({ state: 'attached' })
}
const details = (): Locator => page.locator('.inspector-body')
const node = (name: string): Locator => page.locator('.tg-node', { hasText: name })

/** Sections of the details by their heading; rows as key, value, type. */
async function rowsOf(heading: string): Promise<Record<string, [string, string]>> {
  const section = page.locator('.section', { has: page.getByRole('heading', { name: heading, exact: true }) })
  await section.waitFor()
  const rows = await section
    .locator('tbody tr')
    .evaluateAll((all) =>
      all.map((row) => ['th', '.value', '.type'].map((part) => row.querySelector(part)?.textContent ?? '')),
    )
  return Object.fromEntries(rows.map(([key = '', value = '', type = '']) => [key, [value, type]]))
}

async function references(): Promise<string[]> {
  await details().getByRole('heading', { name: 'References' }).waitFor()
  const items = await details().locator('.links li').allInnerTexts()
  return items.map((item) => item.replace(/\s+/g, ' ').trim())
}

describe('references', () => {
  test('each with its type: here, elsewhere with the name that it has there, and nowhere', async () => {
    await open(`${CAUSES}?span=${id(5)}`)
    await details().getByText('nightly run').waitFor()
    expect(await references()).toEqual([
      `FollowsFrom orders confirm span ${id(4)} in this trace`,
      `FollowsFrom scheduler nightly run span ${id(0x77)} of trace ${OTHER.slice(16)}`,
      `ChildOf span ${id(0x78)} of trace 000000000000dead`,
    ])
    await details().getByRole('button', { name: 'orders confirm' }).click()
    await page.locator('.inspector h2', { hasText: 'confirm' }).waitFor()
    await expect
      .poll(references)
      .toEqual([
        `ChildOf front check stock span ${id(2)} in this trace`,
        `ChildOf front check credit span ${id(3)} in this trace`,
      ])
    await open(`${CAUSES}?span=${id(6)}`)
    expect(await references()).toEqual([`ChildOf span ${id(0xfff)} is missing from this trace`])
    await open(`${CAUSES}?span=${id(5)}`)
    await details()
      .getByRole('link', { name: /nightly run/ })
      .click()
    await page.waitForURL(`**/trace/${OTHER.slice(16)}?uiFind=${id(0x77)}`)
    await page.locator('.inspector h2', { hasText: 'nightly run' }).waitFor()
  })

  test('flags, warnings and 64-bit ids are marked', async () => {
    await open(CAUSES)
    const rows = await shownRows(page)
    const factsOf = (name: string): string => rows.find((item) => item.name === name)?.facts ?? ''
    expect(factsOf('check stock')).toMatch(/, debug$/)
    expect(factsOf('check credit')).toMatch(/, error, has warnings, firehose$|, error, firehose$/)
    expect(factsOf('send mail')).toContain('follows from its parent')
    expect(await page.locator('.tl-row', { hasText: 'check stock' }).locator('.tl-flag').textContent()).toBe('debug')
    expect(await page.locator('.tl-row', { hasText: 'lost' }).locator('.tl-warn').isVisible()).toBe(true)
    expect(await page.locator('.tl-row', { hasText: 'POST /order' }).locator('.tl-warn').isVisible()).toBe(false)
    expect(await page.locator('.trace-id code').textContent()).toBe(CAUSES.slice(16))
    await page.locator('.tl-row', { hasText: 'lost' }).click()
    await details().getByText('invalid parent span IDs=0000000000000fff').waitFor()
    await open('5a00000000000007900000000000000b')
    await page.locator('.tl-row').click()
    await details().locator('.v1-flags').waitFor()
    expect(await details().locator('.v1-flags').innerText()).toMatch(/debug\s*firehose/)
    expect(await details().locator('.ids').innerText()).toMatch(/0x01/)
  })
})

describe('the graph of causes', () => {
  test('draws ChildOf, FollowsFrom, two parents, other traces, what is missing and a circle', async () => {
    await open(CAUSES)
    await page.keyboard.press('g')
    await page.waitForURL('**?view=graph')
    await node('POST /order').waitFor()
    expect(await page.locator('.tl-scroll').isVisible(), 'the timeline is away').toBe(false)
    const edges = await page
      .locator('.tg-edge')
      .evaluateAll((all) => all.map((edge) => `${edge.querySelector('title')?.textContent}`).toSorted())
    expect(edges).toEqual(
      [
        'POST /order → check stock: 1 ChildOf',
        'POST /order → check credit: 1 ChildOf',
        'check stock → confirm: 1 ChildOf',
        'check credit → confirm: 1 ChildOf',
        'confirm → send mail: 1 FollowsFrom',
        `trace ${OTHER.slice(16)} → send mail: 1 FollowsFrom`,
        'trace 000000000000dead → send mail: 1 ChildOf',
        'missing parent → lost: 1 ChildOf',
        'circle one → circle two: 1 ChildOf',
        'circle two → circle one: 1 ChildOf; closes a circle',
      ].toSorted(),
    )
    const dashes = (words: string): Promise<string> =>
      page
        .locator('.tg-edge', { hasText: words })
        .locator('.tg-line')
        .evaluate((line) => getComputedStyle(line).strokeDasharray)
    expect(await dashes('POST /order → check stock')).toBe('none')
    expect(await dashes('confirm → send mail')).toBe('7px, 4px')
    expect(await dashes('missing parent → lost')).toBe('1.5px, 4px')
    const strokes = await page.evaluate(() => {
      const stroke = (name: string): string =>
        getComputedStyle(
          [...document.querySelectorAll('.tg-node')]
            .find((one) => one.textContent?.includes(name))
            ?.querySelector('.tg-box') ?? document.body,
        ).stroke
      return [stroke('check credit'), stroke('check stock')]
    })
    expect(strokes[0], 'an error is red').not.toBe(strokes[1])
    await node('confirm').click()
    await page.locator('.inspector h2', { hasText: 'confirm' }).waitFor()
    await page.waitForURL(`**?view=graph&span=${id(4)}`)
    await page.keyboard.press('Escape')
    await page.locator('.inspector').waitFor({ state: 'detached' })
    await node(`trace ${OTHER.slice(16)}`).click()
    await page.waitForURL(`**/trace/${OTHER.slice(16)}?uiFind=${id(0x77)}`)
    await page.goBack()
    await node('POST /order').waitFor()
    await page.keyboard.press('t')
    await page.waitForURL((url) => !url.searchParams.has('view'))
    expect(await page.locator('.tl-scroll').isVisible()).toBe(true)
  })

  test('by keyboard alone: to a node, to its neighbour, its details, zoom and back', async () => {
    await open(`${CAUSES}?view=graph`)
    await node('POST /order').waitFor()
    await page.locator('.map-svg').focus()
    await page.keyboard.press('Tab')
    const focused = (): Promise<string> => page.evaluate(() => document.activeElement?.getAttribute('aria-label') ?? '')
    await expect.poll(focused).toMatch(/^POST \/order front · 90 ms, front: POST \/order, 1 span/)
    await page.keyboard.press('ArrowRight')
    await expect.poll(focused).toMatch(/^check .*, front: check /)
    await page.keyboard.press('Enter')
    await page.locator('.inspector h2', { hasText: 'check' }).waitFor()
    const scale = (): Promise<number> =>
      page
        .locator('.map-svg > g')
        .evaluate((group) => Number(/scale\(([\d.]+)\)/.exec(group.getAttribute('transform') ?? '')?.[1]))
    const before = await scale()
    await page.keyboard.press('+')
    await expect.poll(scale).toBeCloseTo(before * 1.25)
    await page.keyboard.press('Control+b')
    await page.keyboard.type('mail')
    await page.getByText('– / 1').waitFor()
    expect(await node('lost').getAttribute('class')).toContain('faded')
    expect(await node('send mail').getAttribute('class')).not.toContain('faded')
  })

  test('one span, a hundred, ten thousand: as fine as can be read, all of them in it', async () => {
    const nodes = async (path: string): Promise<string[]> => {
      await open(`${path}?view=graph`)
      await page.locator('.tg-node').first().waitFor()
      return await page.locator('.tg-node').evaluateAll((all) => all.map((one) => one.getAttribute('aria-label') ?? ''))
    }
    const spans = (labels: readonly string[]): number =>
      labels.reduce((sum, label) => sum + Number(/, ([\d,]+) spans?,/.exec(label)?.[1]?.replaceAll(',', '')), 0)
    expect(await nodes(ONE)).toEqual([
      'batch of orders gateway · 1 ms, gateway: batch of orders, 1 span, 1 ms in all, 1 ms itself',
    ])
    const hundred = await nodes(HUNDRED)
    expect(hundred.length).toBeLessThan(60)
    expect(spans(hundred)).toBe(100)
    const many = await nodes(MANY)
    expect(many.length).toBeLessThan(120)
    expect(spans(many)).toBe(10_000)
    expect(await page.evaluate(() => document.querySelectorAll('*').length)).toBeLessThan(2500)
    await page.getByRole('combobox', { name: 'Nodes' }).selectOption('services')
    await expect.poll(() => page.locator('.tg-node').count()).toBe(5)
    await page.getByRole('combobox', { name: 'Nodes' }).selectOption('')
    await page.getByRole('combobox', { name: 'Colour' }).selectOption('self')
    await node('load cart')
      .getByText(/ self$/)
      .waitFor()
    expect(new URL(page.url()).searchParams.get('color')).toBe('self')
    await node('load cart').click()
    await page.getByText('Span 1 of 250').waitFor()
    await page.getByRole('button', { name: 'Next span' }).click()
    await page.getByText('Span 2 of 250').waitFor()
    await page.locator('.inspector h2', { hasText: 'load cart' }).waitFor()
    expect(
      await page.getByRole('combobox', { name: 'Nodes' }).locator('option', { hasText: 'Spans' }).isDisabled(),
    ).toBe(true)
  })
})

describe('clock skew', () => {
  test('is said, corrected and undone, and the address has it', async () => {
    await open(SKEWED)
    await page.getByText('1 span outside the time of its parent, by up to 5.02 s: clocks may differ.').waitFor()
    expect((await shownRows(page))[1]?.facts).toMatch(/^starts 0 ns, lasts 60 ms, .*has warnings$/)
    await page.getByRole('button', { name: 'Corrected' }).click()
    await page.waitForURL('**?clockSkew=on')
    await page.getByText('Clock skew corrected: 1 span moved, by up to 5.02 s.').waitFor()
    const facts = 'starts 20 ms, lasts 60 ms, 60 %, 1 event, has warnings, moved by +5.02 s against clock skew'
    await expect.poll(async () => (await shownRows(page))[1]?.facts).toBe(facts)
    await page.locator('.tl-row', { hasText: 'answer' }).click()
    await details().getByText("This span's timestamps were adjusted by 5.02s").waitFor()
    const shown = (await details().innerText()).replace(/\s+/g, ' ')
    expect(shown).toContain('Clock skew moved by +5.02 s sent as 2026-08-20 09:59:55.000000000')
    expect(shown).toContain('+10 ms in the span, +30 ms in the trace')
    await page.reload()
    await page.getByText('Clock skew corrected').waitFor()
    await page.getByRole('button', { name: 'As sent' }).click()
    await page.waitForURL('**clockSkew=off**')
    await details().getByText('not applying calculated delta of 5.02s').waitFor()
    await expect.poll(() => details().getByText('moved by').count()).toBe(0)
  })

  test('the bar shows from where it was moved', async () => {
    await open(`${SKEWED}?clockSkew=on`)
    await page.getByText('Clock skew corrected').waitFor()
    // Left of the moved bar there is paint of the line that leads back to where it was sent.
    const painted = (): Promise<number> =>
      page.locator('.tl-bars').evaluate((element) => {
        const canvas = element as HTMLCanvasElement
        const names = document.querySelector('.tl-name')?.getBoundingClientRect().width ?? 0
        const ratio = canvas.width / canvas.getBoundingClientRect().width
        const context = canvas.getContext('2d')
        const bars = canvas.width / ratio - names
        const data = context?.getImageData((names + 4) * ratio, 34 * ratio, bars * 0.15 * ratio, 6 * ratio).data ?? []
        return [...data].filter((value, i) => i % 4 === 3 && value > 60).length
      })
    await expect.poll(painted).toBeGreaterThan(10)
    await page.getByRole('button', { name: 'As sent' }).click()
    await page.getByText('clocks may differ').waitFor()
  })

  test('a recorded trace of two halves of a call', async () => {
    await open('5a0000000000000a2000000000000001?clockSkew=on')
    await page.getByText(/^Clock skew corrected: \d spans? moved/).waitFor()
    await open('5a0000000000000a2000000000000004')
    expect(await page.locator('.skew-note').count(), 'on one host no clock differs').toBe(0)
  })
})

describe('values', () => {
  test('of every type, exact, with nothing cut for good', async () => {
    await open('5a00000000000002b000000000000001')
    await page.locator('.tl-row').click()
    const tags = await rowsOf('Attributes')
    const expected: Record<string, [string, string]> = {
      'str.empty': ['empty string', 'string'],
      'int.2p53plus1': ['9007199254740993', 'int'],
      'int.max': ['9223372036854775807', 'int'],
      'int.min': ['-9223372036854775808', 'int'],
      'float.tiny': ['1.5e-300', 'double'],
      'float.negzero': ['-0', 'double'],
      'bool.false': ['false', 'bool'],
      bin: ['00 01 02 fe ff', 'bytes'],
      'bin.empty': ['empty bytes', 'bytes'],
    }
    for (const [key, value] of Object.entries(expected)) expect(tags[key], key).toEqual(value)
    expect(tags['str.unicode']?.[0]).toContain('Grüße')
    const long = details()
      .locator('tr', { has: page.getByText('str.long', { exact: true }) })
      .first()
    expect(tags['str.long']?.[0].length).toBeLessThan(500)
    await long.getByRole('button', { name: /^Show all/ }).click()
    expect((await long.locator('.value').textContent())?.length).toBeGreaterThan(19_000)
    await page.context().grantPermissions(['clipboard-read', 'clipboard-write'])
    const bytes = details()
      .locator('tr', { has: page.getByText('bin', { exact: true }) })
      .first()
    await bytes.getByRole('button', { name: 'Copy as hex' }).click()
    await expect.poll(() => page.evaluate(() => navigator.clipboard.readText())).toBe('000102feff')
    await bytes.getByRole('button', { name: 'base64', exact: true }).click()
    expect(await bytes.locator('.value').textContent()).toBe('AAEC/v8=')
    const process = await rowsOf('Resource')
    expect(process['service.name']).toEqual(['tag-lab', 'string'])
    expect(Object.keys(process).length).toBeGreaterThan(20)
  })

  test('logs: fields in order, times from the span and from the trace', async () => {
    await open('5a00000000000003c000000000000001')
    await page.locator('.tl-row').click()
    await details().locator('.events li').first().waitFor()
    const names = await details().locator('.event-name').allTextContents()
    expect(names.slice(0, 3)).toEqual(['cache miss', 'start', 'same time'])
    expect(await details().locator('.event-time').allTextContents()).toEqual([
      '+20 ms',
      '+10 ms',
      '+20 ms',
      '+30 ms',
      '−1 ms',
      '+100 ms',
      '+40 ms',
    ])
    expect(await details().locator('.events li').first().locator('tbody th').allTextContents()).toEqual([
      'event',
      'key',
      'attempt',
      'retry',
    ])
    await details().getByText('after the span').first().click()
    await details().locator('.events li', { hasText: 'after the span' }).getByText('outside the span’s time').waitFor()
  })

  test('ids of 64 bits are 16 digits, on the page and in what leads to it', async () => {
    for (const shown of ['0000000000000abc', 'e000000000000002', '00000000000000abe000000000000003']) {
      await open(shown.padStart(32, '0'))
      await page.waitForURL(`**/trace/${shown}`)
      expect(await page.locator('.trace-id code').textContent()).toBe(shown)
    }
  })
})

describe('find', () => {
  test('looks at tags, logs and process tags, and leaves out a key', async () => {
    await open(`${MANY}?uiFind=order.id%3Dorder-777`)
    await page.getByText(/^– \/ 11$/).waitFor() // 777 and 7770 … 7779
    const count = async (words: string, found: RegExp): Promise<void> => {
      await page.keyboard.press('Control+b')
      await page.keyboard.type(words)
      await expect.poll(() => page.locator('.find-count').textContent(), { message: words }).toMatch(found)
      await page.keyboard.press('Escape')
    }
    await open(SKEWED)
    await count('read', /^– \/ 1$/)
    await count('10.0.0.2', /^– \/ 1$/)
    await count('10.0.0.2 -ip', /^no match$/)
    await count('span.kind=client', /^– \/ 1$/)
  })
})

describe('the data', () => {
  test('leads to JSON as shown and as sent, and to OTLP', async () => {
    await open(CAUSES)
    await page.getByText('Data', { exact: true }).click()
    const link = async (name: string): Promise<string> =>
      (await page.getByRole('link', { name, exact: true }).getAttribute('href')) ?? ''
    const get = async (name: string): Promise<Response> => {
      const answer = await fetch(new URL(await link(name), spoor.url.query))
      expect(answer.status, name).toBe(200)
      return answer
    }
    const shown = await (await get('JSON')).text()
    const sent = await (await get('JSON, unadjusted')).text()
    expect(shown).toContain('invalid parent span IDs=0000000000000fff')
    expect(sent).not.toContain('invalid parent')
    expect(sent.split('\n').length, 'printed for people').toBeGreaterThan(100)
    const otlp = await get('OTLP JSON, download')
    expect(otlp.headers.get('content-disposition')).toBe('attachment; filename="00000000000ca05e.otlp.json"')
    const again = await fetch(`${spoor.url.otlpHttp}/v1/traces`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: (await otlp.text()).replaceAll(CAUSES, id(0xc0b1, 32)),
    })
    expect(again.status).toBe(200)
    await expect.poll(() => spanCount(id(0xc0b1, 32))).toBe(8)
    const url = `${spoor.url.query}/api/x/v1/traces/${id(0xc0b1, 32)}/spans/${id(2)}`
    const copy = v.parse(spanDetailAnswerSchema, await (await fetch(url)).json())
    expect(copy.spans.map(({ name, debug, parentSpanId }) => [name, debug, parentSpanId])).toEqual([
      ['check stock', true, id(1)],
    ])
    const proto = await get('OTLP protobuf, download')
    expect(proto.headers.get('content-type')).toBe('application/x-protobuf')
    const back = await fetch(`${spoor.url.otlpHttp}/v1/traces`, {
      method: 'POST',
      headers: { 'content-type': 'application/x-protobuf' },
      body: await proto.arrayBuffer(),
    })
    expect(back.status).toBe(200)
    await page.keyboard.press('Escape')
    await expect.poll(() => page.getByRole('link', { name: 'JSON', exact: true }).isVisible()).toBe(false)
  })
})
