// Trace ids as people and programs write them in URLs: 1 to 32 hexadecimal digits of any case, leading zeros left out
// (jaeger model/ids.go, TraceIDFromString, v1.57). Errors carry Jaeger's words.

import { SpoorError } from '@spoor/core/base/errors'
import { normalizeSpanId, normalizeTraceId } from '@spoor/core/base/ids'

/**
 * Lower case, as stores take ids: 16 digits for up to 16 given, which also find a 128-bit trace by its lower half; else
 * 32, which find that trace alone.
 */
export function parseTraceId(text: string): string {
  if (text.length > 32) throw bad(`TraceID cannot be longer than 32 hex characters: ${text}`)
  const low = text.slice(-16)
  const high = text.slice(0, -16)
  for (const part of high === '' ? [low] : [high, low]) {
    if (!/^[0-9a-fA-F]+$/.test(part)) throw bad(`strconv.ParseUint: parsing ${JSON.stringify(part)}: invalid syntax`)
  }
  return normalizeTraceId(text)?.slice(high === '' ? 16 : 0) ?? ''
}

/** A span id: 1 to 16 hexadecimal digits, as 16 lower-case ones. */
export function parseSpanId(text: string): string {
  const spanId = normalizeSpanId(text)
  if (spanId !== undefined) return spanId
  const message = `malformed span id ${JSON.stringify(text)}: not 1 to 16 hex digits`
  throw new SpoorError('invalid', 'bad_parameter', message, { field: 'spanId' })
}

function bad(message: string): SpoorError {
  return new SpoorError('invalid', 'bad_parameter', message, { field: 'traceID' })
}
