// Bytes of the wire as text. One place, so that every reader sees ill-formed UTF-8 the same way (U+FFFD) and shared
// memory, which TextDecoder refuses in some runtimes, works everywhere.

import { Buffer } from 'node:buffer'

// Node's own decoder for Buffers; it takes any Uint8Array.
const { utf8Slice } = Buffer.prototype as { utf8Slice(this: Uint8Array, start: number, end: number): string }

/** `length` bytes from `offset` as UTF-8; what is ill-formed becomes U+FFFD as in the WHATWG decoder, a BOM stays. */
export function textOf(bytes: Uint8Array, offset: number, length: number): string {
  if (length === 0) return ''
  return utf8Slice.call(bytes, offset, offset + length)
}
