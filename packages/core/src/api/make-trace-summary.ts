// A trace in the few numbers of search.ts, from its spans; see make-trace-columns.ts for why this stands beside what the
// server does with stored bytes.

import { shortTraceId } from '../base/ids.ts'
import type { Span } from '../model/span.ts'
import { traceStats } from '../model/trace-stats.ts'
import { isErrorSpan } from '../model/virtual-tags.ts'
import type { ServiceCount, TraceSummary } from './search.ts'

/** `traceId` has 32 digits. */
export function makeTraceSummary(traceId: string, spans: readonly Span[]): TraceSummary {
  const ids = new Set(spans.map((span) => span.spanId))
  const services = new Map<string, ServiceCount>()
  for (const span of spans) {
    const name = span.resource.serviceName
    const service = services.get(name) ?? { name, spanCount: 0, errorCount: 0 }
    services.set(name, service)
    service.spanCount++
    if (isErrorSpan(span)) service.errorCount++
  }
  const { startNs, endNs, spanCount, errorCount, rootService, rootName } = traceStats(spans)
  return {
    traceId: shortTraceId(traceId),
    rootService,
    rootName,
    startNs: String(startNs),
    durationNs: String(endNs - startNs),
    spanCount,
    errorCount,
    orphanCount: spans.filter((span) => span.parentSpanId !== '' && !ids.has(span.parentSpanId)).length,
    services: [...services.values()].toSorted((a, b) => (a.name < b.name ? -1 : 1)),
  }
}
