// Time that each span spent itself: its duration without the time in which a child of it ran. A span that follows from
// its parent takes nothing from it: the parent did not wait (OpenTracing, references between spans). Where columns lie
// in pre-order, siblings stand by start, so one pass is enough.

import { MARK_FOLLOWS, type TraceLayout } from './layout.ts'

/** ns of each position. */
export function selfTimes(
  layout: Pick<TraceLayout, 'count' | 'start' | 'duration' | 'parent' | 'marks'>,
): Float64Array {
  const { count, start, duration, parent, marks } = layout
  const self = duration.slice()
  /** Up to where the children so far have covered their parent. */
  const covered = start.slice()
  for (let i = 0; i < count; i++) {
    const up = parent[i] ?? -1
    if (up < 0 || ((marks[i] ?? 0) & MARK_FOLLOWS) !== 0) continue
    const from = Math.max(start[i] ?? 0, covered[up] ?? 0)
    const to = Math.min((start[i] ?? 0) + (duration[i] ?? 0), (start[up] ?? 0) + (duration[up] ?? 0))
    if (to <= from) continue
    self[up] = (self[up] ?? 0) - (to - from)
    covered[up] = to
  }
  return self
}
