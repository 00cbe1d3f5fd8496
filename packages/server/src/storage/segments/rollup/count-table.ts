// Counts by whole number, in one stretch of memory: a seal counts the durations of a hundred thousand spans.

const MIN_SIZE = 1 << 12

export class CountTable {
  #keys = new Float64Array(MIN_SIZE).fill(-1)
  #counts = new Uint32Array(MIN_SIZE)
  #used = 0

  /** Counts a whole number from 0 to 2^53. */
  add(key: number): void {
    const slot = this.#slot(key)
    if ((this.#keys[slot] as number) < 0) {
      this.#keys[slot] = key
      this.#used++
    }
    this.#counts[slot] = (this.#counts[slot] as number) + 1
    if (this.#used * 2 > this.#keys.length) this.#grow()
  }

  #slot(key: number): number {
    const keys = this.#keys
    const mask = keys.length - 1
    const mixed = Math.imul((key ^ Math.floor(key / 0x1_0000_0000)) | 0, 0x9e3779b1)
    let slot = (mixed ^ (mixed >>> 15)) & mask
    while (keys[slot] !== key && (keys[slot] as number) >= 0) slot = (slot + 1) & mask
    return slot
  }

  #grow(): void {
    const keys = this.#keys
    const counts = this.#counts
    this.#keys = new Float64Array(keys.length * 2).fill(-1)
    this.#counts = new Uint32Array(keys.length * 2)
    for (let i = 0; i < keys.length; i++) {
      if ((keys[i] as number) < 0) continue
      const slot = this.#slot(keys[i] as number)
      this.#keys[slot] = keys[i] as number
      this.#counts[slot] = counts[i] as number
    }
  }

  /** Each number with its count, in no order. */
  each(see: (key: number, count: number) => void): void {
    for (let i = 0; i < this.#keys.length; i++)
      if ((this.#keys[i] as number) >= 0) see(this.#keys[i] as number, this.#counts[i] as number)
  }

  /** Empties the table; keeps its memory unless that is far more than was used. */
  clear(): void {
    if (this.#keys.length > MIN_SIZE && this.#keys.length > this.#used * 16) {
      this.#keys = new Float64Array(this.#keys.length >> 1)
      this.#counts = new Uint32Array(this.#keys.length)
    }
    this.#keys.fill(-1)
    this.#counts.fill(0)
    this.#used = 0
  }
}
