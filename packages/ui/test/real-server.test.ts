// The UI on the real program: spans go in over OTLP, and are found, opened and read in a browser, below a base path. What
// the fake server promises, the real one must keep.

import { rm } from 'node:fs/promises'
import { launchChromium } from '@spoor/testkit/browser/chromium'
import { startSpoor, type Spoor } from '@spoor/testkit/spoor/start'
import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { buildUi, shownRows } from './browser.ts'

const TRACE_ID = '5b8efff798038103d269b633813fc60c'
const SERVER_SPAN = 'eee19b7ec3c1b173'
const CLIENT_SPAN = 'eee19b7ec3c1b174'

/** An OTLP/JSON export request; `now` in ms. */
function request(now: number): object {
  const ns = (ms: number): string => String(BigInt(now) * 1_000_000n + BigInt(Math.round(ms * 1e6)))
  const text = (key: string, stringValue: string): object => ({ key, value: { stringValue } })
  const spans = [
    {
      traceId: TRACE_ID,
      spanId: SERVER_SPAN,
      name: 'GET /cart',
      kind: 2,
      startTimeUnixNano: ns(0),
      endTimeUnixNano: ns(250),
    },
    {
      traceId: TRACE_ID,
      spanId: CLIENT_SPAN,
      parentSpanId: SERVER_SPAN,
      name: 'SELECT cart → Größe',
      kind: 3,
      startTimeUnixNano: ns(20.000123),
      endTimeUnixNano: ns(120.5),
      attributes: [
        text('db.system', 'postgresql'),
        { key: 'rows', value: { intValue: '9007199254740993' } },
        { key: 'ratio', value: { doubleValue: 0.125 } },
        { key: 'cached', value: { boolValue: false } },
        { key: 'list', value: { arrayValue: { values: [{ stringValue: 'a' }, { intValue: '2' }] } } },
        { key: 'bytes', value: { bytesValue: '3q2+7w==' } },
      ],
      events: [{ timeUnixNano: ns(30), name: 'lock wait', attributes: [text('table', 'cart')] }],
      links: [
        { traceId: '5b8efff798038103d269b633813fc60d', spanId: 'eee19b7ec3c1b179', attributes: [text('why', 'retry')] },
      ],
      status: { code: 2, message: 'deadlock detected' },
    },
  ]
  const resource = { attributes: [text('service.name', 'shop-cart'), text('host.name', 'node-7')] }
  return { resourceSpans: [{ resource, scopeSpans: [{ scope: { name: 'shop', version: '1.2' }, spans }] }] }
}

let dist: string
let spoor: Spoor
let browser: Browser
let page: Page
const errors: string[] = []

beforeAll(async () => {
  dist = await buildUi()
  spoor = await startSpoor({ args: ['all-in-one', '--query.base-path=/jaeger', `--query.static-files=${dist}`] })
  const sent = await fetch(`${spoor.url.otlpHttp}/v1/traces`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(request(Date.now() - 5000)),
  })
  expect(sent.status).toBe(200)
  browser = await launchChromium()
  page = await browser.newPage({ viewport: { width: 1440, height: 900 } })
  page.setDefaultTimeout(10_000)
  page.on('pageerror', (error) => errors.push(error.message))
  page.on('console', (message) => message.type() === 'error' && errors.push(message.text()))
})

afterAll(async () => {
  await browser.close()
  await spoor.stop()
  await rm(dist, { recursive: true, force: true })
})

test('from the first page to the values of a span, as sent', async () => {
  await page.goto(`${spoor.url.query}/jaeger/`)
  await page.getByRole('link', { name: 'shop-cart' }).click()
  await page.getByRole('link', { name: 'shop-cart GET /cart' }).click()
  const rows = await shownRows(page)
  expect(rows.map(({ level, service, name }) => [level, service, name])).toEqual([
    [1, 'shop-cart', 'GET /cart'],
    [2, 'shop-cart', 'SELECT cart → Größe'],
  ])
  expect(rows[1]?.facts).toBe('starts 20 ms, lasts 100 ms, 40 %, 1 event, error, has links')
  await page.locator('.tl-row').nth(1).click()
  const body = page.locator('.inspector-body')
  await body.getByText('deadlock detected').waitFor()
  const attributes = await body
    .locator('.section')
    .first()
    .locator('tbody tr')
    .evaluateAll((all) =>
      all.map((row) => ['th', '.value', '.type'].map((part) => row.querySelector(part)?.textContent ?? '')),
    )
  expect(attributes).toEqual([
    ['db.system', 'postgresql', 'string'],
    ['rows', '9007199254740993', 'int'],
    ['ratio', '0.125', 'double'],
    ['cached', 'false', 'bool'],
    ['list', '["a", 2]', 'array'],
    ['bytes', '3q2+7w==', 'bytes'],
  ])
  const text = (await body.innerText()).replace(/\s+/g, ' ')
  for (const part of ['lock wait', '+10 ms in the span', 'eee19b7ec3c1b179', 'retry', 'shop 1.2', 'node-7', 'client']) {
    expect(text, part).toContain(part)
  }
})

test('without a service, by tag, by old links, and what is not there', async () => {
  const search = async (query: string): Promise<number> => {
    await page.goto(`${spoor.url.query}/jaeger/search?lookback=1h&${query}`)
    await page.locator('.results-head').waitFor()
    return await page.locator('.result').count()
  }
  expect(await search('')).toBe(1)
  expect(await search(`tags=${encodeURIComponent('{"error":"true","db.system":"postgresql"}')}`)).toBe(1)
  expect(await search('service=shop-cart&operation=GET%20%2Fcart&minDuration=200ms&maxDuration&limit=20')).toBe(1)
  expect(await search('minDuration=10s')).toBe(0)
  await page.goto(`${spoor.url.query}/jaeger/trace/${TRACE_ID.toUpperCase()}?uiFind=${CLIENT_SPAN}`)
  await page.getByText('deadlock detected').waitFor()
  await page.waitForURL(`**/jaeger/trace/${TRACE_ID}?uiFind=${CLIENT_SPAN}`)
  expect(errors).toEqual([])
  await page.goto(`${spoor.url.query}/jaeger/trace/5b8efff798038103d269b633813fc6ff`)
  await page.getByRole('heading', { name: 'This trace is not here' }).waitFor()
})
