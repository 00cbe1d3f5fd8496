// The one query service: every door asks it and nothing else. It knows no transport and no store by name; it plans,
// pulls candidates, re-checks what the store could not, and gives whole traces as OTLP bytes.

import type { Filter } from '@spoor/core/model/filter'
import type { DependencyLink, Operation, ReadOptions, ReadStats, TraceChunk } from '../storage/api/store.ts'

export interface TraceQuery {
  readonly tenant: string
  readonly filter: Filter | undefined
  readonly startMinNs: bigint
  readonly startMaxNs: bigint
  /** Number of traces. */
  readonly limit: number
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
  /** undefined where there is no such trace. `id`: 32 or 16 hex digits, lower case. */
  getTrace(tenant: string, id: string, options?: ReadOptions): Promise<TraceChunk | undefined>
  services(tenant: string): Promise<readonly string[]>
  operations(tenant: string, service?: string): Promise<readonly Operation[]>
  /** Who called whom; see SpanReader.dependencies. */
  dependencies(tenant: string, startMinNs: bigint, startMaxNs: bigint): Promise<readonly DependencyLink[]>
}
