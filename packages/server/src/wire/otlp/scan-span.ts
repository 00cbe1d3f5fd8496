// The part of the scanner that reads one Span message into its row. Knows the fields of Span, Event, Link and Status,
// in any order; allocates nothing.

import { badProtobuf, WIRE_BYTES } from '../codec/protobuf.ts'
import { wordAt } from '../codec/words.ts'
import type { RowColumns } from './columns.ts'
import * as field from './fields.ts'
import * as hash from './hash.ts'
import { AttributeScan } from './scan-attributes.ts'
import { ROW_IRREGULAR, ROW_REFUSED, type RefusedRow } from './span-batch.ts'

// Local names: the compiler folds a module's own constants, but loads those of another module each time.
const {
  EVENT_ATTRIBUTE,
  EVENT_DROPPED,
  EVENT_NAME,
  EVENT_TIME,
  LINK_ATTRIBUTE,
  LINK_DROPPED,
  LINK_FLAGS,
  LINK_SPAN_ID,
  LINK_TRACE_ID,
  LINK_TRACE_STATE,
  SPAN_ATTRIBUTE,
  SPAN_DROPPED_ATTRIBUTES,
  SPAN_DROPPED_EVENTS,
  SPAN_DROPPED_LINKS,
  SPAN_END,
  SPAN_EVENT,
  SPAN_FLAGS,
  SPAN_ID,
  SPAN_KIND,
  SPAN_LINK,
  SPAN_NAME,
  SPAN_PARENT_ID,
  SPAN_START,
  SPAN_STATUS,
  SPAN_TRACE_ID,
  SPAN_TRACE_STATE,
  STATUS_CODE,
  STATUS_MESSAGE,
} = field
const { EVENT_NAME_KEY, HASH_STRING, keyHash, valueSeed } = hash

const SPAN_DEPTH = 3
const PART_DEPTH = 4 // events, links, status
const MOST = 255
const EVENT_KEY_HASH = keyHash(EVENT_NAME_KEY)
const EVENT_SEED = valueSeed(EVENT_KEY_HASH, HASH_STRING)
// Bits of `fieldsSeen` for the fields of Status, above those of Span (bit = field number).
const SEEN_STATUS_MESSAGE = 1 << 20
const SEEN_STATUS_CODE = 1 << 21

export class SpanScan extends AttributeScan {
  readonly refused: RefusedRow[] = []
  // The span being read. Offsets and lengths are of the last field of that name.
  private fieldsSeen = 0
  private flags = 0
  private traceOffset = 0
  private traceLength = 0
  private idOffset = 0
  private idLength = 0
  private parentOffset = 0
  private parentLength = 0
  private nameOffset = 0
  private nameLength = 0
  private kind = 0
  private status = 0
  private startLow = 0
  private startHigh = 0
  private endLow = 0
  private endHigh = 0

  /** Reads the Span message between offset[row] and its end into the row's other columns. */
  span(columns: RowColumns, row: number): void {
    const start = columns.offset[row] ?? 0
    const end = start + (columns.length[row] ?? 0)
    this.reset()
    columns.hashStart[row] = this.hashCount
    const bytes = this.bytes
    let at = start
    while (at < end) {
      const tag = bytes[at] ?? 0
      if ((tag & 7) !== WIRE_BYTES || tag >= 0x80) {
        at = this.otherField(tag, at, end)
        continue
      }
      let length = bytes[at + 1] ?? 0
      at += 2
      if (length >= 0x80 || at > end) {
        this.pos = at - 1
        length = this.length(end)
        at = this.pos
      }
      const stop = at + length
      if (stop > end) throw badProtobuf('length over the end', at)
      if (tag === SPAN_ATTRIBUTE) this.attribute(at, stop)
      else if (tag === SPAN_EVENT) this.event(at, stop)
      else this.bytesField(tag, at, stop)
      at = stop
    }
    this.finish(columns, row)
  }

  private reset(): void {
    this.fieldsSeen = 0
    this.flags = 0
    this.traceLength = 0
    this.idLength = 0
    this.parentLength = 0
    this.nameOffset = 0
    this.nameLength = 0
    this.kind = 0
    this.status = 0
    this.startLow = 0
    this.startHigh = 0
    this.endLow = 0
    this.endHigh = 0
  }

  private once(bit: number): void {
    if ((this.fieldsSeen & bit) !== 0) this.flags = ROW_IRREGULAR
    this.fieldsSeen |= bit
  }

  /** A length-delimited field of Span. */
  private bytesField(tag: number, at: number, stop: number): void {
    switch (tag) {
      case SPAN_TRACE_ID:
        this.traceOffset = at
        this.traceLength = stop - at
        break
      case SPAN_ID:
        this.idOffset = at
        this.idLength = stop - at
        break
      case SPAN_PARENT_ID:
        this.parentOffset = at
        this.parentLength = stop - at
        break
      case SPAN_NAME:
        this.nameOffset = at
        this.nameLength = stop - at
        break
      case SPAN_STATUS:
        this.statusMessage(at, stop)
        break
      case SPAN_LINK:
        this.link(at, stop)
        return
      case SPAN_TRACE_STATE:
        break
      default:
        if (tag >>> 3 === 0) throw badProtobuf('field number 0', at)
        this.flags = ROW_IRREGULAR
        return
    }
    this.once(1 << (tag >>> 3))
  }

  /** A field of Span that is no length-delimited one, or has a longer tag. Returns where it ends. */
  private otherField(first: number, at: number, end: number): number {
    const bytes = this.bytes
    if ((first === SPAN_START || first === SPAN_END) && at + 9 <= end) {
      this.low = wordAt(bytes, at + 1)
      this.high = wordAt(bytes, at + 5)
      this.time(first)
      return at + 9
    }
    const next = bytes[at + 1] ?? 0
    if (first === SPAN_KIND && next < 0x80 && at + 2 <= end) {
      this.kind = next
      this.once(1 << (SPAN_KIND >>> 3))
      return at + 2
    }
    this.pos = at
    const tag = this.tag(end)
    if ((tag & 7) === WIRE_BYTES) {
      const length = this.length(end)
      const from = this.pos
      if (tag === SPAN_ATTRIBUTE) this.attribute(from, from + length)
      else if (tag === SPAN_EVENT) this.event(from, from + length)
      else this.bytesField(tag, from, from + length)
      return from + length
    }
    this.skip(tag, end, SPAN_DEPTH)
    this.scalarField(tag)
    return this.pos
  }

  /** Takes the number that was just passed. */
  private scalarField(tag: number): void {
    switch (tag) {
      case SPAN_START:
      case SPAN_END:
        this.time(tag)
        return
      case SPAN_KIND:
        this.kind = atMost255(this.low)
        break
      case SPAN_DROPPED_ATTRIBUTES:
      case SPAN_DROPPED_EVENTS:
      case SPAN_DROPPED_LINKS:
      case SPAN_FLAGS:
        break
      default:
        this.flags = ROW_IRREGULAR
        return
    }
    this.once(1 << (tag >>> 3))
  }

  private time(tag: number): void {
    if (tag === SPAN_START) {
      this.startLow = this.low
      this.startHigh = this.high
    } else {
      this.endLow = this.low
      this.endHigh = this.high
    }
    this.once(1 << (tag >>> 3))
  }

  private event(start: number, end: number): void {
    const bytes = this.bytes
    let seen = 0
    let nameOffset = 0
    let nameLength = 0
    let at = start
    while (at < end) {
      let tag = bytes[at] ?? 0
      let length = bytes[at + 1] ?? 0
      let from = at + 2
      if (tag === EVENT_TIME && at + 9 <= end) {
        at += 9
        seen = this.seenOnce(seen, tag, true)
        continue
      }
      if ((tag !== EVENT_ATTRIBUTE && tag !== EVENT_NAME) || length >= 0x80 || from + length > end) {
        this.pos = at
        tag = this.tag(end)
        if ((tag & 7) !== WIRE_BYTES) {
          this.skip(tag, end, PART_DEPTH)
          seen = this.seenOnce(seen, tag, tag === EVENT_TIME || tag === EVENT_DROPPED)
          at = this.pos
          continue
        }
        length = this.length(end)
        from = this.pos
      }
      at = from + length
      if (tag === EVENT_ATTRIBUTE) this.attribute(from, at)
      else {
        if (tag === EVENT_NAME) {
          nameOffset = from
          nameLength = length
        }
        seen = this.seenOnce(seen, tag, tag === EVENT_NAME)
      }
    }
    if (nameLength > 0) this.pushPair(this.textHash(nameOffset, nameLength, EVENT_SEED), EVENT_KEY_HASH)
  }

  private link(start: number, end: number): void {
    let seen = 0
    this.pos = start
    while (this.pos < end) {
      const tag = this.tag(end)
      if (tag === LINK_ATTRIBUTE) {
        const length = this.length(end)
        const from = this.pos
        this.attribute(from, from + length)
        this.pos = from + length
        continue
      }
      this.skip(tag, end, PART_DEPTH)
      const ids = tag === LINK_TRACE_ID || tag === LINK_SPAN_ID || tag === LINK_TRACE_STATE
      seen = this.seenOnce(seen, tag, ids || tag === LINK_DROPPED || tag === LINK_FLAGS)
    }
  }

  private seenOnce(seen: number, tag: number, known: boolean): number {
    const bit = known ? 1 << (tag >>> 3) : 0
    if (!known || (seen & bit) !== 0) this.flags = ROW_IRREGULAR
    return seen | bit
  }

  private statusMessage(start: number, end: number): void {
    this.pos = start
    while (this.pos < end) {
      const tag = this.tag(end)
      this.skip(tag, end, PART_DEPTH)
      if (tag === STATUS_CODE) {
        this.status = atMost255(this.low)
        this.once(SEEN_STATUS_CODE)
      } else if (tag === STATUS_MESSAGE) this.once(SEEN_STATUS_MESSAGE)
      else this.flags = ROW_IRREGULAR
    }
  }

  private finish(columns: RowColumns, row: number): void {
    columns.nameOffset[row] = this.nameOffset
    columns.nameLength[row] = this.nameLength
    columns.nameHash[row] = this.textHash(this.nameOffset, this.nameLength, 0)
    columns.kind[row] = this.kind
    columns.status[row] = this.status
    columns.start[row * 2] = this.startLow
    columns.start[row * 2 + 1] = this.startHigh
    this.duration(columns.duration, row * 2)
    const reason = this.identify(columns.ids, row * 8)
    if (reason !== '') {
      this.flags |= ROW_REFUSED
      this.refused.push({ row, reason })
    }
    columns.rowFlags[row] = this.flags
  }

  /** End minus start where that is positive. */
  private duration(column: Uint32Array, at: number): void {
    const startLow = this.startLow >>> 0
    const startHigh = this.startHigh >>> 0
    const endLow = this.endLow >>> 0
    const endHigh = this.endHigh >>> 0
    if (endHigh < startHigh || (endHigh === startHigh && endLow <= startLow)) return
    column[at] = endLow - startLow
    column[at + 1] = endHigh - startHigh - (endLow < startLow ? 1 : 0)
  }

  /** Copies the ids; returns why the row is refused, or ''. */
  private identify(ids: Uint32Array, at: number): string {
    if (this.traceLength !== 16) return 'trace_id_length'
    if (this.idLength !== 8) return 'span_id_length'
    const first = this.copyEight(ids, at, this.traceOffset)
    const second = this.copyEight(ids, at + 2, this.traceOffset + 8)
    if ((first | second) === 0) return 'trace_id_zero'
    if (this.copyEight(ids, at + 4, this.idOffset) === 0) return 'span_id_zero'
    if (this.parentLength === 8) this.copyEight(ids, at + 6, this.parentOffset)
    else if (this.parentLength !== 0) return 'parent_id_length'
    return ''
  }

  /** Copies eight bytes; returns 0 if all are zero. */
  private copyEight(ids: Uint32Array, at: number, offset: number): number {
    const low = wordAt(this.bytes, offset)
    const high = wordAt(this.bytes, offset + 4)
    ids[at] = low
    ids[at + 1] = high
    return low | high
  }
}

/** An enum's varint as a column holds it; negative ones are large. */
function atMost255(low: number): number {
  return low >>> 0 > MOST - 1 ? MOST : low
}
