// The counters that every receiver keeps for its requests. One call a request, whatever became of it; our own faults are
// logged, everything else is the sender's business and only counted.

import { toError } from '@spoor/core/base/errors'
import type { ReceiverHost } from './receiver.ts'

/** `code`: `ok` or the reason of refusal. `fault`: what was thrown, where it is no fault of the sender's. */
export type Report = (code: string, bodyBytes: number, fault?: unknown) => void

export function reportTo({ metrics, log }: ReceiverHost, receiver: string): Report {
  return (code, bodyBytes, fault) => {
    metrics.add('spoor_requests_total', { receiver, code })
    if (bodyBytes > 0) metrics.add('spoor_request_bytes_total', { receiver }, bodyBytes)
    if (fault !== undefined) log.error('a request failed', { receiver, error: toError(fault).stack })
  }
}
