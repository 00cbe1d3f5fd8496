// One pass of an index search over everything: first which traces match, then all their numbers, merged over pieces, segments
// and heads. A pass holds at most MAX_TRACES traces, 110 bytes each with their place in the hash table, so under 60 MB; where
// there are more, traces are taken in parts, by a hash of their id, one pass a part.

import { Buffer } from 'node:buffer'
import { Names } from '../../api/links/link-totals.ts'
import { NO, YES } from '../../api/search/conditions.ts'
import { joinWords } from '../../api/search/merge.ts'
import { timeRange, traceIdAt } from '../../api/search/rows.ts'
import { preparePushed } from '../../api/search/whole-filter.ts'
import type { Turns } from '../../api/search/turns.ts'
import type { IndexedTrace } from '../../api/search-index.ts'
import type { Plan, ReadOptions, SearchQuery } from '../../api/store.ts'
import { PIECES_PER_PAGE } from '../format.ts'
import type { Segment } from '../segment.ts'
import { addHeadRows, addHeads, HeadScan, type HeadSink } from './head-scan.ts'
import { guarded, type HeldPlaces, type IndexHost } from './places.ts'
import { type SegmentQuery, SegmentScan } from './segment-scan.ts'
import { emptyNumbers, partOf, TRACE_ROOT, TRACE_SHARED, TRACE_TIED, TRACE_UNSURE, TraceTable } from './trace-table.ts'

export const MAX_TRACES: number = 1 << 19
const FIRST_TRACES = 1024
/** Pages of so many pieces, 16 MiB of them, may stay in the cache. */
const MAX_KEPT_PIECES = 1 << 18
/** partOf() tells no more of them apart. */
const MAX_PARTS = 256
/** Places of heads come first, then two for each segment. */
const FIRST_SEGMENT_PLACE = 16
/** What looking a trace up in the index of one segment costs, in pieces read one after the other. */
const LOOKUP_PIECES = 8
/** Tries to read the heads between two of their seals; then it is done in one go. */
const HEAD_TRIES = 3

/** A part of all traces: see partOf(). `parts` is a power of two. */
export interface Part {
  readonly part: number
  readonly parts: number
}

/** Gets the rows that match, beside their being counted. */
export interface RowSink extends HeadSink {
  /** Rows of a block, all in the part. */
  blockRows(scan: SegmentScan, block: number, rows: Uint32Array): void
}

export type PassEnd = 'done' | 'too many' | 'spent'

export class ScanPass {
  readonly table: TraceTable
  readonly names: Names = new Names()
  readonly scans: SegmentScan[] = []
  readonly #host: IndexHost
  readonly #places: HeldPlaces
  readonly #tenant: string
  readonly #query: SegmentQuery
  readonly #part: Part
  readonly #options: ReadOptions
  readonly #turns: Turns
  readonly #sink: RowSink | undefined
  readonly #maxTraces: number
  readonly #numbers = emptyNumbers()

  constructor(
    host: IndexHost,
    places: HeldPlaces,
    query: SearchQuery,
    plan: Plan,
    how: {
      readonly part: Part
      readonly options: ReadOptions
      readonly turns: Turns
      readonly sink?: RowSink
      /** About how many traces there will be. */
      readonly traces?: number
      /** Most that are held. */
      readonly maxTraces: number
    },
  ) {
    this.table = new TraceTable(how.traces === undefined ? FIRST_TRACES : 2 ** Math.ceil(Math.log2(how.traces + 1)))
    this.#host = host
    this.#places = places
    this.#tenant = query.tenant
    const range = timeRange(query.startMinNs, query.startMaxNs)
    const pieces = places.segments.reduce((sum, segment) => sum + segment.entryInfo.pieces, 0)
    this.#query = { ...preparePushed(plan), range, stats: how.options.stats, keepPages: pieces < MAX_KEPT_PIECES }
    this.#part = how.part
    this.#options = how.options
    this.#turns = how.turns
    this.#sink = how.sink
    this.#maxTraces = how.maxTraces
  }

  async run(): Promise<PassEnd | 'heads moved'> {
    const heads = await this.#heads()
    if (heads !== 'done') return heads
    this.#openSegments()
    for (const scan of this.scans) {
      const end = await this.#match(scan)
      if (end !== 'done') return end
    }
    return await this.#merge()
  }

  /** The numbers of these traces (32 hex digits), whatever of them matches. */
  async lookUp(ids: readonly string[]): Promise<PassEnd> {
    const { table } = this
    for (const id of ids) table.match(table.add(wordsOf(id), 0), 1, 0, 0)
    addHeadRows(this.#headScans(), table)
    this.#openSegments((segment) => {
      for (let at = 0; at < table.count * 4; at += 4)
        if (segment.findPieces(table.ids[at + 2] as number, table.ids[at + 3] as number).length > 0) return true
      return false
    })
    return await this.#merge()
  }

  #openSegments(isAsked: (segment: Segment) => boolean = () => true): void {
    for (const segment of this.#places.segments) {
      const tenant = segment.tenant(this.#tenant)
      if (tenant === undefined) continue
      guarded(this.#host, segment, this.#options, () => {
        if (!isAsked(segment)) return
        const hidden = segment.hidden(this.#places.tombstones)
        this.scans.push(new SegmentScan(segment, tenant, hidden, this.#query, this.names))
      })
    }
  }

  #headScans(): HeadScan[] {
    const scans: HeadScan[] = []
    for (const view of this.#places.heads) {
      const tenant = view.head.tenantIndex(this.#tenant)
      if (tenant >= 0) scans.push(new HeadScan(view, tenant, this.#query, this.names))
    }
    return scans
  }

  async #heads(): Promise<PassEnd | 'heads moved'> {
    const scans = this.#headScans()
    let spent = false
    const pause = async (): Promise<boolean> => {
      if (!this.#turns.over) return true
      spent = !(await this.#turns.pause())
      return !spent && !this.#places.headsMoved()
    }
    const whole = await addHeads(scans, this.table, this.#part, this.#sink, pause)
    if (whole) return this.#isTooMany ? 'too many' : 'done'
    return spent ? 'spent' : 'heads moved'
  }

  get #isTooMany(): boolean {
    return this.table.count > this.#maxTraces && this.#part.parts < MAX_PARTS
  }

  async #match(scan: SegmentScan): Promise<PassEnd> {
    const { segment, tenant } = scan
    if (guarded(this.#host, segment, this.#options, () => scan.mayMatch()) !== true) return 'done'
    for (let block = tenant.firstBlock; block < scan.lastBlock; block++) {
      guarded(this.#host, segment, this.#options, () => {
        this.#matchBlock(scan, block)
      })
      if (this.#isTooMany) return 'too many'
      if (this.#turns.over && !(await this.#turns.pause())) return 'spent'
    }
    return 'done'
  }

  #matchBlock(scan: SegmentScan, block: number): void {
    const verdict = scan.blockVerdict(block)
    if (verdict === NO) return
    const { firstPiece, pieces } = scan.segment.blocks
    const first = firstPiece[block] as number
    const summary = scan.page(Math.floor(first / PIECES_PER_PAGE)).summary
    const isWhole = verdict === YES && summary !== undefined
    if (isWhole) this.#matchPieces(scan, first, first + (pieces[block] as number))
    if (isWhole && this.#sink === undefined) return
    const rows = scan.matchingRows(block)
    if (rows.length === 0) return
    const { start, piece } = scan.segment.columns(block)
    const ids = scan.segment.traceIds(block)
    const { parts, part } = this.#part
    let count = 0
    for (const row of rows) {
      const at = (piece[row] as number) * 4
      if (parts > 1 && partOf(ids, at, parts) !== part) continue
      rows[count++] = row
      if (!isWhole) this.table.match(this.table.add(ids, at), 1, start[row * 2] as number, start[row * 2 + 1] as number)
    }
    this.#sink?.blockRows(scan, block, rows.subarray(0, count))
  }

  /** All rows of pieces [from, to) match. */
  #matchPieces(scan: SegmentScan, from: number, to: number): void {
    const { parts, part } = this.#part
    const numbers = emptyNumbers()
    for (let number = from; number < to; number++) {
      const { ids } = scan.page(Math.floor(number / PIECES_PER_PAGE))
      const at = (number % PIECES_PER_PAGE) * 4
      if (parts > 1 && partOf(ids, at, parts) !== part) continue
      if (!scan.readPiece(number, numbers)) continue
      this.table.match(this.table.add(ids, at), numbers.rows, numbers.newestLow, numbers.newestHigh)
    }
  }

  async #merge(): Promise<PassEnd> {
    let traces = 0
    for (let trace = 0; trace < this.table.count; trace++) if ((this.table.matching[trace] as number) > 0) traces++
    if (traces === 0) return 'done'
    for (const [i, scan] of this.scans.entries()) {
      const place = FIRST_SEGMENT_PLACE + i * 2
      const found = guarded(this.#host, scan.segment, this.#options, () => scan.pieces)
      if (found === undefined) continue
      const end = await ((found[1] - found[0]) / LOOKUP_PIECES > traces
        ? this.#mergeByIndex(scan, place)
        : this.#mergeAll(scan, place, found))
      if (end !== 'done') return end
    }
    return 'done'
  }

  async #mergeAll(scan: SegmentScan, place: number, [from, to]: readonly [number, number]): Promise<PassEnd> {
    for (let next = from; next < to;) {
      const end = Math.min(to, (Math.floor(next / PIECES_PER_PAGE) + 1) * PIECES_PER_PAGE)
      const begin = next
      guarded(this.#host, scan.segment, this.#options, () => {
        const { ids } = scan.page(Math.floor(begin / PIECES_PER_PAGE))
        for (let number = begin; number < end; number++) {
          const trace = this.table.find(ids, (number % PIECES_PER_PAGE) * 4)
          if (trace >= 0) this.#mergePiece(scan, place, number, trace)
        }
      })
      next = end
      if (this.#turns.over && !(await this.#turns.pause())) return 'spent'
    }
    return 'done'
  }

  async #mergeByIndex(scan: SegmentScan, place: number): Promise<PassEnd> {
    const { ids } = this.table
    for (let trace = 0; trace < this.table.count; trace++) {
      guarded(this.#host, scan.segment, this.#options, () => {
        for (const number of this.#piecesOf(scan, ids, trace)) this.#mergePiece(scan, place, number, trace)
      })
      if ((trace & 63) === 63 && this.#turns.over && !(await this.#turns.pause())) return 'spent'
    }
    return 'done'
  }

  /** Numbers of the tenant's pieces of a trace. */
  #piecesOf(scan: SegmentScan, ids: Uint32Array, trace: number): number[] {
    const [from, to] = scan.pieces
    const at = trace * 4
    return scan.segment.findPieces(ids[at + 2] as number, ids[at + 3] as number).filter((number) => {
      if (number < from || number >= to) return false
      const page = scan.page(Math.floor(number / PIECES_PER_PAGE))
      return isSameId(page.ids, (number % PIECES_PER_PAGE) * 4, ids, at)
    })
  }

  #mergePiece(scan: SegmentScan, place: number, number: number, trace: number): void {
    if (this.table.matching[trace] === 0 || !scan.readPiece(number, this.#numbers)) return
    const block = scan.page(Math.floor(number / PIECES_PER_PAGE)).block[number % PIECES_PER_PAGE] as number
    this.table.merge(trace, place + (scan.isStray(block) ? 1 : 0), this.#numbers)
  }

  /** Where the trace's rows are in a segment. */
  rowsOf(scan: SegmentScan, trace: number): { readonly block: number; readonly from: number; readonly to: number }[] {
    return this.#piecesOf(scan, this.table.ids, trace).map((number) => {
      const page = scan.page(Math.floor(number / PIECES_PER_PAGE))
      const at = number % PIECES_PER_PAGE
      const from = page.firstRow[at] as number
      return { block: page.block[at] as number, from, to: from + (page.rows[at] as number) }
    })
  }

  /** Whether a span may be counted twice in the trace's numbers. */
  isUnsure(trace: number): boolean {
    const flags = this.table.flags[trace] as number
    if ((flags & TRACE_UNSURE) !== 0) return true
    return (flags & TRACE_SHARED) !== 0 && this.#sharesId(trace)
  }

  /** Whether two of the trace's pieces have a span id in common; true where some of it is in a head. */
  #sharesId(trace: number): boolean {
    const seen = new Set<bigint>()
    let rows = 0
    for (const scan of this.scans) {
      guarded(this.#host, scan.segment, this.#options, () => {
        for (const { block, from, to } of this.rowsOf(scan, trace)) {
          const ids = scan.segment.ids(block)
          const view = new DataView(ids.buffer, ids.byteOffset, ids.byteLength)
          for (let row = from; row < to; row++) seen.add(view.getBigUint64(row * 8))
          rows += to - from
        }
      })
    }
    return rows < (this.table.rows[trace] as number) || seen.size < rows
  }

  trace(trace: number): IndexedTrace {
    const { table, names } = this
    const { oldest, end, found, rows, errors, matching, flags, rootService, rootName } = table
    const flag = flags[trace] as number
    const rootCertain = (flag & TRACE_ROOT) !== 0 && (flag & TRACE_TIED) === 0
    const isTwice = this.isUnsure(trace)
    return {
      traceId: traceIdAt(table.ids, trace * 4),
      startNs: pair(oldest, trace),
      endNs: pair(end, trace),
      spanCount: rows[trace] as number,
      errorCount: errors[trace] as number,
      rootService: rootCertain ? names.text(rootService[trace] as number) : '',
      rootName: rootCertain ? names.text(rootName[trace] as number) : '',
      newestStartNs: pair(found, trace),
      matchingSpans: matching[trace] as number,
      rootCertain,
      countsCertain: !isTwice,
    }
  }
}

function wordsOf(id: string): Uint32Array {
  const bytes = Buffer.from(id, 'hex')
  return Uint32Array.from({ length: 4 }, (_, i) => bytes.readUInt32LE(i * 4))
}

function pair(column: Uint32Array, at: number): bigint {
  return joinWords(column[at * 2] as number, column[at * 2 + 1] as number)
}

function isSameId(a: Uint32Array, i: number, b: Uint32Array, j: number): boolean {
  return a[i] === b[j] && a[i + 1] === b[j + 1] && a[i + 2] === b[j + 2] && a[i + 3] === b[j + 3]
}

/**
 * Runs passes until all parts of all traces were given to `take`. A pass with too many traces is begun anew in two parts.
 * False where the caller's budget was spent on the way.
 */
export async function* passes(
  host: IndexHost,
  turns: Turns,
  makePass: (places: HeldPlaces, part: Part) => ScanPass,
): AsyncGenerator<ScanPass, boolean> {
  const waiting: Part[] = [{ part: 0, parts: 1 }]
  for (let part = waiting.pop(); part !== undefined; part = waiting.pop()) {
    for (let tries = 1; ; tries++) {
      const places = host.hold()
      try {
        const pass = makePass(places, part)
        if (tries > HEAD_TRIES) turns.hold()
        const end = await pass.run()
        if (end === 'spent') {
          yield pass
          return false
        }
        if (end === 'heads moved') continue
        if (end === 'done') yield pass
        else {
          const parts = part.parts * 2
          waiting.push({ part: part.part, parts }, { part: part.part + part.parts, parts })
        }
        break
      } finally {
        turns.release()
        places.letGo()
      }
    }
  }
  return true
}
