// Traces for the UI's tests, made from a seed: the same on every machine and in every run.

import {
  encodeTraceColumns,
  FLAG_ERROR,
  FLAG_LINKS,
  FLAG_WARNINGS,
  LINK_CHILD_OF,
  LINK_FOLLOWS_FROM,
  LINK_UNTYPED,
} from '@spoor/core/api/trace-columns'
import type { AttributeJson, SpanDetail } from '@spoor/core/api/span-detail'
import type { TraceSummary } from '@spoor/core/api/search'

/** 2026-08-20T10:00:00Z */
export const BASE_MS = 1_787_220_000_000
const BASE_NS = BigInt(BASE_MS) * 1_000_000n

export interface FakeSpan {
  id: string
  parent: string
  service: string
  name: string
  /** ns after the base time. */
  start: number
  duration: number
  kind: number
  error?: boolean
  attributes?: AttributeJson[]
  /** ns after the span's start. */
  events?: { at: number; name: string; attributes: AttributeJson[] }[]
  links?: { traceId: string; spanId: string; attributes: AttributeJson[] }[]
  detail?: Partial<SpanDetail>
}

export interface FakeTrace {
  traceId: string
  /** Every third span was moved by so much. */
  skewNs?: number
  spans: FakeSpan[]
}

export function random(seed: number): () => number {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let t = Math.imul(state ^ (state >>> 15), state | 1)
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61)
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296
  }
}

export function str(key: string, value: string): AttributeJson {
  return { key, value: { type: 'string', value } }
}

function hex(value: number, digits: number): string {
  return value.toString(16).padStart(digits, '0')
}

const SERVICES = [
  'frontend',
  'customer',
  'driver',
  'route',
  'mysql',
  'redis',
  'checkout',
  'cart',
  'payment',
  'shipping',
  'email-worker',
  'recommendation',
  'ad-service',
  'currency',
]
const NAMES: Record<string, string[]> = {
  frontend: ['HTTP GET /dispatch', 'HTTP GET /cart', 'HTTP POST /checkout'],
  mysql: ['SQL SELECT customers', 'SQL UPDATE orders'],
  redis: ['GetDriver', 'FindDriverIDs', 'SET session'],
}

function nameOf(service: string, pick: number): string {
  const names = NAMES[service] ?? [`${service}.Get`, `${service}/List`, `HTTP GET /${service}`]
  return names[Math.floor(pick * names.length)] ?? 'op'
}

/** A tree of `count` spans; `width` is the usual number of children. */
export function makeTrace(traceId: string, seed: number, count: number, width = 6): FakeTrace {
  const next = random(seed)
  const spans: FakeSpan[] = [
    {
      id: hex(seed * 16_777_216 + 1, 16),
      parent: '',
      service: 'frontend',
      name: nameOf('frontend', next()),
      start: 0,
      duration: 4e8 + next() * 4e8 + count * 2000,
      kind: 2,
    },
  ]
  for (let i = 1; i < count; i++) {
    const up = spans[Math.max(0, Math.min(i - 1, Math.floor(i / width - next() * 3)))] ?? spans[0]
    if (up === undefined) break
    const service = SERVICES[Math.floor(next() ** 1.4 * SERVICES.length)] ?? 'frontend'
    const start = up.start + up.duration * next() * 0.8
    spans.push({
      id: hex(seed * 16_777_216 + i + 1, 16),
      parent: up.id,
      service,
      name: nameOf(service, next()),
      start,
      duration: Math.max(800, (up.start + up.duration - start) * (0.1 + next() * 0.85)),
      kind: 1 + Math.floor(next() * 4),
      ...(next() < 0.04 ? { error: true } : {}),
      ...(next() < 0.1 ? { events: [{ at: 500, name: 'cache miss', attributes: [str('key', 'a')] }] } : {}),
      attributes: [str('component', 'net/http'), str('http.url', `http://${service}:8080/x?id=${i}`)],
    })
  }
  return {
    traceId,
    spans: spans.map((span) => ({ ...span, start: Math.round(span.start), duration: Math.round(span.duration) })),
  }
}

export function deepTrace(traceId: string, levels: number): FakeTrace {
  const spans = Array.from({ length: levels }, (_, i): FakeSpan => ({
    id: hex(0xd000000 + i, 16),
    parent: i === 0 ? '' : hex(0xd000000 + i - 1, 16),
    service: SERVICES[i % 7] ?? 'frontend',
    name: `level ${i}`,
    start: i * 1e6,
    duration: 5e8 - i * 2e6,
    kind: 1,
  }))
  return { traceId, spans }
}

export const TYPED: AttributeJson[] = [
  str('http.request.method', 'GET'),
  { key: 'http.response.status_code', value: { type: 'int', value: '503' } },
  { key: 'big.int', value: { type: 'int', value: '9223372036854775807' } },
  { key: 'ratio', value: { type: 'double', value: 0.25 } },
  { key: 'not.a.number', value: { type: 'double', value: 'NaN' } },
  { key: 'cache.hit', value: { type: 'bool', value: false } },
  { key: 'raw', value: { type: 'bytes', value: '3q2+7w==' } },
  {
    key: 'tags',
    value: {
      type: 'array',
      value: [
        { type: 'string', value: 'a' },
        { type: 'int', value: '7' },
      ],
    },
  },
  {
    key: 'user',
    value: { type: 'map', value: [str('name', 'Zoë'), { key: 'ids', value: { type: 'array', value: [] } }] },
  },
  { key: 'nothing', value: { type: 'empty' } },
  str('empty.text', ''),
  str('db.statement', 'SELECT *\nFROM customers\nWHERE id = 731'),
  str('request.json', '{"order":{"id":7,"items":["a","b"]},"ok":true}'),
  str('url.full', 'https://example.com/orders?id=7'),
  str('größe', '日本語のテキスト'),
  str('long.value', `${'0123456789abcdef'.repeat(1919)}THE-END`),
]

export const ODD_TRACE_ID = '4bf92f3577b34da6a3ce929d0e0e4736'
const SKEWED_ID = '000000000000000000000000005c3c3d'
const SMALL_ID = '000000000000000000000000000000a1'

/** Everything unusual in one trace. */
function oddTrace(): FakeTrace {
  const span = (
    id: number,
    parent: number,
    service: string,
    name: string,
    start: number,
    duration: number,
    more: Partial<FakeSpan> = {},
  ): FakeSpan => ({
    id: hex(id, 16),
    parent: parent === 0 ? '' : hex(parent, 16),
    service,
    name,
    start: start * 1e6,
    duration: duration * 1e6,
    kind: 2,
    ...more,
  })
  return {
    traceId: ODD_TRACE_ID,
    spans: [
      span(0xa2, 0xa1, 'orders', 'typed attributes', 20, 300, {
        error: true,
        attributes: TYPED,
        events: [
          {
            at: 12_000_000,
            name: 'exception',
            attributes: [
              str('exception.type', 'TimeoutError'),
              str('exception.message', 'no answer in 250 ms'),
              str(
                'exception.stacktrace',
                'TimeoutError: no answer\n  at call (client.js:41:7)\n  at main (index.js:9:3)',
              ),
            ],
          },
          { at: 200_000_000, name: 'retry', attributes: [{ key: 'attempt', value: { type: 'int', value: '2' } }] },
        ],
        links: [
          {
            traceId: SMALL_ID,
            spanId: hex(0xa1 * 16_777_216 + 1, 16),
            attributes: [str('opentracing.ref_type', 'follows_from')],
          },
          { traceId: ODD_TRACE_ID, spanId: hex(0xa5, 16), attributes: [] },
        ],
        detail: {
          statusCode: 2,
          statusMessage: 'upstream timed out after 250 ms',
          traceState: 'vendor=abc',
          droppedAttributesCount: 3,
          warnings: ['clock skew of 12 ms was adjusted'],
          droppedEventsCount: 1,
          scope: {
            name: 'io.example.orders',
            version: '1.4.2',
            attributes: [str('build', 'x1')],
            droppedAttributesCount: 0,
            schemaUrl: '',
          },
        },
      }),
      span(0xa1, 0, 'gateway', 'GET /orders', 0, 500),
      span(
        0xa3,
        0xa1,
        'a-service-with-a-very-long-name-that-somebody-generated-from-a-path',
        'com.example.very.long.package.name.OrderService/GetOrdersOfCustomerWithAllTheirItemsAndDiscounts',
        60,
        100,
      ),
      span(0xa4, 0xa1, 'サービス', 'Größe ändern → 日本語 🚀', 120, 80),
      span(0xa5, 0xffff, 'late-service', 'its parent is missing', 150, 40),
      span(0xc1, 0xc2, 'loop', 'cycle one', 200, 20),
      span(0xc2, 0xc1, 'loop', 'cycle two', 201, 20),
      span(0xc3, 0xc3, 'loop', 'its own parent', 230, 20),
      span(0xe1, 0xa1, 'zipkin-client', 'shared span', 260, 60, { kind: 3 }),
      span(0xe1, 0xa1, 'zipkin-server', 'shared span', 270, 40, { kind: 2 }),
      span(0xe2, 0xe1, 'zipkin-server', 'below the shared span', 275, 20, { kind: 1 }),
      span(0xf1, 0xa1, '', '', 400, 0),
      span(0xf2, 0xa1, '<b>markup</b>', '<img src=x onerror=alert(1)>', 410, 10),
    ],
  }
}

export function summaryOf(trace: FakeTrace): TraceSummary {
  const root = trace.spans.find((span) => span.parent === '') ?? trace.spans[0]
  const ids = new Set(trace.spans.map((span) => span.id))
  const services = new Map<string, { spanCount: number; errorCount: number }>()
  for (const span of trace.spans) {
    const entry = services.get(span.service) ?? { spanCount: 0, errorCount: 0 }
    services.set(span.service, {
      spanCount: entry.spanCount + 1,
      errorCount: entry.errorCount + (span.error === true ? 1 : 0),
    })
  }
  const end = trace.spans.reduce((max, span) => Math.max(max, span.start + span.duration), 0)
  return {
    traceId: trace.traceId,
    rootService: root?.service ?? '',
    rootName: root?.name ?? '',
    startNs: String(BASE_NS),
    durationNs: String(end),
    spanCount: trace.spans.length,
    errorCount: trace.spans.filter((span) => span.error === true).length,
    orphanCount: trace.spans.filter((span) => span.parent !== '' && !ids.has(span.parent)).length,
    services: [...services].map(([name, counts]) => ({ name, ...counts })),
  }
}

export function columnsOf(trace: FakeTrace): Uint8Array {
  const { spans, skewNs = 0 } = trace
  const n = spans.length
  const moved = skewNs === 0 ? [] : spans.filter((_, i) => i % 3 === 1)
  const services = [...new Set(spans.map((span) => span.service))]
  const names = [...new Set(spans.map((span) => span.name))]
  const serviceNumber = new Map(services.map((name, i) => [name, i]))
  const nameNumber = new Map(names.map((name, i) => [name, i]))
  const first = spans.reduce((min, span) => Math.min(min, span.start), Infinity)
  const ids = new Uint8Array(n * 16)
  const eventStart = new Uint32Array(n + 1)
  const eventTime: number[] = []
  spans.forEach((span, row) => {
    ids.set(Buffer.from(span.id, 'hex'), row * 16)
    if (span.parent !== '') ids.set(Buffer.from(span.parent, 'hex'), row * 16 + 8)
    eventStart[row] = eventTime.length
    for (const event of span.events ?? []) eventTime.push(span.start - first + event.at)
  })
  eventStart[n] = eventTime.length
  const links = spans.flatMap((span) => span.links ?? [])
  const linkStart = new Uint32Array(n + 1)
  spans.forEach((span, row) => (linkStart[row + 1] = (linkStart[row] ?? 0) + (span.links?.length ?? 0)))
  return encodeTraceColumns({
    traceId: trace.traceId,
    spanCount: n,
    eventCount: eventTime.length,
    linkCount: links.length,
    startNs: String(BASE_NS + BigInt(first)),
    services,
    names,
    clockSkew: { maxNs: skewNs * 10, skewedSpans: moved.length, shiftedSpans: moved.length, largestNs: skewNs },
    start: Float64Array.from(spans, (span) => span.start - first),
    duration: Float64Array.from(spans, (span) => span.duration),
    eventTime: Float64Array.from(eventTime),
    shift: skewNs === 0 ? new Float64Array(0) : Float64Array.from(spans, (_, i) => (i % 3 === 1 ? skewNs : 0)),
    ids,
    eventStart,
    service: Uint32Array.from(spans, (span) => serviceNumber.get(span.service) ?? 0),
    name: Uint32Array.from(spans, (span) => nameNumber.get(span.name) ?? 0),
    kind: Uint8Array.from(spans, (span) => span.kind),
    status: Uint8Array.from(spans, (span) => (span.error === true ? 2 : 0)),
    flags: Uint8Array.from(
      spans,
      (span) =>
        (span.error === true ? FLAG_ERROR : 0) |
        (span.links === undefined ? 0 : FLAG_LINKS) |
        ((span.detail?.warnings?.length ?? 0) > 0 ? FLAG_WARNINGS : 0),
    ),
    linkStart,
    linkIds: Uint8Array.from(links.flatMap((link) => [...Buffer.from(link.traceId + link.spanId, 'hex')])),
    linkKind: Uint8Array.from(links, (link) => {
      const type = link.attributes.find(({ key }) => key === 'opentracing.ref_type')?.value
      if (type?.type !== 'string') return LINK_UNTYPED
      return type.value === 'child_of' ? LINK_CHILD_OF : LINK_FOLLOWS_FROM
    }),
  })
}

export function detailsOf(trace: FakeTrace, spanId: string): SpanDetail[] {
  return trace.spans
    .filter((span) => span.id === spanId)
    .map((span) => ({
      traceId: trace.traceId,
      spanId: span.id,
      parentSpanId: span.parent,
      traceState: '',
      flags: 1,
      name: span.name,
      kind: span.kind,
      startNs: String(BASE_NS + BigInt(span.start)),
      endNs: String(BASE_NS + BigInt(span.start + span.duration)),
      attributes: span.attributes ?? [],
      droppedAttributesCount: 0,
      events: (span.events ?? []).map((event) => ({
        timeNs: String(BASE_NS + BigInt(span.start + event.at)),
        name: event.name,
        attributes: event.attributes,
        droppedAttributesCount: 0,
      })),
      droppedEventsCount: 0,
      links: (span.links ?? []).map((link) => ({ ...link, traceState: '', droppedAttributesCount: 0, flags: 0 })),
      droppedLinksCount: 0,
      statusCode: span.error === true ? 2 : 0,
      statusMessage: '',
      debug: false,
      firehose: false,
      format: '',
      shiftNs: '0',
      resource: {
        serviceName: span.service,
        attributes: [
          str('service.name', span.service),
          str('host.name', 'node-7'),
          str('telemetry.sdk.language', 'go'),
          { key: 'process.pid', value: { type: 'int', value: '4711' } },
        ],
        droppedAttributesCount: 0,
        schemaUrl: '',
      },
      scope: { name: 'otelhttp', version: '0.61.0', attributes: [], droppedAttributesCount: 0, schemaUrl: '' },
      warnings: [],
      ...span.detail,
    }))
}

/** Ids of the spans of which any word is part of an attribute's or event's text. */
export function findIn(trace: FakeTrace, q: string): string[] {
  const words = q.toLowerCase().split(/\s+/).filter(Boolean)
  const texts = ({ attributes = [], events = [] }: FakeSpan): string =>
    JSON.stringify([attributes, events.map((event) => event.attributes)]).toLowerCase()
  return trace.spans.filter((span) => words.some((word) => texts(span).includes(word))).map((span) => span.id)
}

/** Traces by id; big ones are made when asked for. */
export function fakeTraces(): Map<string, () => FakeTrace> {
  return new Map([
    [SMALL_ID, () => makeTrace(SMALL_ID, 0xa1, 52)],
    [ODD_TRACE_ID, oddTrace],
    ['00000000000000000000000000010000', () => makeTrace('00000000000000000000000000010000', 11, 10_000)],
    [SKEWED_ID, () => ({ ...makeTrace(SKEWED_ID, 77, 12), skewNs: 3e6 })],
    ['00000000000000000000000000000200', () => deepTrace('00000000000000000000000000000200', 200)],
    ['00000000000000000000000000100000', () => makeTrace('00000000000000000000000000100000', 13, 100_000)],
  ])
}

/** What a search finds: the known small ones first, then generated ones, newest first. */
export function fakeSummaries(count: number): TraceSummary[] {
  const next = random(99)
  return Array.from({ length: count }, (_, i) => {
    const traceId = i === 0 ? SMALL_ID : i === 1 ? ODD_TRACE_ID : hex(0xbeef0000 + i, 32)
    const trace =
      i === 1
        ? oddTrace()
        : makeTrace(traceId, i === 0 ? 0xa1 : 500 + i, i === 0 ? 52 : 3 + Math.floor(next() ** 3 * 180))
    const summary = summaryOf(trace)
    const scale = 0.05 + next() ** 6 * 5
    return {
      ...summary,
      startNs: String(BASE_NS - BigInt(Math.floor(i * 2.2e9 + next() * 1e9))),
      durationNs: i < 2 ? summary.durationNs : String(Math.floor(Number(summary.durationNs) * scale)),
    }
  })
}
