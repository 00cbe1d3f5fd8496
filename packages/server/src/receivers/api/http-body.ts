// Request bodies over HTTP/1.1, read within a limit and within the process-wide body budget: reserved from Content-Length
// before reading, or as chunks come. Must give the reservation back on every path, and must leave a refused request in a
// state in which its sender can still read the answer.

import type { IncomingMessage } from 'node:http'
import { SpoorError } from '@spoor/core/base/errors'
import type { BodyBudget, Reservation } from '../../pipeline/budget.ts'
import { decompress, encodingOf, ENCODINGS } from './decompress.ts'
import { bodyBudgetSpent } from './refusal.ts'

export interface Body {
  readonly bytes: Uint8Array
  /** Bytes as they came, before decompression. */
  readonly receivedBytes: number
  /** To be called once nobody needs the bytes any more. */
  release(): void
}

/**
 * The whole body, decompressed. Rejects with SpoorError `tooLarge`, `overloaded`, `invalid`, or `cancelled`, code
 * `cut_short`, where the sender went away.
 */
export async function readBody(request: IncomingMessage, maxBytes: number, budget: BodyBudget): Promise<Body> {
  const encoding = encodingOf(request.headers['content-encoding'])
  if (encoding === 'unknown') {
    const message = `unsupported Content-Encoding: ${request.headers['content-encoding']}, supported: ${ENCODINGS.join(', ')}`
    throw new SpoorError('invalid', 'unsupported_encoding', message, { field: 'Content-Encoding' })
  }
  const declared = Number(request.headers['content-length'] ?? 0)
  if (declared > maxBytes) throw tooLarge(maxBytes)
  const reservation = budget.reserve(declared)
  if (reservation === undefined) throw bodyBudgetSpent()
  try {
    const received = await collect(request, declared, maxBytes, reservation)
    const bytes = encoding === undefined ? received : await decompress(received, encoding, maxBytes, reservation)
    return { bytes, receivedBytes: received.byteLength, release: () => reservation.release() }
  } catch (thrown) {
    reservation.release()
    throw thrown
  }
}

function tooLarge(maxBytes: number): SpoorError {
  return new SpoorError('tooLarge', 'body_size', `request body is over the limit of ${maxBytes} bytes`)
}

const FIRST_BYTES = 16 * 1024

/**
 * `declared` bytes are reserved already; a chunked body declares none, and what it needs is reserved as it grows. Chunks
 * are copied at once, so that a sender of single bytes holds no more memory than any other.
 */
function collect(
  request: IncomingMessage,
  declared: number,
  maxBytes: number,
  reservation: Reservation,
): Promise<Uint8Array> {
  return new Promise((resolve, reject) => {
    let buffer: Buffer = Buffer.alloc(0)
    let total = 0
    let capacity = declared
    const settle = (refusal: SpoorError | undefined): void => {
      request.off('data', onData).off('end', onEnd).off('close', onClose)
      if (refusal === undefined) resolve(buffer.subarray(0, total))
      else reject(refusal)
    }
    const onData = (chunk: Buffer): void => {
      const needed = total + chunk.byteLength
      if (needed > maxBytes) return settle(tooLarge(maxBytes))
      if (needed > capacity) {
        const wanted = Math.min(maxBytes, Math.max(capacity * 2, needed, FIRST_BYTES))
        if (!reservation.grow(wanted - capacity)) return settle(bodyBudgetSpent())
        capacity = wanted
      }
      if (total === 0 && chunk.byteLength === declared) buffer = chunk
      else {
        if (buffer.byteLength < capacity) buffer = grown(buffer, total, capacity)
        chunk.copy(buffer, total)
      }
      total = needed
    }
    const onEnd = (): void => settle(undefined)
    const onClose = (): void => settle(new SpoorError('cancelled', 'cut_short', 'the request body was cut short'))
    request.on('data', onData).on('end', onEnd).on('close', onClose)
    request.on('error', () => {}) // `close` follows
  })
}

function grown(buffer: Buffer, used: number, capacity: number): Buffer {
  const larger = Buffer.allocUnsafe(capacity)
  buffer.copy(larger, 0, 0, used)
  return larger
}
