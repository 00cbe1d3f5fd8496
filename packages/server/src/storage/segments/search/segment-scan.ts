// One segment in an index search: which of its rows match, and the numbers of its pieces. Tables of pieces answer where
// every row of a block matches or none; else its columns are read.

import type { SpanTest } from '@spoor/core/model/evaluate'
import { STATUS_ERROR } from '@spoor/core/model/span'
import type { Names } from '../../api/links/link-totals.ts'
import { bind, type Condition, MAYBE, NO, type RowTest, YES } from '../../api/search/conditions.ts'
import { type TimeRange, within } from '../../api/search/rows.ts'
import type { ReadStats } from '../../api/store.ts'
import { NO_ROW, PIECES_PER_PAGE, type TenantMeta } from '../format.ts'
import type { Hides, SegmentHidden } from '../lifecycle/tombstones.ts'
import type { Segment } from '../segment.ts'
import { BlockLeaves, BlockRowLeaves, SegmentLeaves, SegmentMemo } from '../segment-leaves.ts'
import { BlockSpans, verifyRow } from '../segment-source.ts'
import type { PiecePage } from '../segment-tables.ts'
import type { PieceNumbers } from './trace-table.ts'

export interface SegmentQuery {
  readonly condition: Condition | undefined
  readonly verify: SpanTest
  readonly range: TimeRange
  readonly stats: ReadStats | undefined
  /** False where there are so many pages of pieces that they must not stay in the cache. */
  readonly keepPages: boolean
}

const NO_ROWS = new Uint32Array(0)

export class SegmentScan {
  readonly segment: Segment
  readonly tenant: TenantMeta
  /** Behind the last block of the tenant. */
  readonly lastBlock: number
  /** Pieces [from, to) of the tenant. */
  readonly pieces: readonly [number, number]
  readonly #query: SegmentQuery
  readonly #hidden: SegmentHidden | undefined
  readonly #memo: SegmentMemo
  readonly #names: Names
  /** Numbers of texts, by resource and by name; -1 where not asked yet. */
  readonly #services: Int32Array
  readonly #operations: Int32Array
  #hidesOf = -1
  #hides: Hides | undefined
  /** Pages that were read last: large scans must not empty the cache. */
  #pageNumber = -1
  #page: PiecePage | undefined
  #tests: RowTest | undefined
  #testsOf = -1

  constructor(
    segment: Segment,
    tenant: TenantMeta,
    hidden: SegmentHidden | undefined,
    query: SegmentQuery,
    names: Names,
  ) {
    this.segment = segment
    this.tenant = tenant
    this.lastBlock = tenant.firstBlock + tenant.blocks
    const { firstPiece, pieces } = segment.blocks
    const last = this.lastBlock - 1
    this.pieces = [firstPiece[tenant.firstBlock] as number, (firstPiece[last] as number) + (pieces[last] as number)]
    this.#query = query
    this.#hidden = hidden
    this.#memo = new SegmentMemo(segment, tenant.name, true)
    this.#names = names
    this.#services = new Int32Array(segment.resources.messages.length).fill(-1)
    this.#operations = new Int32Array(segment.names.count).fill(-1)
  }

  /** False where no row of the segment can match. */
  mayMatch(): boolean {
    const { condition, range, stats } = this.#query
    const min = BigInt(this.tenant.minStartNs)
    const max = BigInt(this.tenant.maxStartNs)
    const out =
      max < ((BigInt(range.minHigh) << 32n) | BigInt(range.minLow)) ||
      min > ((BigInt(range.maxHigh) << 32n) | BigInt(range.maxLow)) ||
      (condition !== undefined && bind(condition, new SegmentLeaves(this.#memo)) === NO)
    if (stats !== undefined) {
      stats.segments++
      if (out) stats.segmentsPruned++
    }
    return !out
  }

  /** Of all rows of a block: NO, YES, or MAYBE where its rows have to be looked at. */
  blockVerdict(block: number): typeof NO | typeof MAYBE | typeof YES {
    const { condition, range, stats } = this.#query
    const { blocks } = this.segment
    const { minStart, maxStart } = blocks
    const verdict = isBeyond(minStart, maxStart, block, range)
      ? NO
      : condition === undefined
        ? YES
        : bind(condition, new BlockLeaves(this.#memo, blocks, block))
    if (stats !== undefined && verdict === NO) stats.blocksPruned++
    if (verdict === NO) return NO
    const inside = within(minStart, block, range) && within(maxStart, block, range)
    return verdict === YES && inside && this.hides(block) === undefined ? YES : MAYBE
  }

  hides(block: number): Hides | undefined {
    if (this.#hidesOf !== block) {
      this.#hides = this.#hidden?.inBlock(block)
      this.#hidesOf = block
    }
    return this.#hides
  }

  /** Rows of a block that match. */
  matchingRows(block: number): Uint32Array {
    const { stats } = this.#query
    if (stats !== undefined) stats.blocks++
    const { rows } = this.segment.columns(block)
    return this.#matching(block, 0, rows)
  }

  /** Rows [from, to) of a block that match. */
  matchingWithin(block: number, from: number, to: number): Uint32Array {
    return this.blockVerdict(block) === NO ? NO_ROWS : this.#matching(block, from, to)
  }

  #matching(block: number, from: number, to: number): Uint32Array {
    const { condition, range, verify } = this.#query
    const { segment } = this
    const { start } = segment.columns(block)
    if (this.#testsOf !== block) {
      this.#tests = condition === undefined ? YES : bind(condition, new BlockRowLeaves(this.#memo, block))
      this.#testsOf = block
    }
    const test = this.#tests ?? YES
    const hides = this.hides(block)
    const found = new Uint32Array(to - from)
    let count = 0
    let spans: BlockSpans | undefined
    if (test === NO) return NO_ROWS
    for (let row = from; row < to; row++) {
      if (!within(start, row, range) || hides?.(row) === true) continue
      const verdict = typeof test === 'number' ? test : test(row)
      if (verdict === NO) continue
      if (verdict === MAYBE && !verifyRow((spans ??= new BlockSpans(segment, block)), row, verify)) continue
      found[count++] = row
    }
    return found.subarray(0, count)
  }

  page(number: number): PiecePage {
    if (this.#pageNumber !== number || this.#page === undefined) {
      this.#page = this.segment.pieces(number, this.#query.keepPages)
      this.#pageNumber = number
    }
    return this.#page
  }

  /** Blocks of a tenant's stray spans stand behind its others: no span is in both runs of a seal, but over seals one may be. */
  isStray(block: number): boolean {
    return block >= this.lastBlock - this.tenant.strayBlocks
  }

  /** Fills in what a piece's visible rows are in numbers; false where it has none. */
  readPiece(number: number, into: PieceNumbers): boolean {
    const page = this.page(Math.floor(number / PIECES_PER_PAGE))
    const at = number % PIECES_PER_PAGE
    const { summary } = page
    if (summary === undefined || this.hides(page.block[at] as number) !== undefined)
      return this.#readRows(page, at, into)
    const oldestLow = summary.oldest[at * 2] as number
    const newestLow = oldestLow + (summary.spread[at * 2] as number)
    into.oldestLow = oldestLow
    into.oldestHigh = summary.oldest[at * 2 + 1] as number
    into.newestLow = newestLow >>> 0
    into.newestHigh = into.oldestHigh + (summary.spread[at * 2 + 1] as number) + (newestLow > 0xffff_ffff ? 1 : 0)
    into.endLow = summary.newestEnd[at * 2] as number
    into.endHigh = summary.newestEnd[at * 2 + 1] as number
    into.rows = page.rows[at] as number
    into.errors = summary.errors[at] as number
    const root = summary.rootName[at] as number
    into.rootName = root === NO_ROW ? -1 : this.#operation(root)
    into.rootService = root === NO_ROW ? -1 : this.#service(summary.rootResource[at] as number)
    into.certain = true
    return true
  }

  /** From the rows themselves: errors by attribute are not seen, and the root only where nothing of the piece is hidden. */
  #readRows(page: PiecePage, at: number, into: PieceNumbers): boolean {
    const block = page.block[at] as number
    const { start, duration, status } = this.segment.columns(block)
    const hides = this.hides(block)
    const from = page.firstRow[at] as number
    into.rows = 0
    into.errors = 0
    into.endLow = 0
    into.endHigh = 0
    for (let row = from; row < from + (page.rows[at] as number); row++) {
      if (hides?.(row) === true) continue
      if (into.rows++ === 0) {
        into.oldestLow = start[row * 2] as number
        into.oldestHigh = start[row * 2 + 1] as number
      }
      into.newestLow = start[row * 2] as number
      into.newestHigh = start[row * 2 + 1] as number
      takeEnd(into, start, duration, row)
      if (status[row] === STATUS_ERROR) into.errors++
    }
    into.rootName = -1
    into.rootService = -1
    // Visible errors are all there are where the summary counts no others.
    const byStatus = this.#statusErrors(page, at, status)
    into.certain = page.summary !== undefined && page.summary.errors[at] === byStatus
    return into.rows > 0
  }

  #statusErrors(page: PiecePage, at: number, status: Uint8Array): number {
    let errors = 0
    const from = page.firstRow[at] as number
    for (let row = from; row < from + (page.rows[at] as number); row++) if (status[row] === STATUS_ERROR) errors++
    return errors
  }

  #service(resource: number): number {
    let known = this.#services[resource] as number
    if (known < 0) {
      known = this.#names.numberOf(this.segment.resources.names[resource] ?? '')
      this.#services[resource] = known
    }
    return known
  }

  #operation(name: number): number {
    let known = this.#operations[name] as number
    if (known < 0) {
      known = this.#names.numberOf(this.segment.name(name))
      this.#operations[name] = known
    }
    return known
  }
}

export function takeEnd(into: PieceNumbers, start: Uint32Array, duration: Uint32Array, row: number): void {
  const low = (start[row * 2] as number) + (duration[row * 2] as number)
  const carry = low > 0xffff_ffff ? 1 : 0
  const high = ((start[row * 2 + 1] as number) + (duration[row * 2 + 1] as number) + carry) >>> 0
  if (high < into.endHigh || (high === into.endHigh && low >>> 0 <= into.endLow)) return
  into.endHigh = high
  into.endLow = low >>> 0
}

function isBeyond(min: Uint32Array, max: Uint32Array, block: number, range: TimeRange): boolean {
  const [minLow, minHigh] = [min[block * 2] as number, min[block * 2 + 1] as number]
  const [maxLow, maxHigh] = [max[block * 2] as number, max[block * 2 + 1] as number]
  return (
    maxHigh < range.minHigh ||
    (maxHigh === range.minHigh && maxLow < range.minLow) ||
    minHigh > range.maxHigh ||
    (minHigh === range.maxHigh && minLow > range.maxLow)
  )
}
