// Indentation, scroll scaling and zoom as laws.

import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { clampRange, indent, indentIsFull, nameColumnWidth, scrollMap, zoomRange } from './geometry.ts'

test('indentation grows with depth and keeps to 35 % of the column', () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 5000 }), fc.integer({ min: 80, max: 900 }), (depth, width) => {
      expect(indent(depth, width)).toBeLessThanOrEqual(width * 0.35)
      expect(indent(depth + 1, width)).toBeGreaterThanOrEqual(indent(depth, width))
      expect(indentIsFull(depth, width) || indent(depth + 1, width) > indent(depth, width)).toBe(true)
    }),
  )
  expect([0, 1, 8, 9, 24, 25].map((depth) => indent(depth, 2000))).toEqual([0, 12, 96, 102, 192, 195])
})

describe('scroll map', () => {
  test('is one to one while the browser can scroll so far', () => {
    const map = scrollMap(100_000, 800)
    expect(map.spacerHeight).toBe(2_400_000)
    expect(map.scaled).toBe(false)
    expect(map.toRows(1234.5)).toBe(1234.5)
  })

  test('beyond that, both ends are reached and the way back is the same', () => {
    const map = scrollMap(5_000_000, 800)
    expect(map.scaled).toBe(true)
    expect(map.spacerHeight).toBe(16_000_000)
    expect(map.toRows(0)).toBe(0)
    expect(map.toRows(16_000_000 - 800)).toBeCloseTo(5_000_000 * 24 - 800, 3)
    fc.assert(
      fc.property(fc.double({ min: 0, max: 1.2e8 - 800, noNaN: true }), (top) => {
        expect(map.toRows(map.toScroll(top))).toBeCloseTo(top, 3)
      }),
    )
  })
})

test('zooming keeps the anchor in place and stays inside the trace', () => {
  const time = fc.double({ min: 0, max: 1, noNaN: true })
  fc.assert(
    fc.property(time, time, time, fc.double({ min: 0.1, max: 10, noNaN: true }), (a, b, at, factor) => {
      const end = 1e9
      const range = clampRange(Math.min(a, b) * end, Math.max(a, b) * end, end)
      const anchor = range.from + at * (range.to - range.from)
      const next = zoomRange(range, factor, anchor, end)
      expect(next.from).toBeGreaterThanOrEqual(0)
      expect(next.to).toBeLessThanOrEqual(end * (1 + 1e-9))
      expect(next.to).toBeGreaterThan(next.from)
      const share = (anchor - next.from) / (next.to - next.from)
      if (factor < 1 && range.to - range.from > 100) expect(share).toBeCloseTo(at, 6)
    }),
  )
  expect(clampRange(-5, 2e9, 1e9)).toEqual({ from: 0, to: 1e9 })
  expect(clampRange(0, 0, 0).to).toBeGreaterThan(0)
})

test('names and bars both keep room', () => {
  expect(nameColumnWidth(0.3, 1000)).toBe(300)
  expect(nameColumnWidth(0.3, 360)).toBe(170)
  expect(nameColumnWidth(0.8, 360)).toBe(260)
})
