// A sealed segment as its readers see it: tables, blocks and lookups, each loaded when needed and kept in the shared cache.
// Immutable. Any damage throws SpoorError `segment_damaged`; the reader then sets the segment aside.

import { decodeKeyValue } from '../../wire/otlp/decode-attributes.ts'
import { attributeHashes } from '../../wire/otlp/hash.ts'
import { scanOtlp } from '../../wire/otlp/scan.ts'
import type { GroupTable } from '../../wire/otlp/span-batch.ts'
import { ProtoReader } from '../../wire/codec/protobuf.ts'
import { type BlockColumns, type BlockTokens, type BlockValues, readColumns, readTokens, readValues, type Shapes } from './block-reader.ts'
import { type ByteList, ByteReader, ByteWriter, damaged, listEntry, readByteList } from './bytes.ts'
import type { Cache } from './cache.ts'
import { DICTIONARY_PAGE_ENTRIES, PART, PIECES_PER_PAGE, STREAM_COLUMNS, STREAM_IDS, STREAM_TOKENS, STREAM_VALUES, STREAMS, type TenantMeta, traceFingerprint } from './format.ts'
import type { ManifestEntry } from './manifest.ts'
import type { Stored } from './part-writer.ts'
import type { SegmentFile } from './segment-file.ts'
import { decodeShapes } from './shapes.ts'
import { type DecodedBlock, type SegmentStrings, SpanRebuilder, writeKeyValue } from './span-rebuilder.ts'

export interface BlockTable {
  readonly count: number
  readonly tenant: Uint32Array
  readonly flags: Uint32Array
  readonly firstPiece: Uint32Array
  readonly pieces: Uint32Array
  readonly rows: Uint32Array
  /** Pairs of words. */
  readonly minStart: Uint32Array
  readonly maxStart: Uint32Array
  readonly maxDuration: Uint32Array
  readonly streams: readonly (readonly Stored[])[]
  readonly filterAt: Uint32Array
  readonly filterWords: Uint32Array
  /** Resources of each block, sorted. */
  readonly resources: readonly Uint32Array[]
}

export interface PiecePage {
  readonly count: number
  /** Four words each. */
  readonly ids: Uint32Array
  readonly block: Uint32Array
  readonly firstRow: Uint32Array
  readonly rows: Uint32Array
}

/** Resources or scopes: their bytes, and the table that the scanner makes of them. */
export interface SegmentGroups {
  readonly messages: readonly Uint8Array[]
  readonly schemas: readonly Uint8Array[]
  readonly table: GroupTable
  readonly names: readonly string[]
}

interface KeyTable {
  readonly keys: ByteList
  /** Dictionary entries of key k: [entryStart[k], entryStart[k + 1]). */
  readonly entryStart: Uint32Array
}

export interface DictionaryIndex {
  readonly hashes: Uint32Array
  readonly entries: Uint32Array
}

export interface StoredOperation {
  readonly tenant: number
  readonly service: string
  readonly name: string
  readonly kind: number
}

export interface TracePiece {
  readonly block: number
  readonly firstRow: number
  readonly rows: number
  /** Four words. */
  readonly id: Uint32Array
}

export class Segment {
  readonly entryInfo: ManifestEntry
  readonly #file: SegmentFile
  readonly #cache: Cache
  readonly #prefix: string
  damaged = false

  constructor(entry: ManifestEntry, file: SegmentFile, cache: Cache) {
    this.entryInfo = entry
    this.#file = file
    this.#cache = cache
    this.#prefix = `${entry.id}/`
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

  tenant(name: string): TenantMeta | undefined {
    return this.entryInfo.tenants.find((tenant) => tenant.name === name)
  }

  /** Frees what is held of it. */
  close(): void {
    this.#cache.drop(this.#prefix)
    this.#file.close()
  }

  #table<T>(name: string, kind: number, index: number, factor: number, parse: (bytes: Uint8Array) => T): T {
    return this.#cache.get(`${this.#prefix}${name}${index}`, () => {
      const bytes = this.#file.part(kind, index)
      if (bytes === undefined) throw damaged(`${name} ${index} of ${this.path}`)
      return { value: parse(bytes), bytes: bytes.length * factor + 200 }
    })
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

  pieces(page: number): PiecePage {
    return this.#table('pieces', PART.pieces, page, 1, parsePieces)
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

  /** Every hash of a key's inline value, as the scanner would give them. Key 0: `value` is a whole KeyValue. */
  hashesOf(key: number, value: Uint8Array): readonly number[] {
    let message = value
    if (key > 0) {
      const out = new ByteWriter(value.length + 64)
      writeKeyValue(out, undefined, listEntry(this.keys, key - 1), value)
      message = out.view()
    }
    const attribute = decodeKeyValue(new ProtoReader(message), message.length)
    return attributeHashes(attribute.key, attribute.value)
  }

  get operations(): readonly StoredOperation[] {
    return this.#table('operations', PART.operations, 0, 8, (bytes) => {
      const reader = new ByteReader(bytes)
      const count = reader.u32()
      const [tenants, resources, names, kinds] = [reader.words(count), reader.words(count), reader.words(count), reader.words(count)]
      const text = new TextDecoder()
      return Array.from({ length: count }, (_, i) => ({
        tenant: tenants[i] as number,
        service: this.resources.names[resources[i] as number] ?? '',
        name: text.decode(listEntry(this.names, names[i] as number)),
        kind: kinds[i] as number,
      }))
    })
  }

  columns(block: number): BlockColumns {
    return this.#stream('columns', block, STREAM_COLUMNS, 6, (bytes) => {
      const { minStart } = this.blocks
      return readColumns(bytes, this.#piecesOf(block).rows, minStart[block * 2] as number, minStart[block * 2 + 1] as number)
    })
  }

  tokens(block: number): BlockTokens {
    const rows = this.blocks.rows[block] as number
    return this.#stream('tokens', block, STREAM_TOKENS, 10, (bytes) => readTokens(bytes, rows, this.keys.count, this.shapes))
  }

  values(block: number): BlockValues {
    return this.#stream('values', block, STREAM_VALUES, 1.5, readValues)
  }

  #ids(block: number): Uint8Array {
    return this.#stream('ids', block, STREAM_IDS, 1, (bytes) => bytes)
  }

  #stream<T>(name: string, block: number, stream: number, factor: number, parse: (bytes: Uint8Array) => T): T {
    return this.#cache.get(`${this.#prefix}${name}${block}`, () => {
      const stored = this.blocks.streams[block]?.[stream]
      if (stored === undefined) throw damaged(this.path)
      return { value: parse(this.#file.read(stored)), bytes: stored.raw * factor + 400 }
    })
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
      ids: this.#ids(block),
      traceIds: this.traceIds(block),
    }
    return new SpanRebuilder(decoded, this.strings())
  }

  /** Pieces of traces whose low 64 bits are these two words, of any tenant. */
  findTrace(word2: number, word3: number): TracePiece[] {
    const index = this.#table('traces', PART.traceIndex, 0, 1, parseWords)
    const count = index.length >> 1
    const fingerprint = traceFingerprint(word2, word3)
    const found: TracePiece[] = []
    for (let i = lowerBound(index, count, fingerprint); i < count && index[i] === fingerprint; i++) {
      const number = index[count + i] as number
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

/** First place in a sorted column whose value is not below `value`. */
export function lowerBound(column: Uint32Array, count: number, value: number): number {
  let low = 0
  let high = count
  while (low < high) {
    const middle = (low + high) >>> 1
    if ((column[middle] as number) < value) low = middle + 1
    else high = middle
  }
  return low
}

function parseList(bytes: Uint8Array): ByteList {
  return readByteList(new ByteReader(bytes))
}

function parseWords(bytes: Uint8Array): Uint32Array {
  return new ByteReader(bytes).words(bytes.length >> 2)
}

function parseBlocks(bytes: Uint8Array): BlockTable {
  const reader = new ByteReader(bytes)
  const count = reader.u32()
  const column = (): Uint32Array => reader.words(count)
  const long = (): Uint32Array => reader.words(count * 2)
  const [tenant, flags, firstPiece, pieces, rows] = [column(), column(), column(), column(), column()]
  const [minStart, maxStart, maxDuration, offset] = [long(), long(), long(), long()]
  const shapes = Array.from({ length: STREAMS }, () => ({ stored: column(), raw: column(), crc: column() }))
  const streams = Array.from({ length: count }, (_, block) => {
    let at = (offset[block * 2] as number) + (offset[block * 2 + 1] as number) * 0x1_0000_0000
    return shapes.map(({ stored, raw, crc }) => {
      const entry = { offset: at, stored: stored[block] as number, raw: raw[block] as number, crc: crc[block] as number }
      at += entry.stored
      return entry
    })
  })
  const [filterAt, filterWords, counts] = [column(), column(), column()]
  const resources = Array.from(counts, (resourceCount) => Uint32Array.from({ length: resourceCount }, () => reader.varint()))
  return { count, tenant, flags, firstPiece, pieces, rows, minStart, maxStart, maxDuration, streams, filterAt, filterWords, resources }
}

function parsePieces(bytes: Uint8Array): PiecePage {
  const reader = new ByteReader(bytes)
  const count = reader.u32()
  return { count, ids: reader.words(count * 4), block: reader.words(count), firstRow: reader.words(count), rows: reader.words(count) }
}

/** `width` 3: resources (message, schema URL, service name); 2: scopes (message, schema URL). */
function parseGroups(list: ByteList, width: 2 | 3): SegmentGroups {
  const count = list.count / width
  const messages: Uint8Array[] = []
  const schemas: Uint8Array[] = []
  for (let i = 0; i < count; i++) {
    messages.push(listEntry(list, i * width))
    schemas.push(listEntry(list, i * width + 1))
  }
  const out = new ByteWriter(4096)
  for (const message of messages) writeGroup(out, width === 3, message)
  const bytes = out.view()
  const batch = scanOtlp(bytes)
  const table = width === 3 ? batch.resources : batch.scopes
  const text = new TextDecoder()
  const names = messages.map((_, i) => {
    if (width === 3) return text.decode(listEntry(list, i * width + 2))
    return text.decode(bytes.subarray(table.nameOffset[i] as number, (table.nameOffset[i] as number) + (table.nameLength[i] as number)))
  })
  return { messages, schemas, table, names }
}

/** A ResourceSpans with one resource and one scope, of which one is the message. */
function writeGroup(out: ByteWriter, isResource: boolean, message: Uint8Array): void {
  const inner = new ByteWriter(message.length + 16)
  if (isResource) {
    field(inner, 0x0a, message)
  } else {
    const scopeSpans = new ByteWriter(message.length + 8)
    field(scopeSpans, 0x0a, message)
    field(inner, 0x12, scopeSpans.view())
  }
  field(out, 0x0a, inner.view())
}

function field(out: ByteWriter, tag: number, bytes: Uint8Array): void {
  out.byte(tag)
  out.varint(bytes.length)
  out.bytes(bytes)
}
