// Whether the program is ready, as the health door tells it (jaeger pkg/healthcheck/handler.go, v1.57): 503 until
// everything has started and again from the moment it stops.

import { formatGoDuration } from '@spoor/core/base/time'

export interface Health {
  /** Everything has started. */
  ready(): void
  /** Stopping, or broken. */
  unavailable(): void
  status(): HealthStatus
}

export interface HealthStatus {
  readonly httpStatus: 200 | 503
  /** {"status", "upSince": RFC 3339, "uptime": Go duration} */
  readonly body: string
}

/** What Go prints for a time that never was. */
const NEVER = '0001-01-01T00:00:00Z'

/** `now`: Unix ms. */
export function createHealth(now: () => number = Date.now): Health {
  let since: number | undefined
  return {
    ready(): void {
      since ??= now()
    },
    unavailable(): void {
      since = undefined
    },
    status(): HealthStatus {
      if (since === undefined) return { httpStatus: 503, body: body('Server not available', NEVER, 0) }
      return { httpStatus: 200, body: body('Server available', new Date(since).toISOString(), now() - since) }
    },
  }
}

function body(status: string, upSince: string, uptimeMs: number): string {
  return JSON.stringify({ status, upSince, uptime: formatGoDuration(BigInt(Math.round(uptimeMs * 1e6))) })
}
