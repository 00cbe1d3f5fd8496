// GET {base}/api/x/v1/search: one page of trace summaries, never whole traces. Takes the parameters of Jaeger's
// GET /api/traces (service, operation, tag, tags, start, end, minDuration, maxDuration, limit), the service optional.
// Nanoseconds travel as decimal strings: they do not fit a JavaScript number.

import * as v from 'valibot'

export interface ServiceCount {
  name: string
  spanCount: number
  errorCount: number
}

export interface TraceSummary {
  /** 32 hex digits, or 16 where the upper half is zero. */
  traceId: string
  /** Of the span without a parent in the trace that starts first. */
  rootService: string
  rootName: string
  startNs: string
  durationNs: string
  spanCount: number
  errorCount: number
  /** Spans whose parent is named but not in the trace. */
  orphanCount: number
  services: ServiceCount[]
}

export interface SearchAnswer {
  traces: TraceSummary[]
  /** True where a budget ended the search early: there may be more. */
  partial: boolean
  tookMs: number
}

const decimal = v.pipe(v.string(), v.regex(/^\d+$/))

const traceSummarySchema: v.GenericSchema<TraceSummary> = v.object({
  traceId: v.string(),
  rootService: v.string(),
  rootName: v.string(),
  startNs: decimal,
  durationNs: decimal,
  spanCount: v.number(),
  errorCount: v.number(),
  orphanCount: v.number(),
  services: v.array(v.object({ name: v.string(), spanCount: v.number(), errorCount: v.number() })),
})

export const searchAnswerSchema: v.GenericSchema<SearchAnswer> = v.object({
  traces: v.array(traceSummarySchema),
  partial: v.boolean(),
  tookMs: v.number(),
})
