// Counts by whole number below 2^32, in one stretch of memory: a seal counts the durations of a hundred thousand spans.

const MIN_SIZE = 1 << 12

export class CountTable {
  /** Keys; a slot without a count is free. */
  #keys = new Int32Array(MIN_SIZE)
  #counts = new Uint32Array(MIN_SIZE)
  #used = 0

  add(key: number): void {
    const slot = this.#slot(key | 0)
    const count = this.#counts[slot] as number
    this.#counts[slot] = count + 1
    if (count > 0) return
    this.#keys[slot] = key | 0
    this.#used++
    if (this.#used * 2 > this.#keys.length) this.#grow()
  }

  #slot(key: number): number {
    const keys = this.#keys
    const counts = this.#counts
    const mask = keys.length - 1
    const mixed = Math.imul(key, 0x9e3779b1)
    let slot = (mixed ^ (mixed >>> 15)) & mask
    while (keys[slot] !== key && counts[slot] !== 0) slot = (slot + 1) & mask
    return slot
  }

  #grow(): void {
    const keys = this.#keys
    const counts = this.#counts
    this.#keys = new Int32Array(keys.length * 2)
    this.#counts = new Uint32Array(keys.length * 2)
    for (let i = 0; i < keys.length; i++) {
      if (counts[i] === 0) continue
      const slot = this.#slot(keys[i] as number)
      this.#keys[slot] = keys[i] as number
      this.#counts[slot] = counts[i] as number
    }
  }

  /** 0 where it was never added. */
  count(key: number): number {
    return this.#counts[this.#slot(key | 0)] as number
  }

  /** All that were added, once each. */
  sorted(): Uint32Array {
    const found = new Uint32Array(this.#used)
    let at = 0
    for (let i = 0; i < this.#keys.length; i++) if (this.#counts[i] !== 0) found[at++] = this.#keys[i] as number
    return found.sort()
  }

  /** Empties the table; keeps its memory unless that is far more than was used. */
  clear(): void {
    if (this.#keys.length > MIN_SIZE && this.#keys.length > this.#used * 16) {
      this.#keys = new Int32Array(this.#keys.length >> 1)
      this.#counts = new Uint32Array(this.#keys.length)
    } else this.#counts.fill(0)
    this.#used = 0
  }
}
