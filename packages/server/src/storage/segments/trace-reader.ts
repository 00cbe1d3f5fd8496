// Reads one whole trace from wherever its spans lie.

import { SpoorError } from '@spoor/core/base/errors'
import { traceIdAt } from '../api/search/rows.ts'
import { TraceBuilder } from '../api/search/trace-builder.ts'
import type { ReadStats, TraceChunk } from '../api/store.ts'
import type { HeadView } from './head-view.ts'
import type { Tombstone } from './lifecycle/tombstones.ts'
import type { Segment, TracePiece } from './segment.ts'
import { BlockSpans } from './segment-source.ts'

export interface TracePlaces {
  readonly heads: readonly HeadView[]
  readonly segments: readonly Segment[]
  readonly tenant: string
  readonly stats: ReadStats | undefined
  readonly tombstones: readonly Tombstone[]
  onDamage(segment: Segment, error: SpoorError): void
}

/** The last sixteen hex digits as two words in memory order. */
function lowWords(id: string): readonly [number, number] {
  const bytes = Buffer.from(id.slice(-16), 'hex')
  return [bytes.readUInt32LE(0), bytes.readUInt32LE(4)]
}

/** Of the traces with these low 64 bits: the one with a zero upper half, else the first by id. */
export function resolveTraceId(places: TracePlaces, id: string): string | undefined {
  const [word2, word3] = lowWords(id)
  const found = new Set<string>()
  for (const view of places.heads) {
    const tenant = view.head.tenantIndex(places.tenant)
    for (const row of view.rowsOfTrace(word2, word3)) {
      if (view.head.tenantOf(row) === tenant) found.add(traceIdAt(view.head.ids, row * 8))
    }
  }
  for (const segment of places.segments) {
    guard(places, segment, () => {
      for (const piece of segment.findTrace(word2, word3))
        if (isOf(segment, places.tenant, piece.block) && isSeen(places, segment, piece))
          found.add(traceIdAt(piece.id, 0))
    })
  }
  // Sixteen zeros come first in any order of digits.
  return [...found].toSorted()[0]
}

/** undefined where there is no such trace. */
export function readTrace(places: TracePlaces, traceId: string): TraceChunk | undefined {
  const builder = new TraceBuilder()
  const [word2, word3] = lowWords(traceId)
  for (const view of places.heads) {
    const tenant = view.head.tenantIndex(places.tenant)
    for (const row of view.rowsOfTrace(word2, word3)) {
      if (view.head.tenantOf(row) === tenant && traceIdAt(view.head.ids, row * 8) === traceId) view.addTo(builder, row)
    }
  }
  for (const segment of places.segments) guard(places, segment, () => addPieces(places, segment, traceId, builder))
  return builder.spanCount === 0 ? undefined : { traceId, bytes: builder.finish(), spanCount: builder.spanCount }
}

function addPieces(places: TracePlaces, segment: Segment, traceId: string, builder: TraceBuilder): void {
  const [word2, word3] = lowWords(traceId)
  if (segment.tenant(places.tenant) === undefined) return
  if (places.stats !== undefined) places.stats.segments++
  for (const piece of segment.findTrace(word2, word3)) {
    if (!isOf(segment, places.tenant, piece.block) || traceIdAt(piece.id, 0) !== traceId) continue
    if (places.stats !== undefined) places.stats.blocks++
    const spans = new BlockSpans(segment, piece.block)
    const hides = segment.hidden(places.tombstones)?.inBlock(piece.block)
    for (let row = piece.firstRow; row < piece.firstRow + piece.rows; row++)
      if (hides?.(row) !== true) spans.addTo(builder, row)
  }
}

/** Whether a row of the piece was not deleted. */
function isSeen(places: TracePlaces, segment: Segment, piece: TracePiece): boolean {
  const hides = segment.hidden(places.tombstones)?.inBlock(piece.block)
  if (hides === undefined) return true
  for (let row = piece.firstRow; row < piece.firstRow + piece.rows; row++) if (!hides(row)) return true
  return false
}

function isOf(segment: Segment, tenant: string, block: number): boolean {
  const meta = segment.tenant(tenant)
  return meta !== undefined && block >= meta.firstBlock && block < meta.firstBlock + meta.blocks
}

function guard(places: TracePlaces, segment: Segment, read: () => void): void {
  const before = segment.bytesRead
  try {
    read()
  } catch (thrown) {
    if (!(thrown instanceof SpoorError) || thrown.code !== 'segment_damaged') throw thrown
    places.onDamage(segment, thrown)
  } finally {
    if (places.stats !== undefined) places.stats.bytesRead += segment.bytesRead - before
  }
}
