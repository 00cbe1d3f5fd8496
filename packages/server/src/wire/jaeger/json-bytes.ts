// A writer of JSON straight into bytes: text is copied from UTF-8 to UTF-8 without becoming a string in between, 64-bit
// numbers are printed from their two words. Knows nothing of spans. Must never produce text that is not valid JSON in
// valid UTF-8, whatever bytes it is given.

const BACKSLASH = 0x5c
const QUOTE = 0x22
const HEX = Uint8Array.from('0123456789abcdef', (c) => c.charCodeAt(0))
const TWO_32 = 2 ** 32
/** Below this a loop is faster than a call into the runtime. */
const LOOP_UP_TO = 40
/** 1 for the ASCII bytes that stand for themselves in a JSON string. */
const PLAIN = Uint8Array.from({ length: 256 }, (_, b) =>
  b >= 0x20 && b < 0x80 && b !== QUOTE && b !== BACKSLASH ? 1 : 0,
)
/** The letter after the backslash for control characters that have one, else 0. */
const SHORT = Uint8Array.from({ length: 0x20 }, (_, b) =>
  '\b\t\n\f\r'.includes(String.fromCharCode(b)) ? shortEscape(b) : 0,
)

function shortEscape(byte: number): number {
  return JSON.stringify(String.fromCharCode(byte)).charCodeAt(2)
}

/** ASCII text as bytes, for `raw`. */
export function ascii(text: string): Uint8Array {
  return Uint8Array.from(text, (c) => c.charCodeAt(0))
}

/** Length of the valid UTF-8 sequence at `i`, or 0 where the byte there starts none (RFC 3629, table of section 4). */
function sequenceLength(source: Uint8Array, i: number, to: number): number {
  const b0 = source[i] as number
  if (b0 < 0xc2 || b0 > 0xf4 || i + 1 >= to) return 0
  const b1 = source[i + 1] as number
  if (b0 < 0xe0) return (b1 & 0xc0) === 0x80 ? 2 : 0
  const lowest = b0 === 0xe0 ? 0xa0 : b0 === 0xf0 ? 0x90 : 0x80
  const highest = b0 === 0xed ? 0x9f : b0 === 0xf4 ? 0x8f : 0xbf
  if (b1 < lowest || b1 > highest || i + 2 >= to || ((source[i + 2] as number) & 0xc0) !== 0x80) return 0
  if (b0 < 0xf0) return 3
  return i + 3 < to && ((source[i + 3] as number) & 0xc0) === 0x80 ? 4 : 0
}

export class JsonBytes {
  bytes: Uint8Array<ArrayBuffer>
  at = 0

  constructor(capacity: number) {
    this.bytes = unfilled(capacity)
  }

  /** Makes room for `more` bytes. */
  ensure(more: number): void {
    const need = this.at + more
    if (need <= this.bytes.length) return
    const grown = unfilled(Math.max(need, this.bytes.length * 2))
    grown.set(this.bytes.subarray(0, this.at))
    this.bytes = grown
  }

  byte(value: number): void {
    this.ensure(1)
    this.bytes[this.at++] = value
  }

  /** Copies bytes as they are; meant for constants. */
  raw(source: Uint8Array): void {
    const n = source.length
    this.ensure(n)
    const out = this.bytes
    if (n > LOOP_UP_TO) {
      out.set(source, this.at)
      this.at += n
      return
    }
    let at = this.at
    for (let i = 0; i < n; i++) out[at++] = source[i] as number
    this.at = at
  }

  /** Copies a part of `source`, of any length, as it is. */
  block(source: Uint8Array, from: number, to: number): void {
    this.ensure(to - from)
    this.bytes.set(source.subarray(from, to), this.at)
    this.at += to - from
  }

  /** Copies a part of what was already written. */
  repeat(from: number, to: number): void {
    this.ensure(to - from)
    this.bytes.copyWithin(this.at, from, to)
    this.at += to - from
  }

  /** A whole JSON string from a JavaScript one; for short texts. */
  string(text: string): void {
    this.ensure(text.length + 2)
    const out = this.bytes
    let at = this.at
    out[at++] = QUOTE
    for (let i = 0; i < text.length; i++) {
      const code = text.charCodeAt(i)
      if (code > 0x7f || PLAIN[code] !== 1) {
        this.#encoded(text)
        return
      }
      out[at++] = code
    }
    out[at++] = QUOTE
    this.at = at
  }

  #encoded(text: string): void {
    const encoded = new TextEncoder().encode(text)
    this.quoted(encoded, 0, encoded.length)
  }

  /** UTF-8 bytes as a JSON string with its quotes. */
  quoted(source: Uint8Array, from: number, to: number): void {
    this.byte(QUOTE)
    this.text(source, from, to)
    this.byte(QUOTE)
  }

  /** UTF-8 bytes as the inside of a JSON string. A byte that is not UTF-8 becomes U+FFFD, one for each, as in Go. */
  text(source: Uint8Array, from: number, to: number): void {
    this.ensure((to - from) * 6)
    const out = this.bytes
    let at = this.at
    let i = from
    while (i < to) {
      const b = source[i] as number
      if (PLAIN[b] === 1) {
        out[at++] = b
        i++
      } else if (b < 0x80) {
        at = this.#escape(b, at)
        i++
      } else {
        const n = sequenceLength(source, i, to)
        if (n === 0) {
          out[at++] = 0xef
          out[at++] = 0xbf
          out[at++] = 0xbd
          i++
        }
        for (const end = i + n; i < end; i++) out[at++] = source[i] as number
      }
    }
    this.at = at
  }

  #escape(b: number, start: number): number {
    const out = this.bytes
    let at = start
    out[at++] = BACKSLASH
    if (b === QUOTE || b === BACKSLASH) {
      out[at++] = b
      return at
    }
    const letter = b < 0x20 ? (SHORT[b] as number) : 0
    if (letter !== 0) {
      out[at++] = letter
      return at
    }
    out[at++] = 0x75
    out[at++] = 0x30
    out[at++] = 0x30
    out[at++] = HEX[b >> 4] as number
    out[at++] = HEX[b & 15] as number
    return at
  }

  /** Lower-case hex digits of `length` bytes. */
  hex(source: Uint8Array, from: number, length: number): void {
    this.ensure(length * 2)
    const out = this.bytes
    let at = this.at
    for (let i = from; i < from + length; i++) {
      const b = source[i] as number
      out[at++] = HEX[b >> 4] as number
      out[at++] = HEX[b & 15] as number
    }
    this.at = at
  }

  base64(source: Uint8Array, from: number, to: number): void {
    this.raw(ascii(Buffer.from(source.buffer, source.byteOffset + from, to - from).toString('base64')))
  }

  /** A whole number of 0 to 2^53. */
  uint(value: number): void {
    this.ensure(16)
    const out = this.bytes
    let digits = 1
    for (let limit = 10; limit <= value && digits < 16; limit *= 10) digits++
    let at = this.at + digits
    this.at = at
    let rest = value
    while (rest > 0x7fffffff) {
      const next = Math.floor(rest / 10)
      out[--at] = 0x30 + (rest - next * 10)
      rest = next
    }
    let small = rest | 0
    for (const first = this.at - digits; at > first;) {
      const next = (small / 10) | 0
      out[--at] = 0x30 + (small - next * 10)
      small = next
    }
  }

  /** An unsigned 64-bit number from its words. */
  uint64(low: number, high: number): void {
    if (high < 0x200000) this.uint(high * TWO_32 + low)
    else this.raw(ascii(((BigInt(high) << 32n) | BigInt(low)).toString()))
  }

  /** A 64-bit number of nanoseconds as whole microseconds, rounded down, in integers all the way. */
  micros(low: number, high: number): void {
    const upper = Math.floor(high / 1000)
    const rest = (high - upper * 1000) * TWO_32 + low
    this.uint64(Math.floor(rest / 1000), upper)
  }

  /** Hands over what was written, without a copy, and starts anew with `capacity`. */
  take(capacity: number): Buffer<ArrayBuffer> {
    const taken = Buffer.from(this.bytes.buffer, 0, this.at)
    this.bytes = unfilled(capacity)
    this.at = 0
    return taken
  }
}

/** Memory that is written before it is read. */
function unfilled(capacity: number): Uint8Array<ArrayBuffer> {
  const { buffer } = Buffer.allocUnsafeSlow(capacity)
  return new Uint8Array(buffer)
}
