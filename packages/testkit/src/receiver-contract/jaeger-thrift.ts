// Numbered spans (spans.ts) as Jaeger clients of 2019 send them: a Batch of thrift, written by Apache Thrift's own library,
// so that it is independent of the reader under test. Field numbers are those of jaeger-idl's jaeger.thrift and agent.thrift.

import { Int64, TBinaryProtocol, TBufferedTransport, TCompactProtocol, Thrift, type TProtocol } from 'thrift'
import type { NumberedSpan } from './spans.ts'

export type ThriftProtocol = 'binary' | 'compact'

const { Type, MessageType } = Thrift

/** The struct alone: the body of POST /api/traces. */
export function numberedBatch(spans: readonly NumberedSpan[], protocol: ThriftProtocol, service = 'numbered'): Buffer {
  return written(protocol, (to) => writeBatch(to, spans, service))
}

/** The call emitBatch(Batch): a packet of ports 6831 (compact) and 6832 (binary). */
export function numberedPacket(spans: readonly NumberedSpan[], protocol: ThriftProtocol, service = 'numbered'): Buffer {
  return written(protocol, (to) => {
    to.writeMessageBegin('emitBatch', MessageType.ONEWAY, 1)
    struct(to, () => {
      field(to, 1, Type.STRUCT, () => writeBatch(to, spans, service))
    })
    to.writeMessageEnd()
  })
}

export function written(protocol: ThriftProtocol, write: (to: TProtocol) => void): Buffer {
  const chunks: Buffer[] = []
  const transport = new TBufferedTransport(undefined, (chunk) => {
    if (chunk !== undefined) chunks.push(chunk)
  })
  write(protocol === 'binary' ? new TBinaryProtocol(transport) : new TCompactProtocol(transport))
  transport.flush()
  return Buffer.concat(chunks)
}

export function struct(to: TProtocol, fields: () => void): void {
  to.writeStructBegin('')
  fields()
  to.writeFieldStop()
  to.writeStructEnd()
}

export function field(to: TProtocol, id: number, type: Thrift.Type, value: () => void): void {
  to.writeFieldBegin('', type, id)
  value()
  to.writeFieldEnd()
}

function writeBatch(to: TProtocol, spans: readonly NumberedSpan[], service: string): void {
  struct(to, () => {
    field(to, 1, Type.STRUCT, () => {
      struct(to, () => {
        field(to, 1, Type.STRING, () => to.writeString(service))
      })
    })
    field(to, 2, Type.LIST, () => {
      to.writeListBegin(Type.STRUCT, spans.length)
      for (const span of spans) writeSpan(to, span)
      to.writeListEnd()
    })
  })
}

function writeSpan(to: TProtocol, { number, bad }: NumberedSpan): void {
  struct(to, () => {
    i64(to, 1, 0n)
    i64(to, 2, bad ? 0n : (0xabcd0000n + BigInt(number % 1000)) << 32n)
    i64(to, 3, (0x50000000n << 32n) + BigInt(number))
    i64(to, 4, 0n)
    field(to, 5, Type.STRING, () => to.writeString(`operation-${number % 7}`))
    field(to, 7, Type.I32, () => to.writeI32(1))
    i64(to, 8, 1_790_000_000_000_000n + BigInt(number))
    i64(to, 9, 1000n)
    field(to, 10, Type.LIST, () => {
      to.writeListBegin(Type.STRUCT, 2)
      writeTag(to, 'http.method', 'GET')
      writeTag(to, 'http.url', `/items/${number}`)
      to.writeListEnd()
    })
  })
}

function writeTag(to: TProtocol, key: string, value: string): void {
  struct(to, () => {
    field(to, 1, Type.STRING, () => to.writeString(key))
    field(to, 2, Type.I32, () => to.writeI32(0)) // TagType.STRING
    field(to, 3, Type.STRING, () => to.writeString(value))
  })
}

export function i64(to: TProtocol, id: number, value: bigint): void {
  const bytes = Buffer.alloc(8)
  bytes.writeBigUInt64BE(BigInt.asUintN(64, value))
  field(to, id, Type.I64, () => to.writeI64(new Int64(bytes)))
}
