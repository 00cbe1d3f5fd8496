// Plain v1 batches to thrift bytes, as a jaeger-client writes them: a bare Batch, or a call of emitBatch.

import { ThriftBinaryWriter } from 'spoor/wire/codec/thrift-binary'
import { ThriftCompactWriter } from 'spoor/wire/codec/thrift-compact'
import {
  MESSAGE_ONEWAY,
  T_DOUBLE,
  T_I32,
  T_I64,
  T_LIST,
  T_STRING,
  T_STRUCT,
  type ThriftWriter,
} from 'spoor/wire/codec/thrift'
import * as field from 'spoor/wire/jaeger/thrift/fields'
import type { ThriftProtocol } from 'spoor/wire/jaeger/thrift/reader'
import type { V1Batch, V1Log, V1Reference, V1Span, V1Tag } from './model.ts'

export function thriftWriter(protocol: ThriftProtocol): ThriftWriter {
  return protocol === 'compact' ? new ThriftCompactWriter() : new ThriftBinaryWriter()
}

/** A bare Batch struct. */
export function batchBytes(batch: V1Batch, protocol: ThriftProtocol): Uint8Array<ArrayBuffer> {
  const writer = thriftWriter(protocol)
  writeBatch(writer, batch)
  return writer.finish()
}

export interface MessageOptions {
  /** Default emitBatch. */
  readonly method?: string
  /** Default oneway. */
  readonly type?: number
  readonly sequenceId?: number
}

export function packetBytes(
  batch: V1Batch,
  protocol: ThriftProtocol,
  options: MessageOptions = {},
): Uint8Array<ArrayBuffer> {
  const { method = field.EMIT_BATCH, type = MESSAGE_ONEWAY, sequenceId = 0 } = options
  const writer = thriftWriter(protocol)
  writer.messageHeader(method, type, sequenceId)
  const begun = writer.structBegin()
  writer.field(field.ARGUMENT_BATCH, T_STRUCT)
  writeBatch(writer, batch)
  writer.structEnd(begun)
  return writer.finish()
}

function writeBatch(writer: ThriftWriter, batch: V1Batch): void {
  const begun = writer.structBegin()
  writer.field(field.BATCH_PROCESS, T_STRUCT)
  const process = writer.structBegin()
  text(writer, field.PROCESS_SERVICE_NAME, batch.serviceName)
  list(writer, field.PROCESS_TAGS, batch.processTags, writeTag)
  writer.structEnd(process)
  writer.field(field.BATCH_SPANS, T_LIST)
  writer.listHeader(T_STRUCT, batch.spans.length)
  for (const span of batch.spans) writeSpan(writer, span)
  if (batch.seqNo !== undefined) long(writer, field.BATCH_SEQ_NO, batch.seqNo)
  if (batch.stats !== undefined) {
    writer.field(field.BATCH_STATS, T_STRUCT)
    const stats = writer.structBegin()
    batch.stats.forEach((value, i) => long(writer, field.STATS_FULL_QUEUE + i, value))
    writer.structEnd(stats)
  }
  writer.structEnd(begun)
}

function writeSpan(writer: ThriftWriter, span: V1Span): void {
  const begun = writer.structBegin()
  long(writer, field.SPAN_TRACE_ID_LOW, idWord(span.traceId, 16))
  long(writer, field.SPAN_TRACE_ID_HIGH, idWord(span.traceId, 0))
  long(writer, field.SPAN_ID, idWord(span.spanId, 0))
  long(writer, field.SPAN_PARENT_ID, idWord(span.parentSpanId, 0))
  text(writer, field.SPAN_OPERATION_NAME, span.operationName)
  list(writer, field.SPAN_REFERENCES, span.references, writeReference)
  writer.field(field.SPAN_FLAGS, T_I32)
  writer.i32(span.flags)
  long(writer, field.SPAN_START_TIME, span.startTime)
  long(writer, field.SPAN_DURATION, span.duration)
  list(writer, field.SPAN_TAGS, span.tags, writeTag)
  list(writer, field.SPAN_LOGS, span.logs, writeLog)
  writer.structEnd(begun)
}

function writeReference(writer: ThriftWriter, reference: V1Reference): void {
  const begun = writer.structBegin()
  writer.field(field.REF_TYPE, T_I32)
  writer.i32(reference.type === 'CHILD_OF' ? field.CHILD_OF : field.FOLLOWS_FROM)
  long(writer, field.REF_TRACE_ID_LOW, idWord(reference.traceId, 16))
  long(writer, field.REF_TRACE_ID_HIGH, idWord(reference.traceId, 0))
  long(writer, field.REF_SPAN_ID, idWord(reference.spanId, 0))
  writer.structEnd(begun)
}

function writeLog(writer: ThriftWriter, log: V1Log): void {
  const begun = writer.structBegin()
  long(writer, field.LOG_TIMESTAMP, log.timestamp)
  writer.field(field.LOG_FIELDS, T_LIST)
  writer.listHeader(T_STRUCT, log.fields.length)
  for (const tag of log.fields) writeTag(writer, tag)
  writer.structEnd(begun)
}

const TYPES: Readonly<Record<V1Tag['type'], number>> = {
  string: field.TYPE_STRING,
  bool: field.TYPE_BOOL,
  long: field.TYPE_LONG,
  double: field.TYPE_DOUBLE,
  binary: field.TYPE_BINARY,
}

function writeTag(writer: ThriftWriter, tag: V1Tag): void {
  const begun = writer.structBegin()
  text(writer, field.TAG_KEY, tag.key)
  writer.field(field.TAG_TYPE, T_I32)
  writer.i32(TYPES[tag.type])
  switch (tag.type) {
    case 'string':
      text(writer, field.TAG_STRING, tag.value)
      break
    case 'bool':
      writer.boolField(field.TAG_BOOL, tag.value)
      break
    case 'long':
      long(writer, field.TAG_LONG, tag.value)
      break
    case 'double':
      writer.field(field.TAG_DOUBLE, T_DOUBLE)
      writer.double(tag.value)
      break
    case 'binary':
      writer.field(field.TAG_BINARY, T_STRING)
      writer.binary(tag.value)
      break
  }
  writer.structEnd(begun)
}

function list<T>(
  writer: ThriftWriter,
  id: number,
  items: readonly T[],
  write: (writer: ThriftWriter, item: T) => void,
): void {
  if (items.length === 0) return
  writer.field(id, T_LIST)
  writer.listHeader(T_STRUCT, items.length)
  for (const item of items) write(writer, item)
}

function text(writer: ThriftWriter, id: number, value: string): void {
  writer.field(id, T_STRING)
  writer.string(value)
}

function long(writer: ThriftWriter, id: number, value: bigint): void {
  writer.field(id, T_I64)
  writer.i64(value)
}

/** Sixteen digits from `at` as the signed number that thrift carries. */
function idWord(hex: string, at: number): bigint {
  const digits = hex.slice(at, at + 16)
  return digits === '' ? 0n : BigInt.asIntN(64, BigInt(`0x${digits}`))
}
