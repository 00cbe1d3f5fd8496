// What may be configured about the segment store. The folder is storage.dir, which all stores on disk share.

import { option, type Section } from '../../config/section.ts'
import { byteSize, choice, goDuration, integer, list } from '../../config/values.ts'
import type { SegmentsConfig } from './config-types.ts'
import { retentionRule } from './lifecycle/rule-value.ts'

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
      integer({ min: 64, max: 2_097_152 }).prefault(98_304),
      'Spans in memory before they are sealed into a segment file. At most two heads exist.',
    ),
    headBytes: option(
      'segments.head-bytes',
      byteSize({ min: 1 << 20, max: 1 << 30 }).prefault('48MiB'),
      'Bytes of spans in memory before they are sealed into a segment file.',
    ),
    headAgeMs: option(
      'segments.head-age',
      goDuration({ min: 1000 }).prefault('15m'),
      'How long spans stay in memory and spool before they are sealed into a segment file, also when they are few.',
    ),
    retentionMs: option(
      'segments.retention',
      goDuration().prefault('168h'),
      'How long spans are kept after they arrived; 0 keeps them for ever. They leave the disk up to a sixteenth of it ' +
        'later (a day at most).',
    ),
    retentionRules: option(
      'segments.retention-rules',
      list(retentionRule()).prefault([]),
      'Exceptions: errors:720h keeps traces with an error for 30 days, service=health:24h those of a service for one. A ' +
        'trace stays as long as the longest rule that one of its spans matches; spans that match none go by ' +
        'segments.retention.',
    ),
    rollupRetentionMs: option(
      'segments.rollup-retention',
      goDuration().prefault('2160h'),
      'How long the counts of operations and of calls between services are kept, apart from the spans they were made of; 0 ' +
        'keeps them for ever.',
    ),
    maxBytes: option(
      'segments.max-bytes',
      byteSize().prefault('0'),
      'The most bytes that segment files may take: the oldest go. 0: as many as the disk has, but for ' +
        'segments.reserve. The spool takes up to twice segments.head-bytes beside them.',
    ),
    reserveBytes: option(
      'segments.reserve',
      byteSize().prefault('128MiB'),
      'Bytes of the disk that stay free: while less than twice as much is, the oldest segments go; below it, spans are ' +
        'refused. 0 looks at neither.',
    ),
    cacheBytes: option(
      'segments.cache-bytes',
      byteSize({ min: 1 << 20, max: 2 ** 36 }).prefault('64MiB'),
      'Bytes of decoded segment parts that searches keep in memory.',
    ),
  },
}
