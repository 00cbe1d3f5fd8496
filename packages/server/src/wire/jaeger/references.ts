// The links of an OTLP span as Jaeger's references see them. The type of a reference stands in the link's attribute
// `opentracing.ref_type` (OpenTelemetry's OpenTracing compatibility: child_of or follows_from).

import type { ProtoReader } from '../codec/protobuf.ts'
import * as field from '../otlp/fields.ts'
import { isZero } from '../otlp/span-fields.ts'
import { ascii } from './json-bytes.ts'
import { KeyValue, startsWith, STRING } from './key-value.ts'

const REF_TYPE = ascii('opentracing.ref_type')
const CHILD_OF = ascii('child_of')

/** One link: ids as offsets in its bytes, -1 where absent. The same object serves one after another. */
export class LinkFields {
  bytes: Uint8Array = new Uint8Array(0)
  traceIdAt = -1
  spanIdAt = -1
  childOf = false
  readonly #kv = new KeyValue()

  /** A Span.Link message. */
  read(reader: ProtoReader, from: number, to: number): void {
    this.bytes = reader.bytes
    this.traceIdAt = this.spanIdAt = -1
    this.childOf = false
    reader.pos = from
    while (reader.pos < to) {
      const tag = reader.tag(to)
      if (tag !== field.LINK_TRACE_ID && tag !== field.LINK_SPAN_ID && tag !== field.LINK_ATTRIBUTE) {
        reader.skip(tag, to, 0)
        continue
      }
      const length = reader.length(to)
      const at = reader.pos
      if (tag === field.LINK_TRACE_ID) this.traceIdAt = length === 16 ? at : -1
      else if (tag === field.LINK_SPAN_ID) this.spanIdAt = length === 8 ? at : -1
      else this.#attribute(reader, at, at + length)
      reader.pos = at + length
    }
  }

  #attribute(reader: ProtoReader, from: number, to: number): void {
    const kv = this.#kv
    kv.read(reader, from, to)
    if (!kv.keyIs(REF_TYPE)) return
    this.childOf = kv.type === STRING && kv.to - kv.from === CHILD_OF.length && startsWith(kv.bytes, kv.from, CHILD_OF)
  }

  pointsAt(traceIdAt: number, spanIdAt: number): boolean {
    return same(this.bytes, this.traceIdAt, traceIdAt, 16) && same(this.bytes, this.spanIdAt, spanIdAt, 8)
  }

  /** Names no trace or no span. */
  isInvalid(): boolean {
    const { bytes, traceIdAt, spanIdAt } = this
    return traceIdAt < 0 || spanIdAt < 0 || isZero(bytes, traceIdAt, 16) || isZero(bytes, spanIdAt, 8)
  }
}

export function isFollowsFrom(link: LinkFields): boolean {
  return !link.childOf
}

function same(bytes: Uint8Array, a: number, b: number, length: number): boolean {
  if (a < 0 || b < 0) return false
  for (let i = 0; i < length; i++) if (bytes[a + i] !== bytes[b + i]) return false
  return true
}
