// What Zipkin's two JSON formats have in common: ids, endpoints and times (zipkin.io/zipkin-api). As lenient as Jaeger 1.57:
// ids of any length up to theirs, in either case; null is absent; unknown keys are passed. As strict, too: an id, a number or an
// address that is none refuses the whole request.

import { SpoorError } from '@spoor/core/base/errors'
import type { ByteSource } from '../codec/byte-source.ts'
import { textOf } from '../codec/text.ts'
import { readAddress } from './address.ts'
import type { Endpoint, ZipkinDraft } from './draft.ts'
import { hexDigit, type JsonScanner } from './json-scanner.ts'

export const ascii = (text: string): Uint8Array => new TextEncoder().encode(text)

const SERVICE_NAME = ascii('serviceName')
const IPV4 = ascii('ipv4')
const IPV6 = ascii('ipv6')
const PORT = ascii('port')
const MAX_PORT = 65_535
/** Words of a trace id, and of a span id. */
const LONG = 4
const SHORT = 2
/** Where they stand in the draft's ids. */
const TRACE_AT = 0
const SPAN_AT = 4
const PARENT_AT = 6
/** Longest piece of a bad value that an error repeats. */
const SHOWN = 40

export function badZipkin(what: string): SpoorError {
  return new SpoorError('invalid', 'bad_zipkin', what)
}

interface SpanListEvents {
  /** Gets the bytes, which are changed. */
  begin(source: ByteSource): void
  /** The scanner stands at the value of a span's key. */
  field(): void
  /** The span stands in the draft. */
  span(): void
}

/** Reads a list of spans into the draft, one after the other. `null` is a list of none: clients in Go send it. */
export function readSpans(scanner: JsonScanner, draft: ZipkinDraft, bytes: Uint8Array, events: SpanListEvents): void {
  scanner.reset(bytes)
  events.begin(scanner.source)
  if (!scanner.isNull()) {
    scanner.listBegin('the spans')
    for (let firstSpan = true; scanner.element(firstSpan); firstSpan = false) {
      if (scanner.isNull()) continue
      draft.clear()
      draft.source = scanner.source
      scanner.objectBegin('a span')
      for (let first = true; scanner.key(first); first = false) events.field()
      checkIds(draft)
      events.span()
    }
  }
  scanner.finish()
}

export function readTraceId(scanner: JsonScanner, draft: ZipkinDraft): void {
  draft.hasTraceId = readId(scanner, draft.ids, TRACE_AT, LONG, 'traceId')
}

export function readSpanId(scanner: JsonScanner, draft: ZipkinDraft): void {
  draft.hasId = readId(scanner, draft.ids, SPAN_AT, SHORT, 'id')
}

export function readParentId(scanner: JsonScanner, draft: ZipkinDraft): void {
  readId(scanner, draft.ids, PARENT_AT, SHORT, 'parentId')
}

/** Throws where an id that every span has is missing. */
export function checkIds(draft: ZipkinDraft): void {
  if (!draft.hasTraceId) throw badZipkin('valid traceId required')
  if (!draft.hasId) throw badZipkin('valid span id required')
}

/** False where there is none. */
function readId(scanner: JsonScanner, ids: Int32Array, at: number, words: number, what: string): boolean {
  scanner.text(what)
  const { bytes, offset, length } = scanner
  if (length > words * 8) throw badId(scanner, what, 'too long')
  ids.fill(0, at, at + words)
  let digit = words * 8 - length
  for (let i = offset; i < offset + length; i++, digit++) {
    const value = hexDigit(bytes[i] as number)
    if (value < 0) throw badId(scanner, what, 'not hexadecimal')
    const word = at + (digit >> 3)
    ids[word] = ((ids[word] as number) << 4) | value
  }
  return length > 0
}

function badId({ bytes, offset, length }: JsonScanner, what: string, why: string): SpoorError {
  return badZipkin(`${what} "${textOf(bytes, offset, Math.min(length, SHOWN))}" is ${why}`)
}

/** null is the empty endpoint. */
export function readEndpoint(scanner: JsonScanner, endpoint: Endpoint, what: string): void {
  if (scanner.isNull()) return
  scanner.objectBegin(what)
  for (let first = true; scanner.key(first); first = false) {
    if (scanner.is(SERVICE_NAME)) {
      scanner.text('serviceName')
      endpoint.serviceOffset = scanner.offset
      endpoint.serviceLength = scanner.length
    } else if (scanner.is(IPV4) || scanner.is(IPV6)) address(scanner, endpoint)
    else if (scanner.is(PORT)) {
      endpoint.port = scanner.uint('port')
      if (endpoint.port > MAX_PORT) throw badZipkin(`port ${endpoint.port} is over ${MAX_PORT}`)
    } else scanner.skip()
  }
}

function address(scanner: JsonScanner, endpoint: Endpoint): void {
  scanner.text('an address')
  const { bytes, offset, length } = scanner
  if (length === 0 || readAddress(bytes, offset, length, endpoint)) return
  throw badZipkin(`invalid IP address: ${textOf(bytes, offset, Math.min(length, SHOWN))}`)
}
