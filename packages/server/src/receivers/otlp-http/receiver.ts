// OTLP over HTTP/1.1: POST /v1/traces in protobuf and JSON, answered in the request's encoding. Transport only: the scanner
// reads the body, the pipeline stores it. (opentelemetry.io/docs/specs/otlp/#otlphttp; texts as Jaeger answers them.)

import type { IncomingMessage, ServerResponse } from 'node:http'
import type { IngestSource } from '../../pipeline/ingest.ts'
import { otlpJsonToProtobuf } from '../../wire/otlp/json.ts'
import { createCors, type Cors } from '../api/cors.ts'
import { createBufferPool } from '../api/buffer-pool.ts'
import { readBody, type BodyLimits } from '../api/http-body.ts'
import { answer, createHttpServer } from '../api/http-server.ts'
import { createOtlpIngest, type OtlpIngest } from '../api/otlp-ingest.ts'
import { exportResponse, exportResponseJson } from '../api/otlp-response.ts'
import type { Receiver, ReceiverHost } from '../api/receiver.ts'
import { encodeRpcStatus, refusalOf, retryAfterSeconds, rpcStatusJson } from '../api/refusal.ts'
import { reportTo, type Report } from '../api/report.ts'
import type { OtlpHttpConfig } from './config.ts'

export const OTLP_HTTP = 'otlp-http'

const SOURCE: IngestSource = { receiver: OTLP_HTTP, format: 'otlp', transport: 'http' }
const TRACES_PATH = '/v1/traces'
const PROTOBUF = 'application/x-protobuf'
const JSON_TYPE = 'application/json'
type MediaType = typeof PROTOBUF | typeof JSON_TYPE

interface Context {
  readonly ingest: OtlpIngest
  readonly cors: Cors
  readonly limits: BodyLimits
  readonly report: Report
}

export function createOtlpHttpReceiver(config: OtlpHttpConfig, host: ReceiverHost): Receiver {
  const report = reportTo(host, OTLP_HTTP)
  const { corsAllowedOrigins: allowedOrigins, corsAllowedHeaders: allowedHeaders } = config
  const rules = { allowedOrigins, allowedHeaders, credentials: true }
  const limits: BodyLimits = { maxBytes: config.maxBodyBytes, budget: host.budget, buffers: createBufferPool() }
  const ingest = createOtlpIngest(host.ingest, SOURCE)
  const context: Context = { ingest, cors: createCors(rules, 'POST'), limits, report }
  const server = createHttpServer({
    what: 'OTLP HTTP',
    readHeaderTimeoutMs: config.readHeaderTimeoutMs,
    readTimeoutMs: config.readTimeoutMs,
    idleTimeoutMs: config.idleTimeoutMs,
    handle: (request, response) => handle(request, response, context),
    onCall: report,
  })
  return {
    start: async () => [await server.start(config.listen)],
    stop: () => server.stop(),
  }
}

async function handle(request: IncomingMessage, response: ServerResponse, context: Context): Promise<void> {
  const preflight = context.cors.preflight(request)
  if (preflight !== undefined) {
    context.report('preflight', 0)
    answer(response, 204, preflight, '')
    return
  }
  const cors = context.cors.headers(request)
  const path = request.url?.split('?', 1)[0]
  if (path !== TRACES_PATH) {
    context.report('unknown_path', 0)
    answer(response, 404, { ...cors, 'content-type': 'text/plain; charset=utf-8' }, '404 page not found\n')
    return
  }
  if (request.method !== 'POST') {
    context.report('method_not_allowed', 0)
    const headers = { ...cors, 'content-type': 'text/plain', allow: 'POST' }
    answer(response, 405, headers, '405 method not allowed, supported: [POST]')
    return
  }
  const type = mediaType(request.headers['content-type'])
  if (type === undefined) {
    context.report('unsupported_content_type', 0)
    const text = `415 unsupported media type, supported: [${JSON_TYPE}, ${PROTOBUF}]`
    answer(response, 415, { ...cors, 'content-type': 'text/plain' }, text)
    return
  }
  await receive(request, response, type, cors, context)
}

async function receive(
  request: IncomingMessage,
  response: ServerResponse,
  type: MediaType,
  cors: Readonly<Record<string, string>>,
  context: Context,
): Promise<void> {
  const { ingest, limits, report } = context
  let receivedBytes = 0
  try {
    const body = await readBody(request, limits)
    receivedBytes = body.receivedBytes
    try {
      const bytes = type === JSON_TYPE ? otlpJsonToProtobuf(body.bytes) : body.bytes
      const result = await ingest(bytes)
      const content = type === JSON_TYPE ? exportResponseJson(result) : exportResponse(result)
      report('ok', receivedBytes)
      answer(response, 200, { ...cors, 'content-type': type }, content)
    } finally {
      body.release()
    }
  } catch (thrown) {
    const { httpStatus, grpcCode, message, reason, retryAfterMs, ours } = refusalOf(thrown)
    report(reason, receivedBytes, ours ? thrown : undefined)
    const retry = retryAfterMs === undefined ? {} : { 'retry-after': retryAfterSeconds(retryAfterMs) }
    const encode = type === JSON_TYPE ? rpcStatusJson : encodeRpcStatus
    answer(response, httpStatus, { ...cors, ...retry, 'content-type': type }, encode(grpcCode, message, retryAfterMs))
  }
}

/** By the media type alone; parameters such as charset do not matter. */
function mediaType(header: string | undefined): MediaType | undefined {
  const name = header?.split(';', 1)[0]?.trim().toLowerCase()
  return name === PROTOBUF || name === JSON_TYPE ? name : undefined
}
