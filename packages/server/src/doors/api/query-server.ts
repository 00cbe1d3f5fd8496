// The HTTP server of the query port: one Fastify instance that carries all doors under the base path, with its limits,
// and a stop that lets answers under way finish. Knows no door by name.

import type { Server } from 'node:http'
import Fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify'
import { listen } from '../../receivers/api/listen.ts'
import { createServer } from '../../receivers/api/node-http.ts'
import type { Listening } from '../../receivers/api/receiver.ts'
import { answerErrors, errorBody } from './answers.ts'
import type { DoorHost, DoorPlugin } from './door.ts'
import type { QueryHttpConfig } from './query-config.ts'

/** A door and the configuration object of its section. */
export interface BoundDoor {
  readonly plugin: DoorPlugin<unknown>
  readonly config: unknown
}

export interface HttpServer {
  /** Rejects with SpoorError `unavailable` (`port_in_use` and the like), naming the address. May be called once. */
  start(): Promise<Listening>
  /** Stops accepting, lets answers under way finish for a while, closes. May be called again. */
  stop(): Promise<void>
}

/** Query strings with many ids or long tags fit; a search form makes far less. */
const MAX_HEADER_BYTES = 64 * 1024
const MAX_PARAMETER_LENGTH = 16 * 1024
const MAX_BODY_BYTES = 1024 * 1024
const KEEP_ALIVE_MS = 120_000
const HEADERS_TIMEOUT_MS = 10_000
const REQUEST_TIMEOUT_MS = 60_000
/** Answers under way get this long on stop. */
const DRAIN_MS = 5_000
/** How often a stopping server looks for connections that have become idle. */
const IDLE_CHECK_MS = 50

/** What the server itself does not know from its configuration. */
export type QueryServerHost = Omit<DoorHost, 'maxClockSkewNs'>

const NS_A_MS = 1_000_000

export function createQueryServer(
  config: QueryHttpConfig,
  doors: readonly BoundDoor[],
  serverHost: QueryServerHost,
): HttpServer {
  const host: DoorHost = { ...serverHost, maxClockSkewNs: config.maxClockSkewMs * NS_A_MS }
  let server: Server | undefined
  const app = Fastify({
    bodyLimit: MAX_BODY_BYTES,
    routerOptions: { maxParamLength: MAX_PARAMETER_LENGTH },
    frameworkErrors: (error, _request, reply) => {
      const status = error.statusCode ?? 400
      reply.raw.writeHead(status, { 'content-type': 'application/json' }).end(errorBody(status, error.message))
    },
    serverFactory: (handler) => {
      server = createServer(
        {
          maxHeaderSize: MAX_HEADER_BYTES,
          keepAliveTimeout: KEEP_ALIVE_MS,
          headersTimeout: HEADERS_TIMEOUT_MS,
          requestTimeout: REQUEST_TIMEOUT_MS,
          noDelay: true,
        },
        handler,
      )
      return server
    },
  })
  answerErrors(app, host.log)
  addHeaders(app, config.additionalHeaders)
  app.setNotFoundHandler(notFound)
  void app.register(
    async (scope) => {
      scope.all('/api/*', notFound)
      for (const door of doors) await door.plugin.register(scope, door.config, host)
    },
    { prefix: config.basePath === '/' ? '' : config.basePath },
  )
  let stopping: Promise<void> | undefined
  return {
    async start(): Promise<Listening> {
      await app.ready()
      return await listen(server ?? app.server, config.listen, 'Query and UI')
    },
    async stop(): Promise<void> {
      stopping ??= stopServer(server ?? app.server, app)
      await stopping
    },
  }
}

async function notFound(request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> {
  const path = request.url.split('?', 1)[0] ?? ''
  return await reply
    .code(404)
    .type('application/json')
    .send(errorBody(404, `there is nothing at ${path}`))
}

/** Every answer: its type is what we say it is; and what the operator wants besides. */
function addHeaders(app: FastifyInstance, lines: readonly string[]): void {
  const headers = lines.map((line): [string, string] => {
    const colon = line.indexOf(':')
    return [line.slice(0, colon), line.slice(colon + 1).trim()]
  })
  app.addHook('onRequest', async (_request, reply) => {
    reply.header('x-content-type-options', 'nosniff')
    for (const [name, value] of headers) reply.header(name, value)
  })
}

async function stopServer(server: Server, app: FastifyInstance): Promise<void> {
  if (server.listening) {
    const closed = new Promise<void>((resolve) => {
      server.close(() => resolve())
    })
    const idle = setInterval(() => server.closeIdleConnections(), IDLE_CHECK_MS)
    const deadline = setTimeout(() => server.closeAllConnections(), DRAIN_MS)
    await closed
    clearInterval(idle)
    clearTimeout(deadline)
  }
  await app.close()
}

type Handler = (request: FastifyRequest, reply: FastifyReply) => Promise<FastifyReply>

/** A GET route; every other method at the same place is 405, as in Jaeger. */
export function get(app: FastifyInstance, url: string, handler: Handler): void {
  app.get(url, handler)
  refuse(app, url, ['POST', 'PUT', 'DELETE', 'PATCH', 'OPTIONS'], 'GET, HEAD')
}

/** A POST route that gets the body as it came, a Buffer, undefined where there is none; other methods are 405. */
export function postBytes(app: FastifyInstance, url: string, bodyLimit: number, handler: Handler): void {
  takeBodies(app, (scope) => {
    scope.post(url, { bodyLimit }, handler)
    refuse(scope, url, ['GET', 'HEAD', 'PUT', 'DELETE', 'PATCH', 'OPTIONS'], 'POST')
  })
}

/** The same question by GET, in the query string, and by POST, in a body as postBytes gives it. */
export function getOrPost(app: FastifyInstance, url: string, bodyLimit: number, handler: Handler): void {
  takeBodies(app, (scope) => {
    scope.get(url, handler)
    scope.post(url, { bodyLimit }, handler)
    refuse(scope, url, ['PUT', 'DELETE', 'PATCH', 'OPTIONS'], 'GET, HEAD, POST')
  })
}

/** Registers routes in a scope of their own: all other routes take no body. */
function takeBodies(app: FastifyInstance, register: (scope: FastifyInstance) => void): void {
  void app.register(async (scope) => {
    await Promise.resolve()
    scope.removeAllContentTypeParsers()
    scope.addContentTypeParser('*', { parseAs: 'buffer' }, (_request, body, done) => done(null, body))
    register(scope)
  })
}

function refuse(app: FastifyInstance, url: string, method: string[], allow: string): void {
  app.route({ method, url, handler: async (_request, reply) => await reply.code(405).header('allow', allow).send() })
}
