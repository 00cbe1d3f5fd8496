// A bare HTTP/1.1 server for receivers: limits, timeouts, the answers to what never becomes a request, and a stop that lets
// requests under way finish. Knows no dialect.

import type { IncomingMessage, Server, ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import type { HostPort } from '../../config/units.ts'
import { listen } from './listen.ts'
import type { Listening } from './receiver.ts'
import type { Report } from './report.ts'
import { createServer } from './node-http.ts'

export interface HttpServerOptions {
  /** For people: `OTLP HTTP`. */
  readonly what: string
  readonly readHeaderTimeoutMs: number
  /** 0: no bound. */
  readonly readTimeoutMs: number
  /** 0: no bound. */
  readonly idleTimeoutMs: number
  /** Must settle, and answers every request. */
  readonly handle: (request: IncomingMessage, response: ServerResponse) => Promise<void>
  readonly onCall: Report
}

export interface HttpServer {
  start(at: HostPort): Promise<Listening>
  stop(): Promise<void>
}

const MAX_HEADER_BYTES = 16 * 1024
/** How often Node looks for connections that are over their time. */
const TIMEOUT_CHECK_MS = 500
/** Requests under way get this long to finish on stop. */
const DRAIN_MS = 10_000
/** A refused request may send this much more before it is cut, so that its sender gets to read the answer. */
const MAX_DISCARDED_BYTES = 64 * 1024 * 1024

export function createHttpServer(options: HttpServerOptions): HttpServer {
  const server = createServer({
    maxHeaderSize: MAX_HEADER_BYTES,
    keepAliveTimeout: options.idleTimeoutMs,
    headersTimeout: options.readHeaderTimeoutMs,
    // Node wants this at least as long as the headers' own time.
    requestTimeout: options.readTimeoutMs === 0 ? 0 : Math.max(options.readTimeoutMs, options.readHeaderTimeoutMs),
    connectionsCheckingInterval: TIMEOUT_CHECK_MS,
    keepAlive: true,
    noDelay: true,
  })
  const underWay = new Set<ServerResponse>()
  server.on('request', (request, response) => {
    underWay.add(response)
    response.shouldKeepAlive &&= server.listening
    response.once('close', () => underWay.delete(response))
    request.once('close', () => {
      // Answered early, and only now read to its end: the connection is idle, and nobody else would close it.
      if (!server.listening) setImmediate(() => server.closeIdleConnections())
    })
    response.on('error', () => {}) // the client left: nothing to tell it
    void options.handle(request, response).finally(() => discardRest(request))
  })
  server.on('clientError', (error: NodeJS.ErrnoException, socket: Socket) => refuseRaw(error, socket, options.onCall))
  let started = false
  return {
    async start(at): Promise<Listening> {
      started = true
      return await listen(server, at, options.what)
    },
    async stop(): Promise<void> {
      if (!started) return
      started = false
      await drain(server, underWay)
    },
  }
}

/** Answers in full, unless that has been done or nobody is there. */
export function answer(
  response: ServerResponse,
  status: number,
  headers: Readonly<Record<string, string | number>>,
  body: string | Uint8Array,
): void {
  if (response.destroyed || response.headersSent) return
  const bytes = typeof body === 'string' ? Buffer.from(body) : body
  // A 204 has no length, and HEAD has the length of what it leaves out; Node drops its body.
  const length = status === 204 ? {} : { 'content-length': bytes.byteLength }
  response.writeHead(status, { ...headers, ...length })
  response.end(bytes)
}

/** Reads on what nobody wants, so that the sender can finish and read its answer, but not for ever. */
function discardRest(request: IncomingMessage): void {
  if (request.complete || request.destroyed) return
  let discarded = 0
  request.on('data', (chunk: Buffer) => {
    discarded += chunk.byteLength
    if (discarded > MAX_DISCARDED_BYTES) request.destroy()
  })
  request.resume()
}

const RAW_ANSWERS: Readonly<Record<string, readonly [status: string, code: string]>> = {
  ERR_HTTP_REQUEST_TIMEOUT: ['408 Request Timeout', 'body_timeout'],
  HPE_HEADER_OVERFLOW: ['431 Request Header Fields Too Large', 'header_size'],
  HPE_CHUNK_EXTENSIONS_OVERFLOW: ['413 Payload Too Large', 'body_size'],
}

/** What could not be read as HTTP, or not in time. */
function refuseRaw(error: NodeJS.ErrnoException, socket: Socket, onCall: Report): void {
  if (error.code === 'ECONNRESET' || !socket.writable) {
    socket.destroy()
    return
  }
  const [status, code] = RAW_ANSWERS[error.code ?? ''] ?? ['400 Bad Request', 'protocol_error']
  onCall(code, 0)
  socket.end(`HTTP/1.1 ${status}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`, () => socket.destroy())
}

/** Whoever is being answered learns that the connection ends with the answer; the others are closed at once. */
async function drain(server: Server, underWay: ReadonlySet<ServerResponse>): Promise<void> {
  if (!server.listening) return
  for (const response of underWay) response.shouldKeepAlive = false
  const closed = new Promise<void>((resolve) => {
    server.close(() => resolve())
  })
  server.closeIdleConnections()
  const timer = setTimeout(() => server.closeAllConnections(), DRAIN_MS)
  await closed
  clearTimeout(timer)
}
