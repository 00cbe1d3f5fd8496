// Thrift's binary protocol: fixed widths, big-endian; strict message headers and the old ones without a version.

import {
  badThrift,
  T_BOOL,
  T_BYTE,
  T_DOUBLE,
  T_I16,
  T_I32,
  T_I64,
  T_LIST,
  T_MAP,
  T_SET,
  T_STOP,
  T_STRING,
  T_STRUCT,
  T_UUID,
  ThriftReader,
  ThriftWriter,
} from './thrift.ts'

const VERSION_1 = 0x8001
/** First byte of a message of the compact protocol. */
const COMPACT_ID = 0x82

/** Least bytes of a value by type; 0 for numbers that are no type. */
const LEAST: readonly number[] = makeLeast()

function makeLeast(): number[] {
  const least = Array<number>(17).fill(0)
  for (const [type, bytes] of [
    [T_BOOL, 1],
    [T_BYTE, 1],
    [T_DOUBLE, 8],
    [T_I16, 2],
    [T_I32, 4],
    [T_I64, 8],
    [T_STRING, 4],
    [T_STRUCT, 1],
    [T_MAP, 6],
    [T_SET, 5],
    [T_LIST, 5],
    [T_UUID, 16],
  ] as const) {
    least[type] = bytes
  }
  return least
}

export class ThriftBinaryReader extends ThriftReader {
  messageHeader(): void {
    if (this.bytes[this.pos] === COMPACT_ID) {
      throw badThrift('thrift_wrong_protocol', 'a message of the compact protocol, not of the binary one')
    }
    const first = this.i32()
    if (first < 0) {
      const version = first >>> 16
      if (version !== VERSION_1) throw badThrift('thrift_wrong_version', `version 0x${version.toString(16)}`)
      this.messageType = first & 0xff
      this.string()
    } else {
      this.takeString(first)
      this.messageType = this.byte()
    }
    this.sequenceId = this.i32()
  }

  structBegin(): number {
    return 0
  }

  structEnd(_begun: number): void {
    // Nothing to restore: field ids stand in full.
  }

  fieldHeader(): number {
    const { bytes, pos } = this
    if (pos >= this.end) throw this.truncated()
    const type = bytes[pos] ?? 0
    this.fieldType = type
    if (type === T_STOP) {
      this.pos = pos + 1
      return 0
    }
    if (pos + 3 > this.end) throw this.truncated()
    this.pos = pos + 3
    return this.view.getInt16(pos + 1)
  }

  private byte(): number {
    return this.bytes[this.take(1)] ?? 0
  }

  bool(): boolean {
    return this.byte() !== 0
  }

  i16(): number {
    return this.view.getInt16(this.take(2))
  }

  i32(): number {
    return this.view.getInt32(this.take(4))
  }

  i64(): void {
    const at = this.take(8)
    this.high = this.view.getInt32(at)
    this.low = this.view.getInt32(at + 4)
  }

  double(): void {
    this.i64()
  }

  string(): void {
    this.takeString(this.i32())
  }

  listHeader(): number {
    this.elementType = this.byte()
    const count = this.i32()
    if (count === 0) return 0
    return this.claim(count, this.least(this.elementType))
  }

  mapHeader(): number {
    this.keyType = this.byte()
    this.elementType = this.byte()
    const count = this.i32()
    if (count === 0) return 0
    return this.claim(count, this.least(this.keyType) + this.least(this.elementType))
  }

  private least(type: number): number {
    const least = LEAST[type] ?? 0
    if (least === 0) throw this.unexpectedType(type)
    return least
  }

  protected skipScalar(type: number): void {
    if (type === T_STRING) this.string()
    else this.take(this.least(type))
  }

  protected skipElementBool(): void {
    this.take(1)
  }
}

export class ThriftBinaryWriter extends ThriftWriter {
  messageHeader(name: string, type: number, sequenceId: number): void {
    this.i32((VERSION_1 << 16) | type)
    this.string(name)
    this.i32(sequenceId)
  }

  structBegin(): number {
    return 0
  }

  structEnd(_begun: number): void {
    this.byte(T_STOP)
  }

  field(id: number, type: number): void {
    this.byte(type)
    this.room(2)
    this.view.setInt16(this.pos, id)
    this.pos += 2
  }

  boolField(id: number, value: boolean): void {
    this.field(id, T_BOOL)
    this.byte(Number(value))
  }

  i32(value: number): void {
    this.room(4)
    this.view.setInt32(this.pos, value)
    this.pos += 4
  }

  i64(value: bigint): void {
    this.room(8)
    this.view.setBigInt64(this.pos, value)
    this.pos += 8
  }

  double(value: number): void {
    this.room(8)
    this.view.setFloat64(this.pos, value)
    this.pos += 8
  }

  listHeader(elementType: number, count: number): void {
    this.byte(elementType)
    this.i32(count)
  }

  protected size(length: number): void {
    this.i32(length)
  }
}
