// The configuration object of the segment store, as plain data that every thread gets. Its options are in config.ts.

import type { SyncMode } from '../../pipeline/spool/chain.ts'
import type { RetentionRule } from './lifecycle/retention.ts'

export interface SegmentsConfig {
  /** Folder of the store; made where there is none. One process owns it. */
  readonly dir: string
  /** Limits of a head. At most two heads exist; then writes are refused until one is sealed. */
  readonly headSpans: number
  readonly headBytes: number
  /** A head is sealed when its first span has been there so long, ms. */
  readonly headAgeMs: number
  /** When the spool is synced: before each acknowledgement, every 250 ms, or when the system likes. */
  readonly sync: SyncMode
  /** Bytes of decoded segment parts that reading keeps. */
  readonly cacheBytes: number
  /** How long after its arrival a span is kept, ms; 0: for ever. */
  readonly retentionMs: number
  /** Exceptions by service or for errors. */
  readonly retentionRules: readonly RetentionRule[]
  /** How long counts of operations and calls are kept after their hour, ms; 0: for ever. */
  readonly rollupRetentionMs: number
  /** Segments take at most so many bytes: the oldest go. 0: as many as the disk has. */
  readonly maxBytes: number
  /** Bytes of the disk that stay free: the oldest segments go before, and below it spans are refused. 0: none. */
  readonly reserveBytes: number
}

export const DEFAULT_CONFIG: Omit<SegmentsConfig, 'dir'> = {
  headSpans: 98_304,
  headBytes: 48 << 20,
  headAgeMs: 15 * 60_000,
  sync: 'interval',
  cacheBytes: 64 << 20,
  retentionMs: 7 * 86_400_000,
  retentionRules: [],
  rollupRetentionMs: 90 * 86_400_000,
  maxBytes: 0,
  reserveBytes: 128 << 20,
}
