// A store as it is at one moment, read from its folder alone, whether or not a process owns it. Files that are listed are held
// open, so that compaction and retention cannot take them away meanwhile; heads are filled from the spool. One moment: the
// manifest is read before and after the spool, and again from the start where a head was sealed in between.

import { stat } from 'node:fs/promises'
import { join } from 'node:path'
import { SpoorError, toError } from '@spoor/core/base/errors'
import type { Disk } from '../../../pipeline/spool/disk.ts'
import { listChains } from '../../../pipeline/spool/replay.ts'
import { silentLogger } from '../../../telemetry/log.ts'
import { createMetrics } from '../../../telemetry/metrics.ts'
import type { StorageHost } from '../../api/plugin.ts'
import { Cache } from '../cache.ts'
import { DEFAULT_CONFIG } from '../config-types.ts'
import { Head } from '../head.ts'
import { HeadView } from '../head-view.ts'
import { type Hides, hiddenInHead } from '../lifecycle/tombstones.ts'
import { type Manifest, type ManifestEntry, readManifest } from '../manifest.ts'
import { replayedCuts, replayHead } from '../replay.ts'
import { type RollupEntry, RollupFile } from '../rollup/file.ts'
import { Segment } from '../segment.ts'
import { OpenFiles, SegmentFile } from '../segment-file.ts'
import { isAbsent, readOnlyDisk } from './read-only-disk.ts'

/** Of decoded parts. What is read here is read once. */
const CACHE_BYTES = 16 << 20
/** A busy store seals a head every few seconds, and reading the spool takes less than one. */
const ATTEMPTS = 50

export interface ReadOnlyHead {
  readonly head: Head
  readonly view: HeadView
  readonly hides: Hides | undefined
  /** Of its spool files. */
  readonly files: readonly string[]
  readonly bytes: number
}

export interface ReadOnlyStore {
  readonly folder: string
  readonly manifest: Manifest
  /** In the order of their numbers. */
  readonly segments: readonly Segment[]
  readonly rollups: readonly RollupFile[]
  /** Listed files that are not there. */
  readonly missing: readonly string[]
  readonly heads: readonly ReadOnlyHead[]
  /** Those that are held open. */
  readonly files: OpenFiles
  close(): void
}

/** Throws SpoorError `no_store`, or as readManifest() does, or `too_many_files`. */
export async function openReadOnly(folder: string): Promise<ReadOnlyStore> {
  const disk = readOnlyDisk()
  await expectStore(folder)
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    const store = await tryOpen(disk, folder)
    if (store !== undefined) return store
  }
  throw new SpoorError('unavailable', 'store_too_busy', `the store in ${folder} changes faster than it can be read`)
}

/** Throws SpoorError `no_store`. */
export async function expectStore(folder: string): Promise<void> {
  const found = await stat(join(folder, 'spool')).catch((thrown: unknown) => {
    if (isAbsent(thrown)) return undefined
    throw thrown
  })
  if (found === undefined || !found.isDirectory())
    throw new SpoorError('notFound', 'no_store', `there is no store in the folder ${folder}`)
}

/** undefined where the store changed meanwhile. */
async function tryOpen(disk: Disk, folder: string): Promise<ReadOnlyStore | undefined> {
  const manifest = await readManifest(disk, folder)
  const heads = await readHeads(disk, folder, manifest)
  const after = await readManifest(disk, folder)
  if (heads === undefined || after.nextHead !== manifest.nextHead) return undefined
  const files = new OpenFiles(Number.POSITIVE_INFINITY, disk)
  const pinned = pin(folder, manifest, files)
  if (pinned.length > 0) {
    // What is still listed and not there is lost; the rest was replaced in between.
    const now = await readManifest(disk, folder)
    const listed = new Set([...now.segments, ...now.rollups].map(({ file }) => file))
    if (!pinned.every((file) => listed.has(file))) {
      files.closeAll()
      return undefined
    }
  }
  const missing = new Set(pinned)
  const cache = new Cache(CACHE_BYTES)
  const segments = manifest.segments
    .filter(({ file }) => !missing.has(file))
    .toSorted((a, b) => a.id - b.id)
    .map((entry) => new Segment(entry, new SegmentFile(segmentPath(folder, entry), files), cache))
  const rollups = manifest.rollups
    .filter(({ file }) => !missing.has(file))
    .map((entry) => new RollupFile(entry, rollupPath(folder, entry), files))
  return { folder, manifest, segments, rollups, missing: pinned, heads, files, close: () => files.closeAll() }
}

export function segmentPath(folder: string, { file }: ManifestEntry): string {
  return join(folder, 'segments', file)
}

export function rollupPath(folder: string, { file }: RollupEntry): string {
  return join(folder, 'rollups', file)
}

/** Opens all files; names of those that are not there. */
function pin(folder: string, { segments, rollups }: Manifest, files: OpenFiles): string[] {
  const paths = [
    ...segments.map((entry) => [entry.file, segmentPath(folder, entry)] as const),
    ...rollups.map((entry) => [entry.file, rollupPath(folder, entry)] as const),
  ]
  return paths.flatMap(([file, path]) => {
    try {
      files.get(path)
      return []
    } catch (thrown) {
      if (isAbsent(thrown)) return [file]
      files.closeAll()
      if ((toError(thrown) as NodeJS.ErrnoException).code !== 'EMFILE') throw thrown
      const message = `the store has ${paths.length} files, more than this process may open (ulimit -n)`
      throw new SpoorError('unavailable', 'too_many_files', message)
    }
  })
}

/** Heads that are not sealed; undefined where one was sealed while its files were read. */
async function readHeads(disk: Disk, folder: string, manifest: Manifest): Promise<ReadOnlyHead[] | undefined> {
  const spool = join(folder, 'spool')
  const capacity = { spans: DEFAULT_CONFIG.headSpans, bytes: DEFAULT_CONFIG.headBytes }
  const heads: ReadOnlyHead[] = []
  try {
    for (const files of await listChains(disk, spool)) {
      if (files.chain < manifest.nextHead) continue
      const replayed = await replayHead(disk, spool, files, capacity, quietHost(), () => undefined)
      const head = new Head(replayed.buffers)
      const cuts = replayedCuts(manifest.tombstones, files.chain, replayed)
      const hides = hiddenInHead(head, cuts)
      let bytes = 0
      for (const name of files.names) bytes += (await stat(join(spool, name))).size
      heads.push({ head, view: new HeadView(head), hides, files: files.names, bytes })
    }
  } catch (thrown) {
    if (isAbsent(thrown)) return undefined
    throw thrown
  }
  return heads
}

/** For code of the store that says what it finds: a tool says it itself. */
function quietHost(): StorageHost {
  return {
    log: silentLogger(),
    metrics: createMetrics(),
    port(to): never {
      throw new Error(`a tool has no port to ${to}`)
    },
  }
}
