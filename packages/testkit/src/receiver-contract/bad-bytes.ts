// Bytes that a receiver must survive: cut, mutated, and compressed to explode. All from a seed, none from the clock.

import { gzipSync } from 'node:zlib'

/** A small generator of numbers below `bound` (mulberry32); the same seed gives the same numbers. */
export function seededRandom(seed: number): (bound: number) => number {
  let state = seed >>> 0
  return (bound) => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) % bound
  }
}

/** One to eight bytes changed, a part doubled, or a part cut out. */
export function mutated(bytes: Uint8Array, random: (bound: number) => number): Uint8Array {
  const at = random(bytes.byteLength)
  const length = 1 + random(Math.min(16, bytes.byteLength - at))
  switch (random(3)) {
    case 0:
      return Buffer.concat([bytes.subarray(0, at + length), bytes.subarray(at)])
    case 1:
      return Buffer.concat([bytes.subarray(0, at), bytes.subarray(at + length)])
    default: {
      const copy = Uint8Array.from(bytes)
      for (let i = random(8); i >= 0; i--) copy[random(copy.byteLength)] = random(256)
      return copy
    }
  }
}

const MEMBER_BYTES = 16 * 1024 * 1024

/** Gzip that inflates to `members` times 16 MiB of zeros, from 16 KiB each. */
export function gzipBomb(members: number): Buffer {
  const member = gzipSync(Buffer.alloc(MEMBER_BYTES), { level: 9 })
  return Buffer.concat(Array.from<Buffer>({ length: members }).fill(member))
}
