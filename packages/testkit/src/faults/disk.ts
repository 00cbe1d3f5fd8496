// A disk that fails where a test says so: wraps the real one, counts operations, and throws instead of doing some of them.

import type { Disk, DiskFile, ReadableFile } from 'spoor/pipeline/spool/disk'

export type DiskOperation =
  | 'create'
  | 'write'
  | 'sync'
  | 'truncate'
  | 'rename'
  | 'syncFolder'
  | 'remove'
  /** Only where asked for. */
  | ReadOperation

type ReadOperation = 'reopen' | 'list' | 'read' | 'open' | 'readAt'

/** Asked before each operation: an error to fail with; for a write also how many bytes get through first. */
export type FaultPlan = (operation: DiskOperation, path: string, count: number) => DiskFault | undefined

export interface DiskFault {
  readonly code: string
  /** Of a write: bytes that reach the file before it fails. */
  readonly bytesWritten?: number
  /** The operation was done all the same. */
  readonly done?: boolean
}

export interface FaultOptions {
  /** The plan is asked about reading, too. */
  readonly reads?: boolean
}

export function faultyDisk(disk: Disk, plan: FaultPlan, options: FaultOptions = {}): Disk {
  let count = 0
  const check = (operation: DiskOperation, path: string): DiskFault | undefined => plan(operation, path, count++)
  const attempt = async <T>(operation: DiskOperation, path: string, run: () => Promise<T>): Promise<T> => {
    const fault = check(operation, path)
    if (fault === undefined) return await run()
    if (fault.done === true) await run()
    throw failure(fault, operation)
  }
  const attemptNow = (operation: ReadOperation, path: string): void => {
    const fault = options.reads === true ? check(operation, path) : undefined
    if (fault !== undefined) throw failure(fault, operation)
  }
  const wrap = (file: DiskFile, path: string): DiskFile => ({
    async write(chunks, position): Promise<void> {
      const fault = check('write', path)
      if (fault === undefined) return await file.write(chunks, position)
      const whole = Buffer.concat(chunks)
      const bytes = fault.done === true ? whole : whole.subarray(0, fault.bytesWritten ?? 0)
      if (bytes.length > 0) await file.write([bytes], position)
      throw failure(fault, 'write')
    },
    sync: () => attempt('sync', path, () => file.sync()),
    truncate: (length) => attempt('truncate', path, () => file.truncate(length)),
    close: () => file.close(),
  })
  return {
    create: (path) => attempt('create', path, async () => wrap(await disk.create(path), path)),
    async reopen(path): Promise<DiskFile> {
      attemptNow('reopen', path)
      return wrap(await disk.reopen(path), path)
    },
    open(path): ReadableFile {
      attemptNow('open', path)
      const file = disk.open(path)
      return {
        ...file,
        read(target, at, length, position): number {
          attemptNow('readAt', path)
          return file.read(target, at, length, position)
        },
      }
    },
    async read(path): Promise<Buffer> {
      attemptNow('read', path)
      return await disk.read(path)
    },
    async list(folder): Promise<readonly string[]> {
      attemptNow('list', folder)
      return await disk.list(folder)
    },
    rename: (from, to) => attempt('rename', to, () => disk.rename(from, to)),
    syncFolder: (folder) => attempt('syncFolder', folder, () => disk.syncFolder(folder)),
    remove: (path) => attempt('remove', path, () => disk.remove(path)),
    free: (folder) => disk.free(folder),
  }
}

function failure(fault: DiskFault, operation: DiskOperation): NodeJS.ErrnoException {
  return Object.assign(new Error(`${fault.code}: ${operation} failed (on purpose)`), { code: fault.code })
}
