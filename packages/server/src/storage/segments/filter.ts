// Split-block bloom filters over 32-bit hashes (the layout of Parquet's: blocks of eight words, one bit in each). They say
// where a value cannot be; what they let through is checked. Part of the segment format: a change here changes it.

/** Bits for each key of a segment's filter: about one false positive in a hundred. */
export const SEGMENT_BITS = 10
/** Of a block's, which is asked only where the segment's let the value through: about one in forty. */
export const BLOCK_BITS = 8
const SALTS: readonly number[] = [
  0x47b6137b, 0x44974d91, 0x8824ad5b, 0xa2b7289d, 0x705495c7, 0x2df1424b, 0x9efc4947, 0x5c6bfb31,
].map((salt) => salt | 0)

/** Words of a filter for so many keys: a multiple of eight. */
export function filterWords(keys: number, bits: number): number {
  return Math.max(1, Math.ceil((keys * bits) / 256)) * 8
}

/** Tenants use different bits for the same value. */
export function saltHash(hash: number, salt: number): number {
  let mixed = Math.imul(hash ^ salt, 0x9e3779b1)
  mixed = Math.imul(mixed ^ (mixed >>> 15), 0x85ebca77)
  return (mixed ^ (mixed >>> 13)) >>> 0
}

/** First word of the block of a salted hash. */
function blockOf(hash: number, words: number): number {
  // The block comes from the high bits of a second mix, so that it does not follow from the bits set within it.
  const mixed = Math.imul(hash, 0xc2b2ae3d) >>> 0
  return Math.floor((mixed / 0x1_0000_0000) * (words >>> 3)) * 8
}

export function addToFilter(filter: Uint32Array, hash: number): void {
  const block = blockOf(hash, filter.length)
  for (let i = 0; i < 8; i++) {
    const bit = Math.imul(hash, SALTS[i] as number) >>> 27
    filter[block + i] = (filter[block + i] as number) | (1 << bit)
  }
}

/** `from` and `words`: where the filter lies in the column. */
export function inFilter(filter: Uint32Array, hash: number, from: number = 0, words: number = filter.length): boolean {
  const block = from + blockOf(hash, words)
  for (let i = 0; i < 8; i++) {
    const bit = Math.imul(hash, SALTS[i] as number) >>> 27
    if (((filter[block + i] as number) & (1 << bit)) === 0) return false
  }
  return true
}

/** A set of hashes, to size a filter before it is filled; used again and again. */
export class HashSet {
  #slots: Uint32Array
  #stamps: Uint32Array
  #stamp = 1
  #list: Uint32Array
  count = 0

  constructor(capacity: number) {
    let size = 1024
    while (size < capacity * 2) size *= 2
    this.#slots = new Uint32Array(size)
    this.#stamps = new Uint32Array(size)
    this.#list = new Uint32Array(size >> 1)
  }

  clear(): void {
    this.count = 0
    this.#stamp++
  }

  /** True where the hash is new. */
  add(hash: number): boolean {
    const mask = this.#slots.length - 1
    let slot = Math.imul(hash, 0x9e3779b1) >>> 0
    for (slot = (slot ^ (slot >>> 15)) & mask; this.#stamps[slot] === this.#stamp; slot = (slot + 1) & mask) {
      if (this.#slots[slot] === hash) return false
    }
    this.#slots[slot] = hash
    this.#stamps[slot] = this.#stamp
    this.#list[this.count++] = hash
    if (this.count === this.#list.length) this.#grow()
    return true
  }

  values(): Uint32Array {
    return this.#list.subarray(0, this.count)
  }

  #grow(): void {
    const values = this.#list.slice(0, this.count)
    const size = this.#slots.length * 2
    this.#slots = new Uint32Array(size)
    this.#stamps = new Uint32Array(size)
    this.#list = new Uint32Array(size >> 1)
    this.#stamp = 1
    this.count = 0
    for (const value of values) this.add(value)
  }
}

/** A filter of exactly these hashes. */
export function buildFilter(hashes: Uint32Array, bits: number): Uint32Array {
  const filter = new Uint32Array(filterWords(hashes.length, bits))
  for (const hash of hashes) addToFilter(filter, hash)
  return filter
}
