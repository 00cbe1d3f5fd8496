// The tree of a trace: which span is under which. Without recursion, as traces may be deeper than the stack, and whole
// whatever the input: parents that are missing, cycles, spans that name themselves, ids that two spans share.

import type { Span } from './span.ts'

export interface TraceTree {
  /** Row of the parent in `spans`, or -1: a root, an orphan, or the first span of a cycle. */
  readonly parent: Int32Array
  /** Rows in depth-first order: each parent before its children, siblings by start, then by row. */
  readonly order: Int32Array
  /** Distance from the row's root. */
  readonly depth: Int32Array
  /** Rows without a parent id, by start. */
  readonly roots: readonly number[]
  /** Rows whose parent id is of no span here, by start. */
  readonly orphans: readonly number[]
  /** Rows at which a cycle was cut open: of each cycle the span that starts first. */
  readonly cycleHeads: readonly number[]
  /** Rows whose span id an earlier row has, too (Zipkin's shared spans, or a span sent twice). */
  readonly duplicates: readonly number[]
}

/** The tree of the spans of one trace. A child of an id that two spans share goes under the one that starts first. */
export function buildTree(spans: readonly Span[]): TraceTree {
  const byStart = (a: number, b: number): number => {
    const x = spans[a]?.startNs ?? 0n
    const y = spans[b]?.startNs ?? 0n
    return x === y ? a - b : x < y ? -1 : 1
  }
  const rows = spans.map((_, row) => row).toSorted(byStart)
  const { byId, duplicates } = indexIds(spans, rows)
  const parent = new Int32Array(spans.length).fill(-1)
  const roots: number[] = []
  const orphans: number[] = []
  for (const row of rows) {
    const parentId = spans[row]?.parentSpanId ?? ''
    const found = parentId === '' ? undefined : byId.get(parentId)
    if (found !== undefined) parent[row] = found
    else if (parentId === '') roots.push(row)
    else orphans.push(row)
  }
  const cycleHeads = cutCycles(parent, rows)
  return { parent, ...walk(parent, rows), roots, orphans, cycleHeads, duplicates: duplicates.toSorted((a, b) => a - b) }
}

function indexIds(
  spans: readonly Span[],
  rows: readonly number[],
): { readonly byId: ReadonlyMap<string, number>; readonly duplicates: number[] } {
  const byId = new Map<string, number>()
  const duplicates: number[] = []
  const firstRow = new Map<string, number>()
  spans.forEach(({ spanId }, row) => {
    if (firstRow.has(spanId)) duplicates.push(row)
    else firstRow.set(spanId, row)
  })
  for (const row of rows) {
    const id = spans[row]?.spanId ?? ''
    if (!byId.has(id)) byId.set(id, row)
  }
  return { byId, duplicates }
}

/** Sets the parent of one row of each cycle to -1. `rows` are in order of start. */
function cutCycles(parent: Int32Array, rows: readonly number[]): number[] {
  const heads: number[] = []
  // 0 not seen; else the number of the walk that saw the row first.
  const seenBy = new Int32Array(parent.length)
  const rank = new Int32Array(parent.length)
  rows.forEach((row, i) => (rank[row] = i))
  rows.forEach((start, i) => {
    let row = start
    while (row >= 0 && seenBy[row] === 0) {
      seenBy[row] = i + 1
      row = parent[row] ?? -1
    }
    if (row < 0 || seenBy[row] !== i + 1) return
    let head = row
    for (let at = parent[row] ?? -1; at !== row; at = parent[at] ?? -1) {
      if ((rank[at] ?? 0) < (rank[head] ?? 0)) head = at
    }
    parent[head] = -1
    heads.push(head)
  })
  return heads
}

function walk(parent: Int32Array, rows: readonly number[]): { readonly order: Int32Array; readonly depth: Int32Array } {
  const firstChild = new Int32Array(parent.length).fill(-1)
  const nextSibling = new Int32Array(parent.length).fill(-1)
  const tops: number[] = []
  // From the latest, so that each list ends up in order of start.
  for (const row of rows.toReversed()) {
    const above = parent[row] ?? -1
    if (above < 0) tops.push(row)
    else {
      nextSibling[row] = firstChild[above] ?? -1
      firstChild[above] = row
    }
  }
  const order = new Int32Array(parent.length)
  const depth = new Int32Array(parent.length)
  const stack = tops // the first to start is last in it
  let count = 0
  for (let row = stack.pop(); row !== undefined; row = stack.pop()) {
    const above = parent[row] ?? -1
    order[count++] = row
    depth[row] = above < 0 ? 0 : (depth[above] ?? 0) + 1
    const sibling = nextSibling[row] ?? -1
    if (sibling >= 0) stack.push(sibling)
    const child = firstChild[row] ?? -1
    if (child >= 0) stack.push(child)
  }
  return { order, depth }
}
