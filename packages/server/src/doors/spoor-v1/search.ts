// GET and POST /api/x/v1/search: a page of trace summaries, counts and facets; and what the query line completes with.
// Contract: core/src/api/search.ts.

import type { FacetAnswer, FacetTarget, SearchAnswer, SuggestAnswer, TraceSummary } from '@spoor/core/api/search'
import { printQuery } from '@spoor/core/model/query-print'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { firstValue, parseTraceIds, type QueryParameters } from '../../query/jaeger-search.ts'
import { createExplain } from '../../query/query-service.ts'
import type { PageQuery, PageResult, QueryService } from '../../query/service.ts'
import type { Facet } from '../../storage/api/search-index.ts'
import { clientSignal, sendJson } from '../api/answers.ts'
import { get, getOrPost } from '../api/query-server.ts'
import { tenantOf } from '../api/tenant.ts'
import { writeCursor } from './search-cursor.ts'
import { pageOfBody, pageOfParameters, type PageRequest } from './search-request.ts'
import { Summarizer } from './summary.ts'

const MAX_BODY_BYTES = 256 * 1024
/** Longer values of facets are cut: they are labels. */
const MAX_VALUE_LENGTH = 1024
const SUGGESTIONS = 50
const MAX_SUGGESTIONS = 1000

export function registerSearch(app: FastifyInstance, query: QueryService): void {
  getOrPost(app, '/api/x/v1/search', MAX_BODY_BYTES, async (request, reply) => await search(query, request, reply))
  get(app, '/api/x/v1/attributes', async (request, reply) => {
    const { prefix, limit } = suggestOf(request)
    return await sendSuggestions(request, reply, await query.attributeKeys(tenantOf(request), prefix, limit))
  })
  get(app, '/api/x/v1/attributes/:key/values', async (request, reply) => {
    const { prefix, limit } = suggestOf(request)
    const { key } = request.params as { readonly key: string }
    return await sendSuggestions(request, reply, await query.attributeValues(tenantOf(request), key, prefix, limit))
  })
}

async function search(query: QueryService, request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> {
  const started = performance.now()
  const ids = request.method === 'POST' ? [] : parseTraceIds(request.query as QueryParameters)
  if (ids.length > 0) return await sendNamed(query, ids, request, reply)
  const { query: asked, explain: wantsExplain } = pageRequest(request)
  const explain = wantsExplain ? createExplain() : undefined
  const signal = clientSignal(reply)
  const page = await query.findPage(asked, { signal, ...(explain === undefined ? {} : { explain }) })
  const answer: SearchAnswer = {
    ...pageAnswer(asked, page),
    tookMs: Math.round((performance.now() - started) * 1000) / 1000,
    ...(explain === undefined ? {} : { explain: { query: printQuery(asked.filter), ...explain } }),
  }
  return await sendJson(request, reply, JSON.stringify(answer))
}

/** The traces that `traceID` names, as in Jaeger: whatever else is asked for. */
async function sendNamed(
  query: QueryService,
  ids: readonly string[],
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<FastifyReply> {
  const started = performance.now()
  const summarizer = new Summarizer()
  const signal = clientSignal(reply)
  const traces: TraceSummary[] = []
  for (const id of new Set(ids)) {
    const trace = await query.getTrace(tenantOf(request), id, { signal })
    if (trace !== undefined) traces.push(summarizer.summarize(trace))
  }
  const answer: SearchAnswer = {
    traces,
    partial: false,
    count: {
      traces: traces.length,
      spans: traces.reduce((sum, trace) => sum + trace.spanCount, 0),
      exact: true,
    },
    tookMs: Math.round((performance.now() - started) * 1000) / 1000,
  }
  return await sendJson(request, reply, JSON.stringify(answer))
}

function pageRequest(request: FastifyRequest): PageRequest {
  const tenant = tenantOf(request)
  const nowNs = BigInt(Date.now()) * 1_000_000n
  if (request.method !== 'POST') return pageOfParameters(request.query as QueryParameters, tenant, nowNs)
  const { body } = request
  return pageOfBody(body instanceof Buffer ? body.toString('utf8') : '', tenant, nowNs)
}

function pageAnswer({ order, startMinNs, startMaxNs }: PageQuery, page: PageResult): Omit<SearchAnswer, 'tookMs'> {
  const summarizer = new Summarizer()
  const { next, spent, count, facets } = page
  return {
    traces: page.traces.map((trace) => summarizer.summarize(trace)),
    partial: page.partial,
    ...(spent === undefined ? {} : { spent }),
    ...(next === undefined ? {} : { next: writeCursor({ order, place: next, startMinNs, startMaxNs }) }),
    ...(count === undefined ? {} : { count: { ...count } }),
    ...(facets === undefined ? {} : { facets: facets.map(facetAnswer) }),
  }
}

function facetAnswer({ target, values, spans, partial }: Facet): FacetAnswer {
  return {
    target: target as FacetTarget,
    values: values.map((value) => ({ value: value.value.slice(0, MAX_VALUE_LENGTH), spans: value.spans })),
    spans,
    partial,
  }
}

function suggestOf(request: FastifyRequest): { readonly prefix: string; readonly limit: number } {
  const parameters = request.query as QueryParameters
  const limit = Number(firstValue(parameters, 'limit') ?? SUGGESTIONS)
  return {
    prefix: firstValue(parameters, 'prefix') ?? '',
    limit: Number.isInteger(limit) && limit > 0 ? Math.min(limit, MAX_SUGGESTIONS) : SUGGESTIONS,
  }
}

async function sendSuggestions(
  request: FastifyRequest,
  reply: FastifyReply,
  suggestions: readonly string[],
): Promise<FastifyReply> {
  return await sendJson(request, reply, JSON.stringify({ suggestions: [...suggestions] } satisfies SuggestAnswer))
}
