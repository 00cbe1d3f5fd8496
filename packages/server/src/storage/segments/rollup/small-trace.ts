// The calls of a trace that is nearly every trace: whole in one head, not large, no id twice. Then a span's parent is the one
// span of that id, and comparing all with all on columns costs less than any table. Says no to every other trace.

import type { LinkTotals } from '../../api/links/link-totals.ts'
import { MinuteClock, MINUTES_AN_HOUR } from '../../api/links/minutes.ts'
import type { HeadRows } from './trace-rows.ts'

const MAX_ROWS = 64

export class SmallTrace {
  readonly #idLow = new Int32Array(MAX_ROWS)
  readonly #idHigh = new Int32Array(MAX_ROWS)
  readonly #parentLow = new Int32Array(MAX_ROWS)
  readonly #parentHigh = new Int32Array(MAX_ROWS)
  readonly #service = new Int32Array(MAX_ROWS)
  readonly #caller = new Int32Array(MAX_ROWS)
  readonly #clock = new MinuteClock()

  /** Counts the calls among rows[from, to); false where that takes more than this, and nothing is counted. */
  count(source: HeadRows, rows: Uint32Array, from: number, to: number, totals: LinkTotals): boolean {
    const count = to - from
    if (count > MAX_ROWS) return false
    const { ids, start } = source.head
    for (let i = 0; i < count; i++) {
      const row = rows[from + i] as number
      this.#idLow[i] = ids[row * 8 + 4] as number
      this.#idHigh[i] = ids[row * 8 + 5] as number
      this.#parentLow[i] = ids[row * 8 + 6] as number
      this.#parentHigh[i] = ids[row * 8 + 7] as number
      this.#service[i] = source.service(row)
    }
    if (!this.#findCallers(count)) return false
    for (let i = 0; i < count; i++) {
      const caller = this.#caller[i] as number
      if (caller < 0 || this.#service[caller] === this.#service[i]) continue
      const row = rows[from + i] as number
      const minute = this.#clock.minute(start[row * 2] as number, start[row * 2 + 1] as number)
      const errors = source.errors.isError(row) ? 1 : 0
      const parent = this.#service[caller] as number
      totals.add(Math.floor(minute / MINUTES_AN_HOUR), parent, this.#service[i] as number, 1, errors)
    }
    return true
  }

  /** False where an id is there twice. */
  #findCallers(count: number): boolean {
    const idLow = this.#idLow
    const idHigh = this.#idHigh
    for (let i = 0; i < count; i++) {
      const low = idLow[i] as number
      const parentLow = this.#parentLow[i] as number
      let caller = -1
      for (let j = 0; j < count; j++) {
        const other = idLow[j] as number
        if (other === parentLow && idHigh[j] === this.#parentHigh[i]) caller = j
        if (other === low && j !== i && idHigh[j] === idHigh[i]) return false
      }
      this.#caller[i] = caller
    }
    return true
  }
}
