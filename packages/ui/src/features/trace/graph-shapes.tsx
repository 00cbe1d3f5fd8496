// The spans and references of a laid out graph as SVG. Made once for each layout and choice; moving and zooming never
// comes here.

import { memo } from 'react'
import { basePath } from '../../base/base-path.ts'
import { serviceColorVar } from '../../base/color.ts'
import { formatDuration } from '../../base/duration.ts'
import { counted, formatCount } from '../../base/number.ts'
import { arrowHead, curvePath, middleOf } from '../../graph/curve.ts'
import type { GraphLayout, PlacedEdge, PlacedNode } from '../../graph/layout.ts'
import type { TraceEdge, TraceNode } from '../../timeline/trace-graph.ts'
import type { Colour } from './url-state.ts'
import { edgeKey, edgeText, SPAN_HEIGHT, titleOf, type NodeText } from './use-graph-layout.ts'

export interface ShapesProps {
  readonly layout: GraphLayout
  readonly nodes: ReadonlyMap<string, TraceNode>
  readonly edges: ReadonlyMap<string, TraceEdge>
  readonly texts: ReadonlyMap<string, NodeText>
  readonly colour: Colour
  /** Key of the node with the selected span; empty for none. */
  readonly chosen: string
  readonly matches: ReadonlySet<string>
  readonly finding: boolean
  /** The one node that Tab reaches. */
  readonly current: string
  /** Address of another trace's page. */
  readonly pageOf: (node: TraceNode) => string
}

const WIDTH = 1.3

function kindsOf({ childOf, followsFrom, untyped }: TraceEdge): string[] {
  return [
    ...(childOf > 0 ? ['child-of'] : []),
    ...(followsFrom > 0 ? ['follows-from'] : []),
    ...(untyped > 0 ? ['untyped'] : []),
  ]
}

function edgeWords(edge: TraceEdge, from: TraceNode | undefined, to: TraceNode | undefined): string {
  const kinds = [
    [edge.childOf, 'ChildOf'],
    [edge.followsFrom, 'FollowsFrom'],
    [edge.untyped, 'Link'],
  ] as const
  const words = kinds.filter(([count]) => count > 0).map(([count, kind]) => `${formatCount(count)} ${kind}`)
  const ends = `${from === undefined ? '' : titleOf(from)} → ${to === undefined ? '' : titleOf(to)}`
  return `${ends}: ${words.join(', ')}${edge.cycle ? '; closes a circle' : ''}`
}

interface EdgeProps {
  readonly placed: PlacedEdge
  readonly edge: TraceEdge
  readonly words: string
  readonly outside: string
  readonly tone: string
}

const Edge = memo(function Edge({ placed, edge, words, outside, tone }: EdgeProps) {
  const path = curvePath(placed.points)
  const middle = middleOf(placed.points)
  const kinds = kindsOf(edge)
  return (
    <g
      className={`tg-edge ${tone} ${outside} ${edge.cycle ? 'cycle' : ''}`}
      data-edge={`${edge.from} ${edge.to}`}
      data-kinds={kinds.join(' ')}
    >
      <title>{words}</title>
      {kinds.map((kind, i) => (
        <path
          key={kind}
          className={`tg-line ${kind}`}
          d={path}
          strokeWidth={WIDTH}
          transform={`translate(0 ${i * 4})`}
        />
      ))}
      <path className="tg-head" d={arrowHead(placed.points, WIDTH)} />
      <path className="map-hit" d={path} />
      {edgeText(edge) !== '' && (
        <text className="tg-number" x={middle.x} y={middle.y + 4}>
          {edgeText(edge)}
        </text>
      )}
    </g>
  )
})

function nodeWords(node: TraceNode): string {
  if (node.kind === 'missing') {
    return `${titleOf(node)}: not in this trace${node.spanId === '' ? '' : `, span ${node.spanId}`}`
  }
  if (node.kind === 'trace') return node.traceId === '' ? titleOf(node) : `Open ${titleOf(node)}, span ${node.spanId}`
  const words = [
    `${node.service || '(no service)'}${node.name === '' ? '' : `: ${node.name}`}`,
    counted(node.count, 'span'),
    `${formatDuration(node.total)} in all, ${formatDuration(node.self)} itself`,
  ]
  if (node.errors > 0) words.push(counted(node.errors, 'error'))
  if (node.inner > 0) words.push(`${counted(node.inner, 'reference')} among its own`)
  return words.join(', ')
}

interface NodeProps {
  readonly placed: PlacedNode
  readonly node: TraceNode
  readonly text: NodeText
  readonly tone: string
  readonly chosen: boolean
  readonly reachable: boolean
  /** 0 … 1 of the hottest node; undefined where services colour the nodes. */
  readonly heat: number | undefined
  readonly page: string
}

function Body({ placed, node, text, heat }: Pick<NodeProps, 'placed' | 'node' | 'text' | 'heat'>) {
  const { width } = placed
  return (
    <>
      <title>{nodeWords(node)}</title>
      <rect
        className="tg-box"
        width={width}
        height={SPAN_HEIGHT}
        rx="4"
        style={heat === undefined ? undefined : ({ '--heat': `${Math.round(heat * 55)}%` } as object)}
      />
      {node.kind === 'spans' && (
        <rect width="5" height={SPAN_HEIGHT} rx="2" style={{ fill: serviceColorVar(node.service) }} />
      )}
      <text aria-hidden="true" className="tg-title" x="13" y="18">
        {text.title}
      </text>{' '}
      <text aria-hidden="true" className="tg-facts" x="13" y="34">
        {text.facts}
      </text>
      {node.errors > 0 && (
        <g className="tg-error" aria-hidden="true" transform={`translate(${width - 4} 4)`}>
          <circle r="8" />
          <path d="M0-4.5V1M0 4V3.9" />
        </g>
      )}
    </>
  )
}

/** A node of very many spans is not red for one of them: the mark on it says so. */
const FAILING = 0.05

function isFailing({ errors, count }: TraceNode): boolean {
  return errors > 0 && errors >= count * FAILING
}

const Node = memo(function Node({ placed, node, text, tone, chosen, reachable, heat, page }: NodeProps) {
  const place = `translate(${placed.x - placed.width / 2} ${placed.y - SPAN_HEIGHT / 2})`
  const className = `tg-node ${node.kind} ${tone} ${isFailing(node) ? 'failed' : ''} ${chosen ? 'chosen' : ''}`
  // Begins with what stands on it, for those who speak to their browser (WCAG 2.5.3).
  const label = `${text.title} ${text.facts}, ${nodeWords(node)}`
  const shared = { className, transform: place, 'data-node': node.key, 'aria-label': label }
  const body = <Body placed={placed} node={node} text={text} heat={heat} />
  if (page !== '') {
    return (
      <a href={basePath() + page.slice(1)} tabIndex={reachable ? 0 : -1} {...shared}>
        {body}
      </a>
    )
  }
  if (node.kind !== 'spans') {
    return (
      <g role="img" tabIndex={reachable ? 0 : -1} {...shared}>
        {body}
      </g>
    )
  }
  return (
    <g role="button" tabIndex={reachable ? 0 : -1} aria-pressed={chosen} {...shared}>
      {body}
    </g>
  )
})

/** The value that colours nodes, over the largest of them. */
function heats(nodes: ReadonlyMap<string, TraceNode>, colour: Colour): (node: TraceNode) => number | undefined {
  if (colour === 'service') return () => undefined
  const value = (node: TraceNode): number => (colour === 'time' ? node.total : node.self)
  let most = 1
  for (const node of nodes.values()) most = Math.max(most, value(node))
  return (node) => (node.kind === 'spans' ? value(node) / most : undefined)
}

export const Shapes = memo(function Shapes(props: ShapesProps) {
  const { layout, nodes, edges, texts, colour, chosen, matches, finding, current, pageOf } = props
  const heat = heats(nodes, colour)
  const tone = (...keys: string[]): string => (!finding || keys.some((key) => matches.has(key)) ? '' : 'faded')
  return (
    <>
      {layout.edges.map((placed) => {
        const edge = edges.get(edgeKey({ from: placed.parent, to: placed.child }))
        if (edge === undefined) return null
        const [from, to] = [nodes.get(edge.from), nodes.get(edge.to)]
        const near = chosen !== '' && (edge.from === chosen || edge.to === chosen) ? 'near' : ''
        return (
          <Edge
            key={edgeKey(edge)}
            placed={placed}
            edge={edge}
            words={edgeWords(edge, from, to)}
            outside={from?.kind === 'spans' ? '' : (from?.kind ?? '')}
            tone={`${tone(edge.from, edge.to)} ${near}`}
          />
        )
      })}
      {layout.nodes.map((placed) => {
        const node = nodes.get(placed.name)
        if (node === undefined) return null
        return (
          <Node
            key={placed.name}
            placed={placed}
            node={node}
            text={texts.get(placed.name) ?? { title: '', facts: '' }}
            tone={tone(placed.name)}
            chosen={placed.name === chosen}
            reachable={placed.name === current}
            heat={heat(node)}
            page={pageOf(node)}
          />
        )
      })}
    </>
  )
})
