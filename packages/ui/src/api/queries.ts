// What the pages ask for, as react-query options: one place for keys, addresses and how long an answer stays fresh.

import { dependenciesAnswerSchema } from '@spoor/core/api/dependencies'
import { findAnswerSchema } from '@spoor/core/api/find'
import { MAX_REFS, namedSpansAnswerSchema, type NamedSpan } from '@spoor/core/api/named-spans'
import { searchAnswerSchema } from '@spoor/core/api/search'
import { spanDetailAnswerSchema, type SpanDetail } from '@spoor/core/api/span-detail'
import { queryOptions } from '@tanstack/react-query'
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

/** `params` are Jaeger's; an unchanged link asks again only when the reader presses the button. */
export function searchQuery(params: Readonly<Record<string, string | readonly string[]>> | undefined) {
  return queryOptions({
    queryKey: ['search', params],
    queryFn: ({ signal }) => getJson(`api/x/v1/search${formatQueryString(params ?? {})}`, searchAnswerSchema, signal),
    enabled: params !== undefined,
    staleTime: Infinity,
    gcTime: 300_000,
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
