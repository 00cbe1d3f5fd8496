// What a store may answer from its indexes beyond candidates in order of time. A store without it (a remote database) is
// asked for candidates and traces instead, and query/ computes the same answers, slower and under the same budgets.

import type { FilterTarget } from '@spoor/core/model/filter'
import type { TraceStats } from '@spoor/core/model/trace-stats'
import type { Plan, ReadOptions, SearchQuery } from './store.ts'

/** A trace with the numbers of all its spans, merged from everywhere it lies, as the index knows them. */
export interface IndexedTrace extends TraceStats {
  /** 32 lower-case hex digits. */
  readonly traceId: string
  /** Start of its newest span that matches what the plan pushed, within the range; 0 where no search was asked. */
  readonly newestStartNs: bigint
  /** Spans that match what the plan pushed within the range; 0 where no search was asked. */
  readonly matchingSpans: number
  /** False where spans must be read to know the root (no span without a parent, or one that starts later than others). */
  readonly rootCertain: boolean
  /** False where spans must be read to know the counts (what was written twice may be counted twice). */
  readonly countsCertain: boolean
}

/** Matching spans by value of one target. */
export interface Facet {
  readonly target: FilterTarget
  /** Most frequent first, equal counts by value; text as valueText() writes it. */
  readonly values: readonly { readonly value: string; readonly spans: number }[]
  /** Matching spans that have the target, those of values that are not listed included. */
  readonly spans: number
  /** True where a bound was met: counts are lower bounds. */
  readonly partial: boolean
}

export interface SearchIndex {
  /**
   * Every trace with a span that matches what the plan pushed (exact, no superset), each once, in no order, in groups. The
   * caller stops pulling when its budget is spent.
   */
  scan(query: SearchQuery, plan: Plan, options?: ReadOptions): AsyncIterable<readonly IndexedTrace[]>
  /** The numbers of these traces, in the order of `ids`; unknown ids are left out. */
  stats(tenant: string, ids: readonly string[], options?: ReadOptions): AsyncIterable<IndexedTrace>
  /** Counts over the spans that match what the plan pushed. At most `limit` values each. Targets on the trace are invalid. */
  facets(
    query: SearchQuery,
    plan: Plan,
    targets: readonly FilterTarget[],
    limit: number,
    options?: ReadOptions,
  ): Promise<readonly Facet[]>
  /** Attribute keys (of every level) that begin with `prefix`, sorted, at most `limit`; virtual tags are the caller's. */
  attributeKeys(tenant: string, prefix: string, limit: number): Promise<readonly string[]>
  /** Values of an attribute key at any level that begin with `prefix`, as text, sorted, at most `limit`. */
  attributeValues(tenant: string, key: string, prefix: string, limit: number): Promise<readonly string[]>
}
