// The causal view: what led to what, drawn. Choosing a node chooses its longest span; the strip below steps through others.

import {
  useCallback,
  useEffect,
  useMemo,
  useRef,
  useState,
  type FocusEvent,
  type KeyboardEvent,
  type MouseEvent,
  type RefObject,
} from 'react'
import { formatDuration } from '../../base/duration.ts'
import { counted, formatCount } from '../../base/number.ts'
import { MAX_DRAWN_EDGES, MAX_DRAWN_NODES, type GraphLayout, type PlacedNode } from '../../graph/layout.ts'
import type { Size } from '../../graph/viewport.ts'
import { spanIdAt, type TraceLayout } from '../../timeline/layout.ts'
import { selfTimes } from '../../timeline/self-time.ts'
import { chooseGraph, spansOf, type TraceGraph, type TraceNode } from '../../timeline/trace-graph.ts'
import { useGo } from '../../widgets/context.tsx'
import { Icon } from '../../widgets/icons.tsx'
import { tracePage, useLocalFile } from '../../widgets/local-trace.ts'
import { ErrorMessage, Loading, Message } from '../../widgets/message.tsx'
import { neighbourAt } from '../graph-view/neighbour.ts'
import { saveSvg } from '../graph-view/save-svg.ts'
import { useSize } from '../graph-view/use-size.ts'
import { useViewport, type Moves } from '../graph-view/use-viewport.ts'
import { ZoomTools } from '../graph-view/zoom-tools.tsx'
import { Shapes } from './graph-shapes.tsx'
import { COLOUR_WORDS, GROUPING_WORDS } from './graph-tools.tsx'
import type { Colour, GraphState } from './url-state.ts'
import { edgeKey, isTooLarge, useGraphLayout, type NodeText } from './use-graph-layout.ts'

const MOST = { nodes: MAX_DRAWN_NODES, edges: MAX_DRAWN_EDGES }

interface Props {
  readonly layout: TraceLayout
  readonly state: GraphState
  /** Positions of the spans that are found. */
  readonly matches: Uint32Array
  readonly finding: boolean
  /** Position of the selected span, −1 for none. */
  readonly selected: number
  /** Gets the keys of the page while the graph is shown. */
  readonly keysRef: RefObject<((key: string) => boolean) | undefined>
  readonly onSelect: (position: number) => void
}

interface EventsOf {
  readonly svg: RefObject<SVGSVGElement | null>
  readonly placed: GraphLayout
  readonly moves: Moves
  readonly nodes: ReadonlyMap<string, TraceNode>
  readonly onChoose: (node: TraceNode) => void
  readonly onFocused: (key: string) => void
}

/** Choosing by click and key, and keys that move. */
function useEvents({ svg, placed, moves, nodes, onChoose, onFocused }: EventsOf) {
  const keyOf = (event: { target: EventTarget }): string =>
    (event.target instanceof Element ? event.target.closest('[data-node]') : null)?.getAttribute('data-node') ?? ''
  const placeOf = (key: string): PlacedNode | undefined => placed.nodes.find(({ name }) => name === key)
  const onClick = (event: MouseEvent): void => {
    const node = nodes.get(keyOf(event))
    if (moves.moved()) event.preventDefault()
    else if (node !== undefined) {
      const plain = event.button === 0 && !event.metaKey && !event.ctrlKey && !event.shiftKey && !event.altKey
      if (node.kind === 'trace' && !plain) return
      event.preventDefault()
      // The details take room beside the drawing, which must not jump under the mouse.
      moves.touch()
      onChoose(node)
    }
  }
  const onKeyDown = (event: KeyboardEvent): void => {
    if (event.ctrlKey || event.metaKey || event.altKey) return
    const node = nodes.get(keyOf(event))
    const place = node && placeOf(node.key)
    if (place !== undefined && node !== undefined && (event.key === 'Enter' || event.key === ' ')) onChoose(node)
    else if (place !== undefined && event.key.startsWith('Arrow')) {
      const next = neighbourAt(placed, place, event.key)
      if (next === undefined) return
      svg.current?.querySelector<SVGElement>(`[data-node="${CSS.escape(next.name)}"]`)?.focus()
    } else if (!moves.key(event.key)) return
    event.preventDefault()
  }
  const onFocus = (event: FocusEvent): void => {
    const place = placeOf(keyOf(event))
    if (place === undefined) return
    onFocused(place.name)
    // By mouse it is where the reader just clicked.
    if (event.target.matches(':focus-visible')) moves.reveal(place)
  }
  return { onClick, onKeyDown, onFocus }
}

interface DrawingProps extends Props {
  readonly graph: TraceGraph
  readonly placed: GraphLayout
  readonly texts: ReadonlyMap<string, NodeText>
  readonly size: Size
}

/** Brings what is chosen and the first that is found into sight. */
function useReveal(moves: Moves, chosen: PlacedNode | undefined, found: PlacedNode | undefined): void {
  const latest = useRef(moves)
  useEffect(() => {
    latest.current = moves
  })
  useEffect(() => {
    if (found !== undefined) latest.current.reveal(found)
  }, [found])
  useEffect(() => {
    if (chosen !== undefined) latest.current.reveal(chosen)
  }, [chosen])
}

/** Address of the trace that a node stands for; empty where it is none, or several. */
function usePages(): (node: TraceNode) => string {
  const file = useLocalFile()
  return useCallback(
    ({ kind, traceId, spanId }) =>
      kind === 'trace' && traceId !== '' ? tracePage(traceId, file, { uiFind: spanId }) : '',
    [file],
  )
}

function Drawing(props: DrawingProps) {
  const { graph, placed, texts, size, layout, state, finding, selected, keysRef, onSelect } = props
  const go = useGo()
  const pageOf = usePages()
  const svg = useRef<SVGSVGElement>(null)
  const [focused, setFocused] = useState('')
  const nodes = useMemo(() => new Map(graph.nodes.map((node) => [node.key, node])), [graph])
  const edges = useMemo(() => new Map(graph.edges.map((edge) => [edgeKey(edge), edge])), [graph])
  const matches = useMemo(
    () => new Set([...props.matches].map((position) => graph.nodes[graph.nodeOf[position] ?? 0]?.key ?? '')),
    [graph, props.matches],
  )
  const chosen = selected < 0 ? '' : (graph.nodes[graph.nodeOf[selected] ?? 0]?.key ?? '')
  const placeOf = (key: string): PlacedNode | undefined => placed.nodes.find(({ name }) => name === key)
  const first = placed.nodes.find(({ name }) => matches.has(name))
  const moves = useViewport(svg, placed, size, placeOf(chosen) ?? first ?? placed.nodes[0] ?? { x: 0, y: 0 })
  useReveal(moves, placeOf(chosen), first)
  useEffect(() => {
    keysRef.current = moves.key
    return () => void (keysRef.current = undefined)
  })
  const onChoose = (node: TraceNode): void => {
    const page = pageOf(node)
    const [longest] = node.kind === 'spans' ? spansOf(graph, graph.nodes.indexOf(node), layout) : []
    if (page !== '') go(page)
    else if (longest !== undefined) onSelect(longest)
  }
  const events = useEvents({ svg, placed, moves, nodes, onChoose, onFocused: setFocused })
  const current = [focused, chosen].find((key) => nodes.has(key)) ?? placed.nodes[0]?.name ?? ''
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
        aria-label={`Graph of the trace: ${counted(placed.nodes.length, 'node')}, ${counted(placed.edges.length, 'edge')}. Arrow keys move it, plus and minus zoom; Tab leads to the nodes. The timeline has the same spans.`}
        {...events}
        {...moves.pointer}
      >
        <g transform={`translate(${x} ${y}) scale(${scale})`}>
          <Shapes
            layout={placed}
            nodes={nodes}
            edges={edges}
            texts={texts}
            colour={state.colour}
            chosen={chosen}
            matches={matches}
            finding={finding}
            current={current}
            pageOf={pageOf}
          />
        </g>
      </svg>
      <ZoomTools
        onZoom={moves.zoom}
        onFit={moves.fit}
        onSave={() => svg.current !== null && saveSvg(svg.current, placed, `trace-${layout.traceId}`)}
      />
    </>
  )
}

const KINDS = [
  ['child-of', 'ChildOf'],
  ['follows-from', 'FollowsFrom'],
  ['untyped', 'link'],
] as const

/** Only what is there is explained. */
function Legend({ graph, colour }: { graph: TraceGraph; colour: Colour }) {
  const has = {
    'child-of': graph.edges.some((edge) => edge.childOf > 0),
    'follows-from': graph.edges.some((edge) => edge.followsFrom > 0),
    untyped: graph.edges.some((edge) => edge.untyped > 0),
  }
  const missing = graph.nodes.some((node) => node.kind === 'missing')
  const cycle = graph.edges.some((edge) => edge.cycle)
  return (
    <p className="tg-legend">
      <span>Nodes: {GROUPING_WORDS[graph.grouping].toLowerCase()}</span>
      {KINDS.filter(([kind]) => has[kind]).map(([kind, word]) => (
        <span key={kind}>
          <svg width="26" height="8" aria-hidden="true">
            <path className={`tg-line ${kind}`} d="M0 4H26" strokeWidth={WIDE} />
          </svg>
          {word}
        </span>
      ))}
      {colour !== 'service' && <span>Stronger colour: more {COLOUR_WORDS[colour].toLowerCase()}</span>}
      {missing && <span>Dotted: a parent that is not in this trace</span>}
      {cycle && <span className="warn">Parents form a circle</span>}
    </p>
  )
}

const WIDE = 1.5

/** The spans of the chosen node, one after another. */
function Strip({
  graph,
  layout,
  selected,
  onSelect,
}: Pick<DrawingProps, 'graph' | 'layout' | 'selected' | 'onSelect'>) {
  const at = selected < 0 ? -1 : (graph.nodeOf[selected] ?? -1)
  const node = graph.nodes[at]
  const members = useMemo(() => (at < 0 ? [] : spansOf(graph, at, layout)), [graph, at, layout])
  if (node === undefined || members.length < 2) return null
  const place = members.indexOf(selected)
  const step = (by: number): void => onSelect(members[(place + by + members.length) % members.length] ?? selected)
  return (
    <div className="tg-strip" role="group" aria-label="Spans of this node">
      <button type="button" className="icon-button" aria-label="Previous span" onClick={() => step(-1)}>
        <Icon name="up" />
      </button>
      <button type="button" className="icon-button" aria-label="Next span" onClick={() => step(1)}>
        <Icon name="down" />
      </button>
      <p>
        <b>
          Span {formatCount(place + 1)} of {formatCount(members.length)}
        </b>
        , longest first: {formatDuration(layout.duration[selected] ?? 0)} <code>{spanIdAt(layout, selected)}</code> ·
        together {formatDuration(node.total)}, {formatDuration(node.self)} themselves
        {node.errors > 0 && <span className="bad">, {counted(node.errors, 'error')}</span>}
      </p>
    </div>
  )
}

export function GraphPanel(props: Props) {
  const { layout: trace, state } = props
  const box = useRef<HTMLDivElement>(null)
  const size = useSize(box)
  const self = useMemo(() => selfTimes(trace), [trace])
  const graph = useMemo(() => chooseGraph(trace, state.grouping, self, MOST), [trace, state.grouping, self])
  const { texts, layout: placed, error } = useGraphLayout(graph, state.colour)
  return (
    <div className="tg">
      <div ref={box} className="map-canvas">
        {isTooLarge(graph) ? (
          <Message title="Too large to draw">
            <p>
              Even by service there are {formatCount(graph.nodes.length)} nodes and {formatCount(graph.edges.length)}{' '}
              edges. The timeline shows them all.
            </p>
          </Message>
        ) : error !== undefined ? (
          <ErrorMessage error={error} />
        ) : placed === undefined || size === undefined ? (
          <Loading what="Drawing…" />
        ) : (
          <Drawing {...props} graph={graph} placed={placed} texts={texts} size={size} />
        )}
      </div>
      <Legend graph={graph} colour={state.colour} />
      <Strip {...props} graph={graph} />
    </div>
  )
}
