// The list of a store's segments and deletions: which files count. A change is a line appended and synced; from time to time,
// and after any failure, the file is replaced as a whole (new name, sync, rename, sync of the folder). A segment file that it
// does not name was never finished; a head that it names is in a segment.

import { join } from 'node:path'
import { crc32 } from 'node:zlib'
import { SpoorError } from '@spoor/core/base/errors'
import type { Disk, DiskFile } from '../../pipeline/spool/disk.ts'
import type { SegmentMeta } from './format.ts'
import type { Tombstone } from './lifecycle/tombstones.ts'
import type { RollupEntry } from './rollup/file.ts'

/** 1 had no edits and no tombstones; it is read too. */
export const MANIFEST_VERSION = 2
const NAME = 'MANIFEST'
/** The file is written anew when its edits are larger than this and than what they change. */
const MIN_EDIT_BYTES = 256 << 10

export interface ManifestEntry extends SegmentMeta {
  readonly file: string
  readonly bytes: number
  /** Rules of retention were applied to its traces up to this age, ms. */
  readonly judgedMs?: number
}

export interface Manifest {
  readonly format: number
  /** Numbers below these are taken. */
  readonly nextSegment: number
  readonly nextHead: number
  readonly nextTombstone: number
  readonly segments: readonly ManifestEntry[]
  readonly tombstones: readonly Tombstone[]
  readonly rollups: readonly RollupEntry[]
}

/** What a change adds and takes away, by number. */
export interface ManifestEdit {
  readonly add?: readonly ManifestEntry[]
  readonly remove?: readonly number[]
  readonly addTombstones?: readonly Tombstone[]
  readonly removeTombstones?: readonly number[]
  readonly addRollups?: readonly RollupEntry[]
  readonly removeRollups?: readonly number[]
  readonly nextSegment?: number
  readonly nextHead?: number
}

export const EMPTY_MANIFEST: Manifest = {
  format: MANIFEST_VERSION,
  nextSegment: 1,
  nextHead: 1,
  nextTombstone: 1,
  segments: [],
  tombstones: [],
  rollups: [],
}

/**
 * Pairs of lines: JSON, and its CRC in hexadecimal. The first pair is the whole, the others are edits of it; the last may
 * be half-written. Throws SpoorError `manifest_version` or `manifest_damaged`.
 */
export async function readManifest(disk: Disk, folder: string): Promise<Manifest> {
  const names = await disk.list(folder)
  if (!names.includes(NAME)) return EMPTY_MANIFEST
  const path = join(folder, NAME)
  const lines = (await disk.read(path)).toString('utf8').split('\n')
  const [json = '', crc = ''] = lines
  if (!isSound(json, crc)) throw damagedManifest(path)
  const manifest = parseWhole(json, path)
  if (manifest.format > MANIFEST_VERSION) {
    throw new SpoorError(
      'unavailable',
      'manifest_version',
      `${path} has format ${manifest.format}; this program reads up to ${MANIFEST_VERSION}`,
    )
  }
  return readEdits({ ...EMPTY_MANIFEST, ...manifest, format: MANIFEST_VERSION }, lines.slice(2), path)
}

/** Puts an empty one into a new folder. Throws SpoorError `manifest_missing` where there are files that one must have listed. */
export async function ensureManifest(disk: Disk, folder: string): Promise<void> {
  if ((await disk.list(folder)).includes(NAME)) return
  const names = [...(await disk.list(join(folder, 'segments'))), ...(await disk.list(join(folder, 'rollups')))]
  const orphan = names.find((name) => name.endsWith('.segment') || name.endsWith('.rollup'))
  if (orphan !== undefined) {
    throw new SpoorError(
      'unavailable',
      'manifest_missing',
      `${join(folder, NAME)} is gone, which says what of ${folder} counts: put it back, or move segments and rollups away`,
    )
  }
  await writeWhole(disk, folder, NAME, [pairOf(EMPTY_MANIFEST)])
}

function readEdits(whole: Manifest, lines: readonly string[], path: string): Manifest {
  let manifest = whole
  for (let i = 0; i < lines.length; i += 2) {
    const json = lines[i] ?? ''
    if (!isSound(json, lines[i + 1] ?? '')) {
      // Leaving out an edit that was confirmed would lose what it names.
      if (!isTorn(lines.slice(i))) throw damagedManifest(path)
      return manifest
    }
    manifest = edited(manifest, JSON.parse(json) as ManifestEdit)
  }
  return manifest
}

/** The line's end may be missing where the file ends. */
function isSound(json: string, crc: string): boolean {
  return json !== '' && crc.slice(0, 8).startsWith(crc32(json).toString(16))
}

/** Whether it can be what a crash left of a last edit: a part of it, or zeros in it. Bits that flipped later look otherwise. */
function isTorn(rest: readonly string[]): boolean {
  if (rest.some((line) => line.includes('\0'))) return true
  const isCut = rest.at(-1) !== ''
  return isCut ? rest.length <= 2 : rest.length === 1 || (rest.length === 2 && isJson(rest[0] ?? ''))
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text)
    return true
  } catch {
    return false
  }
}

function parseWhole(json: string, path: string): Manifest {
  try {
    return JSON.parse(json) as Manifest
  } catch (cause) {
    throw damagedManifest(path, cause)
  }
}

function damagedManifest(path: string, cause?: unknown): SpoorError {
  return new SpoorError('unavailable', 'manifest_damaged', `${path} is damaged`, { cause })
}

/** The manifest after an edit. */
export function edited(manifest: Manifest, edit: ManifestEdit): Manifest {
  const { add = [], remove = [], addTombstones = [], removeTombstones = [], addRollups = [], removeRollups = [] } = edit
  const gone = new Set(remove)
  const lifted = new Set(removeTombstones)
  const newest = addTombstones.at(-1)
  return {
    format: MANIFEST_VERSION,
    nextSegment: Math.max(manifest.nextSegment, edit.nextSegment ?? 0),
    nextHead: Math.max(manifest.nextHead, edit.nextHead ?? 0),
    nextTombstone: Math.max(manifest.nextTombstone, newest === undefined ? 0 : newest.id + 1),
    segments: [...(gone.size === 0 ? manifest.segments : manifest.segments.filter(({ id }) => !gone.has(id))), ...add],
    tombstones: [...manifest.tombstones.filter(({ id }) => !lifted.has(id)), ...addTombstones],
    rollups: [...manifest.rollups.filter(({ id }) => !removeRollups.includes(id)), ...addRollups],
  }
}

/** The file, and what it says now. One change at a time. */
export class ManifestFile {
  readonly #disk: Disk
  readonly #folder: string
  #current: Manifest
  #file: DiskFile | undefined
  /** Where the next edit goes. */
  #end = 0
  #wholeBytes = 0
  /** Numbers given out, also to segments that came to nothing: a failed edit may yet stand in the file. */
  #nextSegment: number
  /** A change failed, and nobody knows whether the file says it: files that it names must stay. */
  #inDoubt = false
  /** Paths of files that came to nothing. */
  #abandoned: readonly string[] = []

  constructor(disk: Disk, folder: string, manifest: Manifest) {
    this.#disk = disk
    this.#folder = folder
    this.#current = manifest
    this.#nextSegment = manifest.nextSegment
  }

  get current(): Manifest {
    return this.#current
  }

  /** A number for a segment that nothing else ever had or will have. */
  takeSegmentNumber(): number {
    return this.#nextSegment++
  }

  /** Resolves when the change is on disk. After a rejection nothing has changed here, and the file is written anew next time. */
  async apply(edit: ManifestEdit): Promise<void> {
    const full: ManifestEdit = { ...edit, nextSegment: this.#nextSegment }
    const next = edited(this.#current, full)
    this.#inDoubt = true
    if (this.#file !== undefined && this.#end - this.#wholeBytes <= Math.max(MIN_EDIT_BYTES, this.#wholeBytes))
      await this.#append(this.#file, full)
    else await this.#rewrite(next)
    this.#current = next
    this.#inDoubt = false
    await this.#removeAbandoned()
  }

  /** These files came to nothing: they go, as soon as it is certain that the manifest does not name them. */
  async abandon(paths: readonly string[]): Promise<void> {
    this.#abandoned = [...this.#abandoned, ...paths]
    await this.settle()
  }

  /** Ends the doubt that a failed change left, so that what came to nothing can go. Never rejects: it is tried again. */
  async settle(): Promise<void> {
    if (!this.#inDoubt) await this.#removeAbandoned()
    else if (this.#abandoned.length > 0) await this.apply({}).catch(() => undefined)
  }

  async #removeAbandoned(): Promise<void> {
    const paths = this.#abandoned
    this.#abandoned = []
    // One that stays is removed by the next start.
    for (const path of paths) await this.#disk.remove(path).catch(() => undefined)
  }

  async #append(file: DiskFile, edit: ManifestEdit): Promise<void> {
    const bytes = pairOf(edit)
    try {
      await file.write([bytes], this.#end)
      await file.sync()
    } catch (thrown) {
      await this.close()
      throw thrown
    }
    this.#end += bytes.length
  }

  async #rewrite(manifest: Manifest): Promise<void> {
    await this.close()
    const bytes = pairOf(manifest)
    await writeWhole(this.#disk, this.#folder, NAME, [bytes])
    this.#wholeBytes = bytes.length
    this.#end = bytes.length
    // Without it the next change writes the file anew.
    this.#file = await this.#disk.reopen(join(this.#folder, NAME)).catch(() => undefined)
  }

  async close(): Promise<void> {
    const file = this.#file
    this.#file = undefined
    await file?.close()
  }
}

/** Writes a manifest where there is none: for a folder that becomes a store. */
export async function writeManifest(disk: Disk, folder: string, manifest: Manifest): Promise<void> {
  await writeWhole(disk, folder, NAME, [pairOf(manifest)])
}

function pairOf(value: Manifest | ManifestEdit): Uint8Array {
  const json = JSON.stringify(value)
  return new TextEncoder().encode(`${json}\n${crc32(json).toString(16)}\n`)
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
  try {
    const file = await disk.create(temporary)
    try {
      await file.write(chunks, 0)
      await file.sync()
    } finally {
      await file.close()
    }
    await disk.rename(temporary, join(folder, name))
  } catch (thrown) {
    // What a full disk took of it is needed.
    await disk.remove(temporary).catch(() => undefined)
    throw thrown
  }
  await disk.syncFolder(folder)
}

export function segmentFileName(id: number): string {
  return `${id.toString(16).padStart(12, '0')}.segment`
}
