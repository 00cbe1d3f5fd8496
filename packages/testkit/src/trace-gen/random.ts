// A seeded source of numbers, so that the same seed gives the same load and the same mutations on every machine.

export interface Random {
  /** 32 random bits, unsigned. */
  word(): number
  /** An integer from 0 up to, without, `below`. */
  below(below: number): number
  /** True with this probability. */
  chance(probability: number): boolean
  pick<T>(list: readonly T[]): T
}

/** Mulberry32 (public domain, Tommy Ettinger): small, fast, good enough for test data, never for secrets. */
export function createRandom(seed: number): Random {
  let state = seed | 0
  const word = (): number => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return (mixed ^ (mixed >>> 14)) >>> 0
  }
  const below = (bound: number): number => Math.floor((word() / 4_294_967_296) * bound)
  return {
    word,
    below,
    chance: (probability) => word() < probability * 4_294_967_296,
    pick: (list) => {
      const found = list[below(list.length)]
      if (found === undefined) throw new Error('pick of an empty list')
      return found
    },
  }
}
