// A disk that reads and never writes: what looks at a folder that another process owns must leave it as it is. Writes go
// nowhere, because what reads the spool also sets damage aside and syncs.

import { readdir } from 'node:fs/promises'
import { toError } from '@spoor/core/base/errors'
import { type Disk, type DiskFile, nodeDisk } from '../../../pipeline/spool/disk.ts'

async function nothing(): Promise<void> {
  await Promise.resolve()
}

const NOWHERE: DiskFile = { write: nothing, sync: nothing, truncate: nothing, close: nothing }

/** A folder that is not there has nothing. */
async function list(folder: string): Promise<readonly string[]> {
  try {
    return await readdir(folder)
  } catch (thrown) {
    if (isAbsent(thrown)) return []
    throw thrown
  }
}

/** Whether a file is not there. */
export function isAbsent(thrown: unknown): boolean {
  const { code } = toError(thrown) as NodeJS.ErrnoException
  return code === 'ENOENT' || code === 'ENOTDIR'
}

export function readOnlyDisk(): Disk {
  const { open, read, free } = nodeDisk()
  return {
    open,
    create: async () => await Promise.resolve(NOWHERE),
    reopen: async () => await Promise.resolve(NOWHERE),
    read,
    list,
    rename: nothing,
    syncFolder: nothing,
    remove: nothing,
    free,
  }
}
