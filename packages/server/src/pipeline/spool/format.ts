// The bytes of a spool file (docs/format.md): a file header, then records of length, CRC, tenant and batch bytes. Pure
// functions over bytes. Nothing in a file may be believed before its CRC was checked.

import { Buffer } from 'node:buffer'
import { crc32 } from 'node:zlib'
import { SpoorError } from '@spoor/core/base/errors'

export const SPOOL_VERSION = 1
export const FILE_HEADER_BYTES = 48
export const RECORD_HEADER_BYTES = 32
/** Where a record has the CRC of its body. */
export const RECORD_CRC_AT = 8
/** 'SPOL' as it stands in the file: found again after damage. */
const RECORD_MARK = 0x4c4f5053
const FILE_MAGIC = 'SPOORSPL'
/** Signal of a record. */
export const SIGNAL_SPANS = 1

/** A chain is one or more files that hold the records of one writer's buffer, numbered in order. */
export interface FileHeader {
  readonly chain: number
  /** Place of the file in its chain, from 0. */
  readonly index: number
  /** Number of the file's first record; records of that number and above in earlier files of the chain are void. */
  readonly firstRecord: number
  /** Limits of the buffer that the chain was written from: a reader needs no more room than this. */
  readonly capacitySpans: number
  readonly capacityBytes: number
}

export interface RecordHeader {
  readonly record: number
  readonly signal: number
  /** Unix milliseconds. */
  readonly arrivalMs: number
}

export interface SpoolRecord extends RecordHeader {
  readonly tenant: string
  readonly payload: Uint8Array
}

export function encodeFileHeader(header: FileHeader): Buffer {
  const bytes = Buffer.alloc(FILE_HEADER_BYTES)
  bytes.write(FILE_MAGIC, 0, 'latin1')
  bytes.writeUInt32LE(SPOOL_VERSION, 8)
  bytes.writeUInt32LE(header.index, 12)
  bytes.writeBigUInt64LE(BigInt(header.chain), 16)
  bytes.writeUInt32LE(header.firstRecord, 24)
  bytes.writeUInt32LE(header.capacitySpans, 28)
  bytes.writeUInt32LE(header.capacityBytes, 32)
  bytes.writeUInt32LE(crc32(bytes.subarray(0, FILE_HEADER_BYTES - 4)), FILE_HEADER_BYTES - 4)
  return bytes
}

/** undefined where the header is torn or damaged. Throws SpoorError `spool_version` for a newer format. */
export function decodeFileHeader(bytes: Buffer, name: string): FileHeader | undefined {
  if (bytes.length < FILE_HEADER_BYTES || bytes.toString('latin1', 0, 8) !== FILE_MAGIC) return undefined
  // First: a flipped bit must not pass for a newer format, which stops the start.
  const crc = bytes.readUInt32LE(FILE_HEADER_BYTES - 4)
  if (crc32(bytes.subarray(0, FILE_HEADER_BYTES - 4)) !== crc) return undefined
  const version = bytes.readUInt32LE(8)
  if (version > SPOOL_VERSION) {
    throw new SpoorError(
      'unavailable',
      'spool_version',
      `${name} has spool format ${version}; this program reads up to ${SPOOL_VERSION}`,
    )
  }
  return {
    index: bytes.readUInt32LE(12),
    chain: Number(bytes.readBigUInt64LE(16)),
    firstRecord: bytes.readUInt32LE(24),
    capacitySpans: bytes.readUInt32LE(28),
    capacityBytes: bytes.readUInt32LE(32),
  }
}

/** Bytes that a record takes in the file. */
export function recordBytes(tenantBytes: number, payloadBytes: number): number {
  return RECORD_HEADER_BYTES + tenantBytes + payloadBytes
}

/** Frames a record whose tenant and payload already stand at `at + RECORD_HEADER_BYTES`. */
export function writeRecordHeader(
  target: Buffer,
  at: number,
  tenantBytes: number,
  payloadBytes: number,
  header: RecordHeader,
): void {
  const body = at + RECORD_HEADER_BYTES
  const length = tenantBytes + payloadBytes
  target.writeUInt32LE(RECORD_MARK, at)
  target.writeUInt32LE(length, at + 4)
  target.writeUInt32LE(crc32(target.subarray(body, body + length)), at + RECORD_CRC_AT)
  target.writeUInt16LE(tenantBytes, at + 12)
  target.writeUInt8(header.signal, at + 14)
  target.writeUInt8(0, at + 15)
  target.writeUInt32LE(header.arrivalMs % 0x1_0000_0000, at + 16)
  target.writeUInt32LE(Math.floor(header.arrivalMs / 0x1_0000_0000), at + 20)
  target.writeUInt32LE(header.record, at + 24)
  target.writeUInt32LE(crc32(target.subarray(at, at + 28)), at + 28)
}

/** What stands at one place of a file: a record, damage of known extent, or nothing more that can be read. */
export type Step =
  | { readonly kind: 'record'; readonly record: SpoolRecord; readonly next: number }
  | { readonly kind: 'damaged'; readonly next: number }
  | { readonly kind: 'end' }
  /** Bytes that are no record, up to the end of the file. */
  | { readonly kind: 'torn' }

/** Reads the record at `at`; after damage it looks for the next valid record. */
export function readRecord(file: Buffer, at: number): Step {
  if (at === file.length) return { kind: 'end' }
  const header = validHeader(file, at)
  if (header !== undefined) {
    const end = at + RECORD_HEADER_BYTES + header.length
    if (end <= file.length) {
      const body = file.subarray(at + RECORD_HEADER_BYTES, end)
      if (crc32(body) === header.crc) return { kind: 'record', record: recordOf(header, body), next: end }
      // The header is sound, so the next record is where it says, unless the file ends here.
      if (end < file.length) return { kind: 'damaged', next: end }
    }
  }
  const next = findRecord(file, at + 1)
  return next === undefined ? { kind: 'torn' } : { kind: 'damaged', next }
}

interface RawHeader extends RecordHeader {
  readonly length: number
  readonly crc: number
  readonly tenantBytes: number
}

function validHeader(file: Buffer, at: number): RawHeader | undefined {
  if (at + RECORD_HEADER_BYTES > file.length || file.readUInt32LE(at) !== RECORD_MARK) return undefined
  if (crc32(file.subarray(at, at + 28)) !== file.readUInt32LE(at + 28)) return undefined
  const length = file.readUInt32LE(at + 4)
  const tenantBytes = file.readUInt16LE(at + 12)
  if (tenantBytes > length) return undefined
  return {
    length,
    crc: file.readUInt32LE(at + 8),
    tenantBytes,
    signal: file.readUInt8(at + 14),
    arrivalMs: file.readUInt32LE(at + 16) + file.readUInt32LE(at + 20) * 0x1_0000_0000,
    record: file.readUInt32LE(at + 24),
  }
}

function recordOf(header: RawHeader, body: Buffer): SpoolRecord {
  const { record, signal, arrivalMs, tenantBytes } = header
  return {
    record,
    signal,
    arrivalMs,
    tenant: body.toString('utf8', 0, tenantBytes),
    payload: body.subarray(tenantBytes),
  }
}

/** Offset of the next record that is whole and sound. */
function findRecord(file: Buffer, from: number): number | undefined {
  const mark = Buffer.alloc(4)
  mark.writeUInt32LE(RECORD_MARK)
  for (let at = file.indexOf(mark, from); at >= 0; at = file.indexOf(mark, at + 1)) {
    const header = validHeader(file, at)
    if (header === undefined) continue
    const body = at + RECORD_HEADER_BYTES
    const end = body + header.length
    if (end <= file.length && crc32(file.subarray(body, end)) === header.crc) return at
  }
  return undefined
}
