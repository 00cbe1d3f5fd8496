// GET /api/x/v1/store, and `spoor store stats --json`: what a store holds and what it costs. Numbers of bytes are of files as
// they lie on disk; what a service costs is its share of them.

export interface StoreStats {
  /** Spans in segments and in the spool; deleted ones count until their bytes are gone. */
  readonly spans: number
  /** Of segments, rollups and spool. */
  readonly bytes: number
  /** Of segments alone, for each of their spans; 0 where there are none. */
  readonly bytesPerSpan: number
  /** Distinct traces; within 1 % where there are over a million. Absent where they were not counted. */
  readonly traces?: number
  readonly segments: { readonly count: number; readonly spans: number; readonly bytes: number }
  readonly rollups: { readonly count: number; readonly bytes: number }
  readonly spool: { readonly files: number; readonly spans: number; readonly bytes: number }
  /** Deletions that are obeyed and whose bytes are still there. */
  readonly tombstones: number
  /** Segments that wait to be rewritten, and tombstones. Absent where the store does not run. */
  readonly debt?: number
  /** Starts of the oldest and the newest span, Unix ns as decimal text; absent where there is none. */
  readonly oldestStartNs?: string
  readonly newestStartNs?: string
  /** Arrival of the oldest span, Unix ms; absent where there is none. */
  readonly oldestArrivalMs?: number
  /** Of what searches keep in memory; absent where the store does not run. */
  readonly cache?: { readonly bytes: number; readonly hits: number; readonly misses: number }
  /** Most bytes first. */
  readonly tenants: readonly TenantShare[]
  /** Most bytes first. */
  readonly services: readonly ServiceShare[]
}

export interface TenantShare {
  /** Empty: the default tenant. */
  readonly tenant: string
  readonly spans: number
  /** Its share of segments and spool. */
  readonly bytes: number
}

export interface ServiceShare extends TenantShare {
  readonly service: string
  /** Bytes of its Span messages as they came. */
  readonly rawBytes: number
}
