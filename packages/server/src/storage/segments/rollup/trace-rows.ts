// The rows of one trace, from segments and from heads, for counting its calls. Rows of a trace that are sealed come first.

import { STATUS_ERROR, EMPTY_SPAN } from '@spoor/core/model/span'
import { isErrorSpan } from '@spoor/core/model/virtual-tags'
import { ProtoReader } from '../../../wire/codec/protobuf.ts'
import { decodeSpanMessage } from '../../../wire/otlp/decode.ts'
import type { LinkTotals, Names } from '../../api/links/link-totals.ts'
import { RowErrors } from '../../api/links/row-errors.ts'
import { MinuteClock, MINUTES_AN_HOUR } from '../../api/links/minutes.ts'
import { type CallRow, emptyCallRow, readCallRow, TraceCalls } from '../../api/links/trace-calls.ts'
import { textAt } from '../../api/search/rows.ts'
import { PARENT_ID, PARENT_NONE, PARENT_ROW } from '../format.ts'
import type { Head } from '../head.ts'
import type { Segment } from '../segment.ts'

export function headErrors(head: Head): RowErrors {
  return new RowErrors(head.batch(head.capacity.spans))
}

/** A head, and the numbers of its resources' service names. */
export class HeadRows {
  readonly head: Head
  readonly errors: RowErrors
  readonly #names: Names
  /** By resource, or -1. */
  readonly #services: Int32Array

  constructor(head: Head, names: Names, errors: RowErrors = headErrors(head)) {
    this.head = head
    this.errors = errors
    this.#names = names
    this.#services = new Int32Array(head.resources.capacity).fill(-1)
  }

  /** Number of the row's service. */
  service(row: number): number {
    const resource = this.head.resource[row] as number
    const known = this.#services[resource] as number
    if (known >= 0) return known
    const { nameOffset, nameLength } = this.head.resources
    const text = textAt(this.head.bytes, nameOffset[resource] as number, nameLength[resource] as number)
    const service = this.#names.numberOf(text)
    this.#services[resource] = service
    return service
  }
}

interface SegmentRow {
  readonly segment: Segment
  readonly block: number
  readonly row: number
}

export class TraceRows {
  readonly #names: Names
  readonly #calls: TraceCalls
  readonly #clock = new MinuteClock()
  readonly #row: CallRow = emptyCallRow()
  /** Of each row: its head, or where it lies in a segment; its row; its service; its hour. */
  readonly #heads: (HeadRows | SegmentRow)[] = []
  readonly #rows: number[] = []
  readonly #services: number[] = []
  readonly #hours: number[] = []

  constructor(names: Names) {
    this.#names = names
    this.#calls = new TraceCalls((service) => names.text(service))
  }

  get count(): number {
    return this.#calls.count
  }

  clear(): void {
    this.#calls.clear()
  }

  addHeadRow(rows: HeadRows, row: number): void {
    readCallRow(rows.head, row, this.#row)
    this.#row.service = rows.service(row)
    this.#push(rows, row)
  }

  /** Rows [first, first + count) of a block. Throws SpoorError `segment_damaged`. */
  addPiece(segment: Segment, block: number, first: number, count: number): void {
    const columns = segment.columns(block)
    const ids = segment.ids(block)
    const view = new DataView(ids.buffer, ids.byteOffset, ids.byteLength)
    const { names } = segment.resources
    const words = this.#row
    for (let row = first; row < first + count; row++) {
      const parent = columns.parent[row] as number
      const parentAt =
        parent === PARENT_NONE ? -1 : parentPlace(columns.rows, columns.parentId[row] as number, row, parent)
      words.idLow = view.getUint32(row * 8, true)
      words.idHigh = view.getUint32(row * 8 + 4, true)
      words.parentLow = parentAt < 0 ? 0 : view.getUint32(parentAt * 8, true)
      words.parentHigh = parentAt < 0 ? 0 : view.getUint32(parentAt * 8 + 4, true)
      words.startLow = columns.start[row * 2] as number
      words.startHigh = columns.start[row * 2 + 1] as number
      words.durationLow = columns.duration[row * 2] as number
      words.durationHigh = columns.duration[row * 2 + 1] as number
      words.service = this.#names.numberOf(names[columns.resource[row] as number] ?? '')
      words.kind = columns.kind[row] as number
      this.#push({ segment, block, row }, row)
    }
  }

  #push(place: HeadRows | SegmentRow, row: number): void {
    const words = this.#row
    const i = this.#calls.count
    this.#calls.add(words)
    this.#heads[i] = place
    this.#rows[i] = row
    this.#services[i] = words.service
    this.#hours[i] = Math.floor(this.#clock.minute(words.startLow, words.startHigh) / MINUTES_AN_HOUR)
  }

  /** Adds to the totals what the rows behind the first `known` ones change. */
  addTo(totals: LinkTotals, known: number): void {
    this.#calls.emit(known, (i, parent, sign) => {
      const error = this.#isError(i) ? sign : 0
      totals.add(this.#hours[i] as number, parent, this.#services[i] as number, sign, error)
    })
  }

  #isError(i: number): boolean {
    const place = this.#heads[i] as HeadRows | SegmentRow
    if (place instanceof HeadRows) return place.errors.isError(this.#rows[i] as number)
    const { segment, block, row } = place
    if (segment.columns(block).status[row] === STATUS_ERROR) return true
    const bytes = segment.rebuilder(block).span(row)
    return isErrorSpan(decodeSpanMessage(new ProtoReader(bytes), bytes.length, EMPTY_SPAN.resource, EMPTY_SPAN.scope))
  }
}

function parentPlace(rows: number, parentId: number, row: number, parent: number): number {
  if (parent === PARENT_ID) return rows + parentId
  const code = parent - PARENT_ROW
  return row - (code % 2 === 0 ? code / 2 : -(code + 1) / 2)
}
