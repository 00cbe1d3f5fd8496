// When two stored spans are one: the same span, written twice. Spans are told apart by meaning, not by how they were encoded:
// order of fields and padding do not count. What a span holds that this version does not know is compared by its bytes.

import { Buffer } from 'node:buffer'
import { decodeSpans } from '../../wire/otlp/decode.ts'
import { encodeTraces } from '../../wire/otlp/encode.ts'
import { SPAN_ID, SPAN_TRACE_ID } from '../../wire/otlp/fields.ts'
import { scanOtlp } from '../../wire/otlp/scan.ts'
import { ROW_IRREGULAR } from '../../wire/otlp/span-batch.ts'

/**
 * A number that equal spans share and few others do: of the span id, where it stands in its usual place behind the trace id.
 * Other messages are scanned.
 */
export function spanKey(span: Uint8Array): number {
  if (!isUsual(span)) return idKey(...scannedId(span))
  return idKey(wordOf(span, 20), wordOf(span, 24))
}

/** Whether the ids stand where nearly all encoders write them. */
function isUsual(span: Uint8Array): boolean {
  return span[0] === SPAN_TRACE_ID && span[1] === 16 && span[18] === SPAN_ID && span[19] === 8 && span.length >= 28
}

function wordOf(bytes: Uint8Array, at: number): number {
  const [a = 0, b = 0, c = 0, d = 0] = [bytes[at], bytes[at + 1], bytes[at + 2], bytes[at + 3]]
  return (a | (b << 8) | (c << 16) | (d << 24)) >>> 0
}

/** 53 bits of an id of two words, for tables of doubles: also ids that somebody counts up differ in them. */
export function idKey(low: number, high: number): number {
  const mixed = Math.imul(high ^ (high >>> 15), 0x9e3779b1)
  return low + ((mixed ^ (mixed >>> 13)) >>> 11) * 0x1_0000_0000
}

function scannedId(span: Uint8Array): [number, number] {
  const { ids } = scanOtlp(wrap(span))
  return [ids[4] ?? 0, ids[5] ?? 0]
}

/** Two Span messages of the same tenant, trace, resource and scope. */
export function sameSpan(a: Uint8Array, b: Uint8Array): boolean {
  if (a.length === b.length && Buffer.compare(a, b) === 0) return true
  if (isUsual(a) && isUsual(b) && Buffer.compare(a.subarray(2, 28), b.subarray(2, 28)) !== 0) return false
  const first = plainForm(a)
  const second = plainForm(b)
  return first !== undefined && second !== undefined && Buffer.compare(first, second) === 0
}

/** The span as we would encode it; undefined where it holds more than we know. */
function plainForm(span: Uint8Array): Uint8Array | undefined {
  const batch = scanOtlp(wrap(span))
  if (((batch.rowFlags[0] ?? 0) & ROW_IRREGULAR) !== 0) return undefined
  return encodeTraces(decodeSpans(batch))
}

/** A TracesData message of one span. */
function wrap(span: Uint8Array): Uint8Array {
  const scopeSpans = field(0x12, span)
  return field(0x0a, field(0x12, scopeSpans))
}

function field(tag: number, bytes: Uint8Array): Uint8Array {
  const head = [tag]
  let rest = bytes.length
  for (; rest > 0x7f; rest >>>= 7) head.push((rest & 0x7f) | 0x80)
  head.push(rest)
  return Buffer.concat([Uint8Array.from(head), bytes])
}
