// Which spans have a row: collapsed subtrees are skipped whole. Pure functions over typed arrays.

import type { TraceLayout } from './layout.ts'

type Sizes = Pick<TraceLayout, 'count' | 'size'>
type Tree = Sizes & Pick<TraceLayout, 'depth' | 'parent'>

/** Positions with a row, ascending. `collapsed[i] = 1` hides what is below i. */
export function visibleRows(layout: Sizes, collapsed: Uint8Array): Uint32Array {
  const rows = new Uint32Array(layout.count)
  let found = 0
  for (let i = 0; i < layout.count; i += collapsed[i] === 1 ? (layout.size[i] ?? 1) : 1) rows[found++] = i
  return rows.slice(0, found)
}

/** Index of a position within the rows; of the row that hides it where it has none. −1 where there are no rows. */
export function rowIndexOf(rows: Uint32Array, position: number): number {
  let low = 0
  let high = rows.length - 1
  while (low < high) {
    const middle = (low + high + 1) >> 1
    if ((rows[middle] ?? 0) <= position) low = middle
    else high = middle - 1
  }
  return rows.length === 0 ? -1 : low
}

export function collapseAll(layout: Sizes, collapsed: Uint8Array): void {
  for (let i = 0; i < layout.count; i++) collapsed[i] = (layout.size[i] ?? 1) > 1 ? 1 : 0
}

/** Opens the shallowest closed rows. */
export function expandOneLevel(layout: Tree, collapsed: Uint8Array): void {
  const rows = visibleRows(layout, collapsed)
  let level = Infinity
  for (const row of rows) if (collapsed[row] === 1) level = Math.min(level, layout.depth[row] ?? 0)
  for (const row of rows) if (collapsed[row] === 1 && layout.depth[row] === level) collapsed[row] = 0
}

/** Closes the deepest open rows that have children. */
export function collapseOneLevel(layout: Tree, collapsed: Uint8Array): void {
  const rows = visibleRows(layout, collapsed)
  const open = (row: number): boolean => collapsed[row] !== 1 && (layout.size[row] ?? 1) > 1
  let level = -1
  for (const row of rows) if (open(row)) level = Math.max(level, layout.depth[row] ?? 0)
  for (const row of rows) if (open(row) && layout.depth[row] === level) collapsed[row] = 1
}

/** Opens whatever hides `position`; true where something changed. */
export function reveal(layout: Tree, collapsed: Uint8Array, position: number): boolean {
  let changed = false
  for (let up = layout.parent[position] ?? -1; up >= 0; up = layout.parent[up] ?? -1) {
    if (collapsed[up] === 1) {
      collapsed[up] = 0
      changed = true
    }
  }
  return changed
}
