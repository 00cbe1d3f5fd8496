// What may be configured about the server's probes of itself.

import { option, type Section } from '../config/section.ts'
import { goDuration } from '../config/values.ts'

export interface ProberConfig {
  /** 0: no probes. */
  readonly intervalMs: number
}

export const proberSection: Section<ProberConfig> = {
  title: 'Prober',
  options: {
    intervalMs: option(
      'prober.interval',
      goDuration().prefault('15s'),
      'How often the server stores a span of its own and looks for it, to measure the time from acknowledgement to ' +
        'searchable. No search shows these spans, and none reaches a segment. 0 switches it off.',
    ),
  },
}
