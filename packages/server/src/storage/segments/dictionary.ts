// The dictionary that a seal builds: which attribute values (exact KeyValue bytes) get a number of their own because they
// are used more than once, and how the others stand in their block. Written as pages, so that a reader loads what it needs.

import { attributeHashes } from '../../wire/otlp/hash.ts'
import { decodeKeyValue } from '../../wire/otlp/decode-attributes.ts'
import { KEY, VALUE } from '../../wire/otlp/fields.ts'
import { ProtoReader } from '../../wire/codec/protobuf.ts'
import { ByteListWriter, ByteWriter } from './bytes.ts'
import { DICTIONARY_PAGE_ENTRIES, PART, TOKEN_RAW } from './format.ts'
import { Interner } from './interner.ts'
import type { PartWriter } from './part-writer.ts'

/** Rarer values stand in their block: that costs less than an entry that is read from elsewhere. */
const MIN_USES = 2
const MIN_KEY_USES = 2

export class SealDictionary {
  readonly #bytes: Uint8Array
  readonly #entries: Interner
  readonly #keys: Interner
  /** For each distinct KeyValue: its key's number in order of appearance + 1, or 0; where its value lies. */
  readonly #keyOf: Uint32Array
  readonly valueAt: Uint32Array
  readonly valueLength: Uint32Array
  /** Token of each distinct KeyValue; see format.ts. */
  readonly tokens: Uint32Array
  /** Interned numbers of the KeyValues with an entry, most used first. */
  readonly selected: Uint32Array
  /** Interned keys that have a number, most used first. */
  readonly #keyOrder: Uint32Array

  constructor(bytes: Uint8Array, entries: Interner) {
    this.#bytes = bytes
    this.#entries = entries
    this.#keys = new Interner(bytes, 256)
    this.#keyOf = new Uint32Array(entries.count)
    this.valueAt = new Uint32Array(entries.count)
    this.valueLength = new Uint32Array(entries.count)
    for (let i = 0; i < entries.count; i++) this.#split(i)
    const keyUses = new Uint32Array(this.#keys.count + 1)
    for (let i = 0; i < entries.count; i++) {
      const key = this.#keyOf[i] as number
      keyUses[key] = (keyUses[key] as number) + (entries.uses[i] as number)
    }
    this.#keyOrder = mostUsed(keyUses, 1, MIN_KEY_USES)
    const rank = new Uint32Array(this.#keys.count + 1)
    for (const [i, key] of this.#keyOrder.entries()) rank[key] = i + 1
    this.selected = mostUsed(entries.uses.subarray(0, entries.count), 0, MIN_USES)
    this.tokens = new Uint32Array(entries.count)
    for (let i = 0; i < entries.count; i++) {
      this.#keyOf[i] = rank[this.#keyOf[i] as number] as number
      this.tokens[i] = this.#keyOf[i] as number
      if (this.tokens[i] === TOKEN_RAW) this.#whole(i)
    }
    for (const [i, entry] of this.selected.entries()) this.tokens[entry] = this.keyCount + 1 + i
  }

  /** Tokens up to this one are inline. */
  get keyCount(): number {
    return this.#keyOrder.length
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
    this.#keyOf[i] = this.#keys.intern(at + 2, keyLength) + 1
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
        out.varint(this.#keyOf[entry] as number)
        list.add(this.#bytes, this.valueAt[entry] as number, this.valueLength[entry] as number)
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
      for (let h = 0; h < count; h++) pairs.push((hashes[h] as number) * 0x20_0000 + i)
    }
    const sorted = Float64Array.from(pairs).sort()
    const out = new ByteWriter(sorted.length * 8)
    for (const pair of sorted) out.u32(Math.floor(pair / 0x20_0000))
    for (const pair of sorted) out.u32(pair % 0x20_0000)
    return out.view()
  }
}

/** Indexes from `first` with at least `min` uses, most used first. */
function mostUsed(uses: Uint32Array, first: number, min: number): Uint32Array {
  // 2^21 entries at most: use and index fit one double, whose native sort is much faster than one with a comparator.
  const keys = new Float64Array(uses.length)
  let count = 0
  for (let i = first; i < uses.length; i++) {
    if (i < 0x20_0000 && (uses[i] as number) >= min) keys[count++] = (0xffff_ffff - (uses[i] as number)) * 0x20_0000 + i
  }
  return Uint32Array.from(keys.subarray(0, count).sort(), (key) => key % 0x20_0000)
}
