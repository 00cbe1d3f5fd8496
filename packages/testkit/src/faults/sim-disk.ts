// A disk in memory that forgets as a real one may: what was written is in a cache until its file is synced, and what was created,
// renamed or removed is in a cache until its folder is. A crash leaves any part of the caches behind. It fails never by
// itself: faultyDisk() goes around it.

import { dirname } from 'node:path'
import { setImmediate as turn } from 'node:timers/promises'
import type { Disk, DiskFile, ReadableFile } from 'spoor/pipeline/spool/disk'
import type { Random } from '../trace-gen/random.ts'

/** What a device writes at once. */
const SECTOR = 512
/** More than a message takes from one part of the store to another and back. */
const SLOW_TURNS = 60
const FAST_TURNS = 4

type Change = { readonly at: number; readonly bytes: Uint8Array } | { readonly length: number }

/** Contents are replaced and never changed, so that a copy of the disk can share them. */
interface Inode {
  cached: Uint8Array
  durable: Uint8Array
  /** Not synced, in order. */
  pending: readonly Change[]
}

interface NameChange {
  readonly path: string
  /** undefined: the name goes. */
  readonly inode: Inode | undefined
  /** The name that it had before. */
  readonly from?: string
}

/**
 * What a crash leaves. `process`: all, only the process died. The others are of the machine: `synced` has nothing else,
 * `names` and `data` have also all changes of names or of contents, `prefix` has both up to a moment, the last sectors torn,
 * `mixed` has any of both.
 */
export const CRASHES = ['process', 'synced', 'names', 'data', 'prefix', 'mixed'] as const
export type Crash = (typeof CRASHES)[number]

/** How long operations take: mostly up to three turns of the event loop, from a seed, so that they overtake each other. */
export class Pace {
  readonly #random: Random
  #underWay = 0

  constructor(random: Random) {
    this.#random = random
  }

  /** Whether an operation is under way. */
  get isBusy(): boolean {
    return this.#underWay > 0
  }

  async wait(): Promise<void> {
    this.#underWay++
    const turns = this.#random.below(this.#random.chance(0.15) ? SLOW_TURNS : FAST_TURNS)
    for (let i = 0; i < turns; i++) await turn()
    this.#underWay--
  }
}

export class SimDisk implements Disk {
  #names = new Map<string, Inode>()
  #durableNames = new Map<string, Inode>()
  /** Changes of names that are not durable, in order. */
  #pendingNames: readonly NameChange[] = []
  readonly #folders = new Set<string>()
  readonly #pace: Pace
  /** Bytes that fit. */
  capacity: number = Number.POSITIVE_INFINITY

  constructor(pace: Pace) {
    this.#pace = pace
  }

  async #wait(): Promise<void> {
    await this.#pace.wait()
  }

  /** The files by path, as a process sees them. */
  get files(): ReadonlyMap<string, Uint8Array> {
    return new Map([...this.#names].map(([path, { cached }]) => [path, cached]))
  }

  /** Bytes of all files, as a process sees them. */
  get used(): number {
    let bytes = 0
    for (const { cached } of this.#names.values()) bytes += cached.length
    return bytes
  }

  /** A disk with these files, all durable. */
  static of(files: ReadonlyMap<string, Uint8Array>, pace: Pace): SimDisk {
    const disk = new SimDisk(pace)
    for (const [path, bytes] of files) disk.#names.set(path, { cached: bytes, durable: bytes, pending: [] })
    disk.#durableNames = new Map(disk.#names)
    return disk
  }

  /** The same disk at this moment, on its own from now on. */
  copy(): SimDisk {
    const copy = new SimDisk(this.#pace)
    const copies = new Map<Inode, Inode>()
    const of = (inode: Inode): Inode => {
      const known = copies.get(inode) ?? { ...inode }
      copies.set(inode, known)
      return known
    }
    for (const [path, inode] of this.#names) copy.#names.set(path, of(inode))
    for (const [path, inode] of this.#durableNames) copy.#durableNames.set(path, of(inode))
    copy.#pendingNames = this.#pendingNames.map((change) => ({
      ...change,
      inode: change.inode === undefined ? undefined : of(change.inode),
    }))
    for (const folder of this.#folders) copy.#folders.add(folder)
    return copy
  }

  /** What the next process finds. After `process` what was not synced still is not. */
  afterCrash(crash: Crash, random: Random): SimDisk {
    if (crash === 'process') return this.copy()
    const names = new Map(this.#durableNames)
    const kept = keptOf(crash === 'names', crash, this.#pendingNames.length, random)
    for (const [i, change] of this.#pendingNames.entries()) {
      if (!kept(i)) continue
      if (change.from !== undefined) names.delete(change.from)
      if (change.inode === undefined) names.delete(change.path)
      else names.set(change.path, change.inode)
    }
    const contents = new Map<Inode, Uint8Array>()
    const files = new Map<string, Uint8Array>()
    for (const [path, inode] of names) {
      const bytes = contents.get(inode) ?? contentAfter(inode, crash, random)
      contents.set(inode, bytes)
      files.set(path, bytes)
    }
    return SimDisk.of(files, this.#pace)
  }

  /** A sync of the file failed: what was not synced counts as clean and will never be on the disk. */
  losePages(path: string): void {
    const inode = this.#names.get(path)
    if (inode !== undefined) inode.pending = []
  }

  async create(path: string): Promise<DiskFile> {
    await this.#wait()
    if (this.#names.has(path)) throw failure('EEXIST', path)
    const inode: Inode = { cached: new Uint8Array(0), durable: new Uint8Array(0), pending: [] }
    this.#names.set(path, inode)
    this.#rename({ path, inode })
    return this.#fileOf(inode, path)
  }

  async reopen(path: string): Promise<DiskFile> {
    await this.#wait()
    return this.#fileOf(this.#find(path), path)
  }

  async read(path: string): Promise<Buffer> {
    await this.#wait()
    return Buffer.from(this.#find(path).cached)
  }

  open(path: string): ReadableFile {
    const inode = this.#find(path)
    return {
      size: () => inode.cached.length,
      read(target, at, length, position): number {
        const bytes = inode.cached.subarray(position, position + length)
        target.set(bytes, at)
        return bytes.length
      },
      close: () => undefined,
    }
  }

  async list(folder: string): Promise<readonly string[]> {
    await this.#wait()
    this.#folders.add(folder)
    const paths = [...this.#names.keys(), ...this.#folders]
    return paths.filter((path) => dirname(path) === folder).map((path) => path.slice(folder.length + 1))
  }

  async rename(from: string, to: string): Promise<void> {
    await this.#wait()
    const inode = this.#find(from)
    this.#names.delete(from)
    this.#names.set(to, inode)
    this.#rename({ path: to, inode, from })
  }

  async syncFolder(folder: string): Promise<void> {
    const here = new Set(this.#pendingNames.filter(({ path }) => dirname(path) === folder))
    await this.#wait()
    this.#pendingNames = this.#pendingNames.filter((change) => !here.has(change))
    for (const { path, inode, from } of here) {
      if (from !== undefined) this.#durableNames.delete(from)
      if (inode === undefined) this.#durableNames.delete(path)
      else this.#durableNames.set(path, inode)
    }
  }

  async remove(path: string): Promise<void> {
    await this.#wait()
    if (this.#names.delete(path)) this.#rename({ path, inode: undefined })
  }

  async free(): Promise<number> {
    await this.#wait()
    return this.capacity - this.used
  }

  #rename(change: NameChange): void {
    this.#pendingNames = [...this.#pendingNames, change]
  }

  #find(path: string): Inode {
    const inode = this.#names.get(path)
    if (inode === undefined) throw failure('ENOENT', path)
    return inode
  }

  #fileOf(inode: Inode, path: string): DiskFile {
    const change = (next: Change): void => {
      inode.cached = changed(inode.cached, next)
      inode.pending = [...inode.pending, next]
    }
    return {
      write: async (chunks, position): Promise<void> => {
        // Shared memory may change later.
        const bytes = Uint8Array.from(Buffer.concat(chunks))
        await this.#wait()
        const room = this.capacity - this.used + Math.max(0, inode.cached.length - position)
        change({ at: position, bytes: bytes.subarray(0, Math.max(0, room)) })
        if (bytes.length > room) throw failure('ENOSPC', path)
      },
      sync: async (): Promise<void> => {
        // What comes while a sync is under way may miss it.
        const { pending } = inode
        await this.#wait()
        if (!pending.every((one, i) => inode.pending[i] === one)) return
        for (const one of pending) inode.durable = changed(inode.durable, one)
        inode.pending = inode.pending.slice(pending.length)
      },
      truncate: async (length): Promise<void> => {
        await this.#wait()
        change({ length })
      },
      close: () => this.#wait(),
    }
  }
}

function failure(code: string, path: string): NodeJS.ErrnoException {
  return Object.assign(new Error(`${code}: ${path}`), { code })
}

function changed(content: Uint8Array, change: Change): Uint8Array {
  if ('length' in change) {
    const bytes = new Uint8Array(change.length)
    bytes.set(content.subarray(0, change.length))
    return bytes
  }
  const bytes = new Uint8Array(Math.max(content.length, change.at + change.bytes.length))
  bytes.set(content)
  bytes.set(change.bytes, change.at)
  return bytes
}

/** Which of so many changes were kept. */
function keptOf(all: boolean, crash: Crash, count: number, random: Random): (i: number) => boolean {
  if (all) return () => true
  if (crash === 'prefix') {
    const end = random.below(count + 1)
    return (i) => i < end
  }
  if (crash !== 'mixed') return () => false
  const kept = Array.from({ length: count }, () => random.chance(0.5))
  return (i) => kept[i] === true
}

function contentAfter({ durable, pending }: Inode, crash: Crash, random: Random): Uint8Array {
  const kept = keptOf(crash === 'data', crash, pending.length, random)
  let content = durable
  for (const [i, change] of pending.entries()) {
    const torn = !('length' in change) && change.bytes.length > 0 && crash !== 'data'
    if (!kept(i)) continue
    content = torn && random.chance(0.5) ? tear(content, change, random) : changed(content, change)
  }
  return content
}

/** Some sectors of a write. The file may have grown for those that are missing, which are zeros then. */
function tear(
  content: Uint8Array,
  change: { readonly at: number; readonly bytes: Uint8Array },
  random: Random,
): Uint8Array {
  const { at, bytes } = change
  const cut = random.below(bytes.length + 1)
  if (random.chance(0.5)) return changed(content, { at, bytes: bytes.subarray(0, cut) })
  let torn = random.chance(0.5) ? changed(content, { length: Math.max(content.length, at + bytes.length) }) : content
  for (let from = 0; from < bytes.length;) {
    const to = Math.min(bytes.length, (Math.floor((at + from) / SECTOR) + 1) * SECTOR - at)
    if (random.chance(0.5)) torn = changed(torn, { at: at + from, bytes: bytes.subarray(from, to) })
    from = to
  }
  return torn
}
