// The one query service: every door asks it and nothing else. It knows no transport and no store by name; it plans,
// pulls candidates, re-checks what the store could not, and gives whole traces as OTLP bytes.

import type { StoreStats } from '@spoor/core/api/store'
import type { Filter, FilterTarget } from '@spoor/core/model/filter'
import type { Facet } from '../storage/api/search-index.ts'
import type {
  DependencyLink,
  Operation,
  ReadOptions,
  ReadStats,
  RedQuery,
  RedSeries,
  TraceChunk,
} from '../storage/api/store.ts'

export interface TraceQuery {
  readonly tenant: string
  readonly filter: Filter | undefined
  readonly startMinNs: bigint
  readonly startMaxNs: bigint
  /** Number of traces. */
  readonly limit: number
}

/** What results are sorted by; equal ones newest first, then by trace id. */
export type SearchOrder = 'newest' | 'duration' | 'spans' | 'errors'

/** Which part of its budget ended a search early. */
export type SpentBudget = 'time' | 'bytes' | 'traces'

/** How much a search may take; the service has bounds of its own beside these. */
export interface SearchBudget {
  readonly ms?: number
  /** Of traces read. */
  readonly bytes?: number
  /** Traces read. */
  readonly traces?: number
}

/** A place in an order: just behind this trace. */
export interface PagePlace {
  /** What the order goes by: ns or a number; the start of the newest matching span for `newest`. */
  readonly rank: bigint
  readonly newestStartNs: bigint
  readonly traceId: string
}

export interface PageQuery extends TraceQuery {
  readonly order: SearchOrder
  readonly after: PagePlace | undefined
  /** Whether the answer is to say where the next page begins, which takes looking for one more. */
  readonly wantsNext: boolean
  readonly count: boolean
  readonly facets: readonly FilterTarget[]
  /** Values of each facet. */
  readonly facetLimit: number
  readonly budget: SearchBudget
}

export interface MatchCount {
  readonly traces: number
  readonly spans: number
  readonly exact: boolean
}

export interface PageResult extends FindResult {
  readonly spent: SpentBudget | undefined
  /** Where the next page begins; undefined where there is none. */
  readonly next: PagePlace | undefined
  readonly count: MatchCount | undefined
  readonly facets: readonly Facet[] | undefined
}

export interface FindResult {
  /** Ordered by (start of the trace's newest matching span, descending; trace id). */
  readonly traces: readonly TraceChunk[]
  readonly partial: boolean
}

/** What a search did, for explain=1. Filled in by findTraces when given. Times in ms. */
export interface Explain {
  readonly stats: ReadStats
  /** Candidates that the store named, and those that the reference evaluator turned down. */
  candidates: number
  rejected: number
  /** True where spans were decoded and evaluated again. */
  rechecked: boolean
  findMs: number
  readMs: number
  checkMs: number
}

export interface FindOptions {
  readonly signal?: AbortSignal
  readonly explain?: Explain
}

export interface QueryService {
  /** Throws SpoorError `invalid` (field `service`) where the store needs a service, `cancelled` after an abort. */
  findTraces(query: TraceQuery, options?: FindOptions): Promise<FindResult>
  /**
   * One page of an order over all matching traces, exact; equal ranks newest first, then by trace id. Throws as findTraces
   * does, and SpoorError `invalid` for a facet on the trace.
   */
  findPage(query: PageQuery, options?: FindOptions): Promise<PageResult>
  /** Attribute keys that begin with the prefix, virtual tags included, sorted. Empty where the store has no index. */
  attributeKeys(tenant: string, prefix: string, limit: number): Promise<readonly string[]>
  /** Values of the key that begin with the prefix, as text, sorted. Empty where the store has no index. */
  attributeValues(tenant: string, key: string, prefix: string, limit: number): Promise<readonly string[]>
  /** undefined where there is no such trace. `id`: 32 or 16 hex digits, lower case. */
  getTrace(tenant: string, id: string, options?: ReadOptions): Promise<TraceChunk | undefined>
  /** Sorted. Services without a name are one, with the name of nameless.ts, which `operations` takes. */
  services(tenant: string): Promise<readonly string[]>
  operations(tenant: string, service?: string): Promise<readonly Operation[]>
  /** Who called whom; see SpanReader.dependencies. */
  dependencies(tenant: string, startMinNs: bigint, startMaxNs: bigint): Promise<readonly DependencyLink[]>
  /** Rate, errors and durations of operations; undefined where the store does not count them. See SpanReader.red. */
  red(query: RedQuery): Promise<readonly RedSeries[] | undefined>
  /** What the store holds of all tenants; undefined where it does not know. */
  storeStats(): Promise<StoreStats | undefined>
}
