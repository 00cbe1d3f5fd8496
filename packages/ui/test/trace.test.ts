// The trace page: rows in order, folding, find, zoom, keys, details as sent, very deep and very large traces.

import type { Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import {
  DEEP,
  expectNoErrors,
  HUGE,
  ODD,
  row,
  shownRows,
  SMALL,
  startRig,
  TEN_THOUSAND,
  where,
  type Rig,
} from './browser.ts'

let rig: Rig

beforeAll(async () => {
  rig = await startRig()
})
afterAll(() => rig.close())
afterEach(() => rig.server.faults.clear())

const names = async (page: Page): Promise<string[]> => (await shownRows(page)).map((item) => item.name)

/** Reads the zoom out of the address once it has settled there. */
async function zoomOf(page: Page): Promise<[number, number]> {
  await page.waitForURL(/[?&]t=/)
  const [from, to] = (new URL(page.url()).searchParams.get('t') ?? '').split('-').map(Number)
  return [from ?? NaN, to ?? NaN]
}

describe('rows', () => {
  test('stand in tree order, with what is odd about them', async () => {
    const opened = await rig.open(`trace/${ODD}`)
    const rows = await shownRows(opened.page)
    expect(rows.map((item) => `${item.level} ${item.service}: ${item.name.slice(0, 24)}`)).toEqual([
      '1 gateway: GET /orders',
      '2 orders: typed attributes',
      '2 a-service-with-a-very-long-name-that-somebody-generated-from-a-path: com.example.very.long.pa',
      `2 サービス: ${'Größe ändern → 日本語 🚀'.slice(0, 24)}`,
      '2 zipkin-client: shared span',
      '3 zipkin-server: shared span',
      '4 zipkin-server: below the shared span',
      '2 (no service): (no name)',
      '2 <b>markup</b>: <img src=x onerror=alert'.slice(0, 44),
      '1 late-service: its parent is missing',
      '1 loop: cycle one',
      '2 loop: cycle two',
      '1 loop: its own parent',
    ])
    expect(rows[1]?.facts).toBe('starts 20 ms, lasts 300 ms, 60 %, 2 events, error, has links, has warnings')
    expect(rows[9]?.facts).toContain('parent is missing')
    expect(rows[10]?.facts).toContain('parents form a cycle')
    const header = await opened.page.locator('.facts').innerText()
    expect(header.replace(/\s+/g, ' ')).toMatch(/Duration 500 ms Spans 13 Services 10 Depth 4 Errors 1 Orphans 1/)
    expect(await opened.page.locator('.trace-id code').textContent()).toBe(ODD)
    await expectNoErrors(opened)
  })

  test('collapse and expand: one subtree, one level, all', async () => {
    const opened = await rig.open(`trace/${ODD}`)
    const { page } = opened
    await row(page, 'shared span').locator('.tl-toggle').click()
    expect(await names(page)).not.toContain('below the shared span')
    expect(await row(page, 'shared span').getAttribute('aria-expanded')).toBe('false')
    await page.keyboard.press('[')
    await expect.poll(() => names(page).then((all) => all.length)).toBe(13)
    await page.keyboard.press('p')
    await expect.poll(() => names(page).then((all) => all.length)).toBe(12)
    await page.keyboard.press(']')
    await expect
      .poll(() => names(page))
      .toEqual(['GET /orders', 'its parent is missing', 'cycle one', 'its own parent'])
    await page.keyboard.press('o')
    await expect.poll(() => names(page).then((all) => all.length)).toBe(11)
    expect(await page.locator('.inspector').count(), 'folding selects nothing').toBe(0)
    await expectNoErrors(opened)
  })

  test('the name column can be resized with the mouse and with keys', async () => {
    const opened = await rig.open(`trace/${ODD}`)
    const { page } = opened
    const handle = page.getByRole('separator', { name: 'Width of the name column' })
    const width = async (): Promise<number> => (await page.locator('.tl-name').first().boundingBox())?.width ?? 0
    await page.locator('.tl-row').first().waitFor()
    const before = await width()
    const box = await handle.boundingBox()
    if (box === null) throw new Error('no handle')
    await page.mouse.move(box.x + 4, box.y + 100)
    await page.mouse.down()
    await page.mouse.move(box.x + 204, box.y + 100, { steps: 4 })
    await page.mouse.up()
    await expect.poll(width).toBeGreaterThan(before + 150)
    await handle.focus()
    await page.keyboard.press('ArrowLeft')
    const narrower = before + 200
    await expect.poll(width).toBeLessThan(narrower)
    await expectNoErrors(opened)
  })
})

describe('find', () => {
  test('counts, steps around, opens what hides a match, keeps the text in the address', async () => {
    const opened = await rig.open(`trace/${ODD}`)
    const { page } = opened
    await page.locator('.tl-row').first().waitFor()
    await page.keyboard.press(']')
    await page.keyboard.press('Control+b')
    await page.keyboard.type('zipkin')
    await page.getByText('– / 3').waitFor()
    await page.keyboard.press('Enter')
    await page.getByText('1 / 3').waitFor()
    await page.keyboard.press('Shift+Enter')
    await page.getByText('3 / 3').waitFor()
    await expect.poll(() => names(page)).toContain('below the shared span')
    await page.waitForURL('**?uiFind=zipkin')
    await page.keyboard.press('Escape')
    expect(await page.getByLabel('Find in this trace').last().inputValue()).toBe('')
    await page.keyboard.type('nosuchword')
    await page.getByText('no match').waitFor()
    await expectNoErrors(opened)
  })
})

describe('keyboard', () => {
  test("Jaeger's keys: zoom, pan, next span, details, clear", async () => {
    const opened = await rig.open(`trace/${SMALL}`)
    const { page } = opened
    await page.locator('.tl-row').first().waitFor()
    await page.keyboard.press('Shift+ArrowUp')
    const [from, to] = await zoomOf(page)
    await page.keyboard.press('d')
    await expect.poll(() => zoomOf(page).then(([at]) => at)).toBeGreaterThan(from)
    await page.keyboard.press('a')
    await expect.poll(() => zoomOf(page).then(([, end]) => Math.round(end))).toBe(Math.round(to))
    await page.keyboard.press('ArrowDown')
    await page.keyboard.press('Shift+ArrowDown')
    await page.waitForURL((url) => !url.searchParams.has('t'))
    await page.keyboard.press('f')
    await page.keyboard.press('f')
    await page.keyboard.press('Enter')
    await page.locator('.inspector').waitFor()
    const rows = await shownRows(page)
    expect(await page.locator('.inspector h2').textContent()).toBe(rows[1]?.name)
    await page.keyboard.press('b')
    await page.keyboard.press('Enter')
    await expect.poll(() => page.locator('.inspector h2').textContent()).toBe(rows[0]?.name)
    await page.keyboard.press('Escape')
    await page.locator('.inspector').waitFor({ state: 'detached' })
    const top = (await shownRows(page))[0]?.name
    await page.keyboard.press('s')
    await expect.poll(() => page.locator('.tl-scroll').evaluate((element) => element.scrollTop)).toBeGreaterThan(100)
    await page.keyboard.press('w')
    await expect.poll(() => names(page).then((all) => all[0])).toBe(top)
    await expectNoErrors(opened)
  })

  test('the rows are a tree grid of their own', async () => {
    const opened = await rig.open(`trace/${ODD}`)
    const { page } = opened
    const grid = page.getByRole('treegrid')
    await grid.focus()
    const current = (): Promise<string | null> =>
      page.evaluate(() => {
        const id = document.querySelector('[role=treegrid]')?.getAttribute('aria-activedescendant')
        return id ? (document.getElementById(id)?.querySelector('.tl-operation')?.textContent ?? null) : null
      })
    await page.keyboard.press('Home')
    await expect.poll(current).toBe('GET /orders')
    await page.keyboard.press('ArrowLeft')
    await expect.poll(() => names(page).then((all) => all.length)).toBe(5)
    await page.keyboard.press('ArrowRight')
    await page.keyboard.press('ArrowRight')
    await expect.poll(current).toBe('typed attributes')
    await page.keyboard.press('ArrowLeft')
    await expect.poll(current).toBe('GET /orders')
    await page.keyboard.press('End')
    await expect.poll(current).toBe('its own parent')
    await page.keyboard.press('Enter')
    await page.locator('.inspector h2', { hasText: 'its own parent' }).waitFor()
    await page.keyboard.press('ArrowUp')
    await page.locator('.inspector h2', { hasText: 'cycle two' }).waitFor()
    await page.keyboard.press('?')
    await page.getByRole('dialog', { name: 'Keyboard' }).waitFor()
    await page.keyboard.press('Escape')
    await page.getByRole('dialog', { name: 'Keyboard' }).waitFor({ state: 'hidden' })
    expect(await page.locator('.inspector').count(), 'Esc closed the sheet only').toBe(1)
    await expectNoErrors(opened)
  })

  test('single keys can be turned off', async () => {
    const opened = await rig.open(`trace/${ODD}`)
    const { page } = opened
    await page.locator('.tl-row').first().waitFor()
    await page.getByRole('button', { name: 'Keyboard help' }).click()
    await page.getByLabel(/^Single-key shortcuts/).uncheck()
    await page.getByRole('button', { name: 'Close' }).click()
    await page.keyboard.press(']')
    await page.keyboard.press('Control+b')
    expect(await names(page)).toHaveLength(13)
    await expectNoErrors(opened)
  })
})

describe('zoom', () => {
  test('by dragging on the ruler, by the overview, and back', async () => {
    const opened = await rig.open(`trace/${ODD}`)
    const { page } = opened
    await page.locator('.tl-row').first().waitFor()
    const ruler = await page.locator('.tl-ruler').boundingBox()
    const map = await page.locator('.minimap canvas').boundingBox()
    if (ruler === null || map === null) throw new Error('nothing to drag on')
    await page.mouse.move(ruler.x + ruler.width / 4, ruler.y + 10)
    await page.mouse.down()
    await page.mouse.move(ruler.x + ruler.width / 2, ruler.y + 10, { steps: 3 })
    await page.mouse.up()
    await expect.poll(() => zoomOf(page).then((zoom) => zoom.map((at) => Math.round(at / 5000)))).toEqual([25, 50])
    await page.mouse.dblclick(ruler.x + 50, ruler.y + 10)
    await page.waitForURL((url) => !url.searchParams.has('t'))
    await page.mouse.move(map.x + map.width * 0.6, map.y + 10)
    await page.mouse.down()
    await page.mouse.move(map.x + map.width * 0.8, map.y + 10, { steps: 3 })
    await page.mouse.up()
    await expect.poll(() => zoomOf(page).then((zoom) => zoom.map((at) => Math.round(at / 5000)))).toEqual([60, 80])
    await page.getByRole('button', { name: /300 ms – 400 ms/ }).click()
    await page.waitForURL((url) => !url.searchParams.has('t'))
    await page.mouse.move(ruler.x + ruler.width / 2, ruler.y + 100)
    await page.keyboard.down('Control')
    await page.mouse.wheel(0, -300)
    await page.keyboard.up('Control')
    const [from, to] = await zoomOf(page)
    expect(to - from).toBeLessThan(250_000)
    expect(from).toBeLessThan(250_000)
    expect(to).toBeGreaterThan(250_000)
    await expectNoErrors(opened)
  })
})

describe('details', () => {
  test('show every value as sent, with its type', async () => {
    const opened = await rig.open(`trace/${ODD}?span=00000000000000a2`)
    const { page } = opened
    const body = page.locator('.inspector-body')
    await body.getByText('upstream timed out after 250 ms').waitFor()
    const rows = await body
      .locator('.section')
      .first()
      .locator('tbody tr')
      .evaluateAll((all) =>
        all.map((item) => [
          item.querySelector('th')?.textContent,
          item.querySelector('.value')?.textContent,
          item.querySelector('.type')?.textContent,
        ]),
      )
    expect(rows.slice(0, 15)).toEqual([
      ['http.request.method', 'GET', 'string'],
      ['http.response.status_code', '503', 'int'],
      ['big.int', '9223372036854775807', 'int'],
      ['ratio', '0.25', 'double'],
      ['not.a.number', 'NaN', 'double'],
      ['cache.hit', 'false', 'bool'],
      ['raw', 'de ad be ef', 'bytes'],
      ['tags', '["a", 7]', 'array'],
      ['user', '{\n  "name": "Zoë",\n  "ids": []\n}', 'map'],
      ['nothing', 'empty value', 'empty'],
      ['empty.text', 'empty string', 'string'],
      ['db.statement', 'SELECT *\nFROM customers\nWHERE id = 731', 'string'],
      [
        'request.json',
        '{\n  "order": {\n    "id": 7,\n    "items": [\n      "a",\n      "b"\n    ]\n  },\n  "ok": true\n}',
        'string',
      ],
      ['url.full', 'https://example.com/orders?id=7', 'string'],
      ['größe', '日本語のテキスト', 'string'],
    ])
    const long = body.locator('tr', { has: page.getByText('long.value', { exact: true }) })
    expect((await long.locator('.value').textContent())?.length).toBeLessThan(500)
    await long.getByRole('button', { name: /^Show all, 31 thousand/ }).click()
    expect(await long.locator('.value').textContent()).toMatch(/THE-END$/)
    const text = (await body.innerText()).replace(/\s+/g, ' ')
    for (const part of [
      'clock skew of 12 ms was adjusted',
      '3 attributes were dropped',
      '1 event was dropped',
      'exception.stacktrace',
      '+12 ms in the span, +32 ms in the trace',
      'io.example.orders 1.4.2',
      'vendor=abc',
      'process.pid',
      '00000000000000a1',
      '2026-08-20 12:00:00.020000000',
      'FollowsFrom',
    ])
      expect(text, part).toContain(part)
    await body.getByLabel('Filter attributes').fill('host')
    await expect.poll(() => body.locator('.section').first().innerText()).toContain('None of 16 matches')
    await expectNoErrors(opened)
  })

  test('links lead on: to a parent, to a span of this trace, to another trace', async () => {
    const opened = await rig.open(`trace/${ODD}`)
    const { page } = opened
    await row(page, 'typed attributes').click()
    await page.waitForURL('**?span=00000000000000a2')
    const body = page.locator('.inspector-body')
    await body.getByRole('button', { name: 'late-service its parent is missing' }).click()
    await page.locator('.inspector h2', { hasText: 'its parent is missing' }).waitFor()
    await body.getByText('missing from this trace').waitFor()
    await page.goBack()
    await body.getByRole('button', { name: 'GET /orders', exact: true }).click()
    await page.locator('.inspector h2', { hasText: 'GET /orders' }).waitFor()
    await page.goBack()
    await body.getByRole('link', { name: /span .* of trace/ }).click()
    await page.waitForURL(`**/trace/${SMALL}?uiFind=00000000a1000001`)
    await page.locator('.inspector h2', { hasText: 'HTTP' }).waitFor()
    await expectNoErrors(opened)
  })

  test('of two spans with one id, each row shows its own', async () => {
    const opened = await rig.open(`trace/${ODD}?span=00000000000000e1`)
    const { page } = opened
    await page.getByText('2 spans share this id').waitFor()
    expect(await page.locator('.same-id [aria-pressed=true]').textContent()).toContain('zipkin-client')
    await page.getByRole('button', { name: 'zipkin-server server' }).click()
    expect(await page.locator('.section', { hasText: 'Resource' }).innerText()).toContain('zipkin-server')
    await expectNoErrors(opened)
  })

  test('copy: value, JSON, deep link', async () => {
    const opened = await rig.open(`trace/${ODD}?span=00000000000000a2`)
    const { page, context } = opened
    await context.grantPermissions(['clipboard-read', 'clipboard-write'])
    const pasted = (): Promise<string> => page.evaluate(() => navigator.clipboard.readText())
    await page.getByRole('button', { name: 'Copy the value of big.int' }).click()
    await expect.poll(pasted).toBe('9223372036854775807')
    await page.getByRole('button', { name: 'Copy a link to this span' }).click()
    await expect.poll(pasted).toBe(`${rig.server.url}trace/${ODD}?uiFind=00000000000000a2`)
    await page.getByRole('button', { name: 'Copy JSON' }).click()
    await expect.poll(() => pasted().then((text) => text.includes('"9223372036854775807"'))).toBe(true)
    await expectNoErrors(opened)
  })
})

describe('what can go wrong', () => {
  test('no such trace, a failing server, a broken answer, one that takes long', async () => {
    const opened = await rig.open('trace/abcdef')
    const { page } = opened
    await page.getByRole('heading', { name: 'This trace is not here' }).waitFor()
    await page.getByText('trace not found').waitFor()
    rig.server.faults.set('api/x/v1/traces', { status: 500 })
    await page.goto(`${rig.server.url}trace/${ODD}`)
    await page.getByText('the disk is on fire').waitFor()
    rig.server.faults.set('api/x/v1/traces', 'cut')
    await page.getByRole('button', { name: 'Try again' }).click()
    await page.getByText('could not be read to its end').waitFor()
    rig.server.faults.set('api/x/v1/traces', { status: 200, body: '<html>a proxy says hello</html>' })
    await page.getByRole('button', { name: 'Try again' }).click()
    await page.getByText('not a trace in columns').waitFor()
    rig.server.faults.set('api/x/v1/traces', 'hang')
    await page.getByRole('button', { name: 'Try again' }).click()
    await page.getByText('Loading the trace…').waitFor()
    rig.server.faults.clear()
    await page.reload()
    await page.locator('.tl-row').first().waitFor()
    await expectNoErrors(opened)
  })

  test('details that cannot be had leave the timeline alone', async () => {
    rig.server.faults.set(`api/x/v1/traces/${ODD}/spans`, { status: 503 })
    const opened = await rig.open(`trace/${ODD}?span=00000000000000a2`)
    await opened.page.locator('.inspector').getByText('The server is busy').waitFor()
    expect(await names(opened.page)).toHaveLength(13)
    rig.server.faults.clear()
    await opened.page.getByRole('button', { name: 'Try again' }).click()
    await opened.page.getByText('upstream timed out').waitFor()
    await expectNoErrors(opened)
  })

  test('an id box takes anything with an id in it, and says when there is none', async () => {
    const opened = await rig.open('search')
    const { page } = opened
    const box = page.getByRole('textbox', { name: 'Trace id' })
    await page.getByRole('heading', { name: 'Find traces' }).waitFor()
    await page.keyboard.press('/')
    await page.keyboard.type('what is this')
    await page.keyboard.press('Enter')
    await page.getByText('No trace id in there').waitFor()
    await box.fill(`00-${ODD}-00000000000000a2-01`)
    await page.keyboard.press('Enter')
    await page.locator('.tl-row').first().waitFor()
    expect(where(page, rig.server)).toBe(`trace/${ODD}`)
    await expectNoErrors(opened)
  })

  test('an unknown page', async () => {
    const opened = await rig.open('nowhere')
    await opened.page.getByRole('heading', { name: 'There is no such page' }).waitFor()
    await expectNoErrors(opened)
  })
})

describe('size', () => {
  test('200 levels: the names stay readable and the depth is printed', async () => {
    const opened = await rig.open(`trace/${DEEP}`)
    const { page } = opened
    await page.locator('.tl-row').first().waitFor()
    await page.getByRole('treegrid').focus()
    await page.keyboard.press('End')
    const last = row(page, 'level 199')
    await last.waitFor()
    expect(await last.locator('.tl-level').textContent()).toBe('199')
    const [cell, operation] = [
      await last.locator('.tl-name').boundingBox(),
      await last.locator('.tl-operation').boundingBox(),
    ]
    expect(((operation?.x ?? 0) - (cell?.x ?? 0)) / (cell?.width ?? 1)).toBeLessThan(0.75)
    await page
      .getByText(/^in 1\d\d levels/)
      .first()
      .waitFor()
    await expectNoErrors(opened)
  })

  test.each([
    [TEN_THOUSAND, 10_000],
    [HUGE, 100_000],
  ])('%s: %d spans in at most 60 rows', async (id, count) => {
    const opened = await rig.open(`trace/${id}`)
    const { page } = opened
    await page.locator('.tl-row').first().waitFor()
    const grid = page.getByRole('treegrid')
    expect(await grid.getAttribute('aria-rowcount')).toBe(String(count))
    const rows = (): Promise<number> => page.locator('.tl-row').count()
    expect(await rows()).toBeLessThanOrEqual(60)
    await grid.focus()
    await page.keyboard.press('End')
    await page.locator(`.tl-row[aria-rowindex="${count}"]`).waitFor()
    for (let i = 0; i < 5; i++) {
      await grid.evaluate((element, share) => element.scrollTo(0, element.scrollHeight * share), ((i * 7) % 5) / 5)
      await page.evaluate(() => new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve))))
    }
    expect(await rows()).toBeLessThanOrEqual(60)
    expect(await page.evaluate(() => document.querySelectorAll('*').length)).toBeLessThan(1000)
    await page.keyboard.press('Control+b')
    await page.keyboard.type('redis')
    await page.keyboard.press('Enter')
    await page.getByText(/^1 \/ \d+/).waitFor()
    await expectNoErrors(opened)
  })
})
