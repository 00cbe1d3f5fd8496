// A trace as the typed arrays of trace-columns.ts, from its spans, in their order. For traces that never were bytes of a
// store, such as a file opened in the browser; the server makes the same arrays from stored bytes, without these objects
// (a law test holds the two to each other).

import { fromHex } from '../base/bytes.ts'
import { shortTraceId } from '../base/ids.ts'
import { FLAGS_ATTRIBUTE, V1_DEBUG } from '../model/internal-attributes.ts'
import { durationNs, type Span } from '../model/span.ts'
import { isErrorSpan } from '../model/virtual-tags.ts'
import { FLAG_DEBUG, FLAG_ERROR, FLAG_LINKS, type TraceColumns } from './trace-columns.ts'

/** Numbers of texts in the order in which they first appear. */
class Names {
  readonly list: string[] = []
  readonly #numbers = new Map<string, number>()

  number(name: string): number {
    let number = this.#numbers.get(name)
    if (number === undefined) {
      number = this.list.push(name) - 1
      this.#numbers.set(name, number)
    }
    return number
  }
}

/** `traceId` has 32 digits. */
export function makeTraceColumns(traceId: string, spans: readonly Span[]): TraceColumns {
  const count = spans.length
  const services = new Names()
  const names = new Names()
  const first = spans.reduce((least, { startNs }) => (startNs < least ? startNs : least), spans[0]?.startNs ?? 0n)
  const eventCount = spans.reduce((sum, span) => sum + span.events.length, 0)
  const eventStart = new Uint32Array(count + 1)
  const eventTime = new Float64Array(eventCount)
  const ids = new Uint8Array(count * 16)
  let event = 0
  spans.forEach((span, row) => {
    ids.set(fromHex(span.spanId) ?? [], row * 16)
    ids.set(fromHex(span.parentSpanId) ?? [], row * 16 + 8)
    for (const { timeUnixNano } of span.events) eventTime[event++] = Number(timeUnixNano - first)
    eventStart[row + 1] = event
  })
  return {
    traceId: shortTraceId(traceId),
    spanCount: count,
    eventCount,
    startNs: String(first),
    services: services.list,
    names: names.list,
    start: Float64Array.from(spans, (span) => Number(span.startNs - first)),
    duration: Float64Array.from(spans, (span) => Number(durationNs(span))),
    eventTime,
    ids,
    service: Uint32Array.from(spans, (span) => services.number(span.resource.serviceName)),
    name: Uint32Array.from(spans, (span) => names.number(span.name)),
    eventStart,
    kind: Uint8Array.from(spans, (span) => Math.min(span.kind, 255)),
    status: Uint8Array.from(spans, (span) => Math.min(span.statusCode, 255)),
    flags: Uint8Array.from(spans, flagsOf),
  }
}

function flagsOf(span: Span): number {
  const error = isErrorSpan(span) ? FLAG_ERROR : 0
  return error | (span.links.length > 0 ? FLAG_LINKS : 0) | (isDebug(span) ? FLAG_DEBUG : 0)
}

function isDebug(span: Span): boolean {
  return span.attributes.some(
    ({ key, value }) =>
      key === FLAGS_ATTRIBUTE && value.type === 'int' && (value.value & BigInt(V1_DEBUG)) === BigInt(V1_DEBUG),
  )
}
