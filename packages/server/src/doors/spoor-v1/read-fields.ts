// Small readings of a SpanFields that summaries and columns share: times as numbers, ids as keys, texts, errors.

import { STATUS_ERROR } from '@spoor/core/model/span'
import * as field from '../../wire/otlp/fields.ts'
import type { SpanFields, SpanGroup } from '../../wire/otlp/span-fields.ts'
import type { KeyValue } from '../../wire/jaeger/key-value.ts'

const SERVICE_NAME = Buffer.from('service.name')
const ERROR = Buffer.from('error')
const TRUE = Buffer.from('true')

export function textOf(bytes: Uint8Array, from: number, to: number): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset + from, to - from).toString()
}

/** A span id as a key for maps; '' where there is none. */
export function idKey(bytes: Uint8Array, at: number): string {
  return at < 0 ? '' : Buffer.from(bytes.buffer, bytes.byteOffset + at, 8).toString('latin1')
}

export function startNs(f: SpanFields): bigint {
  return (BigInt(f.startHigh) << 32n) | BigInt(f.startLow)
}

/** Never negative. */
export function durationNs(f: SpanFields): bigint {
  return f.endsBeforeStart() ? 0n : ((BigInt(f.endHigh) << 32n) | BigInt(f.endLow)) - startNs(f)
}

/** Status error, or an attribute error=true, also as text. */
export function isError(f: SpanFields, kv: KeyValue): boolean {
  if (f.statusCode === STATUS_ERROR) return true
  for (let i = 0; i < f.attributes.count; i++) {
    kv.read(f.reader, f.attributes.from(i), f.attributes.to(i))
    if (!kv.keyIs(ERROR)) continue
    if (kv.type === field.VALUE_BOOL >>> 3 && kv.bool()) return true
    if (kv.type === field.VALUE_STRING >>> 3 && TRUE.equals(kv.bytes.subarray(kv.from, kv.to))) return true
  }
  return false
}

/** The value of the first `service.name`, or '' where it is absent or no text. */
export function serviceOf(group: SpanGroup, kv: KeyValue): string {
  const { reader, resourceTo } = group
  reader.pos = group.resourceFrom
  while (reader.pos < resourceTo) {
    const tag = reader.tag(resourceTo)
    if (tag !== field.RESOURCE_ATTRIBUTE) {
      reader.skip(tag, resourceTo, 0)
      continue
    }
    const end = reader.length(resourceTo) + reader.pos
    kv.read(reader, reader.pos, end)
    if (kv.keyIs(SERVICE_NAME)) return kv.type === field.VALUE_STRING >>> 3 ? textOf(kv.bytes, kv.from, kv.to) : ''
    reader.pos = end
  }
  return ''
}
