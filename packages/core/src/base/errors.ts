// The one error class and the one table of kinds. Every refusal a person or a client sees comes from here, so that
// HTTP, gRPC and OTLP say the same thing. Must never carry secrets: messages go to the sender.

/** What went wrong, from the caller's side. Doors and receivers map a kind to their protocol in one file each. */
export type ErrorKind =
  | 'invalid' // the request is wrong and will be wrong again
  | 'notFound'
  | 'unsupported' // the thing asked for exists nowhere here
  | 'unauthorized'
  | 'tooLarge' // over a limit that the message names
  | 'overloaded' // full: try again after retryAfterMs
  | 'unavailable' // a part is down or stopping: try again
  | 'cancelled' // the caller went away or its deadline passed
  | 'internal' // our fault

export interface SpoorErrorOptions {
  /** Name of the parameter, flag or field at fault. */
  readonly field?: string
  /** For overloaded and unavailable: milliseconds after which trying again makes sense. */
  readonly retryAfterMs?: number
  readonly cause?: unknown
}

export class SpoorError extends Error {
  readonly kind: ErrorKind
  /** Short stable name of the reason, also the label of the counter that counts it: `bad_protobuf`, `queue_full`. */
  readonly code: string
  readonly field: string | undefined
  readonly retryAfterMs: number | undefined

  constructor(kind: ErrorKind, code: string, message: string, options: SpoorErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause })
    this.name = 'SpoorError'
    this.kind = kind
    this.code = code
    this.field = options.field
    this.retryAfterMs = options.retryAfterMs
  }
}

/** True where the same request may succeed later; decides retry everywhere. */
export function isRetryable(error: unknown): boolean {
  return error instanceof SpoorError && (error.kind === 'overloaded' || error.kind === 'unavailable')
}

/** Any thrown thing as an Error, so that callers can read `.message` without guessing. */
export function toError(thrown: unknown): Error {
  return thrown instanceof Error ? thrown : new Error(String(thrown))
}
