// What a person may ask of a store beside reading and writing: to forget. A store that can, has `admin` on its reader.

import { SpoorError } from '@spoor/core/base/errors'

/** What to forget of one tenant: spans that were stored before the call, whatever comes later. */
export type DeleteTarget =
  /** Whole traces, by their 32 hex digits; up to MAX_DELETED_TRACES. */
  | { readonly traceIds: readonly string[] }
  /** Spans of a service that start in the range (inclusive, Unix ns). */
  | { readonly service: string; readonly startMinNs: bigint; readonly startMaxNs: bigint }
  /** All that the tenant has. */
  | { readonly everything: true }

export const MAX_DELETED_TRACES = 1000

/** The target with ids in lower case. Throws SpoorError `invalid`. */
export function checkTarget(target: DeleteTarget): DeleteTarget {
  if ('everything' in target) return { everything: true }
  if ('traceIds' in target) {
    const traceIds = target.traceIds.map((id) => id.toLowerCase())
    if (traceIds.length === 0 || traceIds.length > MAX_DELETED_TRACES)
      throw invalid('traceIds', `1 to ${MAX_DELETED_TRACES} traces can be deleted at once`)
    if (traceIds.some((id) => !/^[0-9a-f]{32}$/.test(id)))
      throw invalid('traceIds', 'a trace to delete is named by its 32 hex digits')
    return { traceIds }
  }
  if (target.startMinNs > target.startMaxNs) throw invalid('startMinNs', 'the range to delete ends before it begins')
  return target
}

function invalid(field: string, message: string): SpoorError {
  return new SpoorError('invalid', 'bad_delete', message, { field })
}

export interface StoreAdmin {
  /**
   * Resolves when no reader will show the spans again, also after a restart; their bytes leave the disk later. What was
   * counted of them (rollups) stays. Rejects with SpoorError `invalid` for a target that cannot be read.
   */
  delete(tenant: string, target: DeleteTarget): Promise<void>
  /** Does now what the store does in the background by and by: retention, compaction, deletion from disk. */
  maintain(): Promise<void>
}
