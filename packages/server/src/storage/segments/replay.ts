// Fills a head from its spool files after a restart: scans every record again, exactly as when it came.

import { join } from 'node:path'
import { toError } from '@spoor/core/base/errors'
import type { Disk } from '../../pipeline/spool/disk.ts'
import {
  type ChainFiles,
  loadChain,
  type LoadedChain,
  replayChain,
  type ReplayReport,
} from '../../pipeline/spool/replay.ts'
import { scanOtlp } from '../../wire/otlp/scan.ts'
import type { SpanBatch } from '../../wire/otlp/span-batch.ts'
import type { StorageHost } from '../api/plugin.ts'
import { allocateHead, Head, type HeadBuffers, type HeadCapacity } from './head.ts'
import { HeadWriter } from './head-writer.ts'
import type { Manifest } from './manifest.ts'
import type { HeadCut, Tombstone } from './lifecycle/tombstones.ts'

export interface Replayed {
  readonly buffers: HeadBuffers
  readonly writer: HeadWriter
  readonly names: readonly string[]
  /** Rows of the records below one. */
  rowsBefore(record: number): number
}

/** Told of each request: its batch, and the CRC that its record has of it. */
export type OnRequest = (batch: SpanBatch, crc: number) => void

/**
 * Where records of a head begin that no tombstone is about. A crash may have lost those that one names: what is written in
 * their place would be taken for deleted at the next start.
 */
export function namedRecords(tombstones: readonly Tombstone[], chain: number): number {
  const named = tombstones.flatMap(({ heads }) => heads.filter(({ head }) => head === chain))
  return named.reduce((most, { record }) => Math.max(most, record), 0)
}

/** A number for a head that is neither sealed nor named by a tombstone. */
export function unnamedHead({ nextHead, tombstones }: Manifest): number {
  const named = tombstones.flatMap(({ heads }) => heads.map(({ head }) => head))
  return named.reduce((most, head) => Math.max(most, head + 1), nextHead)
}

/** What deletions hide of a head that was filled again. */
export function replayedCuts(tombstones: readonly Tombstone[], chain: number, { rowsBefore }: Replayed): HeadCut[] {
  return tombstones.flatMap((tombstone) =>
    tombstone.heads.filter(({ head }) => head === chain).map(({ record }) => ({ tombstone, rows: rowsBefore(record) })),
  )
}

class HeadTooSmall extends Error {}

/** Everything that the chain's files hold, in a head that is large enough for it; synced, so that it is as safe as was promised. */
export async function replayHead(
  disk: Disk,
  folder: string,
  files: ChainFiles,
  standard: HeadCapacity,
  host: StorageHost,
  onRequest: OnRequest,
): Promise<Replayed> {
  const chain = await loadChain(disk, folder, files)
  let capacity: HeadCapacity = {
    spans: chain.capacitySpans > 0 ? chain.capacitySpans : standard.spans,
    bytes: chain.capacityBytes > 0 ? chain.capacityBytes : standard.bytes,
  }
  for (;;) {
    try {
      const replayed = await fill({ disk, folder, chain, host, onRequest }, capacity)
      for (const name of files.names) await syncFile(disk, join(folder, name))
      return replayed
    } catch (thrown) {
      if (!(thrown instanceof HeadTooSmall)) throw thrown
      capacity = { spans: capacity.spans * 2, bytes: capacity.bytes * 2 }
    }
  }
}

async function syncFile(disk: Disk, path: string): Promise<void> {
  const file = await disk.reopen(path)
  try {
    await file.sync()
  } finally {
    await file.close()
  }
}

interface Filling {
  readonly disk: Disk
  readonly folder: string
  readonly chain: LoadedChain
  readonly host: StorageHost
  readonly onRequest: OnRequest
}

async function fill({ disk, folder, chain, host, onRequest }: Filling, capacity: HeadCapacity): Promise<Replayed> {
  const buffers = allocateHead(chain.chain, capacity)
  const writer = new HeadWriter(new Head(buffers))
  const begins: { readonly record: number; readonly row: number }[] = []
  const report = await replayChain(disk, folder, chain, async ({ record, tenant, payload, arrivalMs }) => {
    writer.skipTo(record)
    try {
      const batch = scanOtlp(payload, { tenant })
      const row = writer.rows
      const appended = writer.append(batch, arrivalMs)
      if (appended === undefined) throw new HeadTooSmall()
      writer.publish(appended.end)
      begins.push({ record, row })
      onRequest(batch, appended.crc)
    } catch (thrown) {
      if (thrown instanceof HeadTooSmall) throw thrown
      host.metrics.add('spoor_spool_damaged_records_total', {})
      host.log.error('a spool record passes its CRC and cannot be scanned; it is left out', {
        record,
        error: toError(thrown).message,
      })
    }
    await Promise.resolve()
  })
  tell(report, writer.rows, chain, host)
  const rowsBefore = (record: number): number => begins.find((begin) => begin.record >= record)?.row ?? writer.rows
  return { buffers, writer, names: chain.names, rowsBefore }
}

function tell(report: ReplayReport, spans: number, chain: LoadedChain, host: StorageHost): void {
  if (report.damaged > 0) {
    host.metrics.add('spoor_spool_damaged_records_total', {}, report.damaged)
    host.log.error('damaged records of the spool were set aside in its folder `damaged`', {
      files: chain.names,
      damaged: report.damaged,
    })
  }
  if (report.tornBytes > 0)
    host.log.warn('the spool ended in a half-written record, which was never acknowledged', { bytes: report.tornBytes })
  host.metrics.add('spoor_spool_replayed_spans_total', {}, spans)
  host.log.info('replayed the spool', { spans, records: report.records, bytes: report.bytes })
}
