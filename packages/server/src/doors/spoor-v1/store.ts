// What the store holds and costs (core/src/api/store.ts): totals of the store, and services of the request's tenant.

import type { StoreStats } from '@spoor/core/api/store'
import { SpoorError } from '@spoor/core/base/errors'
import type { FastifyInstance } from 'fastify'
import type { QueryService } from '../../query/service.ts'
import { sendJson } from '../api/answers.ts'
import { get } from '../api/query-server.ts'
import { tenantOf } from '../api/tenant.ts'

export function registerStore(app: FastifyInstance, query: QueryService): void {
  get(app, '/api/x/v1/store', async (request, reply) => {
    const stats = await query.storeStats()
    if (stats === undefined) throw new SpoorError('unsupported', 'no_stats', 'this store does not count what it holds')
    const tenant = tenantOf(request)
    const answer: StoreStats = {
      ...stats,
      tenants: stats.tenants.filter((share) => share.tenant === tenant),
      services: stats.services.filter((share) => share.tenant === tenant),
    }
    return await sendJson(request, reply, JSON.stringify(answer))
  })
}
