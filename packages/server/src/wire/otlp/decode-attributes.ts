// KeyValue and AnyValue bytes to the model, with protobuf's merge rules: of a repeated field the last wins, repeated
// arrays and maps of one value are joined. For readers and for the few attributes the scanner cannot hash in place.

import type { AnyValue, Attribute } from '@spoor/core/model/span'
import { badProtobuf, MAX_NESTING, type ProtoReader } from '../codec/protobuf.ts'
import { textOf } from '../codec/text.ts'
import * as field from './fields.ts'

const EMPTY: AnyValue = { type: 'empty' }

/** A value under construction; `array` and `map` are the open lists that a repeated field goes on with. */
interface Draft {
  value: AnyValue
  array: AnyValue[] | undefined
  map: Attribute[] | undefined
}

function newDraft(): Draft {
  return { value: EMPTY, array: undefined, map: undefined }
}

/** The KeyValue message from the reader's position to `end`. */
export function decodeKeyValue(reader: ProtoReader, end: number, depth: number = field.KEY_VALUE_DEPTH): Attribute {
  let key = ''
  let draft: Draft | undefined
  while (reader.pos < end) {
    const tag = reader.tag(end)
    if (tag === field.KEY) key = readText(reader, end)
    else if (tag === field.VALUE) {
      draft ??= newDraft()
      const length = reader.length(end)
      mergeAnyValue(reader, reader.pos + length, depth + 1, draft)
    } else reader.skip(tag, end, depth)
  }
  return { key, value: draft?.value ?? EMPTY }
}

/** The AnyValue message from the reader's position to `end`. */
export function decodeAnyValue(reader: ProtoReader, end: number, depth: number = field.KEY_VALUE_DEPTH + 1): AnyValue {
  const draft = newDraft()
  mergeAnyValue(reader, end, depth, draft)
  return draft.value
}

/** A length-delimited text field whose tag was just read. */
export function readText(reader: ProtoReader, end: number): string {
  const length = reader.length(end)
  const text = textOf(reader.bytes, reader.pos, length)
  reader.pos += length
  return text
}

function setPlain(draft: Draft, value: AnyValue): void {
  draft.value = value
  draft.array = undefined
  draft.map = undefined
}

function mergeAnyValue(reader: ProtoReader, end: number, depth: number, draft: Draft): void {
  if (depth > MAX_NESTING) throw badProtobuf(`nesting deeper than ${MAX_NESTING}`, reader.pos)
  while (reader.pos < end) {
    const tag = reader.tag(end)
    switch (tag) {
      case field.VALUE_STRING:
        setPlain(draft, { type: 'string', value: readText(reader, end) })
        break
      case field.VALUE_BOOL:
        reader.varint(end)
        setPlain(draft, { type: 'bool', value: (reader.low | reader.high) !== 0 })
        break
      case field.VALUE_INT:
        reader.varint(end)
        setPlain(draft, { type: 'int', value: reader.int64() })
        break
      case field.VALUE_DOUBLE:
        reader.fixed64(end)
        setPlain(draft, { type: 'double', value: reader.view.getFloat64(reader.pos - 8, true) })
        break
      case field.VALUE_BYTES: {
        const length = reader.length(end)
        // A copy: Buffer's own slice() would be a view that changes when the batch's bytes are used again.
        const value = new Uint8Array(reader.bytes.subarray(reader.pos, reader.pos + length))
        setPlain(draft, { type: 'bytes', value })
        reader.pos += length
        break
      }
      case field.VALUE_ARRAY:
        mergeArray(reader, reader.length(end) + reader.pos, depth + 1, draft)
        break
      case field.VALUE_MAP:
        mergeMap(reader, reader.length(end) + reader.pos, depth + 1, draft)
        break
      default:
        reader.skip(tag, end, depth)
    }
  }
}

function mergeArray(reader: ProtoReader, end: number, depth: number, draft: Draft): void {
  const values = draft.array ?? []
  setPlain(draft, { type: 'array', value: values })
  draft.array = values
  while (reader.pos < end) {
    const tag = reader.tag(end)
    if (tag === field.VALUES) {
      const length = reader.length(end)
      values.push(decodeAnyValue(reader, reader.pos + length, depth + 1))
    } else reader.skip(tag, end, depth)
  }
}

function mergeMap(reader: ProtoReader, end: number, depth: number, draft: Draft): void {
  const entries = draft.map ?? []
  setPlain(draft, { type: 'map', value: entries })
  draft.map = entries
  while (reader.pos < end) {
    const tag = reader.tag(end)
    if (tag === field.VALUES) {
      const length = reader.length(end)
      if (depth + 1 > MAX_NESTING) throw badProtobuf(`nesting deeper than ${MAX_NESTING}`, reader.pos)
      entries.push(decodeKeyValue(reader, reader.pos + length, depth + 1))
    } else reader.skip(tag, end, depth)
  }
}
