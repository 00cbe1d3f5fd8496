// Turns a head into a segment: orders its rows, builds the dictionary, cuts blocks, writes every part. Runs on the store
// thread; the head is read only. The result is the file's bytes; writing them safely is segment-files.ts's work.

import { ByteListWriter, ByteWriter } from './bytes.ts'
import { BlockWriter, parseRows, type PieceRange, type SealInput } from './block-writer.ts'
import { SealDictionary } from './dictionary.ts'
import { addToFilter, BLOCK_BITS, buildFilter, filterWords, HashSet, saltHash, SEGMENT_BITS } from './filter.ts'
import { BLOCK_STRAY, NO_ROW, PART, PIECES_PER_PAGE, type SegmentMeta, STREAMS, traceFingerprint } from './format.ts'
import { type Head, ROW_STRAY } from './head.ts'
import { Interner } from './interner.ts'
import { compareStart, orderRows, type RowOrder } from './order.ts'
import { PartWriter, type Stored } from './part-writer.ts'
import { RowParser } from './row-parser.ts'
import { ShapeTable } from './shapes.ts'
import { describeTenants, ns, tenantSalt, type BlockSummary } from './seal-meta.ts'

/** A block closes at so many bytes of Span messages, or rows. */
const BLOCK_BYTES = 192 << 10
const BLOCK_ROWS = 2048
/** Values that give more than one hash, names and groups: added to the distinct KeyValues when the filter is sized. */
const FURTHER_HASHES = 1024
/** A power of two. */
const RECENT = 4096

export interface SealRequest {
  readonly segment: number
  readonly head: Head
  readonly rows: number
  readonly minArrivalMs: number
  readonly maxArrivalMs: number
}

export interface SealedSegment {
  readonly meta: SegmentMeta
  readonly chunks: readonly Uint8Array[]
}

export function sealHead(request: SealRequest): SealedSegment {
  return new Seal(request).run()
}

/** The spans of one trace within one block. */
interface Piece extends PieceRange {
  readonly block: number
  readonly firstRow: number
}

class Seal {
  readonly #request: SealRequest
  readonly #head: Head
  readonly #parts: PartWriter
  readonly #blocks: BlockSummary[] = []
  readonly #pieces: Piece[] = []
  readonly #resources: GroupNumbers
  readonly #scopes: GroupNumbers
  readonly #blockHashes = new HashSet(4096)
  /** Hashes that were seen of late: most of a row's are among them and in the block's set already. */
  readonly #recent = new Uint32Array(RECENT)
  #segmentFilter: Uint32Array = new Uint32Array(0)
  readonly #filters = new ByteWriter(1 << 16)

  constructor(request: SealRequest) {
    this.#request = request
    this.#head = request.head
    this.#parts = new PartWriter(request.segment)
    this.#resources = numberGroups(this.#head, this.#head.resource, request.rows)
    this.#scopes = numberGroups(this.#head, this.#head.scope, request.rows)
  }

  run(): SealedSegment {
    const head = this.#head
    const order = orderRows(head, this.#request.rows)
    const parser = new RowParser(head.bytes, this.#request.rows, head.hashes)
    const opsAt = parseRows(head, order.rows, parser)
    this.#segmentFilter = new Uint32Array(filterWords(parser.keyValues.count + FURTHER_HASHES, SEGMENT_BITS))
    const dictionary = new SealDictionary(head.bytes, parser.keyValues)
    const names = new Interner(head.bytes, 256)
    const nameOf = new Uint32Array(this.#request.rows)
    for (const row of order.rows)
      nameOf[row] = names.intern(head.nameOffset[row] as number, head.nameLength[row] as number)
    const resourceOf = this.#resources.numberOf
    const scopeOf = this.#scopes.numberOf
    const shapes = new ShapeTable()
    this.#writeBlocks(order, { head, rows: order.rows, parser, opsAt, dictionary, shapes, resourceOf, scopeOf, nameOf })
    this.#parts.add(PART.shapes, 0, shapes.encode())
    dictionary.write(this.#parts)
    this.#writeStrings(PART.names, names)
    this.#writeStrings(PART.eventNames, parser.eventNames)
    this.#writeGroups()
    this.#writeOperations(nameOf)
    this.#writePieces(order)
    this.#writeBlockTable()
    this.#parts.add(PART.filter, 0, wordBytes(this.#segmentFilter), 0)
    this.#parts.add(PART.blockFilters, 0, this.#filters.view(), 0)
    const meta = this.#meta(dictionary.selected.length)
    this.#parts.add(PART.meta, 0, new TextEncoder().encode(JSON.stringify(meta)))
    return { meta, chunks: this.#parts.finish() }
  }

  /** Cuts the ordered rows into blocks: never across tenants or between stray and other spans. */
  #writeBlocks(order: RowOrder, input: SealInput): void {
    const writer = new BlockWriter(input)
    let pieces: PieceRange[] = []
    let bytes = 0
    let kind = -1
    const close = (): void => {
      if (pieces.length > 0) this.#writeBlock(writer, order.rows, pieces)
      pieces = []
      bytes = 0
    }
    for (let p = 0; p < order.pieces; p++) {
      const first = order.rows[order.pieceStart[p] as number] as number
      const pieceKind = this.#head.tenantOf(first) * 2 + (this.#isStray(first) ? 1 : 0)
      if (pieceKind !== kind) close()
      kind = pieceKind
      let from = order.pieceStart[p] as number
      const end = order.pieceStart[p + 1] as number
      const rowsInBlock = (): number => from - (pieces[0]?.from ?? from)
      for (let i = from; i < end; i++) {
        bytes += this.#head.length[order.rows[i] as number] as number
        if (bytes < BLOCK_BYTES && i + 1 - from + rowsInBlock() < BLOCK_ROWS) continue
        pieces.push({ from, to: i + 1 })
        from = i + 1
        close()
      }
      if (from < end) pieces.push({ from, to: end })
    }
    close()
  }

  #isStray(row: number): boolean {
    return ((this.#head.rowFlags[row] as number) & ROW_STRAY) !== 0
  }

  #writeBlock(writer: BlockWriter, rows: Uint32Array, pieces: readonly PieceRange[]): void {
    const head = this.#head
    const from = pieces[0]?.from ?? 0
    const to = pieces.at(-1)?.to ?? 0
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
    const block = this.#blocks.length
    const firstPiece = this.#pieces.length
    for (const piece of pieces) this.#pieces.push({ ...piece, block, firstRow: piece.from - from })
    const streams = writer.write(
      pieces,
      head.start[oldest * 2] as number,
      head.start[oldest * 2 + 1] as number,
      this.#parts,
    )
    const filterAt = this.#filters.length >> 2
    const words = this.#filterBlock(rows, from, to)
    const resources = new Set<number>()
    for (let i = from; i < to; i++)
      resources.add(this.#resources.numberOf[head.resource[rows[i] as number] as number] as number)
    this.#blocks.push({
      tenant: head.tenantOf(firstRow),
      flags: this.#isStray(firstRow) ? BLOCK_STRAY : 0,
      firstPiece,
      pieces: pieces.length,
      rows: to - from,
      minStart: ns(head.start, oldest),
      maxStart: ns(head.start, newest),
      maxDuration: ns(head.duration, longest),
      streams,
      filterAt,
      filterWords: words,
      resources: [...resources].toSorted((a, b) => a - b),
    })
  }

  /** Writes the block's filter; returns its words. */
  #filterBlock(rows: Uint32Array, from: number, to: number): number {
    const { hashes, hashStart, nameHash, resource, scope, resources, scopes } = this.#head
    const set = this.#blockHashes
    const recent = this.#recent.fill(0)
    set.clear()
    // An empty place looks like a hash of 0 that was seen, so that one is always in.
    set.add(0)
    const groups = new Set<number>()
    for (let i = from; i < to; i++) {
      const row = rows[i] as number
      const end = hashStart[row + 1] as number
      for (let at = hashStart[row] as number; at < end; at++) {
        const hash = hashes[at] as number
        if (recent[hash & (RECENT - 1)] === hash) continue
        recent[hash & (RECENT - 1)] = hash
        set.add(hash)
      }
      set.add(nameKey(nameHash[row] as number))
      groups.add((resource[row] as number) * 2)
      groups.add((scope[row] as number) * 2 + 1)
    }
    for (const group of groups) {
      const table = (group & 1) === 0 ? resources : scopes
      const end = table.hashStart[(group >> 1) + 1] as number
      for (let at = table.hashStart[group >> 1] as number; at < end; at++) set.add(table.hashes[at] as number)
    }
    const salt = tenantSalt(this.#head.tenantName(this.#head.tenantOf(rows[from] as number)))
    const salted = set.values().map((hash) => saltHash(hash, salt))
    for (const hash of salted) addToFilter(this.#segmentFilter, hash)
    const filter = buildFilter(salted, BLOCK_BITS)
    this.#filters.words(filter)
    return filter.length
  }

  #writeStrings(kind: number, strings: Interner): void {
    const list = new ByteListWriter()
    for (let i = 0; i < strings.count; i++) list.add(this.#head.bytes, strings.at[i], strings.length[i])
    const out = new ByteWriter()
    list.writeTo(out)
    this.#parts.add(kind, 0, out.view())
  }

  #writeGroups(): void {
    const { bytes, resources, scopes } = this.#head
    const list = new ByteListWriter()
    for (const i of this.#resources.used) {
      list.add(bytes, resources.offset[i], resources.length[i])
      list.add(bytes, resources.schemaOffset[i], resources.schemaLength[i])
      list.add(bytes, resources.nameOffset[i], resources.nameLength[i])
    }
    const out = new ByteWriter()
    list.writeTo(out)
    this.#parts.add(PART.resources, 0, out.view())
    list.reset()
    out.reset()
    for (const i of this.#scopes.used) {
      list.add(bytes, scopes.offset[i], scopes.length[i])
      list.add(bytes, scopes.schemaOffset[i], scopes.schemaLength[i])
    }
    list.writeTo(out)
    this.#parts.add(PART.scopes, 0, out.view())
  }

  /** Distinct (tenant, resource, name, kind). */
  #writeOperations(nameOf: Uint32Array): void {
    const head = this.#head
    const seen = new Set<number>()
    const columns: [number[], number[], number[], number[]] = [[], [], [], []]
    for (let row = 0; row < this.#request.rows; row++) {
      const resource = this.#resources.numberOf[head.resource[row] as number] as number
      const name = nameOf[row] as number
      // Resources are of one tenant each. 2^24 resources and 2^21 names stay exact; beyond, an entry may repeat.
      const key = (resource * 0x20_0000 + name) * 256 + (head.kind[row] as number)
      if (seen.has(key)) continue
      seen.add(key)
      for (const [i, value] of [head.tenantOf(row), resource, name, head.kind[row] as number].entries())
        columns[i]?.push(value)
    }
    const out = new ByteWriter()
    out.u32(seen.size)
    for (const column of columns) out.words(Uint32Array.from(column))
    this.#parts.add(PART.operations, 0, out.view())
  }

  #writePieces(order: RowOrder): void {
    const out = new ByteWriter(1 << 16)
    for (let from = 0; from < this.#pieces.length; from += PIECES_PER_PAGE) {
      out.reset()
      this.#piecePage(this.#pieces.slice(from, from + PIECES_PER_PAGE), order.rows, out)
      this.#parts.add(PART.pieces, from / PIECES_PER_PAGE, out.view())
    }
    const keys = Float64Array.from(this.#pieces, (piece, i) => {
      const at = (order.rows[piece.from] as number) * 8
      return traceFingerprint(this.#head.ids[at + 2] as number, this.#head.ids[at + 3] as number) * 0x20_0000 + i
    }).sort()
    out.reset()
    for (const key of keys) out.u32(Math.floor(key / 0x20_0000))
    for (const key of keys) out.u32(key % 0x20_0000)
    this.#parts.add(PART.traceIndex, 0, out.view(), 0)
  }

  /** Columns of a page: ids, blocks, first rows, row counts, then summaries: oldest start, newest end, errors, root. */
  #piecePage(pieces: readonly Piece[], rows: Uint32Array, out: ByteWriter): void {
    const head = this.#head
    out.u32(pieces.length)
    for (const piece of pieces) {
      const at = (rows[piece.from] as number) * 8
      for (let i = 0; i < 4; i++) out.u32(head.ids[at + i] as number)
    }
    for (const piece of pieces) out.u32(piece.block)
    for (const piece of pieces) out.u32(piece.firstRow)
    for (const piece of pieces) out.u32(piece.to - piece.from)
    const summaries = pieces.map((piece) => this.#summary(piece, rows))
    for (const { oldest } of summaries) out.u64(head.start[oldest * 2] as number, head.start[oldest * 2 + 1] as number)
    for (const { newestEnd } of summaries) out.u64(Number(newestEnd & 0xffff_ffffn), Number(newestEnd >> 32n))
    for (const { errors } of summaries) out.u32(errors)
    for (const { root } of summaries) out.u32(root)
  }

  #summary(piece: Piece, rows: Uint32Array): { oldest: number; newestEnd: bigint; errors: number; root: number } {
    const head = this.#head
    let endLow = 0
    let endHigh = 0
    let errors = 0
    let root = NO_ROW
    for (let i = piece.from; i < piece.to; i++) {
      const row = rows[i] as number
      const low = (head.start[row * 2] as number) + (head.duration[row * 2] as number)
      const carry = low > 0xffff_ffff ? 1 : 0
      const high = ((head.start[row * 2 + 1] as number) + (head.duration[row * 2 + 1] as number) + carry) >>> 0
      if (high > endHigh || (high === endHigh && low >>> 0 > endLow)) {
        endHigh = high
        endLow = low >>> 0
      }
      if (head.status[row] === 2) errors++
      if (root === NO_ROW && head.ids[row * 8 + 6] === 0 && head.ids[row * 8 + 7] === 0) root = i - piece.from
    }
    return { oldest: rows[piece.from] as number, newestEnd: (BigInt(endHigh) << 32n) | BigInt(endLow), errors, root }
  }

  #writeBlockTable(): void {
    const out = new ByteWriter(1 << 14)
    const blocks = this.#blocks
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

  #meta(dictionaryEntries: number): SegmentMeta {
    const { segment, head, rows, minArrivalMs, maxArrivalMs } = this.#request
    return {
      id: segment,
      heads: [head.id],
      spans: rows,
      pieces: this.#pieces.length,
      blocks: this.#blocks.length,
      dictionaryEntries,
      minArrivalMs,
      maxArrivalMs,
      ...describeTenants(this.#blocks, (tenant) => head.tenantName(tenant)),
    }
  }
}

/** Names stand in the filters beside attributes, under hashes of their own. */
export function nameKey(nameHash: number): number {
  return (nameHash ^ 0x6e616d65) >>> 0
}

interface GroupNumbers {
  /** The head's number to the segment's. */
  readonly numberOf: Uint32Array
  /** The head's numbers, in the order of the segment's. */
  readonly used: readonly number[]
}

function numberGroups(head: Head, column: Uint32Array, rows: number): GroupNumbers {
  const numberOf = new Uint32Array(head.resources.capacity).fill(NO_ROW)
  const used: number[] = []
  for (let row = 0; row < rows; row++) {
    const group = column[row] as number
    if (numberOf[group] === NO_ROW) {
      numberOf[group] = used.length
      used.push(group)
    }
  }
  return { numberOf, used }
}

function wordBytes(words: Uint32Array): Uint8Array {
  const out = new ByteWriter(words.length * 4)
  out.words(words)
  return out.view()
}
