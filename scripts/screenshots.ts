// Takes the pictures of README.md and of the documents (docs/images): starts the real program, sends it the same small
// ride-hailing trace and the same load of a shop every time, and photographs the pages in the browser of the tests.
// `npm run screenshots`; needs the built UI. Must use no service outside of this machine, and nothing from the clock: only
// the program changes the pictures, and the milliseconds that it says a search took.

import { mkdir, stat } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { launchChromium } from '@spoor/testkit/browser/chromium'
import { startSpoor } from '@spoor/testkit/spoor/start'
import { makeLoad } from '@spoor/testkit/trace-gen/load'

const IMAGES = fileURLToPath(new URL('../docs/images/', import.meta.url))
/** Start of the hour in which the shop's traces happen. */
const LOAD_START_MS = Date.UTC(2026, 8, 14, 8)
const MAX_BYTES = 300_000
const TRACE_ID = '5b8aa5a2d2c872e8321cf37308d69df2'
const INTERNAL = 1
const SERVER = 2
const CLIENT = 3
const ERROR = { code: 2, message: 'redis: connection pool timeout' }

type Value = string | number | boolean

interface Draft {
  readonly service: string
  readonly name: string
  readonly kind: number
  readonly parent: number | undefined
  /** Milliseconds after the start of the trace. */
  readonly from: number
  readonly to: number
  readonly attributes: Readonly<Record<string, Value>>
  readonly failed: boolean
}

/** A customer asks for a ride: who it is, which drivers are near, how long each would take. */
function rideSpans(): readonly Draft[] {
  const spans: Draft[] = []
  const add = (
    [service, name, kind]: readonly [string, string, number],
    parent: number | undefined,
    [from, to]: readonly [number, number],
    attributes: Readonly<Record<string, Value>> = {},
    failed = false,
  ): number => spans.push({ service, name, kind, parent, from, to, attributes, failed }) - 1

  const root = add(['frontend', 'GET /dispatch', SERVER], undefined, [0, 712.4], {
    'http.request.method': 'GET',
    'url.path': '/dispatch',
    'http.response.status_code': 200,
    'customer.id': '731',
    'session.new': false,
  })
  const ask = add(['frontend', 'GET /customer', CLIENT], root, [4.1, 301.2], { 'server.address': 'customer' })
  const customer = add(['customer', 'GET /customer', SERVER], ask, [6.3, 299], { 'http.response.status_code': 200 })
  add(['mysql', 'SELECT customers', CLIENT], customer, [8.2, 296.5], {
    'db.system.name': 'mysql',
    'db.query.text': 'SELECT * FROM customers WHERE customer_id = ?',
    'db.response.returned_rows': 1,
  })
  const near = add(['frontend', 'driver.Driver/FindNearest', CLIENT], root, [304, 521.7], { 'rpc.system': 'grpc' })
  const driver = add(['driver', 'driver.Driver/FindNearest', SERVER], near, [306.1, 519.8], { 'rpc.system': 'grpc' })
  const ids = add(['redis', 'FindDriverIDs', CLIENT], driver, [307.4, 338.8], { 'db.system.name': 'redis' })
  add(['redis', 'GEOSEARCH', INTERNAL], ids, [309, 336.2], { 'db.operation.name': 'GEOSEARCH', 'geo.radius_km': 2.5 })
  let at = 340
  for (let i = 0; i < 8; i++) {
    const failed = i === 2 || i === 6
    const took = failed ? 33.5 : 11 + ((i * 5) % 9)
    const attributes = { 'db.system.name': 'redis', 'driver.id': `T7${20 + i}${i}C`, retry: failed ? 1 : 0 }
    add(['redis', 'GetDriver', CLIENT], driver, [at, at + took], attributes, failed)
    at += took + 1.2
  }
  for (let i = 0; i < 6; i++) {
    const from = 524 + Math.floor(i / 3) * 82 + (i % 3) * 5
    const took = 52 + ((i * 17) % 24)
    const call = add(['frontend', 'GET /route', CLIENT], root, [from, from + took], { 'server.address': 'router' })
    const route = add(['router', 'GET /route', SERVER], call, [from + 2, from + took - 1.5], {
      'http.response.status_code': 200,
    })
    add(['router', 'shortest path', INTERNAL], route, [from + 4, from + took - 4], {
      'route.minutes': 4 + i,
      'route.cached': i > 3,
    })
  }
  return spans
}

function attributeJson([key, value]: readonly [string, Value]): object {
  if (typeof value === 'string') return { key, value: { stringValue: value } }
  if (typeof value === 'boolean') return { key, value: { boolValue: value } }
  return { key, value: Number.isInteger(value) ? { intValue: String(value) } : { doubleValue: value } }
}

function spanJson(span: Draft, index: number, startMs: number): object {
  const id = (at: number): string => (0xa1b2c300 + at).toString(16).padStart(16, '0')
  const nano = (ms: number): string => String(BigInt(startMs) * 1_000_000n + BigInt(Math.round(ms * 1e6)))
  const pool = { 'pool.size': 20, 'pool.waiting': 3, 'pool.wait_ms': 30.5 }
  return {
    traceId: TRACE_ID,
    spanId: id(index),
    ...(span.parent === undefined ? {} : { parentSpanId: id(span.parent) }),
    name: span.name,
    kind: span.kind,
    startTimeUnixNano: nano(span.from),
    endTimeUnixNano: nano(span.to),
    attributes: Object.entries(span.attributes).map(attributeJson),
    ...(span.failed
      ? {
          status: ERROR,
          events: [
            {
              name: 'retrying',
              timeUnixNano: nano(span.from + 30.8),
              attributes: Object.entries(pool).map(attributeJson),
            },
          ],
        }
      : {}),
  }
}

/** An OTLP request with the trace. */
function rideRequest(): string {
  const startMs = Date.UTC(2026, 8, 14, 10)
  const spans = rideSpans()
  const services = [...new Set(spans.map((span) => span.service))]
  return JSON.stringify({
    resourceSpans: services.map((service) => ({
      resource: {
        attributes: Object.entries({
          'service.name': service,
          'service.version': '1.4.2',
          'host.name': `${service}-0`,
        }).map(attributeJson),
      },
      scopeSpans: [
        {
          scope: { name: 'rides', version: '0.9.0' },
          spans: spans.flatMap((span, i) => (span.service === service ? [spanJson(span, i, startMs)] : [])),
        },
      ],
    })),
  })
}

type Browser = Awaited<ReturnType<typeof launchChromium>>
type Page = Awaited<ReturnType<Browser['newPage']>>

/** A page, and what is done on it until it shows what the picture is for. */
interface Picture {
  readonly name: string
  readonly path: string
  readonly prepare: (page: Page) => Promise<void>
}

const HOUR = `start=${LOAD_START_MS * 1000}&end=${(LOAD_START_MS + 3_600_000) * 1000}&lookback=1h`
const QUERY = encodeURIComponent('http.status_code >= 500 and not service = email and duration > 10ms')
const PICTURES: readonly Picture[] = [
  {
    name: 'trace.png',
    path: `trace/${TRACE_ID}`,
    prepare: async (page) => {
      await page.locator('.tl-row', { hasText: 'GetDriver' }).nth(2).click()
      await page.locator('.inspector-body').getByText(ERROR.message).waitFor()
    },
  },
  {
    name: 'search.png',
    path: `search?${HOUR}&limit=20&q=${QUERY}`,
    prepare: async (page) => {
      await page.locator('.result').first().waitFor()
      await page.getByRole('region', { name: 'Operation', exact: true }).locator('.facet-pick').first().waitFor()
    },
  },
]

async function photograph(queryUrl: string): Promise<void> {
  const browser = await launchChromium()
  try {
    for (const { name, path, prepare } of PICTURES) {
      const page = await browser.newPage({
        viewport: { width: 1440, height: 860 },
        colorScheme: 'light',
        timezoneId: 'UTC',
      })
      await page.clock.setFixedTime(LOAD_START_MS + 3_700_000)
      await page.goto(`${queryUrl}/${path}`)
      await prepare(page)
      await page.mouse.move(500, 20)
      await page.evaluate(() => document.fonts.ready.then(() => undefined))
      const target = `${IMAGES}${name}`
      await page.screenshot({ path: target, animations: 'disabled' })
      await page.close()
      const { size } = await stat(target)
      if (size > MAX_BYTES) throw new Error(`${target} has ${size} bytes, over ${MAX_BYTES}`)
      console.log(`${target}: ${size} bytes`)
    }
  } finally {
    await browser.close()
  }
}

async function send(url: string, type: string, body: string | Uint8Array<ArrayBuffer>): Promise<void> {
  const sent = await fetch(`${url}/v1/traces`, { method: 'POST', headers: { 'content-type': type }, body })
  if (sent.status !== 200) throw new Error(`the spans were not taken: ${sent.status} ${await sent.text()}`)
}

const spoor = await startSpoor()
try {
  await send(spoor.url.otlpHttp, 'application/json', rideRequest())
  const load = makeLoad({ seed: 14, startNs: BigInt(LOAD_START_MS) * 1_000_000n })
  for (let i = 0; i < load.requestCount; i++)
    await send(spoor.url.otlpHttp, 'application/x-protobuf', load.request(i).bytes)
  await mkdir(IMAGES, { recursive: true })
  await photograph(spoor.url.query)
} finally {
  await spoor.stop()
}
