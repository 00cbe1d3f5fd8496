// What the pages ask for, as react-query options: one place for keys, addresses and how long an answer stays fresh.

import { dependenciesAnswerSchema } from '@spoor/core/api/dependencies'
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

/** The spans with an id, as the server has them. */
export async function loadSpanDetail(
  traceId: string,
  spanId: string,
  signal: AbortSignal,
): Promise<readonly SpanDetail[]> {
  const path = `api/x/v1/traces/${encodeURIComponent(traceId)}/spans/${encodeURIComponent(spanId)}`
  return (await getJson(path, spanDetailAnswerSchema, signal)).spans
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
