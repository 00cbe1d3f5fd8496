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
/** Bytes of lists that are remembered for the next segments. */
const MAX_LIST_BYTES = 16 << 20

/** Traces by 53 bits of their ids: a stranger with the same bits only stays longer. */
export type TraceSet = ReadonlySet<number>

export function traceKey(ids: Uint32Array, at: number): number {
  return idKey(ids[at + 3] as number, ids[at + 2] as number)
}

/** Traces of a segment with a span that is kept longer than `ageMs`. Throws SpoorError `segment_damaged`. */
function tracesKept(segment: Segment, rules: RetentionRules, ageMs: number): Set<number> {
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

/** Remembers the traces of each segment: neighbours are asked about again and again. */
export class RetainedTraces {
  readonly #rules: RetentionRules
  readonly #lists = new Map<string, Float64Array>()
  #bytes = 0

  constructor(rules: RetentionRules) {
    this.#rules = rules
  }

  /** Adds those of `own` that a segment keeps longer than `ageMs`. Throws SpoorError `segment_damaged`. */
  addTo(staying: Set<number>, own: TraceSet, segment: Segment, ageMs: number): void {
    const key = `${segment.id}/${ageMs}`
    let list = this.#lists.get(key)
    if (list === undefined) {
      list = Float64Array.from(tracesKept(segment, this.#rules, ageMs))
      this.#lists.set(key, list)
      this.#bytes += list.byteLength
      this.#forget()
    }
    for (const trace of list) if (own.has(trace)) staying.add(trace)
  }

  /** The oldest lists, where they are too many. */
  #forget(): void {
    for (const [key, list] of this.#lists) {
      if (this.#bytes <= MAX_LIST_BYTES || this.#lists.size === 1) break
      this.#lists.delete(key)
      this.#bytes -= list.byteLength
    }
  }
}

/** All traces of a segment. Throws SpoorError `segment_damaged`. */
export function tracesOf(segment: Segment): TraceSet {
  const traces = new Set<number>()
  const { count } = segment.blocks
  for (let block = 0; block < count; block++) {
    const ids = segment.traceIds(block)
    for (let at = 0; at < ids.length; at += 4) traces.add(traceKey(ids, at))
  }
  return traces
}

/** Segments that have to be asked about the traces of one: itself, and those that arrived about the same time. */
export function neighboursOf(entry: ManifestEntry, segments: readonly ManifestEntry[]): ManifestEntry[] {
  const from = entry.minArrivalMs - NEIGHBOUR_MS
  const to = entry.maxArrivalMs + NEIGHBOUR_MS
  return segments.filter(({ minArrivalMs, maxArrivalMs }) => minArrivalMs <= to && maxArrivalMs >= from)
}

/** Rows of a block whose traces do not stay. */
export function rowsOutside(staying: TraceSet, segment: Segment, block: number): Hides {
  const ids = segment.traceIds(block)
  const { piece } = segment.columns(block)
  const goes: boolean[] = []
  for (let at = 0; at < ids.length; at += 4) goes.push(!staying.has(traceKey(ids, at)))
  return (row) => goes[piece[row] as number] === true
}
