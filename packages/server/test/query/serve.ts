// A query port for tests: the real server with all doors over a given store, on a port of its own.

import { createMetrics, type Metrics } from '../../src/telemetry/metrics.ts'
import { silentLogger } from '../../src/telemetry/log.ts'
import { type BoundDoor, createQueryServer } from '../../src/doors/api/query-server.ts'
import type { QueryHttpConfig } from '../../src/doors/api/query-config.ts'
import { jaegerV1 } from '../../src/doors/jaeger-v1/index.ts'
import { spoorV1 } from '../../src/doors/spoor-v1/index.ts'
import { createQueryService, type QueryLimits } from '../../src/query/query-service.ts'
import type { SpanReader } from '../../src/storage/api/store.ts'

export interface Served {
  /** `http://127.0.0.1:port` and the base path. */
  readonly url: string
  readonly metrics: Metrics
  stop(): Promise<void>
}

export interface ServeOptions {
  readonly basePath?: string
  readonly limits?: QueryLimits
  readonly doors?: readonly BoundDoor[]
  readonly headers?: readonly string[]
  readonly maxClockSkewMs?: number
}

export const BASE_CONFIG: QueryHttpConfig = {
  listen: { host: '127.0.0.1', port: 0 },
  basePath: '/',
  maxAnswerBytes: 256 * 1024 * 1024,
  maxRecheckedTraces: 20_000,
  maxClockSkewMs: 0,
  additionalHeaders: [],
}

export async function serve(reader: SpanReader, options: ServeOptions = {}): Promise<Served> {
  const metrics = createMetrics()
  const query = createQueryService(reader, metrics, options.limits)
  const doors: readonly BoundDoor[] = [
    { plugin: jaegerV1, config: {} },
    { plugin: spoorV1, config: {} },
    ...(options.doors ?? []),
  ]
  const config = {
    ...BASE_CONFIG,
    basePath: options.basePath ?? '/',
    additionalHeaders: options.headers ?? [],
    maxClockSkewMs: options.maxClockSkewMs ?? 0,
  }
  const server = createQueryServer(config, doors, { query, metrics, log: silentLogger() })
  const { address } = await server.start()
  return {
    url: `http://${address}${options.basePath ?? ''}`,
    metrics,
    stop: async () => await server.stop(),
  }
}

export interface JsonAnswer {
  readonly status: number
  readonly type: string
  readonly text: string
  readonly body: unknown
}

export async function getJson(url: string): Promise<JsonAnswer> {
  const response = await fetch(url)
  const text = await response.text()
  const type = response.headers.get('content-type') ?? ''
  return { status: response.status, type, text, body: type.includes('json') ? JSON.parse(text) : undefined }
}
