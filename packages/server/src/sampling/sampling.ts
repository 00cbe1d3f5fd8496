// What a service is told about sampling, whoever asks and by whatever protocol.

import type { Strategy } from './strategies.ts'

export interface Sampling {
  /** The strategy for a service; the default where none is known. Never fails. */
  strategyFor(service: string): Strategy
}
