// The shape of a storage plugin: one part per thread, wired together by message ports. A store that lives on one thread
// only proxies from the others; see memory/. No part may do I/O before start().

import type { MessagePort } from 'node:worker_threads'
import type { Logger } from '../../telemetry/log.ts'
import type { Metrics } from '../../telemetry/metrics.ts'
import type { Lifecycle, SpanReader, SpanWriter } from './store.ts'

export type StoreThread = 'ingest' | 'query' | 'store'

export interface StorageHost {
  readonly log: Logger
  readonly metrics: Metrics
  /** The one port from this thread's part to that thread's part. Messages sent before the other side listens are kept. */
  port(to: StoreThread): MessagePort
}

export interface StoragePlugin<Config> {
  readonly name: string
  /** On the thread of the receivers. A thread that runs one part need not load the code of the others. */
  ingest(config: Config, host: StorageHost): SpanWriter | Promise<SpanWriter>
  /** On the thread of the doors. */
  query(config: Config, host: StorageHost): SpanReader | Promise<SpanReader>
  /** Background work (sealing, compaction), where there is any. */
  store?(config: Config, host: StorageHost): Lifecycle | Promise<Lifecycle>
}
