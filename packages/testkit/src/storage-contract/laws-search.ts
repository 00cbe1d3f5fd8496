// Laws of whole searches, asked through the one query service: pages of every order, conditions on the trace, counts, facets
// and suggestions are what brute force over all spans gives, whether the store has an index for them or not.

import { expect } from 'vitest'
import { SEARCH_ORDERS, type SearchOrder } from '@spoor/core/api/search'
import { compileFilter } from '@spoor/core/model/evaluate'
import { facetValues } from '@spoor/core/model/facets'
import type { Filter, FilterTarget, TraceField } from '@spoor/core/model/filter'
import type { Span } from '@spoor/core/model/span'
import { type TraceStats, traceStats } from '@spoor/core/model/trace-stats'
import { createQueryService } from 'spoor/query/query-service'
import type { PagePlace, PageQuery, PageResult } from 'spoor/query/service'
import { createMetrics } from 'spoor/telemetry/metrics'
import { createRandom, type Random } from '../trace-gen/random.ts'
import { makeFilter, makeSpans } from './data.ts'
import type { Law } from './kit.ts'
import { throughWire, writeInBatches, writeSpans } from './write.ts'

const NOW = BigInt(Date.now()) * 1_000_000n
const LAST = (1n << 64n) - 1n
const FACETS: readonly FilterTarget[] = [
  { field: 'service' },
  { field: 'name' },
  { field: 'kind' },
  { field: 'status' },
  { attr: 'http.status_code', level: 'any' },
  { attr: 'k1', level: 'span' },
]

interface Expected {
  readonly places: readonly PagePlace[]
  readonly matching: readonly Span[]
}

function rank(order: SearchOrder, stats: TraceStats, newest: bigint): bigint {
  switch (order) {
    case 'newest':
      return newest
    case 'duration':
      return stats.endNs - stats.startNs
    case 'spans':
      return BigInt(stats.spanCount)
    case 'errors':
      return BigInt(stats.errorCount)
  }
}

/** The definition of every order, over all spans of the tenant. */
export function bruteForcePage(spans: readonly Span[], query: PageQuery): Expected {
  const test = query.filter === undefined ? () => true : compileFilter(query.filter)
  const places: PagePlace[] = []
  const matching: Span[] = []
  for (const [traceId, trace] of Map.groupBy(spans, (span) => span.traceId)) {
    const stats = traceStats(trace)
    const found = trace.filter(
      (span) => span.startNs >= query.startMinNs && span.startNs <= query.startMaxNs && test(span, stats),
    )
    if (found.length === 0) continue
    matching.push(...found)
    const newestStartNs = found.reduce((newest, { startNs }) => (startNs > newest ? startNs : newest), 0n)
    places.push({ rank: rank(query.order, stats, newestStartNs), newestStartNs, traceId })
  }
  return { places: places.toSorted(compare), matching }
}

function compare(a: PagePlace, b: PagePlace): number {
  if (a.rank !== b.rank) return a.rank > b.rank ? -1 : 1
  if (a.newestStartNs !== b.newestStartNs) return a.newestStartNs > b.newestStartNs ? -1 : 1
  return a.traceId === b.traceId ? 0 : a.traceId < b.traceId ? -1 : 1
}

function makePageQuery(random: Random): PageQuery {
  const bounded = random.chance(0.4)
  const startMinNs = bounded ? NOW - BigInt(random.below(700)) * 1_000_000_000n : 0n
  const startMaxNs = bounded ? startMinNs + BigInt(random.below(400)) * 1_000_000_000n : LAST
  return {
    tenant: '',
    filter: withTrace(random, makeFilter(random)),
    startMinNs,
    startMaxNs,
    limit: 1 + random.below(20),
    order: SEARCH_ORDERS[random.below(SEARCH_ORDERS.length)] ?? 'newest',
    after: undefined,
    wantsNext: true,
    count: random.chance(0.5),
    facets: random.chance(0.3) ? FACETS : [],
    facetLimit: 1 + random.below(10),
    budget: {},
  }
}

/** The filter with a condition on the trace beside it, or inside an alternative, or as it is. */
function withTrace(random: Random, filter: Filter | undefined): Filter | undefined {
  if (random.chance(0.4)) return filter
  const condition = traceCondition(random)
  if (filter === undefined) return condition
  return { op: random.chance(0.7) ? 'and' : 'or', args: [filter, condition] }
}

function traceCondition(random: Random): Filter {
  const counts: readonly TraceField[] = ['spanCount', 'errorCount', 'duration']
  const field = counts[random.below(5)]
  if (field === undefined) {
    const target: FilterTarget = { trace: random.chance(0.5) ? 'rootService' : 'rootName' }
    return { op: 'regex', target, value: random.chance(0.5) ? '^[a-m]' : '[aeiou1]' }
  }
  const value = field === 'duration' ? BigInt(random.below(1000)) * 1_000_000n : random.below(6)
  const compared: Filter = { op: random.chance(0.5) ? 'gte' : 'lt', target: { trace: field }, value }
  return random.chance(0.3) ? { op: 'not', arg: compared } : compared
}

function describeQuery(query: PageQuery): string {
  return JSON.stringify(query, (_, value: unknown) => (typeof value === 'bigint' ? `${value}n` : value))
}

type Service = ReturnType<typeof createQueryService>

async function expectPage(service: Service, spans: readonly Span[], query: PageQuery): Promise<PageResult> {
  const { places, matching } = bruteForcePage(spans, query)
  const after = query.after
  const rest = after === undefined ? places : places.filter((place) => compare(place, after) > 0)
  const page = await service.findPage(query)
  const what = describeQuery(query)
  const ids = page.traces.map(({ traceId }) => traceId)
  expect(ids, what).toEqual(rest.slice(0, query.limit).map(({ traceId }) => traceId))
  expect(page.next, what).toEqual(rest.length > query.limit ? rest[query.limit - 1] : undefined)
  expect([page.partial, page.spent], what).toEqual([false, undefined])
  if (query.count) expect(page.count, what).toEqual({ traces: places.length, spans: matching.length, exact: true })
  for (const [i, target] of query.facets.entries()) {
    const facet = page.facets?.[i]
    const counts = countValues(matching, target)
    expect(facet, what).toEqual({
      target,
      values: counts.values.slice(0, query.facetLimit),
      spans: counts.spans,
      partial: false,
    })
  }
  return page
}

function countValues(
  spans: readonly Span[],
  target: FilterTarget,
): { readonly values: { value: string; spans: number }[]; readonly spans: number } {
  const counts = new Map<string, number>()
  let having = 0
  for (const span of spans) {
    const values = facetValues(target, span)
    if (values.length > 0) having++
    for (const value of values) counts.set(value, (counts.get(value) ?? 0) + 1)
  }
  const values = [...counts].map(([value, count]) => ({ value, spans: count }))
  return { values: values.toSorted((a, b) => b.spans - a.spans || (a.value < b.value ? -1 : 1)), spans: having }
}

export const pageLaws: readonly Law[] = [
  {
    name: 'pages of every order, conditions on the trace, counts and facets equal brute force',
    async run(store) {
      const random = createRandom(51)
      const { spans } = makeSpans(51, 700, '128 bit', NOW)
      const wired = throughWire(spans)
      const service = createQueryService(store.reader, createMetrics())
      for (let from = 0; from < spans.length;) {
        const size = 1 + random.below(60)
        await writeSpans(store, spans.slice(from, from + size))
        from += size
        await expectPage(service, wired.slice(0, from), makePageQuery(random))
      }
      for (let i = 0; i < 120; i++) await expectPage(service, wired, makePageQuery(random))
    },
  },
  {
    name: 'pages joined are the whole order, no trace twice',
    async run(store) {
      const random = createRandom(52)
      const { spans } = makeSpans(52, 400, '64 bit', NOW)
      for (let from = 0; from < spans.length; from += 40) await writeSpans(store, spans.slice(from, from + 40))
      const wired = throughWire(spans)
      const service = createQueryService(store.reader, createMetrics())
      for (const order of SEARCH_ORDERS) {
        let query: PageQuery = { ...makePageQuery(random), order, filter: undefined, limit: 7, facets: [] }
        query = { ...query, startMinNs: 0n, startMaxNs: LAST }
        const ids: string[] = []
        for (;;) {
          const page = await expectPage(service, wired, query)
          ids.push(...page.traces.map(({ traceId }) => traceId))
          if (page.next === undefined) break
          query = { ...query, after: page.next }
        }
        expect(ids).toEqual(bruteForcePage(wired, { ...query, after: undefined }).places.map(({ traceId }) => traceId))
      }
    },
  },
  {
    name: 'a budget that is spent gives what was found so far, and says which',
    async run(store) {
      const { spans } = makeSpans(53, 300, '128 bit', NOW)
      await writeInBatches(store, spans, 50)
      const service = createQueryService(store.reader, createMetrics())
      // One condition of both kinds: it takes the spans.
      const filter: Filter = {
        op: 'or',
        args: [
          { op: 'eq', target: { trace: 'spanCount' }, value: 1_000_000 },
          { op: 'eq', target: { attr: 'no such key', level: 'any' }, value: 'x' },
        ],
      }
      const query: PageQuery = {
        ...makePageQuery(createRandom(1)),
        filter,
        startMinNs: 0n,
        startMaxNs: LAST,
        facets: [],
      }
      const page = await service.findPage({ ...query, order: 'newest', count: true, budget: { traces: 3 } })
      expect([page.traces, page.partial, page.spent, page.count]).toEqual([
        [],
        true,
        'traces',
        { traces: 0, spans: 0, exact: false },
      ])
    },
  },
]
