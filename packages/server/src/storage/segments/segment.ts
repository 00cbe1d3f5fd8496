// A sealed segment as its readers see it: tables, blocks and lookups, each loaded when needed and kept in the shared cache.
// Immutable. Any damage throws SpoorError `segment_damaged`; the reader then sets the segment aside.

import type { Attribute } from '@spoor/core/model/span'
import { decodeKeyValue } from '../../wire/otlp/decode-attributes.ts'
import { ProtoReader } from '../../wire/codec/protobuf.ts'
import {
  type BlockColumns,
  type BlockTokens,
  type BlockValues,
  type KeyTokens,
  readColumns,
  readKeyTokens,
  readTokens,
  readValues,
  type Shapes,
} from './block-reader.ts'
import { type ByteList, ByteReader, ByteWriter, damaged, listEntry, readByteList } from './bytes.ts'
import type { Cache, CacheScope } from './cache.ts'
import {
  DICTIONARY_PAGE_ENTRIES,
  PART,
  PIECES_PER_PAGE,
  STREAM_COLUMNS,
  STREAM_IDS,
  STREAM_TOKENS,
  STREAM_VALUES,
  type TenantMeta,
  traceFingerprint,
} from './format.ts'
import { SegmentHidden, type Tombstone } from './lifecycle/tombstones.ts'
import type { ManifestEntry } from './manifest.ts'
import type { SegmentFile } from './segment-file.ts'
import {
  type BlockTable,
  type DictionaryIndex,
  type KeyTable,
  lowerBound,
  parseBlocks,
  parseGroups,
  parseList,
  parsePieces,
  parseWords,
  type PiecePage,
  type SegmentGroups,
  type StoredOperation,
} from './segment-tables.ts'
import { parseResourceSums, type ResourceSums } from './service-sums.ts'
import { decodeShapes } from './shapes.ts'
import { type DecodedBlock, type SegmentStrings, SpanRebuilder, writeKeyValue } from './span-rebuilder.ts'

/** Keys of the cache: of parts by their kind, of blocks' streams behind those. */
const KIND_KEYS = 2 ** 32
const FIRST_STREAM_KIND = 1024

const NONE: readonly Tombstone[] = []

export interface TracePiece {
  readonly block: number
  readonly firstRow: number
  readonly rows: number
  /** Four words. */
  readonly id: Uint32Array
}

function textOfBytes(bytes: Uint8Array): string {
  return new TextDecoder().decode(bytes)
}

export class Segment {
  readonly entryInfo: ManifestEntry
  readonly #file: SegmentFile
  readonly #cache: CacheScope
  damaged = false
  #tombstones: readonly Tombstone[] = NONE
  #hidden: SegmentHidden | undefined

  constructor(entry: ManifestEntry, file: SegmentFile, cache: Cache) {
    this.entryInfo = entry
    this.#file = file
    this.#cache = cache.scope()
  }

  get id(): number {
    return this.entryInfo.id
  }

  get path(): string {
    return this.#file.path
  }

  get bytesRead(): number {
    return this.#file.bytesRead
  }

  /** What deletions hide of it; undefined where nothing. */
  hidden(tombstones: readonly Tombstone[]): SegmentHidden | undefined {
    if (tombstones !== this.#tombstones) {
      this.#hidden = SegmentHidden.of(this, tombstones)
      this.#tombstones = tombstones
    }
    return this.#hidden
  }

  /** Whether all that the tenant has here was deleted. */
  isForgotten(tenant: string): boolean {
    return this.#tombstones.some(
      (one) => 'everything' in one.target && one.tenant === tenant && this.id < one.beforeSegment,
    )
  }

  tenant(name: string): TenantMeta | undefined {
    return this.entryInfo.tenants.find((tenant) => tenant.name === name)
  }

  /** Frees what is held of it. */
  close(): void {
    this.#cache.drop()
    this.#file.close()
  }

  #table<T>(name: string, kind: number, index: number, factor: number, parse: (bytes: Uint8Array) => T): T {
    return this.#cache.get(kind * KIND_KEYS + index, () => this.#load(name, kind, index, factor, parse))
  }

  #load<T>(
    name: string,
    kind: number,
    index: number,
    factor: number,
    parse: (bytes: Uint8Array) => T,
  ): { readonly value: T; readonly bytes: number } {
    const bytes = this.#file.part(kind, index)
    if (bytes === undefined) throw damaged(`${name} ${index} of ${this.path}`)
    return { value: parse(bytes), bytes: bytes.length * factor + 200 }
  }

  get blocks(): BlockTable {
    return this.#table('blocks', PART.blocks, 0, 2, parseBlocks)
  }

  get #keyTable(): KeyTable {
    return this.#table('keys', PART.keys, 0, 2, (bytes) => {
      const reader = new ByteReader(bytes)
      const keys = readByteList(reader)
      reader.at = keys.start[keys.count] as number
      const entryStart = new Uint32Array(keys.count + 2)
      for (let i = 0; i <= keys.count; i++) entryStart[i + 1] = (entryStart[i] as number) + reader.varint()
      return { keys, entryStart }
    })
  }

  get keys(): ByteList {
    return this.#keyTable.keys
  }

  get shapes(): Shapes {
    return this.#table('shapes', PART.shapes, 0, 8, decodeShapes)
  }

  get names(): ByteList {
    return this.#table('names', PART.names, 0, 2, parseList)
  }

  /** Text of a span name by its number. */
  name(number: number): string {
    return textOfBytes(listEntry(this.names, number))
  }

  get eventNames(): ByteList {
    return this.#table('events', PART.eventNames, 0, 2, parseList)
  }

  get resources(): SegmentGroups {
    return this.#table('resources', PART.resources, 0, 3, (bytes) => parseGroups(parseList(bytes), 3))
  }

  get scopes(): SegmentGroups {
    return this.#table('scopes', PART.scopes, 0, 3, (bytes) => parseGroups(parseList(bytes), 2))
  }

  /** Filter over the values of all blocks, salted by tenant. */
  get filter(): Uint32Array {
    return this.#table('filter', PART.filter, 0, 1, parseWords)
  }

  get blockFilters(): Uint32Array {
    return this.#table('filters', PART.blockFilters, 0, 1, parseWords)
  }

  get dictionaryIndex(): DictionaryIndex {
    return this.#table('index', PART.dictionaryIndex, 0, 1, (bytes) => {
      const words = parseWords(bytes)
      return { hashes: words.subarray(0, words.length >> 1), entries: words.subarray(words.length >> 1) }
    })
  }

  /** `keep` false: for one of very many pages, which together would push everything else out of the cache. */
  pieces(page: number, keep: boolean = true): PiecePage {
    if (keep) return this.#table('pieces', PART.pieces, page, 1, parsePieces)
    return this.#cache.look(PART.pieces * KIND_KEYS + page, () =>
      this.#load('pieces', PART.pieces, page, 1, parsePieces),
    )
  }

  /** What rebuilding spans asks for again and again, looked up once. */
  strings(): SegmentStrings {
    const { keys, entryStart } = this.#keyTable
    const { names, eventNames } = this
    const pages: (ByteList | undefined)[] = []
    return {
      keys,
      names,
      eventNames,
      dictionaryValue: (key, code) => {
        const index = (entryStart[key] as number) + code - 1
        const number = Math.floor(index / DICTIONARY_PAGE_ENTRIES)
        const page = (pages[number] ??= this.#table('dictionary', PART.dictionary, number, 2, parseList))
        const at = index % DICTIONARY_PAGE_ENTRIES
        if (at >= page.count) throw damaged()
        return listEntry(page, at)
      },
    }
  }

  /** Number of the first dictionary entry of each key. */
  get entryStart(): Uint32Array {
    return this.#keyTable.entryStart
  }

  /** A value of the dictionary or of a block with its key, decoded. Key 0: `value` is a whole KeyValue. */
  attribute(key: number, value: Uint8Array): Attribute {
    let message = value
    if (key > 0) {
      const out = new ByteWriter(value.length + 64)
      writeKeyValue(out, undefined, listEntry(this.keys, key - 1), value)
      message = out.view()
    }
    return decodeKeyValue(new ProtoReader(message), message.length)
  }

  get operations(): readonly StoredOperation[] {
    return this.#table('operations', PART.operations, 0, 8, (bytes) => {
      const reader = new ByteReader(bytes)
      const count = reader.u32()
      const [tenants, resources, names, kinds] = [
        reader.words(count),
        reader.words(count),
        reader.words(count),
        reader.words(count),
      ]
      const text = new TextDecoder()
      return Array.from({ length: count }, (_, i) => ({
        tenant: tenants[i] as number,
        service: this.resources.names[resources[i] as number] ?? '',
        name: text.decode(listEntry(this.names, names[i] as number)),
        kind: kinds[i] as number,
      }))
    })
  }

  /** Spans and bytes by resource; undefined in segments of before they were kept. */
  get resourceSums(): ResourceSums | undefined {
    const bytes = this.#file.part(PART.resourceSums)
    return bytes === undefined ? undefined : parseResourceSums(bytes)
  }

  columns(block: number): BlockColumns {
    return this.#stream(block, STREAM_COLUMNS, 6, (bytes) => {
      const { minStart } = this.blocks
      return readColumns(
        bytes,
        this.#piecesOf(block).rows,
        minStart[block * 2] as number,
        minStart[block * 2 + 1] as number,
      )
    })
  }

  tokens(block: number): BlockTokens {
    const rows = this.blocks.rows[block] as number
    return this.#stream(block, STREAM_TOKENS, 10, (bytes) => readTokens(bytes, rows, this.keys.count, this.shapes))
  }

  /** Of the keys that are left in `shapes`, at least. For who looks at many blocks once: what is not in the cache does not go there. */
  keyTokens(block: number, shapes: Shapes): KeyTokens {
    const key = (FIRST_STREAM_KIND + STREAM_TOKENS) * KIND_KEYS + block
    return this.#cache.look<KeyTokens>(key, () => {
      const bytes = this.#bytesOf(block, STREAM_TOKENS)
      return { value: readKeyTokens(bytes, this.blocks.rows[block] as number, this.keys.count, shapes), bytes: 0 }
    })
  }

  values(block: number): BlockValues {
    return this.#stream(block, STREAM_VALUES, 1.5, readValues)
  }

  /** Span ids of a block's rows, eight bytes each; behind them the parent ids of rows that have one of their own. */
  ids(block: number): Uint8Array {
    return this.#stream(block, STREAM_IDS, 1, (bytes) => bytes)
  }

  #stream<T>(block: number, stream: number, factor: number, parse: (bytes: Uint8Array) => T): T {
    return this.#cache.get((FIRST_STREAM_KIND + stream) * KIND_KEYS + block, () => {
      const bytes = this.#bytesOf(block, stream)
      return { value: parse(bytes), bytes: bytes.length * factor + 400 }
    })
  }

  #bytesOf(block: number, stream: number): Uint8Array {
    const stored = this.blocks.streams[block]?.[stream]
    if (stored === undefined) throw damaged(this.path)
    return this.#file.read(stored)
  }

  /** Rows and trace ids of the pieces of a block. */
  #piecesOf(block: number): { readonly rows: Uint32Array; readonly ids: Uint32Array } {
    const { firstPiece, pieces } = this.blocks
    const first = firstPiece[block] as number
    const count = pieces[block] as number
    const rows = new Uint32Array(count)
    const ids = new Uint32Array(count * 4)
    let number = Math.floor(first / PIECES_PER_PAGE)
    let page = this.pieces(number)
    for (let i = 0; i < count; i++) {
      const at = (first + i) % PIECES_PER_PAGE
      if (Math.floor((first + i) / PIECES_PER_PAGE) !== number) page = this.pieces(++number)
      rows[i] = page.rows[at] as number
      for (let word = 0; word < 4; word++) ids[i * 4 + word] = page.ids[at * 4 + word] as number
    }
    return { rows, ids }
  }

  /** Trace ids of a block's pieces, four words each. */
  traceIds(block: number): Uint32Array {
    return this.#piecesOf(block).ids
  }

  /** Rebuilds Span messages of a block. */
  rebuilder(block: number): SpanRebuilder {
    const decoded: DecodedBlock = {
      columns: this.columns(block),
      tokens: this.tokens(block),
      values: this.values(block),
      ids: this.ids(block),
      traceIds: this.traceIds(block),
    }
    return new SpanRebuilder(decoded, this.strings())
  }

  /** Fingerprints of the pieces' traces, sorted; behind them the number of each one's piece. */
  get traceIndex(): Uint32Array {
    return this.#table('traces', PART.traceIndex, 0, 1, parseWords)
  }

  /** Numbers of the pieces whose traces may have these low 64 bits. */
  findPieces(word2: number, word3: number): number[] {
    const index = this.traceIndex
    const count = index.length >> 1
    const fingerprint = traceFingerprint(word2, word3)
    const found: number[] = []
    for (let i = lowerBound(index, count, fingerprint); i < count && index[i] === fingerprint; i++)
      found.push(index[count + i] as number)
    return found
  }

  /** Pieces of traces whose low 64 bits are these two words, of any tenant. */
  findTrace(word2: number, word3: number): TracePiece[] {
    const found: TracePiece[] = []
    for (const number of this.findPieces(word2, word3)) {
      const page = this.pieces(Math.floor(number / PIECES_PER_PAGE))
      const at = number % PIECES_PER_PAGE
      if (page.ids[at * 4 + 2] !== word2 || page.ids[at * 4 + 3] !== word3) continue
      found.push({
        block: page.block[at] as number,
        firstRow: page.firstRow[at] as number,
        rows: page.rows[at] as number,
        id: page.ids.subarray(at * 4, at * 4 + 4),
      })
    }
    return found
  }
}
