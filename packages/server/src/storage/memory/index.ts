// The memory store: a bounded ring of traces, gone when the process ends. For trying things out and for tests. What it holds
// lives on the query thread; the ingest part hands batches over and waits until they are in.

import type { StoragePlugin } from '../api/plugin.ts'
import type { MemoryConfig } from './config-types.ts'
import { MemoryReader } from './reader.ts'
import { MemoryWriter } from './writer.ts'

export type { MemoryConfig } from './config-types.ts'

export const memoryStore: StoragePlugin<MemoryConfig> = {
  name: 'memory',
  ingest: (_config, host) => new MemoryWriter(host),
  query: (config, host) => new MemoryReader(config, host),
}
