// Bytes of the wire as text. One place, so that every reader sees ill-formed UTF-8 the same way (U+FFFD) and shared
// memory, which TextDecoder refuses in some runtimes, works everywhere.

import { Buffer } from 'node:buffer'

/** `length` bytes from `offset` as UTF-8; what is ill-formed becomes U+FFFD as in the WHATWG decoder, a BOM stays. */
export function textOf(bytes: Uint8Array, offset: number, length: number): string {
  if (length === 0) return ''
  return Buffer.prototype.utf8Slice.call(bytes, offset, offset + length)
}
