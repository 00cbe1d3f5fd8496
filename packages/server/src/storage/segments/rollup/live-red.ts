// Counts of spans that are not sealed yet, by operation and minute, on the query thread: kept up only while somebody asks.

import { MINUTES_AN_HOUR } from '../../api/links/minutes.ts'
import type { HeadView } from '../head-view.ts'
import { Interner } from '../interner.ts'
import type { RollupCell } from './cells.ts'
import { RedCounter } from './red-counter.ts'
import { headErrors } from './trace-rows.ts'

/** Rows that one call of catchUp() takes at most. */
const STEP_ROWS = 16_384

interface CountedHead {
  readonly view: HeadView
  readonly counter: RedCounter
  readonly names: Interner
  readonly nameOf: Uint32Array
  done: number
}

export class LiveRed {
  readonly #heads = new Map<number, CountedHead>()

  /** Counts some of the rows that came; false where more are left. Forgets heads that have gone. */
  catchUp(views: readonly HeadView[]): boolean {
    const here = new Set(views.map((view) => view.head.id))
    for (const id of this.#heads.keys()) if (!here.has(id)) this.#heads.delete(id)
    let room = STEP_ROWS
    for (const view of views) {
      const { head } = view
      const counted = this.#heads.get(head.id) ?? begin(view)
      this.#heads.set(head.id, counted)
      const to = Math.min(head.rows, counted.done + room)
      room -= to - counted.done
      for (let row = counted.done; row < to; row++) {
        const hash = (head.nameHash[row] as number) | 0
        const name = counted.names.intern(head.nameOffset[row] as number, head.nameLength[row] as number, hash)
        counted.nameOf[row] = name
        counted.counter.add(row)
      }
      counted.done = to
      if (to < head.rows) return false
    }
    return true
  }

  cells(tenant: string, firstMinute: number, lastMinute: number): RollupCell[] {
    const first = Math.floor(firstMinute / MINUTES_AN_HOUR)
    const last = Math.floor(lastMinute / MINUTES_AN_HOUR)
    return [...this.#heads.values()]
      .flatMap(({ counter }) => counter.cells())
      .filter((cell) => cell.tenant === tenant && cell.hour >= first && cell.hour <= last)
  }

  /** The head's memory may be used for another. */
  forget(head: number): void {
    this.#heads.delete(head)
  }

  clear(): void {
    this.#heads.clear()
  }
}

function begin(view: HeadView): CountedHead {
  const { head } = view
  const names = new Interner()
  names.reset(head.bytes)
  const nameOf = new Uint32Array(head.capacity.spans)
  const counter = new RedCounter()
  counter.begin(head, headErrors(head), nameOf)
  return { view, counter, names, nameOf, done: 0 }
}
