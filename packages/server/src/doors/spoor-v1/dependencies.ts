// Who called whom, for the UI's page of services and their calls: Jaeger's parameters, and the errors that Jaeger's answer
// has no place for.

import type { DependenciesAnswer } from '@spoor/core/api/dependencies'
import type { FastifyInstance } from 'fastify'
import { findDependencies } from '../../query/dependency-query.ts'
import type { QueryParameters } from '../../query/jaeger-search.ts'
import type { QueryService } from '../../query/service.ts'
import { sendJson } from '../api/answers.ts'
import { get } from '../api/query-server.ts'
import { tenantOf } from '../api/tenant.ts'

export function registerDependencies(app: FastifyInstance, query: QueryService): void {
  get(app, '/api/x/v1/dependencies', async (request, reply) => {
    const links = await findDependencies(query, request.query as QueryParameters, tenantOf(request))
    const answer: DependenciesAnswer = {
      links: links.map(({ parent, child, callCount, errorCount }) => ({ parent, child, callCount, errorCount })),
    }
    return await sendJson(request, reply, JSON.stringify(answer))
  })
}
