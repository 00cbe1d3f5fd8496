// Takes Span messages apart for sealing: which attributes, events and further fields each has, as numbers into interned
// byte strings. What is not in the plain form stays whole. The bytes were scanned before, so their lengths are sound.

import * as field from '../../wire/otlp/fields.ts'
import { Interner } from './interner.ts'

/** A growing list of numbers. */
export class IntList {
  items: Int32Array
  count = 0

  constructor(capacity: number) {
    this.items = new Int32Array(capacity)
  }

  push(value: number): void {
    if (this.count === this.items.length) {
      const grown = new Int32Array(this.items.length * 2)
      grown.set(this.items)
      this.items = grown
    }
    this.items[this.count++] = value
  }

  /** Appends the other's items. */
  append(other: IntList): void {
    for (let i = 0; i < other.count; i++) this.push(other.items[i] as number)
  }
}

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
  readonly keyValues: Interner
  readonly eventNames: Interner
  readonly out: IntList
  readonly #bytes: Uint8Array
  readonly #hashes: Uint32Array
  /** Next hash of the scanner's, or -1 where they are out of step with the attributes. */
  #hashAt = -1
  readonly #attributes = new IntList(256)
  readonly #events = new IntList(256)
  readonly #rest = new IntList(64)
  #eventCount = 0
  #statusKept = 0
  #at = 0
  #startLow = 0
  #startHigh = 0
  #endLow = 0
  #endHigh = 0

  /** `hashes`: the scanner's, of all rows. They only save work: being wrong about one costs a duplicate in a table. */
  constructor(bytes: Uint8Array, spans: number, hashes: Uint32Array) {
    this.#bytes = bytes
    this.#hashes = hashes
    this.keyValues = new Interner(bytes, Math.max(1024, spans))
    this.eventNames = new Interner(bytes, 64)
    this.out = new IntList(Math.max(1024, spans * 24))
  }

  /** False where the message is not in the plain form, or does not end at start + duration; nothing is appended then. */
  parse(offset: number, length: number, times: SpanTimes, hashAt: number): boolean {
    this.#hashAt = hashAt
    const { startLow, startHigh } = times
    this.#attributes.count = 0
    this.#events.count = 0
    this.#rest.count = 0
    this.#eventCount = 0
    this.#statusKept = 0
    this.#startLow = startLow
    this.#startHigh = startHigh
    this.#endLow = 0
    this.#endHigh = 0
    this.#at = offset
    const end = offset + length
    while (this.#at < end) if (!this.#field(end)) return false
    if (this.#at !== end || !this.#endsAt(times)) return false
    this.#finish()
    return true
  }

  #endsAt(times: SpanTimes): boolean {
    const low = times.startLow + times.durationLow
    const high = times.startHigh + times.durationHigh + (low > 0xffff_ffff ? 1 : 0)
    return this.#endLow === low >>> 0 && this.#endHigh === high
  }

  #finish(): void {
    const { out } = this
    out.push(this.#attributes.count)
    out.append(this.#attributes)
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
      case field.SPAN_ATTRIBUTE: {
        const length = this.#varint()
        this.#attributes.push(this.#keyValue(this.#at, length))
        this.#at += length
        return true
      }
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
    for (let i = 0; i < 4; i++) this.#events.push(0)
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
    if (this.#hashAt < 0) return this.keyValues.intern(at, length)
    const hash = this.#hashes[this.#hashAt] as number
    this.#hashAt += 2
    return this.keyValues.intern(at, length, hash)
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
    this.#events.items[mark] = this.eventNames.intern(nameAt, nameLength)
    if (nameLength > 0 && this.#hashAt >= 0) this.#hashAt += 2
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
