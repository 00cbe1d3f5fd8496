// What an index search reads: heads and segments of one moment. Segments stay readable until they are let go of; heads only
// until the search gives way to other work, after which it has to ask whether they moved.

import { SpoorError } from '@spoor/core/base/errors'
import type { ReadOptions } from '../../api/store.ts'
import type { HeadView } from '../head-view.ts'
import type { Tombstone } from '../lifecycle/tombstones.ts'
import type { Segment } from '../segment.ts'

export interface HeldPlaces {
  readonly heads: readonly HeadView[]
  readonly segments: readonly Segment[]
  readonly tombstones: readonly Tombstone[]
  /** True once a head of these may have gone: what was read of it is void. */
  headsMoved(): boolean
  letGo(): void
}

/** What the reader gives to its index. */
export interface IndexHost {
  hold(): HeldPlaces
  onDamage(segment: Segment, error: SpoorError): void
}

/** Runs `read` on a segment; damage sets that aside instead of failing the search. */
export function guarded<T>(host: IndexHost, segment: Segment, options: ReadOptions, read: () => T): T | undefined {
  if (segment.damaged) return undefined
  const before = segment.bytesRead
  try {
    return read()
  } catch (thrown) {
    if (!(thrown instanceof SpoorError) || thrown.code !== 'segment_damaged') throw thrown
    host.onDamage(segment, thrown)
    return undefined
  } finally {
    if (options.stats !== undefined) options.stats.bytesRead += segment.bytesRead - before
  }
}
