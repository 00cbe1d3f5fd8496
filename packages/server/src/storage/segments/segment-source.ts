// A segment as a place that matches come from: asked as a whole first, then block by block, newest first, then row by row.
// A part is read only when nothing newer is left anywhere, and only if filters and bounds do not rule it out.

import { type SpanTest } from '@spoor/core/model/evaluate'
import { SpoorError } from '@spoor/core/base/errors'
import type { Span } from '@spoor/core/model/span'
import { decodeSpans } from '../../wire/otlp/decode.ts'
import { scanOtlp } from '../../wire/otlp/scan.ts'
import { bind, type Condition, NO, YES, type RowTest } from '../api/search/conditions.ts'
import type { MatchSink, Source } from '../api/search/merge.ts'
import { type RowView, RowSource, selectRows, type TimeRange, traceIdAt } from '../api/search/rows.ts'
import { type GroupBytes, TraceBuilder } from '../api/search/trace-builder.ts'
import type { ReadStats } from '../api/store.ts'
import type { BlockColumns } from './block-reader.ts'
import { damaged } from './bytes.ts'
import type { TenantMeta } from './format.ts'
import type { Tombstone } from './lifecycle/tombstones.ts'
import type { Segment } from './segment.ts'
import type { SegmentGroups } from './segment-tables.ts'
import { BlockLeaves, BlockRowLeaves, SegmentLeaves, SegmentMemo } from './segment-leaves.ts'
import type { SpanRebuilder } from './span-rebuilder.ts'

export interface SegmentSearch {
  readonly segment: Segment
  readonly tenant: TenantMeta
  readonly condition: Condition | undefined
  readonly verify: SpanTest
  readonly range: TimeRange
  readonly stats: ReadStats | undefined
  /** Those of now. */
  tombstones(): readonly Tombstone[]
  onDamage(segment: Segment, error: SpoorError): void
}

/** undefined where the segment has nothing of the tenant in the time range. */
export function segmentSource(search: SegmentSearch): Source | undefined {
  const { tenant, range, segment } = search
  if (segment.damaged) return undefined
  const min = BigInt(tenant.minStartNs)
  const max = BigInt(tenant.maxStartNs)
  if (before(max, range.minLow, range.minHigh) || after(min, range.maxLow, range.maxHigh)) {
    if (search.stats !== undefined) search.stats.segmentsPruned++
    return undefined
  }
  const bound = after(max, range.maxLow, range.maxHigh) ? (BigInt(range.maxHigh) << 32n) | BigInt(range.maxLow) : max
  return new SegmentSource(search, bound)
}

function before(value: bigint, low: number, high: number): boolean {
  return value < ((BigInt(high) << 32n) | BigInt(low))
}

function after(value: bigint, low: number, high: number): boolean {
  return value > ((BigInt(high) << 32n) | BigInt(low))
}

class SegmentSource implements Source {
  readonly boundLow: number
  readonly boundHigh: number
  readonly origin = 0
  readonly #search: SegmentSearch

  constructor(search: SegmentSearch, bound: bigint) {
    this.#search = search
    this.boundLow = Number(bound & 0xffff_ffffn)
    this.boundHigh = Number(bound >> 32n)
  }

  /** Asks the segment as a whole, then opens its two runs of blocks. */
  advance(sink: MatchSink): boolean {
    guard(this.#search, () => {
      const { segment, tenant, condition, stats } = this.#search
      const memo = new SegmentMemo(segment, tenant.name, false)
      if (stats !== undefined) stats.segments++
      if (condition !== undefined && bind(condition, new SegmentLeaves(memo)) === NO) {
        if (stats !== undefined) stats.segmentsPruned++
        return
      }
      const end = tenant.firstBlock + tenant.blocks
      for (const [from, to] of [
        [tenant.firstBlock, end - tenant.strayBlocks],
        [end - tenant.strayBlocks, end],
      ] as const) {
        const run = new BlockRun(this.#search, memo, from, to)
        if (run.begin()) sink.open(run)
      }
    })
    return false
  }
}

/** Runs `read`; damage sets the segment aside instead of failing the search. */
function guard<T>(search: SegmentSearch, read: () => T): T | undefined {
  if (search.segment.damaged) return undefined
  const { segment, stats } = search
  const before = segment.bytesRead
  try {
    return read()
  } catch (thrown) {
    if (!(thrown instanceof SpoorError) || thrown.code !== 'segment_damaged') throw thrown
    search.onDamage(segment, thrown)
    return undefined
  } finally {
    if (stats !== undefined) stats.bytesRead += segment.bytesRead - before
  }
}

/** Blocks [from, to), whose newest starts only go down. */
class BlockRun implements Source {
  boundLow = 0
  boundHigh = 0
  readonly origin = 0
  readonly #search: SegmentSearch
  readonly #memo: SegmentMemo
  readonly #end: number
  #block: number

  constructor(search: SegmentSearch, memo: SegmentMemo, from: number, to: number) {
    this.#search = search
    this.#memo = memo
    this.#block = from
    this.#end = to
  }

  /** Sets the bound to that of the next block; false where there is none within the time range. */
  begin(): boolean {
    if (this.#block >= this.#end) return false
    const { maxStart } = this.#search.segment.blocks
    const { range } = this.#search
    this.boundLow = maxStart[this.#block * 2] as number
    this.boundHigh = maxStart[this.#block * 2 + 1] as number
    if (this.boundHigh < range.minHigh || (this.boundHigh === range.minHigh && this.boundLow < range.minLow))
      return false
    if (this.boundHigh > range.maxHigh || (this.boundHigh === range.maxHigh && this.boundLow > range.maxLow)) {
      this.boundLow = range.maxLow
      this.boundHigh = range.maxHigh
    }
    return true
  }

  advance(sink: MatchSink): boolean {
    const more = guard(this.#search, () => {
      const block = this.#block++
      if (this.#mayMatch(block)) sink.open(this.#source(block))
      else if (this.#search.stats !== undefined) this.#search.stats.blocksPruned++
      return this.begin()
    })
    return more ?? false
  }

  #mayMatch(block: number): boolean {
    const { condition, range, segment } = this.#search
    const { minStart } = segment.blocks
    const high = minStart[block * 2 + 1] as number
    if (high > range.maxHigh || (high === range.maxHigh && (minStart[block * 2] as number) > range.maxLow)) return false
    return condition === undefined || bind(condition, new BlockLeaves(this.#memo, segment.blocks, block)) !== NO
  }

  #source(block: number): Source {
    const open = (): { view: RowView; rows: Uint32Array } | undefined => guard(this.#search, () => this.#open(block))
    return new RowSource({ origin: 0, boundLow: this.boundLow, boundHigh: this.boundHigh, open })
  }

  #open(block: number): { view: RowView; rows: Uint32Array } {
    const { segment, condition, range, stats } = this.#search
    if (stats !== undefined) stats.blocks++
    const columns = segment.columns(block)
    const test: RowTest = condition === undefined ? YES : bind(condition, new BlockRowLeaves(this.#memo, block))
    const traceIds = segment.traceIds(block)
    const texts: (string | undefined)[] = []
    let spans: BlockSpans | undefined
    const spansOf = (): BlockSpans => (spans ??= new BlockSpans(segment, block))
    const view: RowView = {
      start: columns.start,
      test,
      traceId: (row) => {
        const piece = columns.piece[row] as number
        return (texts[piece] ??= traceIdAt(traceIds, piece * 4))
      },
      verify: (row) => guard(this.#search, () => verifyRow(spansOf(), row, this.#search.verify)) ?? false,
    }
    const rows = selectRows(columns.start, test, range, 0, columns.rows)
    const hides = segment.hidden(this.#search.tombstones())?.inBlock(block)
    return { view, rows: hides === undefined ? rows : rows.filter((row) => !hides(row)) }
  }
}

/** Rebuilds the spans of one block, with their resources and scopes. */
export class BlockSpans {
  readonly #columns: BlockColumns
  readonly #rebuilder: SpanRebuilder
  readonly #resources: SegmentGroups
  readonly #scopes: SegmentGroups

  constructor(segment: Segment, block: number) {
    this.#columns = segment.columns(block)
    this.#rebuilder = segment.rebuilder(block)
    this.#resources = segment.resources
    this.#scopes = segment.scopes
  }

  addTo(builder: TraceBuilder, row: number): void {
    const resource = this.#columns.resource[row] as number
    const scope = this.#columns.scope[row] as number
    builder.add(groupOf(this.#resources, resource), groupOf(this.#scopes, scope), this.#rebuilder.span(row))
  }

  /** Decoded. */
  span(row: number): Span | undefined {
    const builder = new TraceBuilder()
    this.addTo(builder, row)
    return decodeSpans(scanOtlp(builder.finish()))[0]
  }
}

/** The reference evaluator's word on a row. */
export function verifyRow(spans: BlockSpans, row: number, verify: SpanTest): boolean {
  const span = spans.span(row)
  return span !== undefined && verify(span)
}

function groupOf(groups: SegmentGroups, i: number): GroupBytes {
  const message = groups.messages[i]
  const schema = groups.schemas[i]
  if (message === undefined || schema === undefined) throw damaged()
  return { message, schema }
}
