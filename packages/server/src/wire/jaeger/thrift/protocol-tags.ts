// Tags in the two protocols, in the one form that libraries write: a dozen comparisons instead of a dozen calls. Half of
// all thrift is tags. Any other form goes the long way (tag.ts), with the same result.

import type { ThriftReader } from '../../codec/thrift.ts'
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

/** Headers as one byte: difference of the id, then the type. Text lengths of one byte or two. */
export class CompactTag extends Tag {
  protected readPlain(reader: ThriftReader): boolean {
    const { bytes, end } = reader
    const start = reader.pos
    if (start + MOST_FIXED > end || bytes[start] !== 0x18) return false
    const keyLength = bytes[start + 1] ?? 0
    const at = start + 2 + keyLength
    if (keyLength > 0x7f || at + MOST_FIXED > end || bytes[at] !== 0x15) return false
    // Zigzag: twice the type's number; odd ones are negative.
    const twice = bytes[at + 1] ?? 0
    const type = twice >> 1
    if ((twice & 1) !== 0 || !this.value(reader, type, bytes[at + 2] ?? 0, at + 3)) {
      reader.pos = start
      return false
    }
    this.keyOffset = start + 2
    this.keyLength = keyLength
    this.type = type
    return true
  }

  /** `header` is the value's, `at` is behind it. */
  private value(reader: ThriftReader, type: number, header: number, at: number): boolean {
    const { bytes } = reader
    reader.pos = at
    if (type === TYPE_STRING) {
      if (header !== 0x18) return false
      reader.string()
      this.textOffset = reader.offset
      this.textLength = reader.length
    } else if (type === TYPE_LONG) {
      if (header !== 0x46) return false
      reader.i64()
      this.longLow = reader.low
      this.longHigh = reader.high
    } else if (type === TYPE_BOOL) {
      if (header !== 0x31 && header !== 0x32) return false
      this.bool = header === 0x31
    } else if (type === TYPE_DOUBLE) {
      if (header !== 0x27) return false
      reader.double()
      this.doubleLow = reader.low
      this.doubleHigh = reader.high
    } else if (type === TYPE_BINARY) {
      if (header !== 0x58) return false
      reader.string()
      this.binaryOffset = reader.offset
      this.binaryLength = reader.length
    } else return false
    if (reader.pos >= reader.end || bytes[reader.pos] !== 0) return false
    reader.pos++
    return true
  }
}
