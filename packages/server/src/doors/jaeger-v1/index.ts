// Jaeger's HTTP API v1 (jaeger cmd/query/app/http_handler.go, v1.57, with the parameters of 1.76): services,
// operations, search and traces by id, in its envelope. Parses and prints; traces go from stored bytes to JSON without
// objects.

import { SpoorError } from '@spoor/core/base/errors'
import { shortTraceId } from '@spoor/core/base/ids'
import { SPAN_KIND_NAMES } from '@spoor/core/model/span'
import type { FastifyReply, FastifyRequest } from 'fastify'
import {
  firstValue,
  parseFlag,
  parseJaegerSearch,
  parseMicros,
  parseTraceIds,
  type QueryParameters,
  wantsPretty,
} from '../../query/jaeger-search.ts'
import { createAdjuster } from '../../query/adjust/trace-shape.ts'
import { findDependencies } from '../../query/dependency-query.ts'
import { createExplain } from '../../query/query-service.ts'
import type { Explain, QueryService } from '../../query/service.ts'
import { parseTraceId } from '../../query/trace-id.ts'
import type { TraceChunk } from '../../storage/api/store.ts'
import { prettyJson } from '../../wire/jaeger/pretty.ts'
import {
  type AdjustTrace,
  type AnswerOptions,
  type AnswerTrace,
  type ApiError,
  envelope,
  writeAnswer,
} from '../../wire/jaeger/trace-writer.ts'
import { clientSignal, errorBody, sendJson, sendPieces } from '../api/answers.ts'
import type { DoorPlugin } from '../api/door.ts'
import { get, postBytes } from '../api/query-server.ts'
import { tenantOf } from '../api/tenant.ts'
import { MAX_TRANSFORM_BYTES, tracesOfDocument } from './transform.ts'

/** Bytes of traces that one request by ids may hold. */
const MAX_BYTES_BY_IDS = 256 * 1024 * 1024
/** Stored bytes of traces up to which prettyPrint is honoured: it needs the answer whole in memory. */
const MAX_PRETTY_BYTES = 16 * 1024 * 1024
const NOT_FOUND = 'trace not found'
const PARTIAL = 'the search ended early at a limit of this server: there may be more traces than these'

const NO_METRICS = 'metrics querying is currently disabled'

export const jaegerV1: DoorPlugin<unknown> = {
  name: 'jaeger-v1',
  register(app, _config, { query, maxClockSkewNs }) {
    /** Jaeger's adjusters, or none where the request asks for traces as they were sent. */
    const adjusters = (request: FastifyRequest): AdjustTrace =>
      parseFlag(parametersOf(request), 'raw') ? undefined : createAdjuster(maxClockSkewNs)
    get(app, '/api/services', async (request, reply) => {
      return await sendList(request, reply, await query.services(tenantOf(request)))
    })
    get(app, '/api/services/:service/operations', async (request, reply) => {
      const { service } = request.params as { readonly service: string }
      const operations = await query.operations(tenantOf(request), service)
      const names = [...new Set(operations.map((operation) => operation.name))]
      return await sendList(request, reply, names.length > 0 ? names : null)
    })
    get(app, '/api/operations', async (request, reply) => await operationsOf(query, request, reply))
    get(app, '/api/traces', async (request, reply) => {
      const ids = parseTraceIds(parametersOf(request))
      const adjust = adjusters(request)
      if (ids.length > 0) return await tracesById(query, ids, adjust, request, reply)
      return await search(query, adjust, request, reply)
    })
    get(app, '/api/traces/:traceId', async (request, reply) => {
      return await traceById(query, adjusters(request), request, reply)
    })
    get(app, '/api/dependencies', async (request, reply) => {
      const links = await findDependencies(query, parametersOf(request), tenantOf(request))
      const data = links.map(({ parent, child, callCount }) => ({ parent, child, callCount }))
      // Unlike other lists this one has no total in Jaeger.
      return await sendText(request, reply, envelope(data, 0, null))
    })
    postBytes(app, '/api/transform', MAX_TRANSFORM_BYTES, async (request, reply) => {
      const traces = tracesOfDocument(request.body)
      return await sendTraces(request, reply, traces, { adjust: undefined, plain: true, errors: [] })
    })
    for (const name of ['latencies', 'calls', 'errors', 'minstep']) {
      get(app, `/api/metrics/${name}`, async (_request, reply) => {
        return await reply.code(501).type('application/json').send(errorBody(501, NO_METRICS))
      })
    }
  },
}

async function operationsOf(query: QueryService, request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> {
  const parameters = parametersOf(request)
  const service = firstValue(parameters, 'service') ?? ''
  if (service === '') {
    throw new SpoorError('invalid', 'bad_parameter', "parameter 'service' is required", { field: 'service' })
  }
  const kind = firstValue(parameters, 'spanKind') ?? ''
  const operations = (await query.operations(tenantOf(request), service))
    .map((operation) => ({ name: operation.name, spanKind: SPAN_KIND_NAMES[operation.kind] ?? 'unspecified' }))
    .filter((operation) => kind === '' || operation.spanKind === kind)
  return await sendList(request, reply, operations)
}

async function search(
  query: QueryService,
  adjust: AdjustTrace,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<FastifyReply> {
  const parameters = parametersOf(request)
  const explain = parseFlag(parameters, 'explain') ? createExplain() : undefined
  const signal = clientSignal(reply)
  const traceQuery = parseJaegerSearch(parameters, tenantOf(request), BigInt(Date.now()) * 1_000_000n)
  const found = await query.findTraces(traceQuery, { signal, ...(explain === undefined ? {} : { explain }) })
  const errors = found.partial ? [{ msg: PARTIAL }] : []
  return await sendTraces(request, reply, found.traces, { adjust, errors, ...extra(explain) })
}

function extra(explain: Explain | undefined): { extra?: Readonly<Record<string, unknown>> } {
  return explain === undefined ? {} : { extra: { explain } }
}

/** Each id in the order asked for; what is not found is an error in a good answer. */
async function tracesById(
  query: QueryService,
  ids: readonly string[],
  adjust: AdjustTrace,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<FastifyReply> {
  const signal = clientSignal(reply)
  const known = new Map<string, TraceChunk | undefined>()
  const traces: TraceChunk[] = []
  const errors: ApiError[] = []
  let bytes = 0
  for (const id of ids) {
    if (!known.has(id)) known.set(id, await query.getTrace(tenantOf(request), id, { signal }))
    const trace = known.get(id)
    if (trace === undefined) errors.push({ msg: NOT_FOUND, traceID: shortId(id) })
    else if (traces.length > 0 && bytes + trace.bytes.length > MAX_BYTES_BY_IDS) {
      known.set(id, undefined)
      errors.push({ msg: 'left out: the answer would be too large; ask for this trace alone', traceID: shortId(id) })
    } else {
      bytes += trace.bytes.length
      traces.push(trace)
    }
  }
  return await sendTraces(request, reply, traces, { adjust, errors })
}

/** As answers print ids; stores also take 16 digits. */
function shortId(id: string): string {
  return shortTraceId(id.padStart(32, '0'))
}

async function traceById(
  query: QueryService,
  adjust: AdjustTrace,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<FastifyReply> {
  const parameters = parametersOf(request)
  const { traceId } = request.params as { readonly traceId: string }
  const id = parseTraceId(traceId)
  // Hints of where to look, which this store does not need; wrong ones are refused all the same.
  parseMicros(parameters, 'start')
  parseMicros(parameters, 'end')
  const trace = await query.getTrace(tenantOf(request), id, { signal: clientSignal(reply) })
  if (trace === undefined) return await reply.code(404).type('application/json').send(errorBody(404, NOT_FOUND))
  return await sendTraces(request, reply, [trace], { adjust, errors: [] })
}

function parametersOf(request: FastifyRequest): QueryParameters {
  return request.query as QueryParameters
}

async function sendList(
  request: FastifyRequest,
  reply: FastifyReply,
  data: readonly unknown[] | null,
): Promise<FastifyReply> {
  return await sendText(request, reply, envelope(data, data?.length ?? 0, null))
}

async function sendText(request: FastifyRequest, reply: FastifyReply, text: string): Promise<FastifyReply> {
  return await sendJson(request, reply, wantsPretty(parametersOf(request)) ? prettyJson(Buffer.from(text)) : text)
}

async function sendTraces(
  request: FastifyRequest,
  reply: FastifyReply,
  traces: readonly AnswerTrace[],
  options: AnswerOptions,
): Promise<FastifyReply> {
  const pieces = writeAnswer(traces, options)
  const bytes = traces.reduce((sum, trace) => sum + trace.bytes.length, 0)
  if (!wantsPretty(parametersOf(request)) || bytes > MAX_PRETTY_BYTES) return await sendPieces(request, reply, pieces)
  return await sendJson(request, reply, prettyJson(Buffer.concat([...pieces])))
}
