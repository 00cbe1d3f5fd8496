// The tables of a segment as a whole: pieces with the index of trace ids, blocks, operations, resources and scopes.

import { ROW_IRREGULAR } from '../../wire/otlp/span-batch.ts'
import { RowErrors } from '../api/links/row-errors.ts'
import { ByteListWriter, type ByteWriter } from './bytes.ts'
import { NO_ROW, PART, PIECES_PER_PAGE, STREAMS, traceFingerprint } from './format.ts'
import type { Head } from './head.ts'
import type { IntList } from './int-list.ts'
import type { Interner } from './interner.ts'
import type { PartWriter, Stored } from './part-writer.ts'
import { compareStart } from './order.ts'
import type { Scratch } from './scratch.ts'
import { type BlockSummary, PIECE_BLOCK, PIECE_FIRST_ROW, PIECE_TO, PIECE_WORDS } from './seal-meta.ts'

/** A power of two. */
const RECENT = 1024

export interface GroupNumbers {
  /** The head's number to the segment's. */
  readonly numberOf: Uint32Array
  /** The head's numbers, in the order of the segment's. */
  readonly used: readonly number[]
}

/** Numbers the groups of the rows, in the order of these. */
export function numberGroups(capacity: number, column: Uint32Array, rows: Uint32Array, scratch: Scratch): GroupNumbers {
  const numberOf = scratch.words(capacity).fill(NO_ROW)
  const used: number[] = []
  for (let i = 0; i < rows.length; i++) {
    const group = column[rows[i] as number] as number
    if (numberOf[group] === NO_ROW) {
      numberOf[group] = used.length
      used.push(group)
    }
  }
  return { numberOf, used }
}

/** Writes tables of one segment. `out` is memory to work in. */
export class TableWriter {
  readonly #head: Head
  readonly #parts: PartWriter
  readonly #out: ByteWriter
  readonly #scratch: Scratch
  readonly #rowErrors: RowErrors
  #resourceOf: Uint32Array = new Uint32Array(0)
  #nameOf: Uint32Array = new Uint32Array(0)

  constructor(head: Head, parts: PartWriter, out: ByteWriter, scratch: Scratch) {
    this.#head = head
    this.#parts = parts
    this.#out = out
    this.#scratch = scratch
    this.#rowErrors = new RowErrors(head.batch(head.capacity.spans))
  }

  strings(kind: number, strings: Interner): void {
    const list = new ByteListWriter()
    for (let i = 0; i < strings.count; i++) list.add(this.#head.bytes, strings.at(i), strings.length(i))
    this.#add(kind, list)
  }

  #add(kind: number, list: ByteListWriter): void {
    this.#out.reset()
    list.writeTo(this.#out)
    this.#parts.add(kind, 0, this.#out.view())
  }

  groups(resourceNumbers: readonly number[], scopeNumbers: readonly number[]): void {
    const { bytes, resources, scopes } = this.#head
    const list = new ByteListWriter()
    for (const i of resourceNumbers) {
      list.add(bytes, resources.offset[i], resources.length[i])
      list.add(bytes, resources.schemaOffset[i], resources.schemaLength[i])
      list.add(bytes, resources.nameOffset[i], resources.nameLength[i])
    }
    this.#add(PART.resources, list)
    list.reset()
    for (const i of scopeNumbers) {
      list.add(bytes, scopes.offset[i], scopes.length[i])
      list.add(bytes, scopes.schemaOffset[i], scopes.schemaLength[i])
    }
    this.#add(PART.scopes, list)
  }

  /** Spans, and bytes of their messages as they came. */
  resourceSums(rows: Uint32Array, { numberOf, used }: GroupNumbers): void {
    const { resource, length } = this.#head
    const spans = new Uint32Array(used.length)
    const bytes = new Float64Array(used.length)
    for (let i = 0; i < rows.length; i++) {
      const row = rows[i] as number
      const number = numberOf[resource[row] as number] as number
      spans[number] = (spans[number] as number) + 1
      bytes[number] = (bytes[number] as number) + (length[row] as number)
    }
    const out = this.#out
    out.reset()
    out.u32(used.length)
    out.words(spans)
    for (const sum of bytes) out.u64(sum % 0x1_0000_0000, Math.floor(sum / 0x1_0000_0000))
    this.#parts.add(PART.resourceSums, 0, out.view())
  }

  /** Distinct (tenant, resource, name, kind). */
  operations(rows: Uint32Array, resourceOf: Uint32Array, nameOf: Uint32Array): void {
    const head = this.#head
    const seen = new Set<number>()
    // Keys of late, + 1: nearly all of them repeat, and a set of doubles is slow to ask.
    const recent = this.#scratch.doubles(RECENT)
    const columns: [number[], number[], number[], number[]] = [[], [], [], []]
    for (let i = 0; i < rows.length; i++) {
      const row = rows[i] as number
      const resource = resourceOf[head.resource[row] as number] as number
      const name = nameOf[row] as number
      const kind = head.kind[row] as number
      // Resources are of one tenant each. 2^24 resources and 2^21 names stay exact; beyond, an entry may repeat.
      const key = (resource * 0x20_0000 + name) * 256 + kind
      const place = (name ^ (resource * 41) ^ (kind << 7)) & (RECENT - 1)
      if (recent[place] === key + 1) continue
      recent[place] = key + 1
      if (seen.has(key)) continue
      seen.add(key)
      columns[0].push(head.tenantOf(row))
      columns[1].push(resource)
      columns[2].push(name)
      columns[3].push(kind)
    }
    const out = this.#out
    out.reset()
    out.u32(seen.size)
    for (const column of columns) out.words(Uint32Array.from(column))
    this.#parts.add(PART.operations, 0, out.view())
  }

  /** Pieces in pages, and the trace index. `resourceOf` by the head's number, `nameOf` by row. */
  pieces(list: IntList, rows: Uint32Array, resourceOf: Uint32Array, nameOf: Uint32Array): void {
    this.#resourceOf = resourceOf
    this.#nameOf = nameOf
    this.#rowErrors.lookAhead(this.#head.rows)
    const out = this.#out
    const { items } = list
    const count = list.count / PIECE_WORDS
    for (let from = 0; from < count; from += PIECES_PER_PAGE) {
      out.reset()
      this.#piecePage(items, from, Math.min(count, from + PIECES_PER_PAGE), rows)
      this.#parts.add(PART.pieces, from / PIECES_PER_PAGE, out.view())
    }
    const keys = this.#scratch.doubles(count)
    for (let i = 0; i < count; i++) {
      const at = (rows[items[i * PIECE_WORDS] as number] as number) * 8
      keys[i] = traceFingerprint(this.#head.ids[at + 2] as number, this.#head.ids[at + 3] as number) * 0x20_0000 + i
    }
    keys.sort()
    out.reset()
    for (let i = 0; i < count; i++) out.u32(Math.floor((keys[i] as number) / 0x20_0000))
    for (let i = 0; i < count; i++) out.u32((keys[i] as number) % 0x20_0000)
    this.#parts.add(PART.traceIndex, 0, out.view(), 0)
  }

  /**
   * Columns of a page: ids, blocks, first rows, row counts, then summaries: oldest start, newest end, errors, first row
   * without a parent, spread of starts, resource and name of the root.
   */
  #piecePage(items: Int32Array, from: number, to: number, rows: Uint32Array): void {
    const head = this.#head
    const out = this.#out
    out.u32(to - from)
    for (let p = from; p < to; p++) {
      const at = (rows[items[p * PIECE_WORDS] as number] as number) * 8
      for (let i = 0; i < 4; i++) out.u32(head.ids[at + i] as number)
    }
    for (let p = from; p < to; p++) out.u32(items[p * PIECE_WORDS + PIECE_BLOCK] as number)
    for (let p = from; p < to; p++) out.u32(items[p * PIECE_WORDS + PIECE_FIRST_ROW] as number)
    for (let p = from; p < to; p++)
      out.u32((items[p * PIECE_WORDS + PIECE_TO] as number) - (items[p * PIECE_WORDS] as number))
    for (let p = from; p < to; p++) {
      const oldest = rows[items[p * PIECE_WORDS] as number] as number
      out.u64(head.start[oldest * 2] as number, head.start[oldest * 2 + 1] as number)
    }
    for (let p = from; p < to; p++) this.#newestEnd(items, p, rows)
    for (let p = from; p < to; p++) out.u32(this.#errors(items, p, rows))
    for (let p = from; p < to; p++) out.u32(this.#root(items, p, rows))
    for (let p = from; p < to; p++) this.#spread(items, p, rows)
    const roots = new Int32Array(to - from)
    for (let p = from; p < to; p++) roots[p - from] = this.#soleRoot(items, p, rows)
    for (const row of roots) out.u32(row < 0 ? NO_ROW : (this.#resourceOf[head.resource[row] as number] as number))
    for (const row of roots) out.u32(row < 0 ? NO_ROW : (this.#nameOf[row] as number))
  }

  /** From the oldest start of the piece to its newest, ns. */
  #spread(items: Int32Array, piece: number, rows: Uint32Array): void {
    const { start } = this.#head
    const oldest = rows[items[piece * PIECE_WORDS] as number] as number
    const newest = rows[(items[piece * PIECE_WORDS + PIECE_TO] as number) - 1] as number
    const low = (start[newest * 2] as number) - (start[oldest * 2] as number)
    const high = (start[newest * 2 + 1] as number) - (start[oldest * 2 + 1] as number) - (low < 0 ? 1 : 0)
    this.#out.u64(low >>> 0, high)
  }

  /** The head's row that is the piece's root for sure: without a parent, and before all others. Else -1. */
  #soleRoot(items: Int32Array, piece: number, rows: Uint32Array): number {
    const { ids, start, rowFlags } = this.#head
    const from = items[piece * PIECE_WORDS] as number
    const row = rows[from] as number
    if (ids[row * 8 + 6] !== 0 || ids[row * 8 + 7] !== 0 || ((rowFlags[row] as number) & ROW_IRREGULAR) !== 0) return -1
    if (from + 1 === items[piece * PIECE_WORDS + PIECE_TO]) return row
    return compareStart(start, row, rows[from + 1] as number) < 0 ? row : -1
  }

  #newestEnd(items: Int32Array, piece: number, rows: Uint32Array): void {
    const { start, duration } = this.#head
    let endLow = 0
    let endHigh = 0
    const to = items[piece * PIECE_WORDS + PIECE_TO] as number
    for (let i = items[piece * PIECE_WORDS] as number; i < to; i++) {
      const row = rows[i] as number
      const low = (start[row * 2] as number) + (duration[row * 2] as number)
      const carry = low > 0xffff_ffff ? 1 : 0
      const high = ((start[row * 2 + 1] as number) + (duration[row * 2 + 1] as number) + carry) >>> 0
      if (high > endHigh || (high === endHigh && low >>> 0 > endLow)) {
        endHigh = high
        endLow = low >>> 0
      }
    }
    this.#out.u64(endLow, endHigh)
  }

  #errors(items: Int32Array, piece: number, rows: Uint32Array): number {
    let errors = 0
    const to = items[piece * PIECE_WORDS + PIECE_TO] as number
    for (let i = items[piece * PIECE_WORDS] as number; i < to; i++)
      if (this.#rowErrors.isError(rows[i] as number)) errors++
    return errors
  }

  /** First row without a parent, counted from the piece's first. */
  #root(items: Int32Array, piece: number, rows: Uint32Array): number {
    const { ids } = this.#head
    const from = items[piece * PIECE_WORDS] as number
    const to = items[piece * PIECE_WORDS + PIECE_TO] as number
    for (let i = from; i < to; i++) {
      const at = (rows[i] as number) * 8
      if (ids[at + 6] === 0 && ids[at + 7] === 0) return i - from
    }
    return NO_ROW
  }

  blocks(blocks: readonly BlockSummary[]): void {
    const out = this.#out
    out.reset()
    out.u32(blocks.length)
    const column = (value: (block: BlockSummary) => number): void => out.words(Uint32Array.from(blocks, value))
    const long = (value: (block: BlockSummary) => bigint): void => {
      for (const block of blocks) out.u64(Number(value(block) & 0xffff_ffffn), Number(value(block) >> 32n))
    }
    column((block) => block.tenant)
    column((block) => block.flags)
    column((block) => block.firstPiece)
    column((block) => block.pieces)
    column((block) => block.rows)
    long((block) => block.minStart)
    long((block) => block.maxStart)
    long((block) => block.maxDuration)
    long((block) => BigInt(block.streams[0]?.offset ?? 0))
    for (let s = 0; s < STREAMS; s++) {
      column((block) => (block.streams[s] as Stored).stored)
      column((block) => (block.streams[s] as Stored).raw)
      column((block) => (block.streams[s] as Stored).crc)
    }
    column((block) => block.filterAt)
    column((block) => block.filterWords)
    column((block) => block.resources.length)
    for (const block of blocks) for (const resource of block.resources) out.varint(resource)
    this.#parts.add(PART.blocks, 0, out.view())
  }
}
