// Laws of a store's index, asked directly: what it says of traces, counts and values is what brute force over the same spans
// says, spans written twice, late and stray ones and several tenants included. What it says it is not sure of may differ.

import { expect } from 'vitest'
import { compileFilter } from '@spoor/core/model/evaluate'
import { facetValues } from '@spoor/core/model/facets'
import type { Filter, FilterTarget } from '@spoor/core/model/filter'
import type { Span } from '@spoor/core/model/span'
import { traceStats } from '@spoor/core/model/trace-stats'
import type { IndexedTrace, SearchIndex } from 'spoor/storage/api/search-index'
import { createRandom, type Random } from '../trace-gen/random.ts'
import { makeFilter, makeSpans } from './data.ts'
import type { ContractStore, Law } from './kit.ts'
import { throughWire, writeSpans } from './write.ts'

export const NOW: bigint = BigInt(Date.now()) * 1_000_000n
const LAST = (1n << 64n) - 1n
const TENANTS = ['', 'blue'] as const
const TARGETS: readonly FilterTarget[] = [
  { field: 'service' },
  { field: 'name' },
  { field: 'kind' },
  { field: 'status' },
  { field: 'duration' },
  { attr: 'http.status_code', level: 'any' },
  { attr: 'list', level: 'span' },
  { attr: 'region', level: 'resource' },
  { attr: 'flag', level: 'scope' },
  { attr: 'event', level: 'any' },
  { attr: 'user', level: 'event' },
  { attr: 'user', level: 'link' },
  { attr: 'error', level: 'any' },
  { attr: 'span.kind', level: 'any' },
  { attr: 'otel.scope.name', level: 'any' },
  { attr: 'w3c.tracestate', level: 'any' },
  { attr: 'request.id', level: 'any' },
]
interface Asked {
  readonly tenant: string
  readonly filter: Filter | undefined
  readonly startMinNs: bigint
  readonly startMaxNs: bigint
}

function makeQuery(random: Random, tenant: string): Asked {
  const bounded = random.chance(0.4)
  const startMinNs = bounded ? NOW - BigInt(random.below(700)) * 1_000_000_000n : 0n
  const startMaxNs = bounded ? startMinNs + BigInt(random.below(400)) * 1_000_000_000n : LAST
  return { tenant, filter: random.chance(0.3) ? undefined : makeFilter(random), startMinNs, startMaxNs }
}

function matching(spans: readonly Span[], query: Asked): Span[] {
  const test = query.filter === undefined ? () => true : compileFilter(query.filter)
  return spans.filter(
    (span) => span.startNs >= query.startMinNs && span.startNs <= query.startMaxNs && test(span, undefined),
  )
}

/** What the index said, with what it was not sure of put right: nothing else may differ. */
function expectTrace(found: IndexedTrace, spans: readonly Span[], newestStartNs: bigint, count: number): void {
  const stats = traceStats(spans)
  expect([found.startNs, found.endNs, found.newestStartNs]).toEqual([stats.startNs, stats.endNs, newestStartNs])
  if (found.countsCertain)
    expect([found.spanCount, found.errorCount, found.matchingSpans]).toEqual([stats.spanCount, stats.errorCount, count])
  if (found.rootCertain) expect([found.rootService, found.rootName]).toEqual([stats.rootService, stats.rootName])
}

export async function expectScan(store: ContractStore, spans: readonly Span[], query: Asked): Promise<IndexedTrace[]> {
  const { reader } = store
  const index = reader.index as SearchIndex
  const found: IndexedTrace[] = []
  for await (const group of index.scan(query, reader.plan(query))) found.push(...group)
  const wanted = Map.groupBy(matching(spans, query), (span) => span.traceId)
  expect(found.map(({ traceId }) => traceId).toSorted()).toEqual([...wanted.keys()].toSorted())
  const traces = Map.groupBy(spans, (span) => span.traceId)
  for (const trace of found) {
    const rows = wanted.get(trace.traceId) ?? []
    const newest = rows.reduce((max, { startNs }) => (startNs > max ? startNs : max), 0n)
    expectTrace(trace, traces.get(trace.traceId) ?? [], newest, rows.length)
  }
  return found
}

async function expectStats(store: ContractStore, spans: readonly Span[], tenant: string): Promise<void> {
  const traces = Map.groupBy(spans, (span) => span.traceId)
  const ids = [...traces.keys()]
  const found: string[] = []
  const asked = ['f'.repeat(32), ...ids]
  for await (const trace of (store.reader.index as SearchIndex).stats(tenant, asked)) {
    found.push(trace.traceId)
    expectTrace(trace, traces.get(trace.traceId) ?? [], 0n, 0)
  }
  expect(found).toEqual(ids)
}

async function expectFacets(store: ContractStore, spans: readonly Span[], query: Asked): Promise<void> {
  const plan = store.reader.plan(query)
  const facets = await (store.reader.index as SearchIndex).facets(query, plan, TARGETS, 1000)
  for (const [i, target] of TARGETS.entries()) {
    const counts = new Map<string, number>()
    let having = 0
    for (const span of matching(spans, query)) {
      const values = facetValues(target, span)
      if (values.length > 0) having++
      for (const value of values) counts.set(value, (counts.get(value) ?? 0) + 1)
    }
    const values = [...counts].map(([value, count]) => ({ value, spans: count }))
    const sorted = values.toSorted((a, b) => b.spans - a.spans || (a.value < b.value ? -1 : 1)).slice(0, 1000)
    expect(facets[i], JSON.stringify(target)).toEqual({ target, values: sorted, spans: having, partial: false })
  }
}

/** Random scans, counts by value and the numbers of all traces, for each tenant. */
export async function expectIndex(
  store: ContractStore,
  known: ReadonlyMap<string, readonly Span[]>,
  random: Random,
  rounds: number,
): Promise<void> {
  for (const [tenant, spans] of known) {
    for (let i = 0; i < rounds; i++) {
      await expectScan(store, spans, makeQuery(random, tenant))
      await expectFacets(store, spans, makeQuery(random, tenant))
    }
    await expectStats(store, spans, tenant)
  }
}

/** Writes spans of two tenants, some requests twice; checks as it goes. Gives what is there by tenant. */
export async function fillAndExpect(store: ContractStore, seed: number, random: Random): Promise<Map<string, Span[]>> {
  const known = new Map<string, Span[]>(TENANTS.map((tenant) => [tenant, []]))
  for (const [i, tenant] of TENANTS.entries()) {
    const { spans } = makeSpans(seed + i, 350, '128 bit', NOW)
    for (let from = 0; from < spans.length;) {
      const size = 1 + random.below(45)
      const some = spans.slice(from, from + size)
      await writeSpans(store, some, tenant)
      // A client that got no answer sends its request again, some time later.
      if (random.chance(0.2)) await writeSpans(store, spans.slice(Math.max(0, from - 15), from + size), tenant)
      known.get(tenant)?.push(...throughWire(some))
      from += size
      if (random.chance(0.1)) await expectIndex(store, known, random, 1)
    }
  }
  return known
}

export const indexLaws: readonly Law[] = [
  {
    name: 'an index counts traces, spans and values as brute force does, what was written twice once',
    async run(store) {
      const random = createRandom(71)
      const known = await fillAndExpect(store, 71, random)
      await expectIndex(store, known, random, 3)
    },
  },
]
