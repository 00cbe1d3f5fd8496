// Writes KeyValues of plain values whose key, and text or bytes, lie in other bytes: one check for room, all lengths known
// before the first byte, no decoding. The hot path of receivers of other protocols.

import { copyBytes, ProtoWriter, putWord, varintSize } from '../codec/protobuf-writer.ts'
import * as field from './fields.ts'

// Local names: the compiler folds a module's own constants, but loads those of another module each time.
const { KEY, VALUE, VALUE_BOOL, VALUE_DOUBLE, VALUE_INT } = field

const MOST_VARINT = 10
/** Tag and length of the KeyValue, tag of the key. */
const SHORT_HEAD = 3

export class AttributeWriter extends ProtoWriter {
  /** An id of `words` 32-bit numbers, as bytes in big-endian order. */
  idField(tag: number, ids: Int32Array, from: number, words: number): void {
    this.room(words * 4 + 2)
    const { buffer } = this
    let at = this.pos
    buffer[at++] = tag
    buffer[at++] = words * 4
    for (let i = from; i < from + words; i++) {
      const word = ids[i] ?? 0
      buffer[at] = word >>> 24
      buffer[at + 1] = word >>> 16
      buffer[at + 2] = word >>> 8
      buffer[at + 3] = word
      at += 4
    }
    this.pos = at
  }

  /** A fixed64, left out where it is zero. */
  timeField(tag: number, low: number, high: number): void {
    if ((low | high) === 0) return
    this.room(9)
    const { buffer, pos } = this
    buffer[pos] = tag
    putWord(buffer, pos + 1, low)
    putWord(buffer, pos + 5, high)
    this.pos = pos + 9
  }

  /** A value of text or bytes: `valueTag` says which. */
  rangeAttribute(
    tag: number,
    bytes: Uint8Array,
    keyOffset: number,
    keyLength: number,
    valueTag: number,
    valueOffset: number,
    valueLength: number,
  ): void {
    // Six bytes: the tags and lengths of key, value and text.
    const total = keyLength + valueLength + 6
    if (total >= 0x80 || keyLength === 0) {
      this.longRange(tag, bytes, keyOffset, keyLength, valueTag, valueOffset, valueLength)
      return
    }
    this.room(total + 2)
    const { buffer } = this
    let at = this.pos
    buffer[at] = tag
    buffer[at + 1] = total
    buffer[at + 2] = KEY
    buffer[at + 3] = keyLength
    at += SHORT_HEAD + 1
    copyBytes(bytes, keyOffset, buffer, at, keyLength)
    at += keyLength
    buffer[at] = VALUE
    buffer[at + 1] = valueLength + 2
    buffer[at + 2] = valueTag
    buffer[at + 3] = valueLength
    copyBytes(bytes, valueOffset, buffer, at + 4, valueLength)
    this.pos = at + 4 + valueLength
  }

  private longRange(
    tag: number,
    bytes: Uint8Array,
    keyOffset: number,
    keyLength: number,
    valueTag: number,
    valueOffset: number,
    valueLength: number,
  ): void {
    const inner = 1 + varintSize(valueLength) + valueLength
    this.startAttribute(tag, bytes, keyOffset, keyLength, inner)
    this.rangeField(valueTag, bytes, valueOffset, valueLength)
  }

  boolAttribute(tag: number, bytes: Uint8Array, keyOffset: number, keyLength: number, value: boolean): void {
    this.startAttribute(tag, bytes, keyOffset, keyLength, 2)
    this.room(2)
    this.buffer[this.pos] = VALUE_BOOL
    this.buffer[this.pos + 1] = Number(value)
    this.pos += 2
  }

  /** A signed 64-bit value as two words. */
  intAttribute(tag: number, bytes: Uint8Array, keyOffset: number, keyLength: number, low: number, high: number): void {
    this.startAttribute(tag, bytes, keyOffset, keyLength, 1 + varintWordsSize(low, high))
    this.varint32(VALUE_INT)
    this.varintWords(low, high)
  }

  /** The bits of a double as two words. */
  doubleAttribute(
    tag: number,
    bytes: Uint8Array,
    keyOffset: number,
    keyLength: number,
    low: number,
    high: number,
  ): void {
    this.startAttribute(tag, bytes, keyOffset, keyLength, 9)
    this.room(9)
    const { buffer, pos } = this
    buffer[pos] = VALUE_DOUBLE
    putWord(buffer, pos + 1, low)
    putWord(buffer, pos + 5, high)
    this.pos = pos + 9
  }

  /** All up to a value of `inner` bytes. */
  private startAttribute(tag: number, bytes: Uint8Array, keyOffset: number, keyLength: number, inner: number): void {
    const key = keyLength === 0 ? 0 : 1 + varintSize(keyLength) + keyLength
    this.room(2 * MOST_VARINT)
    this.varint32(tag)
    this.varint32(key + 1 + varintSize(inner) + inner)
    if (key !== 0) this.rangeField(KEY, bytes, keyOffset, keyLength)
    this.varint32(VALUE)
    this.varint32(inner)
  }
}

function varintWordsSize(low: number, high: number): number {
  const bits = high === 0 ? 32 - Math.clz32(low) : 64 - Math.clz32(high)
  return bits === 0 ? 1 : Math.ceil(bits / 7)
}
