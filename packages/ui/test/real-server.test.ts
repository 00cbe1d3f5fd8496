// The UI on the real program: spans go in over OTLP, and are found, opened and read in a browser, below a base path. What
// the fake server promises, the real one must keep.

import { rm } from 'node:fs/promises'
import { decodeTraceColumns } from '@spoor/core/api/trace-columns'
import { launchChromium } from '@spoor/testkit/browser/chromium'
import { startSpoor, type Spoor } from '@spoor/testkit/spoor/start'
import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { OpenedTraces } from '../src/files/opened-traces.ts'
import { USUAL_ADJUSTMENTS } from '../src/files/protocol.ts'
import { readTraceText } from '../src/files/read-text.ts'
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

interface Call {
  readonly service: string
  /** Number of the span that called. */
  readonly parent?: number
  readonly failed?: boolean
}

/** A trace in whole microseconds, which is all that Jaeger's JSON can say: one span for each call. */
function callsRequest(now: number, traceId: string, calls: readonly Call[]): object {
  const id = (i: number): string => (0xca110000 + i).toString(16).padStart(16, '0')
  const ns = (us: number): string => String(BigInt(now) * 1_000_000n + BigInt(us) * 1000n)
  return {
    resourceSpans: calls.map(({ service, parent, failed }, i) => ({
      resource: { attributes: [{ key: 'service.name', value: { stringValue: service } }] },
      scopeSpans: [
        {
          spans: [
            {
              traceId,
              spanId: id(i),
              ...(parent === undefined ? {} : { parentSpanId: id(parent) }),
              name: `call ${i} of ${service}`,
              kind: 2,
              startTimeUnixNano: ns(i * 1500),
              endTimeUnixNano: ns(90_000 - i * 2001),
              attributes: [
                { key: 'n', value: { intValue: String(9_007_199_254_740_993n + BigInt(i)) } },
                { key: 'größe', value: { doubleValue: 0.5 * i } },
              ],
              events: [{ timeUnixNano: ns(i * 1500 + 7), name: 'seen', attributes: [] }],
              status: failed === true ? { code: 2 } : {},
            },
          ],
        },
      ],
    })),
  }
}

const CALLS_ID = '5b8efff798038103d269b633813f0001'
/** web calls cart thrice (one fails) and itself once; cart calls db; db calls back into cart. */
const CALLS: readonly Call[] = [
  { service: 'web' },
  { service: 'cart', parent: 0 },
  { service: 'cart', parent: 0, failed: true },
  { service: 'web', parent: 0 },
  { service: 'cart', parent: 3 },
  { service: 'db', parent: 1 },
  { service: 'cart', parent: 5 },
]

let dist: string
let spoor: Spoor
let browser: Browser
let page: Page
const errors: string[] = []

beforeAll(async () => {
  dist = await buildUi()
  spoor = await startSpoor({ args: ['all-in-one', '--query.base-path=/jaeger', `--query.static-files=${dist}`] })
  for (const body of [request(Date.now() - 5000), callsRequest(Date.now() - 90_000_000, CALLS_ID, CALLS)]) {
    const sent = await fetch(`${spoor.url.otlpHttp}/v1/traces`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
    })
    expect(sent.status).toBe(200)
  }
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
    ['bytes', 'de ad be ef', 'bytes'],
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

test('services and their calls are those of the stored spans', async () => {
  // Sent as of yesterday: not in the last hour.
  await page.goto(`${spoor.url.query}/jaeger/dependencies?lookback=1h`)
  await page.getByRole('heading', { name: 'No calls between services in the last hour' }).waitFor()
  await page.getByLabel('Lookback').selectOption('7d')
  await page.locator('.map-node').first().waitFor()
  const drawn = await page
    .locator('.map-node')
    .evaluateAll((all) => all.map((one) => one.getAttribute('data-service') ?? ''))
  expect(drawn.toSorted()).toEqual(['cart', 'db', 'web'])
  expect((await page.locator('.map-edge title').allTextContents()).toSorted()).toEqual([
    'cart calls db: 1 call, 0 with errors (0 %)',
    'db calls cart: 1 call, 0 with errors (0 %)',
    'web calls cart: 3 calls, 1 with errors (33 %)',
  ])
  await page.locator('.map-node[data-service="cart"]').click()
  await page.getByRole('link', { name: 'With errors' }).click()
  await page.locator('.result').first().waitFor()
  expect(await page.locator('.result').count()).toBe(1)
})

test('the JSON that Jaeger’s API gives of a trace, opened as a file, is the same trace', async () => {
  const answer = await fetch(`${spoor.url.query}/jaeger/api/traces/${CALLS_ID}`)
  const text = await answer.text()
  const opened = new OpenedTraces()
  opened.add('web.json', text.length, readTraceText(text), true)
  const stored = await fetch(`${spoor.url.query}/jaeger/api/x/v1/traces/${CALLS_ID}/columns`)
  const columns = decodeTraceColumns(await stored.arrayBuffer())
  expect(columns.spanCount).toBe(CALLS.length)
  expect(opened.columns(CALLS_ID, USUAL_ADJUSTMENTS)).toEqual(columns)

  const screen = async (path: string) => {
    await page.goto(`${spoor.url.query}/jaeger/${path}`)
    const rows = await shownRows(page)
    await page.locator('.tl-row', { hasText: 'call 2 of cart' }).click()
    const attributes = page.locator('.inspector-body .section').first().locator('tbody tr')
    await attributes.first().waitFor()
    return { rows, facts: await page.locator('.facts').innerText(), tags: await attributes.allInnerTexts() }
  }
  const fromStore = await screen(`trace/${CALLS_ID}`)
  await page.goto(`${spoor.url.query}/jaeger/search?view=files`)
  await page.getByRole('button', { name: 'Choose files' }).waitFor()
  await page
    .locator('.files-side input[type=file]')
    .setInputFiles([{ name: 'web.json', mimeType: 'application/json', buffer: Buffer.from(text) }])
  await page.locator('.result-link').waitFor()
  const fromFile = await screen(`trace/${CALLS_ID}?local=web.json`)
  expect(fromFile.rows).toEqual(fromStore.rows)
  expect(fromFile.facts).toBe(fromStore.facts)
  // What OTLP has fields for, Jaeger's JSON says as tags too.
  expect(fromFile.tags).toEqual(expect.arrayContaining(fromStore.tags))
  expect(fromFile.tags.join(' ')).toContain('9007199254740995')
})
