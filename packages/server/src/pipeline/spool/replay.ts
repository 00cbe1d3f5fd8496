// Reads spool files back after a stop or a crash: every record once, in order. The end of a file may be torn; a bad record
// with good ones behind it is copied aside, counted and passed over. Never changes a spool file.

import { join } from 'node:path'
import type { Disk, ReadableFile } from './disk.ts'
import { decodeFileHeader, FILE_HEADER_BYTES, type FileHeader, readRecord, type SpoolRecord } from './format.ts'

const NAME = /^([0-9a-f]{12})-([0-9]{4,})\.spool$/

export interface ChainFiles {
  readonly chain: number
  /** In order. */
  readonly names: readonly string[]
}

export interface LoadedChain {
  readonly chain: number
  readonly names: readonly string[]
  readonly files: readonly LoadedFile[]
  /** As the files say; 0 where no header could be read. */
  readonly capacitySpans: number
  readonly capacityBytes: number
}

interface LoadedFile {
  readonly name: string
  readonly bytes: Buffer
  readonly header: FileHeader | undefined
}

export interface ReplayReport {
  readonly records: number
  readonly bytes: number
  /** Stretches that were no valid record and had valid ones behind them; copied to the folder `damaged`. */
  readonly damaged: number
  /** Bytes of half-written records at the ends of files. */
  readonly tornBytes: number
}

/**
 * The chains of a folder, oldest first. A file belongs where its header says: one that was renamed, or changed places with
 * another, would else be taken for a left-over and removed. Its name counts where it has no sound header.
 */
export async function listChains(disk: Disk, folder: string): Promise<readonly ChainFiles[]> {
  const chains = new Map<number, { readonly name: string; readonly index: number }[]>()
  for (const name of [...(await disk.list(folder))].toSorted()) {
    const match = NAME.exec(name)
    if (match === null) continue
    const header = headerOf(disk, join(folder, name))
    const chain = header?.chain ?? Number.parseInt(match[1] ?? '0', 16)
    const file = { name, index: header?.index ?? Number(match[2]) }
    const files = chains.get(chain)
    if (files === undefined) chains.set(chain, [file])
    else files.push(file)
  }
  return [...chains]
    .map(([chain, files]) => ({
      chain,
      names: files.toSorted((a, b) => a.index - b.index).map(({ name }) => name),
    }))
    .toSorted((a, b) => a.chain - b.chain)
}

/** undefined where there is none that can be read, which is said when the file is. */
function headerOf(disk: Disk, path: string): FileHeader | undefined {
  const bytes = Buffer.alloc(FILE_HEADER_BYTES)
  let file: ReadableFile | undefined
  try {
    file = disk.open(path)
    const read = file.read(bytes, 0, FILE_HEADER_BYTES, 0)
    return decodeFileHeader(bytes.subarray(0, read), path)
  } catch {
    return undefined
  } finally {
    file?.close()
  }
}

/** Reads a chain's files into memory. Throws SpoorError `spool_version` for a newer format. */
export async function loadChain(disk: Disk, folder: string, { chain, names }: ChainFiles): Promise<LoadedChain> {
  const files: LoadedFile[] = []
  let capacitySpans = 0
  let capacityBytes = 0
  for (const name of names) {
    const bytes = await disk.read(join(folder, name))
    const header = decodeFileHeader(bytes, name)
    capacitySpans = Math.max(capacitySpans, header?.capacitySpans ?? 0)
    capacityBytes = Math.max(capacityBytes, header?.capacityBytes ?? 0)
    files.push({ name, bytes, header })
  }
  return { chain, names, files, capacitySpans, capacityBytes }
}

/** Gives every valid record to `take`, in order and once. */
export async function replayChain(
  disk: Disk,
  folder: string,
  chain: LoadedChain,
  take: (record: SpoolRecord) => Promise<void>,
): Promise<ReplayReport> {
  const report = { records: 0, bytes: 0, damaged: 0, tornBytes: 0 }
  let next = 0
  for (const [i, file] of chain.files.entries()) {
    const limit = firstRecordAfter(chain, i)
    let at = file.header === undefined ? 0 : FILE_HEADER_BYTES
    let reading = file.bytes.length > 0
    while (reading) {
      const step = readRecord(file.bytes, at)
      if (step.kind === 'end') reading = false
      else if (step.kind === 'torn') {
        report.tornBytes += file.bytes.length - at
        reading = false
      } else {
        if (step.kind === 'damaged') {
          report.damaged++
          await setAside(disk, folder, `${file.name}.${at}`, file.bytes.subarray(at, step.next))
        } else if (step.record.record < limit && step.record.record >= next) {
          await take(step.record)
          next = step.record.record + 1
          report.records++
          report.bytes += step.next - at
        }
        at = step.next
      }
    }
  }
  return report
}

/** Number of the record from which later files of the chain replace this one. */
function firstRecordAfter(chain: LoadedChain, index: number): number {
  let limit = Number.POSITIVE_INFINITY
  for (const file of chain.files.slice(index + 1)) limit = Math.min(limit, file.header?.firstRecord ?? limit)
  return limit
}

async function setAside(disk: Disk, folder: string, name: string, bytes: Uint8Array): Promise<void> {
  const aside = join(folder, 'damaged')
  await disk.list(aside)
  const path = join(aside, name)
  await disk.remove(path)
  const file = await disk.create(path)
  try {
    await file.write([bytes], 0)
    await file.sync()
  } finally {
    await file.close()
  }
}
