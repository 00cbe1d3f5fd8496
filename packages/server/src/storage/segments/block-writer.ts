// Encodes one block: the spans of whole or cut traces as streams of like values, compressed apart. The counterpart is
// block-reader.ts; the layout is told in docs/format.md.

import { ByteListWriter, ByteWriter } from './bytes.ts'
import { ENTRY_AT, ENTRY_CODE, ENTRY_LENGTH, ENTRY_WORDS, type SealDictionary } from './dictionary.ts'
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
import type { IntList } from './int-list.ts'
import type { PartWriter, Stored } from './part-writer.ts'
import { RAW_EVENT, type RowParser } from './row-parser.ts'
import { PIECE_TO, PIECE_WORDS } from './seal-meta.ts'
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

/** Memory that a writer keeps from one segment to the next. */
const KEPT_BYTES = 1 << 18
/** Of each key; what further keys took is given back. */
const KEPT_KEY_BYTES = 1 << 14
const KEPT_KEYS = 256

/** Unix ns. */
export interface Words {
  readonly low: number
  readonly high: number
}

/** The values of one key in a block: codes, and what has none (of key 0: whole KeyValues). */
interface KeyColumn {
  readonly codes: ByteWriter
  readonly values: ByteListWriter
}

/** Keeps its memory for the next segment. */
export class BlockWriter {
  #given: SealInput | undefined
  /** The head's bytes. */
  #view: DataView = new DataView(new ArrayBuffer(0))
  // Sections of the first stream, in order.
  readonly #resources = new ByteWriter(1 << 12)
  readonly #scopes = new ByteWriter(1 << 12)
  readonly #names = new ByteWriter(1 << 12)
  readonly #kinds = new ByteWriter(1 << 12)
  readonly #statuses = new ByteWriter(1 << 12)
  readonly #flags = new ByteWriter(1 << 12)
  readonly #starts = new ByteWriter(1 << 12)
  readonly #durations = new ByteWriter(1 << 12)
  readonly #parentCodes = new ByteWriter(1 << 12)
  readonly #columns: readonly ByteWriter[] = [
    this.#resources,
    this.#scopes,
    this.#names,
    this.#kinds,
    this.#statuses,
    this.#flags,
    this.#starts,
    this.#durations,
    this.#parentCodes,
  ]
  // Sections of the token stream, in order.
  readonly #shapes = new ByteWriter(1 << 12)
  readonly #eventCounts = new ByteWriter(1 << 12)
  readonly #eventNames = new ByteWriter(1 << 12)
  readonly #eventTimes = new ByteWriter(1 << 12)
  readonly #eventShapes = new ByteWriter(1 << 12)
  readonly #codes = new ByteWriter(1 << 14)
  readonly #tokens: readonly ByteWriter[] = [
    this.#shapes,
    this.#eventCounts,
    this.#eventNames,
    this.#eventTimes,
    this.#eventShapes,
    this.#codes,
  ]
  readonly #ids = new ByteWriter(1 << 14)
  readonly #parentIds = new ByteWriter(1 << 10)
  readonly #out = new ByteWriter(1 << 16)
  /** By key; `usedKeys` are those that the block has. */
  readonly #byKey: KeyColumn[] = []
  #usedKeys: number[] = []
  readonly #rawEvents = new ByteListWriter()
  readonly #rawSpans = new ByteListWriter()
  readonly #rests = new ByteListWriter()
  readonly #joined = new ByteWriter(64)
  /** Keys of the attributes that are being written. */
  readonly #keys: number[] = []
  #idTable = new Int32Array(1024)
  #idMask = 0
  #previousLow = 0
  #previousHigh = 0
  #at = 0

  /** Begins a segment. */
  begin(input: SealInput): void {
    this.#given = input
    const { bytes } = input.head
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
    const { keyCount } = input.dictionary
    while (this.#byKey.length < keyCount) this.#byKey.push({ codes: new ByteWriter(256), values: new ByteListWriter() })
  }

  get #input(): SealInput {
    if (this.#given === undefined) throw new Error('a block was written before the segment began')
    return this.#given
  }

  /** Ends a segment: gives back memory that the next one may well not need. */
  end(): void {
    this.#given = undefined
    this.#view = new DataView(new ArrayBuffer(0))
    if (this.#byKey.length > KEPT_KEYS) this.#byKey.length = KEPT_KEYS
    for (const { codes, values } of this.#byKey) {
      codes.trim(KEPT_KEY_BYTES)
      values.trim(KEPT_KEY_BYTES)
    }
    for (const list of [this.#rawEvents, this.#rawSpans, this.#rests]) list.trim(KEPT_BYTES)
    for (const writer of [...this.#columns, ...this.#tokens, this.#ids, this.#parentIds, this.#joined])
      writer.trim(KEPT_BYTES)
    this.#out.trim(1 << 20)
    if (this.#idTable.length > KEPT_BYTES) this.#idTable = new Int32Array(1024)
  }

  /** Pieces [from, to) as one block: its streams, stored, in order. `base`: its lowest start. */
  write(pieces: IntList, from: number, to: number, base: Words, parts: PartWriter): readonly Stored[] {
    this.#reset()
    for (let p = from; p < to; p++) {
      const first = pieces.items[p * PIECE_WORDS] as number
      const end = pieces.items[p * PIECE_WORDS + PIECE_TO] as number
      this.#previousLow = base.low
      this.#previousHigh = base.high
      this.#parents(first, end)
      for (let i = first; i < end; i++) this.#row(i)
    }
    this.#ids.bytes(this.#parentIds.view())
    this.#usedKeys.sort((a, b) => a - b)
    return [
      parts.store(this.#join(this.#columns)),
      parts.store(this.#ids.view(), 0),
      parts.store(this.#tokenStream()),
      parts.store(this.#valueStream()),
    ]
  }

  #reset(): void {
    for (const writer of this.#columns) writer.reset()
    for (const writer of this.#tokens) writer.reset()
    for (const key of this.#usedKeys) {
      const { codes, values } = this.#byKey[key] as KeyColumn
      codes.reset()
      values.reset()
    }
    this.#usedKeys = []
    this.#ids.reset()
    this.#parentIds.reset()
    this.#rawEvents.reset()
    this.#rawSpans.reset()
    this.#rests.reset()
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
    const out = this.#codes
    out.varint(this.#usedKeys.length)
    for (const key of this.#usedKeys) {
      out.varint(key)
      out.varint((this.#byKey[key] as KeyColumn).codes.length)
    }
    for (const key of this.#usedKeys) out.bytes((this.#byKey[key] as KeyColumn).codes.view())
    return this.#join(this.#tokens)
  }

  #valueStream(): Uint8Array {
    const out = this.#out
    out.reset()
    let inline = 0
    for (const key of this.#usedKeys) if ((this.#byKey[key] as KeyColumn).values.count > 0) inline++
    out.varint(inline)
    for (const key of this.#usedKeys) {
      const { values } = this.#byKey[key] as KeyColumn
      if (values.count === 0) continue
      out.varint(key)
      values.writeTo(out)
    }
    this.#rawEvents.writeTo(out)
    this.#rawSpans.writeTo(out)
    this.#rests.writeTo(out)
    return out.view()
  }

  #row(i: number): void {
    const { head, rows, opsAt, resourceOf, scopeOf, nameOf } = this.#input
    const row = rows[i] as number
    this.#resources.varint(resourceOf[head.resource[row] as number] as number)
    this.#scopes.varint(scopeOf[head.scope[row] as number] as number)
    this.#names.varint(nameOf[row] as number)
    this.#kinds.byte(head.kind[row] as number)
    this.#statuses.byte(head.status[row] as number)
    this.#start(row)
    this.#durations.varint64(head.duration[row * 2] as number, head.duration[row * 2 + 1] as number)
    this.#id(row * 8 + 4, this.#ids)
    const at = opsAt[i] as number
    if (at < 0) {
      this.#flags.byte(ROW_RAW)
      this.#shapes.varint(this.#input.shapes.number([], 0))
      this.#eventCounts.varint(0)
      this.#rawSpans.add(head.bytes, head.offset[row], head.length[row])
      return
    }
    this.#at = at
    this.#attributes(this.#shapes)
    this.#events()
    this.#flags.byte(this.#rest())
  }

  #start(row: number): void {
    const { start } = this.#input.head
    const low = start[row * 2] as number
    const high = start[row * 2 + 1] as number
    const difference = low - this.#previousLow
    this.#starts.varint64(difference >>> 0, high - this.#previousHigh - (difference < 0 ? 1 : 0))
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
  #attributes(out: ByteWriter): void {
    const { dictionary, parser, shapes } = this.#input
    const { table } = dictionary
    const { items } = parser.out
    const keys = this.#keys
    const count = items[this.#at++] as number
    for (let i = 0; i < count; i++) {
      const entry = (items[this.#at++] as number) * ENTRY_WORDS
      const key = table[entry] as number
      const code = table[entry + ENTRY_CODE] as number
      keys[i] = key
      const { codes, values } = this.#byKey[key] as KeyColumn
      if (codes.length === 0) this.#usedKeys.push(key)
      codes.varint(code)
      if (code === VALUE_INLINE)
        values.addFrom(this.#view, table[entry + ENTRY_AT] as number, table[entry + ENTRY_LENGTH] as number)
    }
    out.varint(shapes.number(keys, count))
  }

  #events(): void {
    const count = this.#next()
    this.#eventCounts.varint(count)
    let previous = -1
    for (let i = 0; i < count; i++) {
      const name = this.#next()
      if (name === RAW_EVENT) {
        this.#eventNames.varint(EVENT_RAW)
        const from = this.#next()
        this.#rawEvents.add(this.#input.head.bytes, from, this.#next())
      } else {
        this.#eventNames.varint(name + 1)
        const low = this.#next() >>> 0
        const time = low + this.#next() * 0x1_0000_0000
        writeEventTime(this.#eventTimes, time, previous)
        previous = time
        this.#attributes(this.#eventShapes)
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
    const joined = this.#joined
    joined.reset()
    for (let i = 0; i < count; i++) {
      const from = this.#next()
      joined.copy(this.#input.head.bytes, from, this.#next())
    }
    this.#rests.add(joined.view())
    return ROW_REST | (this.#next() === 1 ? ROW_REST_STATUS : 0)
  }

  /** Parents that lie in the same piece, by their row there. */
  #parents(from: number, to: number): void {
    const { head, rows } = this.#input
    const { ids } = head
    const out = this.#parentCodes
    const many = to - from > 8
    if (many) this.#fillIdTable(from, to)
    for (let i = from; i < to; i++) {
      const at = (rows[i] as number) * 8 + 6
      if (ids[at] === 0 && ids[at + 1] === 0) {
        out.varint(PARENT_NONE)
        continue
      }
      const parent = many ? this.#lookUp(at) : this.#findId(from, to, at)
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

  /** Rows + 1 by their span ids. */
  #fillIdTable(from: number, to: number): void {
    const { head, rows } = this.#input
    let size = 16
    while (size < (to - from) * 2) size *= 2
    if (size > this.#idTable.length) this.#idTable = new Int32Array(size)
    const table = this.#idTable
    const mask = size - 1
    for (let i = 0; i < size; i++) table[i] = 0
    this.#idMask = mask
    for (let i = from; i < to; i++) {
      const own = (rows[i] as number) * 8 + 4
      let slot = slotOf(head.ids, own, mask)
      while (table[slot] !== 0) slot = (slot + 1) & mask
      table[slot] = i + 1
    }
  }

  #lookUp(at: number): number {
    const { head, rows } = this.#input
    const { ids } = head
    const table = this.#idTable
    const mask = this.#idMask
    for (let slot = slotOf(ids, at, mask); ; slot = (slot + 1) & mask) {
      const i = (table[slot] as number) - 1
      if (i < 0) return -1
      const own = (rows[i] as number) * 8 + 4
      if (ids[own] === ids[at] && ids[own + 1] === ids[at + 1]) return i
    }
  }
}

/** A span's first event: after its start. The others: after (even) or before (odd) the one before. Below 2^52. */
function writeEventTime(out: ByteWriter, time: number, previous: number): void {
  const distance = time - previous
  const code = previous < 0 ? time : distance >= 0 ? distance * 2 : -distance * 2 - 1
  out.varint64(code % 0x1_0000_0000, Math.floor(code / 0x1_0000_0000))
}

function slotOf(ids: Uint32Array, at: number, mask: number): number {
  const mixed = Math.imul((ids[at] as number) ^ Math.imul(ids[at + 1] as number, 0x85ebca77), 0x9e3779b1)
  return (mixed ^ (mixed >>> 15)) & mask
}
