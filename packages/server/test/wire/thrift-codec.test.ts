// Our thrift readers and writers against Apache Thrift's own library for Node: the same bytes from both writers, and what
// the library wrote is what our readers read.

import * as thrift from 'thrift'
import { describe, expect, test } from 'vitest'
import { ThriftBinaryReader, ThriftBinaryWriter } from '../../src/wire/codec/thrift-binary.ts'
import { ThriftCompactReader, ThriftCompactWriter } from '../../src/wire/codec/thrift-compact.ts'
import { T_BOOL, T_DOUBLE, T_I32, T_I64, T_LIST, T_MAP, T_STOP, T_STRING } from '../../src/wire/codec/thrift.ts'

/** The part of the library that is used; it has no types of its own for these. */
interface LibraryProtocol {
  writeMessageBegin(name: string, type: number, seqid: number): void
  writeStructBegin(name: string): void
  writeStructEnd(): void
  writeFieldBegin(name: string, type: number, id: number): void
  writeFieldEnd(): void
  writeFieldStop(): void
  writeBool(value: boolean): void
  writeI32(value: number): void
  writeI64(value: unknown): void
  writeDouble(value: number): void
  writeString(value: string): void
  writeListBegin(type: number, size: number): void
  writeMapBegin(key: number, value: number, size: number): void
  flush(): void
}
type Protocol = new (transport: unknown) => LibraryProtocol
interface Library {
  readonly TCompactProtocol: Protocol
  readonly TBinaryProtocol: Protocol
  readonly TBufferedTransport: new (buffer: undefined, onFlush: (bytes: Buffer) => void) => unknown
  readonly Int64: new (hex: string) => unknown
}

const library = thrift as unknown as Library

const LONGS = [0n, 1n, -1n, 63n, 64n, -65n, 8191n, 8192n, (1n << 28n) - 1n, 1n << 34n, -(1n << 35n), (1n << 53n) + 1n]
const EDGES = [(1n << 62n) - 1n, 1n << 62n, (1n << 63n) - 1n, -(1n << 63n), 1_787_220_000_000_000n]
const INTS = [0, 1, -1, 63, 64, 8192, 0x7fff_ffff, -0x8000_0000]
const IDS = [1, 2, 20, 21, 300]

/** What the library writes: a message, then a struct of every type. */
function written(Protocol: Protocol): Buffer {
  const parts: Buffer[] = []
  const out = new Protocol(new library.TBufferedTransport(undefined, (bytes) => parts.push(bytes)))
  const field = (type: number, id: number, write: () => void): void => {
    out.writeFieldBegin('', type, id)
    write()
    out.writeFieldEnd()
  }
  out.writeMessageBegin('größe', 4, 77)
  out.writeStructBegin('')
  field(T_LIST, 1, () => {
    out.writeListBegin(T_I64, LONGS.length + EDGES.length)
    for (const value of [...LONGS, ...EDGES]) {
      out.writeI64(new library.Int64(BigInt.asUintN(64, value).toString(16).padStart(16, '0')))
    }
  })
  field(T_LIST, 2, () => {
    out.writeListBegin(T_I32, INTS.length)
    for (const value of INTS) out.writeI32(value)
  })
  for (const id of IDS) field(T_BOOL, id + 10, () => out.writeBool(id % 2 === 0))
  field(T_DOUBLE, 400, () => out.writeDouble(-1.5e300))
  field(T_STRING, 401, () => out.writeString('ü'.repeat(100)))
  field(T_MAP, 402, () => {
    out.writeMapBegin(T_STRING, T_I32, 1)
    out.writeString('a')
    out.writeI32(1)
  })
  out.writeFieldStop()
  out.writeStructEnd()
  out.flush()
  return Buffer.concat(parts)
}

describe.each([
  ['compact', library.TCompactProtocol, ThriftCompactReader, ThriftCompactWriter],
  ['binary', library.TBinaryProtocol, ThriftBinaryReader, ThriftBinaryWriter],
] as const)('%s', (_name, Protocol, Reader, Writer) => {
  const bytes = written(Protocol)

  test('what the library writes is read', () => {
    const reader = new Reader()
    reader.reset(bytes)
    reader.messageHeader()
    const name = bytes.toString('utf8', reader.offset, reader.offset + reader.length)
    expect([name, reader.messageType, reader.sequenceId]).toEqual(['größe', 4, 77])
    const begun = reader.structBegin()
    expect([reader.fieldHeader(), reader.fieldType]).toEqual([1, T_LIST])
    const longs = Array.from({ length: reader.listHeader() }, () => {
      reader.i64()
      return (BigInt(reader.high) << 32n) | BigInt(reader.low >>> 0)
    })
    expect(longs).toEqual([...LONGS, ...EDGES])
    expect([reader.fieldHeader(), reader.fieldType]).toEqual([2, T_LIST])
    expect(Array.from({ length: reader.listHeader() }, () => reader.i32())).toEqual(INTS)
    for (const id of IDS) {
      expect([reader.fieldHeader(), reader.fieldType, reader.bool()]).toEqual([id + 10, T_BOOL, id % 2 === 0])
    }
    expect(reader.fieldHeader()).toBe(400)
    reader.double()
    const bits = (BigInt(reader.high) << 32n) | BigInt(reader.low >>> 0)
    expect(new Float64Array(BigInt64Array.of(bits).buffer)[0]).toBe(-1.5e300)
    expect(reader.fieldHeader()).toBe(401)
    reader.string()
    expect(bytes.toString('utf8', reader.offset, reader.offset + reader.length)).toBe('ü'.repeat(100))
    expect([reader.fieldHeader(), reader.fieldType]).toEqual([402, T_MAP])
    reader.skip(T_MAP, 1)
    expect([reader.fieldHeader(), reader.fieldType]).toEqual([0, T_STOP])
    reader.structEnd(begun)
    expect(reader.pos).toBe(bytes.length)
  })

  test('a struct of every type is passed to its end', () => {
    const reader = new Reader()
    reader.reset(bytes)
    reader.messageHeader()
    const begun = reader.structBegin()
    while (reader.fieldHeader() !== 0) reader.skip(reader.fieldType, 1)
    reader.structEnd(begun)
    expect(reader.pos).toBe(bytes.length)
  })

  test('our writer writes the same bytes', () => {
    const writer = new Writer()
    writer.messageHeader('größe', 4, 77)
    const begun = writer.structBegin()
    writer.field(1, T_LIST)
    writer.listHeader(T_I64, LONGS.length + EDGES.length)
    for (const value of [...LONGS, ...EDGES]) writer.i64(value)
    writer.field(2, T_LIST)
    writer.listHeader(T_I32, INTS.length)
    for (const value of INTS) writer.i32(value)
    for (const id of IDS) writer.boolField(id + 10, id % 2 === 0)
    writer.field(400, T_DOUBLE)
    writer.double(-1.5e300)
    writer.field(401, T_STRING)
    writer.string('ü'.repeat(100))
    const ours = Buffer.from(writer.finish())
    writer.structEnd(begun)
    expect(bytes.subarray(0, ours.length).equals(ours)).toBe(true)
  })
})
