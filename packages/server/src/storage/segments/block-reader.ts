// Decodes the streams of a block (block-writer.ts is the counterpart) and rebuilds Span messages from them. Everything here
// works on bytes that passed their CRC; reading beyond an end throws `segment_damaged`.

import { type ByteList, ByteReader, damaged, listEntry, readByteList } from './bytes.ts'
import { EVENT_RAW, ROW_RAW, ROW_REST, VALUE_INLINE } from './format.ts'

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
export function readColumns(
  bytes: Uint8Array,
  pieceRows: Uint32Array,
  baseLow: number,
  baseHigh: number,
): BlockColumns {
  let rows = 0
  for (const count of pieceRows) rows += count
  const [resources, scopes, names, kinds, statuses, flagBytes, starts, durations, parents] = sections(
    bytes,
    9,
  ) as NineReaders
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

type NineReaders = [
  ByteReader,
  ByteReader,
  ByteReader,
  ByteReader,
  ByteReader,
  ByteReader,
  ByteReader,
  ByteReader,
  ByteReader,
]

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

function readStarts(
  reader: ByteReader,
  pieceRows: Uint32Array,
  rows: number,
  baseLow: number,
  baseHigh: number,
): { start: Uint32Array; piece: Uint32Array } {
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

/** Attributes and events of a block's rows; of some keys, or of all. */
export interface KeyTokens {
  /** Attributes of row i: [start[i], start[i + 1]); key, value code, and for inline values the place among those of the key. */
  readonly start: Uint32Array
  readonly attributes: AttributeCodes
  /** Events of row i: eventStart[i] .. eventStart[i + 1]. */
  readonly eventStart: Uint32Array
  /** EVENT_RAW or 1 + event name. */
  readonly eventCode: Uint32Array
  readonly eventAttributeStart: Uint32Array
  readonly eventAttributes: AttributeCodes
}

export interface BlockTokens extends KeyTokens {
  /** Time after the span's start, pairs of words; of raw events: place among the block's raw events. */
  readonly eventTime: Uint32Array
}

export interface AttributeCodes {
  readonly key: Uint32Array
  readonly code: Uint32Array
  readonly ordinal: Uint32Array
}

/** Lists of keys, by number. */
export type Shapes = readonly Uint32Array[]

/** `keys`: number of keys of the segment. */
export function readTokens(bytes: Uint8Array, rows: number, keys: number, shapes: Shapes): BlockTokens {
  const tokens = readKeyTokens(bytes, rows, keys, shapes)
  const times = sections(bytes, 6)[3] as ByteReader
  return { ...tokens, eventTime: readEventTimes(times, tokens.eventStart, tokens.eventCode, rows) }
}

/** As readTokens(), of the keys that are left in `shapes` alone: the codes of others are not read, nor are times. */
export function readKeyTokens(bytes: Uint8Array, rows: number, keys: number, shapes: Shapes): KeyTokens {
  const [rowShapes, eventCounts, codes, , eventShapes, codeBytes] = sections(bytes, 6) as NineReaders
  const shapeOf = varints(rowShapes, rows)
  const eventStart = new Uint32Array(rows + 1)
  for (let i = 0; i < rows; i++) eventStart[i + 1] = (eventStart[i] as number) + eventCounts.varint()
  const events = eventStart[rows] as number
  const eventCode = varints(codes, events)
  const eventShape = new Uint32Array(events)
  for (let e = 0; e < events; e++) if (eventCode[e] !== EVENT_RAW) eventShape[e] = eventShapes.varint() + 1
  const start = shapeStarts(shapes, rows, (row) => shapeOf[row] as number)
  const eventAttributeStart = shapeStarts(shapes, events, (e) => (eventShape[e] as number) - 1)
  const columns = new CodeColumns(codeBytes, keys)
  const attributes = emptyCodes(start[rows] as number)
  const eventAttributes = emptyCodes(eventAttributeStart[events] as number)
  // Codes and values were written row by row: a span's attributes, then those of its events.
  for (let row = 0; row < rows; row++) {
    columns.read(shapes[shapeOf[row] as number], attributes, start[row] as number)
    for (let e = eventStart[row] as number; e < (eventStart[row + 1] as number); e++) {
      if (eventCode[e] !== EVENT_RAW)
        columns.read(shapes[(eventShape[e] as number) - 1], eventAttributes, eventAttributeStart[e] as number)
    }
  }
  return { start, attributes, eventStart, eventCode, eventAttributeStart, eventAttributes }
}

/** Places of raw events, or times after the span's start, as pairs of words. */
function readEventTimes(times: ByteReader, eventStart: Uint32Array, eventCode: Uint32Array, rows: number): Uint32Array {
  const out = new Uint32Array(eventCode.length * 2)
  let raws = 0
  for (let row = 0; row < rows; row++) {
    let previous = -1
    for (let e = eventStart[row] as number; e < (eventStart[row + 1] as number); e++) {
      if (eventCode[e] === EVENT_RAW) {
        out[e * 2] = raws++
        continue
      }
      const low = times.varint64()
      const code = low + times.high * 0x1_0000_0000
      const step = code % 2 === 0 ? code / 2 : -(code + 1) / 2
      previous = previous < 0 ? code : previous + step
      out[e * 2] = previous % 0x1_0000_0000
      out[e * 2 + 1] = Math.floor(previous / 0x1_0000_0000)
    }
  }
  return out
}

/** A shape below 0 has no keys. */
function shapeStarts(shapes: Shapes, count: number, shapeOf: (i: number) => number): Uint32Array {
  const out = new Uint32Array(count + 1)
  for (let i = 0; i < count; i++) {
    const shape = shapeOf(i)
    const keys = shape < 0 ? 0 : shapes[shape]?.length
    if (keys === undefined) throw damaged()
    out[i + 1] = (out[i] as number) + keys
  }
  return out
}

function emptyCodes(count: number): AttributeCodes {
  return { key: new Uint32Array(count), code: new Uint32Array(count), ordinal: new Uint32Array(count) }
}

/** The codes of each key, read in step. */
class CodeColumns {
  readonly #readers: (ByteReader | undefined)[] = []
  readonly #bytes: Uint8Array
  readonly #inline: Uint32Array
  /** Where the codes of a key begin and end. */
  readonly #from: Uint32Array
  readonly #to: Uint32Array

  constructor(directory: ByteReader, keys: number) {
    this.#bytes = directory.bytes
    this.#inline = new Uint32Array(keys + 1)
    this.#from = new Uint32Array(keys + 1)
    this.#to = new Uint32Array(keys + 1)
    const count = directory.varint()
    const found = new Uint32Array(count)
    for (let i = 0; i < count; i++) {
      const key = directory.varint()
      if (key > keys) throw damaged()
      found[i] = key
      this.#to[key] = directory.varint()
    }
    let at = directory.at
    for (const key of found) {
      this.#from[key] = at
      at += this.#to[key] as number
      this.#to[key] = at
    }
    if (at > directory.end) throw damaged()
  }

  #reader(key: number): ByteReader {
    const from = this.#from[key]
    // A column lies behind the directory: no key has its codes at 0.
    if (from === undefined || from === 0) throw damaged()
    const reader = new ByteReader(this.#bytes, from, this.#to[key])
    this.#readers[key] = reader
    return reader
  }

  read(shape: Uint32Array | undefined, into: AttributeCodes, from: number): void {
    if (shape === undefined) throw damaged()
    for (let i = 0; i < shape.length; i++) {
      const key = shape[i] as number
      const code = (this.#readers[key] ?? this.#reader(key)).varint()
      into.key[from + i] = key
      into.code[from + i] = code
      if (code !== VALUE_INLINE) continue
      const place = this.#inline[key] as number
      into.ordinal[from + i] = place
      this.#inline[key] = place + 1
    }
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

export function inlineValue(values: BlockValues, key: number, ordinal: number): Uint8Array {
  const list = values.byKey.get(key)
  if (list === undefined || ordinal >= list.count) throw damaged()
  return listEntry(list, ordinal)
}

/** What a row keeps beside its columns: its whole message, its further fields, or nothing. */
export function keptBytes(columns: BlockColumns, values: BlockValues, row: number): Uint8Array {
  const flags = columns.flags[row] as number
  if ((flags & (ROW_RAW | ROW_REST)) === 0) return NO_BYTES
  return listEntry((flags & ROW_RAW) === 0 ? values.rests : values.rawSpans, columns.kept[row] as number)
}
