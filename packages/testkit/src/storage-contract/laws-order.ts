// The law of search: candidates are exactly what brute force over all spans finds, in the defined order.

import { expect } from 'vitest'
import { compileFilter } from '@spoor/core/model/evaluate'
import type { Filter } from '@spoor/core/model/filter'
import type { Span } from '@spoor/core/model/span'
import type { Candidate, SearchQuery } from 'spoor/storage/api/store'
import { createRandom, type Random } from '../trace-gen/random.ts'
import { type IdKind, makeFilter, makeSpans } from './data.ts'
import type { ContractStore, Law } from './kit.ts'
import { throughWire, writeSpans } from './write.ts'

const NOW = BigInt(Date.now()) * 1_000_000n
const LAST = (1n << 64n) - 1n

/** The definition: newest matching start of each trace, descending; equal ones by id. */
export function bruteForce(spans: readonly Span[], query: SearchQuery): Candidate[] {
  const test = query.filter === undefined ? () => true : compileFilter(query.filter)
  const newest = new Map<string, bigint>()
  for (const span of spans) {
    if (span.startNs < query.startMinNs || span.startNs > query.startMaxNs || !test(span)) continue
    const known = newest.get(span.traceId)
    if (known === undefined || span.startNs > known) newest.set(span.traceId, span.startNs)
  }
  return [...newest]
    .map(([traceId, newestStartNs]) => ({ traceId, newestStartNs }))
    .toSorted((a, b) =>
      a.newestStartNs === b.newestStartNs
        ? a.traceId < b.traceId
          ? -1
          : 1
        : a.newestStartNs > b.newestStartNs
          ? -1
          : 1,
    )
}

async function search(store: ContractStore, query: SearchQuery, limit: number): Promise<Candidate[]> {
  const plan = store.reader.plan(query)
  const found: Candidate[] = []
  for await (const group of store.reader.candidates(query, plan)) {
    found.push(...group)
    if (found.length >= limit) break
  }
  return found.slice(0, limit)
}

function makeQuery(random: Random): SearchQuery {
  const filter = makeFilter(random)
  const bounded = random.chance(0.5)
  const startMinNs = bounded ? NOW - BigInt(random.below(700)) * 1_000_000_000n : 0n
  const startMaxNs = bounded ? startMinNs + BigInt(random.below(400)) * 1_000_000_000n : LAST
  return { tenant: '', filter, startMinNs, startMaxNs }
}

async function expectOrder(
  store: ContractStore,
  spans: readonly Span[],
  query: SearchQuery,
  limit: number,
): Promise<void> {
  const expected = bruteForce(spans, query)
  const { residual } = store.reader.plan(query)
  if (residual === undefined) {
    expect(await search(store, query, limit), describeQuery(query)).toEqual(expected.slice(0, limit))
    return
  }
  // A superset, in order of its own: the caller re-checks. Nothing may be missing.
  const found = new Set((await search(store, query, Number.POSITIVE_INFINITY)).map((candidate) => candidate.traceId))
  expect(
    expected.filter((candidate) => !found.has(candidate.traceId)),
    describeQuery(query),
  ).toEqual([])
}

function describeQuery(query: SearchQuery): string {
  return JSON.stringify(query, (_, value: unknown) => (typeof value === 'bigint' ? `${value}n` : value))
}

function orderLaw(ids: IdKind, seed: number): Law {
  return {
    name: `search equals brute force, with ${ids} ids, also for late, back-dated and split traces`,
    async run(store) {
      const random = createRandom(seed)
      const { spans } = makeSpans(seed, 900, ids, NOW)
      const wired = throughWire(spans)
      const written: Span[] = []
      while (written.length < spans.length) {
        const size = 1 + random.below(60)
        const from = written.length
        await writeSpans(store, spans.slice(from, from + size))
        written.push(...wired.slice(from, from + size))
        for (let i = 0; i < 4; i++) await expectOrder(store, written, makeQuery(random), 1 + random.below(30))
      }
      for (let i = 0; i < 250; i++)
        await expectOrder(store, written, makeQuery(random), random.chance(0.5) ? 20 : Number.POSITIVE_INFINITY)
    },
  }
}

export const searchLaws: readonly Law[] = [
  orderLaw('64 bit', 11),
  orderLaw('128 bit', 12),
  orderLaw('time-prefixed', 13),
  {
    name: 'a search that is under way while spans are written gives each trace once, and all that were there before',
    async run(store) {
      // One span a trace, and later spans of other traces: what was there before has one right answer.
      const before = makeSpans(14, 60, '128 bit', NOW).spans.map((span, i) => ({
        ...span,
        traceId: `${i + 1}`.padStart(32, 'b'),
      }))
      const later = makeSpans(16, 1500, '128 bit', NOW + 3_600_000_000_000n).spans
      await writeSpans(store, before.slice(0, 40))
      await writeSpans(store, before.slice(40))
      const query: SearchQuery = { tenant: '', filter: undefined, startMinNs: 0n, startMaxNs: LAST }
      const found: Candidate[] = []
      let next = 0
      for await (const group of store.reader.candidates(query, store.reader.plan(query))) {
        found.push(...group)
        if (next < later.length) await writeSpans(store, later.slice(next, next + 50))
        next += 50
      }
      const ids = new Set(before.map((span) => span.traceId))
      expect(found.filter((candidate) => ids.has(candidate.traceId))).toEqual(bruteForce(throughWire(before), query))
      expect(new Set(found.map((candidate) => candidate.traceId)).size).toBe(found.length)
      const starts = found.map((candidate) => candidate.newestStartNs)
      expect(starts).toEqual(starts.toSorted((a, b) => (a > b ? -1 : a < b ? 1 : 0)))
      const wired = throughWire([...before, ...later])
      const real = new Set(wired.map((span) => `${span.traceId} ${span.startNs}`))
      expect(found.filter(({ traceId, newestStartNs }) => !real.has(`${traceId} ${newestStartNs}`))).toEqual([])
    },
  },
  {
    name: 'a search stops when its caller goes away',
    async run(store) {
      await writeSpans(store, makeSpans(15, 50, '128 bit', NOW).spans)
      const abort = new AbortController()
      abort.abort()
      const query: SearchQuery = { tenant: '', filter: undefined, startMinNs: 0n, startMaxNs: LAST }
      const pull = async (): Promise<void> => {
        for await (const group of store.reader.candidates(query, store.reader.plan(query), { signal: abort.signal }))
          expect(group).toBeDefined()
      }
      await expect(pull()).rejects.toMatchObject({ kind: 'cancelled' })
    },
  },
  {
    name: 'a filter that cannot be read is refused when planned',
    async run(store) {
      const filter: Filter = { op: 'regex', target: { field: 'name' }, value: '(' }
      expect(() => store.reader.plan({ tenant: '', filter, startMinNs: 0n, startMaxNs: LAST })).toThrow(
        expect.objectContaining({ kind: 'invalid' }),
      )
      await Promise.resolve()
    },
  },
]
