// What may be configured about Jaeger's thrift over HTTP. Plain data only: it travels to the ingest thread by copy.

import { option, type Section } from '../../config/section.ts'
import type { HostPort } from '../../config/units.ts'
import { listenAddress } from '../../config/values.ts'
import { httpLimits, type HttpLimitsConfig } from '../api/http-config.ts'

export interface JaegerHttpConfig extends HttpLimitsConfig {
  readonly listen: HostPort | 'off'
}

export const jaegerHttpSection: Section<JaegerHttpConfig> = {
  title: 'Jaeger over HTTP',
  options: {
    listen: option(
      'collector.http-server.host-port',
      listenAddress().prefault(':14268'),
      'Address to receive Jaeger thrift over HTTP on (POST /api/traces); off: not at all',
      { aliases: ['collector.http-port'] },
    ),
    ...httpLimits('collector.http-server'),
  },
  off: ({ listen }) => listen === 'off',
}
