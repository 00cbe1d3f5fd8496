// The causal view: references as edges, groups, what is missing; and time that spans spent themselves against a slow sum.

import {
  FLAG_ERROR,
  LINK_CHILD_OF,
  LINK_FOLLOWS_FROM,
  LINK_UNTYPED,
  type TraceColumns,
} from '@spoor/core/api/trace-columns'
import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { MARK_FOLLOWS, MARK_LINKS, type TraceLayout } from './layout.ts'
import { selfTimes } from './self-time.ts'
import { chooseGraph, GROUPINGS, makeTraceGraph, spansOf, type TraceGraph } from './trace-graph.ts'
import { layOut } from './tree.ts'

interface Link {
  trace: number
  id: number
  kind: number
}

interface Input {
  id: number
  parent: number // 0 = none
  service?: string
  name?: string
  start?: number
  duration?: number
  error?: boolean
  links?: Link[]
}

const OWN = 7 // the trace's id

function lay(...spans: Input[]): TraceLayout {
  const n = spans.length
  const services = [...new Set(spans.map((span) => span.service ?? 'a'))]
  const names = [...new Set(spans.map((span) => span.name ?? 'get'))]
  const links = spans.flatMap((span) => span.links ?? [])
  const ids = new DataView(new ArrayBuffer(n * 16))
  const linkIds = new DataView(new ArrayBuffer(links.length * 24))
  const linkStart = new Uint32Array(n + 1)
  spans.forEach((span, row) => {
    ids.setUint32(row * 16 + 4, span.id)
    ids.setUint32(row * 16 + 12, span.parent)
    linkStart[row + 1] = (linkStart[row] ?? 0) + (span.links?.length ?? 0)
  })
  links.forEach((link, i) => {
    linkIds.setUint32(i * 24 + 12, link.trace)
    linkIds.setUint32(i * 24 + 20, link.id)
  })
  const columns: TraceColumns = {
    traceId: OWN.toString(16).padStart(16, '0'),
    spanCount: n,
    eventCount: 0,
    linkCount: links.length,
    startNs: '0',
    services,
    names,
    clockSkew: { maxNs: 0, skewedSpans: 0, shiftedSpans: 0, largestNs: 0 },
    start: Float64Array.from(spans, (span) => span.start ?? 0),
    duration: Float64Array.from(spans, (span) => span.duration ?? 100),
    eventTime: new Float64Array(0),
    shift: new Float64Array(0),
    ids: new Uint8Array(ids.buffer),
    service: Uint32Array.from(spans, (span) => services.indexOf(span.service ?? 'a')),
    name: Uint32Array.from(spans, (span) => names.indexOf(span.name ?? 'get')),
    eventStart: new Uint32Array(n + 1),
    linkStart,
    linkIds: new Uint8Array(linkIds.buffer),
    linkKind: Uint8Array.from(links, (link) => link.kind),
    kind: new Uint8Array(n),
    status: new Uint8Array(n),
    flags: Uint8Array.from(spans, (span) => (span.error === true ? FLAG_ERROR : 0)),
  }
  return layOut(columns)
}

const graphOf = (layout: TraceLayout, grouping: (typeof GROUPINGS)[number]): TraceGraph =>
  makeTraceGraph(layout, grouping, selfTimes(layout))

/** `from > to: ChildOf FollowsFrom untyped`, spans by their number. */
function edgesOf(graph: TraceGraph): string[] {
  const short = (key: string): string => key.replace(/^0+([0-9a-f]+)\/\d+$/, '$1').replace(/\b0+(?=[0-9a-f])/g, '')
  return graph.edges.map(
    ({ from, to, childOf, followsFrom, untyped, cycle }) =>
      `${short(from)} > ${short(to)}: ${childOf} ${followsFrom} ${untyped}${cycle ? ' cycle' : ''}`,
  )
}

describe('references', () => {
  test('several parents, FollowsFrom, other traces, missing spans', () => {
    const layout = lay(
      { id: 1, parent: 0 },
      { id: 2, parent: 1 },
      // What the parent says already is no second edge, and makes it a FollowsFrom.
      { id: 3, parent: 1, links: [{ trace: OWN, id: 1, kind: LINK_FOLLOWS_FROM }] },
      {
        id: 4,
        parent: 2,
        links: [
          { trace: OWN, id: 2, kind: LINK_CHILD_OF },
          { trace: OWN, id: 3, kind: LINK_FOLLOWS_FROM },
          { trace: 9, id: 3, kind: LINK_CHILD_OF },
          { trace: OWN, id: 0xdead, kind: LINK_UNTYPED },
        ],
      },
      { id: 5, parent: 0xbeef },
    )
    expect(edgesOf(graphOf(layout, 'spans'))).toEqual([
      '1 > 2: 1 0 0',
      '2 > 4: 1 0 0',
      '3 > 4: 0 1 0',
      'trace 9 > 4: 1 0 0',
      'missing dead > 4: 0 0 1',
      '1 > 3: 0 1 0',
      'missing beef > 5: 1 0 0',
    ])
    expect([...layout.marks].map((mark) => (mark & MARK_FOLLOWS) !== 0)).toEqual([false, false, false, true, false])
    expect(
      [...layout.marks].some((mark) => (mark & MARK_LINKS) !== 0),
      'flags come from the columns',
    ).toBe(false)
    const outside = graphOf(layout, 'spans').nodes.filter((node) => node.kind !== 'spans')
    expect(outside.map((node) => [node.kind, node.traceId, node.spanId.slice(-4)])).toEqual([
      ['trace', '0000000000000009', '0003'],
      ['missing', '', 'dead'],
      ['missing', '', 'beef'],
    ])
  })

  test('a cycle is drawn whole, and a span that is its own parent is known', () => {
    const graph = graphOf(lay({ id: 1, parent: 2 }, { id: 2, parent: 1, start: 1 }, { id: 3, parent: 3 }), 'spans')
    expect(edgesOf(graph)).toEqual(['2 > 1: 1 0 0 cycle', '1 > 2: 1 0 0'])
    expect(graph.nodes.map((node) => node.inner)).toEqual([0, 0, 1])
  })

  test('many other traces are one node', () => {
    const links = Array.from({ length: 40 }, (_, i) => ({ trace: 100 + i, id: 1, kind: LINK_FOLLOWS_FROM }))
    const { nodes, edges } = graphOf(lay({ id: 1, parent: 0, links }), 'spans')
    expect(nodes.filter((node) => node.kind === 'trace')).toHaveLength(13)
    expect(nodes.at(-1)).toMatchObject({ key: 'traces', traceId: '', count: 28 })
    expect(edges).toHaveLength(13)
  })
})

describe('groups', () => {
  const pool = Array.from({ length: 300 }, (_, i) => ({
    id: i + 10,
    parent: 2,
    service: 'db',
    name: 'select',
    start: i,
    duration: i + 1,
    error: i === 7,
  }))
  const layout = lay(
    { id: 1, parent: 0, service: 'web', name: '/', duration: 1000 },
    { id: 2, parent: 1, service: 'api', name: 'list', duration: 800 },
    { id: 3, parent: 1, service: 'db', name: 'select', duration: 5 },
    ...pool,
  )

  test('paths keep operations with other callers apart; operations and services do not', () => {
    const names = (graph: TraceGraph): string[] =>
      graph.nodes.map(({ service, name, count, errors }) => `${service} ${name} ${count} ${errors}`)
    expect(names(graphOf(layout, 'paths'))).toEqual(['web / 1 0', 'api list 1 0', 'db select 300 1', 'db select 1 0'])
    expect(names(graphOf(layout, 'operations'))).toEqual(['web / 1 0', 'api list 1 0', 'db select 301 1'])
    expect(names(graphOf(layout, 'services'))).toEqual(['web  1 0', 'api  1 0', 'db  301 1'])
    const paths = graphOf(layout, 'paths')
    expect(edgesOf(paths)).toContain('group 1 > group 2: 300 0 0')
    expect(spansOf(paths, 2, layout).map((i) => layout.duration[i])[0]).toBe(300)
  })

  test('the finest that can be taken in is chosen, the wanted one where it can be drawn', () => {
    const self = selfTimes(layout)
    const most = { nodes: 400, edges: 1500 }
    expect(chooseGraph(layout, undefined, self, most).grouping).toBe('paths')
    expect(chooseGraph(layout, 'spans', self, most).grouping).toBe('spans')
    expect(chooseGraph(layout, 'services', self, most).grouping).toBe('services')
    expect(chooseGraph(layout, 'spans', self, { nodes: 100, edges: 100 }).grouping).toBe('paths')
    expect(chooseGraph(lay({ id: 1, parent: 0 }), undefined, new Float64Array(1), most).grouping).toBe('spans')
  })
})

const anyTrace = fc.array(
  fc.record({
    parent: fc.integer({ min: 0, max: 26 }),
    start: fc.integer({ min: 0, max: 50 }),
    duration: fc.integer({ min: 0, max: 50 }),
    service: fc.constantFrom('a', 'b'),
    name: fc.constantFrom('x', 'y'),
    links: fc.array(
      fc.record({
        trace: fc.constantFrom(OWN, OWN, 9),
        id: fc.integer({ min: 1, max: 26 }),
        kind: fc.integer({ min: 0, max: 2 }),
      }),
      { maxLength: 3 },
    ),
  }),
  { minLength: 1, maxLength: 24 },
)

test('of any trace: every span in one node, every reference in one edge', () => {
  fc.assert(
    fc.property(anyTrace, (trace) => {
      const spans = trace.map((span, i) => ({ ...span, id: i + 1 }))
      const layout = lay(...spans)
      const own = spans.flatMap((span) => span.links.filter((link) => !(link.trace === OWN && link.id === span.parent)))
      const references = own.length + spans.filter((span) => span.parent !== 0).length
      for (const grouping of GROUPINGS) {
        const { nodes, edges } = graphOf(layout, grouping)
        const inSpans = nodes.filter((node) => node.kind === 'spans')
        expect(inSpans.reduce((sum, node) => sum + node.count, 0)).toBe(spans.length)
        const drawn = edges.reduce((sum, edge) => sum + edge.childOf + edge.followsFrom + edge.untyped, 0)
        expect(drawn + nodes.reduce((sum, node) => sum + node.inner, 0)).toBe(references)
        const keys = new Set(nodes.map((node) => node.key))
        expect(keys.size).toBe(nodes.length)
        expect(edges.every((edge) => keys.has(edge.from) && keys.has(edge.to))).toBe(true)
      }
    }),
  )
})

test('self time is what no child covers, unit by unit', () => {
  fc.assert(
    fc.property(anyTrace, (trace) => {
      const layout = lay(...trace.map((span, i) => ({ ...span, id: i + 1 })))
      const { start, duration, parent, marks } = layout
      const slow = Array.from({ length: layout.count }, (_, i) => {
        let own = 0
        for (let t = start[i] ?? 0; t < (start[i] ?? 0) + (duration[i] ?? 0); t++) {
          const covered = [...parent].some((up, child) => {
            const from = start[child] ?? 0
            const waits = ((marks[child] ?? 0) & MARK_FOLLOWS) === 0
            return up === i && waits && from <= t && t < from + (duration[child] ?? 0)
          })
          if (!covered) own++
        }
        return own
      })
      expect([...selfTimes(layout)]).toEqual(slow)
    }),
  )
})
