// OpenTelemetry SDKs of four languages send to one Spoor over every protocol that they speak; what Spoor then shows is
// compared with what the program says it sent, and with what its source says.

import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { SpanDetail, SpanDetailAnswer } from '@spoor/core/api/span-detail'
import { launchChromium } from '@spoor/testkit/browser/chromium'
import { startSpoor, type Spoor } from '@spoor/testkit/spoor/start'
import {
  CACHE_MISS_ATTRIBUTES,
  chargeCardAttributes,
  chargeCardTags,
  DECLINED,
  LINK_ATTRIBUTES,
  resourceAttributes,
} from './expected.ts'
import { checkOnScreen, type Browser } from './on-screen.ts'
import { LANGUAGES, type Language, type Report, type SentSpan } from './otlp-report.ts'
import { readPrograms, runOnce } from './programs.ts'
import { getJson, getTrace, realWarnings, type V1Span, type V1Trace } from './v1.ts'

/** Bits of OTLP's span flags: the second says whether the parent is remote, the first that the second is meant. */
const HAS_IS_REMOTE = 0x100
const IS_REMOTE = 0x200
const STATUS_OK = 1
const STATUS_ERROR = 2
const SERVER = 2
const PRODUCER = 4
const programs = readPrograms(LANGUAGES.map((language) => `opentelemetry-${language}` as const))
let spoor: Spoor
let browser: Browser

beforeAll(async () => {
  spoor = await startSpoor()
  browser = await launchChromium()
})
afterAll(async () => {
  await browser?.close()
  await spoor?.stop()
})

async function getSpan(sent: SentSpan): Promise<SpanDetail> {
  const answer = (await getJson(spoor, `/api/x/v1/traces/${sent.traceId}/spans/${sent.spanId}`)) as SpanDetailAnswer
  expect(answer.spans).toHaveLength(1)
  return answer.spans[0] as SpanDetail
}

function named(report: Report, name: string): SentSpan {
  const found = report.spans.filter((span) => span.name === name)
  expect(found, name).toHaveLength(1)
  return found[0] as SentSpan
}

/** Everything the program reported, to the nanosecond and in order, and nothing more. */
async function checkAsSent(sent: SentSpan): Promise<SpanDetail> {
  const shown = await getSpan(sent)
  const service = sent.resource.attributes.find(({ key }) => key === 'service.name')?.value
  expect({ ...shown, warnings: realWarnings(shown.warnings) }).toEqual({
    ...sent,
    flags: expect.any(Number) as number,
    links: sent.links.map((link) => ({ ...link, flags: expect.any(Number) as number })),
    resource: {
      ...sent.resource,
      serviceName: service?.type === 'string' ? service.value : undefined,
      droppedAttributesCount: 0,
    },
    scope: { ...sent.scope, attributes: [], droppedAttributesCount: 0 },
    debug: false,
    firehose: false,
    shiftNs: '0',
    format: '',
    warnings: [],
  })
  return shown
}

/** buy → client → server → (charge card, send receipt), and reserve stock alone in a trace of its own. */
function checkParents(report: Report, shown: Map<string, SpanDetail>): void {
  const detail = (span: SentSpan): SpanDetail => shown.get(span.spanId) as SpanDetail
  const buy = detail(named(report, 'buy'))
  const client = [...shown.values()].find((span) => span.parentSpanId === buy.spanId) as SpanDetail
  const server = [...shown.values()].find((span) => span.parentSpanId === client.spanId) as SpanDetail
  expect([buy.parentSpanId, client.kind, server.kind]).toEqual(['', 3, SERVER])
  expect(detail(named(report, 'charge card')).parentSpanId).toBe(server.spanId)
  expect(detail(named(report, 'send receipt')).parentSpanId).toBe(server.spanId)
  const stock = detail(named(report, 'reserve stock'))
  expect([stock.parentSpanId, stock.kind]).toEqual(['', PRODUCER])
  expect(stock.traceId).not.toBe(report.traceId)
  expect(shown.size).toBe(6)
  for (const span of shown.values()) {
    const remote = span === server ? IS_REMOTE : 0
    expect(span.flags & (HAS_IS_REMOTE | IS_REMOTE), span.name).toBe(HAS_IS_REMOTE | remote)
  }
}

function checkChargeCard(language: Language, report: Report, shown: SpanDetail): void {
  expect(shown.attributes).toEqual(chargeCardAttributes(language))
  expect(shown.resource.attributes).toEqual(expect.arrayContaining(resourceAttributes(language)))
  expect([shown.scope.name, shown.scope.version]).toEqual(['checkout', '1.4.2'])
  expect(shown.events.map(({ name }) => name)).toEqual(['cache miss', 'exception'])
  expect(shown.events[0]?.attributes).toEqual(CACHE_MISS_ATTRIBUTES)
  const exception = new Map(shown.events[1]?.attributes.map(({ key, value }) => [key, value]))
  expect(exception.get('exception.message')).toEqual({ type: 'string', value: DECLINED })
  expect(exception.get('exception.type')).toMatchObject({ type: 'string', value: expect.stringMatching(/./) as string })
  expect(exception.get('exception.stacktrace')).toMatchObject({ value: expect.stringMatching(/checkout/i) as string })
  const stock = named(report, 'reserve stock')
  expect(shown.links).toMatchObject([{ traceId: stock.traceId, spanId: stock.spanId, attributes: LINK_ATTRIBUTES }])
  expect([shown.statusCode, shown.statusMessage]).toEqual([STATUS_ERROR, DECLINED])
}

/** Jaeger's form: microseconds, references, tags with Jaeger's types, logs, processes. */
async function checkV1(language: Language, report: Report): Promise<void> {
  const trace = await getTrace(spoor, report.traceId)
  const sentHere = report.spans.filter((span) => span.traceId === report.traceId)
  expect(trace.spans.map(({ spanID }) => spanID).toSorted()).toEqual(sentHere.map(({ spanId }) => spanId).toSorted())
  for (const sent of sentHere) {
    const span = trace.spans.find(({ spanID }) => spanID === sent.spanId) as V1Span
    const parent = { refType: 'CHILD_OF', traceID: sent.traceId, spanID: sent.parentSpanId }
    const links = sent.links.map((link) => ({ refType: 'FOLLOWS_FROM', traceID: link.traceId, spanID: link.spanId }))
    expect(span).toMatchObject({
      traceID: sent.traceId,
      operationName: sent.name,
      references: [...(sent.parentSpanId === '' ? [] : [parent]), ...links],
      startTime: Number(BigInt(sent.startNs) / 1000n),
      duration: Number((BigInt(sent.endNs) - BigInt(sent.startNs)) / 1000n),
    })
    expect(span.logs.map(({ timestamp }) => timestamp)).toEqual(
      sent.events.map(({ timeNs }) => Number(BigInt(timeNs) / 1000n)),
    )
    expect(trace.processes[span.processID]?.serviceName).toBe(`checkout-${language}`)
  }
  const card = trace.spans.find(({ operationName }) => operationName === 'charge card') as V1Span
  expect(card.tags).toEqual(expect.arrayContaining(chargeCardTags(language)))
  expect(card.logs[0]?.fields).toEqual(
    expect.arrayContaining([
      { key: 'event', type: 'string', value: 'cache miss' },
      { key: 'cache.key', type: 'string', value: 'price:A-1' },
      { key: 'cache.tried', type: 'int64', value: 2 },
      { key: 'cache.ratio', type: 'float64', value: 0.5 },
    ]),
  )
  expect(trace.processes[card.processID]?.tags).toEqual(
    expect.arrayContaining([
      { key: 'team.name', type: 'string', value: 'Bücher & Söhne' },
      { key: 'team.on_call', type: 'bool', value: true },
      { key: 'team.size', type: 'int64', value: 7 },
      { key: 'team.load', type: 'float64', value: 0.75 },
    ]),
  )
}

/** Found by what an engineer would type: the service, a tag of the span, its error. */
async function checkSearch(language: Language, traceId: string): Promise<void> {
  const tags = { 'order.id': 'Bestellung-4711 ☕', error: 'true', 'team.size': '7' }
  const query = new URLSearchParams({ service: `checkout-${language}`, tags: JSON.stringify(tags), limit: '100' })
  const answer = (await getJson(spoor, `/api/traces?${query}`)) as { data: V1Trace[] }
  expect(answer.data.map(({ traceID }) => traceID)).toContain(traceId)
}

describe.each(LANGUAGES)('%s', (language) => {
  const program = programs[`opentelemetry-${language}`]
  const protocols = ['grpc', 'http/protobuf', ...(language === 'node' ? ['http/json'] : [])]
  const ways = protocols.flatMap((protocol) => ['none', 'gzip'].map((compression) => ({ protocol, compression })))

  test.for(ways)('over $protocol with compression $compression', async ({ protocol, compression }, context) => {
    if (program.state === 'missing') {
      context.skip(program.reason)
      return
    }
    const endpoint = protocol === 'grpc' ? spoor.url.otlpGrpc : spoor.url.otlpHttp
    const env = {
      OTEL_EXPORTER_OTLP_PROTOCOL: protocol,
      OTEL_EXPORTER_OTLP_ENDPOINT: endpoint,
      // Not every SDK takes the word `none`.
      ...(compression === 'none' ? {} : { OTEL_EXPORTER_OTLP_COMPRESSION: compression }),
    }
    const report = (await runOnce(program, { env })) as Report
    const shown = new Map<string, SpanDetail>()
    for (const sent of report.spans) shown.set(sent.spanId, await checkAsSent(sent))
    checkParents(report, shown)
    checkChargeCard(language, report, shown.get(named(report, 'charge card').spanId) as SpanDetail)
    expect(shown.get(named(report, 'send receipt').spanId)?.statusCode).toBe(STATUS_OK)
    await checkV1(language, report)
    await checkSearch(language, report.traceId)
    await checkOnScreen(browser, spoor.url.query, named(report, 'charge card'))
  })
})

test('Spoor finds nothing to warn of in any of it', () => {
  expect(spoor.output()).toMatch(/is ready/)
  expect(spoor.output()).not.toMatch(/"level":"(warn|error|fatal)"/)
})
