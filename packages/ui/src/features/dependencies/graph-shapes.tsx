// The services and calls of a laid out graph as SVG. Made once for each layout and choice; moving and zooming never comes
// here.

import { memo } from 'react'
import { serviceColorVar } from '../../base/color.ts'
import { compactCount, counted, formatCount, formatShare } from '../../base/number.ts'
import { arrowHead, curvePath, edgeWidth, middleOf } from '../../graph/curve.ts'
import { LABEL_HEIGHT, NODE_HEIGHT, type GraphLayout, type PlacedEdge, type PlacedNode } from '../../graph/layout.ts'
import { errorShare, type DependencyEdge, type ServiceNode } from '../../graph/model.ts'
import type { Selection } from './url-state.ts'

/** From this many edges on only those of the chosen service have their numbers drawn. */
export const MANY_LABELS = 120

/** About the width of a letter of an edge's numbers. */
const LETTER_PX = 6.4
/** Share of errors from which on an edge is drawn as one that fails. */
const FAILING = 0.01

export function edgeLabel(edge: DependencyEdge): string {
  const share = edge.errorCount > 0 ? ` · ${formatShare(errorShare(edge))}` : ''
  return compactCount(edge.callCount) + share
}

export function edgeKey({ parent, child }: { readonly parent: string; readonly child: string }): string {
  return JSON.stringify([parent, child])
}

export interface ShapesProps {
  readonly layout: GraphLayout
  readonly nodes: ReadonlyMap<string, ServiceNode>
  readonly edges: ReadonlyMap<string, DependencyEdge>
  /** Names as they fit into their boxes. */
  readonly labels: ReadonlyMap<string, string>
  readonly selection: Selection | undefined
  /** Services that are found; empty where nothing is looked for. */
  readonly matches: ReadonlySet<string>
  readonly finding: boolean
  readonly focal: string
  /** The one service that Tab reaches. */
  readonly current: string
}

type Tone = 'plain' | 'near' | 'chosen' | 'faded'

function nodeTone({ selection, matches, finding, edges }: ShapesProps, name: string): Tone {
  if (finding) return matches.has(name) ? 'near' : 'faded'
  if (selection === undefined) return 'plain'
  if (selection.kind === 'calls') return name === selection.parent || name === selection.child ? 'near' : 'faded'
  if (name === selection.name) return 'chosen'
  const joined =
    edges.has(edgeKey({ parent: name, child: selection.name })) ||
    edges.has(edgeKey({ parent: selection.name, child: name }))
  return joined ? 'near' : 'faded'
}

function edgeTone({ selection, matches, finding }: ShapesProps, { parent, child }: PlacedEdge): Tone {
  if (selection?.kind === 'calls' && selection.parent === parent && selection.child === child) return 'chosen'
  if (finding) return matches.has(parent) || matches.has(child) ? 'plain' : 'faded'
  if (selection === undefined) return 'plain'
  if (selection.kind === 'calls') return 'faded'
  return parent === selection.name || child === selection.name ? 'near' : 'faded'
}

const Edge = memo(function Edge({ placed, edge, tone, labelled }: EdgeProps) {
  const width = edgeWidth(edge.callCount)
  const share = errorShare(edge)
  const middle = middleOf(placed.points)
  const path = curvePath(placed.points)
  const label = edgeLabel(edge)
  return (
    <g
      className={`map-edge ${tone} ${share >= FAILING ? 'failed' : ''}`}
      style={{ '--bad': `${share >= FAILING ? 60 + 40 * Math.min(1, share * 5) : 0}%` } as object}
      data-edge={edgeKey(edge)}
    >
      <title>
        {`${edge.parent} calls ${edge.child}: ${counted(edge.callCount, 'call')}, ` +
          `${formatCount(edge.errorCount)} with errors (${formatShare(share)})`}
      </title>
      <path className="map-line" d={path} strokeWidth={width} />
      <path className="map-head" d={arrowHead(placed.points, width)} />
      <path className="map-hit" d={path} />
      {labelled && (
        <>
          <rect
            className="map-plate"
            x={middle.x - (label.length * LETTER_PX) / 2}
            y={middle.y - LABEL_HEIGHT / 2}
            width={label.length * LETTER_PX}
            height={LABEL_HEIGHT}
          />
          <text className="map-number" x={middle.x} y={middle.y + LABEL_HEIGHT / 4}>
            {label}
          </text>
        </>
      )}
    </g>
  )
})

interface EdgeProps {
  readonly placed: PlacedEdge
  readonly edge: DependencyEdge
  readonly tone: Tone
  readonly labelled: boolean
}

interface NodeProps {
  readonly placed: PlacedNode
  readonly node: ServiceNode
  readonly label: string
  readonly tone: Tone
  readonly pressed: boolean
  readonly focal: boolean
  readonly reachable: boolean
}

const Node = memo(function Node({ placed, node, label, tone, pressed, focal, reachable }: NodeProps) {
  const name = node.name || '(no service)'
  const words =
    `${name}${label === name ? '' : `, shown as ${label}`}, called ${counted(node.callsIn, 'time')}` +
    `${node.errorsIn > 0 ? `, ${formatCount(node.errorsIn)} with errors` : ''}, calls others ${counted(node.callsOut, 'time')}`
  return (
    <g
      className={`map-node ${tone} ${focal ? 'focal' : ''}`}
      transform={`translate(${placed.x - placed.width / 2} ${placed.y - NODE_HEIGHT / 2})`}
      role="button"
      tabIndex={reachable ? 0 : -1}
      aria-pressed={pressed}
      aria-label={words}
      data-service={placed.name}
    >
      <title>{words}</title>
      <rect className="map-box" width={placed.width} height={NODE_HEIGHT} rx="4" />
      <rect width="5" height={NODE_HEIGHT} rx="2" style={{ fill: serviceColorVar(placed.name) }} />
      <text x="13" y={NODE_HEIGHT / 2 + 4}>
        {label}
      </text>
    </g>
  )
})

export const Shapes = memo(function Shapes(props: ShapesProps) {
  const { layout, nodes, edges, labels, selection, focal, current } = props
  const few = layout.edges.length <= MANY_LABELS
  return (
    <>
      {layout.edges.map((placed) => {
        const edge = edges.get(edgeKey(placed))
        const tone = edgeTone(props, placed)
        const labelled = tone === 'near' || tone === 'chosen' || (few && tone !== 'faded')
        return edge && <Edge key={edgeKey(placed)} placed={placed} edge={edge} tone={tone} labelled={labelled} />
      })}
      {layout.nodes.map((placed) => {
        const node = nodes.get(placed.name)
        return (
          node && (
            <Node
              key={placed.name}
              placed={placed}
              node={node}
              label={labels.get(placed.name) ?? placed.name}
              tone={nodeTone(props, placed.name)}
              pressed={selection?.kind === 'service' && selection.name === placed.name}
              focal={focal === placed.name}
              reachable={current === placed.name}
            />
          )
        )
      })}
    </>
  )
})
