// What Thrift's two wire protocols have in common (Apache Thrift, doc/specs/thrift-binary-protocol.md and
// thrift-compact-protocol.md): type numbers, message types, errors, and the reader that both protocols fill in. Readers
// have a position and make no objects. Every malformed input throws SpoorError `invalid` with a code of its own reason; no
// read goes past the end, and no size is believed before it was held against the bytes that are left.

import { SpoorError } from '@spoor/core/base/errors'
import { ByteSource } from './byte-source.ts'

// Types as the binary protocol numbers them; the compact reader translates.
export const T_STOP = 0
export const T_BOOL = 2
export const T_BYTE = 3
export const T_DOUBLE = 4
export const T_I16 = 6
export const T_I32 = 8
export const T_I64 = 10
export const T_STRING = 11
export const T_STRUCT = 12
export const T_MAP = 13
export const T_SET = 14
export const T_LIST = 15
export const T_UUID = 16

export const MESSAGE_CALL = 1
export const MESSAGE_REPLY = 2
export const MESSAGE_EXCEPTION = 3
export const MESSAGE_ONEWAY = 4

/** Structs, lists, sets and maps nest at most this deep. */
export const MAX_THRIFT_NESTING = 64

/** The reasons why Thrift bytes are refused; stable, also labels of counters. */
export type ThriftErrorCode =
  | 'thrift_truncated' // the bytes end inside a value
  | 'thrift_bad_size' // a negative size, or a varint that does not end
  | 'thrift_bad_type' // a type number that does not exist, or not the one that must stand here
  | 'thrift_list_too_long' // a list, set or map claims more elements than there are bytes
  | 'thrift_too_deep'
  | 'thrift_wrong_protocol' // no message of this protocol, perhaps one of the other
  | 'thrift_wrong_version'
  | 'thrift_wrong_message_type' // neither a call nor a oneway call
  | 'thrift_wrong_method'
  | 'thrift_zipkin_method' // Zipkin spans where Jaeger's are taken
  | 'thrift_missing_field'
  | 'thrift_repeated_field'

export function badThrift(code: ThriftErrorCode, what: string): SpoorError {
  return new SpoorError('invalid', code, `malformed thrift: ${what}`)
}

/** Methods read at `pos` and leave it behind what they read. */
export abstract class ThriftReader {
  source: ByteSource = new ByteSource(new Uint8Array(0))
  bytes: Uint8Array = this.source.bytes
  view: DataView = this.source.view
  pos: number = 0
  end: number = 0
  /** Of the last field header: its type. */
  fieldType: number = T_STOP
  /** Of the last list, set or map header. */
  elementType: number = T_STOP
  /** Of the last map header. */
  keyType: number = T_STOP
  /** The words of the last i64 or double, signed. */
  low: number = 0
  high: number = 0
  /** Where the last string or binary lies. */
  offset: number = 0
  length: number = 0
  /** Of the last message header; the name is the last string. */
  messageType: number = 0
  sequenceId: number = 0

  /** Reads `bytes` from the start; any view, also of shared memory. */
  reset(bytes: Uint8Array): void {
    this.source = new ByteSource(bytes)
    this.bytes = this.source.bytes
    this.view = this.source.view
    this.pos = 0
    this.end = bytes.byteLength
    this.fieldType = T_STOP
  }

  /** Into messageType and sequenceId; the name's place into offset and length. */
  abstract messageHeader(): void
  /** Give what it returns to structEnd(). */
  abstract structBegin(): number
  abstract structEnd(begun: number): void
  /** The field's id; fieldType is T_STOP after the last field. */
  abstract fieldHeader(): number
  /** The value of a field of type bool: in the compact protocol it stands in the header. */
  abstract bool(): boolean
  abstract i16(): number
  abstract i32(): number
  /** Into low and high. */
  abstract i64(): void
  /** Into low and high, as bits. */
  abstract double(): void
  /** A string or binary, into offset and length. */
  abstract string(): void
  /** Number of elements of a list or set; elementType is set. That many can stand in the bytes left. */
  abstract listHeader(): number
  /** Number of pairs; keyType and elementType are set. */
  abstract mapHeader(): number
  /** Number of elements of a list that may hold only structs. */
  structListHeader(): number {
    const count = this.listHeader()
    if (count > 0 && this.elementType !== T_STRUCT) throw this.unexpectedType(this.elementType)
    return count
  }

  /** Passes a value of a field. */
  protected abstract skipScalar(type: number): void
  /** Passes a bool that is an element. */
  protected abstract skipElementBool(): void

  /** Passes the value of a field (or element) of the last header's type; `depth` is the nesting of what it is in. */
  skip(type: number, depth: number): void {
    switch (type) {
      case T_STRUCT:
        this.skipStruct(depth + 1)
        return
      case T_LIST:
      case T_SET: {
        this.deeper(depth + 1)
        const count = this.listHeader()
        const { elementType } = this
        for (let i = 0; i < count; i++) this.skipElement(elementType, depth + 1)
        return
      }
      case T_MAP: {
        this.deeper(depth + 1)
        const count = this.mapHeader()
        const { keyType, elementType } = this
        for (let i = 0; i < count; i++) {
          this.skipElement(keyType, depth + 1)
          this.skipElement(elementType, depth + 1)
        }
        return
      }
      default:
        this.skipScalar(type)
    }
  }

  private skipElement(type: number, depth: number): void {
    if (type === T_BOOL) this.skipElementBool()
    else this.skip(type, depth)
  }

  private skipStruct(depth: number): void {
    this.deeper(depth)
    const begun = this.structBegin()
    for (;;) {
      this.fieldHeader()
      if (this.fieldType === T_STOP) break
      this.skip(this.fieldType, depth)
    }
    this.structEnd(begun)
  }

  private deeper(depth: number): void {
    if (depth <= MAX_THRIFT_NESTING) return
    throw badThrift('thrift_too_deep', `nesting deeper than ${MAX_THRIFT_NESTING} at byte ${this.pos}`)
  }

  /** Moves over `count` bytes and returns where they began. */
  protected take(count: number): number {
    const at = this.pos
    if (count > this.end - at) throw this.truncated()
    this.pos = at + count
    return at
  }

  truncated(): SpoorError {
    return badThrift('thrift_truncated', `the bytes end inside a value that begins at byte ${this.pos}`)
  }

  /** Notes `size` bytes from here as the last string, and passes them. */
  protected takeString(size: number): void {
    if (size < 0) throw badThrift('thrift_bad_size', `a string of negative length at byte ${this.pos}`)
    this.offset = this.take(size)
    this.length = size
  }

  /** Checks a list's or map's claim: each element has at least `least` bytes. */
  protected claim(count: number, least: number): number {
    if (count >= 0 && count * least <= this.end - this.pos) return count
    const claimed = `${count >>> 0} elements in ${this.end - this.pos} bytes at byte ${this.pos}`
    throw badThrift('thrift_list_too_long', claimed)
  }

  protected unexpectedType(type: number): SpoorError {
    return badThrift('thrift_bad_type', `type ${type} at byte ${this.pos}`)
  }
}

/** A growing buffer that both writers write into. */
export abstract class ThriftWriter {
  protected buffer: Uint8Array<ArrayBuffer> = new Uint8Array(1024)
  protected view: DataView = new DataView(this.buffer.buffer)
  pos: number = 0

  /** A copy of what was written; the writer starts anew. */
  finish(): Uint8Array<ArrayBuffer> {
    const done = this.buffer.slice(0, this.pos)
    this.pos = 0
    return done
  }

  abstract messageHeader(name: string, type: number, sequenceId: number): void
  /** Give what it returns to structEnd(), which writes the end. */
  abstract structBegin(): number
  abstract structEnd(begun: number): void
  /** The header of a field of any type but bool. */
  abstract field(id: number, type: number): void
  /** A whole field of type bool. */
  abstract boolField(id: number, value: boolean): void
  abstract i32(value: number): void
  abstract i64(value: bigint): void
  abstract double(value: number): void
  abstract listHeader(elementType: number, count: number): void
  protected abstract size(length: number): void

  string(text: string): void {
    this.binary(new TextEncoder().encode(text))
  }

  binary(bytes: Uint8Array): void {
    this.size(bytes.length)
    this.room(bytes.length)
    this.buffer.set(bytes, this.pos)
    this.pos += bytes.length
  }

  protected byte(value: number): void {
    this.room(1)
    this.buffer[this.pos++] = value
  }

  protected room(more: number): void {
    if (this.pos + more <= this.buffer.length) return
    const grown = new Uint8Array(Math.max(this.buffer.length * 2, this.pos + more))
    grown.set(this.buffer)
    this.buffer = grown
    this.view = new DataView(grown.buffer)
  }
}
