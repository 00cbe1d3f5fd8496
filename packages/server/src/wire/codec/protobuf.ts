// Reading the protobuf wire format (protobuf.dev/programming-guides/encoding) with a position and no objects. Shared by
// the scanner of the hot path and the decoders. It knows no message types. Every malformed input throws SpoorError
// `invalid`, `bad_protobuf` with the offset; no read goes past the end it was given.

import { SpoorError } from '@spoor/core/base/errors'
import { wordAt } from './words.ts'

export const WIRE_VARINT = 0
export const WIRE_FIXED64 = 1
export const WIRE_BYTES = 2
export const WIRE_GROUP = 3
export const WIRE_GROUP_END = 4
export const WIRE_FIXED32 = 5

/** Messages and groups nest at most this deep. */
export const MAX_NESTING = 64
const MAX_VARINT = 10

export function badProtobuf(what: string, offset: number): SpoorError {
  return new SpoorError('invalid', 'bad_protobuf', `malformed protobuf: ${what} at byte ${offset}`)
}

/** Methods read at `pos` and leave it behind what they read. Field methods take the end of the message they are in. */
export class ProtoReader {
  readonly bytes: Uint8Array
  readonly view: DataView
  pos: number = 0
  /** The words of the last 64-bit value, signed. */
  low: number = 0
  high: number = 0

  /** `bytes` may be any view, also of shared memory. */
  constructor(bytes: Uint8Array) {
    // A plain Uint8Array also for a Buffer: one class of object keeps the readers' code fast.
    this.bytes = new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength)
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  }

  /** Any varint into low and high; bits beyond the 64th are dropped, as protobuf does. */
  varint(end: number): void {
    const first = this.bytes[this.pos] ?? 0
    if (first < 0x80 && this.pos < end) {
      this.pos++
      this.low = first
      this.high = 0
    } else this.longVarint(end)
  }

  private longVarint(end: number): void {
    const start = this.pos
    let low = 0
    let high = 0
    for (let i = 0; i < MAX_VARINT; i++) {
      const at = start + i
      if (at >= end) throw badProtobuf('truncated varint', start)
      const byte = this.bytes[at] ?? 0
      const bits = byte & 0x7f
      if (i < 4) low |= bits << (7 * i)
      else if (i === 4) {
        low |= bits << 28
        high = bits >>> 4
      } else high |= bits << (7 * i - 32)
      if (byte < 0x80) {
        this.pos = at + 1
        this.low = low
        this.high = high
        return
      }
    }
    throw badProtobuf('varint over 10 bytes', start)
  }

  /** A field's tag: (number << 3) | wire type, signed 32 bits. */
  tag(end: number): number {
    const first = this.bytes[this.pos] ?? 0
    if (first >= 8 && first < 0x80 && (first & 7) <= WIRE_FIXED32 && this.pos < end) {
      this.pos++
      return first
    }
    return this.longTag(end)
  }

  private longTag(end: number): number {
    const start = this.pos
    this.varint(end)
    if (this.high !== 0) throw badProtobuf('field number out of range', start)
    if (this.low >>> 3 === 0) throw badProtobuf('field number 0', start)
    const wire = this.low & 7
    if (wire > WIRE_FIXED32) throw badProtobuf(`wire type ${wire}`, start)
    return this.low
  }

  /** The length prefix of a length-delimited field; what it covers lies before `end`. */
  length(end: number): number {
    const start = this.pos
    this.varint(end)
    if (this.high !== 0 || this.low < 0 || this.low > end - this.pos) throw badProtobuf('length over the end', start)
    return this.low
  }

  /** Eight bytes into low and high. */
  fixed64(end: number): void {
    const at = this.pos
    if (at + 8 > end) throw badProtobuf('truncated fixed64', at)
    this.low = wordAt(this.bytes, at)
    this.high = wordAt(this.bytes, at + 4)
    this.pos = at + 8
  }

  /** Four bytes, signed. */
  fixed32(end: number): number {
    const at = this.pos
    if (at + 4 > end) throw badProtobuf('truncated fixed32', at)
    this.pos = at + 4
    return wordAt(this.bytes, at)
  }

  /** Passes the value of a field whose tag was just read. `depth` is the nesting of the message it is in. */
  skip(tag: number, end: number, depth: number): void {
    switch (tag & 7) {
      case WIRE_VARINT:
        this.varint(end)
        return
      case WIRE_FIXED64:
        this.fixed64(end)
        return
      case WIRE_BYTES: {
        const length = this.length(end)
        this.pos += length
        return
      }
      case WIRE_GROUP:
        this.skipGroup(tag >>> 3, end, depth + 1)
        return
      case WIRE_FIXED32:
        this.fixed32(end)
        return
      default:
        throw badProtobuf('end of a group that was not begun', this.pos)
    }
  }

  private skipGroup(number: number, end: number, depth: number): void {
    if (depth > MAX_NESTING) throw badProtobuf(`nesting deeper than ${MAX_NESTING}`, this.pos)
    while (this.pos < end) {
      const at = this.pos
      const tag = this.tag(end)
      if ((tag & 7) !== WIRE_GROUP_END) this.skip(tag, end, depth)
      else if (tag >>> 3 === number) return
      else throw badProtobuf('end of another group', at)
    }
    throw badProtobuf('truncated group', this.pos)
  }

  /** The last varint or fixed64 as a signed 64-bit integer. */
  int64(): bigint {
    return (BigInt(this.high) << 32n) | BigInt(this.low >>> 0)
  }

  /** The last varint or fixed64 as an unsigned 64-bit integer. */
  uint64(): bigint {
    return (BigInt(this.high >>> 0) << 32n) | BigInt(this.low >>> 0)
  }
}
