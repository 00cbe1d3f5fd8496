// Zipkin's spans over HTTP (9411): POST /api/v1/spans and /api/v2/spans, in JSON, thrift and protobuf. Transport only: the
// reader turns the list into OTLP's bytes, the scanner reads them, the pipeline stores them. Statuses are those of Jaeger 1.57,
// which lets path and content type alone say what a body is. (zipkin.io/zipkin-api)

import type { IncomingMessage, ServerResponse } from 'node:http'
import type { IngestResult, IngestSource } from '../../pipeline/ingest.ts'
import { ZipkinReader, type ZipkinEncoding } from '../../wire/zipkin/reader.ts'
import { createBufferPool } from '../api/buffer-pool.ts'
import { createConverterPool, type ConverterPool } from '../api/converter-pool.ts'
import { createCors, type Cors } from '../api/cors.ts'
import { readBody, type BodyLimits } from '../api/http-body.ts'
import { answer, createHttpServer } from '../api/http-server.ts'
import { createOtlpIngest, type OtlpIngest } from '../api/otlp-ingest.ts'
import { partialSuccessMessage } from '../api/otlp-response.ts'
import { answerText } from '../api/plain-answer.ts'
import type { Receiver, ReceiverHost } from '../api/receiver.ts'
import { refusalOf, retryAfterSeconds } from '../api/refusal.ts'
import { reportTo, type Report } from '../api/report.ts'
import type { ZipkinHttpConfig } from './config.ts'

export const ZIPKIN_HTTP = 'zipkin-http'

const SOURCE: IngestSource = { receiver: ZIPKIN_HTTP, format: 'zipkin', transport: 'http' }

interface Version {
  /** What a body is unless its content type says otherwise: older clients send none, or text/plain. */
  readonly usual: ZipkinEncoding
  readonly byType: ReadonlyMap<string, ZipkinEncoding>
}

const VERSIONS: ReadonlyMap<string, Version> = new Map([
  [
    '/api/v1/spans',
    {
      usual: 'v1-json',
      byType: new Map<string, ZipkinEncoding>([
        ['application/x-thrift', 'v1-thrift'],
        ['application/vnd.apache.thrift.binary', 'v1-thrift'],
      ]),
    },
  ],
  [
    '/api/v2/spans',
    {
      usual: 'v2-json',
      byType: new Map<string, ZipkinEncoding>([
        ['application/x-protobuf', 'v2-protobuf'],
        ['application/protobuf', 'v2-protobuf'],
      ]),
    },
  ],
])

interface Context {
  readonly ingest: OtlpIngest
  readonly converters: ConverterPool<ZipkinReader>
  readonly limits: BodyLimits
  readonly cors: Cors
  readonly keepAlive: boolean
  readonly report: Report
}

export function createZipkinHttpReceiver(config: ZipkinHttpConfig, host: ReceiverHost): Receiver {
  const report = reportTo(host, ZIPKIN_HTTP)
  const { corsAllowedOrigins: allowedOrigins, corsAllowedHeaders: allowedHeaders, keepAlive } = config
  const context: Context = {
    ingest: createOtlpIngest(host.ingest, SOURCE),
    converters: createConverterPool((builder) => new ZipkinReader(builder)),
    limits: { maxBytes: config.maxBodyBytes, budget: host.budget, buffers: createBufferPool() },
    cors: createCors({ allowedOrigins, allowedHeaders, credentials: false }, 'POST'),
    keepAlive,
    report,
  }
  const server = createHttpServer({
    what: 'Zipkin HTTP',
    readHeaderTimeoutMs: config.readHeaderTimeoutMs,
    readTimeoutMs: config.readTimeoutMs,
    idleTimeoutMs: config.idleTimeoutMs,
    handle: async (request, response) => await handle(request, response, context),
    onCall: report,
  })
  return {
    start: async () => (config.listen === 'off' ? [] : [await server.start(config.listen)]),
    stop: () => server.stop(),
  }
}

async function handle(request: IncomingMessage, response: ServerResponse, context: Context): Promise<void> {
  const { cors, keepAlive, report } = context
  if (!keepAlive) response.shouldKeepAlive = false
  const preflight = cors.preflight(request)
  if (preflight !== undefined) {
    answer(response, 204, preflight, '')
    return
  }
  const headers = cors.headers(request)
  const version = VERSIONS.get(request.url?.split('?', 1)[0] ?? '')
  if (version === undefined) {
    report('unknown_path', 0)
    answerText(response, 404, '404 page not found', headers)
    return
  }
  if (request.method !== 'POST') {
    report('method_not_allowed', 0)
    answer(response, 405, { ...headers, allow: 'POST' }, '')
    return
  }
  const type = request.headers['content-type']?.split(';', 1)[0]?.trim().toLowerCase() ?? ''
  await receive(request, response, version.byType.get(type) ?? version.usual, headers, context)
}

async function receive(
  request: IncomingMessage,
  response: ServerResponse,
  encoding: ZipkinEncoding,
  headers: Readonly<Record<string, string>>,
  context: Context,
): Promise<void> {
  const { limits, report } = context
  let receivedBytes = 0
  try {
    const body = await readBody(request, limits)
    receivedBytes = body.receivedBytes
    try {
      const result = await store(body.bytes, encoding, context)
      report(result.stored === 0 && result.refused.length > 0 ? 'all_refused' : 'ok', receivedBytes)
      answerResult(response, result, headers)
    } finally {
      body.release()
    }
  } catch (thrown) {
    const { httpStatus, message, reason, retryAfterMs, ours } = refusalOf(thrown)
    report(reason, receivedBytes, ours ? thrown : undefined)
    const retry = retryAfterMs === undefined ? {} : { 'retry-after': retryAfterSeconds(retryAfterMs) }
    answerText(response, httpStatus, message, { ...headers, ...retry })
  }
}

async function store(
  bytes: Uint8Array,
  encoding: ZipkinEncoding,
  { converters, ingest }: Context,
): Promise<IngestResult> {
  const converter = converters.take()
  // One that a bad list made grow is not given back.
  const request = converter.reader.convert(bytes, encoding)
  try {
    return await ingest(request)
  } finally {
    converters.give(converter)
  }
}

/**
 * The protocol has no partial success. Clients look at the status alone: 202 where something was stored or nothing was sent,
 * and what was refused stands in the text; 400 where all was.
 */
function answerResult(response: ServerResponse, result: IngestResult, headers: Readonly<Record<string, string>>): void {
  if (result.refused.length === 0) answer(response, 202, headers, '')
  else answerText(response, result.stored > 0 ? 202 : 400, partialSuccessMessage(result), headers)
}
