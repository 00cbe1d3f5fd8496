// A memory store that took the recorded thrift requests of test/golden.

import { MessageChannel } from 'node:worker_threads'
import type { StorageHost } from '../../src/storage/api/plugin.ts'
import type { SpanReader } from '../../src/storage/api/store.ts'
import { memoryStore } from '../../src/storage/memory/index.ts'
import { silentLogger } from '../../src/telemetry/log.ts'
import { createMetrics } from '../../src/telemetry/metrics.ts'
import { JaegerThriftReader } from '../../src/wire/jaeger/thrift/reader.ts'
import { OtlpBatchBuilder } from '../../src/wire/otlp/batch-builder.ts'
import { scanOtlp } from '../../src/wire/otlp/scan.ts'
import { loadInputs } from '../golden/recordings.ts'

/** Jaeger answers 400, too. */
const REFUSED: readonly string[] = ['i-no-process.1.bin']

export interface LoadedStore {
  readonly reader: SpanReader
  stop(): Promise<void>
}

/** Of port 14268. */
export async function loadThriftStore(): Promise<LoadedStore> {
  const { port1, port2 } = new MessageChannel()
  const host = (port: StorageHost['port']): StorageHost => ({ log: silentLogger(), metrics: createMetrics(), port })
  const config = { maxTraces: 0, maxBytes: 2 ** 30 }
  const writer = await memoryStore.ingest(
    config,
    host(() => port1),
  )
  const reader = await memoryStore.query(
    config,
    host(() => port2),
  )
  await Promise.all([reader.start(), writer.start()])
  for (const { name, bytes } of loadInputs('jaeger-thrift-http')) {
    if (REFUSED.includes(name)) continue
    const builder = new OtlpBatchBuilder()
    new JaegerThriftReader(builder).addBatch(bytes, 'binary')
    await writer.write(scanOtlp(builder.finish()))
  }
  return {
    reader,
    async stop(): Promise<void> {
      await writer.stop()
      await reader.stop()
      port1.close()
    },
  }
}
