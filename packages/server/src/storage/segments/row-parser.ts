// Takes Span messages apart for sealing: which attributes, events and further fields each has, as numbers into interned
// byte strings. What is not in the plain form stays whole. The bytes were scanned before, so their lengths are sound.

import * as field from '../../wire/otlp/fields.ts'
import { ROW_IRREGULAR } from '../../wire/otlp/span-batch.ts'
import type { SealDictionary } from './dictionary.ts'
import type { Head } from './head.ts'
import { IntList } from './int-list.ts'
import { Interner } from './interner.ts'
import type { Scratch } from './scratch.ts'

/** Stands for the name of an event that is kept as it came. */
export const RAW_EVENT = -1

/** A span's columns, Unix ns as pairs of words. */
export interface SpanTimes {
  startLow: number
  startHigh: number
  durationLow: number
  durationHigh: number
}

/**
 * What parse() appends to `out` for a row in the plain form: attribute count, attributes; event count, events; count of
 * further fields, their offsets and lengths; 1 if the Status message is among them. An event: its name or RAW_EVENT; if
 * raw, offset and length, else its time after the span's start (two words), attribute count, attributes.
 */
export class RowParser {
  readonly #keyValues: SealDictionary
  readonly eventNames: Interner = new Interner()
  readonly out: IntList = new IntList(1024)
  #bytes: Uint8Array = new Uint8Array(0)
  #hashes: Uint32Array = new Uint32Array(0)
  /** Next hash of the scanner's, or -1 where they are out of step with the attributes. */
  #hashAt = -1
  readonly #events = new IntList(256)
  readonly #rest = new IntList(64)
  #eventCount = 0
  #statusKept = 0
  #at = 0
  #startLow = 0
  #startHigh = 0
  #endLow = 0
  #endHigh = 0

  constructor(keyValues: SealDictionary) {
    this.#keyValues = keyValues
  }

  /**
   * Forgets everything and takes other bytes. `hashes`: the scanner's, of all rows. They only save work: being wrong about
   * one costs a duplicate in a table.
   */
  reset(bytes: Uint8Array, hashes: Uint32Array): void {
    this.#bytes = bytes
    this.#hashes = hashes
    this.eventNames.reset(bytes)
    this.out.clear()
    this.#events.clear()
    this.#rest.clear()
  }

  /** False where the message is not in the plain form, or does not end at start + duration; nothing is appended then. */
  parse(offset: number, length: number, times: SpanTimes, hashAt: number): boolean {
    this.#hashAt = hashAt
    this.#events.count = 0
    this.#rest.count = 0
    this.#eventCount = 0
    this.#statusKept = 0
    this.#startLow = times.startLow
    this.#startHigh = times.startHigh
    this.#endLow = 0
    this.#endHigh = 0
    const { out } = this
    const mark = out.count
    // An attribute takes at least two bytes: what the row can append before #finish has room.
    out.reserve((length >> 1) + 1)
    const attributes = this.#fields(offset, offset + length, out.items, mark + 1)
    if (attributes < 0 || !this.#endsAt(times)) return false
    out.items[mark] = attributes
    out.count = mark + 1 + attributes
    this.#finish()
    return true
  }

  /** Attributes go to `out` from `first`, all else into the fields. Number of attributes, or -1. */
  #fields(offset: number, end: number, out: Int32Array, first: number): number {
    const bytes = this.#bytes
    let count = 0
    let at = offset
    while (at < end) {
      const length = bytes[at + 1] as number
      if (bytes[at] === field.SPAN_ATTRIBUTE && length < 0x80) {
        out[first + count++] = this.#keyValue(at + 2, length)
        at += 2 + length
        continue
      }
      this.#at = at
      if (bytes[at] === field.SPAN_ATTRIBUTE) {
        this.#at++
        const long = this.#varint()
        out[first + count++] = this.#keyValue(this.#at, long)
        this.#at += long
      } else if (!this.#field(end)) return -1
      at = this.#at
    }
    return at === end ? count : -1
  }

  #endsAt(times: SpanTimes): boolean {
    const low = times.startLow + times.durationLow
    const high = times.startHigh + times.durationHigh + (low > 0xffff_ffff ? 1 : 0)
    return this.#endLow === low >>> 0 && this.#endHigh === high
  }

  #finish(): void {
    const { out } = this
    out.push(this.#eventCount)
    out.append(this.#events)
    out.push(this.#rest.count >> 1)
    out.append(this.#rest)
    out.push(this.#statusKept)
  }

  #field(limit: number): boolean {
    const from = this.#at
    const tag = this.#varint()
    switch (tag) {
      case field.SPAN_EVENT:
        this.#event(this.#varint())
        return true
      case field.SPAN_START:
        this.#at += 8
        return true
      case field.SPAN_END:
        this.#endLow = word(this.#bytes, this.#at)
        this.#endHigh = word(this.#bytes, this.#at + 4)
        this.#at += 8
        return true
      case field.SPAN_KIND:
        this.#varint()
        return true
      case field.SPAN_TRACE_ID:
      case field.SPAN_ID:
      case field.SPAN_NAME:
        this.#skipBytes()
        return true
      case field.SPAN_PARENT_ID:
        return this.#parent(this.#varint())
      case field.SPAN_STATUS:
        this.#status(from, this.#varint())
        return true
      default:
        return this.#further(from, tag, limit)
    }
  }

  #skipBytes(): void {
    const length = this.#varint()
    this.#at += length
  }

  /** An absent and an empty parent mean the same; eight zeros are kept as they came. */
  #parent(length: number): boolean {
    const at = this.#at
    this.#at += length
    if (length !== 8) return length === 0
    for (let i = 0; i < 8; i++) if (this.#bytes[at + i] !== 0) return true
    return false
  }

  #status(from: number, length: number): void {
    const at = this.#at
    this.#at += length
    const plain = length === 2 && this.#bytes[at] === field.STATUS_CODE && (this.#bytes[at + 1] as number) < 0x80
    if (length === 0 || plain) return
    this.#statusKept = 1
    this.#rest.push(from)
    this.#rest.push(this.#at - from)
  }

  #further(from: number, tag: number, limit: number): boolean {
    if (tag === field.SPAN_FLAGS) this.#at += 4
    else if (
      tag === field.SPAN_DROPPED_ATTRIBUTES ||
      tag === field.SPAN_DROPPED_EVENTS ||
      tag === field.SPAN_DROPPED_LINKS
    )
      this.#varint()
    else if (tag === field.SPAN_TRACE_STATE || tag === field.SPAN_LINK) this.#skipBytes()
    else return false
    if (this.#at > limit) return false
    this.#rest.push(from)
    this.#rest.push(this.#at - from)
    return true
  }

  #event(length: number): void {
    const from = this.#at
    const end = from + length
    const mark = this.#events.count
    this.#eventCount++
    this.#events.reserve(4)
    this.#events.count += 4
    if (!this.#eventFields(mark, end)) {
      this.#events.count = mark
      this.#events.push(RAW_EVENT)
      this.#events.push(from)
      this.#events.push(length)
      this.#hashAt = -1
    }
    this.#at = end
  }

  /** Interns a KeyValue, under the scanner's hash where that is at hand: a plain value gave two, its own and its key's. */
  #keyValue(at: number, length: number): number {
    const bytes = this.#bytes
    const valueAt = at + 2 + (bytes[at + 1] as number)
    const first = bytes[valueAt + ((bytes[valueAt + 1] as number) < 0x80 ? 2 : 3)]
    const plain =
      (bytes[at + 1] as number) < 0x80 &&
      bytes[valueAt] === field.VALUE &&
      first !== field.VALUE_ARRAY &&
      first !== field.VALUE_MAP
    if (!plain) this.#hashAt = -1
    if (this.#hashAt < 0) return this.#keyValues.intern(at, length)
    // Signed, so that it is a small integer wherever it is passed.
    const hash = (this.#hashes[this.#hashAt] as number) | 0
    this.#hashAt += 2
    return this.#keyValues.intern(at, length, hash)
  }

  /** False where the event is not in the plain form. */
  #eventFields(mark: number, end: number): boolean {
    let nameAt = end
    let nameLength = 0
    let timeAt = -1
    let names = 0
    let attributes = 0
    while (this.#at < end) {
      const tag = this.#varint()
      if (tag === field.EVENT_TIME) {
        if (timeAt >= 0) return false
        timeAt = this.#at
        this.#at += 8
      } else if (tag === field.EVENT_NAME) {
        if (names++ > 0) return false
        nameLength = this.#varint()
        nameAt = this.#at
        this.#at += nameLength
      } else if (tag === field.EVENT_ATTRIBUTE) {
        const length = this.#varint()
        this.#events.push(this.#keyValue(this.#at, length))
        this.#at += length
        attributes++
      } else return false
    }
    if (timeAt < 0 || !this.#timeAfterStart(timeAt, mark)) return false
    if (nameLength > 0 && this.#hashAt >= 0) {
      const hash = (this.#hashes[this.#hashAt] as number) | 0
      this.#hashAt += 2
      this.#events.items[mark] = this.eventNames.intern(nameAt, nameLength, hash)
    } else this.#events.items[mark] = this.eventNames.intern(nameAt, nameLength)
    this.#events.items[mark + 3] = attributes
    return true
  }

  /** Writes the time after the span's start to events[mark + 1 .. 2]; false where it is before it or very far behind. */
  #timeAfterStart(at: number, mark: number): boolean {
    const low = word(this.#bytes, at) - this.#startLow
    const high = word(this.#bytes, at + 4) - this.#startHigh - (low < 0 ? 1 : 0)
    if (high < 0 || high >= 0x8_0000) return false
    this.#events.items[mark + 1] = low | 0
    this.#events.items[mark + 2] = high
    return true
  }

  /** Low 32 bits of a varint. */
  #varint(): number {
    const bytes = this.#bytes
    const first = bytes[this.#at++] as number
    if (first < 0x80) return first
    let value = first & 0x7f
    for (let shift = 7; ; shift += 7) {
      const b = bytes[this.#at++] as number
      if (shift < 32) value |= (b & 0x7f) << shift
      if (b < 0x80 || shift > 63) return value >>> 0
    }
  }
}

export function word(bytes: Uint8Array, at: number): number {
  return (
    ((bytes[at] as number) |
      ((bytes[at + 1] as number) << 8) |
      ((bytes[at + 2] as number) << 16) |
      ((bytes[at + 3] as number) << 24)) >>>
    0
  )
}

/** Parses every row of the order; -1 where the row is kept as it came. */
export function parseRows(head: Head, rows: Uint32Array, parser: RowParser, scratch: Scratch): Int32Array {
  const opsAt = scratch.signed(rows.length, -1)
  const times: SpanTimes = { startLow: 0, startHigh: 0, durationLow: 0, durationHigh: 0 }
  for (let i = 0; i < rows.length; i++) {
    const row = rows[i] as number
    const flags = head.rowFlags[row] as number
    if ((flags & ROW_IRREGULAR) !== 0 || head.kind[row] === 255 || head.status[row] === 255) continue
    times.startLow = head.start[row * 2] as number
    times.startHigh = head.start[row * 2 + 1] as number
    times.durationLow = head.duration[row * 2] as number
    times.durationHigh = head.duration[row * 2 + 1] as number
    const at = parser.out.count
    if (parser.parse(head.offset[row] as number, head.length[row] as number, times, head.hashStart[row] as number))
      opsAt[i] = at
  }
  return opsAt
}
