// A trace in the few numbers of search.ts, from its spans; see make-trace-columns.ts for why this stands beside what the
// server does with stored bytes.

import { shortTraceId } from '../base/ids.ts'
import { durationNs, type Span } from '../model/span.ts'
import { isErrorSpan } from '../model/virtual-tags.ts'
import type { ServiceCount, TraceSummary } from './search.ts'

function firstOf(spans: readonly Span[]): Span | undefined {
  return spans.reduce<Span | undefined>((a, b) => (a === undefined || b.startNs < a.startNs ? b : a), undefined)
}

/** `traceId` has 32 digits. */
export function makeTraceSummary(traceId: string, spans: readonly Span[]): TraceSummary {
  const ids = new Set(spans.map((span) => span.spanId))
  const tops = spans.filter((span) => !ids.has(span.parentSpanId))
  const services = new Map<string, ServiceCount>()
  let start = spans[0]?.startNs ?? 0n
  let end = start
  let errorCount = 0
  for (const span of spans) {
    const until = span.startNs + durationNs(span)
    if (span.startNs < start) start = span.startNs
    if (until > end) end = until
    const name = span.resource.serviceName
    const service = services.get(name) ?? { name, spanCount: 0, errorCount: 0 }
    services.set(name, service)
    service.spanCount++
    if (!isErrorSpan(span)) continue
    service.errorCount++
    errorCount++
  }
  // In a cycle every span has its parent; the first to start stands for the root.
  const root = firstOf(tops) ?? firstOf(spans)
  return {
    traceId: shortTraceId(traceId),
    rootService: root?.resource.serviceName ?? '',
    rootName: root?.name ?? '',
    startNs: String(start),
    durationNs: String(end - start),
    spanCount: spans.length,
    errorCount,
    orphanCount: tops.filter((span) => span.parentSpanId !== '').length,
    services: [...services.values()].toSorted((a, b) => (a.name < b.name ? -1 : 1)),
  }
}
