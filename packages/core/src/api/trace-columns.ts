// GET {base}/api/x/v1/traces/{traceId}/columns (application/vnd.spoor.columns): what the timeline needs of every span and
// no more, as typed arrays, so that a trace of 100,000 spans is drawn without a JSON object per span.
//
// Form: "SPC1", u32 length of the JSON head, the head (UTF-8), zero bytes up to a multiple of 8, then the columns in the
// order of columnSizes, each starting at a multiple of 8. Little endian. Row = a span, in no promised order.

//
// Parameters: `raw=true` leaves the trace as it was sent (model/adjust.ts says what is changed else); `clockSkew` is `off`,
// `on` or a Go duration, the largest shift of a span's times. Without it the server's own setting holds.

import * as v from 'valibot'
import type { ClockSkew } from '../model/adjust.ts'

export const COLUMNS_CONTENT_TYPE = 'application/vnd.spoor.columns'
const MAGIC = 0x31435053 // "SPC1"

export interface ColumnsHead {
  traceId: string
  spanCount: number
  eventCount: number
  linkCount: number
  /** Smallest start of all spans, Unix ns as decimal text; the columns' times count from here. */
  startNs: string
  /** Service names and span names that the columns `service` and `name` point into. */
  services: string[]
  names: string[]
  /** What clock skew did, or would do if more were allowed. */
  clockSkew: ClockSkew
}

const headSchema: v.GenericSchema<ColumnsHead> = v.object({
  traceId: v.string(),
  spanCount: v.number(),
  eventCount: v.number(),
  linkCount: v.number(),
  startNs: v.string(),
  services: v.array(v.string()),
  names: v.array(v.string()),
  clockSkew: v.object({
    maxNs: v.number(),
    skewedSpans: v.number(),
    shiftedSpans: v.number(),
    largestNs: v.number(),
  }),
})

/** Bits of the column `flags`. */
export const FLAG_ERROR = 1 // status error, or a tag error=true
export const FLAG_LINKS = 2 // has links
export const FLAG_DEBUG = 4
export const FLAG_FIREHOSE = 8
export const FLAG_WARNINGS = 16 // has warnings; the span's detail says them

/** What a link is, by its attribute `opentracing.ref_type`; one that has none is no reference of OpenTracing's. */
export const LINK_CHILD_OF = 0
export const LINK_FOLLOWS_FROM = 1
export const LINK_UNTYPED = 2

export interface TraceColumns extends ColumnsHead {
  /** ns after startNs, as shifted; exact up to 2^53. */
  readonly start: Float64Array
  readonly duration: Float64Array
  /** Times of all events in ns after startNs, grouped by span in row order: eventStart has spanCount + 1 entries. */
  readonly eventTime: Float64Array
  /** ns by which clock skew moved start and events; no entry at all where no span was moved. */
  readonly shift: Float64Array
  /** 16 bytes a span: span id, then parent span id (zero where there is none). */
  readonly ids: Uint8Array
  readonly service: Uint32Array
  readonly name: Uint32Array
  readonly eventStart: Uint32Array
  /** Links as sent, grouped by span as events are: 24 bytes a link, trace id, then span id; and what each is. */
  readonly linkStart: Uint32Array
  readonly linkIds: Uint8Array
  readonly linkKind: Uint8Array
  /** OTLP numbers; 255 stands for larger ones. */
  readonly kind: Uint8Array
  readonly status: Uint8Array
  readonly flags: Uint8Array
}

function columnSizes(head: ColumnsHead): readonly number[] {
  const { spanCount: spans, eventCount: events } = head
  const shifts = shiftCount(head) * 8
  const times = [spans * 8, spans * 8, events * 8, shifts]
  const links = [(spans + 1) * 4, head.linkCount * 24, head.linkCount]
  return [...times, spans * 16, spans * 4, spans * 4, (spans + 1) * 4, spans, spans, spans, ...links]
}

function shiftCount(head: ColumnsHead): number {
  return head.clockSkew.shiftedSpans > 0 ? head.spanCount : 0
}

function align8(offset: number): number {
  return (offset + 7) & ~7
}

export function encodeTraceColumns(trace: TraceColumns): Uint8Array {
  const { traceId, spanCount, eventCount, linkCount, startNs, services, names, clockSkew } = trace
  const head = { traceId, spanCount, eventCount, linkCount, startNs, services, names, clockSkew }
  const text = new TextEncoder().encode(JSON.stringify(head))
  const columns = [
    trace.start,
    trace.duration,
    trace.eventTime,
    trace.shift,
    trace.ids,
    trace.service,
    trace.name,
    trace.eventStart,
    trace.kind,
    trace.status,
    trace.flags,
    trace.linkStart,
    trace.linkIds,
    trace.linkKind,
  ]
  const sizes = columnSizes(head)
  let size = align8(8 + text.length)
  for (const bytes of sizes) size += align8(bytes)
  const out = new Uint8Array(size)
  const view = new DataView(out.buffer)
  view.setUint32(0, MAGIC, true)
  view.setUint32(4, text.length, true)
  out.set(text, 8)
  let at = align8(8 + text.length)
  columns.forEach((column, i) => {
    const bytes = sizes[i] ?? 0
    out.set(new Uint8Array(column.buffer, column.byteOffset, bytes), at)
    at += align8(bytes)
  })
  return out
}

/** Views into `buffer`, no copy. Throws where the bytes are not this format. */
export function decodeTraceColumns(buffer: ArrayBuffer): TraceColumns {
  const view = new DataView(buffer)
  if (buffer.byteLength < 8 || view.getUint32(0, true) !== MAGIC) throw new Error('not a trace in columns')
  const textLength = view.getUint32(4, true)
  const head = v.parse(headSchema, JSON.parse(new TextDecoder().decode(new Uint8Array(buffer, 8, textLength))))
  const offsets: number[] = []
  let at = align8(8 + textLength)
  for (const bytes of columnSizes(head)) {
    offsets.push(at)
    at += align8(bytes)
  }
  if (at > buffer.byteLength) throw new Error('trace columns are cut short')
  const [o0 = 0, o1 = 0, o2 = 0, o3 = 0, o4 = 0, o5 = 0, o6 = 0, o7 = 0, o8 = 0, o9 = 0, o10 = 0, ...more] = offsets
  const [o11 = 0, o12 = 0, o13 = 0] = more
  const { spanCount: n, linkCount } = head
  return {
    ...head,
    start: new Float64Array(buffer, o0, n),
    duration: new Float64Array(buffer, o1, n),
    eventTime: new Float64Array(buffer, o2, head.eventCount),
    shift: new Float64Array(buffer, o3, shiftCount(head)),
    ids: new Uint8Array(buffer, o4, n * 16),
    service: new Uint32Array(buffer, o5, n),
    name: new Uint32Array(buffer, o6, n),
    eventStart: new Uint32Array(buffer, o7, n + 1),
    kind: new Uint8Array(buffer, o8, n),
    status: new Uint8Array(buffer, o9, n),
    flags: new Uint8Array(buffer, o10, n),
    linkStart: new Uint32Array(buffer, o11, n + 1),
    linkIds: new Uint8Array(buffer, o12, linkCount * 24),
    linkKind: new Uint8Array(buffer, o13, linkCount),
  }
}
