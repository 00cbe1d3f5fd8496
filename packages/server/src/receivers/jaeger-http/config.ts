// What may be configured about Jaeger's thrift over HTTP. Plain data only: it travels to the ingest thread by copy.

import { option, type Section } from '../../config/section.ts'
import type { HostPort } from '../../config/units.ts'
import { byteSize, goDuration, listenAddress } from '../../config/values.ts'

export interface JaegerHttpConfig {
  readonly listen: HostPort | 'off'
  readonly maxBodyBytes: number
  readonly readHeaderTimeoutMs: number
  readonly readTimeoutMs: number
  readonly idleTimeoutMs: number
}

/** Node's timers end at 2^31 - 1 ms. */
const TIMEOUT = { min: 1, max: 2_147_483_647 }

export const jaegerHttpSection: Section<JaegerHttpConfig> = {
  title: 'Jaeger over HTTP',
  options: {
    listen: option(
      'collector.http-server.host-port',
      listenAddress().prefault(':14268'),
      'Address to receive Jaeger thrift over HTTP on (POST /api/traces); off: not at all',
      { aliases: ['collector.http-port'] },
    ),
    maxBodyBytes: option(
      'collector.http-server.max-body-size',
      byteSize({ min: 1024, max: 1024 ** 3 }).prefault('16MiB'),
      'Largest request body taken, compressed or not, in bytes',
    ),
    readHeaderTimeoutMs: option(
      'collector.http-server.read-header-timeout',
      goDuration(TIMEOUT).prefault('2s'),
      'Time in which the headers of a request must arrive',
    ),
    readTimeoutMs: option(
      'collector.http-server.read-timeout',
      goDuration({ max: TIMEOUT.max }).prefault('30s'),
      'Time in which a whole request must arrive (0s: no bound)',
    ),
    idleTimeoutMs: option(
      'collector.http-server.idle-timeout',
      goDuration({ max: TIMEOUT.max }).prefault('120s'),
      'Time for which a connection stays open between requests (0s: no bound)',
    ),
  },
  off: ({ listen }) => listen === 'off',
}
