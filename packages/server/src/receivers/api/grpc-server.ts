// One gRPC server on one port: unary methods that we answer on raw bytes (grpc-call.ts), all other methods by a kept
// library on the same connections (grpc-services.ts), and gRPC's own answers to what is neither. Knows no message type.

import {
  createServer,
  Http2ServerRequest,
  Http2ServerResponse,
  type Http2Server,
  type IncomingHttpHeaders,
  type ServerHttp2Stream,
} from 'node:http2'
import { Server as NetServer, type Socket } from 'node:net'
import type { HostPort } from '../../config/units.ts'
import { createBufferPool } from './buffer-pool.ts'
import { serveUnary, type UnaryHost, type UnaryMethod } from './grpc-call.ts'
import type { GrpcServices } from './grpc-services.ts'
import { GrpcSessions, type SessionLimits } from './grpc-sessions.ts'
import { failureTrailers } from './grpc-status.ts'
import { listen } from './listen.ts'
import type { FileTable } from './proto-files.ts'
import type { Listening } from './receiver.ts'
import { GRPC } from './refusal.ts'

export interface GrpcServerOptions extends Omit<UnaryHost, 'buffers'> {
  /** For people: `OTLP gRPC`. */
  readonly what: string
  readonly listen: HostPort
  /** By path: `/package.Service/Method`. */
  readonly unary: ReadonlyMap<string, UnaryMethod>
  /** What reflection says about them, imports first. */
  readonly files: readonly FileTable[]
  readonly sessions: SessionLimits
}

type Host = GrpcServerOptions & UnaryHost

export interface GrpcServer {
  start(): Promise<Listening>
  stop(): Promise<void>
}

/** Requests under way get this long to finish on stop. */
const DRAIN_MS = 10_000
const SETTINGS = {
  maxConcurrentStreams: 128,
  maxHeaderListSize: 16 * 1024,
  initialWindowSize: 1024 * 1024,
  /** Frames this large cost a third of what the usual 16 KiB ones do. */
  maxFrameSize: 1024 * 1024,
  enablePush: false,
}
/** Node refuses new streams of a connection above this; it must hold what the window lets in. */
const MAX_SESSION_MEGABYTES = 32
const TCP_KEEPALIVE_MS = 60_000

export function createGrpcServer(options: GrpcServerOptions): GrpcServer {
  const protocolError = (): void => options.onCall('protocol_error', 0)
  const sessions = new GrpcSessions(options.sessions, protocolError)
  const services = lazyServices(options)
  const server = createServer({ settings: SETTINGS, maxSessionMemory: MAX_SESSION_MEGABYTES })
  // Clients that vanished without a word are found out by TCP.
  server.on('connection', (socket: Socket) => socket.setKeepAlive(true, TCP_KEEPALIVE_MS))
  server.on('session', (session) => sessions.add(session))
  server.on('sessionError', () => {}) // the session's own error event counts it
  const host: Host = { ...options, buffers: createBufferPool() }
  server.on('stream', (stream, headers) => dispatch(stream, headers, host, services))
  let started = false
  return {
    async start(): Promise<Listening> {
      started = true
      return await listen(server, options.listen, options.what)
    },
    async stop(): Promise<void> {
      if (!started) return
      started = false
      await services.stop()
      await sessions.drain(stopListening(server), DRAIN_MS)
    },
  }
}

/** Resolves once all connections are gone. */
function stopListening(server: Http2Server): Promise<void> {
  if (!server.listening) return Promise.resolve()
  return new Promise((resolve) => {
    // Not Http2Server.close(), which would also close the sessions at once: they get their two-step goodbye.
    NetServer.prototype.close.call(server, () => resolve())
  })
}

function dispatch(stream: ServerHttp2Stream, headers: IncomingHttpHeaders, host: Host, services: LazyServices): void {
  if (headers[':method'] !== 'POST') {
    plainAnswer(stream, { ':status': 405, allow: 'POST' }, host, 'method_not_allowed')
    return
  }
  if (!/^application\/grpc(?:\+proto)?\s*(?:;|$)/i.test(headers['content-type'] ?? '')) {
    plainAnswer(stream, { ':status': 415, 'accept-post': 'application/grpc' }, host, 'unsupported_content_type')
    return
  }
  const path = headers[':path'] ?? ''
  const method = host.unary.get(path)
  if (method !== undefined) serveUnary(stream, headers, method, host)
  else if (path.startsWith('/grpc.')) void services.handle(stream, headers, path)
  else unimplemented(stream, path, host)
}

interface LazyServices {
  handle(stream: ServerHttp2Stream, headers: IncomingHttpHeaders, path: string): Promise<void>
  stop(): Promise<void>
}

/** The library costs time and memory to load, and most servers never meet a probe or grpcurl: it waits for the first. */
function lazyServices(options: GrpcServerOptions): LazyServices {
  let loading: Promise<GrpcServices> | undefined
  const loadServices = async (): Promise<GrpcServices> => {
    const { createGrpcServices } = await import('./grpc-services.ts')
    return createGrpcServices([...options.unary.keys()], options.files)
  }
  return {
    async handle(stream, headers, path): Promise<void> {
      stream.on('error', () => {}) // the client left: nothing to tell it
      loading ??= loadServices()
      const services = await loading
      if (stream.destroyed) return
      if (!services.serves(path)) {
        unimplemented(stream, path, options)
        return
      }
      options.onCall('probe', 0)
      services.handle(new Http2ServerRequest(stream, headers, {}, []), new Http2ServerResponse(stream))
    },
    async stop(): Promise<void> {
      const services = await loading
      services?.stop()
    },
  }
}

/** An HTTP answer without a body, for what is not gRPC. */
function plainAnswer(
  stream: ServerHttp2Stream,
  headers: Readonly<Record<string, string | number>>,
  host: GrpcServerOptions,
  reason: string,
): void {
  host.onCall(reason, 0)
  endNow(stream, headers)
}

function unimplemented(stream: ServerHttp2Stream, path: string, host: GrpcServerOptions): void {
  host.onCall('unknown_method', 0)
  const service = /^\/([\w.]+)\/\w+$/.exec(path)?.[1]
  const message = service === undefined ? `malformed method name: ${path}` : `unknown method ${path}`
  const trailers = failureTrailers({ grpcCode: GRPC.unimplemented, message, retryAfterMs: undefined })
  endNow(stream, { ':status': 200, 'content-type': 'application/grpc', ...trailers })
}

function endNow(stream: ServerHttp2Stream, headers: Readonly<Record<string, string | number>>): void {
  stream.on('error', () => {}) // the client left: nothing to tell it
  if (stream.destroyed || stream.closed) return
  stream.respond(headers, { endStream: true })
  stream.resume()
  if (!stream.readableEnded) stream.close(0)
}
