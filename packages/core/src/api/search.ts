// GET and POST {base}/api/x/v1/search: one page of trace summaries, never whole traces; with counts and facets where asked.
// GET takes the parameters of Jaeger's GET /api/traces (service, operation, tag, tags, start, end, minDuration, maxDuration,
// limit; the service optional) and the members of SearchRequest beside start and end, objects as JSON. POST takes a
// SearchRequest. Nanoseconds travel as decimal strings: they do not fit a JavaScript number.

import * as v from 'valibot'
import { SpoorError } from '../base/errors.ts'
import type { AttributeLevel, SpanField } from '../model/filter.ts'

export type SearchOrder = 'newest' | 'duration' | 'spans' | 'errors'
export const SEARCH_ORDERS: readonly SearchOrder[] = ['newest', 'duration', 'spans', 'errors']

/** What matching spans are counted by. */
export type FacetTarget = { attr: string; level: AttributeLevel } | { field: Exclude<SpanField, 'duration' | 'start'> }

export interface SearchRequest {
  /** The text language (model/query-text.ts). Both `q` and `filter`: both hold. */
  q?: string
  /** A Filter as JSON (api/filter-json.ts). */
  filter?: unknown
  /** Inclusive bounds on the matching span's start: Unix ns, an ISO 8601 time, or `-1h`: so long before now. */
  start?: string
  end?: string
  limit?: number
  order?: SearchOrder
  /** `next` of the page before; all else as it was then. */
  cursor?: string
  count?: boolean
  facets?: FacetTarget[]
  /** Values of each facet. */
  facetLimit?: number
  /** How much the search may take; each bounded by the server's own. */
  budget?: { ms?: number; bytes?: number; traces?: number }
  explain?: boolean
}

export interface ServiceCount {
  name: string
  spanCount: number
  errorCount: number
}

export interface TraceSummary {
  /** 32 hex digits, or 16 where the upper half is zero. */
  traceId: string
  /** Of the span that starts first of those whose parent is not in the trace. */
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

export interface FacetAnswer {
  target: FacetTarget
  /** Most frequent first. */
  values: { value: string; spans: number }[]
  /** Matching spans that have the target, those of values that are not listed included. */
  spans: number
  /** True where the counts are lower bounds. */
  partial: boolean
}

/** Which part of the budget ended a search early. */
export type SpentBudget = 'time' | 'bytes' | 'traces'

export interface SearchAnswer {
  traces: TraceSummary[]
  /** True where a budget ended the search early: there may be more. */
  partial: boolean
  spent?: SpentBudget
  /** Cursor of the next page; absent where this is the last. */
  next?: string
  /** Of all pages together; `exact` is false where they are lower bounds. */
  count?: { traces: number; spans: number; exact: boolean }
  facets?: FacetAnswer[]
  tookMs: number
  /** What the search did: the filter as text, and the figures of query/service.ts. */
  explain?: unknown
}

/** GET {base}/api/x/v1/attributes?prefix=&limit= and …/attributes/{key}/values?prefix=&limit=: sorted. */
export interface SuggestAnswer {
  suggestions: string[]
}

const decimal = v.pipe(v.string(), v.regex(/^\d+$/))
const level: v.GenericSchema<AttributeLevel> = v.picklist(['span', 'resource', 'scope', 'event', 'link', 'any'])

const facetTarget: v.GenericSchema<FacetTarget> = v.union([
  v.strictObject({ attr: v.string(), level }),
  v.strictObject({ field: v.picklist(['service', 'name', 'kind', 'status']) }),
])

const positive = v.pipe(v.number(), v.integer(), v.minValue(1))

const searchRequestSchema: v.GenericSchema<SearchRequest> = v.strictObject({
  q: v.exactOptional(v.string()),
  filter: v.exactOptional(v.unknown()),
  start: v.exactOptional(v.string()),
  end: v.exactOptional(v.string()),
  limit: v.exactOptional(positive),
  order: v.exactOptional(v.picklist(SEARCH_ORDERS)),
  cursor: v.exactOptional(v.string()),
  count: v.exactOptional(v.boolean()),
  facets: v.exactOptional(v.pipe(v.array(facetTarget), v.maxLength(20))),
  facetLimit: v.exactOptional(positive),
  budget: v.exactOptional(
    v.strictObject({
      ms: v.exactOptional(positive),
      bytes: v.exactOptional(positive),
      traces: v.exactOptional(positive),
    }),
  ),
  explain: v.exactOptional(v.boolean()),
})

/** Throws SpoorError `invalid` `bad_search`, whose message begins with the member at fault. */
export function parseSearchRequest(value: unknown): SearchRequest {
  const result = v.safeParse(searchRequestSchema, value)
  if (result.success) return result.output
  const [issue] = result.issues
  const path = v.getDotPath(issue) ?? 'request'
  throw new SpoorError('invalid', 'bad_search', `${path}: ${issue.message}`, { field: path })
}

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

const facetAnswer: v.GenericSchema<FacetAnswer> = v.object({
  target: facetTarget,
  values: v.array(v.object({ value: v.string(), spans: v.number() })),
  spans: v.number(),
  partial: v.boolean(),
})

export const searchAnswerSchema: v.GenericSchema<SearchAnswer> = v.object({
  traces: v.array(traceSummarySchema),
  partial: v.boolean(),
  spent: v.exactOptional(v.picklist(['time', 'bytes', 'traces'])),
  next: v.exactOptional(v.string()),
  count: v.exactOptional(v.object({ traces: v.number(), spans: v.number(), exact: v.boolean() })),
  facets: v.exactOptional(v.array(facetAnswer)),
  tookMs: v.number(),
  explain: v.exactOptional(v.unknown()),
})

export const suggestAnswerSchema: v.GenericSchema<SuggestAnswer> = v.object({ suggestions: v.array(v.string()) })
