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
import { Icon } from '../../widgets/icons.tsx'
import { ErrorMessage, Loading } from '../../widgets/message.tsx'
import { saveSvg } from './save-svg.ts'
import { edgeKey, Shapes } from './graph-shapes.tsx'
import type { MapState, Selection } from './url-state.ts'
import { useLayout } from './use-layout.ts'
import { useViewport, type Moves } from './use-viewport.ts'

interface Props {
  readonly graph: ServiceGraph
  readonly matches: ReadonlySet<string>
  readonly state: MapState
  readonly onSelect: (selection: Selection | undefined) => void
}

function useSize(box: RefObject<HTMLDivElement | null>): Size | undefined {
  const [size, setSize] = useState<Size>()
  useEffect(() => {
    const observer = new ResizeObserver(([entry]) => {
      const { width = 0, height = 0 } = entry?.contentRect ?? {}
      if (width > 0 && height > 0) setSize({ width: Math.floor(width), height: Math.floor(height) })
    })
    if (box.current !== null) observer.observe(box.current)
    return () => observer.disconnect()
  }, [box])
  return size
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

/** The nearest service in the direction of an arrow key. */
function neighbourAt(layout: GraphLayout, from: PlacedNode, key: string): PlacedNode | undefined {
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

/** What an event on the drawing is about. */
function targetOf(event: { target: EventTarget }, graph: ServiceGraph): Selection | undefined {
  const element = event.target instanceof Element ? event.target.closest('[data-service], [data-edge]') : null
  const service = element?.getAttribute('data-service')
  if (service !== null && service !== undefined) return { kind: 'service', name: service }
  const key = element?.getAttribute('data-edge')
  const edge = graph.edges.find((item) => edgeKey(item) === key)
  return edge && { kind: 'calls', parent: edge.parent, child: edge.child }
}

function Tools({ onZoom, onFit, onSave }: { onZoom: (factor: number) => void; onFit: () => void; onSave: () => void }) {
  return (
    <div className="map-tools">
      <button
        type="button"
        className="icon-button"
        aria-label="Zoom in"
        title="Zoom in (+)"
        onClick={() => onZoom(1.25)}
      >
        <Icon name="more" />
      </button>
      <button
        type="button"
        className="icon-button"
        aria-label="Zoom out"
        title="Zoom out (-)"
        onClick={() => onZoom(0.8)}
      >
        <Icon name="less" />
      </button>
      <button type="button" className="icon-button" aria-label="Show all" title="Show all (0)" onClick={onFit}>
        <Icon name="fit" />
      </button>
      <button type="button" className="icon-button" aria-label="Save as SVG" title="Save as SVG" onClick={onSave}>
        <Icon name="save" />
      </button>
    </div>
  )
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
      <Tools
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
