// What Spoor's own UI asks (contracts: core/src/api): a page of trace summaries, a trace as columns for the timeline,
// and one span with nothing left out. Takes Jaeger's search parameters; errors have Jaeger's envelope.

import { adjustedDetail } from '@spoor/core/api/make-span-detail'
import type { FindAnswer } from '@spoor/core/api/find'
import { COLUMNS_CONTENT_TYPE, encodeTraceColumns } from '@spoor/core/api/trace-columns'
import type { SpanDetail, SpanDetailAnswer } from '@spoor/core/api/span-detail'
import { SpoorError } from '@spoor/core/base/errors'
import { shortTraceId } from '@spoor/core/base/ids'
import { NO_ADJUSTMENTS, type Adjustments } from '@spoor/core/model/adjust'
import { findInTrace } from '@spoor/core/model/find-in-trace'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { firstValue, parseFlag, type QueryParameters } from '../../query/jaeger-search.ts'
import { createAdjuster } from '../../query/adjust/trace-shape.ts'
import { parseClockSkew } from '../../query/clock-skew.ts'
import type { QueryService } from '../../query/service.ts'
import { parseSpanId, parseTraceId } from '../../query/trace-id.ts'
import type { TraceChunk } from '../../storage/api/store.ts'
import { decodeTraces } from '../../wire/otlp/decode.ts'
import { spansToOtlpJson } from '../../wire/otlp/json.ts'
import { clientSignal, sendBytes, sendJson } from '../api/answers.ts'
import type { DoorPlugin } from '../api/door.ts'
import { get } from '../api/query-server.ts'
import { tenantOf } from '../api/tenant.ts'
import { traceColumns } from './columns.ts'
import { registerDependencies } from './dependencies.ts'
import { registerNamedSpans } from './named-spans.ts'
import { registerSearch } from './search.ts'
import { registerStore } from './store.ts'

export const spoorV1: DoorPlugin<unknown> = {
  name: 'spoor-v1',
  register(app, _config, { query, maxClockSkewNs }) {
    /** What the request wants changed in a trace: nothing with raw=true. */
    const adjust = (request: FastifyRequest, bytes: Uint8Array): Adjustments => {
      const parameters = request.query as QueryParameters
      const maxNs = parseClockSkew(parameters, maxClockSkewNs)
      return parseFlag(parameters, 'raw') ? NO_ADJUSTMENTS : createAdjuster(maxNs)(bytes)
    }
    registerDependencies(app, query)
    registerNamedSpans(app, query)
    registerSearch(app, query)
    registerStore(app, query)
    get(app, '/api/x/v1/traces/:traceId/columns', async (request, reply) => {
      const { traceId, bytes } = await findTrace(query, request, reply)
      const columns = traceColumns(traceId, bytes, adjust(request, bytes))
      return await sendBytes(request, reply, COLUMNS_CONTENT_TYPE, encodeTraceColumns(columns))
    })
    get(app, '/api/x/v1/traces/:traceId/spans/:spanId', async (request, reply) => {
      const spanId = parseSpanId((request.params as { readonly spanId: string }).spanId)
      const { bytes } = await findTrace(query, request, reply)
      const spans = detailsOf(bytes, spanId, adjust(request, bytes))
      if (spans.length === 0) throw new SpoorError('notFound', 'no_span', 'span not found')
      return await sendJson(request, reply, JSON.stringify({ spans } satisfies SpanDetailAnswer))
    })
    get(app, '/api/x/v1/traces/:traceId/find', async (request, reply) => {
      const { bytes } = await findTrace(query, request, reply)
      const q = firstValue(request.query as QueryParameters, 'q') ?? ''
      const spanIds = findInTrace(decodeTraces(bytes), q, adjust(request, bytes))
      return await sendJson(request, reply, JSON.stringify({ spanIds } satisfies FindAnswer))
    })
    get(app, '/api/x/v1/traces/:traceId/otlp', async (request, reply) => {
      const { traceId, bytes } = await findTrace(query, request, reply)
      const format = firstValue(request.query as QueryParameters, 'format') ?? ''
      if (format !== 'proto' && format !== 'json' && format !== '') {
        throw new SpoorError('invalid', 'bad_parameter', 'format: expected json or proto', { field: 'format' })
      }
      const proto = format === 'proto'
      const name = `${shortTraceId(traceId)}.otlp.${proto ? 'pb' : 'json'}`
      reply.header('content-disposition', `attachment; filename="${name}"`)
      if (proto) return await sendBytes(request, reply, 'application/x-protobuf', bytes)
      return await sendJson(request, reply, spansToOtlpJson(decodeTraces(bytes)))
    })
  },
}

/** Of the spans that have the id once the trace is adjusted. */
function detailsOf(bytes: Uint8Array, spanId: string, adjustments: Adjustments): SpanDetail[] {
  return decodeTraces(bytes).flatMap((span, row) => {
    const adjustment = adjustments.spans.get(row)
    if (adjustment?.dropped === true || (adjustment?.spanId ?? span.spanId) !== spanId) return []
    return [adjustedDetail(span, adjustment)]
  })
}

async function findTrace(query: QueryService, request: FastifyRequest, reply: FastifyReply): Promise<TraceChunk> {
  const id = parseTraceId((request.params as { readonly traceId: string }).traceId)
  const trace = await query.getTrace(tenantOf(request), id, { signal: clientSignal(reply) })
  if (trace === undefined) throw new SpoorError('notFound', 'no_trace', 'trace not found')
  return trace
}
