// Unix minutes of times that are pairs of words, exact and without BigInt: rows that follow each other start close together.

export const MINUTE_NS = 60_000_000_000n
export const MINUTES_AN_HOUR = 60

/** One object serves row after row. A high word lasts 4.3 s, so at most one minute begins in it. */
export class MinuteClock {
  #high = -1
  #minute = 0
  /** Low word at which the next minute begins, or 2^32. */
  #turn = 0

  /** Minutes since 1970 of `high * 2^32 + low` ns. */
  minute(low: number, high: number): number {
    if (high !== this.#high) this.#enter(high)
    return low < this.#turn ? this.#minute : this.#minute + 1
  }

  #enter(high: number): void {
    const first = BigInt(high) << 32n
    const minute = first / MINUTE_NS
    const turn = (minute + 1n) * MINUTE_NS - first
    this.#high = high
    this.#minute = Number(minute)
    this.#turn = turn > 0xffff_ffffn ? 0x1_0000_0000 : Number(turn)
  }
}
