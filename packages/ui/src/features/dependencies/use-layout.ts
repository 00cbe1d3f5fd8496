// The layout of a graph, from the worker.

import { useEffect, useMemo, useState } from 'react'
import type { GraphLayout, LayoutRequest } from '../../graph/layout.ts'
import { loadLayout } from '../../graph/load-layout.ts'
import type { ServiceGraph } from '../../graph/model.ts'
import { shorten, textWidth } from '../graph-view/text.ts'
import { edgeLabel, MANY_LABELS } from './graph-shapes.tsx'

interface Measured {
  readonly request: LayoutRequest
  /** Names as they fit into their boxes. */
  readonly labels: ReadonlyMap<string, string>
}

function measure(graph: ServiceGraph): Measured {
  const width = textWidth('12.5px')
  const labels = new Map(graph.nodes.map(({ name }) => [name, shorten(name || '(no service)', width)]))
  const labelled = graph.edges.length <= MANY_LABELS
  const request: LayoutRequest = {
    // The page's own size: opening the details must not turn the drawing around.
    window: { width: innerWidth, height: Math.max(200, innerHeight - 120) },
    nodes: graph.nodes.map(({ name }) => ({ name, width: Math.ceil(width(labels.get(name) ?? name)) + 24 })),
    edges: graph.edges.map((edge) => ({
      parent: edge.parent,
      child: edge.child,
      label: labelled ? Math.ceil(width(edgeLabel(edge))) + 10 : 0,
    })),
  }
  return { request, labels }
}

interface Loaded {
  readonly measured: Measured
  readonly layout?: GraphLayout
  readonly error?: unknown
}

/** Both undefined while it is worked out. */
export function useLayout(graph: ServiceGraph) {
  const measured = useMemo(() => measure(graph), [graph])
  const [loaded, setLoaded] = useState<Loaded>()
  useEffect(() => {
    const controller = new AbortController()
    loadLayout(measured.request, controller.signal).then(
      (layout) => setLoaded({ measured, layout }),
      (error: unknown) => {
        if (!controller.signal.aborted) setLoaded({ measured, error })
      },
    )
    return () => controller.abort()
  }, [measured])
  const current = loaded?.measured === measured ? loaded : undefined
  return { labels: measured.labels, layout: current?.layout, error: current?.error }
}
