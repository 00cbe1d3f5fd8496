// The layered layout: callers before what they call, few crossings. dagre does the work (cycles included); only the worker
// imports this, so that its code is fetched by nobody who does not look at the graph.

import { Graph, layout } from '@dagrejs/dagre'
import { LABEL_HEIGHT, NODE_HEIGHT, type GraphLayout, type LayoutRequest, type Point } from './layout.ts'

const MARGIN = 16
/** From this many edges on they stand closer, and the quick way to rank them is taken. */
const MANY_EDGES = 200

/** Calls go to the right, or down where the drawing can then be shown larger. */
export function layOutGraph(request: LayoutRequest): GraphLayout {
  const across = layOut(request, 'LR')
  if (scaleIn(across, request) >= 1) return across
  const down = layOut(request, 'TB')
  return scaleIn(down, request) > scaleIn(across, request) ? down : across
}

function scaleIn({ width, height }: GraphLayout, { window }: LayoutRequest): number {
  return Math.min(window.width / width, window.height / height)
}

function layOut({ nodes, edges }: LayoutRequest, direction: 'LR' | 'TB'): GraphLayout {
  const many = edges.length > MANY_EDGES
  const graph = new Graph()
  graph.setGraph({
    rankdir: direction,
    nodesep: direction === 'LR' ? 14 : 24,
    edgesep: many ? 4 : 12,
    ranksep: many ? 60 : 40,
    marginx: MARGIN,
    marginy: MARGIN,
    ranker: many ? 'tight-tree' : 'network-simplex',
  })
  // Names go by number: dagre gives some strings a meaning of their own.
  const number = new Map(nodes.map(({ name }, i) => [name, String(i)]))
  nodes.forEach(({ width, height = NODE_HEIGHT }, i) => graph.setNode(String(i), { width, height }))
  for (const { parent, child, label } of edges) {
    const [from, to] = [number.get(parent), number.get(child)]
    if (from === undefined || to === undefined) continue
    graph.setEdge(from, to, label > 0 ? { width: label, height: LABEL_HEIGHT, labelpos: 'c' } : {})
  }
  layout(graph)
  const { width = 1, height = 1 } = graph.graph() as { width?: number; height?: number }
  return {
    width,
    height,
    nodes: nodes.map(({ name, width: own }, i) => {
      const { x, y } = graph.node(String(i)) as Point
      return { name, width: own, x, y }
    }),
    edges: edges.flatMap(({ parent, child }) => {
      const placed = graph.edge(number.get(parent) ?? '', number.get(child) ?? '') as
        | { points: readonly Point[] }
        | undefined
      return placed === undefined ? [] : [{ parent, child, points: placed.points.map(({ x, y }) => ({ x, y })) }]
    }),
  }
}
