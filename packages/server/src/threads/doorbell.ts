// Wakes another thread that has nothing to do, through shared memory: no message is made for each ring, and a thread that
// is busy is not disturbed. One thread waits; any number may ring.

const RINGS = 0
const WAITING = 1
const WORDS = 2

/** Plain data: may be posted to another thread. */
export function createBell(): SharedArrayBuffer {
  return new SharedArrayBuffer(WORDS * Int32Array.BYTES_PER_ELEMENT)
}

export class Doorbell {
  readonly #words: Int32Array

  constructor(memory: SharedArrayBuffer) {
    this.#words = new Int32Array(memory)
  }

  ring(): void {
    Atomics.add(this.#words, RINGS, 1)
    if (Atomics.load(this.#words, WAITING) === 1) Atomics.notify(this.#words, RINGS)
  }

  /** How often it has rung, modulo 2^32. Read before looking for work; wait() then misses nothing. */
  get rings(): number {
    return Atomics.load(this.#words, RINGS)
  }

  /** Resolves once it has rung since `rings` was read. */
  async wait(rings: number): Promise<void> {
    Atomics.store(this.#words, WAITING, 1)
    const waiting = Atomics.waitAsync(this.#words, RINGS, rings)
    if (waiting.async) await waiting.value
    Atomics.store(this.#words, WAITING, 0)
  }
}
