// The references of one span, and how they become OTLP's parent and links. The rules keep what was sent: if some link
// names the parent in the same trace, the references are the links; else they are CHILD_OF the parent, then the links.

import { badThrift, T_I32, T_I64, T_STOP, type ThriftReader } from '../../codec/thrift.ts'
import type { OtlpBatchBuilder } from '../../otlp/batch-builder.ts'
import * as field from './fields.ts'

/** Words of a reference: trace id (4), span id (2), as numbers from the highest; then the type. */
const WORDS = 7
const TYPE = 6
const HAS_ALL = 0b11110
const REFERENCE_DEPTH = 6

const CHILD_OF_ATTRIBUTE = refType('child_of')
const FOLLOWS_FROM_ATTRIBUTE = refType('follows_from')

/** The KeyValue that tells the type of a link (OpenTelemetry's OpenTracing compatibility). */
function refType(value: string): Uint8Array {
  const key = new TextEncoder().encode('opentracing.ref_type')
  const text = new TextEncoder().encode(value)
  return Uint8Array.of(0x0a, key.length, ...key, 0x12, text.length + 2, 0x0a, text.length, ...text)
}

export class References {
  private words = new Int32Array(8 * WORDS)
  private count = 0

  clear(): void {
    this.count = 0
  }

  /** The elements of a list of `count` SpanRef structs. */
  read(reader: ThriftReader, count: number): void {
    this.count = 0
    for (let i = 0; i < count; i++) {
      if ((this.count + 1) * WORDS > this.words.length) this.grow()
      this.one(reader, this.count * WORDS)
      this.count++
    }
  }

  /** As references are read, never as a list claims. */
  private grow(): void {
    const grown = new Int32Array(this.words.length * 2)
    grown.set(this.words)
    this.words = grown
  }

  private one(reader: ThriftReader, at: number): void {
    const { words } = this
    let has = 0
    const begun = reader.structBegin()
    for (;;) {
      const id = reader.fieldHeader()
      const type = reader.fieldType
      if (type === T_STOP) break
      if (id === field.REF_TYPE && type === T_I32) words[at + TYPE] = reader.i32()
      else if (type === T_I64 && id > field.REF_TYPE && id <= field.REF_SPAN_ID) {
        reader.i64()
        const from = id === field.REF_SPAN_ID ? at + 4 : id === field.REF_TRACE_ID_HIGH ? at : at + 2
        words[from] = reader.high
        words[from + 1] = reader.low
      } else {
        reader.skip(type, REFERENCE_DEPTH)
        continue
      }
      has |= 1 << id
    }
    reader.structEnd(begun)
    if (has !== HAS_ALL) throw badThrift('thrift_missing_field', 'a reference without type or ids')
  }

  /**
   * Completes `ids` (trace id 4 words, span id 2, then 2 words that are the parent field as sent) to OTLP's parent, and
   * returns the index of the first reference that is a link. A parent field that no reference names counts as a first
   * reference CHILD_OF, as in Jaeger (model.MaybeAddParentSpanID).
   */
  resolve(ids: Int32Array): number {
    if (this.count === 0) return 0
    if (((ids[6] ?? 0) | (ids[7] ?? 0)) !== 0 && this.namesParent(ids) === 0) return 0
    const parent = this.parent(ids)
    ids[6] = parent < 0 ? 0 : (this.words[parent * WORDS + 4] ?? 0)
    ids[7] = parent < 0 ? 0 : (this.words[parent * WORDS + 5] ?? 0)
    return parent === 0 && this.isChildOf(0) && this.namesParent(ids) === 1 ? 1 : 0
  }

  /** The first CHILD_OF of the same trace, else the first other one of the same trace, else -1. Id 0 is no parent. */
  private parent(ids: Int32Array): number {
    let other = -1
    for (let i = 0; i < this.count; i++) {
      const at = i * WORDS
      if (!this.sameTrace(at, ids) || ((this.words[at + 4] ?? 0) | (this.words[at + 5] ?? 0)) === 0) continue
      if (this.isChildOf(i)) return i
      if (other < 0) other = i
    }
    return other
  }

  private namesParent(ids: Int32Array): number {
    const { words } = this
    let found = 0
    for (let at = 0; at < this.count * WORDS; at += WORDS) {
      if (words[at + 4] === ids[6] && words[at + 5] === ids[7] && this.sameTrace(at, ids)) found++
    }
    return found
  }

  private sameTrace(at: number, ids: Int32Array): boolean {
    const { words } = this
    const low = words[at + 2] === ids[2] && words[at + 3] === ids[3]
    return low && words[at] === ids[0] && words[at + 1] === ids[1]
  }

  private isChildOf(index: number): boolean {
    return this.words[index * WORDS + TYPE] === field.CHILD_OF
  }

  /** Links of the open span, from reference `first` on. */
  writeLinks(builder: OtlpBatchBuilder, first: number): void {
    for (let i = first; i < this.count; i++) {
      const attribute = this.isChildOf(i) ? CHILD_OF_ATTRIBUTE : FOLLOWS_FROM_ATTRIBUTE
      builder.startLinkWords(this.words, i * WORDS)
      builder.rawAttribute(attribute, 0, attribute.length)
      builder.endPart()
    }
  }
}
