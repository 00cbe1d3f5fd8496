// What must go by age and by bytes. Pure: from the list of segments and the time to a list of those that go. Ages go by arrival:
// the start of a span is a client's claim. A segment goes as a whole, when its last span has reached the age.

import type { ManifestEntry } from '../manifest.ts'

/** How long spans are kept, ms; Infinity: for ever. A trace stays as long as the longest that one of its spans gives. */
export interface RetentionRules {
  /** For spans that no rule matches. */
  readonly keepMs: number
  readonly rules: readonly RetentionRule[]
}

export interface RetentionRule {
  /** Spans of this service; of any where not given. */
  readonly service?: string
  /** Only spans whose status is an error. */
  readonly errors?: boolean
  /** 0: for ever. */
  readonly keepMs: number
}

/** `keepMs` as configured: 0 is for ever. */
export function retentionRules(keepMs: number, rules: readonly RetentionRule[]): RetentionRules {
  const forever = (ms: number): number => (ms === 0 ? Number.POSITIVE_INFINITY : ms)
  return { keepMs: forever(keepMs), rules: rules.map((rule) => ({ ...rule, keepMs: forever(rule.keepMs) })) }
}

/** How long a span is kept by itself, ms. */
export function keepOfSpan({ keepMs, rules }: RetentionRules, service: string, error: boolean): number {
  let longest = -1
  for (const rule of rules) {
    if (rule.service !== undefined && rule.service !== service) continue
    if (rule.errors === true && !error) continue
    longest = Math.max(longest, rule.keepMs)
  }
  return longest < 0 ? keepMs : longest
}

/** The ages at which spans go, ms, ascending. */
export function agesOf({ keepMs, rules }: RetentionRules): readonly number[] {
  return [...new Set([keepMs, ...rules.map((rule) => rule.keepMs)])].toSorted((a, b) => a - b)
}

/** Segments of which nothing is kept any more. */
export function expired(segments: readonly ManifestEntry[], rules: RetentionRules, nowMs: number): ManifestEntry[] {
  const longest = agesOf(rules).at(-1) ?? Number.POSITIVE_INFINITY
  return segments.filter((entry) => nowMs - entry.maxArrivalMs >= longest)
}

/** A segment of which some traces go now: the age that they have reached. */
export interface Due {
  readonly entry: ManifestEntry
  readonly ageMs: number
}

/** The oldest segment of which some traces may go. */
export function dueByRules(segments: readonly ManifestEntry[], rules: RetentionRules, nowMs: number): Due | undefined {
  const ages = agesOf(rules).slice(0, -1)
  for (const entry of oldestFirst(segments)) {
    const reached = ages.findLast((age) => nowMs - entry.maxArrivalMs >= age)
    if (reached !== undefined && reached > (entry.judgedMs ?? 0)) return { entry, ageMs: reached }
  }
  return undefined
}

/** The oldest segments, as few as give `bytes` back. */
export function oldestWith(segments: readonly ManifestEntry[], bytes: number): ManifestEntry[] {
  const going: ManifestEntry[] = []
  let freed = 0
  for (const entry of oldestFirst(segments)) {
    if (freed >= bytes) break
    going.push(entry)
    freed += entry.bytes
  }
  return going
}

export function totalBytes(segments: readonly ManifestEntry[]): number {
  return segments.reduce((sum, entry) => sum + entry.bytes, 0)
}

function oldestFirst(segments: readonly ManifestEntry[]): ManifestEntry[] {
  return segments.toSorted((a, b) => a.maxArrivalMs - b.maxArrivalMs || a.id - b.id)
}
