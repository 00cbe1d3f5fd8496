// What stands on the graph's nodes, how wide that is, and the layout that the worker makes of it.

import { useEffect, useMemo, useState } from 'react'
import { formatDuration } from '../../base/duration.ts'
import { formatCount } from '../../base/number.ts'
import { MAX_DRAWN_EDGES, MAX_DRAWN_NODES, type GraphLayout, type LayoutRequest } from '../../graph/layout.ts'
import { loadLayout } from '../../graph/load-layout.ts'
import type { TraceEdge, TraceGraph, TraceNode } from '../../timeline/trace-graph.ts'
import { shorten, textWidth } from '../graph-view/text.ts'
import type { Colour } from './url-state.ts'

export const SPAN_HEIGHT = 44
const ROOM = 30

/** The two lines of a node. */
export interface NodeText {
  readonly title: string
  readonly facts: string
}

export function titleOf(node: TraceNode): string {
  if (node.kind === 'missing') return node.count === 1 ? 'missing parent' : `missing parent of ${node.count}`
  if (node.kind === 'trace') return node.traceId === '' ? `${node.count} other traces` : `trace ${node.traceId}`
  return node.name || node.service || (node.name === '' ? '(no name)' : '(no service)')
}

function factsOf(node: TraceNode, colour: Colour, width: (text: string) => number): string {
  if (node.kind !== 'spans') return node.spanId === '' ? '' : `span ${node.spanId}`
  const count = node.count > 1 ? ` · ×${formatCount(node.count)}` : ''
  const time = colour === 'self' ? `${formatDuration(node.self)} self` : formatDuration(node.total)
  const own = `${count} · ${time}`
  const service = node.name === '' ? '' : shorten(node.service || '(no service)', width, 190 - width(own))
  return service === '' ? own.slice(3) : service + own
}

/** What is written at an edge; nothing for a single reference. */
export function edgeText({ childOf, followsFrom, untyped }: TraceEdge): string {
  const count = childOf + followsFrom + untyped
  return count > 1 ? `×${formatCount(count)}` : ''
}

export function edgeKey({ from, to }: Pick<TraceEdge, 'from' | 'to'>): string {
  return `${from}\n${to}`
}

type Texts = ReadonlyMap<string, NodeText>

function textsOf(graph: TraceGraph, colour: Colour): Texts {
  const [wide, small] = [textWidth('600 12.5px'), textWidth('11px')]
  const text = (node: TraceNode): NodeText => ({
    title: shorten(titleOf(node), wide),
    facts: factsOf(node, colour, small),
  })
  return new Map(graph.nodes.map((node) => [node.key, text(node)]))
}

/** Room for the texts of every colouring: another one must not move anything. */
function measure(graph: TraceGraph, all: readonly Texts[]): LayoutRequest {
  const [wide, small] = [textWidth('600 12.5px'), textWidth('11px')]
  const widthOf = (key: string): number =>
    all.reduce((most, texts) => {
      const { title = '', facts = '' } = texts.get(key) ?? {}
      return Math.max(most, wide(title), small(facts))
    }, 60)
  return {
    // The page's own size: opening the details must not turn the drawing around.
    window: { width: innerWidth, height: Math.max(200, innerHeight - 200) },
    nodes: graph.nodes.map(({ key }) => ({ name: key, width: Math.ceil(widthOf(key)) + ROOM, height: SPAN_HEIGHT })),
    edges: graph.edges.map((edge) => {
      const text = edgeText(edge)
      return { parent: edge.from, child: edge.to, label: text === '' ? 0 : Math.ceil(small(text)) + 8 }
    }),
  }
}

interface Loaded {
  readonly graph: TraceGraph
  readonly layout?: GraphLayout
  readonly error?: unknown
}

/** More than these would be a drawing that nobody can read. */
export function isTooLarge({ nodes, edges }: TraceGraph): boolean {
  return nodes.length > MAX_DRAWN_NODES || edges.length > MAX_DRAWN_EDGES
}

/** Both undefined while it is worked out. Other colours change texts, not places. */
export function useGraphLayout(graph: TraceGraph, colour: Colour) {
  const times = useMemo(() => textsOf(graph, 'time'), [graph])
  const selves = useMemo(() => textsOf(graph, 'self'), [graph])
  const request = useMemo(() => measure(graph, [times, selves]), [graph, times, selves])
  const [loaded, setLoaded] = useState<Loaded>()
  useEffect(() => {
    if (isTooLarge(graph)) return
    const controller = new AbortController()
    loadLayout(request, controller.signal).then(
      (layout) => setLoaded({ graph, layout }),
      (error: unknown) => {
        if (!controller.signal.aborted) setLoaded({ graph, error })
      },
    )
    return () => controller.abort()
  }, [graph, request])
  const current = loaded?.graph === graph ? loaded : undefined
  return { texts: colour === 'self' ? selves : times, layout: current?.layout, error: current?.error }
}
