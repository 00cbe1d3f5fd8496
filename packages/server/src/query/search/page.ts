// One page of a search: the traces of an order, their number, facets. Chooses the cheapest way that is exact: the store's
// order of time while nothing but the first newest are asked for, else one pass over everything that matches.

import { SpoorError } from '@spoor/core/base/errors'
import type { Facet } from '../../storage/api/search-index.ts'
import type { SpanReader, TraceChunk } from '../../storage/api/store.ts'
import type { MatchCount, PagePlace, PageQuery, PageResult } from '../service.ts'
import { byRank, type Collector, Counter, FacetCounter, rankOf, TopPlaces } from './collect.ts'
import { Matches, type SearchContext, timed, type Wanted } from './matches.ts'

const NEWEST: Wanted = { stats: false, count: false, spans: false }

export class PageSearch {
  readonly #reader: SpanReader
  readonly #query: PageQuery
  readonly #search: SearchContext
  readonly #maxAnswerBytes: number
  /** Places to look for: one more than the page has tells whether there is a next. */
  readonly #places: number

  constructor(reader: SpanReader, query: PageQuery, search: SearchContext, maxAnswerBytes: number) {
    this.#reader = reader
    this.#query = query
    this.#search = search
    this.#maxAnswerBytes = maxAnswerBytes
    this.#places = query.limit + (query.wantsNext ? 1 : 0)
    if (query.facets.some((target) => 'trace' in target)) {
      throw new SpoorError('invalid', 'bad_facet', 'facets count spans by what spans have', { field: 'facets' })
    }
  }

  async run(): Promise<PageResult> {
    const { order, count, facets, limit } = this.#query
    if (limit <= 0) return NOTHING
    const byIndex = facets.length > 0 ? await this.#indexedFacets() : []
    const onePass = order !== 'newest' || count || byIndex === undefined
    const found = onePass ? await this.#pass(byIndex === undefined) : { places: await this.#newest() }
    const { traces, whole } = await this.#traces(found.places.slice(0, limit))
    const { spent } = this.#search.budget
    const last = whole ? found.places[limit - 1] : found.places[traces.length - 1]
    const more = found.places.length > limit || !whole || spent !== undefined
    return {
      traces,
      partial: spent !== undefined || !whole,
      spent: spent ?? (whole ? undefined : 'bytes'),
      next: more ? (last ?? found.places.at(-1)) : undefined,
      count: found.count,
      facets: facets.length > 0 ? (byIndex ?? found.facets) : undefined,
    }
  }

  /** undefined where the spans must be read for them. */
  async #indexedFacets(): Promise<readonly Facet[] | undefined> {
    const { facets, facetLimit } = this.#query
    const plan = this.#reader.plan(this.#query)
    const { index } = this.#reader
    if (index === undefined || plan.residual !== undefined) return undefined
    const { budget, read } = this.#search
    return await index.facets(this.#query, plan, facets, facetLimit, { ...read, goesOn: () => budget.goesOn() })
  }

  /** The page's places, newest first. */
  async #newest(): Promise<readonly PagePlace[]> {
    const { after, order } = this.#query
    const places: PagePlace[] = []
    const matches = new Matches(this.#reader, this.#query, this.#search, NEWEST)
    for await (const match of matches.newestFirst()) {
      const { newestStartNs, traceId } = match
      const place = { rank: rankOf(order, match), newestStartNs, traceId }
      if (after !== undefined && byRank(place, after) <= 0) continue
      places.push(place)
      if (places.length >= this.#places) break
    }
    return places
  }

  async #pass(countFacets: boolean): Promise<Found> {
    const { order, after, count, facets, facetLimit } = this.#query
    const wanted: Wanted = { stats: order !== 'newest', count, spans: countFacets }
    const top = new TopPlaces(order, after, this.#places)
    const counter = new Counter()
    const facetCounters = countFacets ? facets.map((target) => new FacetCounter(target)) : []
    const collectors: readonly Collector[] = [top, counter, ...facetCounters]
    const matches = new Matches(this.#reader, this.#query, this.#search, wanted)
    for await (const match of matches.all()) for (const collector of collectors) collector.add(match)
    const partial = this.#search.budget.spent !== undefined
    return {
      places: top.places,
      count: count ? counter.count(!partial) : undefined,
      facets: facetCounters.map((facet) => facet.facet(facetLimit, partial)),
    }
  }

  /** The traces of the page, as many as an answer may hold (the first always). */
  async #traces(places: readonly PagePlace[]): Promise<{ readonly traces: TraceChunk[]; readonly whole: boolean }> {
    const traces: TraceChunk[] = []
    let bytes = 0
    const ids = places.map((place) => place.traceId)
    const { explain, budget, read } = this.#search
    for await (const trace of timed(
      this.#reader.traces(this.#query.tenant, ids, read),
      (ms) => (explain.readMs += ms),
    )) {
      budget.checkAbort()
      bytes += trace.bytes.length
      if (traces.length > 0 && bytes > this.#maxAnswerBytes) return { traces, whole: false }
      traces.push(trace)
    }
    return { traces, whole: true }
  }
}

const NOTHING: PageResult = {
  traces: [],
  partial: false,
  spent: undefined,
  next: undefined,
  count: undefined,
  facets: undefined,
}

interface Found {
  readonly places: readonly PagePlace[]
  readonly count?: MatchCount | undefined
  readonly facets?: readonly Facet[]
}
