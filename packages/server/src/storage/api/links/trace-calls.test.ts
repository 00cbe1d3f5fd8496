// Calls on columns are the reference's, and a trace may come in any parts in any order.

import { array, assert, constantFrom, integer, property, record } from 'fast-check'
import { expect, test } from 'vitest'
import { linksOf } from '@spoor/core/model/links'
import { EMPTY_SPAN, type Span } from '@spoor/core/model/span'
import { HOUR_NS, hourOf, LinkSum, LinkTotals, Names } from './link-totals.ts'
import { MinuteClock } from './minutes.ts'
import { TraceCalls } from './trace-calls.ts'

/** Few ids, so that parents are found, ids are shared and spans are sent twice. */
const spansOfOneTrace = array(
  record({
    id: integer({ min: 1, max: 6 }),
    parent: integer({ min: 0, max: 6 }),
    kind: constantFrom(0, 2, 3),
    service: constantFrom('', 'cart', 'pay', 'stock'),
    startNs: constantFrom(0n, 1n, HOUR_NS - 1n, HOUR_NS, (1n << 64n) - 1n),
  }).map(({ id, parent, kind, service, startNs }): Span => ({
    ...EMPTY_SPAN,
    spanId: hex(id),
    parentSpanId: parent === 0 ? '' : hex(parent),
    kind,
    startNs,
    endNs: startNs,
    resource: { ...EMPTY_SPAN.resource, serviceName: service },
  })),
  { maxLength: 40 },
)

function hex(id: number): string {
  return id.toString(16).padStart(16, '0')
}

function words(ns: bigint): readonly [number, number] {
  return [Number(ns & 0xffff_ffffn), Number(ns >> 32n)]
}

function addSpan(calls: TraceCalls, names: Names, span: Span): void {
  const [startLow, startHigh] = words(span.startNs)
  const [idLow, idHigh] = words(BigInt(`0x${span.spanId}`))
  const [parentLow, parentHigh] = words(span.parentSpanId === '' ? 0n : BigInt(`0x${span.parentSpanId}`))
  const service = names.numberOf(span.resource.serviceName)
  const row = { idLow, idHigh, parentLow, parentHigh, startLow, startHigh, service, kind: span.kind }
  calls.add({ ...row, durationLow: 0, durationHigh: 0 })
}

test('parts of a trace add up to the calls of the whole, whatever the parts', () => {
  assert(
    property(spansOfOneTrace, array(integer({ min: 0, max: 40 })), (spans, cuts) => {
      const names = new Names()
      const calls = new TraceCalls((service) => names.text(service))
      const totals = new LinkTotals()
      let known = 0
      for (const end of [...cuts.filter((cut) => cut < spans.length).toSorted((a, b) => a - b), spans.length]) {
        calls.clear()
        for (const span of spans.slice(0, end)) addSpan(calls, names, span)
        calls.emit(known, (row, parent, sign) => {
          const { startNs, resource } = spans[row] as Span
          totals.add(hourOf(startNs), parent, names.numberOf(resource.serviceName), sign, 0)
        })
        known = end
      }
      for (const [first, last] of [
        [0n, (1n << 64n) - 1n],
        [0n, HOUR_NS - 1n],
      ] as const) {
        const sum = new LinkSum()
        totals.addTo(sum, hourOf(first), hourOf(last), names)
        expect(sum.links()).toEqual(linksOf([spans], first, last))
      }
    }),
    { numRuns: 500 },
  )
})

test('minutes are exact at every turn', () => {
  const clock = new MinuteClock()
  const minute = 60_000_000_000n
  for (const at of [0n, 1n, 29_000_000n, 29_800_000n, 307_445_734n]) {
    for (const off of [-1n, 0n, 1n, 4_294_967_295n, 4_294_967_296n]) {
      const ns = at * minute + off
      if (ns < 0n || ns >= 1n << 64n) continue
      const [low, high] = words(ns)
      expect(clock.minute(low, high)).toBe(Number(ns / minute))
    }
  }
})
