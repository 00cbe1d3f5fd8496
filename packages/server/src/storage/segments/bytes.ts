// Growing and reading little-endian bytes and varints, for segment parts. Numbers of 64 bits are pairs of unsigned words.

import { Buffer } from 'node:buffer'
import { endianness } from 'node:os'
import { SpoorError } from '@spoor/core/base/errors'

/** Longer stretches are copied by the engine; for shorter ones the call and its view cost more than the bytes. */
const LONG_COPY = 64
const BIG_ENDIAN: boolean = endianness() === 'BE'

export class ByteWriter {
  #bytes: Buffer
  #view: DataView
  length = 0

  constructor(capacity: number = 1024) {
    this.#bytes = Buffer.allocUnsafeSlow(capacity)
    this.#view = viewOf(this.#bytes)
  }

  /** What was written; valid until the next write or reset. */
  view(): Buffer {
    return this.#bytes.subarray(0, this.length)
  }

  reset(): void {
    this.length = 0
  }

  /** Empties the writer; keeps at most `bytes` of memory. */
  trim(bytes: number): void {
    this.length = 0
    if (this.#bytes.length <= bytes) return
    this.#bytes = Buffer.allocUnsafeSlow(bytes)
    this.#view = viewOf(this.#bytes)
  }

  /** Makes room for `more` bytes. */
  reserve(more: number): void {
    if (this.length + more > this.#bytes.length) this.#grow(more)
  }

  #grow(more: number): void {
    const grown = Buffer.allocUnsafeSlow(Math.max(this.#bytes.length * 2, this.length + more))
    this.#bytes.copy(grown, 0, 0, this.length)
    this.#bytes = grown
    this.#view = viewOf(grown)
  }

  byte(value: number): void {
    this.reserve(1)
    this.#bytes[this.length++] = value
  }

  /** An unsigned number below 2^32. */
  varint(value: number): void {
    this.reserve(5)
    const bytes = this.#bytes
    let at = this.length
    let rest = value
    while (rest > 0x7f) {
      bytes[at++] = (rest & 0x7f) | 0x80
      rest >>>= 7
    }
    bytes[at++] = rest
    this.length = at
  }

  varint64(low: number, high: number): void {
    if (high === 0) {
      this.varint(low)
      return
    }
    this.reserve(10)
    const bytes = this.#bytes
    let at = this.length
    let lowRest = low
    let highRest = high
    while (highRest > 0 || lowRest > 0x7f) {
      bytes[at++] = (lowRest & 0x7f) | 0x80
      lowRest = ((lowRest >>> 7) | ((highRest & 0x7f) << 25)) >>> 0
      highRest >>>= 7
    }
    bytes[at++] = lowRest
    this.length = at
  }

  u32(value: number): void {
    this.reserve(4)
    this.#word(value)
  }

  u64(low: number, high: number): void {
    this.reserve(8)
    this.#word(low)
    this.#word(high)
  }

  /** Room for it must be there. */
  #word(value: number): void {
    const bytes = this.#bytes
    const at = this.length
    bytes[at] = value
    bytes[at + 1] = value >>> 8
    bytes[at + 2] = value >>> 16
    bytes[at + 3] = value >>> 24
    this.length = at + 4
  }

  /** `length` bytes of `source` from `from`. */
  copy(source: Uint8Array, from: number, length: number): void {
    this.reserve(length)
    const bytes = this.#bytes
    const at = this.length
    if (length > LONG_COPY) bytes.set(source.subarray(from, from + length), at)
    else for (let i = 0; i < length; i++) bytes[at + i] = source[from + i] as number
    this.length = at + length
  }

  /** As copy(), eight bytes a step, which are compiled to plain loads and stores: for what is short and copied often. */
  copyFrom(source: DataView, from: number, length: number): void {
    this.reserve(length)
    const target = this.#view
    const at = this.length
    let i = 0
    for (; i + 8 <= length; i += 8) target.setBigInt64(at + i, source.getBigInt64(from + i, true), true)
    for (; i < length; i++) target.setUint8(at + i, source.getUint8(from + i))
    this.length = at + length
  }

  bytes(source: Uint8Array): void {
    this.copy(source, 0, source.length)
  }

  /** All words of a column, little-endian. */
  words(values: Uint32Array): void {
    this.reserve(values.length * 4)
    for (let i = 0; i < values.length; i++) this.#word(values[i] as number)
  }
}

function viewOf(bytes: Buffer): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
}

/** Reads what ByteWriter wrote. Bytes that passed their CRC but read beyond their end are damage: SpoorError `segment_damaged`. */
export class ByteReader {
  readonly bytes: Uint8Array
  at: number
  readonly end: number
  /** High word of the last varint64 or u64. */
  high = 0

  constructor(bytes: Uint8Array, at: number = 0, end: number = bytes.length) {
    this.bytes = bytes
    this.at = at
    this.end = end
  }

  byte(): number {
    if (this.at >= this.end) throw damaged()
    return this.bytes[this.at++] as number
  }

  varint(): number {
    const first = this.bytes[this.at] as number
    if (first < 0x80 && this.at < this.end) {
      this.at++
      return first
    }
    return this.varint64()
  }

  /** Returns the low word; the high one is in `high`. */
  varint64(): number {
    let low = 0
    let high = 0
    for (let shift = 0; shift < 70; shift += 7) {
      const b = this.byte()
      if (shift < 28) low |= (b & 0x7f) << shift
      else if (shift === 28) {
        low |= (b & 0x0f) << 28
        high = (b & 0x7f) >> 4
      } else high |= (b & 0x7f) << (shift - 32)
      if (b < 0x80) {
        this.high = high >>> 0
        return low >>> 0
      }
    }
    throw damaged()
  }

  u32(): number {
    if (this.at + 4 > this.end) throw damaged()
    const { bytes, at } = this
    this.at += 4
    return (
      ((bytes[at] as number) |
        ((bytes[at + 1] as number) << 8) |
        ((bytes[at + 2] as number) << 16) |
        ((bytes[at + 3] as number) << 24)) >>>
      0
    )
  }

  /** A column of `count` words. */
  words(count: number): Uint32Array {
    if (this.at + count * 4 > this.end) throw damaged()
    const out = new Uint32Array(count)
    new Uint8Array(out.buffer).set(this.bytes.subarray(this.at, this.at + count * 4))
    this.at += count * 4
    if (BIG_ENDIAN) Buffer.from(out.buffer).swap32()
    return out
  }

  take(length: number): Uint8Array {
    if (this.at + length > this.end) throw damaged()
    const view = this.bytes.subarray(this.at, this.at + length)
    this.at += length
    return view
  }
}

export function damaged(what: string = 'a part'): SpoorError {
  return new SpoorError('internal', 'segment_damaged', `${what} of a segment is damaged`)
}

/** A list of byte strings in one piece: their count, their lengths, then the bytes. */
export class ByteListWriter {
  readonly #lengths = new ByteWriter(256)
  readonly #bytes = new ByteWriter(1024)
  count = 0

  add(source: Uint8Array, from: number = 0, length: number = source.length): void {
    this.#lengths.varint(length)
    this.#bytes.copy(source, from, length)
    this.count++
  }

  /** As add(). */
  addFrom(source: DataView, from: number, length: number): void {
    this.#lengths.varint(length)
    this.#bytes.copyFrom(source, from, length)
    this.count++
  }

  reset(): void {
    this.#lengths.reset()
    this.#bytes.reset()
    this.count = 0
  }

  /** Empties the list; keeps at most `bytes` of memory in each half. */
  trim(bytes: number): void {
    this.#lengths.trim(bytes)
    this.#bytes.trim(bytes)
    this.count = 0
  }

  writeTo(out: ByteWriter): void {
    out.varint(this.count)
    out.bytes(this.#lengths.view())
    out.bytes(this.#bytes.view())
  }
}

/** The list as written by ByteListWriter; entry i lies at [start[i], start[i + 1]) of `bytes`. */
export interface ByteList {
  readonly count: number
  readonly bytes: Uint8Array
  readonly start: Uint32Array
}

export function readByteList(reader: ByteReader): ByteList {
  const count = reader.varint()
  if (count > reader.end - reader.at) throw damaged()
  const start = new Uint32Array(count + 1)
  let at = 0
  for (let i = 0; i < count; i++) {
    at += reader.varint()
    start[i + 1] = at
  }
  const base = reader.at
  reader.take(at)
  for (let i = 0; i <= count; i++) start[i] = (start[i] as number) + base
  return { count, bytes: reader.bytes, start }
}

export function listEntry(list: ByteList, i: number): Uint8Array {
  return list.bytes.subarray(list.start[i], list.start[i + 1])
}
