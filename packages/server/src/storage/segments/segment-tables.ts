// The tables of a segment as a reader holds them, and how each is read from the bytes of its part (docs/format.md).

import type { Attribute, Scope } from '@spoor/core/model/span'
import { SpanDecoder } from '../../wire/otlp/decode.ts'
import { scanOtlp } from '../../wire/otlp/scan.ts'
import type { GroupTable } from '../../wire/otlp/span-batch.ts'
import { type ByteList, ByteReader, ByteWriter, listEntry, readByteList } from './bytes.ts'
import { STREAMS } from './format.ts'
import type { Stored } from './part-writer.ts'

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
  /** undefined in segments of before these columns were kept. */
  readonly summary: PieceSummary | undefined
}

/** The pieces of a page in numbers. Times are pairs of words. */
export interface PieceSummary {
  readonly oldest: Uint32Array
  readonly newestEnd: Uint32Array
  readonly errors: Uint32Array
  /** Newest start minus oldest. */
  readonly spread: Uint32Array
  /** Of the row that is without a parent and before all others of the piece; NO_ROW where there is none. */
  readonly rootResource: Uint32Array
  readonly rootName: Uint32Array
}

/** Resources or scopes: their bytes, and the table that the scanner makes of them. */
export interface SegmentGroups {
  readonly messages: readonly Uint8Array[]
  readonly schemas: readonly Uint8Array[]
  readonly table: GroupTable
  readonly names: readonly string[]
  /** Decoded when asked for. */
  attributes(group: number): readonly Attribute[]
  /** Of scopes. */
  scope(group: number): Scope
}

export interface KeyTable {
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

export function parseList(bytes: Uint8Array): ByteList {
  return readByteList(new ByteReader(bytes))
}

export function parseWords(bytes: Uint8Array): Uint32Array {
  return new ByteReader(bytes).words(bytes.length >> 2)
}

export function parseBlocks(bytes: Uint8Array): BlockTable {
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
      const entry = {
        offset: at,
        stored: stored[block] as number,
        raw: raw[block] as number,
        crc: crc[block] as number,
      }
      at += entry.stored
      return entry
    })
  })
  const [filterAt, filterWords, counts] = [column(), column(), column()]
  const resources = Array.from(counts, (resourceCount) =>
    Uint32Array.from({ length: resourceCount }, () => reader.varint()),
  )
  return {
    count,
    tenant,
    flags,
    firstPiece,
    pieces,
    rows,
    minStart,
    maxStart,
    maxDuration,
    streams,
    filterAt,
    filterWords,
    resources,
  }
}

export function parsePieces(bytes: Uint8Array): PiecePage {
  const reader = new ByteReader(bytes)
  const count = reader.u32()
  const ids = reader.words(count * 4)
  const [block, firstRow, rows] = [reader.words(count), reader.words(count), reader.words(count)]
  const [oldest, newestEnd, errors] = [reader.words(count * 2), reader.words(count * 2), reader.words(count)]
  // The first row without a parent: of use only with the columns behind it, which say whether it is the root.
  reader.words(count)
  const summary =
    reader.at === reader.end
      ? undefined
      : {
          oldest,
          newestEnd,
          errors,
          spread: reader.words(count * 2),
          rootResource: reader.words(count),
          rootName: reader.words(count),
        }
  return { count, ids, block, firstRow, rows, summary }
}

/** `width` 3: resources (message, schema URL, service name); 2: scopes (message, schema URL). */
export function parseGroups(list: ByteList, width: 2 | 3): SegmentGroups {
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
    return text.decode(
      bytes.subarray(table.nameOffset[i], (table.nameOffset[i] as number) + (table.nameLength[i] as number)),
    )
  })
  const decoder = new SpanDecoder(batch)
  const attributes = (i: number): readonly Attribute[] =>
    width === 3 ? decoder.resource(i).attributes : decoder.scope(i).attributes
  return { messages, schemas, table, names, attributes, scope: (i) => decoder.scope(i) }
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
