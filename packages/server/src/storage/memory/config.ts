// What may be configured about the memory store.

import { option, type Section } from '../../config/section.ts'
import { byteSize, integer } from '../../config/values.ts'
import type { MemoryConfig } from './config-types.ts'

export const memorySection: Section<Required<MemoryConfig>> = {
  title: 'Memory store',
  options: {
    maxTraces: option(
      'memory.max-traces',
      integer({ min: 0, max: 10_000_000 }).prefault(0),
      'The most traces that are held; the oldest make room for new ones. 0: only bytes bound them.',
    ),
    maxBytes: option(
      'memory.max-bytes',
      byteSize({ min: 1 << 20, max: 2 ** 36 }).prefault('512MiB'),
      'The most bytes of spans that are held; the oldest traces make room for new ones.',
    ),
  },
}
