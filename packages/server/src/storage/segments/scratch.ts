// Typed arrays for one seal, cut from one piece of memory that is kept for the next: fresh ones would be dozens of megabytes
// a seal, which the collector must be run for and which malloc keeps.

const MIN_BYTES = 1 << 20

export class Scratch {
  #chunk = new ArrayBuffer(MIN_BYTES)
  #at = 0
  /** Bytes asked for since reset(). */
  #used = 0

  /** Ends the life of everything that was handed out; keeps memory for as much again. */
  reset(): void {
    const kept = this.#chunk.byteLength
    if (this.#used > kept || kept > Math.max(MIN_BYTES, this.#used * 4))
      this.#chunk = new ArrayBuffer(Math.max(MIN_BYTES, this.#used + (this.#used >> 2)))
    this.#at = 0
    this.#used = 0
  }

  /** All zero. */
  words(count: number): Uint32Array {
    const at = this.#take(count * 4)
    return new Uint32Array(this.#chunk, at, count).fill(0)
  }

  /** All `value`. */
  signed(count: number, value: number): Int32Array {
    const at = this.#take(count * 4)
    return new Int32Array(this.#chunk, at, count).fill(value)
  }

  /** All zero. */
  doubles(count: number): Float64Array {
    const at = this.#take(count * 8)
    return new Float64Array(this.#chunk, at, count).fill(0)
  }

  #take(bytes: number): number {
    const aligned = (bytes + 7) & ~7
    this.#used += aligned
    if (this.#at + aligned > this.#chunk.byteLength) {
      this.#chunk = new ArrayBuffer(Math.max(aligned, this.#chunk.byteLength))
      this.#at = 0
    }
    const at = this.#at
    this.#at += aligned
    return at
  }
}
