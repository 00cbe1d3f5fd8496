// A disk that fails where a test says so: wraps the real one, counts operations, and throws instead of doing some of them.

import type { Disk, DiskFile } from 'spoor/pipeline/spool/disk'

export type DiskOperation = 'create' | 'write' | 'sync' | 'truncate' | 'rename' | 'syncFolder' | 'remove'

/** Asked before each operation: an error to fail with; for a write also how many bytes get through first. */
export type FaultPlan = (operation: DiskOperation, path: string, count: number) => DiskFault | undefined

export interface DiskFault {
  readonly code: string
  /** Of a write: bytes that reach the file before it fails. */
  readonly bytesWritten?: number
}

export function faultyDisk(disk: Disk, plan: FaultPlan): Disk {
  let count = 0
  const check = (operation: DiskOperation, path: string): DiskFault | undefined => plan(operation, path, count++)
  const attempt = (operation: DiskOperation, path: string): void => {
    const fault = check(operation, path)
    if (fault !== undefined) throw failure(fault, operation)
  }
  const wrap = (file: DiskFile, path: string): DiskFile => ({
    async write(chunks, position): Promise<void> {
      const fault = check('write', path)
      if (fault === undefined) return await file.write(chunks, position)
      const bytes = Buffer.concat(chunks).subarray(0, fault.bytesWritten ?? 0)
      if (bytes.length > 0) await file.write([bytes], position)
      throw failure(fault, 'write')
    },
    async sync(): Promise<void> {
      attempt('sync', path)
      await file.sync()
    },
    async truncate(length): Promise<void> {
      attempt('truncate', path)
      await file.truncate(length)
    },
    close: () => file.close(),
  })
  return {
    async create(path): Promise<DiskFile> {
      attempt('create', path)
      return wrap(await disk.create(path), path)
    },
    reopen: async (path) => wrap(await disk.reopen(path), path),
    open: (path) => disk.open(path),
    read: (path) => disk.read(path),
    list: (folder) => disk.list(folder),
    async rename(from, to): Promise<void> {
      attempt('rename', to)
      await disk.rename(from, to)
    },
    async syncFolder(folder): Promise<void> {
      attempt('syncFolder', folder)
      await disk.syncFolder(folder)
    },
    async remove(path): Promise<void> {
      attempt('remove', path)
      await disk.remove(path)
    },
    free: (folder) => disk.free(folder),
  }
}

function failure(fault: DiskFault, operation: DiskOperation): NodeJS.ErrnoException {
  return Object.assign(new Error(`${fault.code}: ${operation} failed (on purpose)`), { code: fault.code })
}
