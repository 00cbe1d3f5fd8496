// Zipkin's thrift of version 1 (openzipkin/zipkin-api, thrift/zipkinCore.thrift): a list of spans, bare as the body of an HTTP
// request in the binary protocol, or as the argument of emitZipkinBatch. Missing fields are what thrift makes of them: 0 or
// nothing.

import type { ByteSource } from '../codec/byte-source.ts'
import { T_BOOL, T_I16, T_I32, T_I64, T_LIST, T_STOP, T_STRING, T_STRUCT, type ThriftReader } from '../codec/thrift.ts'
import { BOOL, BYTES, DOUBLE, type Endpoint, INT, TEXT, type ZipkinDraft } from './draft.ts'
import { badZipkin } from './json-fields.ts'

// Span
const TRACE_ID = 1
const NAME = 3
const ID = 4
const PARENT_ID = 5
const ANNOTATIONS = 6
const BINARY_ANNOTATIONS = 8
const DEBUG = 9
const TIMESTAMP = 10
const DURATION = 11
const TRACE_ID_HIGH = 12
// Annotation
const ANNOTATION_TIME = 1
const ANNOTATION_VALUE = 2
const ANNOTATION_HOST = 3
// BinaryAnnotation
const BINARY_KEY = 1
const BINARY_VALUE = 2
const BINARY_TYPE = 3
const BINARY_HOST = 4
// AnnotationType
const TYPE_BOOL = 0
const TYPE_BYTES = 1
const TYPE_I16 = 2
const TYPE_I32 = 3
const TYPE_I64 = 4
const TYPE_DOUBLE = 5
/** Bytes of a number, by its type. */
const SIZES: readonly number[] = [0, 0, 2, 4, 8, 8]
// Endpoint
const IPV4 = 1
const PORT = 2
const SERVICE_NAME = 3
const IPV6 = 4

const SPAN_DEPTH = 2
const PART_DEPTH = 4
const ENDPOINT_DEPTH = 5

export class ZipkinV1Thrift {
  private readonly draft: ZipkinDraft
  private readonly reader: ThriftReader

  constructor(draft: ZipkinDraft, reader: ThriftReader) {
    this.draft = draft
    this.reader = reader
  }

  /** The list at the reader's position: calls `begin` with the bytes and `span` for each span, when it stands in the draft. */
  read(begin: (source: ByteSource) => void, span: () => void): void {
    const { draft, reader } = this
    draft.source = reader.source
    begin(reader.source)
    const count = reader.structListHeader()
    for (let i = 0; i < count; i++) {
      this.span()
      span()
    }
  }

  private span(): void {
    const { draft, reader } = this
    draft.clear()
    const begun = reader.structBegin()
    for (;;) {
      const id = reader.fieldHeader()
      const type = reader.fieldType
      if (type === T_STOP) break
      if (type === T_I64) this.long(id)
      else if (type === T_STRING && id === NAME) {
        reader.string()
        draft.nameOffset = reader.offset
        draft.nameLength = reader.length
      } else if (type === T_LIST && id === ANNOTATIONS) {
        const count = reader.structListHeader()
        for (let i = 0; i < count; i++) this.annotation()
      } else if (type === T_LIST && id === BINARY_ANNOTATIONS) {
        const count = reader.structListHeader()
        for (let i = 0; i < count; i++) this.binaryAnnotation()
      } else if (type === T_BOOL && id === DEBUG) draft.debug = reader.bool()
      else reader.skip(type, SPAN_DEPTH)
    }
    reader.structEnd(begun)
  }

  private long(id: number): void {
    const { draft, reader } = this
    reader.i64()
    const { high, low } = reader
    const { ids } = draft
    const at = id === TRACE_ID ? 2 : id === TRACE_ID_HIGH ? 0 : id === ID ? 4 : id === PARENT_ID ? 6 : -1
    if (at >= 0) {
      ids[at] = high
      ids[at + 1] = low
    } else if (id === TIMESTAMP) {
      draft.startLow = low
      draft.startHigh = high
    } else if (id === DURATION) {
      draft.hasDuration = true
      draft.durationLow = low
      draft.durationHigh = high
    }
  }

  private annotation(): void {
    const { draft, reader } = this
    let low = 0
    let high = 0
    let offset = 0
    let length = 0
    let endpoint = -1
    const begun = reader.structBegin()
    for (;;) {
      const id = reader.fieldHeader()
      const type = reader.fieldType
      if (type === T_STOP) break
      if (id === ANNOTATION_TIME && type === T_I64) {
        reader.i64()
        low = reader.low
        high = reader.high
      } else if (id === ANNOTATION_VALUE && type === T_STRING) {
        reader.string()
        offset = reader.offset
        length = reader.length
      } else if (id === ANNOTATION_HOST && type === T_STRUCT) endpoint = this.endpoint()
      else reader.skip(type, PART_DEPTH)
    }
    reader.structEnd(begun)
    draft.addAnnotation(low, high, offset, length, endpoint)
  }

  private binaryAnnotation(): void {
    const { reader } = this
    let key = 0
    let keyLength = 0
    let value = 0
    let valueLength = 0
    let valueType = -1
    let endpoint = -1
    const begun = reader.structBegin()
    for (;;) {
      const id = reader.fieldHeader()
      const type = reader.fieldType
      if (type === T_STOP) break
      if (id === BINARY_KEY && type === T_STRING) {
        reader.string()
        key = reader.offset
        keyLength = reader.length
      } else if (id === BINARY_VALUE && type === T_STRING) {
        reader.string()
        value = reader.offset
        valueLength = reader.length
      } else if (id === BINARY_TYPE && type === T_I32) valueType = reader.i32()
      else if (id === BINARY_HOST && type === T_STRUCT) endpoint = this.endpoint()
      else reader.skip(type, PART_DEPTH)
    }
    reader.structEnd(begun)
    this.tag(key, keyLength, valueType, value, valueLength, endpoint)
  }

  /** Numbers are big-endian bytes of their own width. What is no number of its type stays bytes. */
  private tag(key: number, keyLength: number, type: number, value: number, length: number, endpoint: number): void {
    const { draft, reader } = this
    const { bytes, view } = reader
    let kind = TEXT
    let a = value
    let b = length
    if (type === TYPE_BOOL) {
      kind = BOOL
      a = Number(length === 1 && bytes[value] === 1)
      b = 0
    } else if (type === TYPE_BYTES) kind = BYTES
    else if (type >= TYPE_I16 && type <= TYPE_DOUBLE) {
      if (length !== SIZES[type]) kind = BYTES
      else if (type === TYPE_I16 || type === TYPE_I32) {
        kind = INT
        a = type === TYPE_I16 ? view.getInt16(value) : view.getInt32(value)
        b = a >> 31
      } else {
        kind = type === TYPE_I64 ? INT : DOUBLE
        a = view.getInt32(value + 4)
        b = view.getInt32(value)
      }
    }
    draft.addTag(key, keyLength, kind, a, b, endpoint)
  }

  /** Its number. */
  private endpoint(): number {
    const { draft, reader } = this
    const endpoint = draft.addEndpoint()
    const begun = reader.structBegin()
    for (;;) {
      const id = reader.fieldHeader()
      const type = reader.fieldType
      if (type === T_STOP) break
      if (id === IPV4 && type === T_I32) endpoint.ipv4 = reader.i32()
      else if (id === PORT && type === T_I16) endpoint.port = reader.i16() & 0xffff
      else if (id === SERVICE_NAME && type === T_STRING) {
        reader.string()
        endpoint.serviceOffset = reader.offset
        endpoint.serviceLength = reader.length
      } else if (id === IPV6 && type === T_STRING) this.ipv6(endpoint)
      else reader.skip(type, ENDPOINT_DEPTH)
    }
    reader.structEnd(begun)
    return draft.lastEndpoint
  }

  private ipv6(endpoint: Endpoint): void {
    const { reader } = this
    reader.string()
    if (reader.length === 0) return
    if (reader.length !== 16) throw badZipkin(`invalid IP address: ${reader.length} bytes`)
    endpoint.ipv6.set(reader.bytes.subarray(reader.offset, reader.offset + 16))
    endpoint.hasIpv6 = true
  }
}
