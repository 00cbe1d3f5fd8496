// The segment store: Spoor's embedded default. One part per thread: writer.ts on ingest, store-part.ts on store, reader.ts on
// query. README.md in this folder says how they work together.

import { nodeDisk } from '../../pipeline/spool/disk.ts'
import type { StoragePlugin } from '../api/plugin.ts'
import type { SegmentsConfig } from './config-types.ts'

export type { SegmentsConfig } from './config-types.ts'

// Each thread loads the code of its own part only.
export const segmentsStore: StoragePlugin<SegmentsConfig> = {
  name: 'segments',
  ingest: async (config, host) => new (await import('./writer.ts')).SegmentsWriter(config, host, nodeDisk()),
  query: async (config, host) => new (await import('./reader.ts')).SegmentsReader(config, host, nodeDisk()),
  store: async (config, host) => new (await import('./store-part.ts')).StorePart(config, host, nodeDisk()),
}
