// Assembles a segment file: header, blocks and parts one behind the other, directory, trailer. Every piece is compressed
// where that helps and has its CRC. Kept in memory until whole, because a segment is small and written in one go.

import { Buffer } from 'node:buffer'
import { constants, crc32, zstdCompressSync } from 'node:zlib'
import {
  CODEC_NONE,
  CODEC_ZSTD,
  DIRECTORY_ENTRY_BYTES,
  SEGMENT_HEADER_BYTES,
  SEGMENT_MAGIC,
  SEGMENT_VERSION,
  TRAILER_BYTES,
  TRAILER_MAGIC,
} from './format.ts'

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

export class PartWriter {
  readonly #id: number
  readonly #chunks: Uint8Array[] = []
  readonly #entries: Entry[] = []
  #length = SEGMENT_HEADER_BYTES

  constructor(id: number) {
    this.#id = id
    this.#chunks.push(header(id))
  }

  /** Stores a stretch; `level` 0 leaves it as it is. The bytes are copied. */
  store(bytes: Uint8Array, level: number = LEVEL): Stored {
    const packed = level === 0 || bytes.length < 64 ? undefined : compress(bytes, level)
    const stored = packed !== undefined && packed.length < bytes.length ? packed : Buffer.from(bytes)
    const at = this.#length
    this.#chunks.push(stored)
    this.#length += stored.length
    return { offset: at, stored: stored.length, raw: bytes.length, crc: crc32(stored) }
  }

  add(kind: number, index: number, bytes: Uint8Array, level: number = LEVEL): void {
    this.#entries.push({ kind, index, ...this.store(bytes, level) })
  }

  /** Directory and trailer; then the whole file in order. */
  finish(): readonly Uint8Array[] {
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
    trailer.writeBigUInt64LE(BigInt(this.#length), 0)
    trailer.writeUInt32LE(this.#entries.length, 8)
    trailer.writeUInt32LE(crc32(directory), 12)
    trailer.writeUInt32LE(SEGMENT_VERSION, 16)
    trailer.writeUInt32LE(crc32(trailer.subarray(0, 20)), 20)
    trailer.write(TRAILER_MAGIC, 24, 'latin1')
    return [...this.#chunks, directory, trailer]
  }

  get id(): number {
    return this.#id
  }
}

function compress(bytes: Uint8Array, level: number): Buffer {
  return zstdCompressSync(bytes, { params: { [constants.ZSTD_c_compressionLevel]: level } })
}

function header(id: number): Buffer {
  const bytes = Buffer.alloc(SEGMENT_HEADER_BYTES)
  bytes.write(SEGMENT_MAGIC, 0, 'latin1')
  bytes.writeUInt32LE(SEGMENT_VERSION, 8)
  bytes.writeBigUInt64LE(BigInt(id), 16)
  bytes.writeUInt32LE(crc32(bytes.subarray(0, SEGMENT_HEADER_BYTES - 4)), SEGMENT_HEADER_BYTES - 4)
  return bytes
}
