// The list of a store's segments: which files count. Replaced as a whole (new name, sync, rename, sync of the folder), so it
// is always one or the other. A segment file that it does not name was never finished; a head that it names is in a segment.

import { join } from 'node:path'
import { crc32 } from 'node:zlib'
import { SpoorError } from '@spoor/core/base/errors'
import type { Disk } from '../../pipeline/spool/disk.ts'
import type { SegmentMeta } from './format.ts'

export const MANIFEST_VERSION = 1
const NAME = 'MANIFEST'

export interface ManifestEntry extends SegmentMeta {
  readonly file: string
  readonly bytes: number
}

export interface Manifest {
  readonly format: number
  /** Numbers below these are taken. */
  readonly nextSegment: number
  readonly nextHead: number
  readonly segments: readonly ManifestEntry[]
}

export const EMPTY_MANIFEST: Manifest = { format: MANIFEST_VERSION, nextSegment: 1, nextHead: 1, segments: [] }

/** Two lines: JSON, and its CRC in hexadecimal. Throws SpoorError `manifest_version` or `manifest_damaged`. */
export async function readManifest(disk: Disk, folder: string): Promise<Manifest> {
  const names = await disk.list(folder)
  if (!names.includes(NAME)) return EMPTY_MANIFEST
  const path = join(folder, NAME)
  const text = (await disk.read(path)).toString('utf8')
  const [json, crc] = text.split('\n')
  const manifest = parse(json ?? '', path)
  if (manifest.format > MANIFEST_VERSION) {
    throw new SpoorError(
      'unavailable',
      'manifest_version',
      `${path} has format ${manifest.format}; this program reads up to ${MANIFEST_VERSION}`,
    )
  }
  if (Number.parseInt(crc ?? '', 16) !== crc32(json ?? ''))
    throw new SpoorError('unavailable', 'manifest_damaged', `${path} is damaged`)
  return manifest
}

function parse(json: string, path: string): Manifest {
  try {
    return JSON.parse(json) as Manifest
  } catch (cause) {
    throw new SpoorError('unavailable', 'manifest_damaged', `${path} is damaged`, { cause })
  }
}

export async function writeManifest(disk: Disk, folder: string, manifest: Manifest): Promise<void> {
  const json = JSON.stringify(manifest)
  const bytes = new TextEncoder().encode(`${json}\n${crc32(json).toString(16)}\n`)
  await writeWhole(disk, folder, NAME, [bytes])
}

/** Writes a file that is whole or not there: temporary name, sync, rename, sync of the folder. */
export async function writeWhole(
  disk: Disk,
  folder: string,
  name: string,
  chunks: readonly Uint8Array[],
): Promise<void> {
  const temporary = join(folder, `${name}.tmp`)
  await disk.remove(temporary)
  const file = await disk.create(temporary)
  try {
    await file.write(chunks, 0)
    await file.sync()
  } finally {
    await file.close()
  }
  await disk.rename(temporary, join(folder, name))
  await disk.syncFolder(folder)
}

export function segmentFileName(id: number): string {
  return `${id.toString(16).padStart(12, '0')}.segment`
}
