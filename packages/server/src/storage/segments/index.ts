// The segment store: Spoor's embedded default. One part per thread: writer.ts on ingest, store-part.ts on store, reader.ts on
// query. README.md in this folder says how they work together.

import { nodeDisk } from '../../pipeline/spool/disk.ts'
import type { StoragePlugin } from '../api/plugin.ts'
import type { SegmentsConfig } from './config-types.ts'
import { SegmentsReader } from './reader.ts'
import { StorePart } from './store-part.ts'
import { SegmentsWriter } from './writer.ts'

export type { SegmentsConfig } from './config-types.ts'

export const segmentsStore: StoragePlugin<SegmentsConfig> = {
  name: 'segments',
  ingest: (config, host) => new SegmentsWriter(config, host, nodeDisk()),
  query: (config, host) => new SegmentsReader(config, host),
  store: (_config, host) => new StorePart(host, nodeDisk()),
}
