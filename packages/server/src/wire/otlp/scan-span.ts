// The part of the scanner that reads one Span message into its row. Knows the fields of Span, Event, Link and Status,
// in any order; allocates nothing.

import { badProtobuf, WIRE_BYTES, WIRE_FIXED64 } from '../codec/protobuf.ts'
import type { RowColumns } from './columns.ts'
import * as field from './fields.ts'
import * as hash from './hash.ts'
import { AttributeScan } from './scan-attributes.ts'
import { ROW_IRREGULAR, ROW_REFUSED, type RefusedRow } from './span-batch.ts'

const SPAN_DEPTH = 3
const PART_DEPTH = 4 // events, links, status
const MOST = 255
const EVENT_KEY_HASH = hash.keyHash(hash.EVENT_NAME_KEY)
const EVENT_SEED = hash.valueSeed(EVENT_KEY_HASH, hash.HASH_STRING)
// Bits of `seen` for the fields of Status, above those of Span (bit = field number).
const SEEN_STATUS_MESSAGE = 1 << 20
const SEEN_STATUS_CODE = 1 << 21

export class SpanScan extends AttributeScan {
  readonly refused: RefusedRow[] = []
  // The span being read. Offsets and lengths are of the last field of that name.
  private seen = 0
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
      if (tag === field.SPAN_ATTRIBUTE) this.attribute(at, stop)
      else this.bytesField(tag, at, stop)
      at = stop
    }
    this.finish(columns, row)
  }

  private reset(): void {
    this.seen = 0
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
    if ((this.seen & bit) !== 0) this.flags = ROW_IRREGULAR
    this.seen |= bit
  }

  /** A length-delimited field of Span. */
  private bytesField(tag: number, at: number, stop: number): void {
    switch (tag) {
      case field.SPAN_ATTRIBUTE:
        this.attribute(at, stop)
        return
      case field.SPAN_EVENT:
        this.event(at, stop)
        return
      case field.SPAN_TRACE_ID:
        this.traceOffset = at
        this.traceLength = stop - at
        break
      case field.SPAN_ID:
        this.idOffset = at
        this.idLength = stop - at
        break
      case field.SPAN_PARENT_ID:
        this.parentOffset = at
        this.parentLength = stop - at
        break
      case field.SPAN_NAME:
        this.nameOffset = at
        this.nameLength = stop - at
        break
      case field.SPAN_STATUS:
        this.statusMessage(at, stop)
        break
      case field.SPAN_LINK:
        this.link(at, stop)
        return
      case field.SPAN_TRACE_STATE:
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
    if ((first & 7) === WIRE_FIXED64 && first < 0x80) {
      this.pos = at + 1
      this.fixed64(end)
      this.time(first)
      return this.pos
    }
    this.pos = at
    const tag = this.tag(end)
    if ((tag & 7) === WIRE_BYTES) {
      const length = this.length(end)
      const from = this.pos
      this.bytesField(tag, from, from + length)
      return from + length
    }
    this.skip(tag, end, SPAN_DEPTH)
    this.scalarField(tag)
    return this.pos
  }

  /** Takes the number that was just passed. */
  private scalarField(tag: number): void {
    switch (tag) {
      case field.SPAN_START:
      case field.SPAN_END:
        this.time(tag)
        return
      case field.SPAN_KIND:
        this.kind = atMost255(this.low)
        break
      case field.SPAN_DROPPED_ATTRIBUTES:
      case field.SPAN_DROPPED_EVENTS:
      case field.SPAN_DROPPED_LINKS:
      case field.SPAN_FLAGS:
        break
      default:
        this.flags = ROW_IRREGULAR
        return
    }
    this.once(1 << (tag >>> 3))
  }

  private time(tag: number): void {
    if (tag === field.SPAN_START) {
      this.startLow = this.low
      this.startHigh = this.high
    } else if (tag === field.SPAN_END) {
      this.endLow = this.low
      this.endHigh = this.high
    } else {
      if (tag >>> 3 === 0) throw badProtobuf('field number 0', this.pos)
      this.flags = ROW_IRREGULAR
      return
    }
    this.once(1 << (tag >>> 3))
  }

  private event(start: number, end: number): void {
    let seen = 0
    let nameOffset = 0
    let nameLength = 0
    this.pos = start
    while (this.pos < end) {
      const tag = this.tag(end)
      if (tag === field.EVENT_ATTRIBUTE) {
        const length = this.length(end)
        const from = this.pos
        this.attribute(from, from + length)
        this.pos = from + length
        continue
      }
      if (tag === field.EVENT_NAME) {
        nameLength = this.length(end)
        nameOffset = this.pos
        this.pos += nameLength
      } else this.skip(tag, end, PART_DEPTH)
      seen = this.seenOnce(
        seen,
        tag,
        tag === field.EVENT_NAME || tag === field.EVENT_TIME || tag === field.EVENT_DROPPED,
      )
    }
    if (nameLength > 0) this.pushPair(this.textHash(nameOffset, nameLength, EVENT_SEED), EVENT_KEY_HASH)
  }

  private link(start: number, end: number): void {
    let seen = 0
    this.pos = start
    while (this.pos < end) {
      const tag = this.tag(end)
      if (tag === field.LINK_ATTRIBUTE) {
        const length = this.length(end)
        const from = this.pos
        this.attribute(from, from + length)
        this.pos = from + length
        continue
      }
      this.skip(tag, end, PART_DEPTH)
      const ids = tag === field.LINK_TRACE_ID || tag === field.LINK_SPAN_ID || tag === field.LINK_TRACE_STATE
      seen = this.seenOnce(seen, tag, ids || tag === field.LINK_DROPPED || tag === field.LINK_FLAGS)
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
      if (tag === field.STATUS_CODE) {
        this.status = atMost255(this.low)
        this.once(SEEN_STATUS_CODE)
      } else if (tag === field.STATUS_MESSAGE) this.once(SEEN_STATUS_MESSAGE)
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
    const trace = this.traceLength === 16 ? this.copyId(ids, at, this.traceOffset, 4) : 0
    const span = this.idLength === 8 ? this.copyId(ids, at + 4, this.idOffset, 2) : 0
    if (this.parentLength === 8) this.copyId(ids, at + 6, this.parentOffset, 2)
    if (this.traceLength !== 16) return 'trace_id_length'
    if (trace === 0) return 'trace_id_zero'
    if (this.idLength !== 8) return 'span_id_length'
    if (span === 0) return 'span_id_zero'
    return this.parentLength === 8 || this.parentLength === 0 ? '' : 'parent_id_length'
  }

  /** Copies words; returns 0 if all are zero. */
  private copyId(ids: Uint32Array, at: number, offset: number, words: number): number {
    let all = 0
    for (let i = 0; i < words; i++) {
      const word = this.view.getInt32(offset + i * 4, true)
      ids[at + i] = word
      all |= word
    }
    return all
  }
}

/** An enum's varint as a column holds it; negative ones are large. */
function atMost255(low: number): number {
  return low >>> 0 > MOST - 1 ? MOST : low
}
