// The shape of a door: routes on an HTTP server that query/ answers. Doors parse and print; they decide nothing.

import type { FastifyInstance } from 'fastify'
import type { QueryService } from '../../query/service.ts'
import type { Logger } from '../../telemetry/log.ts'
import type { Metrics } from '../../telemetry/metrics.ts'

export interface DoorHost {
  readonly query: QueryService
  readonly metrics: Metrics
  readonly log: Logger
  /** Largest shift of the clock skew adjustment where a request does not say one, in ns; 0 is off. */
  readonly maxClockSkewNs: number
}

export interface DoorPlugin<Config> {
  readonly name: string
  /** Adds routes; `app` already carries the base path. */
  register(app: FastifyInstance, config: Config, host: DoorHost): void | Promise<void>
}
