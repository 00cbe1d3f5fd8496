// The real OpenTelemetry exporters of npm against both receivers: every span arrives with what the program gave it.

import { SpanKind, SpanStatusCode, TraceFlags, type SpanContext } from '@opentelemetry/api'
import { OTLPTraceExporter as GrpcExporter } from '@opentelemetry/exporter-trace-otlp-grpc'
import { OTLPTraceExporter as JsonExporter } from '@opentelemetry/exporter-trace-otlp-http'
import { OTLPTraceExporter as ProtoExporter } from '@opentelemetry/exporter-trace-otlp-proto'
import { resourceFromAttributes } from '@opentelemetry/resources'
import { BasicTracerProvider, BatchSpanProcessor, type SpanExporter } from '@opentelemetry/sdk-trace-base'
import type { Span } from '@spoor/core/model/span'
import { createTestHost } from '@spoor/testkit/receiver-contract/host'
import type { Receiver } from '../../src/receivers/api/receiver.ts'
import { createOtlpGrpcReceiver } from '../../src/receivers/otlp-grpc/receiver.ts'
import { createOtlpHttpReceiver } from '../../src/receivers/otlp-http/receiver.ts'
import type { SpanWriter, WriteResult } from '../../src/storage/api/store.ts'
import { decodeSpans } from '../../src/wire/otlp/decode.ts'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'

const LISTEN = { host: '127.0.0.1', port: 0 }
const COUNT = 300
const LINKED: SpanContext = {
  traceId: '0123456789abcdef0123456789abcdef',
  spanId: '0123456789abcdef',
  traceFlags: TraceFlags.SAMPLED,
}

let spans: Span[]
let receivers: readonly Receiver[]
let grpcUrl: string
let httpUrl: string

beforeEach(async () => {
  spans = []
  const sink: SpanWriter = {
    start: () => Promise.resolve(),
    stop: () => Promise.resolve(),
    write(batch): Promise<WriteResult> {
      spans.push(...decodeSpans(batch))
      return Promise.resolve({ stored: batch.spanCount - batch.refused.length, refused: [] })
    },
  }
  const host = createTestHost(sink)
  const grpc = createOtlpGrpcReceiver(
    {
      listen: LISTEN,
      maxMessageBytes: 1 << 24,
      readTimeoutMs: 10_000,
      maxConnectionAgeMs: 0,
      maxConnectionAgeGraceMs: 0,
    },
    host,
  )
  const http = createOtlpHttpReceiver(
    {
      listen: LISTEN,
      maxBodyBytes: 1 << 24,
      readHeaderTimeoutMs: 2000,
      readTimeoutMs: 10_000,
      idleTimeoutMs: 120_000,
      corsAllowedOrigins: [],
      corsAllowedHeaders: [],
    },
    host,
  )
  receivers = [grpc, http]
  grpcUrl = `http://${(await grpc.start())[0]?.address}`
  httpUrl = `http://${(await http.start())[0]?.address}/v1/traces`
})

afterEach(async () => {
  await Promise.all(receivers.map(async (receiver) => await receiver.stop()))
})

type MakeExporter = (compression: 'none' | 'gzip') => unknown

const EXPORTERS: Readonly<Record<string, MakeExporter>> = {
  'OTLP gRPC': (compression) => new GrpcExporter({ url: grpcUrl, compression: compression as never }),
  'OTLP HTTP in protobuf': (compression) => new ProtoExporter({ url: httpUrl, compression: compression as never }),
  'OTLP HTTP in JSON': (compression) => new JsonExporter({ url: httpUrl, compression: compression as never }),
}

describe.each(Object.keys(EXPORTERS))('%s', (name) => {
  it.each(['none', 'gzip'] as const)('takes everything, compression %s', async (compression) => {
    const exporter = EXPORTERS[name]?.(compression) as SpanExporter
    const provider = new BasicTracerProvider({
      resource: resourceFromAttributes({ 'service.name': 'shop', 'host.cpus': 8 }),
      spanProcessors: [new BatchSpanProcessor(exporter, { maxExportBatchSize: 128 })],
    })
    const tracer = provider.getTracer('shop-lib', '1.2.3')
    for (let i = 0; i < COUNT; i++) {
      const span = tracer.startSpan(`sell ${i}`, {
        kind: SpanKind.SERVER,
        attributes: { n: i, price: 1.5, ok: true, tags: ['a', 'b'], text: 'größer' },
        links: [{ context: LINKED, attributes: { why: 'batch' } }],
      })
      span.addEvent('paid', { with: 'card' })
      if (i === 7) span.setStatus({ code: SpanStatusCode.ERROR, message: 'no stock' })
      span.end()
    }
    await provider.forceFlush()
    await provider.shutdown()
    checkSpans()
  })
})

function checkSpans(): void {
  expect(spans.map((span) => span.name).sort()).toEqual(Array.from({ length: COUNT }, (_, i) => `sell ${i}`).sort())
  const span = spans.find((each) => each.name === 'sell 7')
  expect(span).toMatchObject({
    kind: 2,
    statusCode: 2,
    statusMessage: 'no stock',
    attributes: [
      { key: 'n', value: { type: 'int', value: 7n } },
      { key: 'price', value: { type: 'double', value: 1.5 } },
      { key: 'ok', value: { type: 'bool', value: true } },
      { key: 'tags', value: { type: 'array', value: [{ value: 'a' }, { value: 'b' }] } },
      { key: 'text', value: { type: 'string', value: 'größer' } },
    ],
    events: [{ name: 'paid', attributes: [{ key: 'with', value: { type: 'string', value: 'card' } }] }],
    links: [{ traceId: LINKED.traceId, spanId: LINKED.spanId, attributes: [{ key: 'why' }] }],
    resource: { serviceName: 'shop' },
    scope: { name: 'shop-lib', version: '1.2.3' },
  })
  expect(span?.endNs).toBeGreaterThanOrEqual(span?.startNs ?? 0n)
  expect(span?.traceId).toMatch(/^[0-9a-f]{32}$/)
}
