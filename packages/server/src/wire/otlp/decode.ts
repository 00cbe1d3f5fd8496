// SpanBatch rows to the model's Span, for queries and for stores that keep rows. Made only when somebody looks.

import {
  type Attribute,
  EMPTY_SPAN,
  type Resource,
  type Scope,
  type Span,
  type SpanEvent,
  type SpanLink,
} from '@spoor/core/model/span'
import { toHex } from '@spoor/core/base/bytes'
import { ProtoReader } from '../codec/protobuf.ts'
import { textOf } from '../codec/text.ts'
import { decodeKeyValue, readText } from './decode-attributes.ts'
import * as field from './fields.ts'
import { scanOtlp } from './scan.ts'
import { ROW_REFUSED, type GroupTable, type SpanBatch } from './span-batch.ts'

const GROUP_DEPTH = 3
const PART_DEPTH = 4

type Writable<T> = { -readonly [K in keyof T]: T[K] }

/** Decodes rows of one batch; its spans share Resource and Scope objects as their rows do. */
export class SpanDecoder {
  private readonly batch: SpanBatch
  private readonly reader: ProtoReader
  private readonly resources: (Resource | undefined)[] = []
  private readonly scopes: (Scope | undefined)[] = []

  constructor(batch: SpanBatch) {
    this.batch = batch
    this.reader = new ProtoReader(batch.bytes)
  }

  /** The span of a row; of a refused row, what can be told. */
  span(row: number): Span {
    const { batch, reader } = this
    const resource = this.resource(batch.resource[row] ?? 0)
    const scope = this.scope(batch.scope[row] ?? 0)
    const start = batch.offset[row] ?? 0
    reader.pos = start
    return decodeSpanMessage(reader, start + (batch.length[row] ?? 0), resource, scope)
  }

  /** Entry `index` of batch.resources. */
  resource(index: number): Resource {
    return (this.resources[index] ??= decodeResource(this.reader, this.batch.resources, index))
  }

  /** Entry `index` of batch.scopes. */
  scope(index: number): Scope {
    return (this.scopes[index] ??= decodeScope(this.reader, this.batch.scopes, index))
  }
}

/** One row. For several rows of a batch use decodeSpans or a SpanDecoder: they share resources and scopes. */
export function decodeSpan(batch: SpanBatch, row: number): Span {
  return new SpanDecoder(batch).span(row)
}

/** All rows that are not refused. */
export function decodeSpans(batch: SpanBatch): Span[] {
  const decoder = new SpanDecoder(batch)
  const spans: Span[] = []
  for (let row = 0; row < batch.spanCount; row++) {
    if (((batch.rowFlags[row] ?? 0) & ROW_REFUSED) === 0) spans.push(decoder.span(row))
  }
  return spans
}

/** The spans of a TracesData message, without those a store would refuse. Throws SpoorError `bad_protobuf`. */
export function decodeTraces(bytes: Uint8Array): Span[] {
  return decodeSpans(scanOtlp(bytes))
}

/** A KeyValue that lies in `bytes`, as the scanner read it. */
export function decodeAttribute(bytes: Uint8Array, offset: number, length: number): Attribute {
  const reader = new ProtoReader(bytes)
  reader.pos = offset
  return decodeKeyValue(reader, offset + length)
}

function groupText(bytes: Uint8Array, offset: Uint32Array, length: Uint32Array, index: number): string {
  return textOf(bytes, offset[index] ?? 0, length[index] ?? 0)
}

function attributeField(reader: ProtoReader, end: number): Attribute {
  const length = reader.length(end)
  return decodeKeyValue(reader, reader.pos + length)
}

function uint32Field(reader: ProtoReader, end: number): number {
  reader.varint(end)
  return reader.low >>> 0
}

function decodeResource(reader: ProtoReader, table: GroupTable, index: number): Resource {
  const attributes: Attribute[] = []
  let droppedAttributesCount = 0
  reader.pos = table.offset[index] ?? 0
  const end = reader.pos + (table.length[index] ?? 0)
  while (reader.pos < end) {
    const tag = reader.tag(end)
    if (tag === field.RESOURCE_ATTRIBUTE) attributes.push(attributeField(reader, end))
    else if (tag === field.RESOURCE_DROPPED) droppedAttributesCount = uint32Field(reader, end)
    else reader.skip(tag, end, GROUP_DEPTH)
  }
  const schemaUrl = groupText(reader.bytes, table.schemaOffset, table.schemaLength, index)
  const serviceName = groupText(reader.bytes, table.nameOffset, table.nameLength, index)
  return { attributes, droppedAttributesCount, schemaUrl, serviceName }
}

function decodeScope(reader: ProtoReader, table: GroupTable, index: number): Scope {
  const attributes: Attribute[] = []
  let version = ''
  let droppedAttributesCount = 0
  reader.pos = table.offset[index] ?? 0
  const end = reader.pos + (table.length[index] ?? 0)
  while (reader.pos < end) {
    const tag = reader.tag(end)
    if (tag === field.SCOPE_ATTRIBUTE) attributes.push(attributeField(reader, end))
    else if (tag === field.SCOPE_VERSION) version = readText(reader, end)
    else if (tag === field.SCOPE_DROPPED) droppedAttributesCount = uint32Field(reader, end)
    else reader.skip(tag, end, GROUP_DEPTH)
  }
  const name = groupText(reader.bytes, table.nameOffset, table.nameLength, index)
  const schemaUrl = groupText(reader.bytes, table.schemaOffset, table.schemaLength, index)
  return { name, version, attributes, droppedAttributesCount, schemaUrl }
}

function readBytes(reader: ProtoReader, end: number): Uint8Array {
  const length = reader.length(end)
  reader.pos += length
  return reader.bytes.subarray(reader.pos - length, reader.pos)
}

function isZero(bytes: Uint8Array): boolean {
  return bytes.every((byte) => byte === 0)
}

/** Ids of links are not checked on the way in: what is short gets zeros first, what is long loses its first digits. */
function idText(bytes: Uint8Array, digits: number): string {
  return toHex(bytes.subarray(-digits / 2)).padStart(digits, '0')
}

function emptySpan(resource: Resource, scope: Scope): Writable<Span> {
  return { ...EMPTY_SPAN, traceId: '0'.repeat(32), spanId: '0'.repeat(16), resource, scope }
}

/** The Span message from the reader's position to `end`. */
export function decodeSpanMessage(reader: ProtoReader, end: number, resource: Resource, scope: Scope): Span {
  const span = emptySpan(resource, scope)
  const attributes: Attribute[] = []
  const events: SpanEvent[] = []
  const links: SpanLink[] = []
  while (reader.pos < end) {
    const tag = reader.tag(end)
    if (tag === field.SPAN_ATTRIBUTE) attributes.push(attributeField(reader, end))
    else if (tag === field.SPAN_EVENT) events.push(decodeEvent(reader, reader.length(end) + reader.pos))
    else if (tag === field.SPAN_LINK) links.push(decodeLink(reader, reader.length(end) + reader.pos))
    else if (tag === field.SPAN_STATUS) decodeStatus(reader, reader.length(end) + reader.pos, span)
    else singularField(reader, end, tag, span)
  }
  span.attributes = attributes
  span.events = events
  span.links = links
  return span
}

function singularField(reader: ProtoReader, end: number, tag: number, span: Writable<Span>): void {
  switch (tag) {
    case field.SPAN_TRACE_ID:
      span.traceId = idText(readBytes(reader, end), 32)
      break
    case field.SPAN_ID:
      span.spanId = idText(readBytes(reader, end), 16)
      break
    case field.SPAN_PARENT_ID: {
      const id = readBytes(reader, end)
      span.parentSpanId = isZero(id) ? '' : idText(id, 16)
      break
    }
    case field.SPAN_TRACE_STATE:
      span.traceState = readText(reader, end)
      break
    case field.SPAN_NAME:
      span.name = readText(reader, end)
      break
    case field.SPAN_KIND:
      reader.varint(end)
      span.kind = reader.low
      break
    case field.SPAN_START:
      reader.fixed64(end)
      span.startNs = reader.uint64()
      break
    case field.SPAN_END:
      reader.fixed64(end)
      span.endNs = reader.uint64()
      break
    case field.SPAN_DROPPED_ATTRIBUTES:
      span.droppedAttributesCount = uint32Field(reader, end)
      break
    case field.SPAN_DROPPED_EVENTS:
      span.droppedEventsCount = uint32Field(reader, end)
      break
    case field.SPAN_DROPPED_LINKS:
      span.droppedLinksCount = uint32Field(reader, end)
      break
    case field.SPAN_FLAGS:
      span.flags = reader.fixed32(end) >>> 0
      break
    default:
      reader.skip(tag, end, GROUP_DEPTH)
  }
}

function decodeStatus(reader: ProtoReader, end: number, span: Writable<Span>): void {
  while (reader.pos < end) {
    const tag = reader.tag(end)
    if (tag === field.STATUS_MESSAGE) span.statusMessage = readText(reader, end)
    else if (tag === field.STATUS_CODE) {
      reader.varint(end)
      span.statusCode = reader.low
    } else reader.skip(tag, end, PART_DEPTH)
  }
}

function decodeEvent(reader: ProtoReader, end: number): SpanEvent {
  const attributes: Attribute[] = []
  const event = { timeUnixNano: 0n, name: '', attributes, droppedAttributesCount: 0 }
  while (reader.pos < end) {
    const tag = reader.tag(end)
    if (tag === field.EVENT_ATTRIBUTE) attributes.push(attributeField(reader, end))
    else if (tag === field.EVENT_NAME) event.name = readText(reader, end)
    else if (tag === field.EVENT_TIME) {
      reader.fixed64(end)
      event.timeUnixNano = reader.uint64()
    } else if (tag === field.EVENT_DROPPED) event.droppedAttributesCount = uint32Field(reader, end)
    else reader.skip(tag, end, PART_DEPTH)
  }
  return event
}

function decodeLink(reader: ProtoReader, end: number): SpanLink {
  const attributes: Attribute[] = []
  const link = {
    traceId: '0'.repeat(32),
    spanId: '0'.repeat(16),
    traceState: '',
    attributes,
    droppedAttributesCount: 0,
    flags: 0,
  }
  while (reader.pos < end) {
    const tag = reader.tag(end)
    if (tag === field.LINK_ATTRIBUTE) attributes.push(attributeField(reader, end))
    else if (tag === field.LINK_TRACE_ID) link.traceId = idText(readBytes(reader, end), 32)
    else if (tag === field.LINK_SPAN_ID) link.spanId = idText(readBytes(reader, end), 16)
    else if (tag === field.LINK_TRACE_STATE) link.traceState = readText(reader, end)
    else if (tag === field.LINK_DROPPED) link.droppedAttributesCount = uint32Field(reader, end)
    else if (tag === field.LINK_FLAGS) link.flags = reader.fixed32(end) >>> 0
    else reader.skip(tag, end, PART_DEPTH)
  }
  return link
}
