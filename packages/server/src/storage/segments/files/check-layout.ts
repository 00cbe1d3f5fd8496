// Checks a file of parts (a segment or a rollup) as bytes: size, header, trailer, directory, the CRC of every part, and that
// together they leave no byte out. What the parts say is for others.

import { SEGMENT_HEADER_BYTES, TRAILER_BYTES, DIRECTORY_ENTRY_BYTES } from '../format.ts'
import type { Stored } from '../part-writer.ts'
import type { OpenFiles, SegmentFile } from '../segment-file.ts'
import type { Findings } from './findings.ts'

/** As the manifest lists a file. */
export interface ListedFile {
  readonly id: number
  readonly bytes: number
}

/** Where in the header the file's number stands. */
const NUMBER_AT = 16

/** True where the file may be looked into. */
export function checkLayout(
  name: string,
  entry: ListedFile,
  file: SegmentFile,
  files: OpenFiles,
  findings: Findings,
): boolean {
  let sound = true
  const problem = (what: string): void => {
    sound = false
    findings.problem(name, what)
  }
  const readable = findings.guard(name, () => {
    const opened = files.get(file.path)
    const size = opened.size()
    if (size !== entry.bytes) problem(`has ${size} bytes, and the manifest says ${entry.bytes}`)
    file.check()
    const header = Buffer.alloc(SEGMENT_HEADER_BYTES)
    opened.read(header, 0, header.length, 0)
    const number = Number(header.readBigUInt64LE(NUMBER_AT))
    if (number !== entry.id) problem(`says that its number is ${number}, and the manifest says ${entry.id}`)
  })
  if (!readable) return false
  for (const part of file.parts) sound = findings.guard(name, () => void file.read(part)) && sound
  return sound
}

/** The stretches must follow each other from the header to the directory. */
export function checkCoverage(
  name: string,
  bytes: number,
  parts: readonly Stored[],
  blocks: readonly Stored[],
  findings: Findings,
): void {
  let at = SEGMENT_HEADER_BYTES
  for (const { offset, stored } of [...parts, ...blocks].toSorted(
    (a, b) => a.offset - b.offset || a.stored - b.stored,
  )) {
    if (offset !== at) findings.problem(name, `bytes ${at} to ${offset} belong to no part, or to two`)
    at = offset + stored
  }
  const end = bytes - TRAILER_BYTES - parts.length * DIRECTORY_ENTRY_BYTES
  if (at !== end) findings.problem(name, `bytes ${at} to ${end} belong to no part, or to two`)
}
