// Calls of spans that are not sealed yet, on the query thread: counted as rows come, a trace at a time, together with what
// segments have of it. Starts anew whenever a head was sealed, as its calls are then in a rollup.

import { LinkTotals, Names } from '../../api/links/link-totals.ts'
import { traceFingerprint } from '../format.ts'
import type { HeadView } from '../head-view.ts'
import type { Segment } from '../segment.ts'
import { addPiece, earlierSegments, type TraceKey, withoutDamaged } from './earlier.ts'
import { HeadRows, TraceRows } from './trace-rows.ts'

/** Rows that one call of catchUp() takes at most. */
const STEP_ROWS = 8192

interface LiveHead {
  readonly view: HeadView
  readonly rows: HeadRows
  /** Rows that are counted. */
  done: number
}

export class LiveCalls {
  readonly #onDamage: (segment: Segment, error: Error) => void
  #names = new Names()
  #trace = new TraceRows(this.#names)
  readonly #heads = new Map<number, LiveHead>()
  readonly #totals = new Map<string, LinkTotals>()
  #earlier: readonly Segment[] | undefined

  constructor(onDamage: (segment: Segment, error: Error) => void) {
    this.#onDamage = onDamage
  }

  get names(): Names {
    return this.#names
  }

  totals(tenant: string): LinkTotals | undefined {
    return this.#totals.get(tenant)
  }

  reset(): void {
    this.#names = new Names()
    this.#trace = new TraceRows(this.#names)
    this.#heads.clear()
    this.#totals.clear()
    this.#earlier = undefined
  }

  /** Counts some of the rows that came; false where more are left. */
  catchUp(views: Iterable<HeadView>, segments: Iterable<Segment>): boolean {
    let room = STEP_ROWS
    for (const view of views) {
      const head = this.#head(view)
      const to = Math.min(view.head.rows, head.done + room)
      if (to > head.done) {
        this.#earlier ??= earlierSegments(segments)
        this.#count(head, to)
      }
      room -= to - head.done
      head.done = to
      if (to < view.head.rows) return false
    }
    return true
  }

  #head(view: HeadView): LiveHead {
    let head = this.#heads.get(view.head.id)
    if (head === undefined) {
      head = { view, rows: new HeadRows(view.head, this.#names), done: 0 }
      this.#heads.set(view.head.id, head)
    }
    return head
  }

  /** Rows from `head.done` to `to`: each trace of theirs once. */
  #count(head: LiveHead, to: number): void {
    const source = head.view.head
    const { ids } = source
    const seen = new Map<number, number[]>()
    const tenants = Array.from({ length: source.tenantCount }, (_, i) => source.tenantName(i))
    for (let row = head.done; row < to; row++) {
      const at = row * 8
      const fingerprint = traceFingerprint(ids[at + 2] as number, ids[at + 3] as number)
      const firsts = seen.get(fingerprint)
      if (firsts === undefined) seen.set(fingerprint, [row])
      else if (firsts.some((first) => isSame(head, first, head, row))) continue
      else firsts.push(row)
      const tenant = tenants[source.tenantOf(row)] ?? ''
      this.#countTrace(head, row, to, { tenant, ids, at })
    }
  }

  #countTrace(head: LiveHead, row: number, to: number, key: TraceKey): void {
    const totals = this.#totals.get(key.tenant) ?? new LinkTotals()
    this.#totals.set(key.tenant, totals)
    const trace = this.#trace
    const { ids, at } = key
    withoutDamaged(this.#earlier ?? [], this.#onDamage, (earlier, reading) => {
      this.#earlier = earlier
      trace.clear()
      for (const segment of earlier) {
        if (segment.damaged || segment.tenant(key.tenant) === undefined) continue
        reading(segment)
        for (const piece of segment.findPieces(ids[at + 2] as number, ids[at + 3] as number))
          addPiece(trace, segment, piece, key)
      }
      const mine: number[] = []
      for (const other of this.#heads.values()) {
        for (const found of other.view.rowsOfTrace(ids[at + 2] as number, ids[at + 3] as number)) {
          if (found >= (other === head ? to : other.done) || !isSame(head, row, other, found)) continue
          if (other === head && found >= head.done) mine.push(found)
          else trace.addHeadRow(other.rows, found)
        }
      }
      const known = trace.count
      for (const found of mine) trace.addHeadRow(head.rows, found)
      trace.addTo(totals, known)
    })
  }
}

function isSame(a: LiveHead, row: number, b: LiveHead, other: number): boolean {
  const x = a.view.head
  const y = b.view.head
  for (let word = 0; word < 4; word++) if (x.ids[row * 8 + word] !== y.ids[other * 8 + word]) return false
  if (a === b) return x.tenantOf(row) === y.tenantOf(other)
  return x.tenantName(x.tenantOf(row)) === y.tenantName(y.tenantOf(other))
}
