// Numbers distinct byte strings in order of first appearance, by where they first stand: for the dictionaries that a seal
// builds. Holds no copies; the source bytes must stay as they are until reset(), which keeps the tables' memory.

import { hashBytes } from '../../wire/otlp/hash.ts'

/** Words of an entry, side by side because they are read together: hash, place, length, uses. */
const WORDS = 4
const AT = 1
const LENGTH = 2
const USES = 3
const MIN_SIZE = 256
const NO_BYTES = new Uint8Array(0)

export class Interner {
  #source: Uint8Array = NO_BYTES
  #view: DataView = new DataView(NO_BYTES.buffer)
  /** Entry + 1, or 0; a power of two, at least twice the entries. */
  #table = new Int32Array(MIN_SIZE)
  #mask = MIN_SIZE - 1
  #entries = new Int32Array((MIN_SIZE >> 1) * WORDS)
  count = 0

  /** Forgets everything. Memory is given back where far more is kept than the last source took. */
  reset(source: Uint8Array): void {
    this.#source = source
    this.#view = new DataView(source.buffer, source.byteOffset, source.byteLength)
    if (this.#table.length > MIN_SIZE && this.#table.length > this.count * 16) this.#allocate(this.#table.length >> 1)
    else this.#table.fill(0)
    this.count = 0
  }

  at(entry: number): number {
    return this.#entries[entry * WORDS + AT] as number
  }

  length(entry: number): number {
    return this.#entries[entry * WORDS + LENGTH] as number
  }

  /** How often it was seen. */
  uses(entry: number): number {
    return this.#entries[entry * WORDS + USES] as number
  }

  /** The hash that it was interned under, unsigned. */
  hash(entry: number): number {
    return (this.#entries[entry * WORDS] as number) >>> 0
  }

  /** `hash`: any number that is the same for the same bytes; where it is not, the bytes get two numbers. */
  intern(from: number, length: number, hash: number = hashBytes(this.#source, from, length)): number {
    const signed = hash | 0
    const table = this.#table
    const entries = this.#entries
    const mask = this.#mask
    let slot = (signed ^ (signed >>> 16)) & mask
    for (;;) {
      const found = table[slot] as number
      if (found === 0) break
      const at = (found - 1) * WORDS
      if (
        entries[at] === signed &&
        entries[at + LENGTH] === length &&
        same(this.#view, entries[at + AT] as number, from, length)
      ) {
        entries[at + USES] = (entries[at + USES] as number) + 1
        return found - 1
      }
      slot = (slot + 1) & mask
    }
    return this.#insert(slot, from, length, signed)
  }

  /** True where the entry's bytes are these. */
  is(entry: number, from: number, length: number): boolean {
    return this.length(entry) === length && same(this.#view, this.at(entry), from, length)
  }

  #insert(slot: number, from: number, length: number, hash: number): number {
    const entry = this.count++
    const at = entry * WORDS
    this.#table[slot] = entry + 1
    this.#entries[at] = hash
    this.#entries[at + AT] = from
    this.#entries[at + LENGTH] = length
    this.#entries[at + USES] = 1
    if (this.count * 2 === this.#table.length) this.#grow()
    return entry
  }

  #allocate(size: number): void {
    this.#table = new Int32Array(size)
    this.#mask = size - 1
    this.#entries = new Int32Array((size >> 1) * WORDS)
  }

  #grow(): void {
    const before = this.#entries
    this.#allocate(this.#table.length * 2)
    this.#entries.set(before)
    for (let i = 0; i < this.count; i++) {
      const hash = this.#entries[i * WORDS] as number
      let slot = (hash ^ (hash >>> 16)) & this.#mask
      while (this.#table[slot] !== 0) slot = (slot + 1) & this.#mask
      this.#table[slot] = i + 1
    }
  }
}

/** In steps of eight bytes, which are compiled to plain loads; the last step may overlap the one before. */
function same(view: DataView, a: number, b: number, length: number): boolean {
  if (a === b) return true
  if (length >= 8) {
    const last = length - 8
    for (let i = 0; i < last; i += 8) if (view.getBigInt64(a + i, true) !== view.getBigInt64(b + i, true)) return false
    return view.getBigInt64(a + last, true) === view.getBigInt64(b + last, true)
  }
  let i = 0
  if (length >= 4) {
    if (view.getInt32(a, true) !== view.getInt32(b, true)) return false
    i = 4
  }
  for (; i < length; i++) if (view.getUint8(a + i) !== view.getUint8(b + i)) return false
  return true
}
