// What a client is told whose spans are not taken.

import { SpoorError } from '@spoor/core/base/errors'

const RETRY_MS = 250
const RESERVE_RETRY_MS = 5000

export function stopped(): SpoorError {
  return new SpoorError('unavailable', 'store_stopped', 'the store is not running', { retryAfterMs: RETRY_MS })
}

export function headsTaken(): SpoorError {
  return new SpoorError('overloaded', 'head_full', 'spans come faster than they can be sealed', {
    retryAfterMs: RETRY_MS,
  })
}

export function nearlyFull(): SpoorError {
  return new SpoorError('unavailable', 'disk_reserve', 'the disk is nearly full', { retryAfterMs: RESERVE_RETRY_MS })
}

export function batchTooLarge(headSpans: number, headBytes: number): SpoorError {
  return new SpoorError(
    'tooLarge',
    'batch_too_large',
    `a request may hold up to ${headSpans} spans and ${headBytes} bytes`,
  )
}
