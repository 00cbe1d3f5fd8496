// The admin port: metrics on their route, health on every other path and with every method, as Jaeger 1.x answers. Its
// own server, so that it answers while the query port is busy or not yet open.

import type { IncomingMessage, ServerResponse } from 'node:http'
import { toError } from '@spoor/core/base/errors'
import { answer, createHttpServer } from '../../receivers/api/http-server.ts'
import type { Listening } from '../../receivers/api/receiver.ts'
import type { Logger } from '../../telemetry/log.ts'
import type { AdminConfig } from './config.ts'
import type { Health } from './health.ts'

export interface AdminHost {
  readonly health: Health
  readonly log: Logger
  /** The metrics of all threads, in Prometheus' text format. */
  scrape(): Promise<string>
}

export interface AdminServer {
  start(): Promise<Listening>
  stop(): Promise<void>
}

const METRICS_TYPE = 'text/plain; version=0.0.4; charset=utf-8'
const TIMEOUT_MS = 10_000
const IDLE_MS = 120_000

export function createAdminServer(config: AdminConfig, host: AdminHost): AdminServer {
  const server = createHttpServer({
    what: 'Admin',
    readHeaderTimeoutMs: TIMEOUT_MS,
    readTimeoutMs: TIMEOUT_MS,
    idleTimeoutMs: IDLE_MS,
    handle: async (request, response) => await handle(config, host, request, response),
    onCall: () => {}, // what never became a request is nobody's health
  })
  return {
    start: () => server.start(config.listen),
    stop: () => server.stop(),
  }
}

async function handle(
  config: AdminConfig,
  host: AdminHost,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const path = (request.url ?? '/').split('?', 1)[0]
  if (config.metricsBackend === 'prometheus' && path === config.metricsRoute) {
    await sendMetrics(host, response)
    return
  }
  const { httpStatus, body } = host.health.status()
  answer(response, httpStatus, { 'content-type': 'application/json' }, body)
}

async function sendMetrics(host: AdminHost, response: ServerResponse): Promise<void> {
  try {
    answer(response, 200, { 'content-type': METRICS_TYPE }, await host.scrape())
  } catch (thrown) {
    host.log.error('metrics could not be collected', { error: toError(thrown).stack })
    answer(response, 500, { 'content-type': 'text/plain; charset=utf-8' }, 'metrics could not be collected\n')
  }
}
