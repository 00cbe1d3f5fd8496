// `spoor store stats`: what a store holds, from its folder alone.

import type { StoreStats } from '@spoor/core/api/store'
import { PROBE_TENANT } from '../../api/probe.ts'
import { PIECES_PER_PAGE } from '../format.ts'
import { addSum, segmentSums, type ServiceSums } from '../service-sums.ts'
import { HeadCount, storeStats } from '../store-stats.ts'
import { DistinctTraces } from './distinct.ts'
import { openReadOnly } from './read-only.ts'

/** Throws SpoorError `segment_damaged` where a part cannot be read: `check` names all of them. */
export async function readStats(folder: string): Promise<StoreStats> {
  const store = await openReadOnly(folder)
  try {
    const { manifest, heads } = store
    const sums: ServiceSums = new Map()
    const traces = new DistinctTraces()
    for (const segment of store.segments) {
      for (const sum of segmentSums(segment).values()) addSum(sums, sum)
      for (let page = 0; page * PIECES_PER_PAGE < segment.entryInfo.pieces; page++) {
        const { count, ids } = segment.pieces(page)
        for (let i = 0; i < count; i++) traces.add(ids, i * 4)
      }
      segment.close()
    }
    for (const { head } of heads) {
      const probes = head.tenantIndex(PROBE_TENANT)
      for (let row = 0; row < head.rows; row++) if (head.tenantOf(row) !== probes) traces.add(head.ids, row * 8)
    }
    return storeStats({
      segments: manifest.segments,
      rollups: manifest.rollups,
      tombstones: manifest.tombstones.length,
      spool: {
        files: heads.reduce((sum, { files }) => sum + files.length, 0),
        bytes: heads.reduce((sum, { bytes }) => sum + bytes, 0),
      },
      heads: heads.map(({ head }) => new HeadCount(head).stats()),
      sums,
      traces: traces.count,
    })
  } finally {
    store.close()
  }
}
