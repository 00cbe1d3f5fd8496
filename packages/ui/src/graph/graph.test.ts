// The parts of a graph, the layout, lines and the viewport: pure functions.

import { describe, expect, test } from 'vitest'
import { arrowHead, curvePath, edgeWidth, middleOf } from './curve.ts'
import { layOutGraph } from './lay-out-graph.ts'
import { NODE_HEIGHT, type GraphLayout } from './layout.ts'
import { atLeast, errorShare, makeGraph, matchingServices, neighbourhood, type DependencyEdge } from './model.ts'
import { centre, fit, isInside, pan, start, zoomAt } from './viewport.ts'

function edge(parent: string, child: string, callCount = 10, errorCount = 0): DependencyEdge {
  return { parent, child, callCount, errorCount }
}

const names = (graph: { nodes: readonly { name: string }[] }): string[] => graph.nodes.map(({ name }) => name)

describe('the model', () => {
  const graph = makeGraph([
    edge('web', 'api', 100, 5),
    edge('api', 'db', 50),
    edge('batch', 'db', 7),
    edge('db', 'disk', 1),
    edge('disk', 'web', 2, 2),
  ])

  test('sums calls on both sides of every service', () => {
    expect(names(graph)).toEqual(['api', 'batch', 'db', 'disk', 'web'])
    expect(graph.nodes.find(({ name }) => name === 'db')).toEqual({
      name: 'db',
      callsIn: 57,
      errorsIn: 0,
      callsOut: 1,
      errorsOut: 0,
    })
    expect(graph.nodes.find(({ name }) => name === 'web')).toMatchObject({ callsIn: 2, errorsIn: 2, errorsOut: 5 })
  })

  test('neighbours go along the calls, up and down, and not sideways', () => {
    expect(names(neighbourhood(graph, 'api', 1))).toEqual(['api', 'db', 'web'])
    expect(names(neighbourhood(graph, 'api', 2))).toEqual(['api', 'db', 'disk', 'web'])
    expect(names(neighbourhood(graph, 'batch', 9))).toEqual(['api', 'batch', 'db', 'disk', 'web'])
    expect(neighbourhood(graph, 'api', 2).edges.map(({ parent, child }) => `${parent} ${child}`)).toEqual([
      'web api',
      'api db',
      'db disk',
      'disk web',
    ])
  })

  test('a threshold hides calls and who has none left', () => {
    expect(names(atLeast(graph, 50, ''))).toEqual(['api', 'db', 'web'])
    expect(names(atLeast(graph, 50, 'disk'))).toEqual(['api', 'db', 'disk', 'web'])
    expect(atLeast(graph, 1, '')).toBe(graph)
  })

  test('finds services by all words, in any case', () => {
    const shops = makeGraph([edge('Shop Cart', 'shop-db')])
    expect([...matchingServices(shops, 'SHOP')]).toEqual(['Shop Cart', 'shop-db'])
    expect([...matchingServices(shops, ' cart shop ')]).toEqual(['Shop Cart'])
    expect([...matchingServices(shops, ' ')]).toEqual([])
  })

  test('an error share is never over one, nor not a number', () => {
    expect([
      errorShare(edge('a', 'b', 0, 0)),
      errorShare(edge('a', 'b', 4, 1)),
      errorShare(edge('a', 'b', 4, 9)),
    ]).toEqual([0, 0.25, 1])
  })
})

function layOut(edges: readonly DependencyEdge[], window = { width: 1600, height: 800 }): GraphLayout {
  const graph = makeGraph(edges)
  return layOutGraph({
    window,
    nodes: graph.nodes.map(({ name }) => ({ name, width: 80 })),
    edges: edges.map(({ parent, child }) => ({ parent, child, label: 40 })),
  })
}

describe('the layout', () => {
  test('places every service and every call, callers first, and no box on another', () => {
    const edges = [edge('a', 'b'), edge('b', 'c'), edge('a', 'c'), edge('c', 'd'), edge('x', 'c')]
    const layout = layOut(edges)
    const at = new Map(layout.nodes.map((node) => [node.name, node]))
    expect(layout.edges.map(({ parent, child }) => [parent, child])).toEqual(
      edges.map(({ parent, child }) => [parent, child]),
    )
    for (const { parent, child } of edges) expect(at.get(parent)?.x, parent).toBeLessThan(at.get(child)?.x ?? 0)
    for (const a of layout.nodes)
      for (const b of layout.nodes) {
        const apart = a === b || Math.abs(a.x - b.x) >= (a.width + b.width) / 2 || Math.abs(a.y - b.y) >= NODE_HEIGHT
        expect(apart, `${a.name} ${b.name}`).toBe(true)
      }
    for (const { points } of layout.edges)
      for (const { x, y } of points) {
        expect(x).toBeGreaterThanOrEqual(0)
        expect(x).toBeLessThanOrEqual(layout.width)
        expect(y).toBeLessThanOrEqual(layout.height)
      }
  })

  test('cycles, names that objects have by themselves, and the empty name', () => {
    const edges = [edge('__proto__', 'constructor'), edge('constructor', '__proto__'), edge('', 'toString')]
    const layout = layOut(edges)
    expect(layout.nodes.map(({ name }) => name).toSorted()).toEqual(['', '__proto__', 'constructor', 'toString'])
    expect(layout.edges.length).toBe(3)
    for (const { x, y } of layout.nodes) expect(Number.isFinite(x + y)).toBe(true)
  })

  test('a chain goes down where the window is narrow', () => {
    const chain = Array.from({ length: 12 }, (_, i) => edge(`s${i}`, `s${i + 1}`))
    expect(layOut(chain, { width: 1600, height: 800 }).width).toBeGreaterThan(1000)
    expect(layOut(chain, { width: 390, height: 800 }).width).toBeLessThan(300)
  })
})

describe('lines', () => {
  const points = [
    { x: 0, y: 0 },
    { x: 10, y: 10 },
    { x: 20, y: 0 },
  ]

  test('begin and end at the ends, and the label is on them', () => {
    expect(curvePath(points)).toBe('M0 0Q10 10 20 0')
    expect(middleOf(points)).toEqual({ x: 10, y: 5 })
    expect(curvePath(points.slice(0, 2))).toBe('M0 0L10 10')
    expect(curvePath([])).toBe('')
    expect(middleOf(points.slice(0, 2))).toEqual({ x: 5, y: 5 })
  })

  test('an arrow points along the last part, also where it has no length', () => {
    expect(
      arrowHead(
        [
          { x: 0, y: 0 },
          { x: 10, y: 0 },
        ],
        2,
      ),
    ).toBe('M10 0L2 4L2 -4Z')
    expect(
      arrowHead(
        [
          { x: 1, y: 1 },
          { x: 1, y: 1 },
        ],
        2,
      ),
    ).not.toContain('NaN')
  })

  test('are thicker by a step for each power of ten, within bounds', () => {
    expect(edgeWidth(0)).toBe(1)
    expect(edgeWidth(1000) - edgeWidth(100)).toBeCloseTo(0.8)
    expect(edgeWidth(1e12)).toBe(6)
  })
})

describe('the viewport', () => {
  const drawing = { width: 1000, height: 500 }
  const window = { width: 500, height: 500 }

  test('fits, and begins readable where a fit would be too small', () => {
    const whole = fit(drawing, window)
    expect(whole.x * 2 + drawing.width * whole.scale).toBeCloseTo(window.width)
    const begun = start(drawing, window, { x: 900, y: 250 })
    expect(begun.scale).toBe(0.8)
    expect(isInside(begun, window, { x: 900, y: 250 })).toBe(true)
    expect(isInside(begun, window, { x: 10, y: 250 })).toBe(false)
    expect(start({ width: 10, height: 10 }, window, { x: 0, y: 0 }).scale).toBe(1.25)
  })

  test('zooms around a point that stays', () => {
    const before = fit(drawing, window)
    const after = zoomAt(before, 2, { x: 120, y: 80 })
    const under = (view: { x: number; scale: number }): number => (120 - view.x) / view.scale
    expect(under(after)).toBeCloseTo(under(before))
    expect(zoomAt(before, 1e9, { x: 0, y: 0 }).scale).toBe(3)
    expect(zoomAt(before, 1e-9, { x: 0, y: 0 }).scale).toBe(0.04)
  })

  test('never moves everything out of sight', () => {
    const moved = pan(fit(drawing, window), 1e6, -1e6, drawing, window)
    expect(moved.x).toBeLessThan(window.width)
    expect(moved.y + drawing.height * moved.scale).toBeGreaterThan(0)
    expect(isInside(centre(moved, drawing, window, { x: 0, y: 0 }), window, { x: 0, y: 0 })).toBe(true)
  })
})
