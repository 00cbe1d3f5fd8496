// The store thread's keeper of rollups: writes one with each sealed head, merges small files when there is time, and lets go of
// what is too old. Says what to put into the manifest; a file that is not listed there was never finished.

import { join } from 'node:path'
import { toError } from '@spoor/core/base/errors'
import type { Disk } from '../../../pipeline/spool/disk.ts'
import type { StorageHost } from '../../api/plugin.ts'
import { Cache } from '../cache.ts'
import type { Head } from '../head.ts'
import { type ManifestFile, writeWhole } from '../manifest.ts'
import type { SealedSegment } from '../seal.ts'
import { OpenFiles, SegmentFile } from '../segment-file.ts'
import { Segment } from '../segment.ts'
import type { Overflow } from './cells.ts'
import { earlierEntries } from './earlier.ts'
import { RollupEncoder, type RollupEntry, RollupFile, rollupFileName } from './file.ts'
import { RollupMaker } from './maker.ts'
import { mergeFiles, planMerge } from './merging.ts'

/** Of the newest segments: their trace indexes and the blocks that traces lie in which a seal cut. */
const CACHE_BYTES = 8 << 20
const OPEN_FILES = 40
const HOUR_MS = 3_600_000
/** Longest stretch of a merge before other work gets its turn. */
const STEP_MS = 5

export interface RollupKeeperOptions {
  readonly folder: string
  readonly disk: Disk
  readonly host: StorageHost
  readonly manifest: ManifestFile
  /** Counts of hours that long ago go; undefined: never. */
  readonly retentionMs: number | undefined
  /** Lists the files in the manifest and tells who reads them. */
  change(add: readonly RollupEntry[], remove: readonly number[]): Promise<void>
}

type Merge = ReturnType<typeof mergeFiles>

interface Running {
  readonly id: number
  readonly entries: readonly RollupEntry[]
  readonly files: readonly RollupFile[]
  readonly merge: Merge
  readonly overflow: Overflow
}

export class RollupKeeper {
  readonly #options: RollupKeeperOptions
  readonly #maker = new RollupMaker()
  readonly #cache = new Cache(CACHE_BYTES)
  readonly #files: OpenFiles
  readonly #segments = new Map<number, Segment>()
  readonly #unreadable = new Set<number>()
  #running: Running | undefined
  /** Not listed any more. Readers may be about to open them, so they go only when the next ones are replaced. */
  #garbage: readonly RollupEntry[] = []

  constructor(options: RollupKeeperOptions) {
    this.#options = options
    this.#files = new OpenFiles(OPEN_FILES, options.disk)
  }

  /** Writes the file of a head. To be listed together with the head's segment. */
  async seal(id: number, head: Head, { rows, nameOf }: SealedSegment): Promise<RollupEntry> {
    const overflow: Overflow = { operations: 0, links: 0 }
    const cells = this.#maker.make(
      { head, rows, nameOf, segments: this.#earlier(), onDamage: (segment, error) => this.#setAside(segment, error) },
      overflow,
    )
    const encoder = new RollupEncoder({ id, heads: [head.id], level: 0 })
    for (const cell of cells) encoder.add(cell)
    return await this.#write(encoder.finish(), overflow)
  }

  async #write({ meta, bytes }: ReturnType<RollupEncoder['finish']>, overflow: Overflow): Promise<RollupEntry> {
    const { disk, folder, host } = this.#options
    const file = rollupFileName(meta.id)
    await writeWhole(disk, join(folder, 'rollups'), file, [bytes])
    if (overflow.operations > 0)
      host.metrics.add('spoor_store_rollup_overflow_total', { what: 'operations' }, overflow.operations)
    if (overflow.links > 0) host.metrics.add('spoor_store_rollup_overflow_total', { what: 'links' }, overflow.links)
    return { ...meta, file, bytes: bytes.length }
  }

  /** The newest segments; those of before are let go of. */
  #earlier(): Segment[] {
    const { manifest, folder } = this.#options
    const entries = earlierEntries(manifest.current.segments.filter(({ id }) => !this.#unreadable.has(id)))
    const wanted = new Set(entries.map(({ id }) => id))
    for (const [id, segment] of this.#segments) {
      if (wanted.has(id)) continue
      segment.close()
      this.#segments.delete(id)
    }
    return entries.map((entry) => {
      const known = this.#segments.get(entry.id)
      if (known !== undefined) return known
      const file = new SegmentFile(join(folder, 'segments', entry.file), this.#files)
      const segment = new Segment(entry, file, this.#cache)
      this.#segments.set(entry.id, segment)
      return segment
    })
  }

  /** The reader finds damage too, and reports it; here the calls of traces that reach into it are only counted by part. */
  #setAside(segment: Segment, error: Error): void {
    this.#unreadable.add(segment.id)
    this.#segments.delete(segment.id)
    segment.close()
    this.#options.host.log.warn('calls of traces that began in a segment are not joined: it cannot be read', {
      segment: segment.path,
      error: error.message,
    })
  }

  /** A little of what is to be done; false where there is nothing. Tries again after a failure, from the start. */
  async step(): Promise<boolean> {
    this.#running ??= this.#plan()
    const running = this.#running
    if (running === undefined) return await this.#dropOld()
    try {
      const end = performance.now() + STEP_MS
      for (;;) {
        const turn = running.merge.next()
        if (turn.done === true) return await this.#merged(running, turn.value)
        if (performance.now() > end) return true
      }
    } catch (thrown) {
      this.#stopMerge()
      throw thrown
    }
  }

  get #oldestHour(): number {
    const { retentionMs } = this.#options
    return retentionMs === undefined ? 0 : Math.floor((Date.now() - retentionMs) / HOUR_MS)
  }

  #plan(): Running | undefined {
    const { manifest, folder } = this.#options
    const { merge } = planMerge(
      manifest.current.rollups.filter(({ id }) => !this.#unreadable.has(id)),
      this.#oldestHour,
    )
    if (merge.length === 0) return undefined
    const files = merge.map((entry) => new RollupFile(entry, join(folder, 'rollups', entry.file), this.#files))
    for (const file of files) {
      try {
        file.check()
      } catch (thrown) {
        // The reader says so; it stays as it is.
        this.#unreadable.add(file.entry.id)
        this.#options.host.log.warn('a rollup cannot be read and is not merged', {
          rollup: file.path,
          error: toError(thrown).message,
        })
        for (const opened of files) opened.close()
        return this.#plan()
      }
    }
    const id = manifest.takeSegmentNumber()
    const overflow: Overflow = { operations: 0, links: 0 }
    return { id, entries: merge, files, overflow, merge: mergeFiles(id, files, this.#oldestHour, overflow) }
  }

  async #merged(running: Running, result: ReturnType<RollupEncoder['finish']> | undefined): Promise<boolean> {
    const add = result === undefined ? [] : [await this.#write(result, running.overflow)]
    await this.#replace(add, running.entries)
    this.#stopMerge()
    return true
  }

  #stopMerge(): void {
    for (const file of this.#running?.files ?? []) file.close()
    this.#running = undefined
  }

  async #dropOld(): Promise<boolean> {
    const { drop } = planMerge(this.#options.manifest.current.rollups, this.#oldestHour)
    if (drop.length > 0) await this.#replace([], drop)
    return drop.length > 0
  }

  async #replace(add: readonly RollupEntry[], remove: readonly RollupEntry[]): Promise<void> {
    const { disk, folder, change } = this.#options
    await change(
      add,
      remove.map((entry) => entry.id),
    )
    for (const { file } of this.#garbage) await disk.remove(join(folder, 'rollups', file))
    this.#garbage = remove
  }

  close(): void {
    this.#stopMerge()
    for (const segment of this.#segments.values()) segment.close()
    this.#files.closeAll()
  }
}
