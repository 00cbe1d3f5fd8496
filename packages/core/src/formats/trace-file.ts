// What reading a file of traces gives, whatever its format.

import type { Span } from '../model/span.ts'

export interface TraceFile {
  /** 32 lower-case hex digits. */
  readonly traceId: string
  /** In the order of the file. */
  readonly spans: Span[]
}

/** One entry for each trace id, in the order in which they first appear. */
export function groupByTrace(spans: Iterable<Span>): TraceFile[] {
  const traces = new Map<string, TraceFile>()
  for (const span of spans) {
    let trace = traces.get(span.traceId)
    if (trace === undefined) {
      trace = { traceId: span.traceId, spans: [] }
      traces.set(span.traceId, trace)
    }
    trace.spans.push(span)
  }
  return [...traces.values()]
}
