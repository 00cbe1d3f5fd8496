// The storage contract: what a store promises and what query/ may ask of it. Every store, from the embedded segments to a
// remote database, implements exactly this, and the contract kit (testkit, storage-contract/) runs the same laws on each.

import type { StoreStats } from '@spoor/core/api/store'
import type { DurationCounts } from '@spoor/core/model/duration-histogram'
import type { Filter } from '@spoor/core/model/filter'
import type { RefusedRow, SpanBatch } from '../../wire/otlp/span-batch.ts'
import type { StoreAdmin } from './admin.ts'
import type { SearchIndex } from './search-index.ts'

/** Quick to create, no I/O in a constructor; start and stop may be called twice. */
export interface Lifecycle {
  start(): Promise<void>
  /** Finishes what was acknowledged, then closes. */
  stop(): Promise<void>
}

export interface WriteResult {
  readonly stored: number
  /** Rows of the batch that this store will never take, beside those the batch itself refused. */
  readonly refused: readonly RefusedRow[]
}

export interface SpanWriter extends Lifecycle {
  /**
   * Resolves once the store's promise holds for every row but those refused (docs/guarantees.md), and only then.
   * Rejects with SpoorError `overloaded` or `unavailable` (with retryAfterMs) where nothing was stored.
   * The caller may reuse `batch.bytes` and the memory of the columns after the promise settles, not before.
   */
  write(batch: SpanBatch): Promise<WriteResult>
}

export interface SearchQuery {
  readonly tenant: string
  /** Every condition holds on one and the same span; undefined matches every span. */
  readonly filter: Filter | undefined
  /** Inclusive bounds on the matching span's start, Unix ns. */
  readonly startMinNs: bigint
  readonly startMaxNs: bigint
}

/** What the store will answer itself and what the caller must re-check with the reference evaluator. */
export interface Plan {
  readonly pushed: Filter | undefined
  readonly residual: Filter | undefined
}

/** A trace that may match. Exact where the plan's residual is undefined. */
export interface Candidate {
  /** 32 lower-case hex digits. */
  readonly traceId: string
  /** Start of the trace's newest span that matches `pushed` within the time range. */
  readonly newestStartNs: bigint
}

/** A whole trace as one OTLP TracesData message. */
export interface TraceChunk {
  readonly traceId: string
  readonly bytes: Uint8Array
  readonly spanCount: number
}

export interface Operation {
  readonly name: string
  /** OTLP SpanKind by number. */
  readonly kind: number
}

/** Calls from one service to another, over some span of time. */
export interface DependencyLink {
  readonly parent: string
  readonly child: string
  /** Spans of `child` whose parent is a span of `parent`. */
  readonly callCount: number
  /** Those of them whose status is an error. */
  readonly errorCount: number
}

/** Spans of a tenant that start in whole minutes from that of `startMinNs` to that of `startMaxNs` (Unix ns). */
export interface RedQuery {
  readonly tenant: string
  /** None: all. */
  readonly services: readonly string[]
  readonly startMinNs: bigint
  readonly startMaxNs: bigint
}

/** Rate, errors and duration of an operation. */
export interface RedSeries {
  readonly service: string
  /** Empty for spans without a name, and for those of operations beyond what is told apart. */
  readonly name: string
  readonly kind: number
  /** Sorted, without minutes in which nothing started. */
  readonly minutes: readonly RedMinute[]
}

export interface RedMinute {
  /** Unix minutes. */
  readonly minute: number
  readonly count: number
  /** Spans that are errors: by status, or by an attribute `error`. */
  readonly errors: number
  readonly durations: DurationCounts
}

/** What a store can do; the zero value is the least capable store. Enforced once, in query/. */
export interface Capabilities {
  /** Search without a service. */
  readonly searchWithoutService: boolean
  /** Data outlives the process. */
  readonly durable: boolean
}

/** What a search touched, for `explain`. Filled in by candidates() and traces() when given. */
export interface ReadStats {
  segments: number
  segmentsPruned: number
  blocks: number
  blocksPruned: number
  bytesRead: number
}

export interface ReadOptions {
  readonly signal?: AbortSignal
  readonly stats?: ReadStats
  /** False once the caller's budget is spent: what counts says then what it has. */
  readonly goesOn?: () => boolean
}

export interface SpanReader extends Lifecycle {
  capabilities(): Capabilities
  /** Present where spans can be deleted. */
  readonly admin?: StoreAdmin
  /** Present where the store answers more than candidates from its indexes. */
  readonly index?: SearchIndex
  plan(query: SearchQuery): Plan
  /**
   * Ordered by (newestStartNs descending, traceId ascending), each trace once, in groups as they become certain.
   * Lazy: stops reading when the caller stops pulling.
   */
  candidates(query: SearchQuery, plan: Plan, options?: ReadOptions): AsyncIterable<readonly Candidate[]>
  /**
   * Whole traces, each in one chunk, in the order of `ids`; unknown ids are left out. An id has 32 hex digits, or 16,
   * which finds the trace whose low 64 bits it is (one with a zero upper half first).
   */
  traces(tenant: string, ids: readonly string[], options?: ReadOptions): AsyncIterable<TraceChunk>
  /** Sorted, without the empty name. */
  services(tenant: string): Promise<readonly string[]>
  /** Sorted by name, then kind. Without a service: of all services. */
  operations(tenant: string, service?: string): Promise<readonly Operation[]>
  /**
   * Who called whom among spans that start in the range (inclusive, Unix ns; a store may widen it to whole hours). Sorted
   * by parent, then child; a service that calls itself is not listed.
   */
  dependencies(tenant: string, startMinNs: bigint, startMaxNs: bigint): Promise<readonly DependencyLink[]>
  /**
   * Present where the store counts spans by operation and minute. Counts outlive the spans: retention of these does not
   * change them. Sorted by service, name, kind. A span that was sent twice may count twice until it is sealed.
   */
  red?(query: RedQuery): Promise<readonly RedSeries[]>
  /** Present where the store knows what it holds, of all tenants. */
  stats?(): Promise<StoreStats>
}
