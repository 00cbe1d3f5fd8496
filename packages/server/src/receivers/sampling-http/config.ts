// What may be configured about port 5778. Plain data only: it travels to the ingest thread by copy.

import { option, type Section } from '../../config/section.ts'
import type { HostPort } from '../../config/units.ts'
import { listenAddress } from '../../config/values.ts'

export interface SamplingHttpConfig {
  readonly listen: HostPort | 'off'
}

export const samplingHttpSection: Section<SamplingHttpConfig> = {
  title: 'Sampling over HTTP',
  options: {
    listen: option(
      'http-server.host-port',
      listenAddress().prefault(':5778'),
      'Address on which clients ask how much to record (the HTTP port of the Jaeger agent); off: not at all',
    ),
  },
  off: ({ listen }) => listen === 'off',
}
