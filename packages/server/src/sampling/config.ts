// What may be configured about sampling. Plain data only: it travels to the ingest thread by copy.

import { option, type Section } from '../config/section.ts'
import { goDuration, number, text } from '../config/values.ts'

export interface SamplingConfig {
  /** Path or http(s) URL; empty: none. */
  readonly strategiesFile: string
  /** 0: read once. */
  readonly reloadIntervalMs: number
  readonly defaultSamplingRate: number
}

const MIN_RELOAD_MS = 100

export const samplingSection: Section<SamplingConfig> = {
  title: 'Sampling',
  options: {
    strategiesFile: option(
      'sampling.strategies-file',
      text('FILE|URL').prefault(''),
      'A JSON file, by path or by http(s) URL, that says which share of their traces services shall record',
    ),
    reloadIntervalMs: option(
      'sampling.strategies-reload-interval',
      goDuration({ max: 2_147_483_647 })
        .refine((ms) => ms === 0 || ms >= MIN_RELOAD_MS, `expected 0s or at least ${MIN_RELOAD_MS}ms`)
        .prefault('0s'),
      'How often that file is read again (0s: never)',
    ),
    defaultSamplingRate: option(
      'sampling.default-sampling-probability',
      number({ min: 0, max: 1 }).prefault(0.001),
      'The share of traces that services record of which no file says anything',
    ),
  },
}
