// The part of the scanner that hashes attributes: nine of ten KeyValues in place, without an object; those in another
// form than key, then value, and arrays and maps go through the decoder, one KeyValue at a time, with the same result.

import { ProtoReader } from '../codec/protobuf.ts'
import { wordAt } from '../codec/words.ts'
import { textOf } from '../codec/text.ts'
import { decodeKeyValue } from './decode-attributes.ts'
import type { ColumnMemory } from './column-memory.ts'
import * as field from './fields.ts'
import * as hash from './hash.ts'

// Local names: the compiler folds a module's own constants, but loads those of another module each time.
const { KEY, VALUE, VALUE_BOOL, VALUE_BYTES, VALUE_DOUBLE, VALUE_INT, VALUE_STRING } = field
const {
  HASH_BOOL,
  HASH_BYTES,
  HASH_DOUBLE,
  HASH_EMPTY,
  HASH_INT,
  HASH_STRING,
  attributeHashes,
  finishHash,
  hashBool,
  hashBytes,
  hashDouble,
  hashNothing,
  hashText,
  hashWords,
  isOddDouble,
  shortWord,
  startLaneB,
  stepA,
  stepB,
  valueSeed,
} = hash

const SLOT = 4
const SMALL_REQUEST = 8192
const SPREAD = 0x9e3779b1 | 0
const NOT_ASCII = 0x80808080 | 0

/** A reader with a growing list of the hashes it found. */
export class AttributeScan extends ProtoReader {
  hashes: Uint32Array = new Uint32Array(0)
  hashCount: number = 0
  /** Where the text of the last string value hashed in place lies. */
  valueOffset: number = 0
  valueLength: number = 0

  /**
   * KeyValues hashed before, four words a slot: offset, length, the two hashes. Nine of ten KeyValues of a request stand
   * in it more than once, and comparing bytes is cheaper than hashing them.
   */
  private readonly seen: Int32Array
  private readonly seenMask: number
  readonly memory: ColumnMemory

  constructor(bytes: Uint8Array, memory: ColumnMemory) {
    super(bytes)
    this.memory = memory
    const slots = bytes.length < SMALL_REQUEST ? 32 : 512
    const words = memory.words(slots * SLOT)
    this.seen = new Int32Array(words.buffer, words.byteOffset, words.length)
    this.seenMask = slots - 1
  }

  startHashes(capacity: number): void {
    this.hashes = this.memory.words(capacity)
    this.hashCount = 0
  }

  /** Hashes one KeyValue message. True where it was done in place. */
  attribute(start: number, end: number): boolean {
    const length = end - start
    if (length < 8) return this.newAttribute(start, end, -1)
    const view = this.view
    const first = view.getInt32(end - 8, true)
    const second = view.getInt32(end - 4, true)
    const slot = ((Math.imul(Math.imul(first, SPREAD) ^ second ^ length, SPREAD) >>> 16) & this.seenMask) * SLOT
    const seen = this.seen
    const known = seen[slot] ?? 0
    if (seen[slot + 1] !== length) return this.newAttribute(start, end, slot)
    for (let i = 0; i + 8 < length; i += 8) {
      const a = view.getInt32(known + i, true) ^ view.getInt32(start + i, true)
      const b = view.getInt32(known + i + 4, true) ^ view.getInt32(start + i + 4, true)
      if ((a | b) !== 0) return this.newAttribute(start, end, slot)
    }
    const a = view.getInt32(known + length - 8, true) ^ first
    const b = view.getInt32(known + length - 4, true) ^ second
    if ((a | b) !== 0) return this.newAttribute(start, end, slot)
    this.pushPair(seen[slot + 2] ?? 0, seen[slot + 3] ?? 0)
    return true
  }

  /** Hashes a KeyValue and, if that was done in place, notes it in the slot. */
  private newAttribute(start: number, end: number, slot: number): boolean {
    const bytes = this.bytes
    const keyLength = bytes[start + 1] ?? 0
    const value = start + 2 + keyLength
    if (bytes[start] === KEY && keyLength < 0x80 && value + 2 <= end && bytes[value] === VALUE) {
      let length = bytes[value + 1] ?? 0
      let at = value + 2
      if (length >= 0x80) {
        this.pos = value + 1
        length = this.length(end)
        at = this.pos
      }
      if (at + length === end && this.plainValue(this.textHash(start + 2, keyLength, 0), at, end)) {
        if (slot >= 0) this.note(start, end - start, slot)
        return true
      }
    }
    this.pos = start
    const { key, value: decoded } = decodeKeyValue(this, end)
    for (const found of attributeHashes(key, decoded)) this.pushHash(found)
    return false
  }

  private note(start: number, length: number, slot: number): void {
    const seen = this.seen
    seen[slot] = start
    seen[slot + 1] = length
    seen[slot + 2] = this.hashes[this.hashCount - 2] ?? 0
    seen[slot + 3] = this.hashes[this.hashCount - 1] ?? 0
  }

  /** The AnyValue message from `at` to `end`, if it is one plain field and nothing else. */
  private plainValue(keyHash: number, at: number, end: number): boolean {
    if (at === end) {
      this.pushPair(hashNothing(valueSeed(keyHash, HASH_EMPTY)), keyHash)
      return true
    }
    switch (this.bytes[at]) {
      case VALUE_STRING:
        if (!this.contentIs(at + 1, end)) return false
        this.pushPair(this.textHash(this.valueOffset, this.valueLength, valueSeed(keyHash, HASH_STRING)), keyHash)
        return true
      case VALUE_INT:
        if (!this.varintIs(at + 1, end)) return false
        this.pushPair(hashWords(this.low, this.high, valueSeed(keyHash, HASH_INT)), keyHash)
        return true
      case VALUE_BOOL:
        if (!this.varintIs(at + 1, end)) return false
        this.pushPair(hashBool((this.low | this.high) !== 0, valueSeed(keyHash, HASH_BOOL)), keyHash)
        return true
      case VALUE_DOUBLE:
        if (at + 9 !== end) return false
        this.pushPair(this.doubleHash(at + 1, valueSeed(keyHash, HASH_DOUBLE)), keyHash)
        return true
      case VALUE_BYTES:
        if (!this.contentIs(at + 1, end)) return false
        this.pushPair(this.hashAt(this.valueOffset, this.valueLength, valueSeed(keyHash, HASH_BYTES)), keyHash)
        return true
      default:
        return false
    }
  }

  /** True where a length prefix at `at` covers exactly the rest; then valueOffset and valueLength say what. */
  private contentIs(at: number, end: number): boolean {
    if (at >= end) return false
    let length = this.bytes[at] ?? 0
    let offset = at + 1
    if (length >= 0x80) {
      this.pos = at
      length = this.length(end)
      offset = this.pos
    }
    if (offset + length !== end) return false
    this.valueOffset = offset
    this.valueLength = length
    return true
  }

  private varintIs(at: number, end: number): boolean {
    if (at >= end) return false
    const first = this.bytes[at] ?? 0
    if (first < 0x80) {
      this.low = first
      this.high = 0
      return at + 1 === end
    }
    this.pos = at
    this.varint(end)
    return this.pos === end
  }

  private doubleHash(at: number, seed: number): number {
    const low = wordAt(this.bytes, at)
    const high = wordAt(this.bytes, at + 4)
    if (isOddDouble(low, high)) return hashDouble(this.view.getFloat64(at, true), seed)
    return hashWords(low, high, seed)
  }

  /** hashBytes as a signed number. */
  hashAt(offset: number, length: number, seed: number): number {
    return hashBytes(this.bytes, offset, length, seed) | 0
  }

  /**
   * The same as hashText of the decoded text, without decoding: hashBytes in words, and only where a byte is not ASCII
   * and the text is ill-formed the slow way. Signed.
   */
  textHash(offset: number, length: number, seed: number): number {
    const view = this.view
    const end = offset + length
    let laneA = seed
    let laneB = startLaneB(length, seed)
    let all = 0
    if (length >= 8) {
      for (let at = offset; at + 8 < end; at += 8) {
        const first = view.getInt32(at, true)
        const second = view.getInt32(at + 4, true)
        all |= first | second
        laneA = stepA(laneA, first)
        laneB = stepB(laneB, second)
      }
      const first = view.getInt32(end - 8, true)
      const second = view.getInt32(end - 4, true)
      all |= first | second
      laneA = stepA(laneA, first)
      laneB = stepB(laneB, second)
    } else if (length >= 4) {
      const first = view.getInt32(offset, true)
      const second = view.getInt32(end - 4, true)
      all |= first | second
      laneA = stepA(laneA, first)
      laneB = stepB(laneB, second)
    } else {
      all = shortWord(this.bytes, offset, length)
      laneA = stepA(laneA, all)
    }
    if ((all & NOT_ASCII) !== 0 && !isWellFormed(this.bytes, offset, end))
      return this.illFormedHash(offset, length, seed)
    return finishHash(laneA, laneB)
  }

  private illFormedHash(offset: number, length: number, seed: number): number {
    return hashText(textOf(this.bytes, offset, length), seed) | 0
  }

  pushPair(valueHash: number, keyHash: number): void {
    const count = this.hashCount
    if (count + 2 > this.hashes.length) this.growHashes()
    this.hashes[count] = valueHash
    this.hashes[count + 1] = keyHash
    this.hashCount = count + 2
  }

  private pushHash(value: number): void {
    if (this.hashCount === this.hashes.length) this.growHashes()
    this.hashes[this.hashCount++] = value
  }

  private growHashes(): void {
    const grown = this.memory.words(this.hashes.length * 2 + 64)
    grown.set(this.hashes)
    this.hashes = grown
  }
}

/** Whether the bytes are well-formed UTF-8 (Unicode table 3-7). */
export function isWellFormed(bytes: Uint8Array, offset: number, end: number): boolean {
  for (let at = offset; at < end;) {
    const first = bytes[at++] ?? 0
    if (first < 0x80) continue
    const more = first >= 0xf0 ? 3 : first >= 0xe0 ? 2 : 1
    if (first < 0xc2 || first > 0xf4 || at + more > end) return false
    const second = bytes[at] ?? 0
    const lowest = first === 0xe0 ? 0xa0 : first === 0xf0 ? 0x90 : 0x80
    const highest = first === 0xed ? 0x9f : first === 0xf4 ? 0x8f : 0xbf
    if (second < lowest || second > highest) return false
    for (let i = 1; i < more; i++) if (((bytes[at + i] ?? 0) & 0xc0) !== 0x80) return false
    at += more
  }
  return true
}
