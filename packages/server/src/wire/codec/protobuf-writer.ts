// Writing the protobuf wire format forwards into one growing buffer, with minimal lengths: a nested message leaves room
// for its length and moves where the guess was wrong. Used by encoders and by receivers of other protocols.

import { Buffer } from 'node:buffer'
import type { ByteSource } from './byte-source.ts'

const SHORT_TEXT = 64
/** Up to here a loop is cheaper than the call that copies. */
export const SHORT_COPY = 96
/** Bytes that a short copy may write, and read, too many. */
export const SLACK = 8

export class ProtoWriter {
  protected buffer: Buffer
  protected bufferView: DataView
  pos: number = 0

  constructor(capacity: number = 4096) {
    this.buffer = Buffer.allocUnsafeSlow(Math.max(capacity, 64))
    this.bufferView = viewOf(this.buffer)
  }

  /** What was written: a view that the writer does not touch again. The writer starts anew. */
  finish(): Uint8Array<ArrayBuffer> {
    const done = new Uint8Array(this.buffer.buffer as ArrayBuffer, this.buffer.byteOffset, this.pos)
    this.buffer = Buffer.allocUnsafeSlow(64)
    this.bufferView = viewOf(this.buffer)
    this.pos = 0
    return done
  }

  /** What was written, until the writer writes again after clear(). */
  view(): Uint8Array {
    return new Uint8Array(this.buffer.buffer, this.buffer.byteOffset, this.pos)
  }

  /** Starts anew in the same memory: what view() gave is no longer true. */
  clear(): void {
    this.pos = 0
  }

  /** Forgets what was written from `pos` on. */
  truncate(pos: number): void {
    this.pos = pos
  }

  protected room(more: number): void {
    if (this.pos + more > this.buffer.length) this.grow(more)
  }

  private grow(more: number): void {
    const grown = Buffer.allocUnsafeSlow(Math.max(this.buffer.length * 2, this.pos + more))
    this.buffer.copy(grown, 0, 0, this.pos)
    this.buffer = grown
    this.bufferView = viewOf(grown)
  }

  /** Starts a nested message; `guess` bytes are kept for its length. Give the result to end(). */
  begin(tag: number, guess: number): number {
    this.varint32(tag)
    this.room(guess)
    this.pos += guess
    return this.pos
  }

  end(mark: number, guess: number): void {
    const length = this.pos - mark
    const needed = varintSize(length)
    if (needed !== guess) {
      this.room(Math.max(needed - guess, 0))
      this.buffer.copyWithin(mark - guess + needed, mark, this.pos)
      this.pos += needed - guess
    }
    let at = mark - guess
    let rest = length
    for (; rest > 0x7f; rest >>>= 7) this.buffer[at++] = (rest & 0x7f) | 0x80
    this.buffer[at] = rest
  }

  /** An unsigned varint of 32 bits; also a tag. */
  varint32(value: number): void {
    this.room(5)
    let rest = value >>> 0
    for (; rest > 0x7f; rest >>>= 7) this.buffer[this.pos++] = (rest & 0x7f) | 0x80
    this.buffer[this.pos++] = rest
  }

  /** A varint of 64 bits; negative ones in two's complement, ten bytes. */
  varint64(value: bigint): void {
    this.room(10)
    let rest = BigInt.asUintN(64, value)
    while (rest > 0xffffffffn) {
      this.buffer[this.pos++] = Number(rest & 0x7fn) | 0x80
      rest >>= 7n
    }
    this.varint32(Number(rest))
  }

  /** A varint of 64 bits, given as two words. */
  varintWords(low: number, high: number): void {
    if (high === 0) {
      this.varint32(low)
      return
    }
    this.room(10)
    const { buffer } = this
    let at = this.pos
    let rest = low
    let upper = high
    for (; upper !== 0; upper >>>= 7) {
      buffer[at++] = (rest & 0x7f) | 0x80
      rest = (rest >>> 7) | (upper << 25)
    }
    this.pos = at
    this.varint32(rest)
  }

  fixed32(value: number): void {
    this.room(4)
    this.pos = this.buffer.writeUInt32LE(value >>> 0, this.pos)
  }

  fixed64(value: bigint): void {
    this.room(8)
    this.pos = this.buffer.writeBigUInt64LE(BigInt.asUintN(64, value), this.pos)
  }

  double(value: number): void {
    this.room(8)
    this.pos = this.buffer.writeDoubleLE(value, this.pos)
  }

  /** Bytes without tag or length. */
  raw(bytes: Uint8Array, offset: number, length: number): void {
    this.room(length)
    this.buffer.set(bytes.subarray(offset, offset + length), this.pos)
    this.pos += length
  }

  /** A range that lies inside its source, without tag or length. */
  range(source: ByteSource, offset: number, length: number): void {
    // Words are copied whole: up to seven bytes too many, which the next write overwrites.
    if (length > SHORT_COPY || offset + length + SLACK > source.bytes.length) {
      this.raw(source.bytes, offset, length)
      return
    }
    this.room(length + SLACK)
    const at = this.pos
    copyShort(source.view, offset, this.bufferView, at, length)
    this.pos = at + length
  }

  /** A length-delimited field. */
  bytesField(tag: number, bytes: Uint8Array): void {
    this.varint32(tag)
    this.varint32(bytes.length)
    this.raw(bytes, 0, bytes.length)
  }

  /** A length-delimited field, from bytes that lie elsewhere. */
  rangeField(tag: number, source: ByteSource, offset: number, length: number): void {
    this.varint32(tag)
    this.varint32(length)
    this.range(source, offset, length)
  }

  /** A text field; unpaired surrogates become U+FFFD. */
  textField(tag: number, text: string): void {
    this.varint32(tag)
    if (text.length < SHORT_TEXT && this.asciiText(text)) return
    const length = Buffer.byteLength(text)
    this.varint32(length)
    this.room(length)
    this.buffer.write(text, this.pos, length, 'utf8')
    this.pos += length
  }

  /** Length and text, if the text is short and ASCII; else nothing. */
  private asciiText(text: string): boolean {
    this.room(text.length + 1)
    const start = this.pos + 1
    for (let i = 0; i < text.length; i++) {
      const code = text.charCodeAt(i)
      if (code > 0x7f) return false
      this.buffer[start + i] = code
    }
    this.buffer[this.pos] = text.length
    this.pos = start + text.length
    return true
  }
}

/** Copies eight bytes at a time, up to SLACK too many: both views must have them. */
export function copyShort(from: DataView, offset: number, to: DataView, at: number, length: number): void {
  for (let i = 0; i < length; i += 8) {
    to.setInt32(at + i, from.getInt32(offset + i))
    to.setInt32(at + i + 4, from.getInt32(offset + i + 4))
  }
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
}

/** Little-endian. */
export function putWord(buffer: Uint8Array, at: number, word: number): void {
  buffer[at] = word
  buffer[at + 1] = word >>> 8
  buffer[at + 2] = word >>> 16
  buffer[at + 3] = word >>> 24
}

export function varintSize(value: number): number {
  if (value < 0x80) return 1
  if (value < 0x4000) return 2
  return value < 0x200000 ? 3 : value < 0x10000000 ? 4 : 5
}
