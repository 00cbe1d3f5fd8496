// How doors answer: Jaeger's envelope for errors, large answers compressed and in pieces, and a signal that says when
// the client has gone. Compression runs on zlib's threads; pieces keep the event loop free in between.

import { pipeline, Readable } from 'node:stream'
import { promisify } from 'node:util'
import { createGzip, gzip } from 'node:zlib'
import { SpoorError, toError } from '@spoor/core/base/errors'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { refusalOf, retryAfterSeconds } from '../../receivers/api/refusal.ts'
import type { Logger } from '../../telemetry/log.ts'

const gzipped = promisify(gzip)
/** Below this a packet holds it anyway. */
const COMPRESS_FROM_BYTES = 1400
/** Fast before small: answers go over local networks more often than not. */
const GZIP = { level: 1 }
const JSON_TYPE = 'application/json'

/** Jaeger's envelope without data (structuredResponse of cmd/query/app/http_handler.go). */
export function errorBody(status: number, message: string): string {
  return JSON.stringify({ data: null, total: 0, limit: 0, offset: 0, errors: [{ code: status, msg: message }] })
}

/** Answers what routes throw, in the envelope. Faults of ours are logged and not told. */
export function answerErrors(app: FastifyInstance, log: Logger): void {
  app.setErrorHandler(async (thrown, request, reply) => {
    const status = clientFault(thrown)
    const refusal = refusalOf(thrown)
    if (status === undefined && refusal.ours) {
      log.error('a query failed', { path: request.url.split('?', 1)[0], error: toError(thrown).stack })
    }
    if (refusal.retryAfterMs !== undefined) reply.header('retry-after', retryAfterSeconds(refusal.retryAfterMs))
    const message = status === undefined ? refusal.message : toError(thrown).message
    const code = status ?? refusal.httpStatus
    return await reply.code(code).type(JSON_TYPE).send(errorBody(code, message))
  })
}

/** The status of Fastify's own refusals (an address that cannot be read, a body too large); undefined for all else. */
function clientFault(thrown: unknown): number | undefined {
  if (thrown instanceof SpoorError || typeof thrown !== 'object' || thrown === null || !('statusCode' in thrown))
    return undefined
  const { statusCode } = thrown
  return typeof statusCode === 'number' && statusCode >= 400 && statusCode < 500 ? statusCode : undefined
}

/** Aborts when the client goes away before its answer is sent. */
export function clientSignal(reply: FastifyReply): AbortSignal {
  const controller = new AbortController()
  const onClose = (): void => {
    if (!reply.raw.writableFinished) controller.abort()
  }
  if (reply.raw.closed || reply.raw.destroyed) onClose()
  else reply.raw.once('close', onClose)
  return controller.signal
}

export async function sendJson(request: FastifyRequest, reply: FastifyReply, text: string): Promise<FastifyReply> {
  return await sendBytes(request, reply, JSON_TYPE, Buffer.from(text))
}

export async function sendBytes(
  request: FastifyRequest,
  reply: FastifyReply,
  type: string,
  bytes: Uint8Array,
): Promise<FastifyReply> {
  reply.type(type).header('vary', 'Accept-Encoding')
  if (bytes.length < COMPRESS_FROM_BYTES || !takesGzip(request)) return await reply.send(bytes)
  return await reply.header('content-encoding', 'gzip').send(await gzipped(bytes, GZIP))
}

/** JSON that is made piece by piece while it is sent. What the first two pieces throw is answered as an error. */
export async function sendPieces(
  request: FastifyRequest,
  reply: FastifyReply,
  pieces: Iterator<Buffer<ArrayBuffer>>,
): Promise<FastifyReply> {
  const first = pieces.next()
  const second = first.done === true ? first : pieces.next()
  if (first.done === true) return await sendBytes(request, reply, JSON_TYPE, Buffer.alloc(0))
  if (second.done === true) return await sendBytes(request, reply, JSON_TYPE, first.value)
  const all = Readable.from(chain([first.value, second.value], pieces), { objectMode: false })
  reply.type(JSON_TYPE).header('vary', 'Accept-Encoding')
  if (!takesGzip(request)) return await reply.send(all)
  const compressed = createGzip(GZIP)
  pipeline(all, compressed, (error) => {
    if (error) reply.raw.destroy() // the head has gone out: a cut is the only way left to say that this is not all
  })
  return await reply.header('content-encoding', 'gzip').send(compressed)
}

function* chain<T>(head: readonly T[], tail: Iterator<T>): Generator<T> {
  yield* head
  for (let item = tail.next(); item.done !== true; item = tail.next()) yield item.value
}

/** True where Accept-Encoding names gzip without refusing it (RFC 9110, 12.5.3). */
export function takesGzip(request: FastifyRequest): boolean {
  const header = request.headers['accept-encoding'] ?? ''
  return header.split(',').some((entry) => /^\s*(?:gzip|\*)\s*(?:;\s*q\s*=\s*(?!0(?:\.0*)?\s*$)|$)/i.test(entry))
}
