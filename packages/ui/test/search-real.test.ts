// The search page on the real program and its store: text, facets, orders and pages give what the spans that were sent say.

import { rm } from 'node:fs/promises'
import { launchChromium } from '@spoor/testkit/browser/chromium'
import { startSpoor, type Spoor } from '@spoor/testkit/spoor/start'
import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { buildUi } from './browser.ts'

const TRACES = 5000
const BATCH = 1000

interface Sent {
  readonly traceId: string
  readonly service: string
  readonly route: string
  readonly failed: boolean
  readonly durationMs: number
}

/** Traces of one span. Trace i starts i ms after the first; one of 500 takes over a second. */
const SENT: readonly Sent[] = Array.from({ length: TRACES }, (_, i) => ({
  traceId: (0x5ea0_0000 + i).toString(16).padStart(32, '0'),
  service: ['cart', 'shop', 'pay'][i % 3] ?? '',
  route: `/r/${i % 7}`,
  failed: i % 50 === 0,
  durationMs: i % 500 === 0 ? 1000 + i : 1 + (i % 90),
}))

function request(sent: readonly Sent[], startMs: number, first: number): object {
  const ns = (ms: number): string => String(BigInt(ms) * 1_000_000n)
  return {
    resourceSpans: sent.map(({ traceId, service, route, failed, durationMs }, i) => ({
      resource: { attributes: [{ key: 'service.name', value: { stringValue: service } }] },
      scopeSpans: [
        {
          spans: [
            {
              traceId,
              spanId: traceId.slice(16),
              name: `GET ${route}`,
              kind: 2,
              startTimeUnixNano: ns(startMs + first + i),
              endTimeUnixNano: ns(startMs + first + i + durationMs),
              attributes: [{ key: 'http.route', value: { stringValue: route } }],
              status: failed ? { code: 2 } : {},
            },
          ],
        },
      ],
    })),
  }
}

let dist: string
let spoor: Spoor
let browser: Browser
let page: Page
const errors: string[] = []

beforeAll(async () => {
  dist = await buildUi()
  spoor = await startSpoor({ args: ['all-in-one', `--query.static-files=${dist}`] })
  const startMs = Date.now() - 600_000
  for (let first = 0; first < TRACES; first += BATCH) {
    const answer = await fetch(`${spoor.url.otlpHttp}/v1/traces`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(request(SENT.slice(first, first + BATCH), startMs, first)),
    })
    expect(answer.status).toBe(200)
  }
  browser = await launchChromium()
  page = await browser.newPage({ viewport: { width: 1600, height: 1000 } })
  page.setDefaultTimeout(15_000)
  page.on('pageerror', (error) => errors.push(error.message))
  page.on('console', (message) => message.type() === 'error' && errors.push(message.text()))
})

afterAll(async () => {
  await browser.close()
  await spoor.stop()
  await rm(dist, { recursive: true, force: true })
})

const heading = (): Promise<string | null> => page.locator('.results-head h1').textContent()

async function open(query: string): Promise<void> {
  await page.goto(`${spoor.url.query}/search?lookback=1h&${query}`)
  await page.locator('.result, .message').first().waitFor()
}

function count(test: (sent: Sent) => boolean): string {
  return new Intl.NumberFormat('en').format(SENT.filter(test).length)
}

test('a query typed with the offers of the store finds what was sent', async () => {
  await page.goto(`${spoor.url.query}/search`)
  await page.getByRole('textbox', { name: 'Query' }).focus()
  for (const part of ['http.ro', '= /r/6', 'and sta', '= err']) {
    await page.keyboard.type(part)
    await page.locator('.query-options li').first().waitFor()
    await page.keyboard.press('ArrowDown')
    await page.keyboard.press('Enter')
  }
  expect(await page.getByRole('textbox', { name: 'Query' }).inputValue()).toBe('http.route = /r/6 and status = error ')
  await page.keyboard.press('Escape')
  await page.keyboard.press('Enter')
  const wanted = count(({ route, failed }) => route === '/r/6' && failed)
  expect(Number(wanted)).toBeGreaterThan(5)
  await expect.poll(heading).toBe(`${wanted} traces`)
})

test('facets count the matching spans, and a click asks for them', async () => {
  await open('q=duration+%3E+50ms&facet=http.route')
  const slow = ({ durationMs }: Sent): boolean => durationMs > 50
  const facet = (name: string) => page.getByRole('region', { name, exact: true }).locator('.facet-pick')
  await expect.poll(() => facet('http.route').count()).toBeGreaterThan(0)
  const titles = async (name: string): Promise<string[]> => {
    const found = await facet(name).evaluateAll((all) => all.map((one) => one.getAttribute('title') ?? ''))
    return found.toSorted()
  }
  expect(await titles('Service')).toEqual(
    ['cart', 'pay', 'shop'].map((name) => `${name}: ${count((sent) => slow(sent) && sent.service === name)} spans`),
  )
  expect(await titles('Status')).toEqual(
    [true, false].map(
      (failed) => `${failed ? 'error' : 'unset'}: ${count((sent) => slow(sent) && sent.failed === failed)} spans`,
    ),
  )
  await page.getByRole('button', { name: 'Not Service cart' }).click()
  await expect.poll(heading).toBe(`20 of ${count((sent) => slow(sent) && sent.service !== 'cart')} traces`)
  await page.getByRole('button', { name: /^Status error / }).click()
  const left = count((sent) => slow(sent) && sent.service !== 'cart' && sent.failed)
  await expect.poll(heading).toBe(`20 of ${left} traces`)
  await page.goBack()
  await page.goBack()
  await expect.poll(heading).toBe(`20 of ${count(slow)} traces`)
})

test('the longest of all come first, and all pages together are everything', async () => {
  await open('order=duration&limit=1500')
  const longest = SENT.toSorted((a, b) => b.durationMs - a.durationMs).slice(0, 3)
  const ids = (await page.locator('.result-id code').allTextContents()).slice(0, 3)
  expect(ids.map((id) => id.padStart(32, '0'))).toEqual(longest.map(({ traceId }) => traceId))
  for (const shown of ['3,000 of 5,000', '4,500 of 5,000', '5,000']) {
    await page.locator('.result-scroll').evaluate((element) => element.scrollTo(0, element.scrollHeight))
    await page.getByRole('button', { name: 'Load 1,500 more' }).click()
    await expect.poll(heading).toBe(`${shown} traces`)
  }
  expect(await page.evaluate(() => document.querySelectorAll('*').length)).toBeLessThanOrEqual(2500)
})

test('links to traces by id, as Jaeger makes them, list just those', async () => {
  const [first, last] = [SENT[0]?.traceId ?? '', SENT.at(-1)?.traceId ?? '']
  await open(`service=nobody&traceID=${first}&traceID=${last.replace(/^0+/, '')}`)
  await expect.poll(heading).toBe('2 traces')
  expect((await page.locator('.result-id code').allTextContents()).map((id) => id.padStart(32, '0'))).toEqual([
    first,
    last,
  ])
  expect(errors).toEqual([])
})
