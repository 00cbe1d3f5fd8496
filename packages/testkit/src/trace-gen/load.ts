// The load of the benchmarks: OTLP requests like those of a shop of ten services, the same for the same seed. Traces of
// 10 to 30 spans, 10 services, 40 operations, 8 to 13 attributes a span, 1 or 2 events, 3 % errors, 5 resource
// attributes a service, about 10 ResourceSpans and 500 bytes a span. Some attributes are rare (user.id) or unique (URLs).

import { ProtoReader } from 'spoor/wire/codec/protobuf'
import { OtlpBatchBuilder } from 'spoor/wire/otlp/batch-builder'
import * as field from 'spoor/wire/otlp/fields'
import { createRandom, type Random } from './random.ts'

export interface LoadOptions {
  readonly seed: number
  /** Distinct blocks; default 1. */
  readonly blocks?: number
  /** Default 5,120: ten requests. */
  readonly spansPerBlock?: number
  /** Default 512. */
  readonly spansPerRequest?: number
  /** Start of the first trace, Unix ns; default 2026-08-20T10:00:00Z. */
  readonly startNs?: bigint
  /** Time over which the requests spread evenly; default 50 minutes. */
  readonly spreadNs?: bigint
  /** Every span has a URL with query, a request id and a statement with operands of its own: data that does not repeat. */
  readonly unique?: boolean
}

export interface LoadRequest {
  /** An ExportTraceServiceRequest; stamp() changes it in place. */
  readonly bytes: Uint8Array<ArrayBuffer>
  readonly spanCount: number
  /** Trace ids of the request as they are now, 32 lower-case hex digits. */
  traceIds(): string[]
  /**
   * Gives every trace another id for every other `round` and moves all times by `shiftNs`, both counted from the request
   * as it was made (round 0, shift 0). The shape of the traces stays.
   */
  stamp(round: number, shiftNs: bigint): void
}

export interface Load {
  readonly requestCount: number
  readonly spanCount: number
  /** Makes request `index`; the same bytes each time. Keep it and stamp it to send much cheaply. */
  request(index: number): LoadRequest
}

export const LOAD_SERVICES: readonly string[] = [
  'frontend',
  'checkout',
  'cart',
  'catalog',
  'payment',
  'shipping',
  'customer',
  'recommendation',
  'email',
  'inventory',
]
const VERBS = ['GET', 'POST', 'PUT', 'DELETE'] as const
const NOUNS = ['item', 'order', 'list', 'status'] as const
const REGIONS = ['eu-west-1', 'eu-central-1', 'us-east-1'] as const
const STATUS_CODES = [200, 200, 200, 200, 200, 201, 204, 304, 400, 404, 500] as const
const DEFAULT_START_NS = 1_787_220_000_000_000_000n
const MINUTES_50_NS = 3_000_000_000_000n

export function makeLoad(options: LoadOptions): Load {
  const { seed, blocks = 1, spansPerBlock = 5_120, spansPerRequest = 512 } = options
  const { startNs = DEFAULT_START_NS, spreadNs = MINUTES_50_NS, unique = false } = options
  const requestCount = blocks * Math.ceil(spansPerBlock / spansPerRequest)
  return {
    requestCount,
    spanCount: requestCount * spansPerRequest,
    request(index) {
      const from = startNs + (spreadNs * BigInt(index)) / BigInt(requestCount)
      const random = createRandom(Math.imul(seed, 0x9e3779b1) ^ Math.imul(index + 1, 0x85ebca77))
      return createRequest(
        buildRequest(random, spansPerRequest, from, spreadNs / BigInt(requestCount), unique),
        spansPerRequest,
      )
    },
  }
}

interface DraftSpan {
  readonly traceId: Uint8Array
  readonly spanId: Uint8Array
  readonly parent: DraftSpan | undefined
  readonly service: number
  readonly operation: number
  readonly startNs: bigint
  readonly endNs: bigint
  readonly error: boolean
}

function randomBytes(random: Random, count: number): Uint8Array {
  const bytes = new Uint8Array(count)
  const view = new DataView(bytes.buffer)
  for (let i = 0; i < count; i += 4) view.setUint32(i, random.word())
  bytes[0] = (bytes[0] ?? 0) | 1 // never all zero
  return bytes
}

function buildRequest(
  random: Random,
  spans: number,
  fromNs: bigint,
  widthNs: bigint,
  unique: boolean,
): Uint8Array<ArrayBuffer> {
  const byService: DraftSpan[][] = LOAD_SERVICES.map(() => [])
  let left = spans
  while (left > 0) {
    const size = Math.min(left, 10 + random.below(21))
    const startNs = fromNs + BigInt(random.below(Math.max(1, Number(widthNs / 1000n)))) * 1000n
    for (const span of draftTrace(random, size, startNs)) byService[span.service]?.push(span)
    left -= size
  }
  const builder = new OtlpBatchBuilder(spans * (unique ? 800 : 540))
  byService.forEach((list, service) => {
    if (list.length > 0) writeService(builder, random, service, list, unique)
  })
  return builder.finish()
}

function draftTrace(random: Random, size: number, startNs: bigint): DraftSpan[] {
  const traceId = randomBytes(random, 16)
  const spans: DraftSpan[] = []
  for (let i = 0; i < size; i++) {
    const parent = i === 0 ? undefined : spans[Math.max(0, i - 1 - random.below(4))]
    const offset = parent === undefined ? 0 : random.below(2_000_000)
    const from = parent === undefined ? startNs : parent.startNs + BigInt(offset)
    const ownNs = 200_000 + random.below(20_000_000) + (random.chance(0.02) ? random.below(2_000_000_000) : 0)
    const service = parent === undefined || random.chance(0.5) ? random.below(LOAD_SERVICES.length) : parent.service
    spans.push({
      traceId,
      spanId: randomBytes(random, 8),
      parent,
      service,
      operation: random.below(4),
      startNs: from,
      endNs: from + BigInt(ownNs),
      error: random.chance(0.03),
    })
  }
  return spans
}

function writeService(
  builder: OtlpBatchBuilder,
  random: Random,
  service: number,
  spans: readonly DraftSpan[],
  unique: boolean,
): void {
  const name = LOAD_SERVICES[service] ?? ''
  builder.startResource()
  builder.stringAttribute('service.name', name)
  builder.stringAttribute('service.version', `1.${service}.3`)
  builder.stringAttribute('host.name', `${name}-7d9f8b6c5-x${service}k2p`)
  builder.stringAttribute('telemetry.sdk.language', service % 2 === 0 ? 'go' : 'nodejs')
  builder.stringAttribute('deployment.environment', 'production')
  builder.startScope('@shop/http', '0.42.0')
  for (const span of spans) writeSpan(builder, random, name, span, unique)
}

function writeSpan(builder: OtlpBatchBuilder, random: Random, service: string, span: DraftSpan, unique: boolean): void {
  const method = VERBS[span.operation] ?? 'GET'
  const route = `/api/${service}/${NOUNS[span.operation] ?? ''}`
  builder.startSpan(span.traceId, span.spanId, span.parent?.spanId, `${method} ${route}`)
  builder.kind(span.parent === undefined ? 2 : span.parent.service === span.service ? 1 : 2 + random.below(2))
  builder.times(span.startNs, span.endNs)
  builder.stringAttribute('http.method', method)
  builder.stringAttribute('http.route', route)
  builder.stringAttribute('http.url', `http://${service}:8080${route}/${random.word().toString(36)}`)
  builder.intAttribute('http.status_code', BigInt(span.error ? 500 : random.pick(STATUS_CODES)))
  builder.stringAttribute('net.peer.ip', `10.0.${random.below(8)}.${random.below(250)}`)
  builder.intAttribute('net.peer.port', BigInt(30_000 + random.below(2_000)))
  builder.stringAttribute('cloud.region', random.pick(REGIONS))
  builder.boolAttribute('cache.hit', random.chance(0.7))
  writeOptionalAttributes(builder, random, span.operation)
  if (unique) writeUniqueAttributes(builder, random)
  const middle = (span.startNs + span.endNs) / 2n
  builder.startEvent(middle, 'message')
  builder.stringAttribute('message.type', 'RECEIVED')
  builder.intAttribute('message.id', BigInt(random.below(1_000)))
  builder.endPart()
  if (span.error) writeException(builder, span.endNs)
  else if (random.chance(0.4)) {
    builder.startEvent(middle + 1_000n, 'cache.lookup')
    builder.intAttribute('cache.size', BigInt(random.below(100_000)))
    builder.endPart()
  }
}

function writeOptionalAttributes(builder: OtlpBatchBuilder, random: Random, operation: number): void {
  const tables = ['orders', 'items', 'carts', 'users'] as const
  const wanted = random.below(6)
  if (wanted > 0) builder.intAttribute('thread.id', BigInt(random.below(64)))
  if (wanted > 1) builder.stringAttribute('db.system', 'postgresql')
  if (wanted > 2) {
    const table = tables[operation] ?? ''
    builder.stringAttribute('db.statement', `SELECT id, name, price FROM ${table} WHERE id = $1 AND deleted_at IS NULL`)
  }
  if (wanted > 3) builder.doubleAttribute('queue.wait_ms', random.below(5_000) / 16)
  if (wanted > 4) {
    if (random.chance(0.1)) builder.stringAttribute('user.id', `user-${random.below(100_000)}`)
    else builder.stringAttribute('feature.flag', `checkout-v${random.below(3)}`)
  }
}

function writeUniqueAttributes(builder: OtlpBatchBuilder, random: Random): void {
  const id = (): string => random.word().toString(16).padStart(8, '0')
  builder.stringAttribute('http.request_id', `${id()}-${id()}-${id()}`)
  builder.stringAttribute(
    'url.full',
    `https://shop.example/search?q=${id()}&session=${id()}${id()}&page=${random.below(40)}`,
  )
  builder.stringAttribute(
    'db.query.text',
    `SELECT name FROM items WHERE id = ${random.word()} AND owner = '${id()}' LIMIT ${random.below(100)}`,
  )
}

function writeException(builder: OtlpBatchBuilder, timeNs: bigint): void {
  builder.startEvent(timeNs, 'exception')
  builder.stringAttribute('exception.type', 'TimeoutError')
  builder.stringAttribute('exception.message', 'upstream did not answer within 2000 ms')
  builder.endPart()
  builder.boolAttribute('error', true)
  builder.status(2, 'upstream timeout')
}

/** Byte offsets of what stamp() changes. */
interface StampPlaces {
  readonly traceIds: number[]
  readonly times: number[]
}

function createRequest(bytes: Uint8Array<ArrayBuffer>, spanCount: number): LoadRequest {
  const places: StampPlaces = { traceIds: [], times: [] }
  findPlaces(new ProtoReader(bytes), bytes.length, 0, places)
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  let currentRound = 0
  let currentShift = 0n
  return {
    bytes,
    spanCount,
    traceIds() {
      const ids = places.traceIds.map((at) => Buffer.from(bytes.buffer, bytes.byteOffset + at, 16).toString('hex'))
      return [...new Set(ids)]
    },
    stamp(round, shiftNs) {
      const change = roundMask(round) ^ roundMask(currentRound)
      for (const at of places.traceIds) {
        view.setInt32(at + 4, view.getInt32(at + 4) ^ change)
        view.setInt32(at + 8, view.getInt32(at + 8) ^ change)
      }
      const move = shiftNs - currentShift
      for (const at of places.times) view.setBigUint64(at, view.getBigUint64(at, true) + move, true)
      currentRound = round
      currentShift = shiftNs
    },
  }
}

/** Different for every round; 0 for round 0. */
function roundMask(round: number): number {
  return Math.imul(round, 0x9e3779b1)
}

/** Walks request (depth 0), ResourceSpans, ScopeSpans, Span and Event. */
function findPlaces(reader: ProtoReader, end: number, depth: number, places: StampPlaces): void {
  const inner = [field.RESOURCE_SPANS, field.SCOPE_SPANS, field.SPAN, field.SPAN_EVENT][depth]
  while (reader.pos < end) {
    const tag = reader.tag(end)
    if (tag === inner) {
      findPlaces(reader, reader.length(end) + reader.pos, depth + 1, places)
      continue
    }
    const at = reader.pos
    reader.skip(tag, end, depth)
    const spanTime = depth === 3 && (tag === field.SPAN_START || tag === field.SPAN_END)
    if (depth === 3 && tag === field.SPAN_TRACE_ID) places.traceIds.push(at + 1)
    else if (spanTime || (depth === 4 && tag === field.EVENT_TIME)) places.times.push(at)
  }
}
