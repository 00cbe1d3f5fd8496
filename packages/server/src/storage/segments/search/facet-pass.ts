// Counts by value over everything that matches. Rows are counted as they are found; of traces of which a span may be stored
// twice, what was counted is then taken back, and the trace is read as a whole, where each span is there once.

import { compileFilter } from '@spoor/core/model/evaluate'
import { facetValues } from '@spoor/core/model/facets'
import type { FilterTarget } from '@spoor/core/model/filter'
import { virtualTag } from '@spoor/core/model/virtual-tags'
import { decodeTraces } from '../../../wire/otlp/decode.ts'
import { keyHash } from '../../../wire/otlp/hash.ts'
import { traceIdAt } from '../../api/search/rows.ts'
import { TextCounts } from '../../api/search/text-counts.ts'
import { Turns } from '../../api/search/turns.ts'
import type { Facet } from '../../api/search-index.ts'
import type { Plan, ReadOptions, SearchQuery } from '../../api/store.ts'
import type { Segment } from '../segment.ts'
import { readTrace } from '../trace-reader.ts'
import { type RowValues, SegmentValues } from './facet-values.ts'
import type { HeadScan } from './head-scan.ts'
import { guarded, type HeldPlaces, type IndexHost } from './places.ts'
import { passes, type RowSink, ScanPass } from './scan-pass.ts'
import type { SegmentScan } from './segment-scan.ts'

/** Traces that are read again because a span may be in them twice; beyond, counts are called partial. */
const MAX_REREAD = 20_000

export class FacetPass {
  readonly #host: IndexHost
  readonly #query: SearchQuery
  readonly #plan: Plan
  readonly #targets: readonly FilterTarget[]
  readonly #options: ReadOptions
  readonly #maxTraces: number
  readonly #counts: readonly TextCounts[]
  readonly #turns: Turns
  #partial = false
  #reread = 0

  constructor(
    host: IndexHost,
    query: SearchQuery,
    plan: Plan,
    targets: readonly FilterTarget[],
    { options, maxTraces }: { readonly options: ReadOptions; readonly maxTraces: number },
  ) {
    this.#maxTraces = maxTraces
    this.#host = host
    this.#query = query
    this.#plan = plan
    this.#targets = targets
    this.#options = options
    this.#counts = targets.map(() => new TextCounts())
    this.#turns = new Turns(options)
  }

  async run(limit: number): Promise<readonly Facet[]> {
    const options = this.#options
    const turns = this.#turns
    const maxTraces = this.#maxTraces
    let counter: PassCounter | undefined
    let held: HeldPlaces | undefined
    const found = passes(this.#host, turns, (places, part) => {
      held = places
      counter = new PassCounter(this.#targets)
      return new ScanPass(this.#host, places, this.#query, this.#plan, {
        part,
        options,
        turns,
        sink: counter,
        maxTraces,
      })
    })
    try {
      for (;;) {
        const next = await found.next()
        if (next.done === true) {
          if (!next.value) this.#partial = true
          break
        }
        if (counter !== undefined && held !== undefined) await this.#settle(next.value, counter, held)
      }
    } finally {
      // Lets go of what is held, where the caller left.
      await found.return(false)
    }
    return this.#targets.map((target, i) => (this.#counts[i] as TextCounts).facet(target, limit, this.#partial))
  }

  /** Heads' rows count once it is known of which traces they are sure; the others are read again. */
  async #settle(pass: ScanPass, counter: PassCounter, places: HeldPlaces): Promise<void> {
    const twice = new Set<number>()
    for (let trace = 0; trace < pass.table.count; trace++) {
      if (pass.table.matching[trace] === 0 || !pass.isUnsure(trace)) continue
      if (this.#reread++ < MAX_REREAD) twice.add(trace)
      else this.#partial = true
    }
    counter.countHeads(twice)
    for (const trace of twice) {
      for (const scan of pass.scans)
        guarded(this.#host, scan.segment, this.#options, () => {
          for (const { block, from, to } of pass.rowsOf(scan, trace))
            counter.blockRows(scan, block, scan.matchingWithin(block, from, to), -1)
        })
      this.#countWhole(traceIdAt(pass.table.ids, trace * 4), places)
      if (this.#turns.over && !(await this.#turns.pause())) {
        this.#partial = true
        break
      }
    }
    for (const [i, counts] of counter.counts.entries()) this.#counts[i]?.addAll(counts)
  }

  #countWhole(traceId: string, held: HeldPlaces): void {
    const { startMinNs, startMaxNs, tenant } = this.#query
    const { pushed } = this.#plan
    const test = pushed === undefined ? () => true : compileFilter(pushed)
    // Heads that went are segments by now.
    const now = held.headsMoved() ? this.#host.hold() : held
    const { heads, segments, tombstones } = now
    const onDamage = (segment: Segment, error: Parameters<IndexHost['onDamage']>[1]): void =>
      this.#host.onDamage(segment, error)
    const live = segments.filter((segment) => !segment.damaged)
    const trace = readTrace(
      { heads, segments: live, tenant, stats: this.#options.stats, tombstones, onDamage },
      traceId,
    )
    if (now !== held) now.letGo()
    if (trace === undefined) return
    for (const span of decodeTraces(trace.bytes)) {
      if (span.startNs < startMinNs || span.startNs > startMaxNs || !test(span)) continue
      for (const [i, target] of this.#targets.entries()) {
        const counts = this.#counts[i] as TextCounts
        counts.add(
          facetValues(target, span).map((text) => counts.numberOf(text)),
          1,
        )
      }
    }
  }
}

/** Counts the rows of one pass. */
class PassCounter implements RowSink {
  readonly #targets: readonly FilterTarget[]
  readonly counts: readonly TextCounts[]
  readonly #segments = new Map<SegmentScan, readonly SegmentValues[]>()
  readonly #heads = new Map<HeadScan, (row: number) => number[][]>()
  /** Of heads' rows: trace, and texts by target. */
  readonly #headRows: { readonly trace: number; readonly values: readonly (readonly number[])[] }[] = []
  readonly #values: number[] = []

  constructor(targets: readonly FilterTarget[]) {
    this.#targets = targets
    this.counts = targets.map(() => new TextCounts())
  }

  headRow(scan: HeadScan, row: number, trace: number): void {
    let read = this.#heads.get(scan)
    if (read === undefined) {
      read = headValues(scan, this.#targets, this.counts)
      this.#heads.set(scan, read)
    }
    this.#headRows.push({ trace, values: read(row) })
  }

  /** Those of all traces but `twice`. */
  countHeads(twice: ReadonlySet<number>): void {
    for (const { trace, values } of this.#headRows.splice(0)) {
      if (twice.has(trace)) continue
      for (const [i, counts] of this.counts.entries()) counts.add(values[i] ?? [], 1)
    }
  }

  blockRows(scan: SegmentScan, block: number, rows: Uint32Array, sign: 1 | -1 = 1): void {
    if (rows.length === 0) return
    let readers = this.#segments.get(scan)
    if (readers === undefined) {
      readers = this.#targets.map((target, i) => new SegmentValues(scan.segment, target, this.counts[i] as TextCounts))
      this.#segments.set(scan, readers)
    }
    for (const [i, reader] of readers.entries()) {
      const read: RowValues = reader.block(block)
      const counts = this.counts[i] as TextCounts
      const values = this.#values
      for (const row of rows) {
        values.length = 0
        read(row, values)
        counts.add(values, sign)
      }
    }
  }
}

/** Texts of a head's row by target. A row without the key's hash is not decoded. */
function headValues(
  scan: HeadScan,
  targets: readonly FilterTarget[],
  counts: readonly TextCounts[],
): (row: number) => number[][] {
  const { head } = scan.view
  const { hashes, hashStart, resources, scopes } = head
  const asked = targets.map((target) =>
    'attr' in target && virtualTag(target.attr) === undefined ? keyHash(target.attr) : undefined,
  )
  const has = (column: Uint32Array, from: number, to: number, hash: number): boolean => {
    for (let at = from; at < to; at++) if (column[at] === hash) return true
    return false
  }
  const mayHave = (row: number, hash: number): boolean => {
    const resource = head.resource[row] as number
    const scope = head.scope[row] as number
    return (
      has(hashes, hashStart[row] as number, hashStart[row + 1] as number, hash) ||
      has(
        resources.hashes,
        resources.hashStart[resource] as number,
        resources.hashStart[resource + 1] as number,
        hash,
      ) ||
      has(scopes.hashes, scopes.hashStart[scope] as number, scopes.hashStart[scope + 1] as number, hash)
    )
  }
  return (row) => {
    const wanted = asked.map((hash) => hash === undefined || mayHave(row, hash))
    if (!wanted.includes(true)) return targets.map(() => [])
    const span = scan.decoder.span(row)
    return targets.map((target, i) => {
      const own = counts[i] as TextCounts
      return wanted[i] === true ? facetValues(target, span).map((text) => own.numberOf(text)) : []
    })
  }
}
