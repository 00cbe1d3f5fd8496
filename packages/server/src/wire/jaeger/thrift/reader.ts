// Jaeger's Batch, from the body of an HTTP request or a UDP packet, into an OTLP batch builder; many packets may become
// one OTLP request. A batch goes in whole or not at all: on any error the builder is back where it was. It must never keep
// or grow anything by what a batch claims.

import { FORMAT_ATTRIBUTE } from '@spoor/core/model/internal-attributes'
import { ThriftBinaryReader } from '../../codec/thrift-binary.ts'
import { ThriftCompactReader } from '../../codec/thrift-compact.ts'
import {
  badThrift,
  MESSAGE_CALL,
  MESSAGE_ONEWAY,
  T_I64,
  T_LIST,
  T_STOP,
  T_STRING,
  T_STRUCT,
  type ThriftReader,
} from '../../codec/thrift.ts'
import { textOf } from '../../codec/text.ts'
import type { OtlpBatchBuilder } from '../../otlp/batch-builder.ts'
import * as field from './fields.ts'
import type { ClientReport, ClientStats } from './report.ts'
import { SpanTranscoder } from './span.ts'
import { BinaryTag, CompactTag } from './protocol-tags.ts'
import type { Tag } from './tag.ts'

export type ThriftProtocol = 'compact' | 'binary'

const BATCH_DEPTH = 2
const PROCESS_DEPTH = 3
const STATS_ALL = 0b1110
const LONG_HIGH = 0x1_0000_0000
/** What Jaeger's collector shows: an agent sends on by gRPC what it got by UDP. */
const FORMAT_OF_PACKET = 'proto'
const FORMAT_OF_BATCH = 'jaeger'

interface Parts {
  readonly reader: ThriftReader
  readonly tag: Tag
  readonly spans: SpanTranscoder
}

function createParts(builder: OtlpBatchBuilder, reader: ThriftReader, tag: Tag): Parts {
  return { reader, tag, spans: new SpanTranscoder(builder, reader, tag) }
}

type Writable<T> = { -readonly [K in keyof T]: T[K] }

const UUID_KEY = new TextEncoder().encode('client-uuid')
const HOST_KEY = new TextEncoder().encode('hostname')
const IP_KEY = new TextEncoder().encode('ip')

export class JaegerThriftReader {
  private readonly builder: OtlpBatchBuilder
  private readonly compact: Parts
  private readonly binary: Parts
  /** Of the batch that is being read. */
  private parts: Parts
  private format = FORMAT_OF_BATCH

  constructor(builder: OtlpBatchBuilder) {
    this.builder = builder
    this.compact = createParts(builder, new ThriftCompactReader(), new CompactTag())
    this.binary = createParts(builder, new ThriftBinaryReader(), new BinaryTag())
    this.parts = this.binary
  }

  /** A bare Batch, as it comes by HTTP. Throws SpoorError `invalid` with a ThriftErrorCode. */
  addBatch(bytes: Uint8Array, protocol: ThriftProtocol): ClientReport {
    return this.whole(bytes, protocol, false)
  }

  /** A message that calls emitBatch, as it comes by UDP. Throws SpoorError `invalid` with a ThriftErrorCode. */
  addPacket(bytes: Uint8Array, protocol: ThriftProtocol): ClientReport {
    return this.whole(bytes, protocol, true)
  }

  private whole(bytes: Uint8Array, protocol: ThriftProtocol, isMessage: boolean): ClientReport {
    this.parts = protocol === 'compact' ? this.compact : this.binary
    this.format = isMessage ? FORMAT_OF_PACKET : FORMAT_OF_BATCH
    const { reader } = this.parts
    const mark = this.builder.mark()
    reader.reset(bytes)
    let done = false
    try {
      const report = isMessage ? this.message(reader) : this.batch(reader)
      done = report.spanCount > 0
      return report
    } finally {
      if (!done) this.builder.rollback(mark)
    }
  }

  private message(reader: ThriftReader): ClientReport {
    reader.messageHeader()
    const { messageType } = reader
    const name = textOf(reader.bytes, reader.offset, Math.min(reader.length, 64))
    if (name === field.EMIT_ZIPKIN_BATCH) {
      throw badThrift('thrift_zipkin_method', `${name} carries Zipkin spans: this port takes ${field.EMIT_BATCH}`)
    }
    if (name !== field.EMIT_BATCH) throw badThrift('thrift_wrong_method', `method ${name}, not ${field.EMIT_BATCH}`)
    if (messageType !== MESSAGE_ONEWAY && messageType !== MESSAGE_CALL) {
      throw badThrift('thrift_wrong_message_type', `message type ${messageType}, not a call`)
    }
    return this.call(reader)
  }

  /** The struct of the method's arguments. */
  private call(reader: ThriftReader): ClientReport {
    let report: ClientReport | undefined
    const begun = reader.structBegin()
    for (;;) {
      const id = reader.fieldHeader()
      const type = reader.fieldType
      if (type === T_STOP) break
      if (id !== field.ARGUMENT_BATCH || type !== T_STRUCT) reader.skip(type, 1)
      else if (report === undefined) report = this.batch(reader)
      else throw repeated('the batch')
    }
    reader.structEnd(begun)
    if (report === undefined) throw badThrift('thrift_missing_field', 'a call without a batch')
    return report
  }

  private batch(reader: ThriftReader): ClientReport {
    const spansBefore = this.builder.spanCount
    const report: Writable<ClientReport> = {
      serviceName: '',
      clientUuid: '',
      hostname: '',
      ip: '',
      seqNo: undefined,
      stats: undefined,
      spanCount: 0,
    }
    let hasProcess = false
    let spansAt = -1
    let late = false
    const begun = reader.structBegin()
    for (;;) {
      const id = reader.fieldHeader()
      const type = reader.fieldType
      if (type === T_STOP) break
      if (id === field.BATCH_PROCESS && type === T_STRUCT) {
        if (hasProcess) throw repeated('the process')
        hasProcess = true
        this.process(reader, report)
      } else if (id === field.BATCH_SPANS && type === T_LIST) {
        if (spansAt >= 0) throw repeated('the list of spans')
        spansAt = reader.pos
        late = !hasProcess
        if (late) reader.skip(type, BATCH_DEPTH)
        else this.spanList(reader)
      } else if (id === field.BATCH_SEQ_NO && type === T_I64) report.seqNo = long(reader)
      else if (id === field.BATCH_STATS && type === T_STRUCT) report.stats = readStats(reader)
      else reader.skip(type, BATCH_DEPTH)
    }
    reader.structEnd(begun)
    if (!hasProcess) throw badThrift('thrift_missing_field', 'a batch without process')
    if (spansAt < 0) throw badThrift('thrift_missing_field', 'a batch without spans')
    if (late) {
      const end = reader.pos
      reader.pos = spansAt
      this.spanList(reader)
      reader.pos = end
    }
    report.spanCount = this.builder.spanCount - spansBefore
    return report
  }

  /** Opens a resource: the service's name first, then the tags as they come. */
  private process(reader: ThriftReader, report: Writable<ClientReport>): void {
    let nameAt = -1
    let nameLength = 0
    let tagsAt = -1
    const begun = reader.structBegin()
    for (;;) {
      const id = reader.fieldHeader()
      const type = reader.fieldType
      if (type === T_STOP) break
      if (id === field.PROCESS_SERVICE_NAME && type === T_STRING) {
        reader.string()
        nameAt = reader.offset
        nameLength = reader.length
      } else {
        if (id === field.PROCESS_TAGS && type === T_LIST) {
          if (tagsAt >= 0) throw repeated('the list of process tags')
          tagsAt = reader.pos
        }
        reader.skip(type, PROCESS_DEPTH)
      }
    }
    reader.structEnd(begun)
    if (nameAt < 0) throw badThrift('thrift_missing_field', 'a process without serviceName')
    report.serviceName = textOf(reader.bytes, nameAt, nameLength)
    this.builder.startResource()
    this.builder.textAttribute('service.name', reader.source, nameAt, nameLength)
    if (tagsAt < 0) return
    const end = reader.pos
    reader.pos = tagsAt
    this.processTags(reader, report)
    reader.pos = end
  }

  private processTags(reader: ThriftReader, report: Writable<ClientReport>): void {
    const { builder } = this
    const { tag } = this.parts
    const count = reader.structListHeader()
    for (let i = 0; i < count; i++) {
      tag.read(reader)
      tag.write(builder)
      if (tag.keyIs(UUID_KEY)) report.clientUuid = tag.reportText()
      else if (tag.keyIs(HOST_KEY)) report.hostname = tag.reportText()
      else if (tag.keyIs(IP_KEY)) report.ip = tag.reportText()
    }
  }

  private spanList(reader: ThriftReader): void {
    const count = reader.structListHeader()
    this.builder.startScope('')
    this.builder.stringAttribute(FORMAT_ATTRIBUTE, this.format)
    for (let i = 0; i < count; i++) this.parts.spans.span()
  }
}

function repeated(what: string): Error {
  return badThrift('thrift_repeated_field', `${what} stands twice`)
}

/** Exact up to 2^53. */
function long(reader: ThriftReader): number {
  reader.i64()
  return reader.high * LONG_HIGH + (reader.low >>> 0)
}

function readStats(reader: ThriftReader): ClientStats {
  const values = [0, 0, 0, 0]
  let has = 0
  const begun = reader.structBegin()
  for (;;) {
    const id = reader.fieldHeader()
    const type = reader.fieldType
    if (type === T_STOP) break
    if (type !== T_I64 || id < field.STATS_FULL_QUEUE || id > field.STATS_FAILED_TO_EMIT) {
      reader.skip(type, PROCESS_DEPTH)
      continue
    }
    values[id] = long(reader)
    has |= 1 << id
  }
  reader.structEnd(begun)
  if (has !== STATS_ALL) throw badThrift('thrift_missing_field', 'client statistics without one of their counts')
  return {
    fullQueueDroppedSpans: values[field.STATS_FULL_QUEUE] ?? 0,
    tooLargeDroppedSpans: values[field.STATS_TOO_LARGE] ?? 0,
    failedToEmitSpans: values[field.STATS_FAILED_TO_EMIT] ?? 0,
  }
}
