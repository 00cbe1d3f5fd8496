// What may be configured about Zipkin's spans over HTTP. Plain data only: it travels to the ingest thread by copy.

import { option, type Section } from '../../config/section.ts'
import type { HostPort } from '../../config/units.ts'
import { boolean, byteSize, goDuration, list, listenAddress, text } from '../../config/values.ts'

export interface ZipkinHttpConfig {
  readonly listen: HostPort | 'off'
  readonly maxBodyBytes: number
  readonly readHeaderTimeoutMs: number
  readonly readTimeoutMs: number
  readonly idleTimeoutMs: number
  readonly keepAlive: boolean
  readonly corsAllowedOrigins: readonly string[]
  readonly corsAllowedHeaders: readonly string[]
}

/** Node's timers end at 2^31 - 1 ms. */
const TIMEOUT = { min: 1, max: 2_147_483_647 }

export const zipkinHttpSection: Section<ZipkinHttpConfig> = {
  title: 'Zipkin over HTTP',
  options: {
    listen: option(
      'collector.zipkin.host-port',
      // Jaeger 1.15 says 0 where it means: not at all.
      listenAddress()
        .overwrite((at) => (at !== 'off' && at.host === '' && at.port === 0 ? 'off' : at))
        .prefault(':9411'),
      'Address to receive Zipkin spans over HTTP on (POST /api/v1/spans and /api/v2/spans); off or 0: not at all. In Jaeger off ' +
        'by default.',
      { aliases: ['collector.zipkin.http-port'] },
    ),
    maxBodyBytes: option(
      'collector.zipkin.max-body-size',
      byteSize({ min: 1024, max: 1024 ** 3 }).prefault('16MiB'),
      'Largest request body taken, compressed or not, in bytes',
    ),
    readHeaderTimeoutMs: option(
      'collector.zipkin.read-header-timeout',
      goDuration(TIMEOUT).prefault('2s'),
      'Time in which the headers of a request must arrive',
    ),
    readTimeoutMs: option(
      'collector.zipkin.read-timeout',
      goDuration({ max: TIMEOUT.max }).prefault('30s'),
      'Time in which a whole request must arrive (0s: no bound)',
    ),
    idleTimeoutMs: option(
      'collector.zipkin.idle-timeout',
      goDuration({ max: TIMEOUT.max }).prefault('120s'),
      'Time for which a connection stays open between requests (0s: no bound)',
    ),
    keepAlive: option(
      'collector.zipkin.keep-alive',
      boolean().prefault(true),
      'Whether connections stay open between requests',
    ),
    corsAllowedOrigins: option(
      'collector.zipkin.cors.allowed-origins',
      list(text('ORIGIN')).prefault(['*']),
      'Origins whose pages may send spans, never with cookies; * stands for any text (none: no browser may). In Jaeger 1.76 none ' +
        'by default, in 1.15 any.',
      { aliases: ['collector.zipkin.allowed-origins'] },
    ),
    corsAllowedHeaders: option(
      'collector.zipkin.cors.allowed-headers',
      list(text('HEADER')).prefault(['content-type']),
      'Headers that such pages may send, beside Accept, Content-Type and X-Requested-With; * for any',
      { aliases: ['collector.zipkin.allowed-headers'] },
    ),
  },
  off: ({ listen }) => listen === 'off',
}
