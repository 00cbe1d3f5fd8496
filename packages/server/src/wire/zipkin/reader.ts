// Zipkin's spans, from the body of an HTTP request or a UDP packet, into an OTLP batch builder; many packets may become one
// OTLP request. A list goes in whole or not at all: on any error the builder is back where it was. JSON's escapes are resolved
// in the bytes that were given. It must never keep or grow anything by what a list claims.

import type { ByteSource } from '../codec/byte-source.ts'
import { ThriftBinaryReader } from '../codec/thrift-binary.ts'
import { ThriftCompactReader } from '../codec/thrift-compact.ts'
import { badThrift, MESSAGE_CALL, MESSAGE_ONEWAY, T_LIST, T_STOP, type ThriftReader } from '../codec/thrift.ts'
import { textOf } from '../codec/text.ts'
import type { OtlpBatchBuilder } from '../otlp/batch-builder.ts'
import { ZipkinDraft } from './draft.ts'
import { joinResources } from './join-resources.ts'
import { ZipkinV1Json } from './v1-json.ts'
import { ZipkinV1Spans } from './v1-spans.ts'
import { ZipkinV1Thrift } from './v1-thrift.ts'
import { ZipkinV2Json } from './v2-json.ts'
import { ZipkinV2Protobuf } from './v2-protobuf.ts'
import { ZipkinV2Spans } from './v2-spans.ts'

export type ZipkinEncoding = 'v1-json' | 'v1-thrift' | 'v2-json' | 'v2-protobuf'

/** The method of an agent's service that carries Zipkin's spans (jaeger-idl, thrift/agent.thrift). */
export const EMIT_ZIPKIN_BATCH = 'emitZipkinBatch'
const ARGUMENT_SPANS = 1
/** More are looked through for equal ones. */
const MANY_RESOURCES = 64
/** Longer ones are not repeated in an error. */
const SHOWN_NAME = 64

export class ZipkinReader {
  private readonly builder: OtlpBatchBuilder
  private readonly v1Json: ZipkinV1Json
  private readonly v2Json: ZipkinV2Json
  private readonly v2Protobuf: ZipkinV2Protobuf
  private readonly binary = new ThriftBinaryReader()
  private readonly v1Binary: ZipkinV1Thrift
  private readonly compact = new ThriftCompactReader()
  private readonly v1Compact: ZipkinV1Thrift
  private readonly v2: ZipkinV2Spans
  private readonly v1: ZipkinV1Spans
  private readonly agent: ZipkinV1Spans

  constructor(builder: OtlpBatchBuilder) {
    const draft = new ZipkinDraft()
    this.builder = builder
    this.v1Json = new ZipkinV1Json(draft)
    this.v2Json = new ZipkinV2Json(draft)
    this.v2Protobuf = new ZipkinV2Protobuf(draft)
    this.v1Binary = new ZipkinV1Thrift(draft, this.binary)
    this.v1Compact = new ZipkinV1Thrift(draft, this.compact)
    this.v2 = new ZipkinV2Spans(builder, draft)
    this.v1 = new ZipkinV1Spans(builder, draft, 'collector')
    this.agent = new ZipkinV1Spans(builder, draft, 'agent')
  }

  /**
   * A list of spans, as it comes by HTTP, as the bytes of an OTLP request, true until the builder is cleared. Throws SpoorError
   * `invalid`; `bytes` may be changed.
   */
  convert(bytes: Uint8Array, encoding: ZipkinEncoding): Uint8Array {
    this.addBody(bytes, encoding)
    const { resourceCount } = encoding === 'v1-json' || encoding === 'v1-thrift' ? this.v1 : this.v2
    const request = this.builder.view()
    return resourceCount > MANY_RESOURCES ? joinResources(request) : request
  }

  /** The same into the builder. */
  addBody(bytes: Uint8Array, encoding: ZipkinEncoding): void {
    this.whole(() => {
      switch (encoding) {
        case 'v2-json':
          this.v2Json.read(bytes, this.beginV2, this.writeV2)
          return
        case 'v2-protobuf':
          this.v2Protobuf.read(bytes, this.beginV2, this.writeV2)
          return
        case 'v1-json':
          this.v1Json.read(bytes, this.beginV1, this.writeV1)
          return
        case 'v1-thrift':
          this.binary.reset(bytes)
          this.v1Binary.read(this.beginV1, this.writeV1)
      }
    })
  }

  /** The method that a packet of the compact protocol calls. Throws SpoorError `invalid` where it is none. */
  methodOf(packet: Uint8Array): string {
    this.compact.reset(packet)
    return methodOf(this.compact)
  }

  /** A message that calls emitZipkinBatch in the compact protocol, as it comes by UDP. Throws SpoorError `invalid`. */
  addPacket(bytes: Uint8Array): void {
    const { compact } = this
    this.whole(() => {
      compact.reset(bytes)
      const name = methodOf(compact)
      if (name !== EMIT_ZIPKIN_BATCH) throw badThrift('thrift_wrong_method', `method ${name}, not ${EMIT_ZIPKIN_BATCH}`)
      this.call(compact)
    })
  }

  /** The struct of the method's arguments. */
  private call(reader: ThriftReader): void {
    let found = false
    const begun = reader.structBegin()
    for (;;) {
      const id = reader.fieldHeader()
      const type = reader.fieldType
      if (type === T_STOP) break
      if (id !== ARGUMENT_SPANS || type !== T_LIST) {
        reader.skip(type, 1)
        continue
      }
      if (found) throw badThrift('thrift_repeated_field', 'the list of spans stands twice')
      found = true
      this.v1Compact.read(this.beginAgent, this.writeAgent)
    }
    reader.structEnd(begun)
    if (!found) throw badThrift('thrift_missing_field', 'a call without spans')
  }

  private whole(read: () => void): void {
    const mark = this.builder.mark()
    let done = false
    try {
      read()
      done = true
    } finally {
      if (!done) this.builder.rollback(mark)
    }
  }

  private readonly beginV2 = (source: ByteSource): void => this.v2.begin(source)
  private readonly writeV2 = (): void => this.v2.write()
  private readonly beginV1 = (source: ByteSource): void => this.v1.begin(source)
  private readonly writeV1 = (): void => this.v1.write()
  private readonly beginAgent = (source: ByteSource): void => this.agent.begin(source)
  private readonly writeAgent = (): void => this.agent.write()
}

/** Reads the header of a message that calls a method; its name. */
function methodOf(reader: ThriftReader): string {
  reader.messageHeader()
  const { messageType } = reader
  if (messageType !== MESSAGE_ONEWAY && messageType !== MESSAGE_CALL) {
    throw badThrift('thrift_wrong_message_type', `message type ${messageType}, not a call`)
  }
  return textOf(reader.bytes, reader.offset, Math.min(reader.length, SHOWN_NAME))
}
