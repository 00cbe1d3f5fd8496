// Reads stretches of a segment file and believes none before its CRC was checked. Reads are synchronous: from the page cache
// they cost less than a turn through the thread pool, and the query thread gives way between blocks.

import { Buffer } from 'node:buffer'
import { basename } from 'node:path'
import { crc32, zstdDecompressSync } from 'node:zlib'
import { SpoorError, toError } from '@spoor/core/base/errors'
import type { ReadableFile, ReadDisk } from '../../pipeline/spool/disk.ts'
import { damaged } from './bytes.ts'
import { type Container, SEGMENT_CONTAINER } from './container.ts'
import { DIRECTORY_ENTRY_BYTES, SEGMENT_HEADER_BYTES, TRAILER_BYTES } from './format.ts'
import type { Stored } from './part-writer.ts'

/** Errors that say nothing of the bytes on the disk. */
const NO_DAMAGE: ReadonlySet<unknown> = new Set(['EMFILE', 'ENFILE', 'ENOMEM', 'EAGAIN', 'ENOENT'])

/** No part is larger: damage must not ask for absurd memory. */
const MAX_RAW_BYTES = 1 << 30
const MAX_SCRATCH = 1 << 18

/** Keeps a bounded number of files open. */
export class OpenFiles {
  readonly #limit: number
  readonly #disk: ReadDisk
  readonly #open = new Map<string, ReadableFile>()
  #scratch = Buffer.alloc(0)

  constructor(limit: number, disk: ReadDisk) {
    this.#limit = limit
    this.#disk = disk
  }

  get(path: string): ReadableFile {
    const known = this.#open.get(path)
    if (known !== undefined) {
      this.#open.delete(path)
      this.#open.set(path, known)
      return known
    }
    const file = this.#disk.open(path)
    this.#open.set(path, file)
    for (const [oldest, oldestFile] of this.#open) {
      if (this.#open.size <= this.#limit) break
      this.#open.delete(oldest)
      oldestFile.close()
    }
    return file
  }

  /** Memory for compressed bytes, good until the next call. */
  scratch(bytes: number): Buffer {
    if (bytes > MAX_SCRATCH) return Buffer.allocUnsafeSlow(bytes)
    if (this.#scratch.length < bytes) this.#scratch = Buffer.allocUnsafeSlow(Math.min(MAX_SCRATCH, bytes * 2))
    return this.#scratch.subarray(0, bytes)
  }

  close(path: string): void {
    const file = this.#open.get(path)
    if (file === undefined) return
    this.#open.delete(path)
    file.close()
  }

  closeAll(): void {
    for (const path of this.#open.keys()) this.close(path)
  }
}

export class SegmentFile {
  readonly path: string
  readonly #files: OpenFiles
  readonly #container: Container
  #directory: ReadonlyMap<number, Stored> | undefined
  /** Bytes read from the file so far. */
  bytesRead = 0

  constructor(path: string, files: OpenFiles, container: Container = SEGMENT_CONTAINER) {
    this.path = path
    this.#files = files
    this.#container = container
  }

  close(): void {
    this.#files.close(this.path)
  }

  /** Reads header, trailer and directory. Throws SpoorError `segment_version` or `segment_damaged`, or the system's error. */
  check(): void {
    this.#directory ??= this.#readDirectory()
  }

  /** Where its parts lie, blocks apart. Throws as check() does. */
  get parts(): readonly Stored[] {
    this.#directory ??= this.#readDirectory()
    return [...this.#directory.values()]
  }

  /** A part by kind and index; undefined where there is none. Throws SpoorError `segment_damaged`. */
  part(kind: number, index: number = 0): Buffer | undefined {
    this.#directory ??= this.#readDirectory()
    const entry = this.#directory.get(kind * 0x1_0000_0000 + index)
    return entry === undefined ? undefined : this.read(entry)
  }

  /** A stretch: read, checked, decompressed. */
  read(entry: Stored): Buffer {
    const isRaw = entry.stored === entry.raw
    const stored = this.#bytes(entry.offset, entry.stored, isRaw ? undefined : this.#files.scratch(entry.stored))
    if (crc32(stored) !== entry.crc) throw damaged(`${entry.stored} bytes at ${entry.offset} of ${this.path}`)
    if (isRaw) return stored
    // One byte more than it takes: a chunk that is full makes zlib get another of the same size.
    const raw = zstdDecompressSync(stored, { maxOutputLength: entry.raw, chunkSize: Math.max(1024, entry.raw + 1) })
    if (raw.length !== entry.raw) throw damaged(this.path)
    return raw
  }

  #bytes(offset: number, length: number, into?: Buffer): Buffer {
    const bytes = into ?? Buffer.allocUnsafeSlow(length)
    let done = 0
    while (done < length) {
      const read = this.#asked((file) => file.read(bytes, done, length - done, offset + done))
      if (read === 0) throw damaged(`the end of ${this.path}`)
      done += read
    }
    this.bytesRead += length
    return bytes
  }

  /** What the disk cannot read is as good as damaged: the rest serves on. */
  #asked(ask: (file: ReadableFile) => number): number {
    try {
      return ask(this.#files.get(this.path))
    } catch (thrown) {
      const error: NodeJS.ErrnoException = toError(thrown)
      if (error.code === undefined || NO_DAMAGE.has(error.code)) throw thrown
      throw damaged(`${this.path} (${error.message})`)
    }
  }

  /** Checks header and trailer. Throws SpoorError `segment_version` for a newer format, `segment_damaged` otherwise. */
  #readDirectory(): ReadonlyMap<number, Stored> {
    const size = this.#asked((file) => file.size())
    if (size < SEGMENT_HEADER_BYTES + TRAILER_BYTES) throw damaged(this.path)
    const header = this.#bytes(0, SEGMENT_HEADER_BYTES)
    if (header.toString('latin1', 0, 8) !== this.#container.magic) throw damaged(this.path)
    // First: a flipped bit must not pass for a newer format, which stops the start.
    if (crc32(header.subarray(0, SEGMENT_HEADER_BYTES - 4)) !== header.readUInt32LE(SEGMENT_HEADER_BYTES - 4))
      throw damaged(this.path)
    const version = header.readUInt32LE(8)
    if (version > this.#container.version) {
      throw new SpoorError(
        'unavailable',
        'segment_version',
        `${this.path} has ${this.#container.name} format ${version}; this program reads up to ${this.#container.version}`,
      )
    }
    if (!isNumber(header.readBigUInt64LE(16), this.path)) throw damaged(`${this.path}, which is another file,`)
    const trailer = this.#bytes(size - TRAILER_BYTES, TRAILER_BYTES)
    if (
      trailer.toString('latin1', 24) !== this.#container.trailerMagic ||
      crc32(trailer.subarray(0, 20)) !== trailer.readUInt32LE(20)
    ) {
      throw damaged(this.path)
    }
    const offset = Number(trailer.readBigUInt64LE(0))
    const count = trailer.readUInt32LE(8)
    if (offset + count * DIRECTORY_ENTRY_BYTES + TRAILER_BYTES !== size) throw damaged(this.path)
    const bytes = this.#bytes(offset, count * DIRECTORY_ENTRY_BYTES)
    if (crc32(bytes) !== trailer.readUInt32LE(12)) throw damaged(this.path)
    return readEntries(bytes, count)
  }
}

/** Whether the file is in its own place: in another's it would show a tenant what is not its own. */
function isNumber(number: bigint, path: string): boolean {
  const [, digits] = /^([0-9a-f]{12})\./.exec(basename(path)) ?? []
  return digits === undefined || BigInt(`0x${digits}`) === number
}

function readEntries(bytes: Buffer, count: number): ReadonlyMap<number, Stored> {
  const directory = new Map<number, Stored>()
  for (let i = 0; i < count; i++) {
    const at = i * DIRECTORY_ENTRY_BYTES
    const key = bytes.readUInt16LE(at) * 0x1_0000_0000 + bytes.readUInt32LE(at + 4)
    const raw = bytes.readUInt32LE(at + 20)
    if (raw > MAX_RAW_BYTES) throw damaged()
    directory.set(key, {
      offset: Number(bytes.readBigUInt64LE(at + 8)),
      stored: bytes.readUInt32LE(at + 16),
      raw,
      crc: bytes.readUInt32LE(at + 24),
    })
  }
  return directory
}
