// The tree builder against a slow, obvious reference, on generated traces with missing parents, cycles and repeated ids.

import { FLAG_ERROR, type TraceColumns } from '@spoor/core/api/trace-columns'
import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { findSpans, withSpanIds } from './find.ts'
import {
  findSpanId,
  MARK_CYCLE,
  MARK_DUPLICATE,
  MARK_ERROR,
  MARK_ERROR_BELOW,
  MARK_ORPHAN,
  spanIdAt,
  transferables,
  type TraceLayout,
} from './layout.ts'
import { CELL_ERROR, minimapBins } from './minimap-bins.ts'
import { collapseAll, collapseOneLevel, expandOneLevel, reveal, rowIndexOf, visibleRows } from './rows.ts'
import { layOut } from './tree.ts'

interface Input {
  id: number
  parent: number // 0 = none
  start: number
  duration: number
  kind: number
  error: boolean
  events: number[]
  links: { trace: number; id: number; kind: number }[]
}

function columns(spans: readonly Input[]): TraceColumns {
  const n = spans.length
  const ids = new Uint8Array(n * 16)
  const view = new DataView(ids.buffer)
  const eventStart = new Uint32Array(n + 1)
  const events: number[] = []
  spans.forEach((span, row) => {
    view.setUint32(row * 16 + 4, span.id)
    view.setUint32(row * 16 + 12, span.parent)
    eventStart[row] = events.length
    events.push(...span.events)
  })
  eventStart[n] = events.length
  const links = spans.flatMap((span) => span.links)
  const linkStart = new Uint32Array(n + 1)
  spans.forEach((span, row) => (linkStart[row + 1] = (linkStart[row] ?? 0) + span.links.length))
  const linkIds = new Uint8Array(links.length * 24)
  links.forEach(({ trace, id }, i) => {
    new DataView(linkIds.buffer).setUint32(i * 24 + 12, trace)
    new DataView(linkIds.buffer).setUint32(i * 24 + 20, id)
  })
  return {
    traceId: '1',
    spanCount: n,
    eventCount: events.length,
    linkCount: links.length,
    startNs: '0',
    services: ['a', 'B'],
    names: ['get', 'set x'],
    clockSkew: { maxNs: 0, skewedSpans: 0, shiftedSpans: 0, largestNs: 0 },
    start: Float64Array.from(spans, (span) => span.start),
    duration: Float64Array.from(spans, (span) => span.duration),
    eventTime: Float64Array.from(events),
    shift: new Float64Array(0),
    ids,
    eventStart,
    service: Uint32Array.from(spans, (span) => span.id % 2),
    name: Uint32Array.from(spans, (span) => (span.id >> 1) % 2),
    kind: Uint8Array.from(spans, (span) => span.kind),
    status: new Uint8Array(n),
    flags: Uint8Array.from(spans, (span) => (span.error ? FLAG_ERROR : 0)),
    linkStart,
    linkIds,
    linkKind: Uint8Array.from(links, (link) => link.kind),
  }
}

const ROOT: Input = { id: 1, parent: 0, start: 0, duration: 100, kind: 1, error: false, events: [], links: [] }
const span = (id: number, parent: number, more: Partial<Input> = {}): Input => ({ ...ROOT, id, parent, ...more })
const lay = (...spans: Input[]): TraceLayout => layOut(columns(spans))
const idNumber = (layout: TraceLayout, position: number): number => parseInt(spanIdAt(layout, position), 16)
const order = (layout: TraceLayout): number[] => Array.from({ length: layout.count }, (_, i) => idNumber(layout, i))

const inputs = fc.array(
  fc.record({
    id: fc.integer({ min: 1, max: 14 }),
    parent: fc.integer({ min: 0, max: 16 }),
    start: fc.integer({ min: 0, max: 50 }),
    duration: fc.integer({ min: 0, max: 50 }),
    kind: fc.integer({ min: 0, max: 5 }),
    error: fc.boolean(),
    events: fc.array(fc.integer({ min: 0, max: 99 }), { maxLength: 2 }),
    links: fc.array(
      fc.record({
        trace: fc.integer({ min: 1, max: 3 }),
        id: fc.integer({ min: 1, max: 16 }),
        kind: fc.integer({ min: 0, max: 2 }),
      }),
      { maxLength: 2 },
    ),
  }),
  { minLength: 1, maxLength: 24 },
)
const uniqueInputs = inputs.map((spans) => spans.map((one, i) => ({ ...one, id: i + 1 })))

/** Children of each id by plain recursion; only for unique ids and no cycles on the way. */
function slowOrder(spans: readonly Input[]): number[] {
  const ids = new Set(spans.map((one) => one.id))
  const sorted = spans.toSorted((a, b) => a.start - b.start || b.duration - a.duration || a.id - b.id)
  const up = (one: Input): Input | undefined => spans.find((other) => other.id === one.parent)
  const inCycle = (one: Input): Input[] => {
    const walk: Input[] = []
    for (let at: Input | undefined = one; at !== undefined; at = up(at)) {
      if (walk.includes(at)) return at === one ? walk : []
      walk.push(at)
    }
    return []
  }
  const cut = (one: Input): boolean => {
    const cycle = inCycle(one)
    const earliest = cycle.toSorted((a, b) => a.start - b.start || a.id - b.id)[0]
    return earliest === one
  }
  const isRoot = (one: Input): boolean => one.parent === 0 || !ids.has(one.parent) || cut(one)
  const visit = (one: Input): number[] => [
    one.id,
    ...sorted.filter((other) => other.parent === one.id && !isRoot(other)).flatMap(visit),
  ]
  return sorted.filter(isRoot).flatMap(visit)
}

describe('layOut', () => {
  test('orders like the slow reference', () => {
    fc.assert(
      fc.property(uniqueInputs, (spans) => {
        expect(order(layOut(columns(spans)))).toEqual(slowOrder(spans))
      }),
      { numRuns: 400 },
    )
  })

  test('holds its invariants whatever comes in', () => {
    fc.assert(
      fc.property(inputs, (spans) => {
        const layout = layOut(columns(spans))
        const numerically = (a: number, b: number): number => a - b
        expect(order(layout).toSorted(numerically)).toEqual(spans.map((one) => one.id).toSorted(numerically))
        expect(layout.eventTime.toSorted()).toEqual(Float64Array.from(spans.flatMap((one) => one.events)).toSorted())
        for (let i = 0; i < layout.count; i++) {
          const parent = layout.parent[i] ?? -1
          expect(layout.depth[i]).toBe(parent < 0 ? 0 : (layout.depth[parent] ?? 0) + 1)
          expect(parent).toBeLessThan(i)
          if (parent >= 0) expect(i + (layout.size[i] ?? 0)).toBeLessThanOrEqual(parent + (layout.size[parent] ?? 0))
          const below = Array.from({ length: (layout.size[i] ?? 1) - 1 }, (_, k) => i + 1 + k)
          expect(below.filter((k) => layout.parent[k] === i).length).toBe(layout.children[i])
          const failed = below.some((k) => ((layout.marks[k] ?? 0) & MARK_ERROR) !== 0)
          expect(((layout.marks[i] ?? 0) & MARK_ERROR_BELOW) !== 0).toBe(failed)
          const ends = [i, ...below].map((k) => (layout.start[k] ?? 0) + (layout.duration[k] ?? 0))
          expect(layout.subtreeEnd[i]).toBe(Math.max(...ends))
        }
      }),
      { numRuns: 400 },
    )
  })

  test('says which parents are missing and where a cycle was cut', () => {
    const layout = lay(
      span(1, 0),
      span(2, 99, { start: 1 }),
      span(3, 4, { start: 2 }),
      span(4, 3, { start: 3 }),
      span(5, 5, { start: 4 }),
    )
    expect(order(layout)).toEqual([1, 2, 3, 4, 5])
    expect([...layout.marks]).toEqual([0, MARK_ORPHAN, MARK_CYCLE, 0, MARK_CYCLE])
    expect([...layout.depth]).toEqual([0, 0, 0, 1, 0])
    expect(layout.orphanCount).toBe(1)
  })

  test('hangs the server half of a shared span below its client half, children below the server', () => {
    const layout = lay(
      span(1, 0),
      span(7, 1, { kind: 2, start: 2 }),
      span(7, 1, { kind: 3, start: 1 }),
      span(8, 7, { start: 3 }),
    )
    expect(order(layout)).toEqual([1, 7, 7, 8])
    expect([...layout.kind]).toEqual([1, 3, 2, 1])
    expect([...layout.depth]).toEqual([0, 1, 2, 3])
    expect((layout.marks[1] ?? 0) & MARK_DUPLICATE).toBe(MARK_DUPLICATE)
  })

  test('does not recurse: 200,000 levels', () => {
    const layout = layOut(columns(Array.from({ length: 200_000 }, (_, i) => span(i + 1, i, { start: i }))))
    expect(layout.maxDepth).toBe(200_000)
    expect(layout.size[0]).toBe(200_000)
  })

  test('gives all its arrays away', () => {
    const layout = lay(span(1, 0))
    const buffers = transferables(layout)
    expect(buffers.length).toBe(Object.values(layout).filter((value) => ArrayBuffer.isView(value)).length + 1)
    const copy = structuredClone(layout, { transfer: buffers })
    expect(copy.count).toBe(1)
    expect(layout.start.length).toBe(0)
  })
})

describe('rows', () => {
  test('collapsing hides exactly the subtrees', () => {
    fc.assert(
      fc.property(uniqueInputs, fc.array(fc.boolean(), { minLength: 24, maxLength: 24 }), (spans, flags) => {
        const layout = layOut(columns(spans))
        const collapsed = Uint8Array.from({ length: layout.count }, (_, i) => (flags[i] === true ? 1 : 0))
        const hidden = (i: number): boolean => {
          const parent = layout.parent[i] ?? -1
          return parent >= 0 && (collapsed[parent] === 1 || hidden(parent))
        }
        const wanted = Array.from({ length: layout.count }, (_, i) => i).filter((i) => !hidden(i))
        const rows = visibleRows(layout, collapsed)
        expect([...rows]).toEqual(wanted)
        for (let i = 0; i < layout.count; i++)
          expect(rows[rowIndexOf(rows, i)]).toBe(wanted.findLast((row) => row <= i))
        reveal(layout, collapsed, layout.count - 1)
        expect([...visibleRows(layout, collapsed)]).toContain(layout.count - 1)
      }),
    )
  })

  test('one level at a time', () => {
    const layout = lay(span(1, 0), span(2, 1), span(3, 2), span(4, 3), span(5, 1, { start: 9 }))
    const collapsed = new Uint8Array(layout.count)
    const shown = (): number => visibleRows(layout, collapsed).length
    collapseOneLevel(layout, collapsed)
    expect(shown()).toBe(4)
    collapseOneLevel(layout, collapsed)
    expect(shown()).toBe(3)
    collapseAll(layout, collapsed)
    expect(shown()).toBe(1)
    expandOneLevel(layout, collapsed)
    expect(shown()).toBe(3)
    expandOneLevel(layout, collapsed)
    expandOneLevel(layout, collapsed)
    expect(shown()).toBe(5)
  })
})

describe('find', () => {
  test('matches any term in service, name and id', () => {
    const layout = lay(span(1, 0), span(2, 1), span(3, 1))
    const ids = (query: string): number[] => [...findSpans(layout, query)].map((position) => idNumber(layout, position))
    expect([...withSpanIds(layout, findSpans(layout, '"set x"'), ['0000000000000001', '00000000000000ff'])]).toEqual([
      0, 1, 2,
    ])
    expect(ids('b')).toEqual([1, 3])
    expect(ids('"set x"')).toEqual([2, 3])
    expect(ids('nope')).toEqual([])
    expect(ids('0000000000000002')).toEqual([2])
    expect(ids('  ')).toEqual([])
    expect(findSpanId(layout, '3')).toBe(2)
    expect(findSpanId(layout, 'xyz')).toBe(-1)
  })
})

test('the overview keeps a short error visible', () => {
  const many = Array.from({ length: 500 }, (_, i) => span(i + 2, 1, { start: i / 10, duration: 40, error: i === 250 }))
  const bins = minimapBins(lay(span(1, 0), ...many), 100, 20)
  expect(bins.cells.length).toBe(2000)
  expect(bins.cells.includes(CELL_ERROR)).toBe(true)
  expect(bins.cells.slice(0, 100).every((cell) => cell > 0)).toBe(true)
})
