// The links of a trace's spans as the layout has them: where each leads, and which parents are FollowsFrom references. A
// link that only repeats what the parent says is no further reference (Jaeger's v1 writes its references so).

import { LINK_CHILD_OF, type TraceColumns } from '@spoor/core/api/trace-columns'
import { fromHex } from '@spoor/core/base/bytes'
import type { TraceLayout } from './layout.ts'
import { SpanIdIndex } from './id-index.ts'

type References = Pick<TraceLayout, 'linkStart' | 'linkTarget' | 'linkIds' | 'linkKind'> & {
  /** Positions whose reference to their parent is a FollowsFrom. */
  readonly follows: readonly number[]
}

function same(a: Uint8Array, at: number, b: Uint8Array, bt: number, length: number): boolean {
  for (let i = 0; i < length; i++) if (a[at + i] !== b[bt + i]) return false
  return true
}

/** `rows`: row of each position; `positionOf` the reverse. */
export function layOutLinks(columns: TraceColumns, rows: Uint32Array, positionOf: Uint32Array): References {
  const linkStart = new Uint32Array(rows.length + 1)
  const { linkIds: ids, linkKind: kinds } = columns
  const follows: number[] = []
  const kept: number[] = []
  if (columns.linkCount > 0) {
    const own = fromHex(columns.traceId.padStart(32, '0')) ?? new Uint8Array(16)
    for (let position = 0; position < rows.length; position++) {
      linkStart[position] = kept.length
      const row = rows[position] ?? 0
      let [toParent, childOf] = [false, false]
      for (let link = columns.linkStart[row] ?? 0; link < (columns.linkStart[row + 1] ?? 0); link++) {
        if (same(ids, link * 24, own, 0, 16) && same(ids, link * 24 + 16, columns.ids, row * 16 + 8, 8)) {
          toParent = true
          childOf ||= kinds[link] === LINK_CHILD_OF
        } else kept.push(link)
      }
      if (toParent && !childOf) follows.push(position)
    }
    linkStart[rows.length] = kept.length
  }
  const linkIds = new Uint8Array(kept.length * 24)
  kept.forEach((link, i) => linkIds.set(ids.subarray(link * 24, link * 24 + 24), i * 24))
  return {
    follows,
    linkStart,
    linkIds,
    linkKind: Uint8Array.from(kept, (link) => kinds[link] ?? 0),
    linkTarget: targets(columns, linkIds, kept.length, positionOf),
  }
}

/** Position of the span each leads to. */
function targets(columns: TraceColumns, linkIds: Uint8Array, count: number, positionOf: Uint32Array): Int32Array {
  const found = new Int32Array(count).fill(-1)
  if (count === 0) return found
  const own = fromHex(columns.traceId.padStart(32, '0')) ?? new Uint8Array(16)
  // The index reads what it looks for where the spans' own ids lie: the targets stand behind them.
  const { spanCount } = columns
  const all = new Uint8Array((spanCount + count) * 16)
  all.set(columns.ids)
  for (let link = 0; link < count; link++) {
    all.set(linkIds.subarray(link * 24 + 16, link * 24 + 24), (spanCount + link) * 16)
  }
  const index = new SpanIdIndex(all, spanCount)
  for (let link = 0; link < count; link++) {
    const row = same(linkIds, link * 24, own, 0, 16) ? index.first((spanCount + link) * 16) : -1
    if (row >= 0) found[link] = positionOf[row] ?? -1
  }
  return found
}
