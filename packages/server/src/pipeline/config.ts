// What may be configured about the way in, for all receivers together.

import { option, type Section } from '../config/section.ts'
import { byteSize } from '../config/values.ts'

export interface ReceiversConfig {
  readonly bodyBudgetBytes: number
}

export const receiversSection: Section<ReceiversConfig> = {
  title: 'Receivers',
  options: {
    bodyBudgetBytes: option(
      'receivers.body-budget',
      byteSize({ min: 1024 * 1024, max: 16 * 1024 ** 3 }).prefault('64MiB'),
      'Bytes of request bodies that all receivers together hold in memory; over it, requests are asked to come again',
    ),
  },
}
