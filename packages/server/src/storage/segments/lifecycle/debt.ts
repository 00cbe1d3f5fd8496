// How much upkeep waits: a number to watch. It stays small where compaction keeps pace.

import type { SegmentsConfig } from '../config-types.ts'
import type { ManifestEntry } from '../manifest.ts'
import { planMerge } from './merge-plan.ts'
import { agesOf, type RetentionRules } from './retention.ts'

const DAY_MS = 86_400_000

/** Segments of how much time may be put together, ms. */
export function mergeWindowMs(rules: RetentionRules): number {
  const [first = Number.POSITIVE_INFINITY] = agesOf(rules)
  return Math.min(DAY_MS, first / 16)
}

/** Segments that wait to be put together, and deletions whose bytes are still there. */
export function upkeepDebt(
  config: SegmentsConfig,
  rules: RetentionRules,
  segments: readonly ManifestEntry[],
  tombstones: number,
): number {
  const head = { spans: config.headSpans, bytes: config.headBytes }
  const run = planMerge(segments, { head, windowMs: mergeWindowMs(rules), eager: false })
  return (run?.length ?? 0) + tombstones
}
