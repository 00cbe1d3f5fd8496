// What a person may ask of a store beside reading and writing: to forget. A store that can, has `admin` on its reader.

/** What to forget of one tenant: spans that were stored before the call, whatever comes later. */
export type DeleteTarget =
  /** Whole traces, by their 32 hex digits; up to MAX_DELETED_TRACES. */
  | { readonly traceIds: readonly string[] }
  /** Spans of a service that start in the range (inclusive, Unix ns). */
  | { readonly service: string; readonly startMinNs: bigint; readonly startMaxNs: bigint }
  /** All that the tenant has. */
  | { readonly everything: true }

export const MAX_DELETED_TRACES = 1000

export interface StoreAdmin {
  /**
   * Resolves when no reader will show the spans again, also after a restart; their bytes leave the disk later. What was
   * counted of them (rollups) stays. Rejects with SpoorError `invalid` for a target that cannot be read.
   */
  delete(tenant: string, target: DeleteTarget): Promise<void>
  /** Does now what the store does in the background by and by: retention, compaction, deletion from disk. */
  maintain(): Promise<void>
}
