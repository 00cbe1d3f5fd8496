// Counts distinct traces in bounded memory: exact up to a million; beyond, traces whose mixed id ends in more and more zero
// bits are kept, and their number stands for all (adaptive sampling, within 1 %).

const MAX_KEPT = 1 << 20

export class DistinctTraces {
  #kept = new Set<number>()
  /** Kept are those whose mixed low word ends in so many zeros. */
  #level = 0

  /** An id as four words at `at`. */
  add(ids: Uint32Array, at: number): void {
    const low = mix((ids[at] ?? 0) ^ mix(ids[at + 1] ?? 0) ^ mix((ids[at + 2] ?? 0) + 0x51ed270b) ^ (ids[at + 3] ?? 0))
    if ((low & ((1 << this.#level) - 1)) !== 0) return
    const high = mix((ids[at + 3] ?? 0) ^ mix(ids[at + 2] ?? 0) ^ mix((ids[at + 1] ?? 0) + 0x2545f491) ^ (ids[at] ?? 0))
    // 52 bits: equal ones of different traces are too rare to count.
    this.#kept.add((high & 0xf_ffff) * 0x1_0000_0000 + low)
    if (this.#kept.size > MAX_KEPT) this.#thin()
  }

  #thin(): void {
    this.#level++
    const mask = (1 << this.#level) - 1
    const kept = new Set<number>()
    for (const hash of this.#kept) if (((hash % 0x1_0000_0000) & mask) === 0) kept.add(hash)
    this.#kept = kept
  }

  get count(): number {
    return this.#kept.size * 2 ** this.#level
  }
}

function mix(value: number): number {
  let mixed = Math.imul(value ^ (value >>> 16), 0x85ebca6b)
  mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35)
  return (mixed ^ (mixed >>> 16)) >>> 0
}
