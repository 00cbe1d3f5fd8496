// Which traces of a segment stay when it has reached an age at which some go: those with a span that is kept longer, there or
// in a segment that arrived about the same time. A trace is so kept whole or not at all, also over several segments.

import { idKey } from '../../api/same-span.ts'
import type { Segment } from '../segment.ts'
import type { ManifestEntry } from '../manifest.ts'
import { keepOfSpan, type RetentionRules } from './retention.ts'
import type { Hides } from './tombstones.ts'

/** Segments whose arrivals are within this of each other are asked about each other's traces, ms. */
export const NEIGHBOUR_MS = 3_600_000
const STATUS_ERROR = 2
/** Lists of traces that are kept for the next segments. */
const MAX_LISTS = 64

/** Traces by 53 bits of their ids: a stranger with the same bits only stays longer. */
export type TraceSet = ReadonlySet<number>

export function traceKey(ids: Uint32Array, at: number): number {
  return idKey(ids[at + 3] as number, ids[at + 2] as number)
}

/** Traces of a segment with a span that is kept longer than `ageMs`. Throws SpoorError `segment_damaged`. */
export function tracesKept(segment: Segment, rules: RetentionRules, ageMs: number): TraceSet {
  const kept = new Set<number>()
  const services = segment.resources.names
  const { count } = segment.blocks
  for (let block = 0; block < count; block++) {
    const { rows, resource, status, piece } = segment.columns(block)
    const ids = segment.traceIds(block)
    for (let row = 0; row < rows; row++) {
      const service = services[resource[row] as number] ?? ''
      if (keepOfSpan(rules, service, status[row] === STATUS_ERROR) > ageMs)
        kept.add(traceKey(ids, (piece[row] as number) * 4))
    }
  }
  return kept
}

export class RetainedTraces {
  readonly #rules: RetentionRules
  readonly #lists = new Map<string, TraceSet>()

  constructor(rules: RetentionRules) {
    this.#rules = rules
  }

  /** Segments that have to be asked about the traces of one. */
  neighbours(entry: ManifestEntry, segments: readonly ManifestEntry[]): ManifestEntry[] {
    return segments.filter(
      (other) =>
        other.minArrivalMs <= entry.maxArrivalMs + NEIGHBOUR_MS &&
        other.maxArrivalMs >= entry.minArrivalMs - NEIGHBOUR_MS,
    )
  }

  /** Remembered for the neighbours of the next segment. */
  of(segment: Segment, ageMs: number): TraceSet {
    const key = `${segment.id}/${ageMs}`
    let list = this.#lists.get(key)
    if (list === undefined) {
      list = tracesKept(segment, this.#rules, ageMs)
      this.#lists.set(key, list)
      for (const oldest of this.#lists.keys()) {
        if (this.#lists.size <= MAX_LISTS) break
        this.#lists.delete(oldest)
      }
    }
    return list
  }
}

/** Rows of a block whose traces are in none of the sets. */
export function rowsOutside(sets: readonly TraceSet[], segment: Segment, block: number): Hides {
  const ids = segment.traceIds(block)
  const { piece } = segment.columns(block)
  const goes: boolean[] = []
  for (let at = 0; at < ids.length; at += 4) {
    const key = traceKey(ids, at)
    goes.push(!sets.some((set) => set.has(key)))
  }
  return (row) => goes[piece[row] as number] === true
}
