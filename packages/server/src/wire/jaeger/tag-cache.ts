// Attributes repeat from span to span (method, host, thread, …). This remembers where the JSON of the last ones stands
// in the output, by their bytes, so that a repeated one is copied instead of written again. A small table; a later
// attribute takes the place of an earlier one. Never trusts a hash: the bytes are compared.

import type { JsonBytes } from './json-bytes.ts'

const SLOTS = 512
/** Longer ones seldom repeat and cost more to compare. */
const MAX_LENGTH = 128

export class TagCache {
  #source: Uint8Array | undefined
  #output: Uint8Array | undefined
  readonly #from = new Int32Array(SLOTS)
  /** 0: the slot is free. */
  readonly #length = new Int32Array(SLOTS)
  readonly #outFrom = new Int32Array(SLOTS)
  readonly #outTo = new Int32Array(SLOTS)
  readonly #bits = new Uint8Array(SLOTS)

  /** Starts a span: what was remembered of other bytes or of output that was handed on is forgotten. */
  begin(source: Uint8Array, out: JsonBytes): void {
    if (this.#source === source && this.#output === out.bytes) return
    this.#source = source
    this.#output = out.bytes
    this.#length.fill(0)
  }

  /** The slot of the attribute whose message is source[from, to). */
  slot(source: Uint8Array, from: number, to: number): number {
    const length = to - from
    const mixed =
      (source[to - 1] as number) + (source[from + (length >> 1)] as number) * 31 + (source[to - 2] as number) * 7
    return (mixed + length * 131 + (source[from + 2] as number) * 17) & (SLOTS - 1)
  }

  has(slot: number, source: Uint8Array, from: number, to: number): boolean {
    const length = to - from
    if (this.#length[slot] !== length || length === 0) return false
    const other = (this.#from[slot] as number) - from
    for (let i = from; i < to; i++) if (source[i] !== source[i + other]) return false
    return true
  }

  /** Writes the slot's JSON again and tells the bits that came with it. */
  repeat(slot: number, out: JsonBytes): number {
    out.repeat(this.#outFrom[slot] as number, this.#outTo[slot] as number)
    return this.#bits[slot] as number
  }

  /** Remembers what was just written, from `outFrom` on. */
  remember(slot: number, from: number, to: number, outFrom: number, out: JsonBytes, bits: number): void {
    // Output that has grown meanwhile has moved; the next span begins anew.
    if (to - from > MAX_LENGTH || out.bytes !== this.#output) return
    this.#from[slot] = from
    this.#length[slot] = to - from
    this.#outFrom[slot] = outFrom
    this.#outTo[slot] = out.at
    this.#bits[slot] = bits
  }
}
