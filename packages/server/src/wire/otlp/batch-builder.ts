// Writes an OTLP request span by span: for receivers of other protocols, which never build Span objects, and for the
// encoder. Calls follow the nesting of the messages; attributes go to what was opened last. Fields that have protobuf's
// default value are left out. It trusts its caller: ids of the wrong length are written, and the scanner refuses them.

import type { Attribute } from '@spoor/core/model/span'
import type { ByteSource } from '../codec/byte-source.ts'
import { writeKeyValue } from './any-value-writer.ts'
import { AttributeWriter } from './attribute-writer.ts'
import * as field from './fields.ts'

// Room kept for lengths; a wrong guess costs a move.
const SMALL = 1
const SPAN = 2
const LARGE = 3

/** A place between resources that rollback() goes back to. */
export interface BuilderMark {
  readonly pos: number
  readonly spanCount: number
}

export class OtlpBatchBuilder {
  private readonly writer: AttributeWriter
  private resourceSpans = -1
  private resource = -1
  private scopeSpans = -1
  private scope = -1
  private span = -1
  private part = -1
  private value = -1
  private resourceSchema = ''
  private scopeSchema = ''
  private attributeTag = 0
  /** Spans begun so far. */
  spanCount: number = 0

  constructor(capacity: number = 16_384) {
    this.writer = new AttributeWriter(capacity)
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

  /** Closes what is open; the request's bytes, true until clear(). For builders that are used again and again. */
  view(): Uint8Array {
    this.endResource()
    return this.writer.view()
  }

  /** Starts anew in the same memory. */
  clear(): void {
    this.rollback({ pos: 0, spanCount: 0 })
  }

  /** Closes what is open; give it to rollback() to forget all that follows. */
  mark(): BuilderMark {
    this.endResource()
    return { pos: this.writer.pos, spanCount: this.spanCount }
  }

  rollback(mark: BuilderMark): void {
    this.writer.truncate(mark.pos)
    this.spanCount = mark.spanCount
    this.resourceSpans = this.resource = this.scopeSpans = this.scope = this.span = this.part = -1
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

  /**
   * A new span as receivers of other protocols have it: eight words of ids, each the big-endian number (trace id 4, span
   * id 2, parent 2, both zero for none), the name as bytes that lie elsewhere, start and end in Unix ns as [low, high].
   */
  startSpanWords(ids: Int32Array, name: ByteSource, nameOffset: number, nameLength: number, times: Int32Array): void {
    const { writer } = this
    this.endSpan()
    this.endHead('scope', SMALL)
    this.spanCount++
    this.span = writer.begin(field.SPAN, SPAN)
    writer.idField(field.SPAN_TRACE_ID, ids, 0, 4)
    writer.idField(field.SPAN_ID, ids, 4, 2)
    if (((ids[6] ?? 0) | (ids[7] ?? 0)) !== 0) writer.idField(field.SPAN_PARENT_ID, ids, 6, 2)
    if (nameLength > 0) writer.rangeField(field.SPAN_NAME, name, nameOffset, nameLength)
    writer.timeField(field.SPAN_START, times[0] ?? 0, times[1] ?? 0)
    writer.timeField(field.SPAN_END, times[2] ?? 0, times[3] ?? 0)
    this.attributeTag = field.SPAN_ATTRIBUTE
  }

  /** Forgets the open span. */
  dropSpan(): void {
    this.writer.truncate(this.span - SPAN - 1)
    this.span = -1
    this.spanCount--
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

  /** A status whose message lies in other bytes. */
  statusRange(code: number, source: ByteSource, offset: number, length: number): void {
    const mark = this.writer.begin(field.SPAN_STATUS, SMALL)
    if (length > 0) this.writer.rangeField(field.STATUS_MESSAGE, source, offset, length)
    this.signed(field.STATUS_CODE, code)
    this.writer.end(mark, SMALL)
  }

  /** An event at a Unix time in ns, given as two words; its name may come later, with eventName(). */
  startEventWords(low: number, high: number): void {
    this.part = this.writer.begin(field.SPAN_EVENT, SMALL)
    this.writer.timeField(field.EVENT_TIME, low, high)
    this.attributeTag = field.EVENT_ATTRIBUTE
  }

  eventName(source: ByteSource, offset: number, length: number): void {
    if (length > 0) this.writer.rangeField(field.EVENT_NAME, source, offset, length)
  }

  /** A link to the six words of ids from `at`: trace id, span id. */
  startLinkWords(ids: Int32Array, at: number): void {
    this.part = this.writer.begin(field.SPAN_LINK, SMALL)
    this.writer.idField(field.LINK_TRACE_ID, ids, at, 4)
    this.writer.idField(field.LINK_SPAN_ID, ids, at + 4, 2)
    this.attributeTag = field.LINK_ATTRIBUTE
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
    const outer = this.startValue(key)
    this.writer.textField(field.VALUE_STRING, value)
    this.endValue(outer)
  }

  boolAttribute(key: string, value: boolean): void {
    const outer = this.startValue(key)
    this.writer.varint32(field.VALUE_BOOL)
    this.writer.varint32(Number(value))
    this.endValue(outer)
  }

  intAttribute(key: string, value: bigint): void {
    const outer = this.startValue(key)
    this.writer.varint32(field.VALUE_INT)
    this.writer.varint64(value)
    this.endValue(outer)
  }

  doubleAttribute(key: string, value: number): void {
    const outer = this.startValue(key)
    this.writer.varint32(field.VALUE_DOUBLE)
    this.writer.double(value)
    this.endValue(outer)
  }

  bytesAttribute(key: string, value: Uint8Array): void {
    const outer = this.startValue(key)
    this.writer.bytesField(field.VALUE_BYTES, value)
    this.endValue(outer)
  }

  /** A text that lies in other bytes. */
  textAttribute(key: string, source: ByteSource, offset: number, length: number): void {
    const outer = this.startValue(key)
    this.writer.rangeField(field.VALUE_STRING, source, offset, length)
    this.endValue(outer)
  }

  // The same with the key, and texts and bytes, as ranges of other bytes.

  stringRange(source: ByteSource, key: number, keyLength: number, value: number, valueLength: number): void {
    this.writer.rangeAttribute(this.attributeTag, source, key, keyLength, field.VALUE_STRING, value, valueLength)
  }

  bytesRange(source: ByteSource, key: number, keyLength: number, value: number, valueLength: number): void {
    this.writer.rangeAttribute(this.attributeTag, source, key, keyLength, field.VALUE_BYTES, value, valueLength)
  }

  boolRange(source: ByteSource, key: number, keyLength: number, value: boolean): void {
    this.writer.boolAttribute(this.attributeTag, source, key, keyLength, value)
  }

  intRange(source: ByteSource, key: number, keyLength: number, low: number, high: number): void {
    this.writer.intAttribute(this.attributeTag, source, key, keyLength, low, high)
  }

  doubleRange(source: ByteSource, key: number, keyLength: number, low: number, high: number): void {
    this.writer.doubleAttribute(this.attributeTag, source, key, keyLength, low, high)
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

  private startValue(key: string): number {
    const outer = this.writer.begin(this.attributeTag, SMALL)
    this.text(field.KEY, key)
    this.value = this.writer.begin(field.VALUE, SMALL)
    return outer
  }

  private endValue(outer: number): void {
    this.writer.end(this.value, SMALL)
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
