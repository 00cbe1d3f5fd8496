// What Jaeger's v1 model says of a span and OTLP has no field for. It travels as span attributes of reserved keys, so that it
// outlives every store and every hop; the format, which all spans of a batch share, as one of the scope. Doors turn them back into what they mean; they are no tags: never shown as tags,
// never offered by autocomplete.

import type { Attribute } from './span.ts'

/** v1's flags (1 sampled, 2 debug, 8 firehose) as an int; present only where a bit beside `sampled` is set. */
export const FLAGS_ATTRIBUTE = '@jaeger@flags'
/** Warnings of the span: an array of strings (Jaeger v2 keeps them under the same key). */
export const WARNINGS_ATTRIBUTE = '@jaeger@warnings'

/** Of the scope: the format that v1 spans came in, in Jaeger's words (jaeger, proto, zipkin). Such spans' tags are complete. */
export const FORMAT_ATTRIBUTE = '@jaeger@format'

export const V1_SAMPLED = 1
export const V1_DEBUG = 2
export const V1_FIREHOSE = 8

/** True for keys that are no tags. */
export function isInternalAttribute(key: string): boolean {
  return key === FLAGS_ATTRIBUTE || key === WARNINGS_ATTRIBUTE || key === FORMAT_ATTRIBUTE
}

/** The whole v1 flags, or undefined where the span says no more than its sampled bit. */
export function v1Flags(attributes: readonly Attribute[]): number | undefined {
  const value = attributes.find(({ key, value: { type } }) => key === FLAGS_ATTRIBUTE && type === 'int')?.value
  return value?.type === 'int' ? Number(BigInt.asUintN(32, value.value)) : undefined
}

/** Warnings that came with the span. */
export function v1Warnings(attributes: readonly Attribute[]): string[] {
  return attributes.flatMap(({ key, value }) =>
    key === WARNINGS_ATTRIBUTE && value.type === 'array'
      ? value.value.flatMap((item) => (item.type === 'string' ? [item.value] : []))
      : [],
  )
}
