// Who called whom, for the UI's page of services and their calls: Jaeger's parameters, and the errors that Jaeger's answer
// has no place for.

import type { DependenciesAnswer } from '@spoor/core/api/dependencies'
import { SpoorError } from '@spoor/core/base/errors'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import { firstValue, type QueryParameters } from '../../query/jaeger-search.ts'
import type { QueryService } from '../../query/service.ts'
import { sendJson } from '../api/answers.ts'
import { get } from '../api/query-server.ts'
import { tenantOf } from '../api/tenant.ts'

const DAY_MS = 86_400_000
const MILLION = 1_000_000n

export function registerDependencies(app: FastifyInstance, query: QueryService): void {
  get(app, '/api/x/v1/dependencies', async (request, reply) => {
    const endMs = milliseconds(request, 'endTs') ?? Date.now()
    const startMs = Math.max(0, endMs - (milliseconds(request, 'lookback') ?? DAY_MS))
    // The end counts for the millisecond it names.
    const endNs = BigInt(endMs) * MILLION + (MILLION - 1n)
    const links = await query.dependencies(tenantOf(request), BigInt(startMs) * MILLION, endNs)
    return await sendJson(request, reply, JSON.stringify({ links } satisfies DependenciesAnswer))
  })
}

/** Undefined where the parameter is absent or empty. */
function milliseconds(request: FastifyRequest, name: string): number | undefined {
  const text = firstValue(request.query as QueryParameters, name) ?? ''
  if (text === '') return undefined
  if (/^[0-9]{1,14}$/.test(text)) return Number(text)
  throw new SpoorError('invalid', 'bad_parameter', `unable to parse param '${name}': not a number of milliseconds`, {
    field: name,
  })
}
