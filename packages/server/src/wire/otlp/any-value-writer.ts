// Writes a decoded attribute of any type, arrays and maps included. Trusts its caller for depth: what was decoded from
// the wire nests at most as deep as the decoder allows.

import type { AnyValue, Attribute } from '@spoor/core/model/span'
import type { ProtoWriter } from '../codec/protobuf-writer.ts'
import * as field from './fields.ts'

const SMALL = 1

export function writeKeyValue(writer: ProtoWriter, tag: number, attribute: Attribute): void {
  const mark = writer.begin(tag, SMALL)
  if (attribute.key !== '') writer.textField(field.KEY, attribute.key)
  writeAnyValue(writer, field.VALUE, attribute.value)
  writer.end(mark, SMALL)
}

function writeAnyValue(writer: ProtoWriter, tag: number, value: AnyValue): void {
  const mark = writer.begin(tag, SMALL)
  switch (value.type) {
    case 'empty':
      break
    case 'string':
      writer.textField(field.VALUE_STRING, value.value)
      break
    case 'bool':
      writer.varint32(field.VALUE_BOOL)
      writer.varint32(Number(value.value))
      break
    case 'int':
      writer.varint32(field.VALUE_INT)
      writer.varint64(value.value)
      break
    case 'double':
      writer.varint32(field.VALUE_DOUBLE)
      writer.double(value.value)
      break
    case 'bytes':
      writer.bytesField(field.VALUE_BYTES, value.value)
      break
    case 'array': {
      const list = writer.begin(field.VALUE_ARRAY, SMALL)
      for (const element of value.value) writeAnyValue(writer, field.VALUES, element)
      writer.end(list, SMALL)
      break
    }
    case 'map': {
      const list = writer.begin(field.VALUE_MAP, SMALL)
      for (const entry of value.value) writeKeyValue(writer, field.VALUES, entry)
      writer.end(list, SMALL)
      break
    }
  }
  writer.end(mark, SMALL)
}
