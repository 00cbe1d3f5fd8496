// The query service: the exact order whatever the store can do, and every bound.

import { evaluate } from '@spoor/core/model/evaluate'
import type { Filter } from '@spoor/core/model/filter'
import type { Span } from '@spoor/core/model/span'
import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { createExplain, createQueryService } from '../../src/query/query-service.ts'
import type { TraceQuery } from '../../src/query/service.ts'
import { createMetrics, renderMetrics } from '../../src/telemetry/metrics.ts'
import { makeSpan, spanId, storeOf, T0, traceId } from './spans.ts'

const SHOP: Filter = { op: 'eq', target: { field: 'service' }, value: 'shop' }
const HIT: Filter = { op: 'eq', target: { attr: 'hit', level: 'any' }, value: 'true' }

function query(change: Partial<TraceQuery> = {}): TraceQuery {
  return { tenant: '', filter: HIT, startMinNs: T0, startMaxNs: T0 + 1000n, limit: 5, ...change }
}

/** Start of the newest matching span of each trace, by the definition. */
function bruteForce(spans: readonly Span[], { filter, startMinNs, startMaxNs, limit }: TraceQuery): string[] {
  const keys = new Map<string, bigint>()
  for (const span of spans) {
    const { startNs } = span
    if (startNs < startMinNs || startNs > startMaxNs || (filter !== undefined && !evaluate(filter, span))) continue
    const key = keys.get(span.traceId)
    if (key === undefined || startNs > key) keys.set(span.traceId, startNs)
  }
  const order = [...keys].toSorted(([a, x], [b, y]) => (x === y ? (a < b ? -1 : 1) : x > y ? -1 : 1))
  return order.slice(0, limit).map(([id]) => id)
}

const spanArbitrary = fc.record({ trace: fc.nat(12), start: fc.nat(9), hit: fc.boolean() })

describe('order', () => {
  test('a store that answers nothing of a filter gives the same traces in the same order as any', async () => {
    const property = fc.asyncProperty(
      fc.array(spanArbitrary, { minLength: 1, maxLength: 60 }),
      fc.integer({ min: 1, max: 8 }),
      fc.integer({ min: 1, max: 5 }),
      async (list, limit, groupSize) => {
        const spans = list.map(({ trace, start, hit }, i) =>
          makeSpan({
            traceId: traceId(trace),
            spanId: spanId(i),
            startNs: T0 + BigInt(start),
            attributes: [{ key: 'hit', value: { type: 'bool', value: hit } }],
          }),
        )
        const wanted = query({ limit, startMinNs: T0 + 1n, startMaxNs: T0 + 8n })
        const expected = bruteForce(spans, wanted)
        for (const weak of [true, false]) {
          const service = createQueryService(storeOf(spans, { weak, groupSize }), createMetrics())
          const { traces, partial } = await service.findTraces(wanted)
          expect([traces.map((trace) => trace.traceId), partial]).toEqual([expected, false])
        }
      },
    )
    await fc.assert(property, { numRuns: 200 })
  })

  test('a trace whose key drops to that of others takes its place among them by its id', async () => {
    const hit = [{ key: 'hit', value: { type: 'bool', value: true } }] as const
    const spans = [
      makeSpan({ traceId: traceId(9), spanId: spanId(1), startNs: T0 + 9n }),
      makeSpan({ traceId: traceId(9), spanId: spanId(2), startNs: T0 + 5n, attributes: hit }),
      makeSpan({ traceId: traceId(1), startNs: T0 + 5n, attributes: hit }),
      makeSpan({ traceId: traceId(2), startNs: T0 + 5n, attributes: hit }),
    ]
    const service = createQueryService(storeOf(spans, { weak: true, groupSize: 1 }), createMetrics())
    const { traces } = await service.findTraces(query({ limit: 2 }))
    expect(traces.map((trace) => trace.traceId)).toEqual([traceId(1), traceId(2)])
  })
})

function many(count: number): Span[] {
  return Array.from({ length: count }, (_, i) =>
    makeSpan({
      traceId: traceId(i),
      startNs: T0 + BigInt(count - i),
      attributes: [{ key: 'hit', value: { type: 'bool', value: true } }],
    }),
  )
}

describe('bounds', () => {
  test('pulls no further than the limit needs', async () => {
    const reader = storeOf(many(100), { groupSize: 10 })
    await createQueryService(reader, createMetrics()).findTraces(query())
    expect([reader.groups, reader.reads]).toEqual([1, 5])
  })

  test('checks no more traces than allowed, and says that the answer is partial', async () => {
    const reader = storeOf(many(300), { weak: true, groupSize: 50 })
    const none: Filter = { op: 'eq', target: { attr: 'hit', level: 'any' }, value: 'never' }
    const limits = { maxAnswerBytes: 1e9, maxRecheckedTraces: 100 }
    const found = await createQueryService(reader, createMetrics(), limits).findTraces(query({ filter: none }))
    expect([found.traces.length, found.partial, reader.reads]).toEqual([0, true, 100])
  })

  test.each([true, false])('holds no more bytes than allowed (weak store: %s)', async (weak) => {
    const limits = { maxAnswerBytes: 500, maxRecheckedTraces: 1000 }
    const service = createQueryService(storeOf(many(100), { weak }), createMetrics(), limits)
    const { traces, partial } = await service.findTraces(query({ limit: 50 }))
    expect(partial).toBe(true)
    expect(traces.length).toBeGreaterThan(0)
    expect(traces.reduce((sum, trace) => sum + trace.bytes.length, 0)).toBeLessThanOrEqual(500)
  })

  test('a limit of nothing reads nothing', async () => {
    const reader = storeOf(many(3))
    expect(await createQueryService(reader, createMetrics()).findTraces(query({ limit: 0 }))).toEqual({
      traces: [],
      partial: false,
    })
    expect(reader.groups).toBe(0)
  })

  test('an abort ends the search with `cancelled`', async () => {
    const controller = new AbortController()
    const reader = storeOf(many(100), { weak: true, groupSize: 1 })
    const next = reader.candidates.bind(reader)
    reader.candidates = async function* (...args) {
      for await (const group of next(...args)) {
        if (reader.groups === 3) controller.abort()
        yield group
      }
    }
    const running = createQueryService(reader, createMetrics()).findTraces(query(), { signal: controller.signal })
    await expect(running).rejects.toMatchObject({ kind: 'cancelled' })
    expect(reader.groups).toBeLessThan(5)
  })
})

describe('what a store cannot do', () => {
  test('a store that needs a service refuses a search without one, by name', async () => {
    const service = createQueryService(storeOf(many(3), { searchWithoutService: false }), createMetrics())
    await expect(service.findTraces(query())).rejects.toMatchObject({ kind: 'invalid', field: 'service' })
    const { traces } = await service.findTraces(query({ filter: { op: 'and', args: [SHOP, HIT] } }))
    expect(traces.length).toBe(3)
  })
})

test('the id of zeros is no trace, though it is the lower half of one', async () => {
  const id = '5a000000000000050000000000000000'
  const service = createQueryService(storeOf([makeSpan({ traceId: id })]), createMetrics())
  expect(await service.getTrace('', '0000000000000000')).toBeUndefined()
  expect((await service.getTrace('', id))?.traceId).toBe(id)
})

test('explain tells what was looked at', async () => {
  const spans = [...many(10), makeSpan({ traceId: traceId(99), startNs: T0 + 500n })]
  const explain = createExplain()
  await createQueryService(storeOf(spans, { weak: true }), createMetrics()).findTraces(query({ limit: 20 }), {
    explain,
  })
  expect(explain).toMatchObject({ candidates: 11, rejected: 1, rechecked: true })
})

test('queries are counted and timed under the names of Jaeger', async () => {
  const metrics = createMetrics()
  const service = createQueryService(storeOf(many(3), { searchWithoutService: false }), metrics)
  await service.services('')
  await expect(service.findTraces(query())).rejects.toThrow('required')
  const text = await renderMetrics([await metrics.snapshot()])
  expect(text).toMatch(/jaeger_query_requests_total\{operation="get_services",result="ok"\} 1/)
  expect(text).toMatch(/jaeger_query_requests_total\{operation="find_traces",result="err"\} 1/)
  expect(text).toMatch(/jaeger_query_latency_seconds_count\{operation="get_services",result="ok"\} 1/)
})
