// A head as its writer holds it: its memory, the files of its spool, and how far it has come on the way into a segment.

import { type Chain, createChain } from '../../pipeline/spool/chain.ts'
import type { Disk } from '../../pipeline/spool/disk.ts'
import type { Metrics } from '../../telemetry/metrics.ts'
import type { StorageHost } from '../api/plugin.ts'
import type { SegmentsConfig } from './config-types.ts'
import type { HeadBuffers } from './head.ts'
import type { Appended, HeadWriter } from './head-writer.ts'
import type { HeadCut } from './lifecycle/tombstones.ts'
import type { Manifest } from './manifest.ts'
import type { HeadMark } from './messages.ts'

export interface Slot {
  readonly buffers: HeadBuffers
  readonly writer: HeadWriter
  readonly chain: Chain
  /** What tombstones hide of it. */
  cuts: readonly HeadCut[]
  /** Appends that are not settled. */
  pending: number
  closing: boolean
  /** Its rows are in a listed segment. */
  sealed: boolean
}

/** Where a batch was appended. */
export interface Place {
  readonly slot: Slot
  readonly appended: Appended
}

export interface SlotParts {
  readonly config: SegmentsConfig
  readonly host: StorageHost
  readonly disk: Disk
  readonly spool: string
}

export interface SlotContent {
  readonly buffers: HeadBuffers
  readonly writer: HeadWriter
  /** Spool files that it has already. */
  readonly files: readonly string[]
  readonly cuts: readonly HeadCut[]
}

export function createSlot({ config, host, disk, spool }: SlotParts, content: SlotContent): Slot {
  const { buffers, writer, files, cuts } = content
  const chain = createChain({
    disk,
    folder: spool,
    chain: buffers.id,
    capacitySpans: buffers.capacity.spans,
    capacityBytes: buffers.capacity.bytes,
    sync: config.sync,
    log: host.log,
    files,
    onFailure: (what, degraded) => {
      if (what === 'write' || degraded) host.metrics.add('spoor_spool_failures_total', { operation: what })
    },
  })
  return { buffers, writer, chain, cuts, pending: 0, closing: false, sealed: false }
}

export function showSlots(slots: readonly Slot[], manifest: Manifest, metrics: Metrics): void {
  let rows = 0
  let bytes = 0
  for (const { writer } of slots) {
    rows += writer.rows
    bytes += writer.bytes
  }
  metrics.set('spoor_spool_degraded', {}, slots.some(({ chain }) => chain.degraded) ? 1 : 0)
  metrics.set('spoor_store_head_spans', {}, rows)
  metrics.set('spoor_store_head_bytes', {}, bytes)
  metrics.set('spoor_store_segments', {}, manifest.segments.length)
  metrics.set(
    'spoor_store_segment_bytes',
    {},
    manifest.segments.reduce((sum, entry) => sum + entry.bytes, 0),
  )
}

/** What each head that is not sealed holds at this moment. */
export function headMarks(slots: Iterable<Slot>): HeadMark[] {
  return [...slots]
    .filter((slot) => !slot.sealed)
    .map(({ buffers, writer }) => ({ head: buffers.id, rows: writer.published.rows, record: writer.published.record }))
}
