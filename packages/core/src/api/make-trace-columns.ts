// A trace as the typed arrays of trace-columns.ts, from its spans, in their order. For traces that never were bytes of a
// store, such as a file opened in the browser; the server makes the same arrays from stored bytes, without these objects
// (a law test holds the two to each other).

import { TextNumbers } from '../base/text-numbers.ts'
import { fromHex } from '../base/bytes.ts'
import { shortTraceId } from '../base/ids.ts'
import { NO_ADJUSTMENTS, type Adjustments, type SpanAdjustment } from '../model/adjust.ts'
import { V1_DEBUG, V1_FIREHOSE, v1Flags, v1Warnings } from '../model/internal-attributes.ts'
import { durationNs, type Span, type SpanLink } from '../model/span.ts'
import { isErrorSpan } from '../model/virtual-tags.ts'
import {
  FLAG_DEBUG,
  FLAG_ERROR,
  FLAG_FIREHOSE,
  FLAG_LINKS,
  FLAG_WARNINGS,
  LINK_CHILD_OF,
  LINK_FOLLOWS_FROM,
  LINK_UNTYPED,
  type TraceColumns,
} from './trace-columns.ts'

const REF_TYPE = 'opentracing.ref_type'

interface Row {
  readonly span: Span
  readonly adjustment: SpanAdjustment | undefined
  /** Unix ns, as shifted. */
  readonly startNs: bigint
  readonly shift: bigint
}

function rowsOf(spans: readonly Span[], { spans: changes }: Adjustments): Row[] {
  const rows = spans.map((span, i): Row => {
    const adjustment = changes.get(i)
    const shift = BigInt(adjustment?.shiftNs ?? 0)
    return { span, adjustment, startNs: span.startNs + shift, shift }
  })
  return rows.filter(({ adjustment }) => adjustment?.dropped !== true)
}

/** `traceId` has 32 digits; `adjustments` are those of these spans (model/adjust.ts), none for the trace as it was sent. */
export function makeTraceColumns(
  traceId: string,
  spans: readonly Span[],
  adjustments: Adjustments = NO_ADJUSTMENTS,
): TraceColumns {
  const rows = rowsOf(spans, adjustments)
  const count = rows.length
  const services = new TextNumbers()
  const names = new TextNumbers()
  const first = rows.reduce((least, { startNs }) => (startNs < least ? startNs : least), rows[0]?.startNs ?? 0n)
  const eventCount = rows.reduce((sum, { span }) => sum + span.events.length, 0)
  const eventStart = new Uint32Array(count + 1)
  const eventTime = new Float64Array(eventCount)
  const ids = new Uint8Array(count * 16)
  let event = 0
  rows.forEach(({ span, adjustment, shift }, row) => {
    ids.set(fromHex(adjustment?.spanId ?? span.spanId) ?? [], row * 16)
    ids.set(fromHex(adjustment?.parentSpanId ?? span.parentSpanId) ?? [], row * 16 + 8)
    for (const { timeUnixNano } of span.events) eventTime[event++] = Number(timeUnixNano + shift - first)
    eventStart[row + 1] = event
  })
  const { clockSkew } = adjustments
  const { linkStart, linkIds, linkKind } = linkColumns(rows)
  return {
    traceId: shortTraceId(traceId),
    spanCount: count,
    eventCount,
    linkCount: linkKind.length,
    startNs: String(first),
    services: services.list,
    names: names.list,
    clockSkew,
    start: Float64Array.from(rows, ({ startNs }) => Number(startNs - first)),
    duration: Float64Array.from(rows, ({ span }) => Number(durationNs(span))),
    eventTime,
    shift: Float64Array.from(clockSkew.shiftedSpans > 0 ? rows : [], ({ shift }) => Number(shift)),
    ids,
    service: Uint32Array.from(rows, ({ span }) => services.number(span.resource.serviceName)),
    name: Uint32Array.from(rows, ({ span }) => names.number(span.name)),
    eventStart,
    kind: Uint8Array.from(rows, ({ span }) => Math.min(span.kind, 255)),
    status: Uint8Array.from(rows, ({ span }) => Math.min(span.statusCode, 255)),
    flags: Uint8Array.from(rows, flagsOf),
    linkStart,
    linkIds,
    linkKind,
  }
}

function linkColumns(rows: readonly Row[]): Pick<TraceColumns, 'linkStart' | 'linkIds' | 'linkKind'> {
  const links = rows.flatMap(({ span }) => span.links)
  const linkStart = new Uint32Array(rows.length + 1)
  const linkIds = new Uint8Array(links.length * 24)
  rows.forEach(({ span }, row) => (linkStart[row + 1] = (linkStart[row] ?? 0) + span.links.length))
  links.forEach(({ traceId, spanId }, i) => {
    linkIds.set(fromHex(traceId) ?? [], i * 24)
    linkIds.set(fromHex(spanId) ?? [], i * 24 + 16)
  })
  return { linkStart, linkIds, linkKind: Uint8Array.from(links, linkKindOf) }
}

function linkKindOf({ attributes }: SpanLink): number {
  const type = attributes.findLast(({ key }) => key === REF_TYPE)?.value
  if (type === undefined) return LINK_UNTYPED
  return type.type === 'string' && type.value === 'child_of' ? LINK_CHILD_OF : LINK_FOLLOWS_FROM
}

function flagsOf({ span, adjustment }: Row): number {
  const flags = v1Flags(span.attributes) ?? 0
  const warned =
    (adjustment?.warnings.length ?? 0) > 0 || span.endNs < span.startNs || v1Warnings(span.attributes).length > 0
  return (
    (isErrorSpan(span) ? FLAG_ERROR : 0) |
    (span.links.length > 0 ? FLAG_LINKS : 0) |
    ((flags & V1_DEBUG) === 0 ? 0 : FLAG_DEBUG) |
    ((flags & V1_FIREHOSE) === 0 ? 0 : FLAG_FIREHOSE) |
    (warned ? FLAG_WARNINGS : 0)
  )
}
