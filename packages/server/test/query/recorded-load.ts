// Loads the recorded requests and answers of test/golden, and a store that took the requests.

import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { MessageChannel } from 'node:worker_threads'
import type { StorageHost } from '../../src/storage/api/plugin.ts'
import type { SpanReader } from '../../src/storage/api/store.ts'
import { memoryStore } from '../../src/storage/memory/index.ts'
import { silentLogger } from '../../src/telemetry/log.ts'
import { createMetrics } from '../../src/telemetry/metrics.ts'
import { JaegerThriftReader } from '../../src/wire/jaeger/thrift/reader.ts'
import { OtlpBatchBuilder } from '../../src/wire/otlp/batch-builder.ts'
import { otlpJsonToProtobuf } from '../../src/wire/otlp/json.ts'
import { scanOtlp } from '../../src/wire/otlp/scan.ts'

/** Jaeger answers 400, too. */
const REFUSED: readonly string[] = ['i-no-process.1.bin']
const GOLDEN = join(import.meta.dirname, '../golden')

export interface Exchange {
  readonly request: string
  readonly status: number
  readonly body?: unknown
  /** For prettyPrint. */
  readonly text?: string
  readonly sameBodyAs?: string
  /** `raw=true` gave the same body. */
  readonly rawIsTheSame?: boolean
}

export interface SearchExchange {
  readonly request: string
  readonly status: number
  readonly traceIds?: readonly string[]
  readonly errors?: readonly unknown[]
  /** Where 1.76 answers with another status than 1.57. */
  readonly status176?: number
  readonly errors176?: readonly unknown[]
}

export type Protocol = 'otlp-protobuf' | 'otlp-json' | 'jaeger-thrift-http'

export function loadExchanges(protocol: Protocol): readonly Exchange[] {
  return JSON.parse(readFileSync(join(GOLDEN, 'answers', `${protocol}.json`), 'utf8')) as Exchange[]
}

export function loadSearches(): readonly SearchExchange[] {
  return JSON.parse(readFileSync(join(GOLDEN, 'answers', 'search.json'), 'utf8')) as SearchExchange[]
}

export interface LoadedStore {
  readonly reader: SpanReader
  stop(): Promise<void>
}

/** A memory store that took every recorded request of the protocol. */
export async function loadStore(protocol: Protocol): Promise<LoadedStore> {
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
  const folder = join(GOLDEN, 'inputs', protocol)
  for (const name of readdirSync(folder).toSorted()) {
    if (REFUSED.includes(name)) continue
    const bytes = readFileSync(join(folder, name))
    await writer.write(scanOtlp(toOtlp(protocol, bytes)))
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

function toOtlp(protocol: Protocol, bytes: Uint8Array): Uint8Array {
  if (protocol === 'otlp-protobuf') return bytes
  if (protocol === 'otlp-json') return otlpJsonToProtobuf(bytes)
  const builder = new OtlpBatchBuilder()
  new JaegerThriftReader(builder).addBatch(bytes, 'binary')
  return builder.finish()
}
