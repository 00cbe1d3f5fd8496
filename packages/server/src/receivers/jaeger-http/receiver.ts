// Jaeger's thrift over HTTP (14268): POST /api/traces with a Batch in the binary protocol, and the questions about sampling
// on the same port. Transport only: the reader turns the batch into OTLP's bytes, the scanner reads them, the pipeline
// stores them. (jaegertracing.io/docs/1.57/apis/#thrift-over-http-stable; texts as Jaeger answers them.)

import type { IncomingMessage, ServerResponse } from 'node:http'
import { SpoorError } from '@spoor/core/base/errors'
import type { IngestResult, IngestSource } from '../../pipeline/ingest.ts'
import { JaegerThriftReader } from '../../wire/jaeger/thrift/reader.ts'
import type { ClientReport } from '../../wire/jaeger/thrift/report.ts'
import { createBufferPool } from '../api/buffer-pool.ts'
import { createClientLosses, type ClientLosses } from '../api/client-losses.ts'
import { createConverterPool, type Converter, type ConverterPool } from '../api/converter-pool.ts'
import { readBody, type BodyLimits } from '../api/http-body.ts'
import { answer, createHttpServer } from '../api/http-server.ts'
import { createOtlpIngest, type OtlpIngest } from '../api/otlp-ingest.ts'
import { partialSuccessMessage } from '../api/otlp-response.ts'
import { answerNotFound, answerText, answerWrongMethod } from '../api/plain-answer.ts'
import type { Receiver, ReceiverHost } from '../api/receiver.ts'
import { refusalOf, retryAfterSeconds } from '../api/refusal.ts'
import { reportTo, type Report } from '../api/report.ts'
import { createSamplingAnswers, type Question } from '../api/sampling-answers.ts'
import type { JaegerHttpConfig } from './config.ts'

export const JAEGER_HTTP = 'jaeger-http'

const SOURCE: IngestSource = { receiver: JAEGER_HTTP, format: 'jaeger', transport: 'http' }
const TRACES_PATH = '/api/traces'
const QUESTIONS: ReadonlyMap<string, Question> = new Map([
  ['/api/sampling', 'sampling'],
  ['/api/baggageRestrictions', 'baggage'],
])
const THRIFT_TYPES: readonly string[] = ['application/x-thrift', 'application/vnd.apache.thrift.binary']

interface Context {
  readonly ingest: OtlpIngest
  readonly converters: ConverterPool<JaegerThriftReader>
  readonly losses: ClientLosses
  readonly limits: BodyLimits
  readonly report: Report
}

export function createJaegerHttpReceiver(config: JaegerHttpConfig, host: ReceiverHost): Receiver {
  const report = reportTo(host, JAEGER_HTTP)
  const context: Context = {
    ingest: createOtlpIngest(host.ingest, SOURCE),
    converters: createConverterPool((builder) => new JaegerThriftReader(builder)),
    losses: createClientLosses(host.metrics),
    limits: { maxBytes: config.maxBodyBytes, budget: host.budget, buffers: createBufferPool() },
    report,
  }
  const answers = createSamplingAnswers({
    host,
    report,
    requests: 'jaeger_collector_http_server_requests_total',
    errors: 'jaeger_collector_http_server_errors_total',
    baggageText: 'collector error: baggage restrictions not implemented',
  })
  const handle = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const path = request.url?.split('?', 1)[0] ?? ''
    const question = QUESTIONS.get(path)
    if (question !== undefined) answers(question, request, response)
    else await handleTraces(path, request, response, context)
  }
  const server = createHttpServer({
    what: 'Jaeger HTTP',
    readHeaderTimeoutMs: config.readHeaderTimeoutMs,
    readTimeoutMs: config.readTimeoutMs,
    idleTimeoutMs: config.idleTimeoutMs,
    handle,
    onCall: report,
  })
  return {
    start: async () => (config.listen === 'off' ? [] : [await server.start(config.listen)]),
    stop: () => server.stop(),
  }
}

async function handleTraces(
  path: string,
  request: IncomingMessage,
  response: ServerResponse,
  context: Context,
): Promise<void> {
  const { report } = context
  if (path !== TRACES_PATH) {
    report('unknown_path', 0)
    answerNotFound(response)
    return
  }
  if (request.method !== 'POST') {
    report('method_not_allowed', 0)
    answerWrongMethod(response, 'POST')
    return
  }
  const type = request.headers['content-type']?.split(';', 1)[0]?.trim().toLowerCase() ?? ''
  if (!THRIFT_TYPES.includes(type)) {
    report('unsupported_content_type', 0)
    answerText(
      response,
      400,
      type === '' ? 'Cannot parse content type: mime: no media type' : `Unsupported content type: ${type}`,
    )
    return
  }
  await receive(request, response, context)
}

async function receive(request: IncomingMessage, response: ServerResponse, context: Context): Promise<void> {
  const { limits, report } = context
  let receivedBytes = 0
  try {
    const body = await readBody(request, limits)
    receivedBytes = body.receivedBytes
    try {
      const result = await store(body.bytes, context)
      report(result.stored === 0 && result.refused.length > 0 ? 'all_refused' : 'ok', receivedBytes)
      answerResult(response, result)
    } finally {
      body.release()
    }
  } catch (thrown) {
    const { httpStatus, message, reason, retryAfterMs, ours } = refusalOf(thrown)
    report(reason, receivedBytes, ours ? thrown : undefined)
    const retry = retryAfterMs === undefined ? {} : { 'retry-after': retryAfterSeconds(retryAfterMs) }
    answerText(response, httpStatus, message, retry)
  }
}

async function store(bytes: Uint8Array, { converters, losses, ingest }: Context): Promise<IngestResult> {
  const converter = converters.take()
  // One that a bad batch made grow is not given back.
  losses.note(readBatch(converter, bytes))
  try {
    return await ingest(converter.builder.view())
  } finally {
    converters.give(converter)
  }
}

/** Throws as the reader does, in Jaeger's words. */
function readBatch({ reader }: Converter<JaegerThriftReader>, bytes: Uint8Array): ClientReport {
  try {
    return reader.addBatch(bytes, 'binary')
  } catch (thrown) {
    if (!(thrown instanceof SpoorError) || thrown.kind !== 'invalid') throw thrown
    const message = `Unable to process request body: ${thrown.message}`
    throw new SpoorError('invalid', thrown.code, message, { cause: thrown })
  }
}

/**
 * The protocol has no partial success. Clients look at the status alone: 202 where something was stored, and what was
 * refused stands in the text; 400 where all was.
 */
function answerResult(response: ServerResponse, result: IngestResult): void {
  if (result.refused.length === 0) answer(response, 202, {}, '')
  else answerText(response, result.stored > 0 ? 202 : 400, partialSuccessMessage(result))
}
