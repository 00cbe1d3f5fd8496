// Zipkin's protobuf of version 2 (openzipkin/zipkin-api, zipkin.proto): the message ListOfSpans. One pass, no objects.

import { ByteSource } from '../codec/byte-source.ts'
import { badProtobuf, ProtoReader } from '../codec/protobuf.ts'
import { type Endpoint, TEXT, type ZipkinDraft } from './draft.ts'
import { badZipkin, checkIds } from './json-fields.ts'

// Tags: (field number << 3) | wire type.
const SPANS = 0x0a
// Span
const TRACE_ID = 0x0a
const PARENT_ID = 0x12
const ID = 0x1a
const KIND = 0x20
const NAME = 0x2a
const TIMESTAMP = 0x31
const DURATION = 0x38
const LOCAL = 0x42
const REMOTE = 0x4a
const ANNOTATION = 0x52
const TAG = 0x5a
const DEBUG = 0x60
// Endpoint
const SERVICE_NAME = 0x0a
const IPV4 = 0x12
const IPV6 = 0x1a
const PORT = 0x20
// Annotation
const ANNOTATION_TIME = 0x09
const ANNOTATION_VALUE = 0x12
// Entry of the map of tags
const ENTRY_KEY = 0x0a
const ENTRY_VALUE = 0x12

/** OTLP's number by Zipkin's: none, client, server, producer, consumer. */
const KINDS: readonly number[] = [0, 3, 2, 4, 5]
const MAX_PORT = 65_535
const TRACE_AT = 0
const SPAN_AT = 4
const PARENT_AT = 6

export class ZipkinV2Protobuf {
  private readonly draft: ZipkinDraft
  private reader = new ProtoReader(new Uint8Array(0))

  constructor(draft: ZipkinDraft) {
    this.draft = draft
  }

  /** Calls `begin` with the bytes and `span` for each span, when it stands in the draft. */
  read(bytes: Uint8Array, begin: (source: ByteSource) => void, span: () => void): void {
    const source = new ByteSource(bytes)
    const reader = (this.reader = new ProtoReader(bytes))
    const end = bytes.byteLength
    this.draft.source = source
    begin(source)
    while (reader.pos < end) {
      const tag = reader.tag(end)
      if (tag === SPANS) {
        this.span(reader.length(end) + reader.pos)
        span()
      } else reader.skip(tag, end, 0)
    }
  }

  private span(end: number): void {
    const { draft, reader } = this
    draft.clear()
    while (reader.pos < end) this.field(reader.tag(end), end)
    checkIds(draft)
  }

  private field(tag: number, end: number): void {
    const { draft, reader } = this
    switch (tag) {
      case TRACE_ID:
        draft.hasTraceId = this.id(TRACE_AT, 4, 'trace id', end)
        return
      case ID:
        draft.hasId = this.id(SPAN_AT, 2, 'span id', end)
        return
      case PARENT_ID:
        this.id(PARENT_AT, 2, 'parent id', end)
        return
      case KIND:
        reader.varint(end)
        draft.kind = (reader.high === 0 ? KINDS[reader.low] : 0) ?? 0
        return
      case NAME:
        draft.nameLength = reader.length(end)
        draft.nameOffset = reader.pos
        reader.pos += draft.nameLength
        return
      case TIMESTAMP:
        reader.fixed64(end)
        draft.startLow = reader.low
        draft.startHigh = unsignedHigh(reader.high)
        return
      case DURATION:
        reader.varint(end)
        draft.hasDuration = true
        draft.durationLow = reader.low
        draft.durationHigh = unsignedHigh(reader.high)
        return
      case LOCAL:
        this.endpoint(reader.length(end) + reader.pos, draft.local)
        return
      case REMOTE:
        this.endpoint(reader.length(end) + reader.pos, draft.remote)
        return
      case ANNOTATION:
        this.annotation(reader.length(end) + reader.pos)
        return
      case TAG:
        this.tag(reader.length(end) + reader.pos)
        return
      case DEBUG:
        reader.varint(end)
        draft.debug = (reader.low | reader.high) !== 0
        return
      default: // `shared`, too: readers tell the two halves by their kinds
        reader.skip(tag, end, 1)
    }
  }

  /** False where it is empty. Zipkin's own library writes trace ids of 8 bytes, which Jaeger refuses. */
  private id(at: number, words: number, what: string, end: number): boolean {
    const { draft, reader } = this
    const length = reader.length(end)
    const from = reader.pos
    reader.pos += length
    if (length === 0) return false
    if (length !== words * 4 && (length !== 8 || words !== 4)) throw badZipkin(`invalid ${what}: ${length} bytes`)
    draft.ids.fill(0, at, at + words)
    for (let i = 0; i < length; i += 4) draft.ids[at + words - (length - i) / 4] = reader.view.getInt32(from + i)
    return true
  }

  private endpoint(end: number, endpoint: Endpoint): void {
    const { reader } = this
    while (reader.pos < end) {
      const tag = reader.tag(end)
      if (tag === PORT) {
        reader.varint(end)
        if (reader.high !== 0 || reader.low >>> 0 > MAX_PORT) throw badZipkin(`a port over ${MAX_PORT}`)
        endpoint.port = reader.low
        continue
      }
      if (tag !== SERVICE_NAME && tag !== IPV4 && tag !== IPV6) {
        reader.skip(tag, end, 2)
        continue
      }
      const length = reader.length(end)
      const from = reader.pos
      reader.pos += length
      if (tag === SERVICE_NAME) {
        endpoint.serviceOffset = from
        endpoint.serviceLength = length
      } else if (length === (tag === IPV4 ? 4 : 16)) {
        if (tag === IPV4) endpoint.ipv4 = reader.view.getInt32(from)
        else {
          endpoint.ipv6.set(reader.bytes.subarray(from, from + 16))
          endpoint.hasIpv6 = true
        }
      } else if (length > 0) throw badZipkin(`invalid IP address: ${length} bytes`)
    }
  }

  private annotation(end: number): void {
    const { draft, reader } = this
    let low = 0
    let high = 0
    let offset = 0
    let length = 0
    while (reader.pos < end) {
      const tag = reader.tag(end)
      if (tag === ANNOTATION_TIME) {
        reader.fixed64(end)
        low = reader.low
        high = unsignedHigh(reader.high)
      } else if (tag === ANNOTATION_VALUE) {
        length = reader.length(end)
        offset = reader.pos
        reader.pos += length
      } else reader.skip(tag, end, 2)
    }
    if ((low | high) === 0) throw badZipkin('valid annotation timestamp required')
    draft.addAnnotation(low, high, offset, length, -1)
  }

  private tag(end: number): void {
    const { draft, reader } = this
    let key = 0
    let keyLength = 0
    let value = 0
    let valueLength = 0
    while (reader.pos < end) {
      const at = reader.pos
      const tag = reader.tag(end)
      if (tag === ENTRY_KEY) {
        keyLength = reader.length(end)
        key = reader.pos
        reader.pos += keyLength
      } else if (tag === ENTRY_VALUE) {
        valueLength = reader.length(end)
        value = reader.pos
        reader.pos += valueLength
      } else if (tag >>> 3 <= 2) throw badProtobuf('a tag that is no text', at)
      else reader.skip(tag, end, 2)
    }
    draft.addTag(key, keyLength, TEXT, value, valueLength, -1)
  }
}

/** The upper word of a number without sign, as one that is compared with 0: beyond 2^63 it is the largest. */
function unsignedHigh(high: number): number {
  return high < 0 ? 0x7fffffff : high
}
