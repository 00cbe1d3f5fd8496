// The rules of the dialect case by case, forms that no generated client writes, and messages that are refused: each with a
// reason of its own, and the builder as it was.

import { batchBytes, packetBytes, thriftWriter } from '@spoor/testkit/jaeger-v1/thrift'
import type { V1Batch, V1Reference, V1Span, V1Tag } from '@spoor/testkit/jaeger-v1/model'
import { FLAGS_ATTRIBUTE, WARNINGS_ATTRIBUTE } from '@spoor/core/model/internal-attributes'
import type { Attribute, Span } from '@spoor/core/model/span'
import { SpoorError } from '@spoor/core/base/errors'
import { describe, expect, test } from 'vitest'
import {
  MESSAGE_CALL,
  MESSAGE_EXCEPTION,
  MESSAGE_ONEWAY,
  MESSAGE_REPLY,
  T_BYTE,
  T_I32,
  T_I64,
  T_LIST,
  T_MAP,
  T_STRING,
  T_STRUCT,
  type ThriftWriter,
} from '../../codec/thrift.ts'
import { OtlpBatchBuilder } from '../../otlp/batch-builder.ts'
import { decodeSpans } from '../../otlp/decode.ts'
import { scanOtlp } from '../../otlp/scan.ts'
import * as field from './fields.ts'
import { JaegerThriftReader, type ThriftProtocol } from './reader.ts'

const PROTOCOLS: readonly ThriftProtocol[] = ['compact', 'binary']
const TRACE = '5a00000000000004d000000000000001'
const OTHER_TRACE = '5a00000000000004d000000000000002'

const SPAN: V1Span = {
  traceId: TRACE,
  spanId: '00000000000000d1',
  parentSpanId: '',
  operationName: 'op',
  references: [],
  flags: 1,
  startTime: 1_787_220_000_000_000n,
  duration: 5_000n,
  tags: [],
  logs: [],
}
const BATCH: V1Batch = { serviceName: 'shop', processTags: [], spans: [SPAN] }

function read(batch: V1Batch, protocol: ThriftProtocol = 'binary'): Span[] {
  const builder = new OtlpBatchBuilder()
  new JaegerThriftReader(builder).addBatch(batchBytes(batch, protocol), protocol)
  return decodeSpans(scanOtlp(builder.finish()))
}

function readSpan(change: Partial<V1Span>, protocol: ThriftProtocol = 'binary'): Span {
  const span = read({ ...BATCH, spans: [{ ...SPAN, ...change }] }, protocol)[0]
  if (span === undefined) throw new Error('the span is lost')
  return span
}

function text(key: string, value: string): V1Tag {
  return { key, type: 'string', value }
}

const isTrue = (key: string): V1Tag => ({ key, type: 'bool', value: true })

describe('kind and status', () => {
  test.each([
    ['client', 3],
    ['server', 2],
    ['producer', 4],
    ['consumer', 5],
    ['internal', 1],
    ['Client', 0],
    ['', 0],
  ])('span.kind %s is kind %i and stays a tag', (value, kind) => {
    const span = readSpan({ tags: [text('span.kind', value)] })
    expect(span.kind).toBe(kind)
    expect(span.attributes).toEqual([{ key: 'span.kind', value: { type: 'string', value } }])
  })

  test.each<[string, V1Tag[], number, string]>([
    ['error as bool', [isTrue('error')], 2, ''],
    ['error as text', [text('error', 'true')], 2, ''],
    ['error false', [{ key: 'error', type: 'bool', value: false }], 0, ''],
    ['error as number', [{ key: 'error', type: 'long', value: 1n }], 0, ''],
    ['error before OK', [isTrue('error'), text('otel.status_code', 'OK')], 2, ''],
    ['OK', [text('otel.status_code', 'OK')], 1, ''],
    ['small letters', [text('otel.status_code', 'error'), text('otel.status_description', 'why')], 2, 'why'],
    ['another code', [text('otel.status_code', 'UNSET'), text('otel.status_description', 'why')], 0, ''],
    ['a description alone', [text('otel.status_description', 'why')], 0, ''],
    ['a description first', [text('otel.status_description', 'why'), isTrue('error')], 2, 'why'],
    ['an HTTP status of 500', [{ key: 'http.status_code', type: 'long', value: 500n }], 0, ''],
  ])('%s', (_name, tags, code, message) => {
    for (const protocol of PROTOCOLS) {
      const span = readSpan({ tags }, protocol)
      expect([span.statusCode, span.statusMessage]).toEqual([code, message])
      expect(span.attributes.map(({ key }) => key)).toEqual(tags.map(({ key }) => key))
    }
  })
})

describe('flags, times and logs', () => {
  test.each([
    [0, 0, undefined],
    [1, 1, undefined],
    [2, 0, 2n],
    [9, 1, 9n],
    [0xffff_ffff, 1, 0xffff_ffffn],
  ])('flags %i are OTLP %i and attribute %s', (flags, otlp, value) => {
    const span = readSpan({ flags, tags: [text('a', 'b')] })
    expect(span.flags).toBe(otlp)
    const attribute = { key: FLAGS_ATTRIBUTE, value: { type: 'int', value } }
    expect(span.attributes.slice(1)).toEqual(value === undefined ? [] : [attribute])
  })

  test.each<[string, Partial<V1Span>, bigint, bigint, number]>([
    ['a negative duration', { duration: -5n }, 1_787_220_000_000_000_000n, 1_787_219_999_999_995_000n, 0],
    ['a negative start', { startTime: -7n }, 0n, 5_000_000n, 1],
    ['an end before 1970', { startTime: 3n, duration: -4n }, 3_000n, 0n, 1],
    ['the last time', { startTime: 18_446_744_073_709_551n, duration: 0n }, ...lastTime(), 0],
    ['a start after 2554', { startTime: 18_446_744_073_709_552n, duration: 0n }, ...lastTime(), 2],
    ['an endless duration', { duration: (1n << 63n) - 1n }, 1_787_220_000_000_000_000n, lastTime()[1], 1],
  ])('%s', (_name, change, startNs, endNs, warnings) => {
    const span = readSpan({ ...change, tags: [text('a', 'b')] })
    expect([span.startNs, span.endNs]).toEqual([startNs, endNs])
    const value = span.attributes.find(({ key }) => key === WARNINGS_ATTRIBUTE)?.value
    expect(value?.type === 'array' ? value.value.length : 0).toBe(warnings)
    expect(span.attributes[0]?.key).toBe('a')
  })

  test('an event is named by the first text field event, which stays a field', () => {
    const fields: V1Tag[] = [
      { key: 'event', type: 'long', value: 1n },
      text('a', 'b'),
      text('event', 'first'),
      text('event', 'second'),
    ]
    const span = readSpan({ logs: [{ timestamp: 5n, fields }] })
    expect(span.events.map(({ name, timeUnixNano }) => [name, timeUnixNano])).toEqual([['first', 5_000n]])
    expect(span.events[0]?.attributes.map(({ key }) => key)).toEqual(['event', 'a', 'event', 'event'])
  })

  test('log times that OTLP cannot hold are counted in one warning', () => {
    const span = readSpan({ logs: [-1n, 5n, -2n].map((timestamp) => ({ timestamp, fields: [] })) })
    expect(span.events.map(({ timeUnixNano }) => timeUnixNano)).toEqual([0n, 5_000n, 0n])
    expect(JSON.stringify(span.attributes)).toContain('"2 log timestamps')
  })
})

function lastTime(): readonly [bigint, bigint] {
  return [18_446_744_073_709_551_000n, 18_446_744_073_709_551_000n]
}

const child = (spanId: string, traceId: string = TRACE): V1Reference => ({ type: 'CHILD_OF', traceId, spanId })
const follows = (spanId: string, traceId: string = TRACE): V1Reference => ({ type: 'FOLLOWS_FROM', traceId, spanId })
const A = '00000000000000a1'
const B = '00000000000000a2'

// Parent and links as the rules of the dialect say; the golden scene d-refs holds them to Jaeger's answers.
test.each<[string, string, V1Reference[], string, string[]]>([
  ['nothing', '', [], '', []],
  ['a parent field', A, [], A, []],
  ['the same as reference', A, [child(A)], A, []],
  ['a reference alone', '', [child(A)], A, []],
  ['follows', '', [follows(A)], A, [`follows_from ${A}`]],
  ['a parent field that a reference follows', A, [follows(A)], A, [`follows_from ${A}`]],
  ['a parent field beside another parent', A, [child(B)], A, [`child_of ${B}`]],
  ['a parent field that a later reference follows', A, [child(B), follows(A)], B, [`follows_from ${A}`]],
  ['twice the same', '', [child(A), child(A)], A, [`child_of ${A}`, `child_of ${A}`]],
  ['child before follows', '', [follows(B), child(A)], A, [`follows_from ${B}`, `child_of ${A}`]],
  ['another trace', '', [child(A, OTHER_TRACE)], '', [`child_of ${A}`]],
  ['the same id in another trace', '', [child(A), child(A, OTHER_TRACE)], A, [`child_of ${A}`]],
  ['id 0', '', [child('0000000000000000'), child(A)], A, ['child_of 0000000000000000', `child_of ${A}`]],
])('references: %s', (_name, parentSpanId, references, parent, links) => {
  for (const protocol of PROTOCOLS) {
    const span = readSpan({ parentSpanId, references }, protocol)
    expect(span.parentSpanId).toBe(parent)
    expect(span.links.map(({ spanId, attributes }) => `${typeOf(attributes)} ${spanId}`)).toEqual(links)
  }
})

function typeOf(attributes: readonly Attribute[]): string {
  const value = attributes[0]?.value
  return value?.type === 'string' ? value.value : ''
}

test('what a client says of itself is reported', () => {
  const processTags: V1Tag[] = [
    text('client-uuid', '5a3'),
    text('hostname', 'box'),
    { key: 'ip', type: 'long', value: 0x0a000102n },
  ]
  const batch: V1Batch = { ...BATCH, processTags, seqNo: 2n ** 40n, stats: [1n, 2n, 3n] }
  for (const protocol of PROTOCOLS) {
    const builder = new OtlpBatchBuilder()
    const report = new JaegerThriftReader(builder).addPacket(packetBytes(batch, protocol), protocol)
    expect(report).toEqual({
      serviceName: 'shop',
      clientUuid: '5a3',
      hostname: 'box',
      ip: '10.0.1.2',
      seqNo: 2 ** 40,
      stats: { fullQueueDroppedSpans: 1, tooLargeDroppedSpans: 2, failedToEmitSpans: 3 },
      spanCount: 1,
    })
    const resource = decodeSpans(scanOtlp(builder.finish()))[0]?.resource
    expect(resource?.attributes.map(({ key }) => key)).toEqual(['service.name', 'client-uuid', 'hostname', 'ip'])
    const empty = new JaegerThriftReader(builder).addBatch(batchBytes({ ...BATCH, spans: [] }, protocol), protocol)
    expect([empty.serviceName, empty.spanCount, builder.size]).toEqual(['shop', 0, 0])
  }
})

/** Writes one field of a struct. */
type Part = (writer: ThriftWriter) => void

function struct(writer: ThriftWriter, parts: readonly Part[]): void {
  const begun = writer.structBegin()
  for (const part of parts) part(writer)
  writer.structEnd(begun)
}

function i64(id: number, value: bigint): Part {
  return (writer) => {
    writer.field(id, T_I64)
    writer.i64(value)
  }
}

function i32(id: number, value: number): Part {
  return (writer) => {
    writer.field(id, T_I32)
    writer.i32(value)
  }
}

function string(id: number, value: string): Part {
  return (writer) => {
    writer.field(id, T_STRING)
    writer.string(value)
  }
}

function structs(id: number, elements: readonly (readonly Part[])[]): Part {
  return (writer) => {
    writer.field(id, T_LIST)
    writer.listHeader(T_STRUCT, elements.length)
    for (const parts of elements) struct(writer, parts)
  }
}

function nested(id: number, parts: readonly Part[]): Part {
  return (writer) => {
    writer.field(id, T_STRUCT)
    struct(writer, parts)
  }
}

const PROCESS = nested(field.BATCH_PROCESS, [string(field.PROCESS_SERVICE_NAME, 'shop')])
const TAG = [string(field.TAG_KEY, 'a'), i32(field.TAG_TYPE, field.TYPE_STRING), string(field.TAG_STRING, 'b')]
const LOG = [i64(field.LOG_TIMESTAMP, 5n), structs(field.LOG_FIELDS, [TAG])]
const REFERENCE = [
  i32(field.REF_TYPE, field.CHILD_OF),
  i64(field.REF_TRACE_ID_LOW, 2n),
  i64(field.REF_TRACE_ID_HIGH, 1n),
  i64(field.REF_SPAN_ID, 9n),
]
const SPAN_PARTS: readonly Part[] = [
  i64(field.SPAN_TRACE_ID_LOW, 2n),
  i64(field.SPAN_TRACE_ID_HIGH, 1n),
  i64(field.SPAN_ID, 3n),
  i64(field.SPAN_PARENT_ID, 0n),
  string(field.SPAN_OPERATION_NAME, 'op'),
  structs(field.SPAN_REFERENCES, [REFERENCE]),
  i32(field.SPAN_FLAGS, 1),
  i64(field.SPAN_START_TIME, 10n),
  i64(field.SPAN_DURATION, 20n),
  structs(field.SPAN_TAGS, [TAG]),
  structs(field.SPAN_LOGS, [LOG]),
]

function bytesOf(protocol: ThriftProtocol, parts: readonly Part[]): Uint8Array {
  const writer = thriftWriter(protocol)
  struct(writer, parts)
  return writer.finish()
}

function readParts(protocol: ThriftProtocol, parts: readonly Part[]): Span[] {
  const builder = new OtlpBatchBuilder()
  new JaegerThriftReader(builder).addBatch(bytesOf(protocol, parts), protocol)
  return decodeSpans(scanOtlp(builder.finish()))
}

function spanOf(protocol: ThriftProtocol, parts: readonly Part[]): Span | undefined {
  return readParts(protocol, [PROCESS, structs(field.BATCH_SPANS, [parts])])[0]
}

describe.each(PROTOCOLS)('forms that no generated client writes, %s', (protocol) => {
  const expected = spanOf(protocol, SPAN_PARTS)

  test('fields in any order', () => {
    expect(expected?.parentSpanId).toBe('0000000000000009')
    expect(spanOf(protocol, SPAN_PARTS.toReversed())).toEqual(expected)
    for (let i = 1; i < SPAN_PARTS.length; i++) {
      expect(spanOf(protocol, [...SPAN_PARTS.slice(i), ...SPAN_PARTS.slice(0, i)])).toEqual(expected)
    }
    const reversed = [
      ...SPAN_PARTS.slice(0, 9),
      structs(field.SPAN_TAGS, [TAG.toReversed()]),
      structs(field.SPAN_LOGS, [LOG.toReversed()]),
    ]
    expect(spanOf(protocol, reversed)).toEqual(expected)
    expect(readParts(protocol, [structs(field.BATCH_SPANS, [SPAN_PARTS]), PROCESS])).toEqual([expected])
  })

  test('unknown fields are passed, known ones of another type count as absent', () => {
    const unknown: Part[] = [
      nested(20, [structs(1, [TAG, LOG])]),
      (writer) => writer.boolField(12, true),
      (writer) => {
        writer.field(21, T_LIST)
        writer.listHeader(T_I64, 2)
        writer.i64(1n)
        writer.i64(2n)
      },
      string(field.SPAN_LOGS, 'no list'),
      i64(-3, 4n),
    ]
    expect(spanOf(protocol, [...SPAN_PARTS, ...unknown])).toEqual(expected)
    expect(spanOf(protocol, [...unknown, ...SPAN_PARTS])).toEqual(expected)
    expect(() => spanOf(protocol, [...SPAN_PARTS.slice(1), i32(field.SPAN_TRACE_ID_LOW, 2)])).toThrow('traceIdLow')
  })

  test('a tag without its value has an empty one, a tag of an unknown type a text', () => {
    const types = [field.TYPE_STRING, field.TYPE_DOUBLE, field.TYPE_BOOL, field.TYPE_LONG, field.TYPE_BINARY, 7, -2]
    const tags = types.map((type) => [string(field.TAG_KEY, 'a'), i32(field.TAG_TYPE, type)])
    // A value of another type than the tag's does not count.
    const odd = [string(field.TAG_KEY, 'a'), i32(field.TAG_TYPE, field.TYPE_LONG), string(field.TAG_STRING, 'b')]
    const span = spanOf(protocol, [...SPAN_PARTS.slice(0, 9), structs(field.SPAN_TAGS, [...tags, odd])])
    expect(span?.attributes.map(({ value }) => value)).toEqual([
      { type: 'string', value: '' },
      { type: 'double', value: 0 },
      { type: 'bool', value: false },
      { type: 'int', value: 0n },
      { type: 'bytes', value: new Uint8Array(0) },
      { type: 'string', value: 'Unknown VType: 7' },
      { type: 'string', value: 'Unknown VType: -2' },
      { type: 'int', value: 0n },
    ])
  })
})

/** What is refused, by name: bytes and the code. */
function refused(protocol: ThriftProtocol): readonly (readonly [string, Uint8Array, string])[] {
  const other = protocol === 'binary' ? 'compact' : 'binary'
  const message = (options: Parameters<typeof packetBytes>[2]): Uint8Array => packetBytes(BATCH, protocol, options)
  const call = (parts: readonly Part[]): Uint8Array => {
    const writer = thriftWriter(protocol)
    writer.messageHeader(field.EMIT_BATCH, MESSAGE_ONEWAY, 0)
    struct(writer, parts)
    return writer.finish()
  }
  const batch = (parts: readonly Part[]): Uint8Array => call([nested(field.ARGUMENT_BATCH, parts)])
  const spans = (parts: readonly Part[]): Uint8Array => batch([PROCESS, structs(field.BATCH_SPANS, [parts])])
  const without = (id: number): Uint8Array => spans(SPAN_PARTS.filter((_, i) => i !== id - 1))
  const claim = (type: number, count: number): Uint8Array =>
    batch([
      PROCESS,
      (writer) => {
        writer.field(field.BATCH_SPANS, T_LIST)
        writer.listHeader(type, count)
      },
    ])
  const version = message({})
  version[1] = protocol === 'binary' ? 2 : (version[1] ?? 0) | 2
  const deep: Part = (writer) => {
    for (let i = 0; i < 10_000; i++) {
      writer.field(50, T_STRUCT)
      writer.structBegin()
    }
  }
  return [
    ['nothing', new Uint8Array(0), 'thrift_truncated'],
    ['the other protocol', packetBytes(BATCH, other), 'thrift_wrong_protocol'],
    ['another version', version, 'thrift_wrong_version'],
    ['another method', message({ method: 'submitBatches' }), 'thrift_wrong_method'],
    ['Zipkin spans', message({ method: 'emitZipkinBatch' }), 'thrift_zipkin_method'],
    ['a reply', message({ type: MESSAGE_REPLY }), 'thrift_wrong_message_type'],
    ['an exception', message({ type: MESSAGE_EXCEPTION }), 'thrift_wrong_message_type'],
    ['no batch', call([]), 'thrift_missing_field'],
    ['two batches', call([1, 1].map((id) => nested(id, [PROCESS, structs(2, [])]))), 'thrift_repeated_field'],
    ['no process', batch([structs(field.BATCH_SPANS, [SPAN_PARTS])]), 'thrift_missing_field'],
    ['no spans', batch([PROCESS]), 'thrift_missing_field'],
    ['two processes', batch([PROCESS, PROCESS]), 'thrift_repeated_field'],
    ['a process without name', batch([nested(field.BATCH_PROCESS, []), structs(2, [])]), 'thrift_missing_field'],
    ...[1, 2, 3, 4, 5, 7, 8, 9].map(
      (id) => [`a span without field ${id}`, without(id), 'thrift_missing_field'] as const,
    ),
    ['a tag without key', spans([...SPAN_PARTS.slice(0, 9), structs(10, [TAG.slice(1)])]), 'thrift_missing_field'],
    ['a log without time', spans([...SPAN_PARTS.slice(0, 9), structs(11, [LOG.slice(1)])]), 'thrift_missing_field'],
    ['a reference without id', spans([structs(6, [REFERENCE.slice(0, 3)])]), 'thrift_missing_field'],
    ['tags twice', spans([...SPAN_PARTS, structs(field.SPAN_TAGS, [TAG])]), 'thrift_repeated_field'],
    ['a list of numbers as spans', claim(T_BYTE, 1), 'thrift_bad_type'],
    ['spans by the 2^31', claim(T_STRUCT, 0x7fff_ffff), 'thrift_list_too_long'],
    ['a list of negative length', claim(T_STRUCT, 0xffff_ffff), 'thrift_list_too_long'],
    ['structs 10,000 deep', spans([...SPAN_PARTS, deep]), 'thrift_too_deep'],
    ['a type that does not exist', batch([(writer) => writer.field(9, T_MAP + 40)]), 'thrift_bad_type'],
  ]
}

describe.each(PROTOCOLS)('refused, %s', (protocol) => {
  test.each(refused(protocol))('%s', (_name, bytes, code) => {
    const builder = new OtlpBatchBuilder()
    const reader = new JaegerThriftReader(builder)
    reader.addPacket(packetBytes(BATCH, protocol), protocol)
    const before = builder.size
    let thrown: unknown
    try {
      reader.addPacket(bytes, protocol)
    } catch (error) {
      thrown = error
    }
    expect(thrown).toBeInstanceOf(SpoorError)
    expect(thrown).toMatchObject({ kind: 'invalid', code })
    reader.addPacket(packetBytes(BATCH, protocol), protocol)
    expect(builder.spanCount).toBe(2)
    expect(before).toBeGreaterThan(0)
    const clean = new OtlpBatchBuilder()
    const cleanReader = new JaegerThriftReader(clean)
    cleanReader.addPacket(packetBytes(BATCH, protocol), protocol)
    cleanReader.addPacket(packetBytes(BATCH, protocol), protocol)
    expect(builder.finish()).toEqual(clean.finish())
  })

  test('a call that waits for an answer is taken as a oneway one', () => {
    const reader = new JaegerThriftReader(new OtlpBatchBuilder())
    const bytes = packetBytes(BATCH, protocol, { type: MESSAGE_CALL, sequenceId: -1 })
    expect(reader.addPacket(bytes, protocol).spanCount).toBe(1)
  })
})

test('an old binary header without version is taken', () => {
  const strict = packetBytes(BATCH, 'binary')
  const name = strict.subarray(4, 8 + field.EMIT_BATCH.length)
  const old = Uint8Array.from([...name, MESSAGE_ONEWAY, ...strict.subarray(4 + name.length)])
  const builder = new OtlpBatchBuilder()
  expect(new JaegerThriftReader(builder).addPacket(old, 'binary').spanCount).toBe(1)
  old[name.length] = MESSAGE_REPLY
  expect(() => new JaegerThriftReader(builder).addPacket(old, 'binary')).toThrow('message type 2')
})
