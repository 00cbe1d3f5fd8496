// The flat, decoded form of a span: what query, the adjusters, the filter evaluator and row stores read. Its meaning is
// OTLP's (opentelemetry-proto v1: trace.proto, common.proto, resource.proto). Made only when somebody looks; the hot path
// carries SpanBatch (server, wire/otlp/span-batch.ts) and must never build these.

export type AnyValue =
  | { readonly type: 'empty' } // an AnyValue with no field set; differs from the empty string
  | { readonly type: 'string'; readonly value: string }
  | { readonly type: 'bool'; readonly value: boolean }
  | { readonly type: 'int'; readonly value: bigint } // signed 64 bit
  | { readonly type: 'double'; readonly value: number }
  | { readonly type: 'bytes'; readonly value: Uint8Array }
  | { readonly type: 'array'; readonly value: readonly AnyValue[] }
  | { readonly type: 'map'; readonly value: readonly Attribute[] }

/** A key and its value. Lists of attributes keep order and duplicates, as sent. */
export interface Attribute {
  readonly key: string
  readonly value: AnyValue
}

export interface Resource {
  readonly attributes: readonly Attribute[]
  readonly droppedAttributesCount: number
  readonly schemaUrl: string
  /** The value of `service.name`, or '' where it is absent or not a string. */
  readonly serviceName: string
}

export interface Scope {
  readonly name: string
  readonly version: string
  readonly attributes: readonly Attribute[]
  readonly droppedAttributesCount: number
  readonly schemaUrl: string
}

export interface SpanEvent {
  readonly timeUnixNano: bigint
  readonly name: string
  readonly attributes: readonly Attribute[]
  readonly droppedAttributesCount: number
}

export interface SpanLink {
  /** 32 lower-case hex digits. */
  readonly traceId: string
  /** 16 lower-case hex digits. */
  readonly spanId: string
  readonly traceState: string
  readonly attributes: readonly Attribute[]
  readonly droppedAttributesCount: number
  readonly flags: number
}

/** OTLP SpanKind by number: 0 unspecified, 1 internal, 2 server, 3 client, 4 producer, 5 consumer; others are kept as they came. */
export type SpanKind = number
/** OTLP StatusCode by number: 0 unset, 1 ok, 2 error; others are kept as they came. */
export type StatusCode = number

export interface Span {
  /** 32 lower-case hex digits; a 64-bit id has sixteen zeros first. */
  readonly traceId: string
  /** 16 lower-case hex digits. */
  readonly spanId: string
  /** 16 lower-case hex digits, or '' where there is no parent. */
  readonly parentSpanId: string
  readonly traceState: string
  readonly flags: number
  readonly name: string
  readonly kind: SpanKind
  /** Unix time in nanoseconds, as sent. */
  readonly startNs: bigint
  /** Unix time in nanoseconds, as sent; may lie before the start. */
  readonly endNs: bigint
  readonly attributes: readonly Attribute[]
  readonly droppedAttributesCount: number
  readonly events: readonly SpanEvent[]
  readonly droppedEventsCount: number
  readonly links: readonly SpanLink[]
  readonly droppedLinksCount: number
  readonly statusCode: StatusCode
  readonly statusMessage: string
  readonly resource: Resource
  readonly scope: Scope
}

/** Nothing set: what a Span message without fields means, but for ids, which are never absent. */
export const EMPTY_SPAN: Span = {
  traceId: '',
  spanId: '',
  parentSpanId: '',
  traceState: '',
  flags: 0,
  name: '',
  kind: 0,
  startNs: 0n,
  endNs: 0n,
  attributes: [],
  droppedAttributesCount: 0,
  events: [],
  droppedEventsCount: 0,
  links: [],
  droppedLinksCount: 0,
  statusCode: 0,
  statusMessage: '',
  resource: { attributes: [], droppedAttributesCount: 0, schemaUrl: '', serviceName: '' },
  scope: { name: '', version: '', attributes: [], droppedAttributesCount: 0, schemaUrl: '' },
}

/** Nanoseconds from start to end; 0 where the end lies before the start (v1 has no negative durations). */
export function durationNs(span: Span): bigint {
  return span.endNs > span.startNs ? span.endNs - span.startNs : 0n
}

export const SPAN_KIND_NAMES: readonly string[] = [
  'unspecified',
  'internal',
  'server',
  'client',
  'producer',
  'consumer',
]
export const STATUS_UNSET = 0
export const STATUS_OK = 1
export const STATUS_ERROR = 2
