// What may be configured about OTLP over HTTP. Plain data only: it travels to the ingest thread by copy.

import { option, type Section } from '../../config/section.ts'
import type { HostPort } from '../../config/units.ts'
import { byteSize, goDuration, hostPort, list, text } from '../../config/values.ts'

export interface OtlpHttpConfig {
  readonly listen: HostPort
  readonly maxBodyBytes: number
  readonly readHeaderTimeoutMs: number
  readonly readTimeoutMs: number
  readonly idleTimeoutMs: number
  readonly corsAllowedOrigins: readonly string[]
  readonly corsAllowedHeaders: readonly string[]
}

/** Node's timers end at 2^31 - 1 ms. */
const TIMEOUT = { min: 1, max: 2_147_483_647 }

export const otlpHttpSection: Section<OtlpHttpConfig> = {
  title: 'OTLP over HTTP',
  options: {
    listen: option('otlp.http.host-port', hostPort().prefault(':4318'), 'Address to receive OTLP over HTTP on', {
      aliases: ['collector.otlp.http.host-port'],
    }),
    maxBodyBytes: option(
      'otlp.http.max-body-size',
      byteSize({ min: 1024, max: 1024 ** 3 }).prefault('16MiB'),
      'Largest request body taken, compressed or not, in bytes',
    ),
    readHeaderTimeoutMs: option(
      'otlp.http.read-header-timeout',
      goDuration(TIMEOUT).prefault('2s'),
      'Time in which the headers of a request must arrive',
      { aliases: ['collector.otlp.http.read-header-timeout'] },
    ),
    readTimeoutMs: option(
      'otlp.http.read-timeout',
      goDuration({ max: TIMEOUT.max }).prefault('30s'),
      'Time in which a whole request must arrive (0s: no bound)',
      { aliases: ['collector.otlp.http.read-timeout'] },
    ),
    idleTimeoutMs: option(
      'otlp.http.idle-timeout',
      goDuration({ max: TIMEOUT.max }).prefault('120s'),
      'Time for which a connection stays open between requests (0s: no bound)',
      { aliases: ['collector.otlp.http.idle-timeout'] },
    ),
    corsAllowedOrigins: option(
      'otlp.http.cors.allowed-origins',
      list(text('ORIGIN')).prefault([]),
      'Origins whose pages may send spans; * stands for any text (none: no browser may)',
      { aliases: ['collector.otlp.http.cors.allowed-origins'] },
    ),
    corsAllowedHeaders: option(
      'otlp.http.cors.allowed-headers',
      list(text('HEADER')).prefault([]),
      'Headers that such pages may send, beside Accept, Content-Type and X-Requested-With; * for any',
      { aliases: ['collector.otlp.http.cors.allowed-headers'] },
    ),
  },
}
