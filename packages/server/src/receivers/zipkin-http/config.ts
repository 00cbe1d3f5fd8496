// What may be configured about Zipkin's spans over HTTP. Plain data only: it travels to the ingest thread by copy.

import { option, type Section } from '../../config/section.ts'
import type { HostPort } from '../../config/units.ts'
import { boolean, list, listenAddress, text } from '../../config/values.ts'
import { httpLimits, type HttpLimitsConfig } from '../api/http-config.ts'

export interface ZipkinHttpConfig extends HttpLimitsConfig {
  readonly listen: HostPort | 'off'
  readonly keepAlive: boolean
  readonly corsAllowedOrigins: readonly string[]
  readonly corsAllowedHeaders: readonly string[]
}

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
    ...httpLimits('collector.zipkin'),
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
