// Ids as Jaeger's v1 JSON prints them: hexadecimal, 16 digits a half, the upper half of a trace id only where it is not
// zero.

import { isZero } from '../otlp/span-fields.ts'
import { ascii, type JsonBytes } from './json-bytes.ts'

const ZERO_ID = ascii('0000000000000000')

/** The 16 bytes at an offset; -1 is an id of zero. */
export function writeTraceId(out: JsonBytes, bytes: Uint8Array, at: number): void {
  if (at < 0) out.raw(ZERO_ID)
  else if (isZero(bytes, at, 8)) out.hex(bytes, at + 8, 8)
  else out.hex(bytes, at, 16)
}

/** The 8 bytes at an offset; -1 is an id of zero. */
export function writeSpanId(out: JsonBytes, bytes: Uint8Array, at: number): void {
  if (at < 0) out.raw(ZERO_ID)
  else out.hex(bytes, at, 8)
}
