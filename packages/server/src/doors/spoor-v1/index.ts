// What Spoor's own UI asks (contracts: core/src/api): a page of trace summaries, a trace as columns for the timeline,
// and one span with nothing left out. Takes Jaeger's search parameters; errors have Jaeger's envelope.

import { spanDetail } from '@spoor/core/api/make-span-detail'
import { COLUMNS_CONTENT_TYPE, encodeTraceColumns } from '@spoor/core/api/trace-columns'
import type { SearchAnswer } from '@spoor/core/api/search'
import type { SpanDetailAnswer } from '@spoor/core/api/span-detail'
import { SpoorError } from '@spoor/core/base/errors'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { parseFlag, parseJaegerSearch, type QueryParameters } from '../../query/jaeger-search.ts'
import { createExplain } from '../../query/query-service.ts'
import type { QueryService } from '../../query/service.ts'
import { parseSpanId, parseTraceId } from '../../query/trace-id.ts'
import type { TraceChunk } from '../../storage/api/store.ts'
import { decodeTraces } from '../../wire/otlp/decode.ts'
import { clientSignal, sendBytes, sendJson } from '../api/answers.ts'
import type { DoorPlugin } from '../api/door.ts'
import { get } from '../api/query-server.ts'
import { tenantOf } from '../api/tenant.ts'
import { traceColumns } from './columns.ts'
import { registerDependencies } from './dependencies.ts'
import { Summarizer } from './summary.ts'

export const spoorV1: DoorPlugin<unknown> = {
  name: 'spoor-v1',
  register(app, _config, { query }) {
    registerDependencies(app, query)
    get(app, '/api/x/v1/search', async (request, reply) => await search(query, request, reply))
    get(app, '/api/x/v1/traces/:traceId/columns', async (request, reply) => {
      const { traceId, bytes } = await findTrace(query, request, reply)
      return await sendBytes(request, reply, COLUMNS_CONTENT_TYPE, encodeTraceColumns(traceColumns(traceId, bytes)))
    })
    get(app, '/api/x/v1/traces/:traceId/spans/:spanId', async (request, reply) => {
      const spanId = parseSpanId((request.params as { readonly spanId: string }).spanId)
      const { bytes } = await findTrace(query, request, reply)
      const spans = decodeTraces(bytes).filter((span) => span.spanId === spanId)
      if (spans.length === 0) throw new SpoorError('notFound', 'no_span', 'span not found')
      return await sendJson(request, reply, JSON.stringify({ spans: spans.map(spanDetail) } satisfies SpanDetailAnswer))
    })
  },
}

async function search(query: QueryService, request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> {
  const started = performance.now()
  const parameters = request.query as QueryParameters
  const explain = parseFlag(parameters, 'explain') ? createExplain() : undefined
  const signal = clientSignal(reply)
  const traceQuery = parseJaegerSearch(parameters, tenantOf(request), BigInt(Date.now()) * 1_000_000n)
  const found = await query.findTraces(traceQuery, { signal, ...(explain === undefined ? {} : { explain }) })
  const summarizer = new Summarizer()
  const answer: SearchAnswer = {
    traces: found.traces.map((trace) => summarizer.summarize(trace)),
    partial: found.partial,
    tookMs: Math.round((performance.now() - started) * 1000) / 1000,
  }
  return await sendJson(request, reply, JSON.stringify(explain === undefined ? answer : { ...answer, explain }))
}

async function findTrace(query: QueryService, request: FastifyRequest, reply: FastifyReply): Promise<TraceChunk> {
  const id = parseTraceId((request.params as { readonly traceId: string }).traceId)
  const trace = await query.getTrace(tenantOf(request), id, { signal: clientSignal(reply) })
  if (trace === undefined) throw new SpoorError('notFound', 'no_trace', 'trace not found')
  return trace
}
