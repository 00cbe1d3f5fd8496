// One Tag struct, read in place; the same object serves one after another. A value of another type than vType names counts
// as absent, and absent values are empty ones, as in Jaeger (model/converter/thrift/jaeger/to_domain.go).

import type { OtlpBatchBuilder } from '../../otlp/batch-builder.ts'
import { badThrift, T_BOOL, T_DOUBLE, T_I32, T_I64, T_STOP, T_STRING, type ThriftReader } from '../../codec/thrift.ts'
import { ByteSource } from '../../codec/byte-source.ts'
import { textOf } from '../../codec/text.ts'
import * as field from './fields.ts'

// Local names: the compiler folds a module's own constants, but loads those of another module each time.
const { TAG_BINARY, TAG_BOOL, TAG_DOUBLE, TAG_KEY, TAG_LONG, TAG_STRING, TAG_TYPE } = field
const { TYPE_BINARY, TYPE_BOOL, TYPE_DOUBLE, TYPE_LONG, TYPE_STRING } = field

const HAS_KEY = 1
const HAS_TYPE = 2
const HAS_ALL = HAS_KEY | HAS_TYPE
/** Nesting of a tag of a log of a span. */
const TAG_DEPTH = 8

export abstract class Tag {
  private source: ByteSource = new ByteSource(new Uint8Array(0))
  private bytes: Uint8Array = this.source.bytes
  keyOffset: number = 0
  keyLength: number = 0
  /** As sent: may be a number that is no type. */
  type: number = 0
  private has = 0
  /** Of the text. */
  textOffset: number = 0
  textLength: number = 0
  protected binaryOffset: number = 0
  protected binaryLength: number = 0
  protected doubleLow: number = 0
  protected doubleHigh: number = 0
  longLow: number = 0
  longHigh: number = 0
  bool: boolean = false

  /**
   * A tag as every known library writes it: key, type, the value of that type, no more. False, and nothing read, where it
   * is something else or could end behind the bytes. Sets what belongs to its type alone.
   */
  protected abstract readPlain(reader: ThriftReader): boolean

  read(reader: ThriftReader): void {
    this.source = reader.source
    this.bytes = reader.bytes
    if (!this.readPlain(reader)) this.readAny(reader)
  }

  private readAny(reader: ThriftReader): void {
    this.clear()
    const begun = reader.structBegin()
    for (;;) {
      const id = reader.fieldHeader()
      if (reader.fieldType === T_STOP) break
      this.field(reader, id, reader.fieldType)
    }
    reader.structEnd(begun)
    if (this.has !== HAS_ALL) throw badThrift('thrift_missing_field', 'a tag without key or type')
  }

  private clear(): void {
    this.has = 0
    this.textLength = this.binaryLength = 0
    this.doubleLow = this.doubleHigh = this.longLow = this.longHigh = 0
    this.bool = false
  }

  private field(reader: ThriftReader, id: number, type: number): void {
    if (id === TAG_KEY && type === T_STRING) {
      reader.string()
      this.keyOffset = reader.offset
      this.keyLength = reader.length
      this.has |= HAS_KEY
    } else if (id === TAG_TYPE && type === T_I32) {
      this.type = reader.i32()
      this.has |= HAS_TYPE
    } else if (id === TAG_STRING && type === T_STRING) {
      reader.string()
      this.textOffset = reader.offset
      this.textLength = reader.length
    } else if (id === TAG_LONG && type === T_I64) {
      reader.i64()
      this.longLow = reader.low
      this.longHigh = reader.high
    } else if (id === TAG_BOOL && type === T_BOOL) this.bool = reader.bool()
    else if (id === TAG_DOUBLE && type === T_DOUBLE) {
      reader.double()
      this.doubleLow = reader.low
      this.doubleHigh = reader.high
    } else if (id === TAG_BINARY && type === T_STRING) {
      reader.string()
      this.binaryOffset = reader.offset
      this.binaryLength = reader.length
    } else reader.skip(type, TAG_DEPTH)
  }

  /** Writes it as an attribute of what is open in the builder. */
  write(builder: OtlpBatchBuilder): void {
    const { source, keyOffset, keyLength } = this
    switch (this.type) {
      case TYPE_STRING:
        builder.stringRange(source, keyOffset, keyLength, this.textOffset, this.textLength)
        return
      case TYPE_LONG:
        builder.intRange(source, keyOffset, keyLength, this.longLow, this.longHigh)
        return
      case TYPE_BOOL:
        builder.boolRange(source, keyOffset, keyLength, this.bool)
        return
      case TYPE_DOUBLE:
        builder.doubleRange(source, keyOffset, keyLength, this.doubleLow, this.doubleHigh)
        return
      case TYPE_BINARY:
        builder.bytesRange(source, keyOffset, keyLength, this.binaryOffset, this.binaryLength)
        return
      default:
        this.writeUnknown(builder)
    }
  }

  /** As Jaeger does: a text in the place of the value, and the span is kept. */
  private writeUnknown(builder: OtlpBatchBuilder): void {
    const text = new TextEncoder().encode(`Unknown VType: ${this.type}`)
    const both = new Uint8Array(this.keyLength + text.length)
    both.set(this.bytes.subarray(this.keyOffset, this.keyOffset + this.keyLength))
    both.set(text, this.keyLength)
    builder.stringRange(new ByteSource(both), 0, this.keyLength, this.keyLength, text.length)
  }

  keyIs(key: Uint8Array): boolean {
    const { bytes, keyOffset } = this
    if (bytes[keyOffset] !== key[0] || this.keyLength !== key.length) return false
    for (let i = 1; i < key.length; i++) if (bytes[keyOffset + i] !== key[i]) return false
    return true
  }

  /** It is a text and equals this one, once its bytes are masked. */
  textIs(text: Uint8Array, mask: number = 0xff): boolean {
    const { bytes, textOffset } = this
    if (this.type !== TYPE_STRING || this.textLength !== text.length) return false
    for (let i = 0; i < text.length; i++) if (((bytes[textOffset + i] ?? 0) & mask) !== text[i]) return false
    return true
  }

  /** The value of a process tag as text, for the client's report: texts, and addresses that came as numbers. */
  reportText(): string {
    if (this.type === TYPE_STRING) return textOf(this.bytes, this.textOffset, this.textLength)
    if (this.type !== TYPE_LONG) return ''
    const { longLow } = this
    return `${longLow >>> 24}.${(longLow >>> 16) & 255}.${(longLow >>> 8) & 255}.${longLow & 255}`
  }
}
