// A queue of packets from one thread to another in shared memory: one thread pushes, one takes, neither waits for the
// other and nothing is allocated per packet. Bounded in bytes and in packets; when it is full, push() says so and the
// caller counts. Pages that were never needed are never touched: whenever the ring is empty, it starts again at its front.

/** Plain data: may be posted to another thread, which then works on the same memory. */
export interface RingMemory {
  readonly control: SharedArrayBuffer
  readonly data: SharedArrayBuffer
  readonly maxPackets: number
}

// Words of `control`. Each side writes its own; the two sides' words lie on different cache lines.
const HEAD = 0 // where the next packet goes; bit 31 is the generation
const PUSHED = 1 // packets pushed so far, modulo 2^32
const TAIL = 16 // where the next packet is taken; bit 31 is the generation that the taker has seen
const TAKEN = 17
const CONTROL_WORDS = 32

const WORD = 4
const GENERATION = 0x8000_0000
const POSITION = 0x7fff_ffff
/** In place of a length: the next packet lies at the front. */
const WRAP = -1

/** Room for `bytes` of packets (each takes its length and up to seven bytes more) and at most `maxPackets` of them. */
export function allocateRing(bytes: number, maxPackets: number): RingMemory {
  const size = (Math.min(bytes, POSITION - 3 * WORD) + 2 * WORD) & -WORD
  return {
    control: new SharedArrayBuffer(CONTROL_WORDS * WORD),
    data: new SharedArrayBuffer(size),
    maxPackets,
  }
}

function roomFor(length: number): number {
  return (WORD + length + WORD - 1) & -WORD
}

export class RingWriter {
  readonly #control: Int32Array
  readonly #words: Int32Array
  readonly #bytes: Uint8Array
  readonly #maxPackets: number
  #head = 0
  #generation = 0

  constructor({ control, data, maxPackets }: RingMemory) {
    this.#control = new Int32Array(control)
    this.#words = new Int32Array(data)
    this.#bytes = new Uint8Array(data)
    this.#maxPackets = maxPackets
  }

  /** Copies the packet; false where it does not fit now. */
  push(packet: Uint8Array): boolean {
    const pushed = Atomics.load(this.#control, PUSHED)
    if (((pushed - Atomics.load(this.#control, TAKEN)) | 0) >= this.#maxPackets) return false
    const at = this.#place(roomFor(packet.length))
    if (at < 0) return false
    this.#words[at / WORD] = packet.length
    this.#bytes.set(packet, at + WORD)
    this.#head = at + roomFor(packet.length)
    Atomics.store(this.#control, PUSHED, (pushed + 1) | 0)
    Atomics.store(this.#control, HEAD, this.#head | this.#generation)
    return true
  }

  /** Where `room` bytes are free; -1 where they are nowhere. */
  #place(room: number): number {
    const end = this.#bytes.length - WORD // a word is left for the mark
    const seen = Atomics.load(this.#control, TAIL)
    let tail = 0 // in a generation that the taker has not seen yet, it has taken nothing
    if ((seen & GENERATION) === this.#generation) {
      tail = seen & POSITION
      if (tail === this.#head) {
        if (room > end) return -1
        // Empty: a new generation begins at the front.
        this.#generation ^= GENERATION
        this.#head = 0
        return 0
      }
    }
    if (this.#head < tail) return this.#head + room < tail ? this.#head : -1
    if (this.#head + room <= end) return this.#head
    if (room >= tail) return -1
    this.#words[this.#head / WORD] = WRAP
    return 0
  }
}

export class RingReader {
  readonly #control: Int32Array
  readonly #words: Int32Array
  readonly #bytes: Uint8Array
  #tail = 0
  #generation = 0

  constructor({ control, data }: RingMemory) {
    this.#control = new Int32Array(control)
    this.#words = new Int32Array(data)
    this.#bytes = new Uint8Array(data)
  }

  /** Packets that wait. */
  get size(): number {
    return (Atomics.load(this.#control, PUSHED) - Atomics.load(this.#control, TAKEN)) >>> 0
  }

  /** Copies the oldest packet to the front of `into`, which must have room for it; its length, or -1 where there is none. */
  take(into: Uint8Array): number {
    const head = Atomics.load(this.#control, HEAD)
    if ((head & GENERATION) !== this.#generation) {
      this.#generation = head & GENERATION
      this.#tail = 0
    }
    if ((head & POSITION) === this.#tail) return -1
    let length = this.#words[this.#tail / WORD] ?? 0
    if (length === WRAP) {
      this.#tail = 0
      length = this.#words[0] ?? 0
    }
    const from = this.#tail + WORD
    into.set(this.#bytes.subarray(from, from + length))
    this.#tail += roomFor(length)
    Atomics.add(this.#control, TAKEN, 1)
    Atomics.store(this.#control, TAIL, this.#tail | this.#generation)
    return length
  }
}
