// Decodes the streams of a block (block-writer.ts is the counterpart) and rebuilds Span messages from them. Everything here
// works on bytes that passed their CRC; reading beyond an end throws `segment_damaged`.

import { type ByteList, ByteReader, damaged, listEntry, readByteList } from './bytes.ts'
import { EVENT_RAW, ROW_RAW, ROW_REST } from './format.ts'

export interface BlockColumns {
  readonly rows: number
  readonly resource: Uint32Array
  readonly scope: Uint32Array
  readonly name: Uint32Array
  readonly kind: Uint8Array
  readonly status: Uint8Array
  readonly flags: Uint8Array
  /** Pairs of words. */
  readonly start: Uint32Array
  readonly duration: Uint32Array
  readonly parent: Uint32Array
  /** Place of a row's further fields, or of its whole message, among the block's. */
  readonly kept: Uint32Array
  /** Place of a row's explicit parent id. */
  readonly parentId: Uint32Array
  /** Piece of each row, within the block. */
  readonly piece: Uint32Array
}

/** `pieceRows`: rows of each of the block's pieces; `base`: the block's lowest start. */
export function readColumns(bytes: Uint8Array, pieceRows: Uint32Array, baseLow: number, baseHigh: number): BlockColumns {
  let rows = 0
  for (const count of pieceRows) rows += count
  const [resources, scopes, names, kinds, statuses, flagBytes, starts, durations, parents] = sections(bytes, 9) as NineReaders
  const flags = flagBytes.take(rows)
  const parent = varints(parents, rows)
  const kept = new Uint32Array(rows)
  const parentId = new Uint32Array(rows)
  let raws = 0
  let rests = 0
  let ids = 0
  for (let row = 0; row < rows; row++) {
    if (((flags[row] as number) & ROW_RAW) !== 0) kept[row] = raws++
    else if (((flags[row] as number) & ROW_REST) !== 0) kept[row] = rests++
    if (parent[row] === 1) parentId[row] = ids++
  }
  return {
    rows,
    resource: varints(resources, rows),
    scope: varints(scopes, rows),
    name: varints(names, rows),
    kind: kinds.take(rows),
    status: statuses.take(rows),
    flags,
    ...readStarts(starts, pieceRows, rows, baseLow, baseHigh),
    duration: pairs(durations, rows),
    parent,
    kept,
    parentId,
  }
}

type NineReaders = [ByteReader, ByteReader, ByteReader, ByteReader, ByteReader, ByteReader, ByteReader, ByteReader, ByteReader]

function sections(bytes: Uint8Array, count: number): ByteReader[] {
  const head = new ByteReader(bytes)
  const readers: ByteReader[] = []
  let at = count * 4
  for (let i = 0; i < count; i++) {
    const length = head.u32()
    if (at + length > bytes.length) throw damaged()
    readers.push(new ByteReader(bytes, at, at + length))
    at += length
  }
  return readers
}

function varints(reader: ByteReader, count: number): Uint32Array {
  const out = new Uint32Array(count)
  for (let i = 0; i < count; i++) out[i] = reader.varint()
  return out
}

function pairs(reader: ByteReader, count: number): Uint32Array {
  const out = new Uint32Array(count * 2)
  for (let i = 0; i < count; i++) {
    out[i * 2] = reader.varint64()
    out[i * 2 + 1] = reader.high
  }
  return out
}

function readStarts(reader: ByteReader, pieceRows: Uint32Array, rows: number, baseLow: number, baseHigh: number): { start: Uint32Array; piece: Uint32Array } {
  const start = new Uint32Array(rows * 2)
  const piece = new Uint32Array(rows)
  let row = 0
  for (const [p, count] of pieceRows.entries()) {
    let low = baseLow
    let high = baseHigh
    for (let i = 0; i < count; i++, row++) {
      low += reader.varint64()
      high += reader.high
      if (low > 0xffff_ffff) {
        low -= 0x1_0000_0000
        high++
      }
      start[row * 2] = low
      start[row * 2 + 1] = high
      piece[row] = p
    }
  }
  return { start, piece }
}

export interface BlockTokens {
  /** Attributes of row i: tokens[start[i] .. start[i + 1]). */
  readonly start: Uint32Array
  readonly tokens: Uint32Array
  /** For inline tokens: place among the block's values of that key. */
  readonly ordinal: Uint32Array
  /** Events of row i: eventStart[i] .. eventStart[i + 1]. */
  readonly eventStart: Uint32Array
  /** EVENT_RAW or 1 + event name. */
  readonly eventCode: Uint32Array
  /** Time after the span's start, pairs of words; of raw events: place among the block's raw events. */
  readonly eventTime: Uint32Array
  readonly eventTokenStart: Uint32Array
  readonly eventTokens: Uint32Array
  readonly eventOrdinal: Uint32Array
}

/** `keys`: number of inline keys; tokens above it are dictionary entries. */
export function readTokens(bytes: Uint8Array, rows: number, keys: number): BlockTokens {
  const [counts, tokenBytes, eventCounts, codes, times, eventAttributeCounts, eventTokenBytes] = sections(bytes, 7) as NineReaders
  const start = starts(counts, rows)
  const tokens = varints(tokenBytes, start[rows] as number)
  const eventStart = starts(eventCounts, rows)
  const events = eventStart[rows] as number
  const eventCode = varints(codes, events)
  const eventTime = new Uint32Array(events * 2)
  const eventTokenStart = new Uint32Array(events + 1)
  let raws = 0
  for (let e = 0; e < events; e++) {
    const raw = eventCode[e] === EVENT_RAW
    eventTime[e * 2] = raw ? raws++ : times.varint64()
    eventTime[e * 2 + 1] = raw ? 0 : times.high
    eventTokenStart[e + 1] = (eventTokenStart[e] as number) + (raw ? 0 : eventAttributeCounts.varint())
  }
  const eventTokens = varints(eventTokenBytes, eventTokenStart[events] as number)
  const next = new Uint32Array(keys + 1)
  const ordinal = new Uint32Array(tokens.length)
  const eventOrdinal = new Uint32Array(eventTokens.length)
  // Values were written row by row: a span's attributes, then those of its events.
  for (let row = 0; row < rows; row++) {
    number(tokens, ordinal, start[row] as number, start[row + 1] as number, next)
    const from = eventTokenStart[eventStart[row] as number] as number
    number(eventTokens, eventOrdinal, from, eventTokenStart[eventStart[row + 1] as number] as number, next)
  }
  return { start, tokens, ordinal, eventStart, eventCode, eventTime, eventTokenStart, eventTokens, eventOrdinal }
}

function starts(counts: ByteReader, rows: number): Uint32Array {
  const out = new Uint32Array(rows + 1)
  for (let i = 0; i < rows; i++) out[i + 1] = (out[i] as number) + counts.varint()
  return out
}

function number(tokens: Uint32Array, ordinal: Uint32Array, from: number, to: number, next: Uint32Array): void {
  for (let i = from; i < to; i++) {
    const token = tokens[i] as number
    if (token >= next.length) continue
    const place = next[token] as number
    ordinal[i] = place
    next[token] = place + 1
  }
}

export interface BlockValues {
  /** Inline values by key; under 0 whole KeyValue messages. */
  readonly byKey: ReadonlyMap<number, ByteList>
  readonly rawEvents: ByteList
  readonly rawSpans: ByteList
  readonly rests: ByteList
}

export function readValues(bytes: Uint8Array): BlockValues {
  const reader = new ByteReader(bytes)
  const byKey = new Map<number, ByteList>()
  const groups = reader.varint()
  for (let i = 0; i < groups; i++) byKey.set(reader.varint(), readByteList(reader))
  return { byKey, rawEvents: readByteList(reader), rawSpans: readByteList(reader), rests: readByteList(reader) }
}

const NO_BYTES = new Uint8Array(0)

export function inlineValue(values: BlockValues, token: number, ordinal: number): Uint8Array {
  const list = values.byKey.get(token)
  if (list === undefined || ordinal >= list.count) throw damaged()
  return listEntry(list, ordinal)
}

/** What a row keeps beside its columns: its whole message, its further fields, or nothing. */
export function keptBytes(columns: BlockColumns, values: BlockValues, row: number): Uint8Array {
  const flags = columns.flags[row] as number
  if ((flags & (ROW_RAW | ROW_REST)) === 0) return NO_BYTES
  return listEntry((flags & ROW_RAW) === 0 ? values.rests : values.rawSpans, columns.kept[row] as number)
}
