// The dictionary that a seal builds: which attribute values (exact KeyValue bytes) get a number of their own because they
// are used more than once, and how the others stand in their block. Written as pages, so that a reader loads what it needs.

import {
  attributeHashes,
  HASH_BOOL,
  HASH_INT,
  HASH_STRING,
  hashBool,
  hashBytes,
  hashWords,
  valueSeed,
} from '../../wire/otlp/hash.ts'
import { decodeKeyValue } from '../../wire/otlp/decode-attributes.ts'
import { KEY, VALUE, VALUE_BOOL, VALUE_INT, VALUE_STRING } from '../../wire/otlp/fields.ts'
import { ProtoReader } from '../../wire/codec/protobuf.ts'
import { ByteListWriter, ByteWriter } from './bytes.ts'
import { DICTIONARY_PAGE_ENTRIES, KEY_WHOLE, PART } from './format.ts'
import { IntList } from './int-list.ts'
import { Interner } from './interner.ts'
import type { PartWriter } from './part-writer.ts'
import type { Scratch } from './scratch.ts'

/** Rarer values stand in their block: that costs less than an entry that is read from elsewhere. */
const MIN_USES = 2
const MIN_KEY_USES = 2
/** So that a number and an index fit one double, whose native sort is much faster than one with a comparator. */
const MAX_ENTRIES = 0x20_0000
/** A power of two. */
const RECENT_KEYS = 512
const NO_WORDS = new Uint32Array(0)

/** Words of a distinct KeyValue in SealDictionary.table: read together for every attribute of every span. */
export const ENTRY_WORDS = 4
/** Its key's number (0: kept whole). */
export const ENTRY_KEY = 0
/** Its value code. */
export const ENTRY_CODE = 1
/** Where its value lies. */
export const ENTRY_AT = 2
export const ENTRY_LENGTH = 3

/** Keeps its memory for the next seal: begin(), intern() for each attribute, build(); then it may be asked and written. */
export class SealDictionary {
  readonly #entries = new Interner()
  readonly #keys = new Interner()
  /** Key + 1. */
  readonly #recentKeys = new Int32Array(RECENT_KEYS)
  readonly #list = new ByteListWriter()
  readonly #out = new ByteWriter(1 << 16)
  #bytes: Uint8Array = new Uint8Array(0)
  readonly #split = new IntList(1024)
  /** Interned numbers of the KeyValues with an entry: by key, the most used first. */
  selected: Uint32Array = NO_WORDS
  /** Entries of each key, from key 0. */
  #counts: Uint32Array = NO_WORDS
  /** Interned keys that have a number, most used first. */
  #keyOrder: Uint32Array = NO_WORDS

  /** ENTRY_WORDS words for each interned KeyValue. */
  get table(): Int32Array {
    return this.#split.items
  }

  /** Distinct KeyValues. */
  get entryCount(): number {
    return this.#entries.count
  }

  /** Numbers of keys are below this. */
  get keyCount(): number {
    return this.#counts.length
  }

  begin(bytes: Uint8Array): void {
    this.#bytes = bytes
    this.#entries.reset(bytes)
    this.#keys.reset(bytes)
    this.#recentKeys.fill(0)
    this.#split.clear()
  }

  /** Number of a KeyValue. `hash`: as for Interner.intern(). */
  intern(at: number, length: number, hash?: number): number {
    const entry = this.#entries.intern(at, length, hash)
    // Taken apart at once, while the bytes are at hand.
    if (entry * ENTRY_WORDS === this.#split.count) this.#add(at, length)
    return entry
  }

  build(scratch: Scratch): void {
    this.#keyOrder = this.#numberKeys(scratch)
    this.#counts = scratch.words(this.#keyOrder.length + 1)
    this.selected = this.#select(scratch)
    const { selected, table } = this
    const counts = this.#counts
    for (let i = 0; i < selected.length; i++) {
      const at = (selected[i] as number) * ENTRY_WORDS
      const key = table[at] as number
      const code = (counts[key] as number) + 1
      counts[key] = code
      table[at + ENTRY_CODE] = code
    }
  }

  #numberKeys(scratch: Scratch): Uint32Array {
    const { table } = this
    const { count } = this.#entries
    const keyUses = scratch.words(this.#keys.count + 1)
    for (let i = 0; i < count; i++) {
      const key = table[i * ENTRY_WORDS] as number
      keyUses[key] = (keyUses[key] as number) + this.#entries.uses(i)
    }
    const order = mostUsed(keyUses, 1, MIN_KEY_USES, scratch)
    const numberOf = scratch.words(this.#keys.count + 1)
    for (let i = 0; i < order.length; i++) numberOf[order[i] as number] = i + 1
    for (let i = 0; i < count; i++) {
      const number = numberOf[table[i * ENTRY_WORDS] as number] as number
      table[i * ENTRY_WORDS] = number
      if (number !== KEY_WHOLE) continue
      table[i * ENTRY_WORDS + ENTRY_AT] = this.#entries.at(i)
      table[i * ENTRY_WORDS + ENTRY_LENGTH] = this.#entries.length(i)
    }
    return order
  }

  #select(scratch: Scratch): Uint32Array {
    const { count } = this.#entries
    const uses = scratch.words(count)
    for (let i = 0; i < count; i++) uses[i] = this.#entries.uses(i)
    const byUse = mostUsed(uses, 0, MIN_USES, scratch)
    // Stable: within a key the order of use stays.
    const keys = scratch.doubles(byUse.length)
    for (let i = 0; i < byUse.length; i++)
      keys[i] = (this.table[(byUse[i] as number) * ENTRY_WORDS] as number) * MAX_ENTRIES + i
    keys.sort()
    const selected = scratch.words(byUse.length)
    for (let i = 0; i < selected.length; i++) selected[i] = byUse[(keys[i] as number) % MAX_ENTRIES] as number
    return selected
  }

  /** Finds key and value of a KeyValue that is key, then value, with lengths in their shortest form. */
  #add(at: number, whole: number): void {
    const split = this.#split
    const word = split.count
    split.reserve(ENTRY_WORDS)
    for (let i = 0; i < ENTRY_WORDS; i++) split.items[word + i] = 0
    split.count += ENTRY_WORDS
    const bytes = this.#bytes
    const end = at + whole
    const keyLength = bytes[at + 1] as number
    if (end - at < 4 || bytes[at] !== KEY || keyLength > 0x7f) return
    const keyEnd = at + 2 + keyLength
    if (keyEnd + 2 > end || bytes[keyEnd] !== VALUE) return
    let length = bytes[keyEnd + 1] as number
    let valueAt = keyEnd + 2
    if (length > 0x7f) {
      let factor = 128
      length &= 0x7f
      for (let more = true; more; factor *= 128) {
        if (valueAt >= end || factor > 0x10_0000_0000) return
        const b = bytes[valueAt++] as number
        length += (b & 0x7f) * factor
        more = b > 0x7f
        if (!more && b === 0) return
      }
    }
    if (valueAt + length !== end) return
    split.items[word] = this.#key(at + 2, keyLength) + 1
    split.items[word + ENTRY_AT] = valueAt
    split.items[word + ENTRY_LENGTH] = length
  }

  /** Number of a key. There are few: the one that was last seen with this length and these letters is nearly always it. */
  #key(at: number, length: number): number {
    const bytes = this.#bytes
    const middle = bytes[at + (length >> 1)] as number
    const place = (length ^ (middle << 3) ^ ((bytes[at + length - 1] as number) << 5)) & (RECENT_KEYS - 1)
    const recent = (this.#recentKeys[place] as number) - 1
    if (recent >= 0 && this.#keys.is(recent, at, length)) return recent
    const key = this.#keys.intern(at, length)
    this.#recentKeys[place] = key + 1
    return key
  }

  write(parts: PartWriter, scratch: Scratch): void {
    this.#writeKeys(parts)
    const view = new DataView(this.#bytes.buffer, this.#bytes.byteOffset, this.#bytes.byteLength)
    const list = this.#list
    const out = this.#out
    for (let from = 0; from < this.selected.length; from += DICTIONARY_PAGE_ENTRIES) {
      const to = Math.min(this.selected.length, from + DICTIONARY_PAGE_ENTRIES)
      out.reset()
      list.reset()
      for (let i = from; i < to; i++) {
        const at = (this.selected[i] as number) * ENTRY_WORDS
        list.addFrom(view, this.table[at + ENTRY_AT] as number, this.table[at + ENTRY_LENGTH] as number)
      }
      list.writeTo(out)
      parts.add(PART.dictionary, from / DICTIONARY_PAGE_ENTRIES, out.view())
    }
    this.#writeIndex(parts, scratch)
    list.trim(1 << 18)
    out.trim(1 << 20)
  }

  #writeKeys(parts: PartWriter): void {
    const list = this.#list
    const out = this.#out
    list.reset()
    out.reset()
    for (const key of this.#keyOrder) list.add(this.#bytes, this.#keys.at(key - 1), this.#keys.length(key - 1))
    list.writeTo(out)
    for (const count of this.#counts) out.varint(count)
    parts.add(PART.keys, 0, out.view())
  }

  /** Pairs (hash, entry), sorted: a plain value by its one hash, arrays and maps by all of theirs. */
  #writeIndex(parts: PartWriter, scratch: Scratch): void {
    const { selected } = this
    const plain = scratch.doubles(selected.length)
    const further: number[] = []
    let count = 0
    for (let i = 0; i < selected.length; i++) {
      const hash = this.#plainHash(selected[i] as number)
      if (hash >= 0) plain[count++] = hash * MAX_ENTRIES + i
      else this.#hashes(selected[i] as number, i, further)
    }
    const sorted = scratch.doubles(count + further.length)
    sorted.set(plain.subarray(0, count))
    sorted.set(further, count)
    sorted.sort()
    const out = this.#out
    out.reset()
    for (let i = 0; i < sorted.length; i++) out.u32(Math.floor((sorted[i] as number) / MAX_ENTRIES))
    for (let i = 0; i < sorted.length; i++) out.u32((sorted[i] as number) % MAX_ENTRIES)
    parts.add(PART.dictionaryIndex, 0, out.view())
  }

  /**
   * The hash of a KeyValue that is a short text in ASCII, a small integer or a boolean, from the bytes alone, as most are; -1 of
   * others. Other bytes may be ill-formed, and then the text has another hash than they.
   */
  #plainHash(entry: number): number {
    const bytes = this.#bytes
    const key = this.table[entry * ENTRY_WORDS] as number
    const at = this.table[entry * ENTRY_WORDS + ENTRY_AT] as number
    const length = this.table[entry * ENTRY_WORDS + ENTRY_LENGTH] as number
    if (key === KEY_WHOLE || length < 2) return -1
    const interned = (this.#keyOrder[key - 1] as number) - 1
    const keyAt = this.#keys.at(interned)
    const keyLength = this.#keys.length(interned)
    if (!isAscii(bytes, keyAt, keyLength)) return -1
    const type = bytes[at] as number
    const second = bytes[at + 1] as number
    if (type === VALUE_STRING) {
      if (second !== length - 2 || second > 0x7f || !isAscii(bytes, at + 2, second)) return -1
      return hashBytes(bytes, at + 2, second, valueSeed(hashBytes(bytes, keyAt, keyLength), HASH_STRING))
    }
    if (type !== VALUE_INT && type !== VALUE_BOOL) return -1
    const value = shortVarint(bytes, at + 1, length - 1)
    if (value < 0) return -1
    const hashOfKey = hashBytes(bytes, keyAt, keyLength)
    return type === VALUE_INT
      ? hashWords(value, 0, valueSeed(hashOfKey, HASH_INT)) >>> 0
      : hashBool(value !== 0, valueSeed(hashOfKey, HASH_BOOL)) >>> 0
  }

  #hashes(entry: number, i: number, pairs: number[]): void {
    const reader = new ProtoReader(this.#bytes)
    reader.pos = this.#entries.at(entry)
    const { key, value } = decodeKeyValue(reader, reader.pos + this.#entries.length(entry))
    const hashes = attributeHashes(key, value)
    const count = hashes.length === 2 ? 1 : hashes.length
    for (let h = 0; h < count; h++) pairs.push((hashes[h] as number) * MAX_ENTRIES + i)
  }
}

/** A varint of exactly `length` bytes that is below 2^28; -1 where it is not. */
function shortVarint(bytes: Uint8Array, at: number, length: number): number {
  if (length < 1 || length > 4) return -1
  let value = 0
  for (let i = 0; i < length; i++) {
    const byte = bytes[at + i] as number
    if (byte > 0x7f !== i < length - 1) return -1
    value |= (byte & 0x7f) << (7 * i)
  }
  return value
}

function isAscii(bytes: Uint8Array, from: number, length: number): boolean {
  let all = 0
  for (let i = from; i < from + length; i++) all |= bytes[i] as number
  return all < 0x80
}

/** Indexes from `first` with at least `min` uses, most used first. */
function mostUsed(uses: Uint32Array, first: number, min: number, scratch: Scratch): Uint32Array {
  const keys = scratch.doubles(uses.length)
  let count = 0
  for (let i = first; i < uses.length; i++) {
    if (i < MAX_ENTRIES && (uses[i] as number) >= min)
      keys[count++] = (0xffff_ffff - (uses[i] as number)) * MAX_ENTRIES + i
  }
  const sorted = keys.subarray(0, count).sort()
  const order = scratch.words(count)
  for (let i = 0; i < count; i++) order[i] = (sorted[i] as number) % MAX_ENTRIES
  return order
}
