// The calls of a trace that is nearly every trace: whole in one head, not large, no id twice. Then a span's parent is the one
// span of that id, found in a table that fits into two lines of the cache. Says no to every other trace.

import type { LinkCount, LinkTotals } from '../../api/links/link-totals.ts'
import { MinuteClock, MINUTES_AN_HOUR } from '../../api/links/minutes.ts'
import type { HeadRows } from './trace-rows.ts'

const MAX_ROWS = 64
/** 2^7, as slotOf() gives seven bits. */
const SLOTS = 128

export class SmallTrace {
  readonly #idLow = new Int32Array(MAX_ROWS)
  readonly #idHigh = new Int32Array(MAX_ROWS)
  readonly #parentLow = new Int32Array(MAX_ROWS)
  readonly #parentHigh = new Int32Array(MAX_ROWS)
  readonly #service = new Int32Array(MAX_ROWS)
  readonly #caller = new Int32Array(MAX_ROWS)
  /** Rows by id, or -1. */
  readonly #table = new Int8Array(SLOTS)
  readonly #recent: ({ readonly totals: LinkTotals; readonly hour: number; readonly link: LinkCount } | undefined)[] =
    []
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
      const hour = Math.floor(minute / MINUTES_AN_HOUR)
      const link = this.#link(totals, hour, this.#service[caller] as number, this.#service[i] as number)
      link.calls++
      link.errors += errors
    }
    return true
  }

  /** False where an id is there twice. */
  #findCallers(count: number): boolean {
    const idLow = this.#idLow
    const idHigh = this.#idHigh
    const table = this.#table.fill(-1)
    for (let i = 0; i < count; i++) {
      const low = idLow[i] as number
      const high = idHigh[i] as number
      let slot = slotOf(low, high)
      for (let j = table[slot] as number; j >= 0; j = table[slot] as number) {
        if (idLow[j] === low && idHigh[j] === high) return false
        slot = (slot + 1) & (SLOTS - 1)
      }
      table[slot] = i
    }
    for (let i = 0; i < count; i++) {
      const low = this.#parentLow[i] as number
      const high = this.#parentHigh[i] as number
      let slot = slotOf(low, high)
      let caller = table[slot] as number
      while (caller >= 0 && (idLow[caller] !== low || idHigh[caller] !== high)) {
        slot = (slot + 1) & (SLOTS - 1)
        caller = table[slot] as number
      }
      this.#caller[i] = caller
    }
    return true
  }

  /** The count of a link, mostly one that was asked for just before. */
  #link(totals: LinkTotals, hour: number, parent: number, child: number): LinkCount {
    const place = ((parent & 31) << 5) | (child & 31)
    const known = this.#recent[place]
    if (known !== undefined && known.totals === totals && known.hour === hour) {
      const { link } = known
      if (link.parent === parent && link.child === child) return link
    }
    const link = totals.link(hour, parent, child)
    this.#recent[place] = { totals, hour, link }
    return link
  }
}

function slotOf(low: number, high: number): number {
  return Math.imul(low ^ Math.imul(high, 0x85ebca77), 0x9e3779b1) >>> 25
}
