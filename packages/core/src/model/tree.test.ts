// The tree of a trace against plain re-computation, with missing parents, cycles and shared ids.

import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import type { Span } from './span.ts'
import { buildTree } from './tree.ts'

function spanOf(spanId: string, parentSpanId: string, startNs: bigint): Span {
  const resource = { attributes: [], droppedAttributesCount: 0, schemaUrl: '', serviceName: 'a' }
  const scope = { name: '', version: '', attributes: [], droppedAttributesCount: 0, schemaUrl: '' }
  const counts = { droppedAttributesCount: 0, droppedEventsCount: 0, droppedLinksCount: 0 }
  const texts = { traceId: '01'.repeat(16), traceState: '', name: '', statusMessage: '' }
  const lists = { attributes: [], events: [], links: [] }
  const numbers = { flags: 0, kind: 0, statusCode: 0, startNs, endNs: startNs }
  return { spanId, parentSpanId, resource, scope, ...counts, ...texts, ...lists, ...numbers }
}

function treeOf(...spans: [id: string, parent: string, start: number][]): ReturnType<typeof buildTree> {
  return buildTree(spans.map(([id, parent, start]) => spanOf(id, parent, BigInt(start))))
}

test('children follow their parents, siblings by start', () => {
  const tree = treeOf(['c', 'a', 9], ['a', '', 1], ['b', 'a', 5], ['d', 'b', 6])
  expect([...tree.order]).toEqual([1, 2, 3, 0])
  expect([...tree.depth]).toEqual([1, 0, 1, 2])
  expect(tree).toMatchObject({ roots: [1], orphans: [], cycleHeads: [], duplicates: [] })
})

test('orphans, a span that names itself and a cycle stand at the top', () => {
  const tree = treeOf(['a', 'x', 3], ['b', 'b', 2], ['c', 'd', 5], ['d', 'e', 4], ['e', 'c', 6], ['f', 'c', 7])
  expect(tree).toMatchObject({ roots: [], orphans: [0], cycleHeads: [1, 3] })
  expect([...tree.order]).toEqual([1, 0, 3, 2, 4, 5])
  expect([...tree.parent]).toEqual([-1, -1, 3, -1, 2, 2])
})

test('children of a shared id go under the span that starts first', () => {
  const tree = treeOf(['a', '', 5], ['a', '', 1], ['b', 'a', 7])
  expect(tree.duplicates).toEqual([1])
  expect([...tree.parent]).toEqual([-1, -1, 1])
})

test('a chain of 200,000 spans does not exhaust the stack', () => {
  const spans = Array.from({ length: 200_000 }, (_, i) => spanOf(String(i), i === 0 ? '' : String(i - 1), BigInt(i)))
  expect(buildTree(spans).depth[199_999]).toBe(199_999)
})

test('whatever the parents: every span once, after its parent, one step deeper', () => {
  const id = fc.integer({ min: 0, max: 12 }).map(String)
  const span = fc.tuple(id, fc.oneof(fc.constant(''), id), fc.nat(5))
  fc.assert(
    fc.property(fc.array(span, { maxLength: 25 }), (list) => {
      const tree = treeOf(...list)
      const place = new Map([...tree.order].map((row, i) => [row, i]))
      expect(place.size).toBe(list.length)
      list.forEach(([, parentId], row) => {
        const parent = tree.parent[row] ?? -1
        if (parent < 0) {
          expect(tree.depth[row]).toBe(0)
          const reasons = [tree.roots, tree.orphans, tree.cycleHeads].filter((rows) => rows.includes(row))
          expect(reasons).toHaveLength(1)
          return
        }
        expect(list[parent]?.[0]).toBe(parentId)
        expect(place.get(row) ?? -1).toBeGreaterThan(place.get(parent) ?? Infinity)
        expect(tree.depth[row]).toBe((tree.depth[parent] ?? 0) + 1)
      })
    }),
  )
})
