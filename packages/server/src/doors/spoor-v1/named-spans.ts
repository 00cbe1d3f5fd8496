// GET /api/x/v1/spans: the names of spans in several traces (contract: core/src/api/named-spans.ts), read from the traces'
// bytes without an object per span.

import { MAX_REFS, type NamedSpan, type NamedSpansAnswer } from '@spoor/core/api/named-spans'
import { toHex } from '@spoor/core/base/bytes'
import { SpoorError } from '@spoor/core/base/errors'
import { shortTraceId } from '@spoor/core/base/ids'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { allValues, type QueryParameters } from '../../query/jaeger-search.ts'
import type { QueryService } from '../../query/service.ts'
import { parseSpanId, parseTraceId } from '../../query/trace-id.ts'
import { KeyValue } from '../../wire/jaeger/key-value.ts'
import { type SpanFields, type SpanGroup, type SpanVisitor, SpanWalker } from '../../wire/otlp/span-fields.ts'
import { clientSignal, sendJson } from '../api/answers.ts'
import { get } from '../api/query-server.ts'
import { tenantOf } from '../api/tenant.ts'
import { serviceOf, textOf } from './read-fields.ts'

export function registerNamedSpans(app: FastifyInstance, query: QueryService): void {
  get(app, '/api/x/v1/spans', async (request, reply) => {
    const wanted = refsOf(request)
    const spans: NamedSpan[] = []
    for (const [traceId, spanIds] of wanted) spans.push(...(await named(query, request, reply, traceId, spanIds)))
    return await sendJson(request, reply, JSON.stringify({ spans } satisfies NamedSpansAnswer))
  })
}

/** Ids of spans by trace. */
function refsOf(request: FastifyRequest): Map<string, Set<string>> {
  const refs = allValues(request.query as QueryParameters, 'ref')
  if (refs.length > MAX_REFS) {
    throw new SpoorError('invalid', 'bad_parameter', `ref: given more than ${MAX_REFS} times`, { field: 'ref' })
  }
  const wanted = new Map<string, Set<string>>()
  for (const ref of refs) {
    const [trace = '', span = ''] = ref.split(':', 2)
    const traceId = parseTraceId(trace)
    wanted.set(traceId, (wanted.get(traceId) ?? new Set()).add(parseSpanId(span)))
  }
  return wanted
}

async function named(
  query: QueryService,
  request: FastifyRequest,
  reply: FastifyReply,
  traceId: string,
  spanIds: ReadonlySet<string>,
): Promise<NamedSpan[]> {
  const trace = await query.getTrace(tenantOf(request), traceId, { signal: clientSignal(reply) })
  if (trace === undefined) return []
  const namer = new Namer(shortTraceId(trace.traceId), spanIds)
  new SpanWalker().walk(trace.bytes, namer)
  return [...namer.found.values()]
}

class Namer implements SpanVisitor {
  /** By span id; of several spans with one id the first. */
  readonly found = new Map<string, NamedSpan>()
  readonly #traceId: string
  readonly #wanted: ReadonlySet<string>
  readonly #kv = new KeyValue()
  #service = ''

  constructor(traceId: string, wanted: ReadonlySet<string>) {
    this.#traceId = traceId
    this.#wanted = wanted
  }

  group(group: SpanGroup): void {
    this.#service = serviceOf(group, this.#kv)
  }

  span(f: SpanFields): void {
    if (f.spanIdAt < 0) return
    const spanId = toHex(f.bytes.subarray(f.spanIdAt, f.spanIdAt + 8))
    if (!this.#wanted.has(spanId) || this.found.has(spanId)) return
    const name = textOf(f.bytes, f.nameAt, f.nameEnd)
    this.found.set(spanId, { traceId: this.#traceId, spanId, service: this.#service, name })
  }
}
