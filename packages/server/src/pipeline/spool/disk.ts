// The few file operations that durability rests on, as an interface, so that tests can fail, tear or lose them at any
// position. The real one is a thin skin over node:fs; nothing else in the store may open a file.

import { close, closeSync, fdatasync, fstatSync, ftruncate, open, openSync, readSync, writev } from 'node:fs'
import { mkdir, readFile, readdir, rename, rm, statfs } from 'node:fs/promises'
import { dirname, resolve } from 'node:path'
import { promisify } from 'node:util'

export interface DiskFile {
  /** Writes all bytes of all chunks at `position`; rejects where not all could be written. */
  write(chunks: readonly Uint8Array[], position: number): Promise<void>
  sync(): Promise<void>
  truncate(length: number): Promise<void>
  close(): Promise<void>
}

/** A file that is open for reading. */
export interface ReadableFile {
  /** Bytes that it has now. */
  size(): number
  /** Reads up to `length` bytes at `position` of the file to `at` in `target`; how many, 0 at the end. */
  read(target: Uint8Array, at: number, length: number, position: number): number
  close(): void
}

/** Where files are read in the same turn: from the page cache that costs less than a turn through the thread pool. */
export interface ReadDisk {
  /** Throws where there is no such file. */
  open(path: string): ReadableFile
}

export interface Disk extends ReadDisk {
  /** Creates the file; rejects where it exists. */
  create(path: string): Promise<DiskFile>
  /** Opens an existing file for reading and syncing. */
  reopen(path: string): Promise<DiskFile>
  read(path: string): Promise<Buffer>
  /** Names in a folder; makes the folder, durably, where there is none. */
  list(folder: string): Promise<readonly string[]>
  rename(from: string, to: string): Promise<void>
  /** Makes names in the folder durable. */
  syncFolder(folder: string): Promise<void>
  /** Removes a file; nothing happens where there is none. */
  remove(path: string): Promise<void>
  /** Bytes that this process may still write to the folder's file system. */
  free(folder: string): Promise<number>
}

const openFd = promisify(open)
const closeFd = promisify(close)
const syncFd = promisify(fdatasync)
const truncateFd = promisify(ftruncate)

function writeOnce(fd: number, chunks: readonly Uint8Array[], position: number): Promise<number> {
  return new Promise((resolve, reject) => {
    writev(fd, chunks, position, (error, written) => {
      if (error === null) resolve(written)
      else reject(error)
    })
  })
}

/** The chunks without their first `bytes` bytes. */
function after(chunks: readonly Uint8Array[], bytes: number): readonly Uint8Array[] {
  const rest: Uint8Array[] = []
  let skip = bytes
  for (const chunk of chunks) {
    if (skip < chunk.length) rest.push(skip === 0 ? chunk : chunk.subarray(skip))
    skip = Math.max(0, skip - chunk.length)
  }
  return rest
}

function fileOf(fd: number): DiskFile {
  return {
    async write(chunks, position): Promise<void> {
      let rest = after(chunks, 0)
      let at = position
      while (rest.length > 0) {
        const written = await writeOnce(fd, rest, at)
        if (written === 0) throw new Error('the file system wrote nothing and named no reason')
        at += written
        rest = after(rest, written)
      }
    },
    sync: () => syncFd(fd),
    truncate: (length) => truncateFd(fd, length),
    close: () => closeFd(fd),
  }
}

function readableOf(fd: number): ReadableFile {
  return {
    size: () => fstatSync(fd).size,
    read: (target, at, length, position) => readSync(fd, target, at, length, position),
    close: () => closeSync(fd),
  }
}

async function syncFolder(folder: string): Promise<void> {
  // Windows has no way to sync a folder; there the rename itself is as durable as it gets.
  if (process.platform === 'win32') return
  const fd = await openFd(folder, 'r')
  try {
    await syncFd(fd)
  } finally {
    await closeFd(fd)
  }
}

/** Makes the names of new folders durable, from `folder` up to `topmost`. */
async function syncParents(folder: string, topmost: string): Promise<void> {
  for (let path = folder; ; path = dirname(path)) {
    await syncFolder(dirname(path))
    if (path === topmost) return
  }
}

/** The real file system. */
export function nodeDisk(): Disk {
  return {
    open: (path) => readableOf(openSync(path, 'r')),
    create: async (path) => fileOf(await openFd(path, 'wx', 0o640)),
    reopen: async (path) => fileOf(await openFd(path, 'r+', 0o640)),
    read: (path) => readFile(path),
    async list(folder): Promise<readonly string[]> {
      const made = await mkdir(folder, { recursive: true })
      if (made !== undefined) await syncParents(resolve(folder), resolve(made))
      return await readdir(folder)
    },
    rename: (from, to) => rename(from, to),
    syncFolder,
    remove: (path) => rm(path, { force: true }),
    async free(folder): Promise<number> {
      const { bavail, bsize } = await statfs(folder)
      return bavail * bsize
    },
  }
}
