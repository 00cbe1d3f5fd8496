// The dictionary that a seal builds: which attribute values (exact KeyValue bytes) get a number of their own because they
// are used more than once, and how the others stand in their block. Written as pages, so that a reader loads what it needs.

import { attributeHashes } from '../../wire/otlp/hash.ts'
import { decodeKeyValue } from '../../wire/otlp/decode-attributes.ts'
import { KEY, VALUE } from '../../wire/otlp/fields.ts'
import { ProtoReader } from '../../wire/codec/protobuf.ts'
import { ByteListWriter, ByteWriter } from './bytes.ts'
import { DICTIONARY_PAGE_ENTRIES, KEY_WHOLE, PART } from './format.ts'
import { Interner } from './interner.ts'
import type { PartWriter } from './part-writer.ts'

/** Rarer values stand in their block: that costs less than an entry that is read from elsewhere. */
const MIN_USES = 2
const MIN_KEY_USES = 2
/** So that a number and an index fit one double, whose native sort is much faster than one with a comparator. */
const MAX_ENTRIES = 0x20_0000

export class SealDictionary {
  readonly #bytes: Uint8Array
  readonly #entries: Interner
  readonly #keys: Interner
  /** Of each distinct KeyValue: its key's number (0: kept whole), its value code, and where its value lies. */
  readonly keyOf: Uint32Array
  readonly codeOf: Uint32Array
  readonly valueAt: Uint32Array
  readonly valueLength: Uint32Array
  /** Interned numbers of the KeyValues with an entry: by key, the most used first. */
  readonly selected: Uint32Array
  /** Entries of each key, from key 0. */
  readonly #counts: Uint32Array
  /** Interned keys that have a number, most used first. */
  readonly #keyOrder: Uint32Array

  constructor(bytes: Uint8Array, entries: Interner) {
    this.#bytes = bytes
    this.#entries = entries
    this.#keys = new Interner(bytes, 256)
    this.keyOf = new Uint32Array(entries.count)
    this.codeOf = new Uint32Array(entries.count)
    this.valueAt = new Uint32Array(entries.count)
    this.valueLength = new Uint32Array(entries.count)
    for (let i = 0; i < entries.count; i++) this.#split(i)
    this.#keyOrder = this.#numberKeys()
    this.#counts = new Uint32Array(this.#keyOrder.length + 1)
    this.selected = this.#select()
    for (const entry of this.selected) {
      const key = this.keyOf[entry] as number
      this.#counts[key] = (this.#counts[key] as number) + 1
      this.codeOf[entry] = this.#counts[key]
    }
  }

  #numberKeys(): Uint32Array {
    const { count, uses } = this.#entries
    const keyUses = new Uint32Array(this.#keys.count + 1)
    for (let i = 0; i < count; i++) {
      const key = this.keyOf[i] as number
      keyUses[key] = (keyUses[key] as number) + (uses[i] as number)
    }
    const order = mostUsed(keyUses, 1, MIN_KEY_USES)
    const numberOf = new Uint32Array(this.#keys.count + 1)
    for (const [i, key] of order.entries()) numberOf[key] = i + 1
    for (let i = 0; i < count; i++) {
      const number = numberOf[this.keyOf[i] as number] as number
      this.keyOf[i] = number
      if (number === KEY_WHOLE) this.#whole(i)
    }
    return order
  }

  #select(): Uint32Array {
    const { count, uses } = this.#entries
    const byUse = mostUsed(uses.subarray(0, count), 0, MIN_USES)
    // Stable: within a key the order of use stays.
    const keys = Float64Array.from(byUse, (entry, i) => (this.keyOf[entry] as number) * MAX_ENTRIES + i).sort()
    return Uint32Array.from(keys, (key) => byUse[key % MAX_ENTRIES] as number)
  }

  /** Finds key and value of a KeyValue that is key, then value, with lengths in their shortest form. */
  #split(i: number): void {
    const bytes = this.#bytes
    const at = this.#entries.at[i] as number
    const end = at + (this.#entries.length[i] as number)
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
    this.keyOf[i] = this.#keys.intern(at + 2, keyLength) + 1
    this.valueAt[i] = valueAt
    this.valueLength[i] = length
  }

  #whole(i: number): void {
    this.valueAt[i] = this.#entries.at[i] as number
    this.valueLength[i] = this.#entries.length[i] as number
  }

  write(parts: PartWriter): void {
    this.#writeKeys(parts)
    const list = new ByteListWriter()
    const out = new ByteWriter(1 << 16)
    for (let from = 0; from < this.selected.length; from += DICTIONARY_PAGE_ENTRIES) {
      out.reset()
      list.reset()
      for (const entry of this.selected.subarray(from, from + DICTIONARY_PAGE_ENTRIES)) {
        list.add(this.#bytes, this.valueAt[entry], this.valueLength[entry])
      }
      list.writeTo(out)
      parts.add(PART.dictionary, from / DICTIONARY_PAGE_ENTRIES, out.view())
    }
    parts.add(PART.dictionaryIndex, 0, this.#index())
  }

  #writeKeys(parts: PartWriter): void {
    const list = new ByteListWriter()
    for (const key of this.#keyOrder) list.add(this.#bytes, this.#keys.at[key - 1], this.#keys.length[key - 1])
    const out = new ByteWriter()
    list.writeTo(out)
    for (const count of this.#counts) out.varint(count)
    parts.add(PART.keys, 0, out.view())
  }

  /** Pairs (hash, entry), sorted: a plain value by its one hash, arrays and maps by all of theirs. */
  #index(): Uint8Array {
    const pairs: number[] = []
    const reader = new ProtoReader(this.#bytes)
    for (const [i, entry] of this.selected.entries()) {
      const at = this.#entries.at[entry] as number
      reader.pos = at
      const { key, value } = decodeKeyValue(reader, at + (this.#entries.length[entry] as number))
      const hashes = attributeHashes(key, value)
      const count = hashes.length === 2 ? 1 : hashes.length
      for (let h = 0; h < count; h++) pairs.push((hashes[h] as number) * MAX_ENTRIES + i)
    }
    const sorted = Float64Array.from(pairs).sort()
    const out = new ByteWriter(sorted.length * 8)
    for (const pair of sorted) out.u32(Math.floor(pair / MAX_ENTRIES))
    for (const pair of sorted) out.u32(pair % MAX_ENTRIES)
    return out.view()
  }
}

/** Indexes from `first` with at least `min` uses, most used first. */
function mostUsed(uses: Uint32Array, first: number, min: number): Uint32Array {
  const keys = new Float64Array(uses.length)
  let count = 0
  for (let i = first; i < uses.length; i++) {
    if (i < MAX_ENTRIES && (uses[i] as number) >= min)
      keys[count++] = (0xffff_ffff - (uses[i] as number)) * MAX_ENTRIES + i
  }
  return Uint32Array.from(keys.subarray(0, count).sort(), (key) => key % MAX_ENTRIES)
}
