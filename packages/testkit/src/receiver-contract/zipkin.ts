// Numbered spans (spans.ts) in each of Zipkin's encodings, independent of the readers under test: JSON by the platform,
// protobuf by a general writer, thrift by Apache Thrift's own library. Fields as in openzipkin/zipkin-api.

import { BinaryWriter } from '@bufbuild/protobuf/wire'
import { Thrift, type TProtocol } from 'thrift'
import { field, i64, struct, type ThriftProtocol, written } from './jaeger-thrift.ts'
import type { NumberedSpan } from './spans.ts'

const { Type, MessageType } = Thrift
const START_MICROS = 1_790_000_000_000_000
const DURATION_MICROS = 1000
const IPV4 = [10, 1, 2, 3] as const
const PORT = 8080

/** A way to send spans to a Zipkin receiver over HTTP. */
export interface ZipkinForm {
  readonly path: string
  readonly type: string
  encode(spans: readonly NumberedSpan[]): Buffer
}

/** By the names that the readers have for them. */
export const ZIPKIN_FORMS: Readonly<Record<'v1-json' | 'v1-thrift' | 'v2-json' | 'v2-protobuf', ZipkinForm>> = {
  'v2-json': { path: '/api/v2/spans', type: 'application/json', encode: v2Json },
  'v2-protobuf': { path: '/api/v2/spans', type: 'application/x-protobuf', encode: v2Protobuf },
  'v1-json': { path: '/api/v1/spans', type: 'application/json', encode: v1Json },
  'v1-thrift': { path: '/api/v1/spans', type: 'application/x-thrift', encode: v1Thrift },
}

/** The call emitZipkinBatch(list): a packet of port 5775. */
export function zipkinPacket(spans: readonly NumberedSpan[], protocol: ThriftProtocol = 'compact'): Buffer {
  return written(protocol, (to) => {
    to.writeMessageBegin('emitZipkinBatch', MessageType.ONEWAY, 1)
    struct(to, () => field(to, 1, Type.LIST, () => writeSpans(to, spans)))
    to.writeMessageEnd()
  })
}

function traceId({ number, bad }: NumberedSpan): string {
  return bad ? '0'.repeat(32) : (0xabcd0000 + (number % 1000)).toString(16).padEnd(32, '0')
}

function spanId({ number }: NumberedSpan): string {
  return `50000000${number.toString(16).padStart(8, '0')}`
}

function v2Json(spans: readonly NumberedSpan[]): Buffer {
  const list = spans.map((span) => ({
    traceId: traceId(span),
    id: spanId(span),
    kind: 'SERVER',
    name: `operation-${span.number % 7}`,
    timestamp: START_MICROS + span.number,
    duration: DURATION_MICROS,
    localEndpoint: { serviceName: 'numbered', ipv4: IPV4.join('.'), port: PORT },
    tags: { 'http.method': 'GET', 'http.path': `/items/${span.number}` },
    annotations: [{ timestamp: START_MICROS + span.number + 5, value: 'a "note"' }],
  }))
  return Buffer.from(JSON.stringify(list))
}

function v1Json(spans: readonly NumberedSpan[]): Buffer {
  const endpoint = { serviceName: 'numbered', ipv4: IPV4.join('.'), port: PORT }
  const list = spans.map((span) => ({
    traceId: traceId(span),
    id: spanId(span),
    name: `operation-${span.number % 7}`,
    timestamp: START_MICROS + span.number,
    duration: DURATION_MICROS,
    annotations: [
      { timestamp: START_MICROS + span.number, value: 'sr', endpoint },
      { timestamp: START_MICROS + span.number + DURATION_MICROS, value: 'ss', endpoint },
    ],
    binaryAnnotations: [
      { key: 'http.path', value: `/items/${span.number}`, endpoint },
      { key: 'ca', value: true, endpoint },
    ],
  }))
  return Buffer.from(JSON.stringify(list))
}

function v2Protobuf(spans: readonly NumberedSpan[]): Buffer {
  const writer = new BinaryWriter()
  for (const span of spans) {
    writer.tag(1, 2).fork()
    writer.tag(1, 2).bytes(Buffer.from(traceId(span), 'hex'))
    writer.tag(3, 2).bytes(Buffer.from(spanId(span), 'hex'))
    writer.tag(4, 0).int32(2) // SERVER
    writer.tag(5, 2).string(`operation-${span.number % 7}`)
    writer.tag(6, 1).fixed64(BigInt(START_MICROS + span.number))
    writer.tag(7, 0).uint64(DURATION_MICROS)
    writer.tag(8, 2).fork() // localEndpoint
    writer.tag(1, 2).string('numbered').tag(2, 2).bytes(Uint8Array.from(IPV4)).tag(4, 0).int32(PORT)
    writer.join()
    writer.tag(11, 2).fork().tag(1, 2).string('http.path').tag(2, 2).string(`/items/${span.number}`).join()
    writer.join()
  }
  return Buffer.from(writer.finish())
}

function v1Thrift(spans: readonly NumberedSpan[]): Buffer {
  return written('binary', (to) => writeSpans(to, spans))
}

function writeSpans(to: TProtocol, spans: readonly NumberedSpan[]): void {
  to.writeListBegin(Type.STRUCT, spans.length)
  for (const span of spans) writeSpan(to, span)
  to.writeListEnd()
}

function writeSpan(to: TProtocol, span: NumberedSpan): void {
  const start = BigInt(START_MICROS + span.number)
  const trace = BigInt(`0x${traceId(span)}`)
  struct(to, () => {
    i64(to, 1, trace & 0xffffffffffffffffn)
    field(to, 3, Type.STRING, () => to.writeString(`operation-${span.number % 7}`))
    i64(to, 4, BigInt(`0x${spanId(span)}`))
    field(to, 6, Type.LIST, () => {
      to.writeListBegin(Type.STRUCT, 2)
      writeAnnotation(to, start, 'sr')
      writeAnnotation(to, start + BigInt(DURATION_MICROS), 'ss')
      to.writeListEnd()
    })
    field(to, 8, Type.LIST, () => {
      to.writeListBegin(Type.STRUCT, 1)
      struct(to, () => {
        field(to, 1, Type.STRING, () => to.writeString('http.path'))
        field(to, 2, Type.STRING, () => to.writeString(`/items/${span.number}`))
        field(to, 3, Type.I32, () => to.writeI32(6)) // AnnotationType.STRING
        field(to, 4, Type.STRUCT, () => writeEndpoint(to))
      })
      to.writeListEnd()
    })
    i64(to, 10, start)
    i64(to, 11, BigInt(DURATION_MICROS))
    i64(to, 12, trace >> 64n)
  })
}

function writeAnnotation(to: TProtocol, micros: bigint, value: string): void {
  struct(to, () => {
    i64(to, 1, micros)
    field(to, 2, Type.STRING, () => to.writeString(value))
    field(to, 3, Type.STRUCT, () => writeEndpoint(to))
  })
}

function writeEndpoint(to: TProtocol): void {
  struct(to, () => {
    field(to, 1, Type.I32, () => to.writeI32(Buffer.from(IPV4).readInt32BE(0)))
    field(to, 2, Type.I16, () => to.writeI16(PORT))
    field(to, 3, Type.STRING, () => to.writeString('numbered'))
  })
}
