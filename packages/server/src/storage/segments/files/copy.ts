// Snapshots of a store and their restoring. What never changes (segments, rollups) gets a second name, so that it costs nothing
// and stays when the store lets it go; the spool is copied. A copy has its name only when it is whole and synced: until then
// it is a folder called NAME.unfinished.

import { constants } from 'node:fs'
import { copyFile, link, mkdir, open, readdir, rename, rm, stat } from 'node:fs/promises'
import { basename, dirname, join, resolve } from 'node:path'
import { SpoorError, toError } from '@spoor/core/base/errors'
import { nodeDisk } from '../../../pipeline/spool/disk.ts'
import { listChains } from '../../../pipeline/spool/replay.ts'
import type { CopyReport } from '../../api/files.ts'
import { type Manifest, readManifest, writeManifest } from '../manifest.ts'
import { ROLLUP_CONTAINER } from '../container.ts'
import { OpenFiles, SegmentFile } from '../segment-file.ts'
import { expectStore } from './read-only.ts'
import { isAbsent, readOnlyDisk } from './read-only-disk.ts'

const ATTEMPTS = 50

interface Copying {
  readonly from: string
  /** The unfinished folder. */
  readonly to: string
  readonly report: { -readonly [K in keyof CopyReport]: CopyReport[K] }
}

/** `from` may be a store that a process writes to. */
export async function copyStore(from: string, to: string): Promise<CopyReport> {
  await expectStore(from)
  await expectFree(to)
  const unfinished = join(dirname(resolve(to)), `${basename(resolve(to))}.unfinished`)
  try {
    for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
      await rm(unfinished, { recursive: true, force: true })
      const report = await tryCopy(from, unfinished)
      if (report === undefined) continue
      await rename(unfinished, to)
      await nodeDisk().syncFolder(dirname(resolve(to)))
      return report
    }
  } catch (thrown) {
    await rm(unfinished, { recursive: true, force: true })
    throw thrown
  }
  await rm(unfinished, { recursive: true, force: true })
  throw new SpoorError('unavailable', 'store_too_busy', `the store in ${from} changes faster than it can be copied`)
}

/** Throws SpoorError `folder_taken` where something is there. */
async function expectFree(to: string): Promise<void> {
  const names = await readdir(to).catch((thrown: unknown) => {
    if (isAbsent(thrown)) return []
    throw new SpoorError('unavailable', 'folder_taken', `${to} is no folder: ${toError(thrown).message}`)
  })
  if (names.length > 0) throw new SpoorError('invalid', 'folder_taken', `the folder ${to} is not empty`)
}

/** undefined where the store changed in a way that the copy may lack spans. */
async function tryCopy(from: string, to: string): Promise<CopyReport | undefined> {
  const disk = readOnlyDisk()
  const copying: Copying = {
    from,
    to,
    report: { segments: 0, rollups: 0, spoolFiles: 0, linkedBytes: 0, copiedBytes: 0 },
  }
  const manifest = await readManifest(disk, from)
  for (const room of ['segments', 'rollups', 'spool']) await mkdir(join(to, room), { recursive: true })
  try {
    await copyListed(copying, manifest)
    await copySpool(copying, manifest)
  } catch (thrown) {
    // What was listed was replaced, or a head was sealed, in between. What is lost for good is damage.
    if (isAbsent(thrown) && (await hasChanged(from, manifest))) return undefined
    throw thrown
  }
  // A head that was sealed meanwhile may have left neither its spool files nor a listed segment.
  if ((await readManifest(disk, from)).nextHead !== manifest.nextHead) return undefined
  await writeManifest(nodeDisk(), to, manifest)
  for (const room of ['segments', 'rollups', 'spool']) await nodeDisk().syncFolder(join(to, room))
  await nodeDisk().syncFolder(to)
  return copying.report
}

async function hasChanged(from: string, { segments, rollups, nextHead }: Manifest): Promise<boolean> {
  const now = await readManifest(readOnlyDisk(), from)
  if (now.nextHead !== nextHead) return true
  const listed = new Set([...now.segments, ...now.rollups].map(({ file }) => file))
  return [...segments, ...rollups].some(({ file }) => !listed.has(file))
}

async function copyListed(copying: Copying, { segments, rollups }: Manifest): Promise<void> {
  const files = new OpenFiles(1, nodeDisk())
  try {
    for (const { file } of segments) {
      await linkFile(copying, join('segments', file))
      new SegmentFile(join(copying.to, 'segments', file), files).check()
      copying.report.segments++
    }
    for (const { file } of rollups) {
      await linkFile(copying, join('rollups', file))
      new SegmentFile(join(copying.to, 'rollups', file), files, ROLLUP_CONTAINER).check()
      copying.report.rollups++
    }
  } finally {
    files.closeAll()
  }
}

/** A second name; a copy where the file system or its rules have none. */
async function linkFile(copying: Copying, name: string): Promise<void> {
  const from = join(copying.from, name)
  const to = join(copying.to, name)
  try {
    await link(from, to)
    copying.report.linkedBytes += (await stat(to)).size
  } catch (thrown) {
    const { code = '' } = toError(thrown) as NodeJS.ErrnoException
    if (!['EXDEV', 'EPERM', 'EACCES', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS', 'EMLINK'].includes(code)) throw thrown
    await copyWhole(copying, name)
  }
}

async function copyWhole(copying: Copying, name: string): Promise<void> {
  const to = join(copying.to, name)
  await copyFile(join(copying.from, name), to, constants.COPYFILE_EXCL)
  const file = await open(to, 'r+')
  try {
    await file.sync()
    copying.report.copiedBytes += (await file.stat()).size
  } finally {
    await file.close()
  }
}

/** Of heads that are not sealed. A record that is being written becomes a half-written end. */
async function copySpool(copying: Copying, { nextHead }: Manifest): Promise<void> {
  for (const { chain, names } of await listChains(readOnlyDisk(), join(copying.from, 'spool'))) {
    if (chain < nextHead) continue
    for (const name of names) {
      await copyWhole(copying, join('spool', name))
      copying.report.spoolFiles++
    }
  }
}
