// From a program to the screen: what a live OpenTelemetry SDK sends to the real program is found with the real UI in a
// real browser, and its values stand there as they were sent. Needs the built UI (`npm test` builds it first).

import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { context, SpanKind, SpanStatusCode, trace, TraceFlags, type SpanContext } from '@opentelemetry/api'
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-proto'
import { resourceFromAttributes } from '@opentelemetry/resources'
import { BasicTracerProvider, BatchSpanProcessor } from '@opentelemetry/sdk-trace-base'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { launchChromium } from '@spoor/testkit/browser/chromium'
import { startSpoor, type Spoor } from '@spoor/testkit/spoor/start'

type Browser = Awaited<ReturnType<typeof launchChromium>>
type Page = Awaited<ReturnType<Browser['newPage']>>

const BUILT = fileURLToPath(new URL('../../../ui/dist/index.html', import.meta.url))
const LINKED: SpanContext = {
  traceId: '0123456789abcdef0123456789abcdef',
  spanId: '0123456789abcdef',
  traceFlags: TraceFlags.SAMPLED,
}
const START_MS = Date.now() - 60_000

let browser: Browser

beforeAll(async () => {
  if (!existsSync(BUILT)) throw new Error('the UI is not built: run `npm test`, or `node scripts/setup.mjs --ui` first')
  browser = await launchChromium()
})
afterAll(() => browser?.close())

/** Three spans of one trace: a server call, what it asks a database, what fails. Times are set, so that the screen is known. */
async function sendCheckout(spoor: Spoor): Promise<string> {
  const provider = new BasicTracerProvider({
    resource: resourceFromAttributes({
      'service.name': 'shop',
      'service.version': '1.4.2',
      'host.cpus': 8,
      team: 'Bücher & Söhne',
    }),
    spanProcessors: [new BatchSpanProcessor(new OTLPTraceExporter({ url: `${spoor.url.otlpHttp}/v1/traces` }))],
  })
  const tracer = provider.getTracer('shop-lib', '2.3.4')
  const root = tracer.startSpan('POST /checkout', { kind: SpanKind.SERVER, startTime: START_MS })
  const below = trace.setSpan(context.active(), root)
  const read = tracer.startSpan('SELECT carts', { kind: SpanKind.CLIENT, startTime: START_MS + 10 }, below)
  read.end(START_MS + 30)
  const charge = tracer.startSpan(
    'charge card',
    { startTime: START_MS + 40, links: [{ context: LINKED, attributes: { 'link.reason': 'reserved' } }] },
    below,
  )
  charge.setAttributes({
    'order.id': 'Bestellung-4711 ☕',
    'order.express': true,
    'order.items': 3,
    'order.user_id': 9007199254740991,
    'order.total': 59.99,
    'order.skus': ['A-1', 'ß-2'],
    'order.note': '<b>not markup</b>',
  })
  charge.addEvent('cache miss', { 'cache.key': 'price:A-1' }, START_MS + 52)
  charge.setStatus({ code: SpanStatusCode.ERROR, message: 'Karte abgelehnt: Limit 50 €' })
  charge.end(START_MS + 165)
  root.end(START_MS + 200)
  await provider.shutdown()
  return root.spanContext().traceId
}

interface Opened {
  readonly page: Page
  /** Errors on the console, uncaught ones, and requests that failed or were answered with an error. */
  readonly complaints: string[]
}

async function open(url: string): Promise<Opened> {
  const page = await browser.newPage({ viewport: { width: 1440, height: 900 }, timezoneId: 'UTC' })
  page.setDefaultTimeout(15_000)
  const complaints: string[] = []
  page.on('pageerror', (error) => complaints.push(error.message))
  page.on('console', (message) => {
    if (message.type() === 'error' || message.type() === 'warning') complaints.push(message.text())
  })
  page.on('requestfailed', (request) => {
    const why = request.failure()?.errorText ?? ''
    if (why !== 'net::ERR_ABORTED') complaints.push(`${request.url()}: ${why}`) // aborted: the test went to another page
  })
  page.on('response', (response) => {
    if (response.status() >= 400) complaints.push(`${response.url()}: ${response.status()}`)
  })
  await page.goto(url)
  return { page, complaints }
}

async function textOf(page: Page, selector: string): Promise<string> {
  return (await page.locator(selector).innerText()).replaceAll(/\s+/g, ' ')
}

/** Rows of the table of attributes in a section of the details: key, value, type. */
async function attributesIn(page: Page, section: string): Promise<(string | undefined)[][]> {
  const rows = page
    .locator('.section', { has: page.getByRole('heading', { name: section, exact: true }) })
    .locator('tbody tr')
  return await rows.evaluateAll((all) =>
    all.map((row) => ['th', '.value', '.type'].map((part) => row.querySelector(part)?.textContent)),
  )
}

async function expectSpansOnScreen(page: Page): Promise<void> {
  await page.locator('.tl-row').first().waitFor()
  const rows = await page
    .locator('.tl-row')
    .evaluateAll((all) =>
      all
        .toSorted((a, b) => a.getBoundingClientRect().top - b.getBoundingClientRect().top)
        .map((row) => [
          row.getAttribute('aria-level'),
          row.querySelector('.tl-operation')?.textContent,
          row.querySelector('.tl-facts')?.textContent,
        ]),
    )
  expect(rows.map(([level, name]) => [level, name])).toEqual([
    ['1', 'POST /checkout'],
    ['2', 'SELECT carts'],
    ['2', 'charge card'],
  ])
  expect(rows[2]?.[2]).toBe('starts 40 ms, lasts 125 ms, 63 %, 1 event, error, has links')
}

async function expectDetailsOnScreen(page: Page): Promise<void> {
  await page.locator('.inspector-body').getByText('Karte abgelehnt: Limit 50 €').waitFor()
  expect(await attributesIn(page, 'Attributes')).toEqual([
    ['order.id', 'Bestellung-4711 ☕', 'string'],
    ['order.express', 'true', 'bool'],
    ['order.items', '3', 'int'],
    ['order.user_id', '9007199254740991', 'int'],
    ['order.total', '59.99', 'double'],
    ['order.skus', '["A-1", "ß-2"]', 'array'],
    ['order.note', '<b>not markup</b>', 'string'],
  ])
  expect(await attributesIn(page, 'Events')).toEqual([['cache.key', 'price:A-1', 'string']])
  expect(await attributesIn(page, 'Links')).toEqual([['link.reason', 'reserved', 'string']])
  expect(await attributesIn(page, 'Resource')).toEqual([
    ['service.name', 'shop', 'string'],
    ['service.version', '1.4.2', 'string'],
    ['host.cpus', '8', 'int'],
    ['team', 'Bücher & Söhne', 'string'],
  ])
  const text = await textOf(page, '.inspector')
  for (const part of [
    'shop charge card',
    'Duration 125 ms',
    'Parent POST /checkout',
    'Status error',
    'cache miss',
    '+12 ms in the span, +52 ms in the trace',
    'shop-lib',
    '2.3.4',
    LINKED.traceId,
  ]) {
    expect(text.toLowerCase(), part).toContain(part.toLowerCase())
  }
}

describe.each(['', '/jaeger'])('under the base path %j', (base) => {
  let spoor: Spoor
  let root: string
  let traceId: string

  beforeAll(async () => {
    spoor = await startSpoor({ args: base === '' ? [] : [`--query.base-path=${base}`] })
    root = `${spoor.url.query}${base}`
    traceId = await sendCheckout(spoor)
  })
  afterAll(() => spoor?.stop())

  test('a trace of a live SDK is found by search and its values are on screen as they were sent', async () => {
    const { page, complaints } = await open(`${root}/search`)
    const service = page.getByRole('combobox', { name: 'Service' })
    await service.click()
    await page.getByRole('option', { name: 'shop' }).click()
    await page.getByLabel('Tags').fill('error=true order.id="Bestellung-4711 ☕"')
    await page.getByRole('button', { name: 'Find traces' }).click()
    await page.getByRole('heading', { name: '1 trace', exact: true }).waitFor()
    await page.getByRole('link', { name: 'shop POST /checkout' }).click()
    await expectSpansOnScreen(page)
    expect(new URL(page.url()).pathname).toBe(`${base}/trace/${traceId}`)
    await page.locator('.tl-row', { hasText: 'charge card' }).click()
    await expectDetailsOnScreen(page)
    await page.close()
    expect(complaints).toEqual([])
  })

  test("Jaeger's links lead where they say", async () => {
    const { page, complaints } = await open(`${root}/search?service=shop&lookback=1h&limit=20`)
    await page.getByRole('heading', { name: '1 trace', exact: true }).waitFor()
    await page.goto(`${root}/search?service=nobody&lookback=1h`)
    await page.getByText('Nothing was found for the service nobody').waitFor()
    await page.goto(`${root}/trace/${traceId}`)
    await expectSpansOnScreen(page)
    await page.goto(`${root}/trace/${traceId}?uiFind=charge`)
    await page.getByText('– / 1').waitFor()
    for (const start of [root, `${root}/`]) {
      await page.goto(start)
      await page.waitForURL(`${root}/search`)
    }
    await page.close()
    expect(complaints).toEqual([])
  })
})
