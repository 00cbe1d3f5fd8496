// Assembles a file of parts, a segment or a rollup: header, blocks and parts one behind the other, directory, trailer. Every piece is compressed
// where that helps and has its CRC. Kept in memory until whole, because a segment is small and written in one go.

import { Buffer } from 'node:buffer'
import { constants, crc32, zstdCompressSync } from 'node:zlib'
import { ByteWriter } from './bytes.ts'
import { type Container, SEGMENT_CONTAINER } from './container.ts'
import { CODEC_NONE, CODEC_ZSTD, DIRECTORY_ENTRY_BYTES, SEGMENT_HEADER_BYTES, TRAILER_BYTES } from './format.ts'

/** Where a stored stretch lies. It is compressed exactly where `stored` differs from `raw`. */
export interface Stored {
  readonly offset: number
  readonly stored: number
  readonly raw: number
  readonly crc: number
}

interface Entry extends Stored {
  readonly kind: number
  readonly index: number
}

/** By measurement: see docs/adr/0009. */
const LEVEL = 3
/** Memory for a file that stays for the next one. */
const KEPT_BYTES = 16 << 20

export class PartWriter {
  /** The file so far. One stretch of memory for all files: what zstd returns is garbage at once and small. */
  readonly #file = new ByteWriter(1 << 20)
  #entries: Entry[] = []
  readonly #container: Container

  constructor(container: Container = SEGMENT_CONTAINER) {
    this.#container = container
  }

  /** Begins a file. What finish() returned for the one before must not be used any more. */
  begin(id: number): void {
    this.#file.trim(KEPT_BYTES)
    this.#entries = []
    this.#file.bytes(header(id, this.#container))
  }

  /** Stores a stretch; `level` 0 leaves it as it is. The bytes are copied. */
  store(bytes: Uint8Array, level: number = LEVEL): Stored {
    const packed = level === 0 || bytes.length < 64 ? undefined : compress(bytes, level)
    const stored = packed !== undefined && packed.length < bytes.length ? packed : bytes
    const offset = this.#file.length
    this.#file.bytes(stored)
    return { offset, stored: stored.length, raw: bytes.length, crc: crc32(stored) }
  }

  add(kind: number, index: number, bytes: Uint8Array, level: number = LEVEL): void {
    const { offset, stored, raw, crc } = this.store(bytes, level)
    this.#entries.push({ kind, index, offset, stored, raw, crc })
  }

  /** Directory and trailer; then the whole file, until the next begin(). */
  finish(): Uint8Array {
    const directoryAt = this.#file.length
    const directory = Buffer.alloc(this.#entries.length * DIRECTORY_ENTRY_BYTES)
    for (const [i, entry] of this.#entries.entries()) {
      const at = i * DIRECTORY_ENTRY_BYTES
      directory.writeUInt16LE(entry.kind, at)
      directory.writeUInt16LE(entry.stored === entry.raw ? CODEC_NONE : CODEC_ZSTD, at + 2)
      directory.writeUInt32LE(entry.index, at + 4)
      directory.writeBigUInt64LE(BigInt(entry.offset), at + 8)
      directory.writeUInt32LE(entry.stored, at + 16)
      directory.writeUInt32LE(entry.raw, at + 20)
      directory.writeUInt32LE(entry.crc, at + 24)
    }
    const trailer = Buffer.alloc(TRAILER_BYTES)
    trailer.writeBigUInt64LE(BigInt(directoryAt), 0)
    trailer.writeUInt32LE(this.#entries.length, 8)
    trailer.writeUInt32LE(crc32(directory), 12)
    trailer.writeUInt32LE(this.#container.version, 16)
    trailer.writeUInt32LE(crc32(trailer.subarray(0, 20)), 20)
    trailer.write(this.#container.trailerMagic, 24, 'latin1')
    this.#file.bytes(directory)
    this.#file.bytes(trailer)
    return this.#file.view()
  }
}

/**
 * The output is made in steps of chunkSize, whose memory is taken anew for each call and joined in the end: one step is
 * enough for all but what hardly gets smaller, and is no bigger than it must be.
 */
function compress(bytes: Uint8Array, level: number): Buffer {
  const chunkSize = Math.max(1024, (bytes.length >> 1) + (bytes.length >> 2))
  return zstdCompressSync(bytes, { chunkSize, params: { [constants.ZSTD_c_compressionLevel]: level } })
}

function header(id: number, container: Container): Buffer {
  const bytes = Buffer.alloc(SEGMENT_HEADER_BYTES)
  bytes.write(container.magic, 0, 'latin1')
  bytes.writeUInt32LE(container.version, 8)
  bytes.writeBigUInt64LE(BigInt(id), 16)
  bytes.writeUInt32LE(crc32(bytes.subarray(0, SEGMENT_HEADER_BYTES - 4)), SEGMENT_HEADER_BYTES - 4)
  return bytes
}
