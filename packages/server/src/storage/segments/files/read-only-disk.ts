// A disk that reads and never writes: what looks at a folder that another process owns must leave it as it is. Writes go
// nowhere, because what reads the spool also sets damage aside and syncs.

import { readdir } from 'node:fs/promises'
import { type Disk, type DiskFile, nodeDisk } from '../../../pipeline/spool/disk.ts'

async function nothing(): Promise<void> {
  await Promise.resolve()
}

const NOWHERE: DiskFile = { write: nothing, sync: nothing, truncate: nothing, close: nothing }

export function readOnlyDisk(): Disk {
  const { open, read, free } = nodeDisk()
  return {
    open,
    create: async () => await Promise.resolve(NOWHERE),
    reopen: async () => await Promise.resolve(NOWHERE),
    read,
    list: async (folder) => await readdir(folder),
    rename: nothing,
    syncFolder: nothing,
    remove: nothing,
    free,
  }
}
