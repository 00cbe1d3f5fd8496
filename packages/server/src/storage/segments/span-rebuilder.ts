// Writes the Span message of a row of a block again: the same meaning as the bytes that came, fields in the order of their
// numbers (further ones last), attributes, events and links in the order they came.

import * as field from '../../wire/otlp/fields.ts'
import {
  type AttributeCodes,
  type BlockColumns,
  type BlockTokens,
  type BlockValues,
  inlineValue,
  keptBytes,
} from './block-reader.ts'
import { type ByteList, ByteWriter, damaged, listEntry } from './bytes.ts'
import {
  EVENT_RAW,
  KEY_WHOLE,
  PARENT_ID,
  PARENT_NONE,
  PARENT_ROW,
  ROW_RAW,
  ROW_REST_STATUS,
  VALUE_INLINE,
} from './format.ts'

/** What a block needs of its segment. */
export interface SegmentStrings {
  readonly keys: ByteList
  readonly names: ByteList
  readonly eventNames: ByteList
  /** Bytes of the value with a code above 0; of key 0 a whole KeyValue message. */
  dictionaryValue(key: number, code: number): Uint8Array
}

export interface DecodedBlock {
  readonly columns: BlockColumns
  readonly tokens: BlockTokens
  readonly values: BlockValues
  /** Span ids, then explicit parent ids. */
  readonly ids: Uint8Array
  /** Trace id of each piece: four words. */
  readonly traceIds: Uint32Array
}

export class SpanRebuilder {
  readonly #block: DecodedBlock
  readonly #strings: SegmentStrings
  readonly #out = new ByteWriter(2048)
  readonly #event = new ByteWriter(512)

  constructor(block: DecodedBlock, strings: SegmentStrings) {
    this.#block = block
    this.#strings = strings
  }

  /** A fresh copy of the row's Span message. */
  span(row: number): Uint8Array {
    const { columns, values } = this.#block
    const flags = columns.flags[row] as number
    const kept = keptBytes(columns, values, row)
    if ((flags & ROW_RAW) !== 0) return kept.slice()
    const out = this.#out
    out.reset()
    this.#ids(row)
    const name = listEntry(this.#strings.names, columns.name[row] as number)
    if (name.length > 0) bytesField(out, field.SPAN_NAME, name)
    const kind = columns.kind[row] as number
    if (kind !== 0) {
      out.byte(field.SPAN_KIND)
      out.varint(kind)
    }
    this.#times(row)
    this.#attributes(row)
    this.#events(row)
    const status = columns.status[row] as number
    if (status !== 0 && (flags & ROW_REST_STATUS) === 0) {
      out.byte(field.SPAN_STATUS)
      out.byte(2)
      out.byte(field.STATUS_CODE)
      out.byte(status)
    }
    out.bytes(kept)
    return Uint8Array.from(out.view())
  }

  #ids(row: number): void {
    const { columns, ids, traceIds } = this.#block
    const out = this.#out
    out.byte(field.SPAN_TRACE_ID)
    out.byte(16)
    const piece = columns.piece[row] as number
    for (let i = 0; i < 4; i++) out.u32(traceIds[piece * 4 + i] as number)
    out.byte(field.SPAN_ID)
    out.byte(8)
    out.copy(ids, row * 8, 8)
    const parent = columns.parent[row] as number
    if (parent === PARENT_NONE) return
    out.byte(field.SPAN_PARENT_ID)
    out.byte(8)
    out.copy(ids, this.#parentAt(row, parent) * 8, 8)
  }

  /** Place of the parent's id in the id stream. */
  #parentAt(row: number, parent: number): number {
    const { columns } = this.#block
    if (parent === PARENT_ID) return columns.rows + (columns.parentId[row] as number)
    const code = parent - PARENT_ROW
    const at = row - ((code & 1) === 0 ? code / 2 : -(code + 1) / 2)
    if (at < 0 || at >= columns.rows) throw damaged()
    return at
  }

  #times(row: number): void {
    const { start, duration } = this.#block.columns
    const out = this.#out
    const low = start[row * 2] as number
    const high = start[row * 2 + 1] as number
    out.byte(field.SPAN_START)
    out.u64(low, high)
    const endLow = low + (duration[row * 2] as number)
    out.byte(field.SPAN_END)
    out.u64(endLow, high + (duration[row * 2 + 1] as number) + (endLow > 0xffff_ffff ? 1 : 0))
  }

  #attributes(row: number): void {
    const { start, attributes } = this.#block.tokens
    for (let i = start[row] as number; i < (start[row + 1] as number); i++)
      this.#keyValue(this.#out, field.SPAN_ATTRIBUTE, attributes, i)
  }

  #keyValue(out: ByteWriter, tag: number, attributes: AttributeCodes, i: number): void {
    const key = attributes.key[i] as number
    const code = attributes.code[i] as number
    const value =
      code === VALUE_INLINE
        ? inlineValue(this.#block.values, key, attributes.ordinal[i] as number)
        : this.#strings.dictionaryValue(key, code)
    if (key === KEY_WHOLE) bytesField(out, tag, value)
    else writeKeyValue(out, tag, listEntry(this.#strings.keys, key - 1), value)
  }

  #events(row: number): void {
    const { tokens, columns, values } = this.#block
    for (let e = tokens.eventStart[row] as number; e < (tokens.eventStart[row + 1] as number); e++) {
      const code = tokens.eventCode[e] as number
      if (code === EVENT_RAW) {
        bytesField(this.#out, field.SPAN_EVENT, listEntry(values.rawEvents, tokens.eventTime[e * 2] as number))
        continue
      }
      const event = this.#event
      event.reset()
      const low = (columns.start[row * 2] as number) + (tokens.eventTime[e * 2] as number)
      event.byte(field.EVENT_TIME)
      event.u64(
        low,
        (columns.start[row * 2 + 1] as number) + (tokens.eventTime[e * 2 + 1] as number) + (low > 0xffff_ffff ? 1 : 0),
      )
      const name = listEntry(this.#strings.eventNames, code - 1)
      if (name.length > 0) bytesField(event, field.EVENT_NAME, name)
      for (let i = tokens.eventAttributeStart[e] as number; i < (tokens.eventAttributeStart[e + 1] as number); i++) {
        this.#keyValue(event, field.EVENT_ATTRIBUTE, tokens.eventAttributes, i)
      }
      bytesField(this.#out, field.SPAN_EVENT, event.view())
    }
  }
}

function bytesField(out: ByteWriter, tag: number, bytes: Uint8Array): void {
  out.byte(tag)
  out.varint(bytes.length)
  out.bytes(bytes)
}

export function writeKeyValue(out: ByteWriter, tag: number | undefined, key: Uint8Array, value: Uint8Array): void {
  if (tag !== undefined) {
    out.byte(tag)
    out.varint(2 + varintLength(key.length) + key.length + varintLength(value.length) + value.length)
  }
  bytesField(out, field.KEY, key)
  bytesField(out, field.VALUE, value)
}

function varintLength(value: number): number {
  let length = 1
  for (let rest = value; rest > 0x7f; rest >>>= 7) length++
  return length
}
