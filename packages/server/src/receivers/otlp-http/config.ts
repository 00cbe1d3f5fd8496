// What may be configured about OTLP over HTTP. Plain data only: it travels to the ingest thread by copy.

import { option, type Section } from '../../config/section.ts'
import type { HostPort } from '../../config/units.ts'
import { hostPort, list, text } from '../../config/values.ts'
import { httpLimits, type HttpLimitsConfig } from '../api/http-config.ts'

export interface OtlpHttpConfig extends HttpLimitsConfig {
  readonly listen: HostPort
  readonly corsAllowedOrigins: readonly string[]
  readonly corsAllowedHeaders: readonly string[]
}

export const otlpHttpSection: Section<OtlpHttpConfig> = {
  title: 'OTLP over HTTP',
  options: {
    listen: option('otlp.http.host-port', hostPort().prefault(':4318'), 'Address to receive OTLP over HTTP on', {
      aliases: ['collector.otlp.http.host-port'],
    }),
    ...httpLimits('otlp.http', 'collector.otlp.http'),
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
