// The one table of virtual tags: what OTLP says in fields of its own and Jaeger's users know as tags. Search, output and
// autocomplete read it, so that what is shown can be found. A virtual tag adds to attributes, it never hides one.

import { STATUS_ERROR, STATUS_OK, type AnyValue, type Span } from './span.ts'

/** What of a span's columns a virtual tag is made of; stores look there instead of in their attribute index. */
export type VirtualSource =
  /** A column of small numbers, and the tag's value by number. Numbers that are not listed have no tag. */
  | { readonly column: 'kind' | 'status'; readonly values: ReadonlyMap<number, AnyValue> }
  /** Text of the span or its scope; no tag where it is empty. */
  | { readonly column: 'statusMessage' | 'traceState' | 'scopeName' | 'scopeVersion' }

export interface VirtualTag {
  readonly key: string
  readonly source: VirtualSource
  /** The tag's value on a span, or undefined where the span does not have it. */
  read(span: Span): AnyValue | undefined
}

function text(value: string): AnyValue | undefined {
  return value === '' ? undefined : { type: 'string', value }
}

function textTag(
  key: string,
  column: 'statusMessage' | 'traceState' | 'scopeName' | 'scopeVersion',
  value: (span: Span) => string,
): VirtualTag {
  return { key, source: { column }, read: (span) => text(value(span)) }
}

function numberTag(key: string, column: 'kind' | 'status', values: ReadonlyMap<number, AnyValue>): VirtualTag {
  return {
    key,
    source: { column, values },
    read: (span) => values.get(column === 'kind' ? span.kind : span.statusCode),
  }
}

const KINDS: ReadonlyMap<number, AnyValue> = new Map(
  ['internal', 'server', 'client', 'producer', 'consumer'].map((value, i) => [i + 1, { type: 'string', value }]),
)

const STATUSES: ReadonlyMap<number, AnyValue> = new Map([
  [STATUS_OK, { type: 'string', value: 'OK' }],
  [STATUS_ERROR, { type: 'string', value: 'ERROR' }],
])

const ERROR: ReadonlyMap<number, AnyValue> = new Map([[STATUS_ERROR, { type: 'bool', value: true }]])

/** In the order in which output adds them. */
export const VIRTUAL_TAGS: readonly VirtualTag[] = [
  textTag('otel.library.name', 'scopeName', (span) => span.scope.name),
  textTag('otel.library.version', 'scopeVersion', (span) => span.scope.version),
  textTag('otel.scope.name', 'scopeName', (span) => span.scope.name),
  textTag('otel.scope.version', 'scopeVersion', (span) => span.scope.version),
  numberTag('span.kind', 'kind', KINDS),
  numberTag('otel.status_code', 'status', STATUSES),
  numberTag('error', 'status', ERROR),
  textTag('otel.status_description', 'statusMessage', (span) => span.statusMessage),
  textTag('w3c.tracestate', 'traceState', (span) => span.traceState),
]

const BY_KEY: ReadonlyMap<string, VirtualTag> = new Map(VIRTUAL_TAGS.map((tag) => [tag.key, tag]))

export function virtualTag(key: string): VirtualTag | undefined {
  return BY_KEY.get(key)
}

/** Whether the span is an error to its readers: status error, or an attribute error=true (also as text). */
export function isErrorSpan(span: Span): boolean {
  if (span.statusCode === STATUS_ERROR) return true
  return span.attributes.some(
    ({ key, value }) =>
      key === 'error' && (value.type === 'bool' || value.type === 'string') && String(value.value) === 'true',
  )
}
