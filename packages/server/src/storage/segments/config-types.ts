// The configuration object of the segment store, as plain data that every thread gets. Its options are in config.ts.

import type { SyncMode } from '../../pipeline/spool/chain.ts'

export interface SegmentsConfig {
  /** Folder of the store; made where there is none. One process owns it. */
  readonly dir: string
  /** Limits of a head. At most two heads exist; then writes are refused until one is sealed. */
  readonly headSpans: number
  readonly headBytes: number
  /** When the spool is synced: before each acknowledgement, every 250 ms, or when the system likes. */
  readonly sync: SyncMode
  /** Bytes of decoded segment parts that reading keeps. */
  readonly cacheBytes: number
}

export const DEFAULT_CONFIG: Omit<SegmentsConfig, 'dir'> = {
  headSpans: 98_304,
  headBytes: 48 << 20,
  sync: 'interval',
  cacheBytes: 64 << 20,
}
