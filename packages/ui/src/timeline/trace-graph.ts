// The causal view of a trace: which span refers to which, as nodes and edges (OpenTracing: ChildOf and FollowsFrom, several
// parents, other traces). A node is a span, or where there are too many to draw, all spans of one path, operation or
// service. Pure; whatever the trace is like (cycles, missing parents), every span is in exactly one node.

import { LINK_CHILD_OF, LINK_FOLLOWS_FROM } from '@spoor/core/api/trace-columns'
import { SpanIdIndex } from './id-index.ts'
import {
  linkAt,
  MARK_CYCLE,
  MARK_ERROR,
  MARK_FOLLOWS,
  MARK_ORPHAN,
  parentIdAt,
  spanIdAt,
  type TraceLayout,
} from './layout.ts'

/** From fine to coarse. `paths`: the same operations from the root down, as in Jaeger's graph. */
export const GROUPINGS = ['spans', 'paths', 'operations', 'services'] as const
export type Grouping = (typeof GROUPINGS)[number]

export interface TraceNode {
  readonly key: string
  /** `missing`: a span that is named and not in the trace. `trace`: another trace. */
  readonly kind: 'spans' | 'missing' | 'trace'
  /** What stands on it; of the group, only what all its spans have in common. */
  readonly service: string
  readonly name: string
  /** Position of its first span, −1 where it has none. */
  readonly first: number
  readonly count: number
  readonly errors: number
  /** ns: sums over its spans. */
  readonly total: number
  readonly self: number
  /** References among its own spans. */
  readonly inner: number
  /** Ids of what is not in the trace; empty where the node stands for several. */
  readonly traceId: string
  readonly spanId: string
}

/** From what was referred to, to who referred to it: the way things happened. */
export interface TraceEdge {
  readonly from: string
  readonly to: string
  readonly childOf: number
  readonly followsFrom: number
  /** Links that do not say what they are. */
  readonly untyped: number
  /** Closes a circle; the timeline cuts it. */
  readonly cycle: boolean
}

export interface TraceGraph {
  readonly grouping: Grouping
  readonly nodes: readonly TraceNode[]
  readonly edges: readonly TraceEdge[]
  /** Number of the node of each position; nodes of spans stand first. */
  readonly nodeOf: Uint32Array
}

/** More traces than these are one node. */
const MAX_OTHER_TRACES = 12

interface Groups {
  readonly count: number
  readonly of: Uint32Array
}

function groupsOf(layout: TraceLayout, grouping: Grouping): Groups {
  const { count, service, name, parent, names } = layout
  const of = new Uint32Array(count)
  if (grouping === 'spans') {
    for (let i = 0; i < count; i++) of[i] = i
    return { count, of }
  }
  const numbers = new Map<number, number>()
  const perService = grouping === 'services' ? 1 : names.length
  for (let i = 0; i < count; i++) {
    const up = parent[i] ?? -1
    const own = (service[i] ?? 0) * perService + (grouping === 'services' ? 0 : (name[i] ?? 0))
    const above = grouping === 'paths' && up >= 0 ? (of[up] ?? 0) + 1 : 0
    const key = above * layout.services.length * perService + own
    let number = numbers.get(key)
    if (number === undefined) numbers.set(key, (number = numbers.size))
    of[i] = number
  }
  return { count: numbers.size, of }
}

export function nodeCount(layout: TraceLayout, grouping: Grouping): number {
  return grouping === 'spans' ? layout.count : groupsOf(layout, grouping).count
}

type Open<T> = { -readonly [K in keyof T]: T[K] }

class Builder {
  readonly layout: TraceLayout
  readonly groups: Groups
  readonly grouping: Grouping
  readonly nodes: Open<TraceNode>[] = []
  readonly #edges = new Map<string, Open<TraceEdge>>()
  readonly #outside = new Map<string, Open<TraceNode>>()
  #otherTraces = 0

  constructor(layout: TraceLayout, grouping: Grouping) {
    this.layout = layout
    this.grouping = grouping
    this.groups = groupsOf(layout, grouping)
  }

  addSpans(self: Float64Array): void {
    const { layout, groups, grouping } = this
    for (let i = 0; i < layout.count; i++) {
      const at = groups.of[i] ?? 0
      const service = layout.services[layout.service[i] ?? 0] ?? ''
      const name = grouping === 'services' ? '' : (layout.names[layout.name[i] ?? 0] ?? '')
      const key = grouping === 'spans' ? `${spanIdAt(layout, i)}/${i}` : `group ${at}`
      const node = (this.nodes[at] ??= { ...EMPTY_NODE, key, service, name, first: i })
      node.count++
      node.total += layout.duration[i] ?? 0
      node.self += self[i] ?? 0
      if (((layout.marks[i] ?? 0) & MARK_ERROR) !== 0) node.errors++
    }
  }

  addReferences(): void {
    const { layout } = this
    const index = new SpanIdIndex(layout.ids, layout.count)
    for (let i = 0; i < layout.count; i++) {
      const mark = layout.marks[i] ?? 0
      const up = layout.parent[i] ?? -1
      const kind = (mark & MARK_FOLLOWS) === 0 ? 'childOf' : 'followsFrom'
      if (up >= 0) this.#between(up, i, kind)
      else if ((mark & MARK_CYCLE) !== 0) this.#between(index.first(i * 16 + 8), i, kind, true)
      else if ((mark & MARK_ORPHAN) !== 0) this.#fromOutside('', parentIdAt(layout, i), i, kind)
      for (let link = layout.linkStart[i] ?? 0; link < (layout.linkStart[i + 1] ?? 0); link++) this.#link(link, i)
    }
  }

  #link(link: number, i: number): void {
    const { layout } = this
    const type = layout.linkKind[link]
    const kind = type === LINK_CHILD_OF ? 'childOf' : type === LINK_FOLLOWS_FROM ? 'followsFrom' : 'untyped'
    const target = layout.linkTarget[link] ?? -1
    if (target >= 0) return this.#between(target, i, kind)
    const { traceId, spanId } = linkAt(layout, link)
    this.#fromOutside(traceId === layout.traceId ? '' : traceId, spanId, i, kind)
  }

  #between(from: number, to: number, kind: EdgeKind, cycle = false): void {
    const [a, b] = [this.#nodeAt(from), this.#nodeAt(to)]
    if (a === b) b.inner++
    else this.#edge(a, b, kind, cycle)
  }

  /** `traceId` is empty for a span that this trace lacks. */
  #fromOutside(traceId: string, spanId: string, to: number, kind: EdgeKind): void {
    // In groups all missing spans are one node: nobody can tell what they were.
    const missing = this.grouping === 'spans' ? `missing ${spanId}` : 'missing'
    let key = traceId === '' ? missing : `trace ${traceId}`
    if (traceId !== '' && !this.#outside.has(key) && ++this.#otherTraces > MAX_OTHER_TRACES) key = 'traces'
    let node = this.#outside.get(key)
    if (node === undefined) {
      node = { ...EMPTY_NODE, key, kind: traceId === '' ? 'missing' : 'trace', traceId, spanId }
      if (key === 'traces') node.traceId = ''
      this.#outside.set(key, node)
      this.nodes.push(node)
    }
    if (node.spanId !== spanId) node.spanId = ''
    node.count++
    this.#edge(node, this.#nodeAt(to), kind, false)
  }

  #edge(from: TraceNode, to: TraceNode, kind: EdgeKind, cycle: boolean): void {
    const key = `${from.key}\n${to.key}`
    let edge = this.#edges.get(key)
    if (edge === undefined) {
      edge = { from: from.key, to: to.key, childOf: 0, followsFrom: 0, untyped: 0, cycle: false }
      this.#edges.set(key, edge)
    }
    edge[kind]++
    edge.cycle ||= cycle
  }

  #nodeAt(position: number): Open<TraceNode> {
    return this.nodes[this.groups.of[position] ?? 0] as Open<TraceNode>
  }

  done(): TraceGraph {
    const { nodes, grouping, groups } = this
    return { grouping, nodes, edges: [...this.#edges.values()], nodeOf: groups.of }
  }
}

type EdgeKind = 'childOf' | 'followsFrom' | 'untyped'

const EMPTY_NODE: TraceNode = {
  key: '',
  kind: 'spans',
  service: '',
  name: '',
  first: -1,
  count: 0,
  errors: 0,
  total: 0,
  self: 0,
  inner: 0,
  traceId: '',
  spanId: '',
}

/** `self`: of each position (self-time.ts). */
export function makeTraceGraph(layout: TraceLayout, grouping: Grouping, self: Float64Array): TraceGraph {
  const builder = new Builder(layout, grouping)
  builder.addSpans(self)
  builder.addReferences()
  return builder.done()
}

/** Up to how many nodes a grouping is taken by itself: beyond, the next coarser one says more. */
const USUAL_NODES: Readonly<Record<Grouping, number>> = { spans: 40, paths: 120, operations: 200, services: Infinity }
const USUAL_EDGES = 300

/** The finest grouping that a reader can take in; `wanted` where it can be drawn at all. */
export function chooseGraph(
  layout: TraceLayout,
  wanted: Grouping | undefined,
  self: Float64Array,
  most: { readonly nodes: number; readonly edges: number },
): TraceGraph {
  for (const grouping of GROUPINGS.slice(wanted === undefined ? 0 : GROUPINGS.indexOf(wanted))) {
    const limit = grouping === wanted ? most.nodes : USUAL_NODES[grouping]
    if (grouping !== 'services' && nodeCount(layout, grouping) > limit) continue
    const graph = makeTraceGraph(layout, grouping, self)
    if (grouping === 'services' || graph.edges.length <= (grouping === wanted ? most.edges : USUAL_EDGES)) return graph
  }
  return makeTraceGraph(layout, 'services', self)
}

/** Positions of a node's spans, longest first. */
export function spansOf(graph: TraceGraph, node: number, layout: TraceLayout): number[] {
  const found: number[] = []
  for (let i = 0; i < graph.nodeOf.length; i++) if (graph.nodeOf[i] === node) found.push(i)
  return found.sort((a, b) => (layout.duration[b] ?? 0) - (layout.duration[a] ?? 0) || a - b)
}
