// The newest segments, in which the other spans of a trace may lie whose first or last spans are in a head: a trace that was
// cut by a seal is joined again here. Bounded in spans, so that a seal costs the same at any size of the store; a trace whose
// parts arrive further apart keeps the calls that each part shows by itself.

import { SpoorError } from '@spoor/core/base/errors'
import { NO_ROW, PIECES_PER_PAGE } from '../format.ts'
import type { ManifestEntry } from '../manifest.ts'
import type { Segment } from '../segment.ts'
import type { TraceRows } from './trace-rows.ts'

/** Spans of the newest segments together. */
const EARLIER_SPANS = 1 << 20

/** A trace of a tenant; its id as four words at `ids[at]`. */
export interface TraceKey {
  readonly tenant: string
  readonly ids: Uint32Array
  readonly at: number
}

/** The newest of the segments by arrival, as many as there is room for. Oldest first: what was sent twice counts as it came first. */
export function earlierEntries(entries: readonly ManifestEntry[]): ManifestEntry[] {
  const newestFirst = entries.toSorted((a, b) => b.maxArrivalMs - a.maxArrivalMs || b.id - a.id)
  let spans = 0
  const end = newestFirst.findIndex((entry, i) => (spans += entry.spans) > EARLIER_SPANS && i > 0)
  return (end < 0 ? newestFirst : newestFirst.slice(0, end)).toReversed()
}

export function earlierSegments(segments: Iterable<Segment>): Segment[] {
  const byId = new Map([...segments].filter((segment) => !segment.damaged).map((segment) => [segment.id, segment]))
  const entries = earlierEntries([...byId.values()].map((segment) => segment.entryInfo))
  return entries.flatMap(({ id }) => byId.get(id) ?? [])
}

/** Adds the spans of a piece where it is of this trace. Throws SpoorError `segment_damaged`. */
export function addPiece(rows: TraceRows, segment: Segment, piece: number, key: TraceKey): void {
  const page = segment.pieces(Math.floor(piece / PIECES_PER_PAGE))
  const i = piece % PIECES_PER_PAGE
  for (let word = 0; word < 4; word++) if (page.ids[i * 4 + word] !== key.ids[key.at + word]) return
  const block = page.block[i] as number
  const tenant = segment.tenant(key.tenant)
  if (tenant === undefined || block < tenant.firstBlock || block >= tenant.firstBlock + tenant.blocks) return
  rows.addPiece(segment, block, page.firstRow[i] as number, page.rows[i] as number)
}

/** Calls `hit` with the place in `fingerprints` (sorted) and the piece, for each that a segment has too. */
export function joinFingerprints(
  fingerprints: Uint32Array,
  segment: Segment,
  hit: (place: number, piece: number) => void,
): void {
  const index = segment.traceIndex
  const pieces = index.length >> 1
  let at = 0
  for (let place = 0; place < fingerprints.length; place++) {
    const wanted = fingerprints[place] as number
    while (at < pieces && (index[at] as number) < wanted) at++
    for (let i = at; i < pieces && index[i] === wanted; i++) hit(place, index[pieces + i] ?? NO_ROW)
  }
}

/** Runs what reads segments; hands one that cannot be read to `onDamage` and runs it again without that one. */
export function withoutDamaged(
  segments: readonly Segment[],
  onDamage: (segment: Segment, error: Error) => void,
  run: (segments: readonly Segment[], reading: (segment: Segment) => void) => void,
): void {
  let left = segments
  for (;;) {
    let current: Segment | undefined
    try {
      run(left, (segment) => (current = segment))
      return
    } catch (thrown) {
      const damaged = current
      if (damaged === undefined || !isUnreadable(thrown)) throw thrown
      onDamage(damaged, thrown)
      left = left.filter((segment) => segment !== damaged)
    }
  }
}

function isUnreadable(thrown: unknown): thrown is Error {
  if (thrown instanceof SpoorError) return thrown.code === 'segment_damaged' || thrown.code === 'segment_version'
  return thrown instanceof Error && 'code' in thrown && thrown.code === 'ENOENT'
}
