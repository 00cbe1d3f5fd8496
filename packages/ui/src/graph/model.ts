// Services and their calls as a graph, and the parts of it that a reader asks for. Pure; knows no drawing.

import type { DependencyEdge } from '@spoor/core/api/dependencies'

export type { DependencyEdge } from '@spoor/core/api/dependencies'

export interface ServiceNode {
  readonly name: string
  /** Calls that it answers and that it makes, over all edges of the graph it was made from. */
  readonly callsIn: number
  readonly errorsIn: number
  readonly callsOut: number
  readonly errorsOut: number
}

export interface ServiceGraph {
  /** By name. */
  readonly nodes: readonly ServiceNode[]
  readonly edges: readonly DependencyEdge[]
}

export function makeGraph(edges: readonly DependencyEdge[]): ServiceGraph {
  const nodes = new Map<string, { -readonly [K in keyof ServiceNode]: ServiceNode[K] }>()
  const node = (name: string) => {
    const known = nodes.get(name) ?? { name, callsIn: 0, errorsIn: 0, callsOut: 0, errorsOut: 0 }
    nodes.set(name, known)
    return known
  }
  for (const { parent, child, callCount, errorCount } of edges) {
    const [from, to] = [node(parent), node(child)]
    from.callsOut += callCount
    from.errorsOut += errorCount
    to.callsIn += callCount
    to.errorsIn += errorCount
  }
  return { nodes: [...nodes.values()].toSorted((a, b) => (a.name < b.name ? -1 : 1)), edges }
}

/** Names that are reached from `start` in up to `hops` steps, `start` included. */
function reached(start: string, hops: number, next: ReadonlyMap<string, readonly string[]>): Set<string> {
  const seen = new Set([start])
  let rim = [start]
  for (let hop = 0; hop < hops && rim.length > 0; hop++) {
    const further: string[] = []
    for (const name of rim) {
      for (const other of next.get(name) ?? []) {
        if (seen.has(other)) continue
        seen.add(other)
        further.push(other)
      }
    }
    rim = further
  }
  return seen
}

/**
 * The service with those that it calls and those that call it, up to `hops` calls away in each direction, and every call
 * among them. Callers of what it calls stay out: a database that everybody uses would bring everybody. The numbers of
 * the nodes stay those of the whole graph.
 */
export function neighbourhood(graph: ServiceGraph, focal: string, hops: number): ServiceGraph {
  const callees = new Map<string, string[]>()
  const callers = new Map<string, string[]>()
  const put = (map: Map<string, string[]>, key: string, value: string): void => {
    const list = map.get(key)
    if (list === undefined) map.set(key, [value])
    else list.push(value)
  }
  for (const { parent, child } of graph.edges) {
    put(callees, parent, child)
    put(callers, child, parent)
  }
  const kept = new Set([...reached(focal, hops, callees), ...reached(focal, hops, callers)])
  return {
    nodes: graph.nodes.filter(({ name }) => kept.has(name)),
    edges: graph.edges.filter(({ parent, child }) => kept.has(parent) && kept.has(child)),
  }
}

/** Without edges of fewer calls, and without services that have none left, but for `keep`. */
export function atLeast(graph: ServiceGraph, calls: number, keep: string): ServiceGraph {
  if (calls <= 1) return graph
  const edges = graph.edges.filter(({ callCount }) => callCount >= calls)
  const names = new Set(edges.flatMap(({ parent, child }) => [parent, child]))
  return { nodes: graph.nodes.filter(({ name }) => name === keep || names.has(name)), edges }
}

export function errorShare({ callCount, errorCount }: { callCount: number; errorCount: number }): number {
  return callCount > 0 ? Math.min(1, errorCount / callCount) : 0
}

/** Services whose name holds every word of the text, in any case. Empty for an empty text. */
export function matchingServices(graph: ServiceGraph, text: string): ReadonlySet<string> {
  const words = text
    .toLowerCase()
    .split(/\s+/)
    .filter((word) => word !== '')
  if (words.length === 0) return new Set()
  const fits = (name: string): boolean => words.every((word) => name.toLowerCase().includes(word))
  return new Set(graph.nodes.flatMap(({ name }) => (fits(name) ? [name] : [])))
}
