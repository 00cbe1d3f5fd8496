// Opens a store's folder: makes it, takes it for this process, reads the manifest, removes what was never finished, checks
// that every segment is there and of a format this program reads.

import { join } from 'node:path'
import { SpoorError, toError } from '@spoor/core/base/errors'
import type { Disk } from '../../pipeline/spool/disk.ts'
import type { StorageHost } from '../api/plugin.ts'
import { ensureManifest, type Manifest, readManifest } from './manifest.ts'
import type { ownFolder, Ownership } from './owner.ts'
import type { OwnerAnswers } from './owner-line.ts'
import { ROLLUP_CONTAINER } from './container.ts'
import { OpenFiles, SegmentFile } from './segment-file.ts'

export interface OpenFolder {
  readonly owner: Ownership
  readonly manifest: Manifest
  /** Listed segments that are missing or damaged: they stay as they are, and nobody reads them. */
  readonly unreadable: readonly number[]
}

/** Throws SpoorError `folder_in_use`, `folder_unwritable`, or one that names a newer format or a damaged manifest. */
export async function openFolder(
  disk: Disk,
  folder: string,
  host: StorageHost,
  orders: OwnerAnswers,
  own: typeof ownFolder,
): Promise<OpenFolder> {
  try {
    await disk.list(folder)
    await disk.list(join(folder, 'segments'))
    await disk.list(join(folder, 'rollups'))
    await disk.list(join(folder, 'spool'))
  } catch (thrown) {
    throw unwritable(folder, thrown)
  }
  const owner = await own(folder, orders)
  try {
    await tryWrite(disk, folder)
    await ensureManifest(disk, folder)
    const manifest = await readManifest(disk, folder)
    // First: what a newer version has made must stay as it is.
    const unreadable = checkFiles(disk, folder, manifest, host)
    await removeUnfinished(disk, folder, manifest)
    return { owner, manifest, unreadable }
  } catch (thrown) {
    await owner.release()
    throw thrown
  }
}

function unwritable(folder: string, thrown: unknown): SpoorError {
  return new SpoorError(
    'unavailable',
    'folder_unwritable',
    `cannot write to the folder ${folder}: ${toError(thrown).message}`,
    { cause: thrown },
  )
}

async function tryWrite(disk: Disk, folder: string): Promise<void> {
  const path = join(folder, 'writable.tmp')
  try {
    await disk.remove(path)
    const file = await disk.create(path)
    await file.close()
    await disk.remove(path)
  } catch (thrown) {
    throw unwritable(folder, thrown)
  }
}

/** Temporary files, and segments and rollups that the manifest does not name: their spans are still in the spool. */
async function removeUnfinished(disk: Disk, folder: string, manifest: Manifest): Promise<void> {
  const known = new Set(manifest.segments.map((entry) => entry.file))
  const segments = join(folder, 'segments')
  for (const name of await disk.list(segments)) {
    if (name.endsWith('.tmp') || (name.endsWith('.segment') && !known.has(name)))
      await disk.remove(join(segments, name))
  }
  const counts = new Set(manifest.rollups.map((entry) => entry.file))
  const rollups = join(folder, 'rollups')
  for (const name of await disk.list(rollups)) if (!counts.has(name)) await disk.remove(join(rollups, name))
  const spool = join(folder, 'spool')
  for (const name of await disk.list(spool)) if (name.endsWith('.tmp')) await disk.remove(join(spool, name))
}

/** Numbers of segments that cannot be read. Throws SpoorError `segment_version` for a newer format, also of a rollup. */
function checkFiles(disk: Disk, folder: string, manifest: Manifest, host: StorageHost): number[] {
  const files = new OpenFiles(1, disk)
  try {
    const bad = manifest.segments.filter((entry) => {
      const path = join(folder, 'segments', entry.file)
      const error = wrongWith(new SegmentFile(path, files))
      if (error === undefined) return false
      host.metrics.add('spoor_store_damaged_segments_total', {})
      host.log.error('a segment cannot be read and is left out', {
        segment: path,
        spans: entry.spans,
        error: error.message,
      })
      return true
    })
    // Who reads rollups finds what else is wrong with them, and says so.
    for (const { file } of manifest.rollups)
      wrongWith(new SegmentFile(join(folder, 'rollups', file), files, ROLLUP_CONTAINER))
    return bad.map(({ id }) => id)
  } finally {
    files.closeAll()
  }
}

function wrongWith(file: SegmentFile): Error | undefined {
  try {
    file.check()
    return undefined
  } catch (thrown) {
    if (thrown instanceof SpoorError && thrown.code === 'segment_version') throw thrown
    return toError(thrown)
  }
}
