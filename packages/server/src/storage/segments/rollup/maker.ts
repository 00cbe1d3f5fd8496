// Makes the rollup of a head while it is sealed, on the store thread: operations and durations of its rows, and the calls that
// its rows add to what the rollups before it have. Nothing of it is ever made again from stored spans.

import { LinkTotals, Names } from '../../api/links/link-totals.ts'
import type { RowErrors } from '../../api/links/row-errors.ts'
import { traceFingerprint } from '../format.ts'
import type { Head } from '../head.ts'
import type { Segment } from '../segment.ts'
import { mergeCells, type Overflow, type RollupCell } from './cells.ts'
import { addPiece, joinFingerprints, type TraceKey, withoutDamaged } from './earlier.ts'
import { RedCounter } from './red-counter.ts'
import { SmallTrace } from './small-trace.ts'
import { headErrors, HeadRows, TraceRows } from './trace-rows.ts'

/** Numbers of runs share the 53 bits of a double with a fingerprint: as many as a head may have spans. */
const MAX_RUNS = 0x20_0000

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
      links = countLinks(head, traces, errors, earlier, reading)
    })
    return mergeCells([...this.#red.cells(), ...links], overflow)
  }
}

/** The rows by trace, sorted by fingerprint. A trace may stand in several runs of rows. */
class HeadTraces {
  readonly head: Head
  readonly rows: Uint32Array
  /** Runs in order of fingerprint: where each begins and ends in the rows. */
  readonly from: Uint32Array
  readonly to: Uint32Array
  readonly fingerprints: Uint32Array

  constructor(head: Head, rows: Uint32Array) {
    this.head = head
    this.rows = rows
    const starts: number[] = []
    for (let i = 0; i < rows.length; i++)
      if (i === 0 || !sameTrace(head, rows[i - 1] as number, rows[i] as number)) starts.push(i)
    const keys = new Float64Array(starts.length)
    for (const [run, start] of starts.entries()) {
      const at = (rows[start] as number) * 8
      keys[run] = traceFingerprint(head.ids[at + 2] as number, head.ids[at + 3] as number) * MAX_RUNS + run
    }
    keys.sort()
    this.from = new Uint32Array(starts.length)
    this.to = new Uint32Array(starts.length)
    this.fingerprints = new Uint32Array(starts.length)
    for (const [i, key] of keys.entries()) {
      const run = key % MAX_RUNS
      this.from[i] = starts[run] as number
      this.to[i] = starts[run + 1] ?? rows.length
      this.fingerprints[i] = Math.floor(key / MAX_RUNS)
    }
  }

  /** Runs with the fingerprint of run `first`, by trace: mostly one of one. */
  group(first: number): readonly (readonly number[])[] {
    const groups: number[][] = []
    for (let i = first; i < this.from.length && this.fingerprints[i] === this.fingerprints[first]; i++) {
      const row = this.rows[this.from[i] as number] as number
      const known = groups.find(([run]) =>
        sameTrace(this.head, this.rows[this.from[run as number] as number] as number, row),
      )
      if (known === undefined) groups.push([i])
      else known.push(i)
    }
    return groups
  }
}

function sameTrace(head: Head, a: number, b: number): boolean {
  const { ids } = head
  for (let word = 0; word < 4; word++) if (ids[a * 8 + word] !== ids[b * 8 + word]) return false
  return head.tenantOf(a) === head.tenantOf(b)
}

function countLinks(
  head: Head,
  traces: HeadTraces,
  errors: RowErrors,
  earlier: readonly Segment[],
  reading: (segment: Segment) => void,
): RollupCell[] {
  const hits = new Map<number, { readonly segment: Segment; readonly piece: number }[]>()
  for (const segment of earlier) {
    reading(segment)
    joinFingerprints(traces.fingerprints, segment, (place, piece) => {
      const found = hits.get(place)
      if (found === undefined) hits.set(place, [{ segment, piece }])
      else found.push({ segment, piece })
    })
  }
  const names = new Names()
  const source = new HeadRows(head, names, errors)
  const trace = new TraceRows(names)
  const small = new SmallTrace()
  const totals = new Map<number, LinkTotals>()
  const tenants = Array.from({ length: head.tenantCount }, (_, i) => head.tenantName(i))
  const count = (runs: readonly number[]): void => {
    const [first] = runs as readonly [number]
    const row = traces.rows[traces.from[first] as number] as number
    const tenant = head.tenantOf(row)
    const key: TraceKey = { tenant: tenants[tenant] ?? '', ids: head.ids, at: row * 8 }
    trace.clear()
    for (const { segment, piece } of hits.get(first) ?? []) {
      reading(segment)
      addPiece(trace, segment, piece, key)
    }
    const known = trace.count
    const from = traces.from[first] as number
    const to = traces.to[first] as number
    if (known === 0 && runs.length === 1 && isOneService(source, traces.rows, from, to)) return
    const sum = totals.get(tenant) ?? new LinkTotals()
    totals.set(tenant, sum)
    if (known === 0 && runs.length === 1 && small.count(source, traces.rows, from, to, sum)) return
    for (const run of runs)
      for (let i = traces.from[run] as number; i < (traces.to[run] as number); i++)
        trace.addHeadRow(source, traces.rows[i] as number)
    trace.addTo(sum, known)
  }
  for (let i = 0; i < traces.from.length; i++) {
    if (i > 0 && traces.fingerprints[i] === traces.fingerprints[i - 1]) continue
    if (traces.fingerprints[i] !== traces.fingerprints[i + 1]) count([i])
    else for (const runs of traces.group(i)) count(runs)
  }
  return [...totals].flatMap(([tenant, sum]) => linkCells(tenants[tenant] ?? '', sum, names))
}

function isOneService(source: HeadRows, rows: Uint32Array, from: number, to: number): boolean {
  const service = source.service(rows[from] as number)
  for (let i = from + 1; i < to; i++) if (source.service(rows[i] as number) !== service) return false
  return true
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
