// Whose spans a request may see. The one place where doors learn it.

import type { FastifyRequest } from 'fastify'

/** Everything belongs to the default tenant until tenancy is configured. */
export function tenantOf(_request: FastifyRequest): string {
  return ''
}
