// Which segments are put together: neighbours in arrival that are far smaller than a head. Pure.

import type { HeadCapacity } from '../head.ts'
import type { ManifestEntry } from '../manifest.ts'

/** Fewer are not worth it, unless they fill half a head. */
const MIN_RUN = 4
/** Of segments from before raw bytes were counted. */
const USUAL_RATIO = 10

export interface MergeLimits {
  /** No segment is made larger. */
  readonly head: HeadCapacity
  /** Arrivals of one segment lie within this, ms, so that age takes it whole in time. */
  readonly windowMs: number
  /** Put together whatever can be, now. */
  readonly eager: boolean
}

interface Sized {
  readonly entry: ManifestEntry
  /** As a part of a head. */
  readonly size: number
}

function sizeOf(entry: ManifestEntry, { spans, bytes }: HeadCapacity): number {
  return Math.max(entry.spans / spans, (entry.rawBytes ?? entry.bytes * USUAL_RATIO) / bytes)
}

export function isUndersized(entry: ManifestEntry, head: HeadCapacity): boolean {
  return sizeOf(entry, head) < 0.5
}

/** All its spans start over a day from their arrival. */
export function isStray(entry: ManifestEntry): boolean {
  return entry.tenants.every((tenant) => tenant.strayBlocks === tenant.blocks)
}

/** Segments to put together now; undefined where there is nothing to do. */
export function planMerge(segments: readonly ManifestEntry[], limits: MergeLimits): ManifestEntry[] | undefined {
  const groups = new Map<string, Sized[]>()
  for (const entry of segments.toSorted((a, b) => a.minArrivalMs - b.minArrivalMs || a.id - b.id)) {
    const size = sizeOf(entry, limits.head)
    if (size >= 0.5) continue
    const key = `${isStray(entry)}/${entry.judgedMs ?? 0}`
    const group = groups.get(key)
    if (group === undefined) groups.set(key, [{ entry, size }])
    else group.push({ entry, size })
  }
  for (const group of groups.values()) {
    for (let from = 0; from < group.length; from++) {
      const run = runFrom(group, from, limits)
      if (isWorthIt(run, limits)) return run.map(({ entry }) => entry)
    }
  }
  return undefined
}

/** As many neighbours as fit one segment. */
function runFrom(group: readonly Sized[], from: number, { windowMs }: MergeLimits): Sized[] {
  const run: Sized[] = []
  let total = 0
  const begin = group[from]?.entry.minArrivalMs ?? 0
  for (let i = from; i < group.length; i++) {
    const one = group[i] as Sized
    // What is written around the spans of a request takes room in a head too.
    if (total + one.size > 0.9 || one.entry.maxArrivalMs - begin > windowMs) break
    total += one.size
    run.push(one)
  }
  return run
}

function isWorthIt(run: readonly Sized[], { eager }: MergeLimits): boolean {
  if (run.length < 2) return false
  if (eager) return true
  const total = run.reduce((sum, { size }) => sum + size, 0)
  const largest = Math.max(...run.map(({ size }) => size))
  // Each span is so rewritten about as often as a segment can double.
  return largest * 2 <= total && (run.length >= MIN_RUN || total >= 0.5)
}
