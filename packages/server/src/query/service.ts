// The one query service: every door asks it and nothing else. It knows no transport and no store by name; it plans, pulls
// candidates, re-checks what the store could not, and gives whole traces as OTLP bytes.

import type { Filter } from '@spoor/core/model/filter'
import type { Operation, ReadOptions, TraceChunk } from '../storage/api/store.ts'

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

export interface QueryService {
  findTraces(query: TraceQuery, options?: ReadOptions): Promise<FindResult>
  /** undefined where there is no such trace. `id`: 32 or 16 hex digits, lower case. */
  getTrace(tenant: string, id: string, options?: ReadOptions): Promise<TraceChunk | undefined>
  services(tenant: string): Promise<readonly string[]>
  operations(tenant: string, service?: string): Promise<readonly Operation[]>
}
