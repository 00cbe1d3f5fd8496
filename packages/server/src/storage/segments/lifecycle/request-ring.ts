// Knows the requests that were stored of late, so that one whose answer was lost and which comes again is not stored twice. A
// request is known by the CRC of its ids, its length, and the CRC of its tenant and bytes that its record in the spool has
// anyway: two different requests are taken for one with a chance of 2^-64. The second CRC is worked out only when the others agree.

import { crc32 } from 'node:zlib'
import type { SpanBatch } from '../../../wire/otlp/span-batch.ts'

/** A power of two; with what points at them about 3 MiB once all are taken. */
const REQUESTS = 1 << 17
const WORDS = 3
/** Requests of one slot that are looked at: somebody may send many with the same ids. */
const MAX_STEPS = 64

/** What a request is looked up by. */
export interface RequestKey {
  readonly ids: number
  readonly length: number
}

/** `crc` of a request: over the tenant's name and the bytes, as in its record. */
export function requestCrc(batch: SpanBatch): number {
  return crc32(batch.bytes, crc32(batch.tenant))
}

export function requestKey(batch: SpanBatch): RequestKey {
  return { ids: crc32(idBytes(batch)), length: batch.bytes.length }
}

function idBytes({ ids, spanCount }: SpanBatch): Uint8Array {
  return new Uint8Array(ids.buffer, ids.byteOffset, spanCount * 32)
}

export class RequestRing {
  readonly #capacity: number
  /** Of each request: CRC of its ids, its length, its CRC. */
  readonly #requests: Uint32Array
  /** Place + 1 of the newest request of each slot, and of the next older one of the same slot. */
  readonly #slots: Uint32Array
  readonly #older: Uint32Array
  #count = 0

  /** `capacity`: a power of two. */
  constructor(capacity: number = REQUESTS) {
    this.#capacity = capacity
    this.#requests = new Uint32Array(capacity * WORDS)
    this.#slots = new Uint32Array(capacity)
    this.#older = new Uint32Array(capacity)
  }

  /** CRCs of the requests that have this key. */
  find({ ids, length }: RequestKey): readonly number[] {
    const found: number[] = []
    const oldest = Math.max(0, this.#count - this.#capacity)
    let number = this.#slots[ids & (this.#capacity - 1)] as number
    // Numbers only go down along a chain of what is still held; anything else is from a round before.
    for (let step = 0; number > oldest && step < MAX_STEPS; step++) {
      const at = ((number - 1) & (this.#capacity - 1)) * WORDS
      if (this.#requests[at] === ids && this.#requests[at + 1] === length) found.push(this.#requests[at + 2] as number)
      const next = this.#older[(number - 1) & (this.#capacity - 1)] as number
      if (next >= number) break
      number = next
    }
    return found
  }

  add({ ids, length }: RequestKey, crc: number): void {
    const place = this.#count & (this.#capacity - 1)
    // After 2^32 requests numbers would wrap: begin anew, which forgets what was before.
    if (this.#count === 0xffff_fffe) {
      this.#count = place
      this.#slots.fill(0)
    }
    const slot = ids & (this.#capacity - 1)
    this.#requests[place * WORDS] = ids
    this.#requests[place * WORDS + 1] = length
    this.#requests[place * WORDS + 2] = crc
    this.#older[place] = this.#slots[slot] as number
    this.#slots[slot] = ++this.#count
  }
}
