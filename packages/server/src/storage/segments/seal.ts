// Turns a head into a segment: orders its rows, builds the dictionary, cuts blocks, writes every part. Runs on the store
// thread; the head is read only. The result is the file's bytes; writing them safely is manifest.ts's work.

import { BlockWriter } from './block-writer.ts'
import { ByteWriter } from './bytes.ts'
import { SealDictionary } from './dictionary.ts'
import { BLOCK_STRAY, PART, type SegmentMeta } from './format.ts'
import { type Head, ROW_STRAY } from './head.ts'
import { IntList } from './int-list.ts'
import { Interner } from './interner.ts'
import type { Hides } from './lifecycle/tombstones.ts'
import { compareStart, orderRows, type RowOrder } from './order.ts'
import { PartWriter } from './part-writer.ts'
import { parseRows, RowParser } from './row-parser.ts'
import { Scratch } from './scratch.ts'
import { SealFilters } from './seal-filters.ts'
import { type BlockSummary, describeTenants, ns, PIECE_TO, PIECE_WORDS } from './seal-meta.ts'
import { type GroupNumbers, numberGroups, TableWriter } from './seal-tables.ts'
import { ShapeTable } from './shapes.ts'

/** A block closes at so many bytes of Span messages, or rows. */
const BLOCK_BYTES = 192 << 10
const BLOCK_ROWS = 2048
/** Memory that each writer keeps for the next segment. */
const KEPT_BYTES = 1 << 20

export interface SealRequest {
  readonly segment: number
  readonly head: Head
  readonly rows: number
  readonly minArrivalMs: number
  readonly maxArrivalMs: number
  /** Rows that were deleted. */
  readonly hides?: Hides | undefined
  /** Numbers of the heads that the rows came from; the head's own where not given. */
  readonly heads?: readonly number[]
}

export interface SealedSegment {
  readonly meta: SegmentMeta
  /** The file; valid until the next seal. */
  readonly bytes: Uint8Array
  /** Rows left out because an equal span is there. */
  readonly duplicates: number
  /** The rows that stayed, those of a trace mostly together; valid until the next seal. */
  readonly rows: Uint32Array
  /** Number of each row's span name, by row; valid until the next seal. */
  readonly nameOf: Uint32Array
}

/**
 * Seals one head after the other. Its working memory, tens of megabytes, is made once and used again and again: fresh
 * memory for each seal would drive the collector, and malloc would keep what it freed.
 */
export class Sealer {
  readonly #scratch = new Scratch()
  readonly #parts = new PartWriter()
  readonly #dictionary = new SealDictionary()
  readonly #parser: RowParser = new RowParser(this.#dictionary)
  readonly #names = new Interner()
  readonly #shapes = new ShapeTable()
  /** PIECE_WORDS numbers for each. */
  readonly #pieces = new IntList(1 << 12)
  readonly #filterBytes = new ByteWriter(1 << 16)
  readonly #out = new ByteWriter(1 << 16)
  readonly #blockWriter = new BlockWriter()
  readonly #filters = new SealFilters()

  /** undefined where no row stays. */
  seal(request: SealRequest): SealedSegment | undefined {
    const { head, rows } = request
    const scratch = this.#scratch
    scratch.reset()
    this.#parts.begin(request.segment)
    this.#pieces.clear()
    this.#filterBytes.trim(KEPT_BYTES)
    this.#out.trim(KEPT_BYTES)
    this.#shapes.clear()
    const order = orderRows(head, rows, scratch, request.hides)
    if (order.rows.length === 0) return undefined
    this.#dictionary.begin(head.bytes)
    this.#parser.reset(head.bytes, head.hashes)
    const opsAt = parseRows(head, order.rows, this.#parser, scratch)
    this.#dictionary.build(scratch)
    const nameOf = this.#numberNames(head, order, rows)
    const resources = numberGroups(head.resources.capacity, head.resource, order.rows, scratch)
    const scopes = numberGroups(head.scopes.capacity, head.scope, order.rows, scratch)
    this.#filters.begin(head, this.#dictionary.entryCount, scratch)
    this.#blockWriter.begin({
      head,
      rows: order.rows,
      parser: this.#parser,
      opsAt,
      dictionary: this.#dictionary,
      shapes: this.#shapes,
      resourceOf: resources.numberOf,
      scopeOf: scopes.numberOf,
      nameOf,
    })
    const blocks = this.#writeBlocks(head, order, resources)
    this.#blockWriter.end()
    this.#writeTables(head, order, blocks, { nameOf, resources, scopes })
    const meta = this.#meta(request, order, blocks)
    this.#parts.add(PART.meta, 0, new TextEncoder().encode(JSON.stringify(meta)))
    return { meta, bytes: this.#parts.finish(), duplicates: order.duplicates, rows: order.rows, nameOf }
  }

  #numberNames(head: Head, order: RowOrder, count: number): Uint32Array {
    const names = this.#names
    names.reset(head.bytes)
    const nameOf = this.#scratch.words(count)
    for (let i = 0; i < order.rows.length; i++) {
      const row = order.rows[i] as number
      const hash = (head.nameHash[row] as number) | 0
      nameOf[row] = names.intern(head.nameOffset[row] as number, head.nameLength[row] as number, hash)
    }
    return nameOf
  }

  #writeTables(head: Head, order: RowOrder, blocks: readonly BlockSummary[], numbers: Numbers): void {
    const { nameOf, resources, scopes } = numbers
    const parts = this.#parts
    this.#out.reset()
    this.#shapes.writeTo(this.#out)
    parts.add(PART.shapes, 0, this.#out.view())
    this.#dictionary.write(parts, this.#scratch)
    const tables = new TableWriter(head, parts, this.#out, this.#scratch)
    tables.strings(PART.names, this.#names)
    tables.strings(PART.eventNames, this.#parser.eventNames)
    tables.groups(resources.used, scopes.used)
    tables.resourceSums(order.rows, resources)
    tables.operations(order.rows, resources.numberOf, nameOf)
    tables.pieces(this.#pieces, order.rows, resources.numberOf, nameOf)
    tables.blocks(blocks)
    this.#out.reset()
    this.#out.words(this.#filters.segment)
    parts.add(PART.filter, 0, this.#out.view(), 0)
    parts.add(PART.blockFilters, 0, this.#filterBytes.view(), 0)
  }

  /** Cuts the ordered rows into blocks: never across tenants or between stray and other spans. */
  #writeBlocks(head: Head, order: RowOrder, resources: GroupNumbers): readonly BlockSummary[] {
    const { rows, pieceStart } = order
    const pieces = this.#pieces
    const blocks: BlockSummary[] = []
    /** First piece and row of the block that is open. */
    let firstPiece = 0
    let firstRow = 0
    let bytes = 0
    let kind = -1
    const add = (from: number, to: number): void => {
      pieces.push(from)
      pieces.push(to)
      pieces.push(blocks.length)
      pieces.push(from - firstRow)
    }
    const close = (end: number): void => {
      if (end > firstRow) blocks.push(this.#writeBlock(head, order, resources, blocks.length, firstPiece))
      firstPiece = pieces.count / PIECE_WORDS
      firstRow = end
      bytes = 0
    }
    for (let p = 0; p < order.pieces; p++) {
      let from = pieceStart[p] as number
      const end = pieceStart[p + 1] as number
      const first = rows[from] as number
      const pieceKind = head.tenantOf(first) * 2 + (isStray(head, first) ? 1 : 0)
      if (pieceKind !== kind) close(from)
      kind = pieceKind
      for (let i = from; i < end; i++) {
        bytes += head.length[rows[i] as number] as number
        if (bytes < BLOCK_BYTES && i + 1 - firstRow < BLOCK_ROWS) continue
        add(from, i + 1)
        from = i + 1
        close(from)
      }
      if (from < end) add(from, end)
    }
    close(rows.length)
    return blocks
  }

  /** Writes the pieces from `firstPiece` to the last as a block. */
  #writeBlock(
    head: Head,
    { rows }: RowOrder,
    resources: GroupNumbers,
    block: number,
    firstPiece: number,
  ): BlockSummary {
    const pieces = this.#pieces
    const endPiece = pieces.count / PIECE_WORDS
    const from = pieces.items[firstPiece * PIECE_WORDS] as number
    const to = pieces.items[(endPiece - 1) * PIECE_WORDS + PIECE_TO] as number
    let oldest = rows[from] as number
    let newest = oldest
    let longest = oldest
    for (let i = from; i < to; i++) {
      const row = rows[i] as number
      if (compareStart(head.start, row, oldest) < 0) oldest = row
      if (compareStart(head.start, row, newest) > 0) newest = row
      if (compareStart(head.duration, row, longest) > 0) longest = row
    }
    const firstRow = rows[from] as number
    const base = { low: head.start[oldest * 2] as number, high: head.start[oldest * 2 + 1] as number }
    const streams = this.#blockWriter.write(pieces, firstPiece, endPiece, base, this.#parts)
    const filterAt = this.#filterBytes.length >> 2
    const found = this.#filters.add(head, rows, { from, to, block }, this.#filterBytes)
    return {
      tenant: head.tenantOf(firstRow),
      flags: isStray(head, firstRow) ? BLOCK_STRAY : 0,
      firstPiece,
      pieces: endPiece - firstPiece,
      rows: to - from,
      minStart: ns(head.start, oldest),
      maxStart: ns(head.start, newest),
      maxDuration: ns(head.duration, longest),
      streams,
      filterAt,
      filterWords: found.words,
      resources: found.resources.map((group) => resources.numberOf[group] as number).sort((a, b) => a - b),
    }
  }

  #meta(request: SealRequest, { rows }: RowOrder, blocks: readonly BlockSummary[]): SegmentMeta {
    const { segment, head, minArrivalMs, maxArrivalMs } = request
    let rawBytes = 0
    for (let i = 0; i < rows.length; i++) rawBytes += head.length[rows[i] as number] as number
    return {
      id: segment,
      heads: request.heads ?? [head.id],
      spans: rows.length,
      rawBytes,
      pieces: this.#pieces.count / PIECE_WORDS,
      blocks: blocks.length,
      dictionaryEntries: this.#dictionary.selected.length,
      minArrivalMs,
      maxArrivalMs,
      ...describeTenants(blocks, (tenant) => head.tenantName(tenant)),
    }
  }
}

interface Numbers {
  readonly nameOf: Uint32Array
  readonly resources: GroupNumbers
  readonly scopes: GroupNumbers
}

function isStray(head: Head, row: number): boolean {
  return ((head.rowFlags[row] as number) & ROW_STRAY) !== 0
}
