// The drawing of services and calls, with everything that moves it. The table beside it says the same.

import {
  useEffect,
  useMemo,
  useRef,
  useState,
  type FocusEvent,
  type KeyboardEvent,
  type MouseEvent,
  type RefObject,
} from 'react'
import type { GraphLayout, PlacedNode, Point } from '../../graph/layout.ts'
import type { ServiceGraph } from '../../graph/model.ts'
import type { Size } from '../../graph/viewport.ts'
import { ErrorMessage, Loading } from '../../widgets/message.tsx'
import { neighbourAt } from '../graph-view/neighbour.ts'
import { saveSvg } from '../graph-view/save-svg.ts'
import { useSize } from '../graph-view/use-size.ts'
import { useViewport, type Moves } from '../graph-view/use-viewport.ts'
import { ZoomTools } from '../graph-view/zoom-tools.tsx'
import { edgeKey, Shapes } from './graph-shapes.tsx'
import type { MapState, Selection } from './url-state.ts'
import { useLayout } from './use-layout.ts'

interface Props {
  readonly graph: ServiceGraph
  readonly matches: ReadonlySet<string>
  readonly state: MapState
  readonly onSelect: (selection: Selection | undefined) => void
}

/** Where to begin: what is chosen, in focus or found, else the busiest of the services that nobody calls. */
function focusPoint(
  layout: GraphLayout,
  graph: ServiceGraph,
  { selection, focal }: MapState,
  matches: ReadonlySet<string>,
): Point {
  const chosen = selection === undefined ? focal : selection.kind === 'service' ? selection.name : selection.parent
  const [busiest] = graph.nodes.toSorted(
    (a, b) => Number(a.callsIn > 0) - Number(b.callsIn > 0) || b.callsOut - a.callsOut,
  )
  const wanted = [chosen, ...matches, busiest?.name]
  return wanted.flatMap((name) => layout.nodes.filter((node) => node.name === name))[0] ?? { x: 0, y: 0 }
}

/** The selection, where it is one of this graph. */
function known(graph: ServiceGraph, selection: Selection | undefined): Selection | undefined {
  const found =
    selection?.kind === 'service'
      ? graph.nodes.some(({ name }) => name === selection.name)
      : graph.edges.some((edge) => edge.parent === selection?.parent && edge.child === selection.child)
  return found ? selection : undefined
}

/** What an event on the drawing is about. */
function targetOf(event: { target: EventTarget }, graph: ServiceGraph): Selection | undefined {
  const element = event.target instanceof Element ? event.target.closest('[data-service], [data-edge]') : null
  const service = element?.getAttribute('data-service')
  if (service !== null && service !== undefined) return { kind: 'service', name: service }
  const key = element?.getAttribute('data-edge')
  const edge = graph.edges.find((item) => edgeKey(item) === key)
  return edge && { kind: 'calls', parent: edge.parent, child: edge.child }
}

interface EventsOf extends Pick<Props, 'graph' | 'onSelect'> {
  readonly svg: RefObject<SVGSVGElement | null>
  readonly layout: GraphLayout
  readonly moves: Moves
  readonly onFocused: (service: string) => void
}

/** Choosing by click and key, and keys that move. */
function useEvents({ svg, layout, graph, moves, onSelect, onFocused }: EventsOf) {
  const nodeAt = (on: Selection | undefined): PlacedNode | undefined =>
    on?.kind === 'service' ? layout.nodes.find(({ name }) => name === on.name) : undefined
  const onClick = (event: MouseEvent): void => {
    if (moves.moved()) return
    // The details take room beside the drawing, which must not jump under the mouse.
    moves.touch()
    onSelect(targetOf(event, graph))
  }
  const onKeyDown = (event: KeyboardEvent): void => {
    if (event.ctrlKey || event.metaKey || event.altKey) return
    const on = targetOf(event, graph)
    const node = nodeAt(on)
    if (event.key === 'Escape') onSelect(undefined)
    else if (node !== undefined && (event.key === 'Enter' || event.key === ' ')) onSelect(on)
    else if (node !== undefined && event.key.startsWith('Arrow')) {
      const next = neighbourAt(layout, node, event.key)
      if (next === undefined) return
      svg.current?.querySelector<SVGGElement>(`[data-service="${CSS.escape(next.name)}"]`)?.focus()
    } else if (!moves.key(event.key)) return
    event.preventDefault()
  }
  const onFocus = (event: FocusEvent): void => {
    const node = nodeAt(targetOf(event, graph))
    if (node === undefined) return
    onFocused(node.name)
    // By mouse it is where the reader just clicked.
    if (event.target.matches(':focus-visible')) moves.show(node)
  }
  return { onClick, onKeyDown, onFocus }
}

interface DrawingProps extends Props {
  readonly layout: GraphLayout
  readonly labels: ReadonlyMap<string, string>
  readonly size: Size
}

function Drawing({ graph, matches, state, onSelect, layout, labels, size }: DrawingProps) {
  const svg = useRef<SVGSVGElement>(null)
  const { focal, find } = state
  const selection = known(graph, state.selection)
  const moves = useViewport(svg, layout, size, focusPoint(layout, graph, state, matches))
  const [focused, setFocused] = useState('')
  const nodes = useMemo(() => new Map(graph.nodes.map((node) => [node.name, node])), [graph])
  const edges = useMemo(() => new Map(graph.edges.map((edge) => [edgeKey(edge), edge])), [graph])
  const chosen = selection?.kind === 'service' ? selection.name : focal
  const current = [focused, chosen].find((name) => nodes.has(name)) ?? layout.nodes[0]?.name ?? ''
  const firstMatch = layout.nodes.find(({ name }) => matches.has(name))
  const chosenNode = layout.nodes.find(({ name }) => name === (selection?.kind === 'service' && selection.name))
  const latest = useRef(moves)
  useEffect(() => {
    latest.current = moves
  })
  useEffect(() => {
    if (firstMatch !== undefined) latest.current.show(firstMatch)
  }, [firstMatch])
  useEffect(() => {
    if (chosenNode !== undefined) latest.current.reveal(chosenNode)
  }, [chosenNode, size])
  const events = useEvents({ svg, layout, graph, moves, onSelect, onFocused: setFocused })
  const { x, y, scale } = moves.viewport
  return (
    <>
      <svg
        ref={svg}
        className="map-svg"
        width={size.width}
        height={size.height}
        role="group"
        tabIndex={0}
        aria-label={`Map of ${layout.nodes.length} services and ${layout.edges.length} connections. Arrow keys move it, plus and minus zoom; Tab leads to the services. The table has the same.`}
        {...events}
        {...moves.pointer}
      >
        <g transform={`translate(${x} ${y}) scale(${scale})`}>
          <Shapes
            layout={layout}
            nodes={nodes}
            edges={edges}
            labels={labels}
            selection={selection}
            matches={matches}
            finding={find.trim() !== ''}
            focal={focal}
            current={current}
          />
        </g>
      </svg>
      <ZoomTools
        onZoom={moves.zoom}
        onFit={moves.fit}
        onSave={() => svg.current !== null && saveSvg(svg.current, layout)}
      />
      <p className="map-legend" aria-hidden="true">
        Thicker: more calls, by powers of ten. <span className="bad">Dashed</span>: 1 % or more with errors.
      </p>
    </>
  )
}

export function GraphPanel(props: Props) {
  const box = useRef<HTMLDivElement>(null)
  const size = useSize(box)
  const { labels, layout, error } = useLayout(props.graph)
  return (
    <div ref={box} className="map-canvas">
      {error !== undefined ? (
        <ErrorMessage error={error} />
      ) : layout === undefined || size === undefined ? (
        <Loading what="Drawing…" />
      ) : (
        <Drawing {...props} layout={layout} labels={labels} size={size} />
      )}
    </div>
  )
}
