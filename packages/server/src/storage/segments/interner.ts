// Numbers distinct byte strings in order of first appearance, by where they first stand: for the dictionaries that a seal
// builds. Holds no copies; the source bytes must stay as they are.

import { hashBytes } from '../../wire/otlp/hash.ts'

export class Interner {
  readonly #source: Uint8Array
  readonly #view: DataView
  #table: Int32Array
  #mask: number
  #hash: Uint32Array
  at: Uint32Array
  length: Uint32Array
  /** How often each was seen. */
  uses: Uint32Array
  count = 0

  constructor(source: Uint8Array, capacity: number = 1024) {
    this.#source = source
    this.#view = new DataView(source.buffer, source.byteOffset, source.byteLength)
    let size = 256
    while (size < capacity * 2) size *= 2
    this.#table = new Int32Array(size).fill(-1)
    this.#mask = size - 1
    this.#hash = new Uint32Array(size >> 1)
    this.at = new Uint32Array(size >> 1)
    this.length = new Uint32Array(size >> 1)
    this.uses = new Uint32Array(size >> 1)
  }

  /** `hash`: any number that is the same for the same bytes; where it is not, the bytes get two numbers. */
  intern(from: number, length: number, hash: number = hashBytes(this.#source, from, length)): number {
    let slot = (hash ^ (hash >>> 16)) & this.#mask
    for (;;) {
      const found = this.#table[slot] as number
      if (found < 0) break
      if (
        this.#hash[found] === hash &&
        this.length[found] === length &&
        same(this.#view, this.at[found] as number, from, length)
      ) {
        this.uses[found] = (this.uses[found] as number) + 1
        return found
      }
      slot = (slot + 1) & this.#mask
    }
    const index = this.count++
    this.#table[slot] = index
    this.#hash[index] = hash
    this.at[index] = from
    this.length[index] = length
    this.uses[index] = 1
    if (this.count === this.at.length) this.#grow()
    return index
  }

  #grow(): void {
    const size = this.#table.length * 2
    this.#hash = grown(this.#hash)
    this.at = grown(this.at)
    this.length = grown(this.length)
    this.uses = grown(this.uses)
    this.#table = new Int32Array(size).fill(-1)
    this.#mask = size - 1
    for (let i = 0; i < this.count; i++) {
      const hash = this.#hash[i] as number
      let slot = (hash ^ (hash >>> 16)) & this.#mask
      while ((this.#table[slot] as number) >= 0) slot = (slot + 1) & this.#mask
      this.#table[slot] = i
    }
  }
}

function grown(column: Uint32Array): Uint32Array {
  const next = new Uint32Array(column.length * 2)
  next.set(column)
  return next
}

function same(view: DataView, a: number, b: number, length: number): boolean {
  if (a === b) return true
  let i = 0
  for (; i + 4 <= length; i += 4) if (view.getInt32(a + i, true) !== view.getInt32(b + i, true)) return false
  for (; i < length; i++) if (view.getUint8(a + i) !== view.getUint8(b + i)) return false
  return true
}
