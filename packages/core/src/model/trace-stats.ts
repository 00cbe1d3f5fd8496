// A whole trace in a few numbers: what trace-level conditions and orders look at. This is the plain reference; servers that
// know the numbers from an index are held to it.

import { isErrorSpan } from './virtual-tags.ts'
import { durationNs, type Span } from './span.ts'

export interface TraceStats {
  /** Of the span that starts first; Unix ns. */
  readonly startNs: bigint
  /** The latest end of all spans (one that ends before it starts counts as ending there). */
  readonly endNs: bigint
  readonly spanCount: number
  readonly errorCount: number
  /** Of the root: the span that starts first of those whose parent is not in the trace; equal starts by span id. */
  readonly rootService: string
  readonly rootName: string
}

const NOTHING: TraceStats = { startNs: 0n, endNs: 0n, spanCount: 0, errorCount: 0, rootService: '', rootName: '' }

/** `spans`: all of one trace, in any order. */
export function traceStats(spans: readonly Span[]): TraceStats {
  const [first] = spans
  if (first === undefined) return NOTHING
  const ids = new Set(spans.map((span) => span.spanId))
  const roots = spans.filter((span) => !ids.has(span.parentSpanId))
  // In a cycle every span has its parent; the first to start stands for the root.
  const root = (roots.length > 0 ? roots : spans).reduce((a, b) => (earlier(b, a) ? b : a))
  let startNs = first.startNs
  let endNs = 0n
  let errorCount = 0
  for (const span of spans) {
    const end = span.startNs + durationNs(span)
    if (span.startNs < startNs) startNs = span.startNs
    if (end > endNs) endNs = end
    if (isErrorSpan(span)) errorCount++
  }
  const { serviceName: rootService } = root.resource
  return { startNs, endNs, spanCount: spans.length, errorCount, rootService, rootName: root.name }
}

function earlier(a: Span, b: Span): boolean {
  return a.startNs === b.startNs ? a.spanId < b.spanId : a.startNs < b.startNs
}
