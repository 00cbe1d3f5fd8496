// What the pages ask for, as react-query options: one place for keys, addresses and how long an answer stays fresh.

import { dependenciesAnswerSchema } from '@spoor/core/api/dependencies'
import { findAnswerSchema } from '@spoor/core/api/find'
import { MAX_REFS, namedSpansAnswerSchema, type NamedSpan } from '@spoor/core/api/named-spans'
import { type FacetTarget, searchAnswerSchema, suggestAnswerSchema } from '@spoor/core/api/search'
import { spanDetailAnswerSchema, type SpanDetail } from '@spoor/core/api/span-detail'
import { infiniteQueryOptions, keepPreviousData, queryOptions } from '@tanstack/react-query'
import * as v from 'valibot'
import { formatQueryString } from '../base/search-url.ts'
import { getJson } from './client.ts'

const namesSchema = v.object({ data: v.nullable(v.array(v.string())) })

export function servicesQuery() {
  return queryOptions({
    queryKey: ['services'],
    queryFn: async ({ signal }) => (await getJson('api/services', namesSchema, signal)).data ?? [],
    staleTime: 30_000,
  })
}

export function operationsQuery(service: string) {
  return queryOptions({
    queryKey: ['operations', service],
    queryFn: async ({ signal }) => {
      const path = `api/services/${encodeURIComponent(service)}/operations`
      return (await getJson(path, namesSchema, signal)).data ?? []
    },
    enabled: service !== '',
    staleTime: 30_000,
  })
}

export type SearchParameters = Readonly<Record<string, string | readonly string[]>>

function searchPath(params: SearchParameters, more: Readonly<Record<string, unknown>>): string {
  return `api/x/v1/search${formatQueryString({ ...params, ...more })}`
}

const KEPT_MS = 300_000

/** Page after page, by cursor; an unchanged link asks again only when the reader presses the button. */
export function searchQuery(params: SearchParameters | undefined) {
  return infiniteQueryOptions({
    queryKey: ['search', params],
    queryFn: ({ signal, pageParam }) =>
      getJson(searchPath(params ?? {}, { cursor: pageParam }), searchAnswerSchema, signal),
    initialPageParam: '',
    getNextPageParam: (last) => last.next,
    enabled: params !== undefined,
    staleTime: Infinity,
    gcTime: KEPT_MS,
  })
}

/** What one request that counts may take: the traces are on screen meanwhile. */
const COUNT_BUDGET = JSON.stringify({ ms: 5000 })
/** Values of each facet; the page shows the first few until asked for all. */
const FACET_VALUES = 50

/** What decides which traces match: not their order, nor how many are shown. */
function matchParameters(params: SearchParameters | undefined): SearchParameters {
  const { limit: _limit, order: _order, lookback: _lookback, ...rest } = params ?? {}
  return rest
}

/** How many match in all. Beside the search, which does not wait for it. */
export function countQuery(params: SearchParameters | undefined) {
  const match = matchParameters(params)
  return queryOptions({
    queryKey: ['count', match],
    queryFn: ({ signal }) =>
      getJson(searchPath(match, { limit: 1, count: true, budget: COUNT_BUDGET }), searchAnswerSchema, signal),
    staleTime: Infinity,
    gcTime: KEPT_MS,
  })
}

/** By what values they match. */
export function facetsQuery(params: SearchParameters | undefined, targets: readonly FacetTarget[]) {
  const match = matchParameters(params)
  const facets = JSON.stringify(targets)
  return queryOptions({
    queryKey: ['facets', match, facets],
    queryFn: async ({ signal }) => {
      const more = { limit: 1, facets, facetLimit: FACET_VALUES, budget: COUNT_BUDGET }
      return (await getJson(searchPath(match, more), searchAnswerSchema, signal)).facets ?? []
    },
    staleTime: Infinity,
    gcTime: KEPT_MS,
    placeholderData: keepPreviousData,
  })
}

/** The first page once more, with what it took. */
export function explainQuery(params: SearchParameters) {
  return queryOptions({
    queryKey: ['explain', params],
    queryFn: ({ signal }) => getJson(searchPath(params, { explain: true }), searchAnswerSchema, signal),
    staleTime: Infinity,
  })
}

const SUGGESTIONS = 50

export function attributeKeysQuery(prefix: string, limit = SUGGESTIONS) {
  return queryOptions({
    queryKey: ['attribute keys', prefix, limit],
    queryFn: async ({ signal }) => {
      const path = `api/x/v1/attributes${formatQueryString({ prefix, limit })}`
      return (await getJson(path, suggestAnswerSchema, signal)).suggestions
    },
    staleTime: 30_000,
    placeholderData: keepPreviousData,
  })
}

export function attributeValuesQuery(key: string, prefix: string) {
  return queryOptions({
    queryKey: ['attribute values', key, prefix],
    queryFn: async ({ signal }) => {
      const path = `api/x/v1/attributes/${encodeURIComponent(key)}/values`
      const query = formatQueryString({ prefix, limit: SUGGESTIONS })
      return (await getJson(path + query, suggestAnswerSchema, signal)).suggestions
    },
    staleTime: 30_000,
  })
}

/** `clockSkew` is `on`, `off` or empty for what the server does by itself. */
export function columnsPath(traceId: string, clockSkew: string): string {
  return `api/x/v1/traces/${encodeURIComponent(traceId)}/columns${formatQueryString({ clockSkew })}`
}

/** The spans with an id, as the server has them. */
export async function loadSpanDetail(
  traceId: string,
  spanId: string,
  clockSkew: string,
  signal: AbortSignal,
): Promise<readonly SpanDetail[]> {
  const path = `api/x/v1/traces/${encodeURIComponent(traceId)}/spans/${encodeURIComponent(spanId)}`
  return (await getJson(path + formatQueryString({ clockSkew }), spanDetailAnswerSchema, signal)).spans
}

/** Ids of the spans of a trace that say something of the text, also in tags and logs. */
export async function findSpanIds(
  traceId: string,
  text: string,
  clockSkew: string,
  signal: AbortSignal,
): Promise<readonly string[]> {
  const path = `api/x/v1/traces/${encodeURIComponent(traceId)}/find${formatQueryString({ q: text, clockSkew })}`
  return (await getJson(path, findAnswerSchema, signal)).spanIds
}

/** Names of spans in other traces; those that are not stored are left out. */
export async function loadNamedSpans(
  refs: readonly { readonly traceId: string; readonly spanId: string }[],
  signal: AbortSignal,
): Promise<readonly NamedSpan[]> {
  const ref = refs.slice(0, MAX_REFS).map(({ traceId, spanId }) => `${traceId}:${spanId}`)
  return (await getJson(`api/x/v1/spans${formatQueryString({ ref })}`, namedSpansAnswerSchema, signal)).spans
}

/** Times in ms; no end means now, whenever it is asked. */
export function dependenciesQuery(endTs: number | undefined, lookbackMs: number) {
  return queryOptions({
    queryKey: ['dependencies', endTs, lookbackMs],
    queryFn: async ({ signal }) => {
      const query = formatQueryString({ endTs: endTs ?? Date.now(), lookback: lookbackMs })
      return (await getJson(`api/x/v1/dependencies${query}`, dependenciesAnswerSchema, signal)).links
    },
    staleTime: 30_000,
  })
}
