// How every receiver refuses: the one map from an error's kind to HTTP status, gRPC status and retry hint, and the bytes
// of google.rpc.Status that OTLP answers carry. Must never let an internal error's text reach a client.

import { BinaryWriter } from '@bufbuild/protobuf/wire'
import { SpoorError, type ErrorKind } from '@spoor/core/base/errors'

/** gRPC status codes by name, as far as receivers send them (github.com/grpc/grpc/blob/master/doc/statuscodes.md). */
export const GRPC = {
  ok: 0,
  cancelled: 1,
  invalidArgument: 3,
  deadlineExceeded: 4,
  notFound: 5,
  resourceExhausted: 8,
  unimplemented: 12,
  internal: 13,
  unavailable: 14,
  unauthenticated: 16,
} as const

const BY_KIND: Readonly<Record<ErrorKind, readonly [http: number, grpc: number]>> = {
  invalid: [400, GRPC.invalidArgument],
  notFound: [404, GRPC.notFound],
  unsupported: [415, GRPC.unimplemented],
  unauthorized: [401, GRPC.unauthenticated],
  tooLarge: [413, GRPC.resourceExhausted],
  overloaded: [429, GRPC.resourceExhausted],
  unavailable: [503, GRPC.unavailable],
  cancelled: [408, GRPC.deadlineExceeded],
  internal: [500, GRPC.internal],
}

/** Sent where a retryable error names no time of its own. */
const DEFAULT_RETRY_MS = 1000

export interface Refusal {
  readonly httpStatus: number
  readonly grpcCode: number
  /** For the sender. */
  readonly message: string
  /** Stable label for counters. */
  readonly reason: string
  /** Set exactly where the same request may succeed later. */
  readonly retryAfterMs: number | undefined
  /** Not the sender's fault and not load: to be logged. */
  readonly ours: boolean
}

export function refusalOf(thrown: unknown): Refusal {
  if (!(thrown instanceof SpoorError)) {
    const [httpStatus, grpcCode] = BY_KIND.internal
    return { httpStatus, grpcCode, message: 'internal error', reason: 'internal', retryAfterMs: undefined, ours: true }
  }
  const [httpStatus, grpcCode] = BY_KIND[thrown.kind]
  const retryable = thrown.kind === 'overloaded' || thrown.kind === 'unavailable'
  return {
    httpStatus,
    grpcCode,
    message: thrown.kind === 'internal' ? 'internal error' : thrown.message,
    reason: thrown.code,
    retryAfterMs: retryable ? (thrown.retryAfterMs ?? DEFAULT_RETRY_MS) : undefined,
    ours: thrown.kind === 'internal',
  }
}

/** Body that arrived while the process-wide budget was spent. */
export function bodyBudgetSpent(): SpoorError {
  return new SpoorError('overloaded', 'body_budget', 'too many request bytes in memory, try again later', {
    retryAfterMs: DEFAULT_RETRY_MS,
  })
}

/** google.rpc.Status {code = 1, message = 2, details = 3} with a RetryInfo where the request may be tried again. */
export function encodeRpcStatus(grpcCode: number, message: string, retryAfterMs: number | undefined): Uint8Array {
  const writer = new BinaryWriter()
  writer.tag(1, 0).int32(grpcCode)
  writer.tag(2, 2).string(message)
  if (retryAfterMs !== undefined) {
    const seconds = Math.floor(retryAfterMs / 1000)
    const nanos = Math.round((retryAfterMs - seconds * 1000) * 1e6)
    writer.tag(3, 2).fork()
    writer.tag(1, 2).string('type.googleapis.com/google.rpc.RetryInfo')
    writer.tag(2, 2).fork() // Any.value: RetryInfo {retry_delay = 1}
    writer.tag(1, 2).fork() // Duration {seconds = 1, nanos = 2}
    if (seconds > 0) writer.tag(1, 0).int64(seconds)
    if (nanos > 0) writer.tag(2, 0).int32(nanos)
    writer.join().join().join()
  }
  return writer.finish()
}

/** The same as JSON, in the protobuf JSON mapping. */
export function rpcStatusJson(grpcCode: number, message: string, retryAfterMs: number | undefined): string {
  const details =
    retryAfterMs === undefined
      ? undefined
      : [{ '@type': 'type.googleapis.com/google.rpc.RetryInfo', retryDelay: `${retryAfterMs / 1000}s` }]
  return JSON.stringify({ code: grpcCode, message, ...(details === undefined ? {} : { details }) })
}

/** Retry-After takes whole seconds (RFC 9110, 10.2.3). */
export function retryAfterSeconds(retryAfterMs: number): number {
  return Math.max(1, Math.ceil(retryAfterMs / 1000))
}
