// OTLP attributes (KeyValue and AnyValue of common.proto) as Jaeger's tags: {"key","type","value"} with the types
// string, bool, int64, float64 and binary (jaeger model/json/model.go, v1.57). Reads the protobuf bytes in place. What
// JSON cannot hold as a number (beyond 2^53, NaN, infinities) becomes text, so that an answer is never refused for one
// value.

import type { AnyValue } from '@spoor/core/model/span'
import { doubleText, valueText } from '@spoor/core/model/value-text'
import { ProtoReader } from '../codec/protobuf.ts'
import { decodeAnyValue } from '../otlp/decode-attributes.ts'
import * as field from '../otlp/fields.ts'
import { ascii, type JsonBytes } from './json-bytes.ts'

export const EMPTY = 0
export const STRING = 1
export const BOOL = 2
export const INT = 3
export const DOUBLE = 4
export const ARRAY = 5
export const MAP = 6
export const BYTES = 7

const KEY = ascii('{"key":"')
const AS_STRING = ascii('","type":"string","value":"')
const AS_BOOL = ascii('","type":"bool","value":')
const AS_INT = ascii('","type":"int64","value":')
const AS_DOUBLE = ascii('","type":"float64","value":')
const AS_BINARY = ascii('","type":"binary","value":"')
const AS_NO_BYTES = ascii('","type":"binary","value":null}')
const TEXT_END = ascii('"}')
const TRUE = ascii('true')
const FALSE = ascii('false')
const CLOSE = 0x7d
/** Upper word of 2^53 - 1: larger whole numbers are JSON strings, as in Jaeger. */
const SAFE_HIGH = 0x1fffff
const NOTHING = new ProtoReader(new Uint8Array(0))

/** One KeyValue, read in place; the same object serves one after another. */
export class KeyValue {
  reader: ProtoReader = NOTHING
  bytes: Uint8Array = NOTHING.bytes
  keyFrom = 0
  keyTo = 0
  type: number = EMPTY
  /** The text, bytes, ArrayValue or KeyValueList; `from` is also where a double lies. */
  from = 0
  to = 0
  /** Words of an int or a boolean. */
  low = 0
  high = 0
  #valueFrom = 0
  #valueTo = 0

  /** A KeyValue message. */
  read(reader: ProtoReader, from: number, to: number): void {
    this.#clear(reader)
    reader.pos = from
    while (reader.pos < to) {
      const tag = reader.tag(to)
      if (tag === field.KEY) {
        const length = reader.length(to)
        this.keyFrom = reader.pos
        this.keyTo = reader.pos += length
      } else if (tag === field.VALUE) {
        const end = reader.length(to) + reader.pos
        this.#valueFrom = reader.pos
        this.#valueTo = end
        this.#value(reader, end)
        reader.pos = end
      } else reader.skip(tag, to, 0)
    }
  }

  #clear(reader: ProtoReader): void {
    this.reader = reader
    this.bytes = reader.bytes
    this.keyFrom = this.keyTo = this.from = this.to = 0
    this.type = EMPTY
  }

  #value(reader: ProtoReader, to: number): void {
    while (reader.pos < to) {
      const tag = reader.tag(to)
      const number = tag >>> 3
      if ((tag & 7) === 2 && (number === STRING || number === ARRAY || number === MAP || number === BYTES)) {
        const length = reader.length(to)
        this.type = number
        this.from = reader.pos
        this.to = reader.pos += length
      } else if (tag === field.VALUE_INT || tag === field.VALUE_BOOL) {
        reader.varint(to)
        this.type = number
        this.low = reader.low >>> 0
        this.high = reader.high >>> 0
      } else if (tag === field.VALUE_DOUBLE) {
        this.type = DOUBLE
        this.from = reader.pos
        reader.fixed64(to)
      } else reader.skip(tag, to, 0)
    }
  }

  keyIs(name: Uint8Array): boolean {
    return this.keyTo - this.keyFrom === name.length && startsWith(this.bytes, this.keyFrom, name)
  }

  /** The signed value of an int, exact. */
  int(): bigint {
    return BigInt.asIntN(64, (BigInt(this.high) << 32n) | BigInt(this.low))
  }

  /** The value as an object: for arrays and maps, whose text is made where search makes it, so that it is found. */
  anyValue(): AnyValue {
    this.reader.pos = this.#valueFrom
    return decodeAnyValue(this.reader, this.#valueTo)
  }

  bool(): boolean {
    return (this.low | this.high) !== 0
  }

  double(): number {
    return this.reader.view.getFloat64(this.from, true)
  }
}

export function startsWith(bytes: Uint8Array, at: number, text: Uint8Array): boolean {
  for (let i = 0; i < text.length; i++) if (bytes[at + i] !== text[i]) return false
  return true
}

const IP = ascii('ip')
const PEER_IPV4 = ascii('peer.ipv4')

/** A number that Jaeger's IP adjuster makes readable. */
export function isAddress(kv: KeyValue): boolean {
  return (kv.type === INT || kv.type === DOUBLE) && (kv.keyIs(IP) || kv.keyIs(PEER_IPV4))
}

/** A tag object; `asAddress` prints a number as the IPv4 address it is. */
export function writeTag(out: JsonBytes, kv: KeyValue, asAddress: boolean): void {
  out.raw(KEY)
  out.text(kv.bytes, kv.keyFrom, kv.keyTo)
  if (kv.type === STRING || kv.type === EMPTY) {
    out.raw(AS_STRING)
    out.text(kv.bytes, kv.from, kv.to)
    out.raw(TEXT_END)
  } else if (kv.type === INT && !asAddress) {
    out.raw(AS_INT)
    writeInt(out, kv)
    out.byte(CLOSE)
  } else if (kv.type === BOOL) {
    out.raw(AS_BOOL)
    out.raw(kv.bool() ? TRUE : FALSE)
    out.byte(CLOSE)
  } else if (kv.type === DOUBLE && !asAddress) {
    out.raw(AS_DOUBLE)
    writeDouble(out, kv.double())
    out.byte(CLOSE)
  } else writeOther(out, kv)
}

/** Bytes in base64 (Jaeger has null for none), arrays and maps as JSON text, addresses in dots. */
function writeOther(out: JsonBytes, kv: KeyValue): void {
  if (kv.type === BYTES) {
    if (kv.from === kv.to) {
      out.raw(AS_NO_BYTES)
      return
    }
    out.raw(AS_BINARY)
    out.base64(kv.bytes, kv.from, kv.to)
  } else {
    out.raw(AS_STRING)
    const text = Buffer.from(kv.type === INT || kv.type === DOUBLE ? address(kv) : valueText(kv.anyValue()))
    out.text(text, 0, text.length)
  }
  out.raw(TEXT_END)
}

function address(kv: KeyValue): string {
  const word = kv.type === INT ? kv.low : Math.trunc(kv.double())
  return [24, 16, 8, 0].map((bits) => (word >>> bits) & 255).join('.')
}

/** A tag of two texts, the key a constant. */
export function writeTextTag(out: JsonBytes, key: Uint8Array, source: Uint8Array, from: number, to: number): void {
  out.raw(KEY)
  out.raw(key)
  out.raw(AS_STRING)
  out.text(source, from, to)
  out.raw(TEXT_END)
}

function writeInt(out: JsonBytes, kv: KeyValue): void {
  if (kv.high <= SAFE_HIGH) {
    out.uint64(kv.low, kv.high)
    return
  }
  const value = kv.int()
  const small = value < 0n && value >= BigInt(Number.MIN_SAFE_INTEGER)
  out.raw(ascii(small ? value.toString() : `"${value}"`))
}

function writeDouble(out: JsonBytes, value: number): void {
  const text = doubleText(value)
  out.raw(ascii(Number.isFinite(value) ? text : `"${text}"`))
}

/** Order of Jaeger's type numbers, for equal keys (model.KeyValue.Compare). */
const TYPE_ORDER: readonly number[] = [0, 0, 1, 2, 3, 0, 0, 4]

/** By the bytes of the key, then by type, then by value, as Jaeger's model.KeyValue.Compare; equal ones as sent. */
export function compareKeys(a: KeyValue, b: KeyValue): number {
  const keys = compareBytes(a.bytes.subarray(a.keyFrom, a.keyTo), b.bytes.subarray(b.keyFrom, b.keyTo))
  if (keys !== 0) return keys
  const types = (TYPE_ORDER[a.type] as number) - (TYPE_ORDER[b.type] as number)
  return types === 0 ? compareValues(a, b) : types
}

function compareValues(a: KeyValue, b: KeyValue): number {
  if (a.type !== b.type || a.type === EMPTY) return 0
  if (a.type === BOOL) return Number(a.bool()) - Number(b.bool())
  if (a.type === DOUBLE) return a.double() < b.double() ? -1 : Number(a.double() > b.double())
  if (a.type !== INT) return compareBytes(a.bytes.subarray(a.from, a.to), b.bytes.subarray(b.from, b.to))
  const [x, y] = [a.int(), b.int()]
  return x < y ? -1 : Number(x > y)
}

function compareBytes(a: Uint8Array, b: Uint8Array): number {
  const n = Math.min(a.length, b.length)
  for (let i = 0; i < n; i++) {
    const difference = (a[i] as number) - (b[i] as number)
    if (difference !== 0) return difference
  }
  return a.length - b.length
}
