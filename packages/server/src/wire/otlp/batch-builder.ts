// Writes an OTLP request span by span: for receivers of other protocols, which never build Span objects, and for the
// encoder. Calls follow the nesting of the messages; attributes go to what was opened last. Fields that have protobuf's
// default value are left out. It trusts its caller: ids of the wrong length are written, and the scanner refuses them.

import type { AnyValue, Attribute } from '@spoor/core/model/span'
import { ProtoWriter } from '../codec/protobuf-writer.ts'
import * as field from './fields.ts'

// Room kept for lengths; a wrong guess costs a move.
const SMALL = 1
const SPAN = 2
const LARGE = 3

export class OtlpBatchBuilder {
  private readonly writer: ProtoWriter
  private resourceSpans = -1
  private resource = -1
  private scopeSpans = -1
  private scope = -1
  private span = -1
  private part = -1
  private resourceSchema = ''
  private scopeSchema = ''
  private attributeTag = 0
  /** Spans begun so far. */
  spanCount: number = 0

  constructor(capacity: number = 16_384) {
    this.writer = new ProtoWriter(capacity)
  }

  /** Bytes written so far. */
  get size(): number {
    return this.writer.pos
  }

  /** Closes what is open; the request's bytes, which the builder does not touch again. The builder starts anew. */
  finish(): Uint8Array<ArrayBuffer> {
    this.endResource()
    this.spanCount = 0
    return this.writer.finish()
  }

  /** A new ResourceSpans. Attributes that follow are the resource's. */
  startResource(schemaUrl: string = '', droppedAttributesCount: number = 0): void {
    this.endResource()
    this.resourceSchema = schemaUrl
    this.resourceSpans = this.writer.begin(field.RESOURCE_SPANS, LARGE)
    this.resource = this.writer.begin(field.RESOURCE, SPAN)
    this.number(field.RESOURCE_DROPPED, droppedAttributesCount)
    this.attributeTag = field.RESOURCE_ATTRIBUTE
  }

  /** A new ScopeSpans in the open resource. Attributes that follow are the scope's. */
  startScope(name: string, version: string = '', schemaUrl: string = '', droppedAttributesCount: number = 0): void {
    this.endScope()
    this.endHead('resource', SPAN)
    this.scopeSchema = schemaUrl
    this.scopeSpans = this.writer.begin(field.SCOPE_SPANS, LARGE)
    this.scope = this.writer.begin(field.SCOPE, SMALL)
    this.text(field.SCOPE_NAME, name)
    this.text(field.SCOPE_VERSION, version)
    this.number(field.SCOPE_DROPPED, droppedAttributesCount)
    this.attributeTag = field.SCOPE_ATTRIBUTE
  }

  /** A new span in the open scope; 16 and 8 bytes, and 8 or none for the parent. */
  startSpan(traceId: Uint8Array, spanId: Uint8Array, parentSpanId: Uint8Array | undefined, name: string): void {
    this.endSpan()
    this.endHead('scope', SMALL)
    this.spanCount++
    this.span = this.writer.begin(field.SPAN, SPAN)
    this.writer.bytesField(field.SPAN_TRACE_ID, traceId)
    this.writer.bytesField(field.SPAN_ID, spanId)
    if (parentSpanId !== undefined) this.writer.bytesField(field.SPAN_PARENT_ID, parentSpanId)
    this.text(field.SPAN_NAME, name)
    this.attributeTag = field.SPAN_ATTRIBUTE
  }

  /** Unix ns. */
  times(startNs: bigint, endNs: bigint): void {
    this.time(field.SPAN_START, startNs)
    this.time(field.SPAN_END, endNs)
  }

  kind(kind: number): void {
    this.signed(field.SPAN_KIND, kind)
  }

  traceState(traceState: string): void {
    this.text(field.SPAN_TRACE_STATE, traceState)
  }

  flags(flags: number): void {
    this.flagsField(field.SPAN_FLAGS, flags)
  }

  dropped(attributes: number, events: number, links: number): void {
    this.number(field.SPAN_DROPPED_ATTRIBUTES, attributes)
    this.number(field.SPAN_DROPPED_EVENTS, events)
    this.number(field.SPAN_DROPPED_LINKS, links)
  }

  status(code: number, message: string = ''): void {
    if (code === 0 && message === '') return
    const mark = this.writer.begin(field.SPAN_STATUS, SMALL)
    this.text(field.STATUS_MESSAGE, message)
    this.signed(field.STATUS_CODE, code)
    this.writer.end(mark, SMALL)
  }

  /** An event of the open span; attributes up to endPart() are the event's. */
  startEvent(timeUnixNano: bigint, name: string, droppedAttributesCount: number = 0): void {
    this.part = this.writer.begin(field.SPAN_EVENT, SMALL)
    this.time(field.EVENT_TIME, timeUnixNano)
    this.text(field.EVENT_NAME, name)
    this.number(field.EVENT_DROPPED, droppedAttributesCount)
    this.attributeTag = field.EVENT_ATTRIBUTE
  }

  /** A link of the open span; attributes up to endPart() are the link's. */
  startLink(
    traceId: Uint8Array,
    spanId: Uint8Array,
    traceState: string = '',
    flags: number = 0,
    droppedAttributesCount: number = 0,
  ): void {
    this.part = this.writer.begin(field.SPAN_LINK, SMALL)
    this.writer.bytesField(field.LINK_TRACE_ID, traceId)
    this.writer.bytesField(field.LINK_SPAN_ID, spanId)
    this.text(field.LINK_TRACE_STATE, traceState)
    this.number(field.LINK_DROPPED, droppedAttributesCount)
    this.flagsField(field.LINK_FLAGS, flags)
    this.attributeTag = field.LINK_ATTRIBUTE
  }

  /** Closes the open event or link; attributes are the span's again. */
  endPart(): void {
    this.writer.end(this.part, SMALL)
    this.attributeTag = field.SPAN_ATTRIBUTE
  }

  stringAttribute(key: string, value: string): void {
    this.plain(key, (writer) => writer.textField(field.VALUE_STRING, value))
  }

  boolAttribute(key: string, value: boolean): void {
    this.plain(key, (writer) => {
      writer.varint32(field.VALUE_BOOL)
      writer.varint32(Number(value))
    })
  }

  intAttribute(key: string, value: bigint): void {
    this.plain(key, (writer) => {
      writer.varint32(field.VALUE_INT)
      writer.varint64(value)
    })
  }

  doubleAttribute(key: string, value: number): void {
    this.plain(key, (writer) => {
      writer.varint32(field.VALUE_DOUBLE)
      writer.double(value)
    })
  }

  bytesAttribute(key: string, value: Uint8Array): void {
    this.plain(key, (writer) => writer.bytesField(field.VALUE_BYTES, value))
  }

  /** An attribute of any type, arrays and maps included. */
  attribute(attribute: Attribute): void {
    writeKeyValue(this.writer, this.attributeTag, attribute)
  }

  /** A KeyValue message as it stands in other OTLP bytes. */
  rawAttribute(bytes: Uint8Array, offset: number, length: number): void {
    this.writer.varint32(this.attributeTag)
    this.writer.varint32(length)
    this.writer.raw(bytes, offset, length)
  }

  private plain(key: string, write: (writer: ProtoWriter) => void): void {
    const outer = this.writer.begin(this.attributeTag, SMALL)
    this.text(field.KEY, key)
    const inner = this.writer.begin(field.VALUE, SMALL)
    write(this.writer)
    this.writer.end(inner, SMALL)
    this.writer.end(outer, SMALL)
  }

  private text(tag: number, value: string): void {
    if (value !== '') this.writer.textField(tag, value)
  }

  private number(tag: number, value: number): void {
    if (value === 0) return
    this.writer.varint32(tag)
    this.writer.varint32(value)
  }

  /** An int32 or enum: negative ones have ten bytes. */
  private signed(tag: number, value: number): void {
    if (value === 0) return
    this.writer.varint32(tag)
    if (value < 0) this.writer.varint64(BigInt(value))
    else this.writer.varint32(value)
  }

  private flagsField(tag: number, value: number): void {
    if (value === 0) return
    this.writer.varint32(tag)
    this.writer.fixed32(value)
  }

  private time(tag: number, value: bigint): void {
    if (value === 0n) return
    this.writer.varint32(tag)
    this.writer.fixed64(value)
  }

  private endHead(name: 'resource' | 'scope', guess: number): void {
    if (this[name] >= 0) this.writer.end(this[name], guess)
    this[name] = -1
  }

  private endSpan(): void {
    if (this.span >= 0) this.writer.end(this.span, SPAN)
    this.span = -1
  }

  private endScope(): void {
    this.endSpan()
    this.endHead('scope', SMALL)
    if (this.scopeSpans < 0) return
    this.text(field.SCHEMA_URL, this.scopeSchema)
    this.writer.end(this.scopeSpans, LARGE)
    this.scopeSpans = -1
  }

  private endResource(): void {
    this.endScope()
    this.endHead('resource', SPAN)
    if (this.resourceSpans < 0) return
    this.text(field.SCHEMA_URL, this.resourceSchema)
    this.writer.end(this.resourceSpans, LARGE)
    this.resourceSpans = -1
  }
}

function writeKeyValue(writer: ProtoWriter, tag: number, attribute: Attribute): void {
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
