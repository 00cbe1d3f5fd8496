// What is gathered while matches go by: the page that an order asks for, how many there are, and by what values. Each keeps a
// bounded amount, however many matches there are.

import { facetValues } from '@spoor/core/model/facets'
import type { FilterTarget } from '@spoor/core/model/filter'
import type { Facet } from '../../storage/api/search-index.ts'
import type { MatchCount, PagePlace, SearchOrder } from '../service.ts'
import { byTime, type Match } from './matches.ts'

export interface Collector {
  add(match: Match): void
}

/** What the order goes by. */
export function rankOf(order: SearchOrder, { newestStartNs, stats }: Match): bigint {
  switch (order) {
    case 'newest':
      return newestStartNs
    case 'duration':
      return stats === undefined ? 0n : stats.endNs - stats.startNs
    case 'spans':
      return BigInt(stats?.spanCount ?? 0)
    case 'errors':
      return BigInt(stats?.errorCount ?? 0)
  }
}

/** Highest rank first; equal ranks newest first, then by trace id. */
export function byRank(a: PagePlace, b: PagePlace): number {
  if (a.rank !== b.rank) return a.rank > b.rank ? -1 : 1
  return byTime(a, b)
}

/** The first `size` places behind `after`. */
export class TopPlaces implements Collector {
  readonly places: PagePlace[] = []
  readonly #order: SearchOrder
  readonly #after: PagePlace | undefined
  readonly #size: number

  constructor(order: SearchOrder, after: PagePlace | undefined, size: number) {
    this.#order = order
    this.#after = after
    this.#size = size
  }

  add(match: Match): void {
    const { places } = this
    const { traceId, newestStartNs } = match
    const place = { rank: rankOf(this.#order, match), newestStartNs, traceId }
    if (this.#after !== undefined && byRank(place, this.#after) <= 0) return
    const last = places.at(-1)
    if (places.length >= this.#size && last !== undefined && byRank(place, last) >= 0) return
    let low = 0
    let high = places.length
    while (low < high) {
      const middle = (low + high) >> 1
      if (byRank(places[middle] as PagePlace, place) < 0) low = middle + 1
      else high = middle
    }
    places.splice(low, 0, place)
    if (places.length > this.#size) places.pop()
  }
}

export class Counter implements Collector {
  #traces = 0
  #spans = 0

  add(match: Match): void {
    this.#traces++
    this.#spans += match.matchingSpans ?? 0
  }

  count(exact: boolean): MatchCount {
    return { traces: this.#traces, spans: this.#spans, exact }
  }
}

/** Distinct values of one facet that are counted; what comes after them is not, and the facet says so. */
const MAX_VALUES = 10_000

/** Counts by the values of spans that were read: for stores without an index. */
export class FacetCounter implements Collector {
  readonly #target: FilterTarget
  readonly #counts = new Map<string, number>()
  #spans = 0
  #full = false

  constructor(target: FilterTarget) {
    this.#target = target
  }

  add(match: Match): void {
    for (const span of match.matching ?? []) {
      const values = facetValues(this.#target, span)
      if (values.length > 0) this.#spans++
      for (const value of values) this.#count(value)
    }
  }

  #count(value: string): void {
    const count = this.#counts.get(value)
    if (count === undefined && this.#counts.size >= MAX_VALUES) this.#full = true
    else this.#counts.set(value, (count ?? 0) + 1)
  }

  facet(limit: number, partial: boolean): Facet {
    const values = [...this.#counts]
      .map(([value, spans]) => ({ value, spans }))
      .toSorted((a, b) => b.spans - a.spans || (a.value < b.value ? -1 : 1))
    return { target: this.#target, values: values.slice(0, limit), spans: this.#spans, partial: partial || this.#full }
  }
}
