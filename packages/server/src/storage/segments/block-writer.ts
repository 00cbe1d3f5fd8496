// Encodes one block: the spans of whole or cut traces as streams of like values, compressed apart. The counterpart is
// block-reader.ts; the layout is told in docs/format.md.

import { ROW_IRREGULAR } from '../../wire/otlp/span-batch.ts'
import { ByteListWriter, ByteWriter } from './bytes.ts'
import type { SealDictionary } from './dictionary.ts'
import {
  EVENT_RAW,
  PARENT_ID,
  PARENT_NONE,
  PARENT_ROW,
  ROW_RAW,
  ROW_REST,
  ROW_REST_STATUS,
  VALUE_INLINE,
} from './format.ts'
import type { Head } from './head.ts'
import type { PartWriter, Stored } from './part-writer.ts'
import { RAW_EVENT, type RowParser, type SpanTimes } from './row-parser.ts'
import type { ShapeTable } from './shapes.ts'

/** What sealing knows of the head's rows; `opsAt[i]` is where row i of the order begins in the parser's list, or -1. */
export interface SealInput {
  readonly head: Head
  readonly rows: Uint32Array
  readonly parser: RowParser
  readonly opsAt: Int32Array
  readonly dictionary: SealDictionary
  /** Of the whole segment; grows with each block. */
  readonly shapes: ShapeTable
  /** Head's resource, scope and name numbers to the segment's. */
  readonly resourceOf: Uint32Array
  readonly scopeOf: Uint32Array
  readonly nameOf: Uint32Array
}

/** Whole traces or pieces: [from, to) in the order's rows. */
export interface PieceRange {
  readonly from: number
  readonly to: number
}

const COLUMN_SECTIONS = 9
const TOKEN_SECTIONS = 6

export class BlockWriter {
  readonly #input: SealInput
  readonly #columns = sections(COLUMN_SECTIONS)
  readonly #tokens = sections(TOKEN_SECTIONS)
  readonly #ids = new ByteWriter(1 << 14)
  readonly #parentIds = new ByteWriter(1 << 10)
  readonly #out = new ByteWriter(1 << 16)
  /** Value codes of the block by key, and its inline values (key 0: whole KeyValues). */
  readonly #codes = new Map<number, ByteWriter>()
  readonly #values = new Map<number, ByteListWriter>()
  readonly #rawEvents = new ByteListWriter()
  readonly #rawSpans = new ByteListWriter()
  readonly #rests = new ByteListWriter()
  /** Keys of the attributes that are being written. */
  readonly #keys: number[] = []
  #previousLow = 0
  #previousHigh = 0
  #at = 0

  constructor(input: SealInput) {
    this.#input = input
  }

  /** The block's streams, stored, in order. `base`: its lowest start. */
  write(pieces: readonly PieceRange[], baseLow: number, baseHigh: number, parts: PartWriter): readonly Stored[] {
    for (const writer of [...this.#columns, ...this.#tokens, ...this.#codes.values(), this.#ids, this.#parentIds])
      writer.reset()
    for (const list of [...this.#values.values(), this.#rawEvents, this.#rawSpans, this.#rests]) list.reset()
    for (const piece of pieces) {
      this.#previousLow = baseLow
      this.#previousHigh = baseHigh
      this.#parents(piece)
      for (let i = piece.from; i < piece.to; i++) this.#row(i)
    }
    this.#ids.bytes(this.#parentIds.view())
    return [
      parts.store(this.#join(this.#columns)),
      parts.store(this.#ids.view(), 0),
      parts.store(this.#tokenStream()),
      parts.store(this.#valueStream()),
    ]
  }

  #join(writers: readonly ByteWriter[]): Uint8Array {
    const out = this.#out
    out.reset()
    for (const writer of writers) out.u32(writer.length)
    for (const writer of writers) out.bytes(writer.view())
    return out.view()
  }

  /** The last section holds the codes: count of keys, their numbers and lengths, then each key's codes. */
  #tokenStream(): Uint8Array {
    const out = this.#tokens[5] as ByteWriter
    const used = [...this.#codes].filter(([, codes]) => codes.length > 0).toSorted(([a], [b]) => a - b)
    out.varint(used.length)
    for (const [key, codes] of used) {
      out.varint(key)
      out.varint(codes.length)
    }
    for (const [, codes] of used) out.bytes(codes.view())
    return this.#join(this.#tokens)
  }

  #valueStream(): Uint8Array {
    const out = this.#out
    out.reset()
    const used = [...this.#values].filter(([, list]) => list.count > 0).toSorted(([a], [b]) => a - b)
    out.varint(used.length)
    for (const [key, list] of used) {
      out.varint(key)
      list.writeTo(out)
    }
    this.#rawEvents.writeTo(out)
    this.#rawSpans.writeTo(out)
    this.#rests.writeTo(out)
    return out.view()
  }

  #row(i: number): void {
    const { head, rows, opsAt, resourceOf, scopeOf, nameOf } = this.#input
    const row = rows[i] as number
    const [resources, scopes, names, kinds, statuses, flags, starts, durations] = this.#columns as FirstColumns
    resources.varint(resourceOf[head.resource[row] as number] as number)
    scopes.varint(scopeOf[head.scope[row] as number] as number)
    names.varint(nameOf[row] as number)
    kinds.byte(head.kind[row] as number)
    statuses.byte(head.status[row] as number)
    this.#start(row, starts)
    durations.varint64(head.duration[row * 2] as number, head.duration[row * 2 + 1] as number)
    this.#id(row * 8 + 4, this.#ids)
    const at = opsAt[i] as number
    if (at < 0) {
      flags.byte(ROW_RAW)
      this.#tokens[0]?.varint(this.#input.shapes.number([], 0))
      this.#tokens[1]?.varint(0)
      this.#rawSpans.add(head.bytes, head.offset[row], head.length[row])
      return
    }
    this.#at = at
    this.#attributes(this.#tokens[0] as ByteWriter)
    this.#events()
    flags.byte(this.#rest())
  }

  #start(row: number, out: ByteWriter): void {
    const { start } = this.#input.head
    const low = start[row * 2] as number
    const high = start[row * 2 + 1] as number
    const difference = low - this.#previousLow
    out.varint64(difference >>> 0, high - this.#previousHigh - (difference < 0 ? 1 : 0))
    this.#previousLow = low
    this.#previousHigh = high
  }

  #id(at: number, out: ByteWriter): void {
    const { ids } = this.#input.head
    out.u64(ids[at] as number, ids[at + 1] as number)
  }

  #next(): number {
    return this.#input.parser.out.items[this.#at++] as number
  }

  /** Writes the shape of the next attributes, and their values under their keys. */
  #attributes(shapes: ByteWriter): void {
    const { dictionary } = this.#input
    const count = this.#next()
    const keys = this.#keys
    for (let i = 0; i < count; i++) {
      const entry = this.#next()
      const key = dictionary.keyOf[entry] as number
      keys[i] = key
      this.#value(entry, key)
    }
    shapes.varint(this.#input.shapes.number(keys, count))
  }

  #value(entry: number, key: number): void {
    const { dictionary, head } = this.#input
    let codes = this.#codes.get(key)
    if (codes === undefined) {
      codes = new ByteWriter(1 << 10)
      this.#codes.set(key, codes)
    }
    const code = dictionary.codeOf[entry] as number
    codes.varint(code)
    if (code !== VALUE_INLINE) return
    let list = this.#values.get(key)
    if (list === undefined) {
      list = new ByteListWriter()
      this.#values.set(key, list)
    }
    list.add(head.bytes, dictionary.valueAt[entry], dictionary.valueLength[entry])
  }

  #events(): void {
    const [, counts, codes, times, shapes] = this.#tokens as TokenSections
    const count = this.#next()
    counts.varint(count)
    let previous = -1
    for (let i = 0; i < count; i++) {
      const name = this.#next()
      if (name === RAW_EVENT) {
        codes.varint(EVENT_RAW)
        const from = this.#next()
        this.#rawEvents.add(this.#input.head.bytes, from, this.#next())
      } else {
        codes.varint(name + 1)
        const low = this.#next() >>> 0
        const time = low + this.#next() * 0x1_0000_0000
        writeEventTime(times, time, previous)
        previous = time
        this.#attributes(shapes)
      }
    }
  }

  /** The row's flags. */
  #rest(): number {
    const count = this.#next()
    if (count === 0) {
      this.#at++
      return 0
    }
    const joined = new ByteWriter(64)
    for (let i = 0; i < count; i++) {
      const from = this.#next()
      joined.copy(this.#input.head.bytes, from, this.#next())
    }
    this.#rests.add(joined.view())
    return ROW_REST | (this.#next() === 1 ? ROW_REST_STATUS : 0)
  }

  /** Parents that lie in the same piece, by their row there. */
  #parents({ from, to }: PieceRange): void {
    const { head, rows } = this.#input
    const { ids } = head
    const out = this.#columns[8] as ByteWriter
    const known = to - from > 8 ? this.#idTable(from, to) : undefined
    for (let i = from; i < to; i++) {
      const at = (rows[i] as number) * 8 + 6
      if (ids[at] === 0 && ids[at + 1] === 0) {
        out.varint(PARENT_NONE)
        continue
      }
      const parent = known === undefined ? this.#findId(from, to, at) : this.#lookUp(known, at)
      if (parent < 0) {
        out.varint(PARENT_ID)
        this.#id(at, this.#parentIds)
      } else {
        const distance = i - parent
        out.varint(PARENT_ROW + (distance >= 0 ? distance * 2 : -distance * 2 - 1))
      }
    }
  }

  #findId(from: number, to: number, at: number): number {
    const { head, rows } = this.#input
    const { ids } = head
    for (let i = from; i < to; i++) {
      const own = (rows[i] as number) * 8 + 4
      if (ids[own] === ids[at] && ids[own + 1] === ids[at + 1]) return i
    }
    return -1
  }

  #idTable(from: number, to: number): Int32Array {
    const { head, rows } = this.#input
    let size = 16
    while (size < (to - from) * 2) size *= 2
    const table = new Int32Array(size).fill(-1)
    for (let i = from; i < to; i++) {
      const own = (rows[i] as number) * 8 + 4
      let slot = slotOf(head.ids, own, size)
      while ((table[slot] as number) >= 0) slot = (slot + 1) & (size - 1)
      table[slot] = i
    }
    return table
  }

  #lookUp(table: Int32Array, at: number): number {
    const { head, rows } = this.#input
    const { ids } = head
    for (let slot = slotOf(ids, at, table.length); ; slot = (slot + 1) & (table.length - 1)) {
      const i = table[slot] as number
      if (i < 0) return -1
      const own = (rows[i] as number) * 8 + 4
      if (ids[own] === ids[at] && ids[own + 1] === ids[at + 1]) return i
    }
  }
}

type FirstColumns = [ByteWriter, ByteWriter, ByteWriter, ByteWriter, ByteWriter, ByteWriter, ByteWriter, ByteWriter]
type TokenSections = [ByteWriter, ByteWriter, ByteWriter, ByteWriter, ByteWriter, ByteWriter]

/** A span's first event: after its start. The others: after (even) or before (odd) the one before. Below 2^52. */
function writeEventTime(out: ByteWriter, time: number, previous: number): void {
  const distance = time - previous
  const code = previous < 0 ? time : distance >= 0 ? distance * 2 : -distance * 2 - 1
  out.varint64(code % 0x1_0000_0000, Math.floor(code / 0x1_0000_0000))
}

function sections(count: number): ByteWriter[] {
  return Array.from({ length: count }, () => new ByteWriter(1 << 12))
}

function slotOf(ids: Uint32Array, at: number, size: number): number {
  const mixed = Math.imul((ids[at] as number) ^ Math.imul(ids[at + 1] as number, 0x85ebca77), 0x9e3779b1)
  return (mixed ^ (mixed >>> 15)) & (size - 1)
}

/** Parses every row of the order; -1 where the row is kept as it came. */
export function parseRows(head: Head, rows: Uint32Array, parser: RowParser): Int32Array {
  const opsAt = new Int32Array(rows.length)
  const times: SpanTimes = { startLow: 0, startHigh: 0, durationLow: 0, durationHigh: 0 }
  for (let i = 0; i < rows.length; i++) {
    const row = rows[i] as number
    const flags = head.rowFlags[row] as number
    times.startLow = head.start[row * 2] as number
    times.startHigh = head.start[row * 2 + 1] as number
    times.durationLow = head.duration[row * 2] as number
    times.durationHigh = head.duration[row * 2 + 1] as number
    opsAt[i] = parser.out.count
    const odd = (flags & ROW_IRREGULAR) !== 0 || head.kind[row] === 255 || head.status[row] === 255
    if (
      odd ||
      !parser.parse(head.offset[row] as number, head.length[row] as number, times, head.hashStart[row] as number)
    )
      opsAt[i] = -1
  }
  return opsAt
}
