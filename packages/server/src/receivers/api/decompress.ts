// Compressed request bodies, made plain within a limit and within the process-wide body budget. Small ones at once on this
// thread (cheaper than a trip to the thread pool), large ones as a stream, so that no body stalls its neighbours. Must never
// hold more output than the limit allows: a bomb is stopped at the limit, whatever its size.

import {
  constants,
  createGunzip,
  createInflate,
  createZstdDecompress,
  gunzipSync,
  inflateSync,
  zstdDecompressSync,
  type ZlibOptions,
  type ZstdOptions,
} from 'node:zlib'
import { SpoorError, toError } from '@spoor/core/base/errors'
import type { Reservation } from '../../pipeline/budget.ts'
import { bodyBudgetSpent } from './refusal.ts'

export type Encoding = 'gzip' | 'deflate' | 'zstd'

/** What clients may be told; identity goes without saying. */
export const ENCODINGS: readonly Encoding[] = ['gzip', 'deflate', 'zstd']

/** Compressed bytes up to which decompressing inline costs less than it would delay others. */
const INLINE_BYTES = 128 * 1024
const STREAM_CHUNK_BYTES = 128 * 1024
/** A zstd frame declares the memory its reader needs; RFC 8878 asks for 8 MiB, and more is refused. */
const ZSTD_WINDOW_LOG = 23

/** The encoding a header names: undefined for none, `unknown` for one that is not understood here. */
export function encodingOf(header: string | undefined): Encoding | 'unknown' | undefined {
  const name = header?.trim().toLowerCase()
  if (name === undefined || name === '' || name === 'identity') return undefined
  if (name === 'x-gzip') return 'gzip'
  return ENCODINGS.find((known) => known === name) ?? 'unknown'
}

/**
 * The plain bytes, whose size is added to `reservation`. Rejects with SpoorError `tooLarge` (over `maxBytes`), `overloaded`
 * (over the budget) or `invalid`, code `bad_compression`.
 */
export async function decompress(
  body: Uint8Array,
  encoding: Encoding,
  maxBytes: number,
  reservation: Reservation,
): Promise<Uint8Array> {
  if (body.byteLength > INLINE_BYTES) return await decompressStream(body, encoding, maxBytes, reservation)
  let plain: Uint8Array
  try {
    plain = decompressInline(body, encoding, maxBytes)
  } catch (thrown) {
    throw decompressError(thrown, encoding, maxBytes)
  }
  if (!reservation.grow(plain.byteLength)) throw bodyBudgetSpent()
  return plain
}

function decompressInline(body: Uint8Array, encoding: Encoding, maxBytes: number): Uint8Array {
  // Most bodies shrink four to ten times: one output buffer instead of many small ones.
  const chunkSize = Math.min(Math.max(body.byteLength * 8, 4096), 1024 * 1024)
  const options = { maxOutputLength: maxBytes, chunkSize, info: true }
  // With `info`, Node answers { buffer, engine }, which its types do not say.
  const { buffer, engine } = (encoding === 'gzip'
    ? gunzipSync(body, options)
    : encoding === 'deflate'
      ? inflateSync(body, options)
      : zstdDecompressSync(body, { ...options, ...zstdOptions(chunkSize) })) as unknown as InlineOutput
  checkWhole(body, engine.bytesWritten, encoding)
  return buffer
}

interface InlineOutput {
  readonly buffer: Buffer
  /** bytesWritten: input bytes that were read. */
  readonly engine: { readonly bytesWritten: number }
}

/** Node stops at the end of the first deflate stream or zstd frame, without a word about what follows it. */
function checkWhole(body: Uint8Array, bytesRead: number, encoding: Encoding): void {
  if (bytesRead === body.byteLength) return
  throw new SpoorError('invalid', 'bad_compression', `body holds more than one ${encoding} frame, or bytes after it`)
}

function zstdOptions(chunkSize: number): ZstdOptions {
  return { chunkSize, params: { [constants.ZSTD_d_windowLogMax]: ZSTD_WINDOW_LOG } }
}

function decompressStream(
  body: Uint8Array,
  encoding: Encoding,
  maxBytes: number,
  reservation: Reservation,
): Promise<Uint8Array> {
  const options: ZlibOptions = { chunkSize: STREAM_CHUNK_BYTES }
  const stream =
    encoding === 'gzip'
      ? createGunzip(options)
      : encoding === 'deflate'
        ? createInflate(options)
        : createZstdDecompress(zstdOptions(STREAM_CHUNK_BYTES))
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = []
    let total = 0
    stream.on('data', (chunk: Buffer) => {
      total += chunk.byteLength
      if (total > maxBytes) stream.destroy(tooLargeError(maxBytes))
      else if (!reservation.grow(chunk.byteLength)) stream.destroy(bodyBudgetSpent())
      else chunks.push(chunk)
    })
    stream.on('end', () => {
      try {
        checkWhole(body, stream.bytesWritten, encoding)
        resolve(Buffer.concat(chunks, total))
      } catch (thrown) {
        reject(toError(thrown))
      }
    })
    stream.on('error', (thrown: Error) => reject(decompressError(thrown, encoding, maxBytes)))
    stream.end(body)
  })
}

function tooLargeError(maxBytes: number): SpoorError {
  return new SpoorError('tooLarge', 'decompressed_size', `decompressed body is over the limit of ${maxBytes} bytes`)
}

function decompressError(thrown: unknown, encoding: Encoding, maxBytes: number): SpoorError {
  if (thrown instanceof SpoorError) return thrown
  if ((thrown as NodeJS.ErrnoException).code === 'ERR_BUFFER_TOO_LARGE') return tooLargeError(maxBytes)
  const why = thrown instanceof Error ? thrown.message : String(thrown)
  return new SpoorError('invalid', 'bad_compression', `body is not valid ${encoding}: ${why}`, { cause: thrown })
}
