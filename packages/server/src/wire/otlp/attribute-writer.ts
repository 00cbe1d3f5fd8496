// Writes KeyValues of plain values whose key, and text or bytes, lie in other bytes: one check for room, all lengths known
// before the first byte, no decoding. The hot path of receivers of other protocols.

import type { ByteSource } from '../codec/byte-source.ts'
import { copyShort, ProtoWriter, putWord, SLACK, varintSize } from '../codec/protobuf-writer.ts'
import * as field from './fields.ts'

// Local names: the compiler folds a module's own constants, but loads those of another module each time.
const { KEY, VALUE, VALUE_BOOL, VALUE_DOUBLE, VALUE_INT } = field
/** In the words in which heads are written, highest byte first. */
const KEY_BITS = KEY << 8
const VALUE_BITS = VALUE << 24

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
    source: ByteSource,
    keyOffset: number,
    keyLength: number,
    valueTag: number,
    valueOffset: number,
    valueLength: number,
  ): void {
    // Six bytes: the tags and lengths of key, value and text.
    const total = keyLength + valueLength + 6
    const end = source.bytes.length - SLACK
    const apart = keyOffset + keyLength > end || valueOffset + valueLength > end
    if (total >= 0x80 || keyLength === 0 || apart) {
      this.longRange(tag, source, keyOffset, keyLength, valueTag, valueOffset, valueLength)
      return
    }
    this.room(total + 2 + SLACK)
    const { bufferView, pos } = this
    const { view } = source
    bufferView.setInt32(pos, (tag << 24) | (total << 16) | KEY_BITS | keyLength)
    copyShort(view, keyOffset, bufferView, pos + 4, keyLength)
    const at = pos + 4 + keyLength
    bufferView.setInt32(at, VALUE_BITS | ((valueLength + 2) << 16) | (valueTag << 8) | valueLength)
    copyShort(view, valueOffset, bufferView, at + 4, valueLength)
    this.pos = at + 4 + valueLength
  }

  private longRange(
    tag: number,
    source: ByteSource,
    keyOffset: number,
    keyLength: number,
    valueTag: number,
    valueOffset: number,
    valueLength: number,
  ): void {
    const inner = 1 + varintSize(valueLength) + valueLength
    this.startAttribute(tag, source, keyOffset, keyLength, inner)
    this.rangeField(valueTag, source, valueOffset, valueLength)
  }

  boolAttribute(tag: number, source: ByteSource, keyOffset: number, keyLength: number, value: boolean): void {
    this.startAttribute(tag, source, keyOffset, keyLength, 2)
    this.varint32(VALUE_BOOL)
    this.varint32(Number(value))
  }

  /** A signed 64-bit value as two words. */
  intAttribute(tag: number, source: ByteSource, keyOffset: number, keyLength: number, low: number, high: number): void {
    this.startAttribute(tag, source, keyOffset, keyLength, 1 + varintWordsSize(low, high))
    this.varint32(VALUE_INT)
    this.varintWords(low, high)
  }

  /** The bits of a double as two words. */
  doubleAttribute(
    tag: number,
    source: ByteSource,
    keyOffset: number,
    keyLength: number,
    low: number,
    high: number,
  ): void {
    this.startAttribute(tag, source, keyOffset, keyLength, 9)
    this.room(9)
    const { buffer, pos } = this
    buffer[pos] = VALUE_DOUBLE
    putWord(buffer, pos + 1, low)
    putWord(buffer, pos + 5, high)
    this.pos = pos + 9
  }

  /** All up to a value of `inner` bytes. */
  private startAttribute(tag: number, source: ByteSource, keyOffset: number, keyLength: number, inner: number): void {
    if (keyLength === 0 || keyLength + inner > 0x70) {
      this.longStart(tag, source, keyOffset, keyLength, inner)
      return
    }
    this.room(keyLength + 6)
    const { buffer, pos } = this
    buffer[pos] = tag
    buffer[pos + 1] = keyLength + inner + 4
    buffer[pos + 2] = KEY
    buffer[pos + 3] = keyLength
    this.pos = pos + 4
    this.range(source, keyOffset, keyLength)
    this.varint32(VALUE)
    this.varint32(inner)
  }

  private longStart(tag: number, source: ByteSource, keyOffset: number, keyLength: number, inner: number): void {
    const key = keyLength === 0 ? 0 : 1 + varintSize(keyLength) + keyLength
    this.varint32(tag)
    this.varint32(key + 1 + varintSize(inner) + inner)
    if (key !== 0) this.rangeField(KEY, source, keyOffset, keyLength)
    this.varint32(VALUE)
    this.varint32(inner)
  }
}

function varintWordsSize(low: number, high: number): number {
  const bits = high === 0 ? 32 - Math.clz32(low) : 64 - Math.clz32(high)
  return bits === 0 ? 1 : Math.ceil(bits / 7)
}
