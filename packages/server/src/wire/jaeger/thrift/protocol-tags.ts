// Tags in the two protocols, in the one form that libraries write: a dozen comparisons instead of a dozen calls. Half of
// all thrift is tags. Any other form goes the long way (tag.ts), with the same result.

import type { ThriftReader } from '../../codec/thrift.ts'
import { wordAt } from '../../codec/words.ts'
import { TYPE_BINARY, TYPE_BOOL, TYPE_DOUBLE, TYPE_LONG, TYPE_STRING } from './fields.ts'
import { Tag } from './tag.ts'

/** Bytes of the longest plain tag beside key and text, in either protocol. */
const MOST_FIXED = 40

// The first four bytes of a plain tag's fields: type, id in two bytes, the highest byte of an i32 that is small. Read as one
// number, of which fields of other types compare the upper three bytes.
const KEY_HEAD = 0x0b000100
const TYPE_HEAD = 0x08000200
const STRING_HEAD = 0x0b000300
const DOUBLE_HEAD = 0x040004
const BOOL_HEAD = 0x020005
const LONG_HEAD = 0x0a0006
const BINARY_HEAD = 0x0b000700
/** Bytes of a field's header, and of the i32 or length behind it. */
const HEAD = 3
const WITH_WORD = 7

export class BinaryTag extends Tag {
  protected readPlain(reader: ThriftReader): boolean {
    const { end, view } = reader
    const start = reader.pos
    if (start + MOST_FIXED > end || view.getInt32(start) !== KEY_HEAD) return false
    const keyLength = view.getInt32(start + HEAD)
    const at = start + WITH_WORD + keyLength
    if (at + MOST_FIXED > end || view.getInt32(at) !== TYPE_HEAD) return false
    const type = view.getInt32(at + HEAD)
    const after = this.value(view, type, at + WITH_WORD, end)
    if (after < 0 || view.getInt8(after) !== 0) return false
    reader.pos = after + 1
    this.keyOffset = start + WITH_WORD
    this.keyLength = keyLength
    this.type = type
    return true
  }

  /** Where the value's field ends, before the end; or -1. */
  private value(view: DataView, type: number, at: number, end: number): number {
    const head = view.getInt32(at)
    if (type === TYPE_STRING && head === STRING_HEAD) {
      this.textLength = view.getInt32(at + HEAD)
      this.textOffset = at + WITH_WORD
      const after = this.textOffset + this.textLength
      return after < end ? after : -1
    }
    if (type === TYPE_LONG && head >>> 8 === LONG_HEAD) {
      this.longHigh = view.getInt32(at + HEAD)
      this.longLow = view.getInt32(at + HEAD + 4)
      return at + HEAD + 8
    }
    if (type === TYPE_BOOL && head >>> 8 === BOOL_HEAD) {
      this.bool = (head & 0xff) !== 0
      return at + HEAD + 1
    }
    if (type === TYPE_DOUBLE && head >>> 8 === DOUBLE_HEAD) {
      this.doubleHigh = view.getInt32(at + HEAD)
      this.doubleLow = view.getInt32(at + HEAD + 4)
      return at + HEAD + 8
    }
    if (type === TYPE_BINARY && head === BINARY_HEAD) {
      this.binaryLength = view.getInt32(at + HEAD)
      this.binaryOffset = at + WITH_WORD
      const after = this.binaryOffset + this.binaryLength
      return after < end ? after : -1
    }
    return -1
  }
}

// Headers of one byte: the difference of the field's id to the one before, then the type.
const COMPACT_KEY = 0x18
const COMPACT_TYPE = 0x15
const COMPACT_STRING = 0x18
const COMPACT_DOUBLE = 0x27
const COMPACT_TRUE = 0x31
const COMPACT_FALSE = 0x32
const COMPACT_LONG = 0x46
const COMPACT_BINARY = 0x58

export class CompactTag extends Tag {
  protected readPlain(reader: ThriftReader): boolean {
    const { bytes, end } = reader
    const start = reader.pos
    if (start + MOST_FIXED > end || bytes[start] !== COMPACT_KEY) return false
    const keyLength = bytes[start + 1] as number
    const at = start + 2 + keyLength
    if (keyLength > 0x7f || at + MOST_FIXED > end || bytes[at] !== COMPACT_TYPE) return false
    // Zigzag: twice the type's number; odd ones are negative.
    const twice = bytes[at + 1] as number
    if ((twice & 1) !== 0) return false
    const after = this.value(reader, twice >> 1, bytes[at + 2] as number, at + 3)
    if (after < 0 || after >= end || bytes[after] !== 0) {
      reader.pos = start
      return false
    }
    reader.pos = after + 1
    this.keyOffset = start + 2
    this.keyLength = keyLength
    this.type = twice >> 1
    return true
  }

  /** Where the value ends, or -1. `header` is the value's field header, `at` is behind it. */
  private value(reader: ThriftReader, type: number, header: number, at: number): number {
    const { bytes } = reader
    const first = bytes[at] as number
    if (type === TYPE_STRING && header === COMPACT_STRING && first < 0x80) {
      this.textOffset = at + 1
      this.textLength = first
      return at + 1 + first
    }
    if (type === TYPE_LONG && header === COMPACT_LONG) return this.long(reader, first, at)
    if (type === TYPE_BOOL && (header === COMPACT_TRUE || header === COMPACT_FALSE)) {
      this.bool = header === COMPACT_TRUE
      return at
    }
    if (type === TYPE_DOUBLE && header === COMPACT_DOUBLE) {
      this.doubleLow = wordAt(bytes, at)
      this.doubleHigh = wordAt(bytes, at + 4)
      return at + 8
    }
    if (type === TYPE_STRING && header === COMPACT_STRING) {
      reader.pos = at
      reader.string()
      this.textOffset = reader.offset
      this.textLength = reader.length
      return reader.pos
    }
    if (type === TYPE_BINARY && header === COMPACT_BINARY) {
      reader.pos = at
      reader.string()
      this.binaryOffset = reader.offset
      this.binaryLength = reader.length
      return reader.pos
    }
    return -1
  }

  /** Numbers below 8,192 stand in one or two bytes. */
  private long(reader: ThriftReader, first: number, at: number): number {
    const second = reader.bytes[at + 1] as number
    if (first < 0x80 || second < 0x80) {
      const zigzag = first < 0x80 ? first : (first & 0x7f) | (second << 7)
      this.longLow = (zigzag >>> 1) ^ -(zigzag & 1)
      this.longHigh = -(zigzag & 1)
      return first < 0x80 ? at + 1 : at + 2
    }
    reader.pos = at
    reader.i64()
    this.longLow = reader.low
    this.longHigh = reader.high
    return reader.pos
  }
}
