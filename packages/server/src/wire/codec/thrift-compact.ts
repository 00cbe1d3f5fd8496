// Thrift's compact protocol: varints, zigzag, field ids as differences; doubles are little-endian, as all libraries write.

import type { SpoorError } from '@spoor/core/base/errors'
import {
  badThrift,
  T_BOOL,
  T_BYTE,
  T_DOUBLE,
  T_I16,
  T_I32,
  T_I64,
  T_LIST,
  T_MAP,
  T_SET,
  T_STOP,
  T_STRING,
  T_STRUCT,
  T_UUID,
  ThriftReader,
  ThriftWriter,
} from './thrift.ts'
import { wordAt } from './words.ts'

const PROTOCOL_ID = 0x82
const VERSION = 1
/** First byte of a strict message of the binary protocol. */
const BINARY_ID = 0x80
const TRUE = 1
const FALSE = 2
/** Types by the compact protocol's number; 1 and 2 are the two bools. */
const TYPES: readonly number[] = [
  T_STOP,
  T_BOOL,
  T_BOOL,
  T_BYTE,
  T_I16,
  T_I32,
  T_I64,
  T_DOUBLE,
  T_STRING,
  T_LIST,
  T_SET,
  T_MAP,
  T_STRUCT,
  T_UUID,
]
const MAX_VARINT = 10
/** Four bytes that each say: more to come. */
const CONTINUED = 0x80808080 | 0

export class ThriftCompactReader extends ThriftReader {
  private lastId = 0
  private fieldBool = false

  override reset(bytes: Uint8Array): void {
    super.reset(bytes)
    this.lastId = 0
  }

  messageHeader(): void {
    const id = this.byte()
    if (id !== PROTOCOL_ID) {
      const other = id === BINARY_ID ? 'of the binary protocol, not of the compact one' : `that begins with byte ${id}`
      throw badThrift('thrift_wrong_protocol', `a message ${other}`)
    }
    const second = this.byte()
    if ((second & 0x1f) !== VERSION) throw badThrift('thrift_wrong_version', `version ${second & 0x1f}`)
    this.messageType = second >>> 5
    this.sequenceId = this.varint32()
    this.string()
  }

  structBegin(): number {
    const last = this.lastId
    this.lastId = 0
    return last
  }

  structEnd(begun: number): void {
    this.lastId = begun
  }

  fieldHeader(): number {
    const at = this.pos
    if (at >= this.end) throw this.truncated()
    const header = this.bytes[at] ?? 0
    this.pos = at + 1
    const type = header & 0x0f
    this.fieldBool = type === TRUE
    this.fieldType = TYPES[type] ?? this.noType(type)
    if (type === T_STOP) return 0
    const delta = header >>> 4
    return (this.lastId = delta === 0 ? (zigzag(this.varint32()) << 16) >> 16 : this.lastId + delta)
  }

  private noType(type: number): never {
    throw this.unexpectedType(type)
  }

  private byte(): number {
    return this.bytes[this.take(1)] ?? 0
  }

  bool(): boolean {
    return this.fieldBool
  }

  i16(): number {
    return (this.i32() << 16) >> 16
  }

  i32(): number {
    return zigzag(this.varint32())
  }

  i64(): void {
    this.varint64()
    const sign = -(this.low & 1)
    this.low = ((this.low >>> 1) | (this.high << 31)) ^ sign
    this.high = (this.high >>> 1) ^ sign
  }

  double(): void {
    const at = this.take(8)
    this.low = wordAt(this.bytes, at)
    this.high = wordAt(this.bytes, at + 4)
  }

  string(): void {
    this.takeString(this.varint32())
  }

  listHeader(): number {
    const header = this.byte()
    const short = header >>> 4
    const count = short === 15 ? this.varint32() : short
    this.elementType = TYPES[header & 0x0f] ?? this.noType(header & 0x0f)
    return count === 0 ? 0 : this.claim(count, this.least(this.elementType))
  }

  mapHeader(): number {
    const count = this.varint32()
    if (count === 0) return 0
    const types = this.byte()
    this.keyType = TYPES[types >>> 4] ?? this.noType(types >>> 4)
    this.elementType = TYPES[types & 0x0f] ?? this.noType(types & 0x0f)
    return this.claim(count, this.least(this.keyType) + this.least(this.elementType))
  }

  private least(type: number): number {
    if (type === T_STOP) throw this.unexpectedType(type)
    return type === T_DOUBLE ? 8 : type === T_UUID ? 16 : 1
  }

  protected skipScalar(type: number): void {
    switch (type) {
      case T_BOOL: // stood in the header
        return
      case T_BYTE:
        this.take(1)
        return
      case T_I16:
      case T_I32:
      case T_I64:
        this.varint64()
        return
      case T_STRING:
        this.string()
        return
      default:
        this.take(this.least(type))
    }
  }

  protected skipElementBool(): void {
    this.take(1)
  }

  /** The low 32 bits of a varint, signed. */
  private varint32(): number {
    const first = this.bytes[this.pos] ?? 0
    if (first < 0x80 && this.pos < this.end) {
      this.pos++
      return first
    }
    this.varint64()
    return this.low
  }

  /** Into low and high; bits beyond the 64th are dropped. */
  private varint64(): void {
    const { view, pos } = this
    if (pos + MAX_VARINT > this.end || (view.getInt32(pos) & CONTINUED) !== CONTINUED) {
      this.anyVarint()
      return
    }
    // Ids and times have five bytes or more: two words of seven bits a byte, and at most two bytes.
    const first = sevenBits(view.getInt32(pos, true))
    const word = view.getInt32(pos + 4, true)
    const ends = ~word & CONTINUED
    if (ends !== 0) {
      // The lowest byte that is not continued is the last one: its highest bit, and all below.
      const last = ends & -ends
      const second = sevenBits(word & (last | (last - 1)))
      this.done(pos + 5 + ((31 - Math.clz32(last)) >>> 3), first | (second << 28), second >>> 4)
      return
    }
    const second = sevenBits(word)
    const ninth = view.getUint8(pos + 8)
    const tenth = ninth < 0x80 ? 0 : view.getUint8(pos + 9)
    if (tenth >= 0x80) throw this.endless(pos)
    const high = (second >>> 4) | ((ninth & 0x7f) << 24) | (tenth << 31)
    this.done(pos + (ninth < 0x80 ? 9 : MAX_VARINT), first | (second << 28), high)
  }

  private endless(start: number): SpoorError {
    return badThrift('thrift_bad_size', `a number of over ${MAX_VARINT} bytes at byte ${start}`)
  }

  private anyVarint(): void {
    const { bytes, end, pos: start } = this
    let at = start
    let low = 0
    let high = 0
    let byte = 0
    for (let shift = 0; shift < 28; shift += 7) {
      if (at >= end) throw this.truncated()
      byte = bytes[at++] ?? 0
      low |= (byte & 0x7f) << shift
      if (byte < 0x80) {
        this.done(at, low, 0)
        return
      }
    }
    if (at >= end) throw this.truncated()
    byte = bytes[at++] ?? 0
    low |= (byte & 0x7f) << 28
    high = (byte & 0x7f) >>> 4
    for (let shift = 3; byte >= 0x80; shift += 7) {
      if (at - start >= MAX_VARINT) throw this.endless(start)
      if (at >= end) throw this.truncated()
      byte = bytes[at++] ?? 0
      high |= (byte & 0x7f) << shift
    }
    this.done(at, low, high)
  }

  private done(pos: number, low: number, high: number): void {
    this.pos = pos
    this.low = low
    this.high = high
  }
}

/** The lower seven bits of each of four bytes, lowest byte first. */
function sevenBits(word: number): number {
  return (word & 0x7f) | ((word >>> 1) & 0x3f80) | ((word >>> 2) & 0x1fc000) | ((word >>> 3) & 0xfe00000)
}

function zigzag(value: number): number {
  return (value >>> 1) ^ -(value & 1)
}

export class ThriftCompactWriter extends ThriftWriter {
  private lastId = 0

  messageHeader(name: string, type: number, sequenceId: number): void {
    this.byte(PROTOCOL_ID)
    this.byte((type << 5) | VERSION)
    this.varint(BigInt.asUintN(32, BigInt(sequenceId)))
    this.string(name)
  }

  structBegin(): number {
    const last = this.lastId
    this.lastId = 0
    return last
  }

  structEnd(begun: number): void {
    this.byte(T_STOP)
    this.lastId = begun
  }

  field(id: number, type: number): void {
    this.header(id, TYPES.lastIndexOf(type))
  }

  boolField(id: number, value: boolean): void {
    this.header(id, value ? TRUE : FALSE)
  }

  private header(id: number, compactType: number): void {
    const delta = id - this.lastId
    if (delta > 0 && delta < 16) this.byte((delta << 4) | compactType)
    else {
      this.byte(compactType)
      this.i32(id)
    }
    this.lastId = id
  }

  i32(value: number): void {
    this.i64(BigInt(value | 0))
  }

  i64(value: bigint): void {
    this.varint(BigInt.asUintN(64, (value << 1n) ^ (value >> 63n)))
  }

  double(value: number): void {
    this.room(8)
    this.view.setFloat64(this.pos, value, true)
    this.pos += 8
  }

  listHeader(elementType: number, count: number): void {
    const compactType = TYPES.lastIndexOf(elementType)
    if (count < 15) this.byte((count << 4) | compactType)
    else {
      this.byte(0xf0 | compactType)
      this.size(count)
    }
  }

  protected size(length: number): void {
    this.varint(BigInt(length))
  }

  private varint(value: bigint): void {
    let rest = value
    for (; rest > 0x7fn; rest >>= 7n) this.byte(Number(rest & 0x7fn) | 0x80)
    this.byte(Number(rest))
  }
}
