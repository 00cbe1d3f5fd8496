// Split-block bloom filters over 32-bit hashes (the layout of Parquet's: blocks of eight words, one bit in each). They say
// where a value cannot be; what they let through is checked. Part of the segment format: a change here changes it.

/** Bits for each key of a segment's filter: about one false positive in a hundred. */
export const SEGMENT_BITS = 10
/** Of a block's, which is asked only where the segment's let the value through: about one in forty. */
export const BLOCK_BITS = 8
// The salts, by bit. Signed, so that they are small integers.
const SALT_0 = 0x47b6137b | 0
const SALT_1 = 0x44974d91 | 0
const SALT_2 = 0x8824ad5b | 0
const SALT_3 = 0xa2b7289d | 0
const SALT_4 = 0x705495c7 | 0
const SALT_5 = 0x2df1424b | 0
const SALT_6 = 0x9efc4947 | 0
const SALT_7 = 0x5c6bfb31 | 0
const SALTS: readonly number[] = [SALT_0, SALT_1, SALT_2, SALT_3, SALT_4, SALT_5, SALT_6, SALT_7]

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
  // Unrolled: sealing does this for every distinct value of every block.
  filter[block] = (filter[block] as number) | (1 << (Math.imul(hash, SALT_0) >>> 27))
  filter[block + 1] = (filter[block + 1] as number) | (1 << (Math.imul(hash, SALT_1) >>> 27))
  filter[block + 2] = (filter[block + 2] as number) | (1 << (Math.imul(hash, SALT_2) >>> 27))
  filter[block + 3] = (filter[block + 3] as number) | (1 << (Math.imul(hash, SALT_3) >>> 27))
  filter[block + 4] = (filter[block + 4] as number) | (1 << (Math.imul(hash, SALT_4) >>> 27))
  filter[block + 5] = (filter[block + 5] as number) | (1 << (Math.imul(hash, SALT_5) >>> 27))
  filter[block + 6] = (filter[block + 6] as number) | (1 << (Math.imul(hash, SALT_6) >>> 27))
  filter[block + 7] = (filter[block + 7] as number) | (1 << (Math.imul(hash, SALT_7) >>> 27))
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
  /** A hash, and the stamp under which it is in the set: side by side because they are read together. */
  #slots: Int32Array
  #mask: number
  #stamp = 1
  #list: Uint32Array
  count = 0

  constructor(capacity: number) {
    let size = 1024
    while (size < capacity * 2) size *= 2
    this.#slots = new Int32Array(size * 2)
    this.#mask = size - 1
    this.#list = new Uint32Array(size >> 1)
  }

  clear(): void {
    this.count = 0
    this.#stamp++
    if (this.#stamp < 0x7fff_ffff) return
    this.#slots.fill(0)
    this.#stamp = 1
  }

  /** True where the hash is new. */
  add(hash: number): boolean {
    const signed = hash | 0
    const slots = this.#slots
    const mask = this.#mask
    const stamp = this.#stamp
    const mixed = Math.imul(signed, 0x9e3779b1)
    let slot = (mixed ^ (mixed >>> 15)) & mask
    for (; slots[slot * 2 + 1] === stamp; slot = (slot + 1) & mask) {
      if (slots[slot * 2] === signed) return false
    }
    slots[slot * 2] = signed
    slots[slot * 2 + 1] = stamp
    this.#list[this.count++] = signed
    if (this.count === this.#list.length) this.#grow()
    return true
  }

  values(): Uint32Array {
    return this.#list.subarray(0, this.count)
  }

  #grow(): void {
    const values = this.#list.slice(0, this.count)
    const size = this.#list.length * 4
    this.#slots = new Int32Array(size * 2)
    this.#mask = size - 1
    this.#list = new Uint32Array(size >> 1)
    this.#stamp = 1
    this.count = 0
    for (const value of values) this.add(value)
  }
}
