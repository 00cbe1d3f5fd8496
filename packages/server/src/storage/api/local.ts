// All parts of a storage plugin in one thread, joined by real message channels: for tests, benchmarks and tools that need a
// store without a server around it.

import { MessageChannel, type MessagePort } from 'node:worker_threads'
import { type Logger, silentLogger } from '../../telemetry/log.ts'
import { createMetrics, type Metrics } from '../../telemetry/metrics.ts'
import type { StorageHost, StoragePlugin, StoreThread } from './plugin.ts'
import type { Lifecycle, SpanReader, SpanWriter } from './store.ts'

export interface LocalStore extends Lifecycle {
  readonly writer: SpanWriter
  readonly reader: SpanReader
  /** Of all parts together. */
  readonly metrics: Metrics
}

const THREADS: readonly StoreThread[] = ['ingest', 'query', 'store']

export interface LocalOptions {
  readonly log?: Logger
}

/** Nothing runs before start(). */
export async function localStore<Config>(
  plugin: StoragePlugin<Config>,
  config: Config,
  options: LocalOptions = {},
): Promise<LocalStore> {
  const metrics = createMetrics()
  const ports = new Map<string, MessagePort>()
  for (const [i, one] of THREADS.entries()) {
    for (const other of THREADS.slice(i + 1)) {
      const { port1, port2 } = new MessageChannel()
      ports.set(`${one}>${other}`, port1)
      ports.set(`${other}>${one}`, port2)
    }
  }
  const hostOf = (thread: StoreThread): StorageHost => ({
    log: options.log ?? silentLogger(),
    metrics,
    port(to): MessagePort {
      const port = ports.get(`${thread}>${to}`)
      if (port === undefined) throw new Error(`there is no port from ${thread} to ${to}`)
      return port
    },
  })
  const writer = await plugin.ingest(config, hostOf('ingest'))
  const reader = await plugin.query(config, hostOf('query'))
  const store = await plugin.store?.(config, hostOf('store'))
  return {
    writer,
    reader,
    metrics,
    async start(): Promise<void> {
      const started = await Promise.allSettled([writer.start(), reader.start(), store?.start()])
      const failed = started.find((result) => result.status === 'rejected')
      if (failed === undefined) return
      for (const port of ports.values()) port.close()
      throw failed.reason
    },
    async stop(): Promise<void> {
      // The writer first: it has the store part seal what is left.
      await writer.stop()
      await reader.stop()
      await store?.stop()
      for (const port of ports.values()) port.close()
    },
  }
}
