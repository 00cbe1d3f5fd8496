// Makes the rollup of a head while it is sealed, on the store thread: operations and durations of its rows, and the calls that
// its rows add to what the rollups before it have. Nothing of it is ever made again from stored spans.

import { LinkTotals, Names } from '../../api/links/link-totals.ts'
import type { RowErrors } from '../../api/links/row-errors.ts'
import type { Head } from '../head.ts'
import type { Segment } from '../segment.ts'
import { mergeCells, type Overflow, type RollupCell } from './cells.ts'
import { addPiece, joinFingerprints, type TraceKey, withoutDamaged } from './earlier.ts'
import { HeadTraces } from './head-traces.ts'
import { RedCounter } from './red-counter.ts'
import { SmallTrace } from './small-trace.ts'
import { headErrors, HeadRows, TraceRows } from './trace-rows.ts'

export interface RollupRequest {
  readonly head: Head
  /** Rows of each trace together; without those that were deleted or sent twice. */
  readonly rows: Uint32Array
  /** Number of each row's name, by row. */
  readonly nameOf: Uint32Array
  /** What was sealed before and may have other spans of its traces. */
  readonly segments: readonly Segment[]
  onDamage(segment: Segment, error: Error): void
}

/** Keeps its working memory from one head to the next. */
export class RollupMaker {
  readonly #red = new RedCounter()

  make({ head, rows, nameOf, segments, onDamage }: RollupRequest, overflow: Overflow): RollupCell[] {
    const errors = headErrors(head)
    errors.lookAhead(head.rows)
    this.#red.begin(head, errors, nameOf)
    for (let i = 0; i < rows.length; i++) this.#red.add(rows[i] as number)
    const traces = new HeadTraces(head, rows)
    let links: RollupCell[] = []
    withoutDamaged(segments, onDamage, (earlier, reading) => {
      links = new HeadCalls(traces, errors).count(earlier, reading)
    })
    return mergeCells([...this.#red.cells(), ...links], overflow)
  }
}

interface Hit {
  readonly segment: Segment
  readonly piece: number
}

/** Counts the calls of one head. */
class HeadCalls {
  readonly #traces: HeadTraces
  readonly #names = new Names()
  readonly #source: HeadRows
  readonly #trace: TraceRows
  readonly #small = new SmallTrace()
  readonly #tenants: readonly string[]
  readonly #totals = new Map<number, LinkTotals>()
  /** By place of the fingerprint. */
  readonly #hits = new Map<number, Hit[]>()

  constructor(traces: HeadTraces, errors: RowErrors) {
    const { head } = traces
    this.#traces = traces
    this.#source = new HeadRows(head, this.#names, errors)
    this.#trace = new TraceRows(this.#names)
    this.#tenants = Array.from({ length: head.tenantCount }, (_, i) => head.tenantName(i))
  }

  /** `reading` is told which segment is being read. */
  count(earlier: readonly Segment[], reading: (segment: Segment) => void): RollupCell[] {
    const { fingerprints, runAt, runs } = this.#traces
    for (const segment of earlier) {
      reading(segment)
      joinFingerprints(fingerprints, segment, (place, piece) => {
        const found = this.#hits.get(place)
        if (found === undefined) this.#hits.set(place, [{ segment, piece }])
        else found.push({ segment, piece })
      })
    }
    /** Runs that are a trace by themselves are counted in their order, in which their rows lie close together. */
    const joined = new Uint8Array(runs)
    for (let place = 0; place < runs; place++) {
      const shared =
        fingerprints[place] === fingerprints[place + 1] ||
        (place > 0 && fingerprints[place] === fingerprints[place - 1]) ||
        this.#hits.has(place)
      if (shared) joined[runAt[place] as number] = 1
    }
    for (let run = 0; run < runs; run++) if (joined[run] === 0) this.#alone(run)
    for (const places of this.#shared(joined)) this.#join(places, reading)
    return [...this.#totals].flatMap(([tenant, sum]) => linkCells(this.#tenants[tenant] ?? '', sum, this.#names))
  }

  /**
   * Places of each trace that has several runs or is in segments too, in the order of the head: segments have their traces in
   * that order as well, so that each of their blocks is read once and not for every trace.
   */
  #shared(joined: Uint8Array): readonly (readonly number[])[] {
    const { fingerprints, runAt, runs } = this.#traces
    const shared: (readonly number[])[] = []
    for (let place = 0; place < runs; place++) {
      if (joined[runAt[place] as number] === 0) continue
      if (place > 0 && fingerprints[place] === fingerprints[place - 1]) continue
      shared.push(...this.#traces.group(place))
    }
    return shared.sort((a, b) => (runAt[a[0] as number] as number) - (runAt[b[0] as number] as number))
  }

  #sum(tenant: number): LinkTotals {
    const sum = this.#totals.get(tenant) ?? new LinkTotals()
    this.#totals.set(tenant, sum)
    return sum
  }

  #alone(run: number): void {
    const { rows, starts, head } = this.#traces
    const from = starts[run] as number
    const to = starts[run + 1] as number
    if (to - from < 2) return
    const sum = this.#sum(head.tenantOf(rows[from] as number))
    if (this.#small.count(this.#source, rows, from, to, sum)) return
    this.#trace.clear()
    this.#addRun(run)
    this.#trace.addTo(sum, 0)
  }

  #addRun(run: number): void {
    const { rows, starts } = this.#traces
    for (let i = starts[run] as number; i < (starts[run + 1] as number); i++)
      this.#trace.addHeadRow(this.#source, rows[i] as number)
  }

  /** A trace that stands in several runs, or in segments too. */
  #join(places: readonly number[], reading: (segment: Segment) => void): void {
    const { head, runAt } = this.#traces
    const [first] = places as readonly [number]
    const row = this.#traces.rowOf(runAt[first] as number)
    const tenant = head.tenantOf(row)
    const key: TraceKey = { tenant: this.#tenants[tenant] ?? '', ids: head.ids, at: row * 8 }
    this.#trace.clear()
    for (const { segment, piece } of this.#hits.get(first) ?? []) {
      reading(segment)
      addPiece(this.#trace, segment, piece, key)
    }
    const known = this.#trace.count
    for (const place of places) this.#addRun(runAt[place] as number)
    this.#trace.addTo(this.#sum(tenant), known)
  }
}

/** Totals as cells without operations. */
export function linkCells(tenant: string, totals: LinkTotals, names: Names): RollupCell[] {
  return [...totals.hours].map((hour) => ({
    tenant,
    hour,
    operations: [],
    links: [...totals.of(hour)].map(({ parent, child, calls, errors }) => ({
      parent: names.text(parent),
      child: names.text(child),
      calls,
      errors,
    })),
  }))
}
