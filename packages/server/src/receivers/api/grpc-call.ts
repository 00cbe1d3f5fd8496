// One unary gRPC call on raw bytes: reads one length-prefixed message, hands it to its method, answers with a message and
// trailers. Half the cost of a general gRPC server, because nothing is parsed, boxed or copied twice. Protocol:
// github.com/grpc/grpc/blob/master/doc/PROTOCOL-HTTP2.md. Must never throw into the event loop, and must give its
// reservation back on every path.

import { constants, type IncomingHttpHeaders, type ServerHttp2Stream } from 'node:http2'
import { SpoorError } from '@spoor/core/base/errors'
import type { BodyBudget, Reservation } from '../../pipeline/budget.ts'
import type { BufferPool } from './buffer-pool.ts'
import { decompress, encodingOf, ENCODINGS, type Encoding } from './decompress.ts'
import { failureTrailers } from './grpc-status.ts'
import { bodyBudgetSpent, GRPC, refusalOf, type Refusal } from './refusal.ts'

/** Takes a request message (plain) and resolves with the response message. Rejects with SpoorError to refuse. */
export type UnaryMethod = (message: Uint8Array) => Promise<Uint8Array>

export interface UnaryHost {
  readonly budget: BodyBudget
  readonly buffers: BufferPool
  readonly maxMessageBytes: number
  readonly readTimeoutMs: number
  /** Once a call: its outcome (`ok` or the reason of refusal), the body bytes received, and what went wrong if it is ours. */
  readonly onCall: (code: string, bodyBytes: number, fault?: unknown) => void
}

const PREFIX_BYTES = 5
const ACCEPT_ENCODING = ['identity', ...ENCODINGS].join(',')
const OK_HEADERS = {
  ':status': 200,
  'content-type': 'application/grpc',
  'grpc-accept-encoding': ACCEPT_ENCODING,
}
const OK_TRAILERS = { 'grpc-status': '0' }
const MAX_TIMER_MS = 2_147_483_647
const TIMEOUT_UNIT_MS: Readonly<Record<string, number>> = { H: 3_600_000, M: 60_000, S: 1000, m: 1, u: 1e-3, n: 1e-6 }

export function serveUnary(
  stream: ServerHttp2Stream,
  headers: IncomingHttpHeaders,
  method: UnaryMethod,
  host: UnaryHost,
): void {
  new UnaryCall(stream, method, host).start(headers)
}

class UnaryCall {
  readonly #stream: ServerHttp2Stream
  readonly #method: UnaryMethod
  readonly #host: UnaryHost
  readonly #prefix: Uint8Array = new Uint8Array(PREFIX_BYTES)
  #encoding: Encoding | undefined
  #bodyBytes = 0
  /** From the pool, so it may be longer than the message. */
  #buffer: Buffer | undefined
  #declaredBytes = 0
  #messageBytes = 0
  #reservation: Reservation | undefined
  #timer: NodeJS.Timeout | undefined
  #timerIsDeadline = false
  /** performance.now() at which the client stops waiting. */
  #deadline = Infinity
  /** The method has the message: what was reserved stays so until it settles. */
  #working = false
  #settled = false

  constructor(stream: ServerHttp2Stream, method: UnaryMethod, host: UnaryHost) {
    this.#stream = stream
    this.#method = method
    this.#host = host
  }

  start(headers: IncomingHttpHeaders): void {
    const stream = this.#stream
    stream.on('error', () => {}) // `close` follows and says the same
    stream.once('close', () => this.#closed())
    const encoding = encodingOf(headers['grpc-encoding'] as string | undefined)
    if (encoding === 'unknown') {
      const name = JSON.stringify(headers['grpc-encoding'])
      this.#violation(GRPC.unimplemented, 'unsupported_encoding', `grpc-encoding ${name} is none of ${ACCEPT_ENCODING}`)
      return
    }
    this.#encoding = encoding
    const timeoutMs = parseTimeout(headers['grpc-timeout'] as string | undefined)
    if (timeoutMs === undefined) {
      this.#violation(GRPC.internal, 'bad_timeout', 'grpc-timeout is not a number of up to 8 digits and a unit')
      return
    }
    this.#deadline = performance.now() + timeoutMs
    this.#startTimer(timeoutMs)
    stream.on('data', (chunk: Buffer) => this.#data(chunk))
    stream.once('end', () => this.#end())
  }

  /** One timer a call: while the body comes in, whichever ends first; then the deadline. */
  #startTimer(timeoutMs: number): void {
    const readTimeoutMs = this.#host.readTimeoutMs
    this.#timerIsDeadline = timeoutMs <= readTimeoutMs
    const first = Math.min(timeoutMs, readTimeoutMs)
    if (first > MAX_TIMER_MS) return
    this.#timer = setTimeout(() => {
      if (this.#timerIsDeadline) this.#deadlineExceeded()
      else {
        const message = `the message did not arrive within ${readTimeoutMs} ms`
        this.#violation(GRPC.deadlineExceeded, 'body_timeout', message)
      }
    }, first)
  }

  /** The body is here: only the deadline still counts. */
  #restartTimer(): void {
    if (this.#timerIsDeadline) return
    clearTimeout(this.#timer)
    const left = this.#deadline - performance.now()
    if (left <= MAX_TIMER_MS) this.#timer = setTimeout(() => this.#deadlineExceeded(), left)
  }

  #deadlineExceeded(): void {
    this.#violation(GRPC.deadlineExceeded, 'deadline_exceeded', 'deadline exceeded')
  }

  #data(chunk: Buffer): void {
    if (this.#settled) return
    let at = 0
    if (this.#bodyBytes < PREFIX_BYTES) {
      at = Math.min(PREFIX_BYTES - this.#bodyBytes, chunk.byteLength)
      this.#prefix.set(chunk.subarray(0, at), this.#bodyBytes)
    }
    this.#bodyBytes += chunk.byteLength
    if (this.#bodyBytes < PREFIX_BYTES) return
    this.#buffer ??= this.#openMessage()
    if (this.#buffer === undefined || at === chunk.byteLength) return
    const end = Math.min(chunk.byteLength, at + this.#declaredBytes - this.#messageBytes)
    const copied = chunk.copy(this.#buffer, this.#messageBytes, at, end)
    this.#messageBytes += copied
    if (at + copied < chunk.byteLength) {
      this.#violation(GRPC.unimplemented, 'several_messages', 'a unary call takes one message, and more came')
    }
  }

  /** Checks the prefix and reserves the message's bytes before any of them is kept. */
  #openMessage(): Buffer | undefined {
    const [flag = 0, a = 0, b = 0, c = 0, d = 0] = this.#prefix
    const bytes = ((a << 24) | (b << 16) | (c << 8) | d) >>> 0
    const limit = this.#host.maxMessageBytes
    if (flag > 1) {
      this.#violation(GRPC.internal, 'bad_frame', `the message's compressed flag is ${flag}, not 0 or 1`)
    } else if (flag === 1 && this.#encoding === undefined) {
      this.#violation(GRPC.internal, 'bad_frame', 'the message is flagged compressed, and there is no grpc-encoding')
    } else if (bytes > limit) {
      const message = `received message larger than max (${bytes} vs. ${limit})`
      this.#violation(GRPC.resourceExhausted, 'message_size', message)
    } else {
      this.#reservation = this.#host.budget.reserve(bytes)
      if (this.#reservation === undefined) this.#refuse(refusalOf(bodyBudgetSpent()))
      else {
        this.#declaredBytes = bytes
        return this.#host.buffers.take(bytes)
      }
    }
    return undefined
  }

  #end(): void {
    // A reset ends the stream too; `close` follows and counts it.
    if (this.#settled || this.#stream.aborted) return
    const buffer = this.#buffer
    if (buffer === undefined && this.#bodyBytes === 0) {
      this.#violation(GRPC.unimplemented, 'no_message', 'a unary call takes one message, and none came')
    } else if (buffer === undefined || this.#messageBytes < this.#declaredBytes) {
      const detail = buffer === undefined ? 'in its prefix' : `at ${this.#messageBytes} of ${this.#declaredBytes} bytes`
      this.#violation(GRPC.internal, 'cut_short', `the message was cut short ${detail}`)
    } else {
      this.#restartTimer()
      void this.#work(buffer.subarray(0, this.#declaredBytes))
    }
  }

  async #work(body: Buffer): Promise<void> {
    this.#working = true
    try {
      const message = await this.#plain(body)
      // Cancelled, or out of time, while it was decompressed: nobody waits for the rest.
      if (!this.#settled) this.#succeed(await this.#method(message))
    } catch (thrown) {
      this.#refuse(refusalOf(thrown), thrown)
    } finally {
      this.#working = false
      this.#release()
    }
  }

  async #plain(body: Buffer): Promise<Uint8Array> {
    if (this.#prefix[0] === 0 || this.#encoding === undefined || this.#reservation === undefined) return body
    try {
      return await decompress(body, this.#encoding, this.#host.maxMessageBytes, this.#reservation)
    } catch (thrown) {
      // gRPC's own table of codes has INTERNAL for this, where the same thing over HTTP is a bad request.
      if (thrown instanceof SpoorError && thrown.kind === 'invalid') {
        this.#violation(GRPC.internal, thrown.code, thrown.message)
      }
      throw thrown
    }
  }

  #succeed(response: Uint8Array): void {
    if (!this.#settle('ok')) return
    const stream = this.#stream
    const frame = Buffer.alloc(PREFIX_BYTES + response.byteLength)
    frame.writeUInt32BE(response.byteLength, 1)
    frame.set(response, PREFIX_BYTES)
    stream.once('wantTrailers', () => {
      if (!stream.closed && !stream.destroyed) stream.sendTrailers(OK_TRAILERS)
    })
    stream.respond(OK_HEADERS, { waitForTrailers: true })
    stream.end(frame)
  }

  /** The client broke the protocol, or ran out of time. */
  #violation(grpcCode: number, reason: string, message: string): void {
    this.#refuse({ httpStatus: 200, grpcCode, message, reason, retryAfterMs: undefined, ours: false })
  }

  #refuse(refusal: Refusal, thrown?: unknown): void {
    if (!this.#settle(refusal.reason, refusal.ours ? thrown : undefined)) return
    const stream = this.#stream
    stream.respond({ ...OK_HEADERS, ...failureTrailers(refusal) }, { endStream: true })
    // The rest of the request is of no use: tell the client to stop sending it.
    if (!stream.readableEnded) stream.close(constants.NGHTTP2_NO_ERROR)
  }

  #release(): void {
    this.#reservation?.release()
    if (this.#buffer !== undefined) this.#host.buffers.give(this.#buffer)
    this.#buffer = undefined
  }

  #closed(): void {
    this.#settle('cancelled')
  }

  /** True for the one who may answer: the call was open until now and its client is still there. */
  #settle(code: string, fault?: unknown): boolean {
    if (this.#settled) return false
    this.#settled = true
    clearTimeout(this.#timer)
    if (!this.#working) this.#release()
    this.#host.onCall(code, this.#bodyBytes, fault)
    return !this.#stream.destroyed && !this.#stream.closed
  }
}

/** Milliseconds, Infinity where there is none, undefined where malformed. */
function parseTimeout(header: string | undefined): number | undefined {
  if (header === undefined) return Infinity
  const match = /^(\d{1,8})([HMSmun])$/.exec(header)
  return match === null ? undefined : Number(match[1]) * (TIMEOUT_UNIT_MS[match[2] ?? ''] ?? 0)
}
