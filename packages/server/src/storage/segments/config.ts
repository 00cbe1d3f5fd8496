// What may be configured about the segment store. The folder is storage.dir, which all stores on disk share.

import { option, type Section } from '../../config/section.ts'
import { byteSize, choice, integer } from '../../config/values.ts'
import type { SegmentsConfig } from './config-types.ts'

export const segmentsSection: Section<Omit<SegmentsConfig, 'dir'>> = {
  title: 'Segment store',
  options: {
    sync: option(
      'segments.sync',
      choice(['always', 'interval', 'never']).prefault('interval'),
      'When the spool is synced to disk: before each acknowledgement (always), four times a second (interval), or when ' +
        'the system likes (never). What is acknowledged survives the death of the process in each case, and of the ' +
        'machine with always; with interval the machine may lose the last quarter of a second.',
    ),
    headSpans: option(
      'segments.head-spans',
      integer({ min: 64, max: 4_194_304 }).prefault(98_304),
      'Spans in memory before they are sealed into a segment file. At most two heads exist.',
    ),
    headBytes: option(
      'segments.head-bytes',
      byteSize({ min: 1 << 20, max: 1 << 30 }).prefault('48MiB'),
      'Bytes of spans in memory before they are sealed into a segment file.',
    ),
    cacheBytes: option(
      'segments.cache-bytes',
      byteSize({ min: 1 << 20, max: 2 ** 36 }).prefault('64MiB'),
      'Bytes of decoded segment parts that searches keep in memory.',
    ),
  },
}
