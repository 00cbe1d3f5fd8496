// Heads in an index search: all rows of the tenant by trace with their numbers, and which of them match. What is read of a
// head must be used before the head goes (HeldPlaces.headsMoved).

import { ROW_IRREGULAR } from '../../../wire/otlp/span-batch.ts'
import { SpanDecoder } from '../../../wire/otlp/decode.ts'
import { RowErrors } from '../../api/links/row-errors.ts'
import type { Names } from '../../api/links/link-totals.ts'
import { bind, MAYBE, type RowTest, YES } from '../../api/search/conditions.ts'
import { BatchLeaves, textAt, within } from '../../api/search/rows.ts'
import type { HeadView } from '../head-view.ts'
import type { SegmentQuery } from './segment-scan.ts'
import { emptyNumbers, partOf, TRACE_UNSURE, type TraceTable } from './trace-table.ts'

const PAUSE_ROWS = 1024

export class HeadScan {
  readonly view: HeadView
  readonly rows: number
  readonly #tenant: number
  readonly #query: SegmentQuery
  readonly #test: RowTest
  readonly #decoder: SpanDecoder
  readonly #errors: RowErrors
  readonly #names: Names
  readonly #services = new Map<number, number>()
  readonly #numbers = emptyNumbers()

  constructor(view: HeadView, tenant: number, query: SegmentQuery, names: Names) {
    const { head } = view
    this.view = view
    this.rows = head.rows
    this.#tenant = tenant
    this.#query = query
    const batch = head.batch(head.capacity.spans)
    this.#test = query.condition === undefined ? YES : bind(query.condition, new BatchLeaves(batch))
    this.#decoder = new SpanDecoder(batch)
    this.#errors = new RowErrors(batch)
    this.#errors.lookAhead(this.rows)
    this.#names = names
  }

  get decoder(): SpanDecoder {
    return this.#decoder
  }

  /** Whether the row is the tenant's and was not deleted. */
  isThere(row: number): boolean {
    return this.view.head.tenantOf(row) === this.#tenant && !this.view.isHidden(row)
  }

  matches(row: number): boolean {
    const { range, verify } = this.#query
    if (!within(this.view.head.start, row, range)) return false
    const verdict = typeof this.#test === 'number' ? this.#test : this.#test(row)
    return verdict === YES || (verdict === MAYBE && verify(this.#decoder.span(row)))
  }

  /** Adds the row to its trace's numbers. */
  merge(table: TraceTable, trace: number, place: number, row: number): void {
    const { start, duration, ids, rowFlags } = this.view.head
    const numbers = this.#numbers
    const low = start[row * 2] as number
    const high = start[row * 2 + 1] as number
    const end = low + (duration[row * 2] as number)
    numbers.oldestLow = low
    numbers.oldestHigh = high
    numbers.newestLow = low
    numbers.newestHigh = high
    numbers.endLow = end >>> 0
    numbers.endHigh = (high + (duration[row * 2 + 1] as number) + (end > 0xffff_ffff ? 1 : 0)) >>> 0
    numbers.rows = 1
    numbers.errors = this.#errors.isError(row) ? 1 : 0
    const isRoot = ids[row * 8 + 6] === 0 && ids[row * 8 + 7] === 0 && ((rowFlags[row] as number) & ROW_IRREGULAR) === 0
    numbers.rootService = isRoot ? this.#service(row) : -1
    numbers.rootName = isRoot ? this.#name(row) : -1
    table.merge(trace, place, numbers)
  }

  #service(row: number): number {
    const { head } = this.view
    const resource = head.resource[row] as number
    let known = this.#services.get(resource)
    if (known === undefined) {
      const { nameOffset, nameLength } = head.resources
      known = this.#names.numberOf(textAt(head.bytes, nameOffset[resource] as number, nameLength[resource] as number))
      this.#services.set(resource, known)
    }
    return known
  }

  #name(row: number): number {
    const { bytes, nameOffset, nameLength } = this.view.head
    return this.#names.numberOf(textAt(bytes, nameOffset[row] as number, nameLength[row] as number))
  }
}

/** Rows that match, for who wants more of them than their number. */
export interface HeadSink {
  headRow(scan: HeadScan, row: number, trace: number): void
}

/**
 * Adds all rows of `scans` that are in the part. A trace with one span id twice is marked: its counts are not sure. Calls
 * `pause` now and then; ends early where that says no.
 */
export async function addHeads(
  scans: readonly HeadScan[],
  table: TraceTable,
  part: { readonly part: number; readonly parts: number },
  sink: HeadSink | undefined,
  pause: () => Promise<boolean>,
): Promise<boolean> {
  const seen = new SpanIds(scans.reduce((sum, { rows }) => sum + rows, 0))
  for (const [place, scan] of scans.entries()) {
    const { ids, start } = scan.view.head
    for (let row = 0; row < scan.rows; row++) {
      if (row % PAUSE_ROWS === 0 && !(await pause())) return false
      if (!scan.isThere(row) || partOf(ids, row * 8, part.parts) !== part.part) continue
      const trace = table.add(ids, row * 8)
      if (!seen.add(trace, ids[row * 8 + 4] as number, ids[row * 8 + 5] as number))
        table.flags[trace] = (table.flags[trace] as number) | TRACE_UNSURE
      scan.merge(table, trace, place, row)
      if (!scan.matches(row)) continue
      table.match(trace, 1, start[row * 2] as number, start[row * 2 + 1] as number)
      sink?.headRow(scan, row, trace)
    }
  }
  return true
}

/** Adds the rows of the table's traces, in one go. */
export function addHeadRows(scans: readonly HeadScan[], table: TraceTable): void {
  for (let trace = 0; trace < table.count; trace++) {
    const at = trace * 4
    const found = scans.map((scan) =>
      scan.view
        .rowsOfTrace(table.ids[at + 2] as number, table.ids[at + 3] as number)
        .filter((row) => table.find(scan.view.head.ids, row * 8) === trace && scan.isThere(row)),
    )
    const seen = new SpanIds(found.reduce((sum, rows) => sum + rows.length, 0))
    for (const [place, scan] of scans.entries()) {
      for (const row of found[place] ?? []) {
        const { ids } = scan.view.head
        if (!seen.add(trace, ids[row * 8 + 4] as number, ids[row * 8 + 5] as number))
          table.flags[trace] = (table.flags[trace] as number) | TRACE_UNSURE
        scan.merge(table, trace, place, row)
      }
    }
  }
}

/** Span ids by trace. */
class SpanIds {
  readonly #slots: Int32Array
  readonly #trace: Int32Array
  readonly #low: Uint32Array
  readonly #high: Uint32Array
  readonly #mask: number
  #count = 0

  constructor(rows: number) {
    let size = 64
    while (size < rows * 2) size *= 2
    this.#slots = new Int32Array(size).fill(-1)
    this.#mask = size - 1
    this.#trace = new Int32Array(rows)
    this.#low = new Uint32Array(rows)
    this.#high = new Uint32Array(rows)
  }

  /** False where the trace has the id already. */
  add(trace: number, low: number, high: number): boolean {
    let mixed = Math.imul(low ^ Math.imul(high, 0x85ebca77) ^ Math.imul(trace, 0xc2b2ae3d), 0x9e3779b1)
    mixed ^= mixed >>> 15
    let slot = mixed & this.#mask
    for (; (this.#slots[slot] as number) >= 0; slot = (slot + 1) & this.#mask) {
      const other = this.#slots[slot] as number
      if (this.#low[other] === low && this.#high[other] === high && this.#trace[other] === trace) return false
    }
    this.#slots[slot] = this.#count
    this.#trace[this.#count] = trace
    this.#low[this.#count] = low
    this.#high[this.#count] = high
    this.#count++
    return true
  }
}
