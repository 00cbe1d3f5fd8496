// Memory for the columns of one batch, used again for the next: a hundred kilobytes of fresh typed arrays for each request
// make the collector run for memory outside its heap, which weighs more than scanning does. A batch whose columns lie here
// ends when the memory is reset; whoever took the memory says when.

/** Columns start at a multiple of this, so that pairs of words can be read as 64-bit numbers. */
const ALIGNMENT = 8
const FIRST_BYTES = 16 * 1024
const MAX_KEPT_BYTES = 1024 * 1024

export class ColumnMemory {
  #buffer: ArrayBuffer = new ArrayBuffer(FIRST_BYTES)
  /** What was handed out, in order: requests of one sender are mostly alike, and views are a third of what a small one allocates. */
  #views: (Uint32Array | Uint8Array)[] = []
  #taken = 0
  #used = 0
  /** What the batch would have needed in all. */
  #wanted = 0

  /** `count` words, all zero. */
  words(count: number): Uint32Array {
    const at = this.#take(count * 4)
    if (at < 0) return new Uint32Array(count)
    const place = this.#taken++
    const known = this.#views[place]
    if (known instanceof Uint32Array && known.byteOffset === at && known.length === count) return known.fill(0)
    const view = new Uint32Array(this.#buffer, at, count).fill(0)
    this.#views[place] = view
    return view
  }

  /** `count` bytes, all zero. */
  bytes(count: number): Uint8Array {
    const at = this.#take(count)
    if (at < 0) return new Uint8Array(count)
    const place = this.#taken++
    const known = this.#views[place]
    if (known instanceof Uint8Array && known.byteOffset === at && known.length === count) return known.fill(0)
    const view = new Uint8Array(this.#buffer, at, count).fill(0)
    this.#views[place] = view
    return view
  }

  /** Ends what was taken. After a batch that did not fit, the next one of its size does. */
  reset(): void {
    if (this.#wanted > this.#buffer.byteLength && this.#wanted <= MAX_KEPT_BYTES) {
      this.#buffer = new ArrayBuffer(Math.min(MAX_KEPT_BYTES, this.#wanted * 2))
      this.#views = []
    }
    this.#taken = 0
    this.#used = 0
    this.#wanted = 0
  }

  #take(bytes: number): number {
    const size = (bytes + ALIGNMENT - 1) & -ALIGNMENT
    this.#wanted += size
    if (this.#used + size > this.#buffer.byteLength) return -1
    const at = this.#used
    this.#used += size
    return at
  }
}

export interface ColumnMemoryPool {
  take(): ColumnMemory
  /** Ends every batch whose columns lie in it. */
  give(memory: ColumnMemory): void
}

/** Keeps at most `maxIdle` memories; each holds at most a megabyte. */
export function createColumnMemoryPool(maxIdle: number = 16): ColumnMemoryPool {
  const idle: ColumnMemory[] = []
  return {
    take: () => idle.pop() ?? new ColumnMemory(),
    give(memory): void {
      memory.reset()
      if (idle.length < maxIdle) idle.push(memory)
    },
  }
}
