// Request bodies over HTTP/1.1, read within a limit and within the process-wide body budget: reserved from Content-Length
// before reading, or as chunks come. Must give the reservation back on every path, and must leave a refused request in a
// state in which its sender can still read the answer.

import type { IncomingMessage } from 'node:http'
import { SpoorError } from '@spoor/core/base/errors'
import type { BodyBudget, Reservation } from '../../pipeline/budget.ts'
import type { BufferPool } from './buffer-pool.ts'
import { decompress, encodingOf, ENCODINGS } from './decompress.ts'
import { bodyBudgetSpent } from './refusal.ts'

export interface Body {
  readonly bytes: Uint8Array
  /** Bytes as they came, before decompression. */
  readonly receivedBytes: number
  /** To be called once nobody needs the bytes any more. */
  release(): void
}

export interface BodyLimits {
  /** Before and after decompression. */
  readonly maxBytes: number
  readonly budget: BodyBudget
  readonly buffers: BufferPool
}

/**
 * The whole body, decompressed. Rejects with SpoorError `tooLarge`, `overloaded`, `invalid`, or `cancelled`, code
 * `cut_short`, where the sender went away.
 */
export async function readBody(request: IncomingMessage, limits: BodyLimits): Promise<Body> {
  const { maxBytes, budget, buffers } = limits
  const encoding = encodingOf(request.headers['content-encoding'])
  if (encoding === 'unknown') {
    const message = `unsupported Content-Encoding: ${request.headers['content-encoding']}, supported: ${ENCODINGS.join(', ')}`
    throw new SpoorError('invalid', 'unsupported_encoding', message, { field: 'Content-Encoding' })
  }
  const declared = Number(request.headers['content-length'] ?? 0)
  if (declared > maxBytes) throw tooLarge(maxBytes)
  const reservation = budget.reserve(declared)
  if (reservation === undefined) throw bodyBudgetSpent()
  const room = new Room(declared, maxBytes, reservation, buffers)
  const release = (): void => {
    room.release()
    reservation.release()
  }
  try {
    const received = await collect(request, room)
    const bytes = encoding === undefined ? received : await decompress(received, encoding, maxBytes, reservation)
    return { bytes, receivedBytes: received.byteLength, release }
  } catch (thrown) {
    release()
    throw thrown
  }
}

function tooLarge(maxBytes: number): SpoorError {
  return new SpoorError('tooLarge', 'body_size', `request body is over the limit of ${maxBytes} bytes`)
}

const FIRST_BYTES = 16 * 1024

/**
 * Where a body is put together. `declared` bytes are reserved already; a chunked body declares none, and what it needs is
 * reserved as it grows. Chunks are copied at once, so that a sender of single bytes holds no more memory than any other.
 */
class Room {
  readonly #maxBytes: number
  readonly #reservation: Reservation
  readonly #buffers: BufferPool
  #buffer: Buffer | undefined
  #capacity: number
  #used = 0

  constructor(declared: number, maxBytes: number, reservation: Reservation, buffers: BufferPool) {
    this.#capacity = declared
    this.#maxBytes = maxBytes
    this.#reservation = reservation
    this.#buffers = buffers
  }

  /** What came so far. */
  get bytes(): Uint8Array {
    return (this.#buffer ?? Buffer.alloc(0)).subarray(0, this.#used)
  }

  /** The refusal, where there is no room for the chunk. */
  add(chunk: Buffer): SpoorError | undefined {
    const needed = this.#used + chunk.byteLength
    if (needed > this.#maxBytes) return tooLarge(this.#maxBytes)
    if (needed > this.#capacity) {
      const wanted = Math.min(this.#maxBytes, Math.max(this.#capacity * 2, needed, FIRST_BYTES))
      if (!this.#reservation.grow(wanted - this.#capacity)) return bodyBudgetSpent()
      this.#capacity = wanted
    }
    const old = this.#buffer
    if (old === undefined || old.byteLength < this.#capacity) {
      this.#buffer = this.#buffers.take(this.#capacity)
      old?.copy(this.#buffer, 0, 0, this.#used)
      if (old !== undefined) this.#buffers.give(old)
    }
    if (this.#buffer !== undefined) chunk.copy(this.#buffer, this.#used)
    this.#used = needed
    return undefined
  }

  /** Nobody may read `bytes` after it. */
  release(): void {
    if (this.#buffer !== undefined) this.#buffers.give(this.#buffer)
    this.#buffer = undefined
  }
}

function collect(request: IncomingMessage, room: Room): Promise<Uint8Array> {
  return new Promise((resolve, reject) => {
    const settle = (refusal: SpoorError | undefined): void => {
      request.off('data', onData).off('end', onEnd).off('close', onClose)
      if (refusal === undefined) resolve(room.bytes)
      else reject(refusal)
    }
    const onData = (chunk: Buffer): void => {
      const refusal = room.add(chunk)
      if (refusal !== undefined) settle(refusal)
    }
    const onEnd = (): void => settle(undefined)
    const onClose = (): void => settle(new SpoorError('cancelled', 'cut_short', 'the request body was cut short'))
    request.on('data', onData).on('end', onEnd).on('close', onClose)
    request.on('error', () => {}) // `close` follows
  })
}
