// gRPC's way to say what went wrong: status, percent-encoded message and details, as trailers
// (PROTOCOL-HTTP2.md, "Responses"). Bounded, because clients refuse large headers.

import { encodeRpcStatus, type Refusal } from './refusal.ts'

/** Clients take 8 KiB of headers in all; percent-encoding may triple a message, and the details repeat it. */
const MAX_MESSAGE_CHARS = 1000

export type GrpcTrailers = Readonly<Record<string, string>>

/** grpc-status, grpc-message and, where the request may be tried again, google.rpc.Status with RetryInfo. */
export function failureTrailers(refusal: Pick<Refusal, 'grpcCode' | 'message' | 'retryAfterMs'>): GrpcTrailers {
  const { grpcCode, retryAfterMs } = refusal
  const message =
    refusal.message.length > MAX_MESSAGE_CHARS ? `${refusal.message.slice(0, MAX_MESSAGE_CHARS)}…` : refusal.message
  const trailers = { 'grpc-status': String(grpcCode), 'grpc-message': percentEncode(message) }
  if (retryAfterMs === undefined) return trailers
  const details = Buffer.from(encodeRpcStatus(grpcCode, message, retryAfterMs)).toString('base64')
  return { ...trailers, 'grpc-status-details-bin': details.replace(/=+$/, '') }
}

/** Printable ASCII but `%` as it is, every other byte of its UTF-8 as %XX. */
export function percentEncode(message: string): string {
  if (/^[\x20-\x24\x26-\x7e]*$/.test(message)) return message
  let text = ''
  for (const byte of Buffer.from(message, 'utf8')) {
    const plain = byte >= 0x20 && byte <= 0x7e && byte !== 0x25
    text += plain ? String.fromCharCode(byte) : `%${byte.toString(16).toUpperCase().padStart(2, '0')}`
  }
  return text
}
