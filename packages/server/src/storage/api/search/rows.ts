// Rows of a batch-shaped table (a head, a batch in memory) and rows of a block as sources for the merge: rows that may
// match, newest first, each looked at only when it is its turn.

import type { GroupTable, SpanBatch } from '../../../wire/otlp/span-batch.ts'
import {
  anyOf,
  type AttributeLeaf,
  type FieldLeaf,
  type Leaves,
  MAYBE,
  NO,
  oneOf,
  type Range,
  type RowTest,
  timeTest,
  type Verdict,
  type VirtualLeaf,
  YES,
} from './conditions.ts'
import { joinWords, type MatchSink, type Source } from './merge.ts'

/** Bounds on start as words, inclusive. */
export interface TimeRange {
  readonly minLow: number
  readonly minHigh: number
  readonly maxLow: number
  readonly maxHigh: number
}

export function timeRange(minNs: bigint, maxNs: bigint): TimeRange {
  const min = minNs < 0n ? 0n : minNs
  const max = maxNs > 0xffff_ffff_ffff_ffffn ? 0xffff_ffff_ffff_ffffn : maxNs
  return {
    minLow: Number(min & 0xffff_ffffn),
    minHigh: Number(min >> 32n),
    maxLow: Number(max & 0xffff_ffffn),
    maxHigh: Number(max >> 32n),
  }
}

/** Whether the 64-bit value at pair `row` of a column is within bounds. */
export function within(column: Uint32Array, row: number, range: TimeRange): boolean {
  const high = column[row * 2 + 1] as number
  const low = column[row * 2] as number
  if (high < range.minHigh || (high === range.minHigh && low < range.minLow)) return false
  return high < range.maxHigh || (high === range.maxHigh && low <= range.maxLow)
}

/** What a source needs to know of its rows. */
export interface RowView {
  /** Pairs of words. */
  readonly start: Uint32Array
  readonly test: RowTest
  traceId(row: number): string
  /** The reference evaluator's word on a row that the test says maybe of. */
  verify(row: number): boolean
}

export interface RowSourceOptions {
  readonly origin: number
  readonly boundLow: number
  readonly boundHigh: number
  /** Called when the source has its turn: the view, and the rows that may match and are within the time range. */
  open(): { readonly view: RowView; readonly rows: Uint32Array } | undefined
}

/** Opens its rows when its turn comes, then gives them one by one, newest first. */
export class RowSource implements Source {
  boundLow: number
  boundHigh: number
  readonly origin: number
  readonly #open: RowSourceOptions['open']
  #view: RowView | undefined
  #rows: Uint32Array = new Uint32Array(0)
  #next = 0

  constructor(options: RowSourceOptions) {
    this.boundLow = options.boundLow
    this.boundHigh = options.boundHigh
    this.origin = options.origin
    this.#open = options.open
  }

  advance(sink: MatchSink): boolean {
    if (this.#view === undefined) return this.#begin()
    const row = this.#rows[this.#next++] as number
    const view = this.#view
    const traceId = view.traceId(row)
    if (!sink.has(traceId)) {
      const verdict = typeof view.test === 'number' ? view.test : view.test(row)
      if (verdict === YES || (verdict === MAYBE && view.verify(row))) sink.found(traceId)
    }
    return this.#lower()
  }

  #begin(): boolean {
    const opened = this.#open()
    if (opened === undefined) return false
    const { start } = opened.view
    this.#view = opened.view
    this.#rows = opened.rows.sort((a, b) => {
      const high = (start[b * 2 + 1] as number) - (start[a * 2 + 1] as number)
      return high === 0 ? (start[b * 2] as number) - (start[a * 2] as number) : high
    })
    return this.#lower()
  }

  #lower(): boolean {
    if (this.#next >= this.#rows.length || this.#view === undefined) return false
    const row = this.#rows[this.#next] as number
    this.boundLow = this.#view.start[row * 2] as number
    this.boundHigh = this.#view.start[row * 2 + 1] as number
    return true
  }
}

/** Rows in [from, to) that the test does not rule out and that are within the range. */
export function selectRows(start: Uint32Array, test: RowTest, range: TimeRange, from: number, to: number): Uint32Array {
  const rows = new Uint32Array(to - from)
  let count = 0
  if (test === NO) return rows.subarray(0, 0)
  for (let row = from; row < to; row++) {
    if (within(start, row, range) && (typeof test === 'number' || test(row) !== NO)) rows[count++] = row
  }
  return rows.subarray(0, count)
}

const text = new TextDecoder()

/** Text of a table's entry; shared memory is copied first, which TextDecoder asks for. */
export function textAt(bytes: Uint8Array, at: number, length: number): string {
  return text.decode(bytes.slice(at, at + length))
}

/** Answers leaves from the columns and hashes of a batch. */
export class BatchLeaves implements Leaves {
  readonly #batch: SpanBatch

  constructor(batch: SpanBatch) {
    this.#batch = batch
  }

  field(leaf: FieldLeaf): RowTest {
    const batch = this.#batch
    switch (leaf.field) {
      case 'service': {
        const verdict = groupVerdicts((i) => {
          const { nameOffset, nameLength } = batch.resources
          return leaf.test({ text: textAt(batch.bytes, nameOffset[i] as number, nameLength[i] as number) }) ? YES : NO
        })
        return (row) => verdict(batch.resource[row] as number)
      }
      case 'name':
        return nameTest(batch, leaf)
      default:
        return columnTest(leaf, batch)
    }
  }

  attribute(leaf: AttributeLeaf): RowTest {
    const batch = this.#batch
    const { level, hashes } = leaf
    const tests: RowTest[] = []
    if (leaf.virtual !== undefined) tests.push(virtualTest(batch, leaf.virtual))
    if (level !== 'resource' && level !== 'scope') {
      tests.push((row) =>
        hasHash(batch.hashes, batch.hashStart[row] as number, batch.hashStart[row + 1] as number, hashes) ? MAYBE : NO,
      )
    }
    if (level === 'any' || level === 'resource') tests.push(groupTest(batch.resources, batch.resource, hashes))
    if (level === 'any' || level === 'scope') tests.push(groupTest(batch.scopes, batch.scope, hashes))
    return anyOf(tests)
  }
}

/** Whether the row's group (by its number in `column`) has one of the hashes. */
function groupTest(groups: GroupTable, column: Uint32Array, hashes: Uint32Array): (row: number) => Verdict {
  const verdict = groupVerdict(groups, hashes)
  return (row) => verdict(column[row] as number)
}

/** Whether a group has one of the hashes. */
export function groupVerdict(groups: GroupTable, hashes: Uint32Array): (group: number) => Verdict {
  return groupVerdicts((i) =>
    hasHash(groups.hashes, groups.hashStart[i] as number, groups.hashStart[i + 1] as number, hashes) ? MAYBE : NO,
  )
}

/** Remembers the verdict on each entry of a small table. */
export function groupVerdicts(decide: (index: number) => Verdict): (index: number) => Verdict {
  const known: (Verdict | undefined)[] = []
  return (index) => {
    let verdict = known[index]
    if (verdict === undefined) {
      verdict = decide(index)
      known[index] = verdict
    }
    return verdict
  }
}

function hasHash(column: Uint32Array, from: number, to: number, hashes: Uint32Array): boolean {
  if (hashes.length === 1) {
    const hash = hashes[0] as number
    for (let at = from; at < to; at++) if (column[at] === hash) return true
    return false
  }
  for (let at = from; at < to; at++) if (oneOf(hashes, column[at] as number)) return true
  return false
}

/** Names by hash first; each distinct one is decided once (on its text, so that equal hashes do not mix). */
function nameTest(batch: SpanBatch, leaf: FieldLeaf): RowTest {
  const known = new Map<string, Verdict>()
  const byHash = new Map<number, { readonly row: number; readonly verdict: Verdict }>()
  const decide = (row: number): Verdict => {
    const name = textAt(batch.bytes, batch.nameOffset[row] as number, batch.nameLength[row] as number)
    let verdict = known.get(name)
    if (verdict === undefined) {
      verdict = leaf.test({ text: name }) ? YES : NO
      known.set(name, verdict)
    }
    return verdict
  }
  return (row) => {
    const hash = batch.nameHash[row] as number
    const seen = byHash.get(hash)
    if (seen === undefined) {
      const verdict = decide(row)
      byHash.set(hash, { row, verdict })
      return verdict
    }
    return sameName(batch, row, seen.row) ? seen.verdict : decide(row)
  }
}

function sameName(batch: SpanBatch, a: number, b: number): boolean {
  const length = batch.nameLength[a] as number
  if (length !== batch.nameLength[b]) return false
  const x = batch.nameOffset[a] as number
  const y = batch.nameOffset[b] as number
  for (let i = 0; i < length; i++) if (batch.bytes[x + i] !== batch.bytes[y + i]) return false
  return true
}

/** The columns of numbers that every set of rows has; times are Unix ns as pairs of words. */
export interface NumberColumns {
  readonly kind: Uint8Array
  readonly status: Uint8Array
  readonly start: Uint32Array
  readonly duration: Uint32Array
}

/** A leaf on kind, status, start or duration. */
export function columnTest(leaf: FieldLeaf, columns: NumberColumns): RowTest {
  if (leaf.field === 'start') return timeLeaf(leaf, columns.start, columns)
  if (leaf.field === 'duration') return timeLeaf(leaf, columns.duration, columns)
  return numberTest(leaf, leaf.field === 'kind' ? columns.kind : columns.status)
}

/** A verdict on each number of a column of kinds or status codes. */
export function numberTest(
  { ofNumbers }: { readonly ofNumbers: () => Uint8Array },
  column: Uint8Array,
): (row: number) => Verdict {
  const verdicts = ofNumbers()
  return (row) => verdicts[column[row] as number] as Verdict
}

/** A leaf on start or duration, over columns of words. */
function timeLeaf(
  leaf: FieldLeaf,
  column: Uint32Array,
  times: { readonly start: Uint32Array; readonly duration: Uint32Array },
): RowTest {
  if (leaf.range !== undefined) return rangeTest(leaf.range, column)
  const test = timeTest(leaf)
  const { start, duration } = times
  const at = (words: Uint32Array, row: number): bigint =>
    joinWords(words[row * 2] as number, words[row * 2 + 1] as number)
  return (row) => (test(at(start, row), at(duration, row)) ? YES : NO)
}

function rangeTest(range: Range, column: Uint32Array): RowTest {
  if (range.min > range.max) return NO
  const bounds = timeRange(range.min, range.max)
  return (row) => (within(column, row, bounds) ? YES : NO)
}

function virtualTest(batch: SpanBatch, leaf: VirtualLeaf): (row: number) => Verdict {
  switch (leaf.source.column) {
    case 'kind':
    case 'status':
      return numberTest(leaf, leaf.source.column === 'kind' ? batch.kind : batch.status)
    case 'scopeName': {
      const { nameOffset, nameLength } = batch.scopes
      const verdict = groupVerdicts((i) =>
        leaf.ofText(textAt(batch.bytes, nameOffset[i] as number, nameLength[i] as number)),
      )
      return (row) => verdict(batch.scope[row] as number)
    }
    default:
      return () => MAYBE
  }
}

/** 32 lower-case hex digits of the trace id in the eight words of a row. */
export function traceIdAt(ids: Uint32Array, at: number): string {
  return (
    hexWord(ids[at] as number) +
    hexWord(ids[at + 1] as number) +
    hexWord(ids[at + 2] as number) +
    hexWord(ids[at + 3] as number)
  )
}

/** Eight hex digits of four bytes in memory order. */
function hexWord(word: number): string {
  const swapped = ((word & 0xff) << 24) | ((word & 0xff00) << 8) | ((word >>> 8) & 0xff00) | (word >>> 24)
  return (swapped >>> 0).toString(16).padStart(8, '0')
}
