// Which node an arrow key leads to. Pure arithmetic.

import type { GraphLayout, PlacedNode } from '../../graph/layout.ts'

/** The nearest node in the direction of an arrow key. */
export function neighbourAt(layout: GraphLayout, from: PlacedNode, key: string): PlacedNode | undefined {
  const [ax, ay] = key === 'ArrowLeft' ? [-1, 0] : key === 'ArrowRight' ? [1, 0] : key === 'ArrowUp' ? [0, -1] : [0, 1]
  let best: PlacedNode | undefined
  let least = Infinity
  for (const node of layout.nodes) {
    const [dx, dy] = [node.x - from.x, node.y - from.y]
    const along = dx * ax + dy * ay
    const across = Math.abs(dx * ay) + Math.abs(dy * ax)
    const cost = along + across * 2
    if (along <= 1 || cost >= least) continue
    best = node
    least = cost
  }
  return best
}
