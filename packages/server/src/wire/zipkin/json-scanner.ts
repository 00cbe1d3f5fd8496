// Reads JSON (RFC 8259) forwards, with a position and without objects. Strings are places in the bytes; where one has
// escapes, they are resolved in place, which is shorter: THE BYTES ARE CHANGED. Every malformed input throws SpoorError
// `invalid`, `bad_json` with the offset; no read goes past the end.

import { SpoorError } from '@spoor/core/base/errors'
import { ByteSource } from '../codec/byte-source.ts'

/** Values that nobody asked for nest at most this deep. */
const MAX_DEPTH = 100

const QUOTE = 0x22
const COMMA = 0x2c
const MINUS = 0x2d
const ZERO = 0x30
const COLON = 0x3a
const OPEN_LIST = 0x5b
const BACKSLASH = 0x5c
const CLOSE_LIST = 0x5d
const LOWER_F = 0x66
const LOWER_N = 0x6e
const LOWER_T = 0x74
const LOWER_U = 0x75
const OPEN = 0x7b
const CLOSE = 0x7d

/** By the byte behind the backslash; 0: no such escape. */
const ESCAPES: Uint8Array = escapes()
const TRUE = new TextEncoder().encode('true')
const FALSE = new TextEncoder().encode('false')
const NULL = new TextEncoder().encode('null')
const NUMBER = /^-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][-+]?\d+)?$/
/** Nobody writes a longer number. */
const MAX_NUMBER = 400

function escapes(): Uint8Array {
  const table = new Uint8Array(256)
  for (const [name, byte] of Object.entries({ '"': 0x22, '\\': 0x5c, '/': 0x2f, b: 8, f: 12, n: 10, r: 13, t: 9 })) {
    table[name.charCodeAt(0)] = byte
  }
  return table
}

export class JsonScanner {
  source: ByteSource = new ByteSource(new Uint8Array(0))
  bytes: Uint8Array = this.source.bytes
  pos: number = 0
  end: number = 0
  /** Where the last string lies. */
  offset: number = 0
  length: number = 0

  reset(bytes: Uint8Array): void {
    this.source = new ByteSource(bytes)
    this.bytes = this.source.bytes
    this.pos = 0
    this.end = bytes.byteLength
  }

  bad(what: string, at: number = this.pos): SpoorError {
    return new SpoorError('invalid', 'bad_json', `malformed JSON: ${what} at byte ${at}`)
  }

  private cut(): SpoorError {
    return new SpoorError('invalid', 'bad_json', 'unexpected end of JSON input')
  }

  /** The next byte that is no white space; it is not passed. -1 behind the last. */
  peek(): number {
    const { bytes, end } = this
    let at = this.pos
    while (at < end) {
      const byte = bytes[at] as number
      if (byte > 0x20 || (byte !== 0x20 && byte !== 0x0a && byte !== 0x0d && byte !== 0x09)) {
        this.pos = at
        return byte
      }
      at++
    }
    this.pos = at
    return -1
  }

  private expected(what: string): SpoorError {
    return this.peek() < 0 ? this.cut() : this.bad(`no ${what}`)
  }

  /** Nothing but white space may follow. */
  finish(): void {
    if (this.peek() >= 0) throw this.bad('something behind the value')
  }

  objectBegin(what: string): void {
    if (this.peek() !== OPEN) throw this.expected(`object for ${what}`)
    this.pos++
  }

  listBegin(what: string): void {
    if (this.peek() !== OPEN_LIST) throw this.expected(`list for ${what}`)
    this.pos++
  }

  /** Passes a key of an object and the colon; false behind the last. */
  key(first: boolean): boolean {
    let byte = this.peek()
    if (byte === CLOSE) {
      this.pos++
      return false
    }
    if (!first) {
      if (byte !== COMMA) throw this.expected('comma or end of the object')
      this.pos++
      byte = this.peek()
    }
    if (byte !== QUOTE) throw this.expected('key')
    this.readString()
    if (this.bytes[this.pos] !== COLON && this.peek() !== COLON) throw this.expected('colon')
    this.pos++
    return true
  }

  /** Whether another element of a list stands here. */
  element(first: boolean): boolean {
    const byte = this.peek()
    if (byte === CLOSE_LIST) {
      this.pos++
      return false
    }
    if (first) return true
    if (byte !== COMMA) throw this.expected('comma or end of the list')
    this.pos++
    if (this.peek() === CLOSE_LIST) throw this.bad('no value')
    return true
  }

  /** Whether the last string is that text. */
  is(text: Uint8Array): boolean {
    const { bytes, offset, length } = this
    if (length !== text.length) return false
    for (let i = 0; i < length; i++) if (bytes[offset + i] !== text[i]) return false
    return true
  }

  /** Passes `null` and says so. */
  isNull(): boolean {
    if (this.peek() !== LOWER_N) return false
    this.literal(NULL)
    return true
  }

  /** A text into offset and length; null is the empty one. */
  text(what: string): void {
    const byte = this.peek()
    if (byte === QUOTE) this.readString()
    else if (byte === LOWER_N) {
      this.literal(NULL)
      this.length = 0
    } else throw this.expected(`text for ${what}`)
  }

  isText(): boolean {
    return this.peek() === QUOTE
  }

  isBool(): boolean {
    const byte = this.peek()
    return byte === LOWER_T || byte === LOWER_F
  }

  /** null is false. */
  bool(what: string): boolean {
    const byte = this.peek()
    if (byte === LOWER_T) this.literal(TRUE)
    else if (byte === LOWER_F) this.literal(FALSE)
    else if (!this.isNull()) throw this.expected(`true or false for ${what}`)
    return byte === LOWER_T
  }

  /** A whole number from 0 to 2^53 - 1; null is 0. */
  uint(what: string): number {
    const byte = this.peek()
    if (byte === LOWER_N) {
      this.literal(NULL)
      return 0
    }
    const { bytes } = this
    const start = this.pos
    let at = start
    let value = 0
    for (; at < this.end; at++) {
      const digit = (bytes[at] as number) - ZERO
      if (digit < 0 || digit > 9) break
      value = value * 10 + digit
    }
    if (at === start) throw this.expected(`whole number for ${what}`)
    const next = at < this.end ? (bytes[at] as number) : COMMA
    if (next === 0x2e || (next | 0x20) === 0x65 || (bytes[start] === ZERO && at > start + 1)) {
      throw this.bad(`no whole number for ${what}`, start)
    }
    if (value > Number.MAX_SAFE_INTEGER) throw this.bad(`the number for ${what} is too large`, start)
    this.pos = at
    return value
  }

  /** Any number, as its text. */
  number(): string {
    this.peek()
    const start = this.pos
    let at = start
    while (at < this.end && at - start <= MAX_NUMBER && isNumberByte(this.bytes[at] as number)) at++
    const text = String.fromCharCode(...this.bytes.subarray(start, at))
    if (!NUMBER.test(text)) throw at === this.end ? this.cut() : this.bad('no value')
    this.pos = at
    return text
  }

  /** Passes a value of any type. */
  skip(depth: number = 0): void {
    if (depth > MAX_DEPTH) throw this.bad(`nesting deeper than ${MAX_DEPTH}`)
    switch (this.peek()) {
      case QUOTE:
        this.readString()
        return
      case OPEN:
        this.pos++
        for (let first = true; this.key(first); first = false) this.skip(depth + 1)
        return
      case OPEN_LIST:
        this.pos++
        for (let first = true; this.element(first); first = false) this.skip(depth + 1)
        return
      case LOWER_T:
      case LOWER_F:
      case LOWER_N:
        this.bool('a value')
        return
      case -1:
        throw this.cut()
      default:
        this.number()
    }
  }

  private literal(text: Uint8Array): void {
    const { bytes, pos } = this
    for (let i = 0; i < text.length; i++) {
      if (pos + i >= this.end) throw this.cut()
      if (bytes[pos + i] !== text[i]) throw this.bad('no value')
    }
    this.pos = pos + text.length
  }

  /** The string whose quote is at the position. */
  private readString(): void {
    const { bytes, end } = this
    const start = this.pos + 1
    let at = start
    for (; at < end; at++) {
      const byte = bytes[at] as number
      if (byte === QUOTE) {
        this.offset = start
        this.length = at - start
        this.pos = at + 1
        return
      }
      if (byte === BACKSLASH) {
        this.readEscaped(start, at)
        return
      }
      if (byte < 0x20) throw this.bad('a control character in a string', at)
    }
    throw this.cut()
  }

  /** From the first escape on: what is resolved moves to the left. */
  private readEscaped(start: number, firstEscape: number): void {
    const { bytes, end } = this
    let from = firstEscape
    let to = firstEscape
    while (from < end) {
      const byte = bytes[from] as number
      if (byte === QUOTE) {
        this.offset = start
        this.length = to - start
        this.pos = from + 1
        return
      }
      if (byte < 0x20) throw this.bad('a control character in a string', from)
      if (byte !== BACKSLASH) {
        bytes[to++] = byte
        from++
        continue
      }
      if (from + 1 >= end) throw this.cut()
      const name = bytes[from + 1] as number
      const plain = ESCAPES[name] as number
      if (plain !== 0) {
        bytes[to++] = plain
        from += 2
      } else if (name === LOWER_U) {
        const point = this.codePoint(from)
        from += point > 0xffff ? 12 : 6
        to = putUtf8(bytes, to, point)
      } else throw this.bad('no such escape', from)
    }
    throw this.cut()
  }

  /** Of the escape \uXXXX at `at`, or of the pair that begins there; half a pair is U+FFFD. */
  private codePoint(at: number): number {
    const unit = this.hex4(at + 2)
    if (unit < 0xd800 || unit > 0xdfff) return unit
    const { bytes } = this
    if (unit < 0xdc00 && bytes[at + 6] === BACKSLASH && bytes[at + 7] === LOWER_U && at + 12 <= this.end) {
      const low = this.hex4(at + 8)
      if (low >= 0xdc00 && low <= 0xdfff) return 0x10000 + ((unit - 0xd800) << 10) + (low - 0xdc00)
    }
    return 0xfffd
  }

  private hex4(at: number): number {
    if (at + 4 > this.end) throw this.cut()
    let value = 0
    for (let i = at; i < at + 4; i++) {
      const digit = hexDigit(this.bytes[i] as number)
      if (digit < 0) throw this.bad('no such escape', at - 2)
      value = (value << 4) | digit
    }
    return value
  }
}

function isNumberByte(byte: number): boolean {
  return (byte >= ZERO && byte <= 0x39) || byte === MINUS || byte === 0x2b || byte === 0x2e || (byte | 0x20) === 0x65
}

/** Value of a hexadecimal digit, or -1. */
export function hexDigit(byte: number): number {
  if (byte >= 0x30 && byte <= 0x39) return byte - 0x30
  const letter = byte | 0x20
  return letter >= 0x61 && letter <= 0x66 ? letter - 0x57 : -1
}

function putUtf8(bytes: Uint8Array, at: number, point: number): number {
  let to = at
  if (point < 0x80) bytes[to++] = point
  else {
    if (point < 0x800) bytes[to++] = 0xc0 | (point >> 6)
    else {
      if (point < 0x10000) bytes[to++] = 0xe0 | (point >> 12)
      else {
        bytes[to++] = 0xf0 | (point >> 18)
        bytes[to++] = 0x80 | ((point >> 12) & 0x3f)
      }
      bytes[to++] = 0x80 | ((point >> 6) & 0x3f)
    }
    bytes[to++] = 0x80 | (point & 0x3f)
  }
  return to
}
