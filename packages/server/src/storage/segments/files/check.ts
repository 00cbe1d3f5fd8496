// `spoor store check`: reads every file of a store and says what is wrong with it. Reads only; a process that owns the folder
// goes on.

import { join } from 'node:path'
import { isDeepStrictEqual } from 'node:util'
import { crc32 } from 'node:zlib'
import type { Disk } from '../../../pipeline/spool/disk.ts'
import type { CheckReport } from '../../api/files.ts'
import { ROLLUP_CONTAINER } from '../container.ts'
import { type Manifest, readManifest } from '../manifest.ts'
import { ROLLUP_PART, type RollupFile, type RollupMeta } from '../rollup/file.ts'
import { type OpenFiles, SegmentFile } from '../segment-file.ts'
import { HeadCount } from '../store-stats.ts'
import { checkLayout, checkCoverage } from './check-layout.ts'
import { checkSegment } from './check-segment.ts'
import { checkSpool } from './check-spool.ts'
import { Findings } from './findings.ts'
import { openReadOnly } from './read-only.ts'
import { isAbsent, readOnlyDisk } from './read-only-disk.ts'

export async function checkStore(folder: string): Promise<CheckReport> {
  const disk = readOnlyDisk()
  const findings = new Findings()
  const store = await openReadOnly(folder)
  try {
    const { manifest, segments, rollups } = store
    for (const name of store.missing) findings.problem(name, 'is in the manifest, and is not there')
    checkNumbers(manifest, findings)
    await noteTornEdit(disk, folder, findings)
    for (const segment of segments) {
      const name = `segments/${segment.entryInfo.file}`
      const file = new SegmentFile(segment.path, store.files)
      checkSegment(name, segment, file, store.files, findings)
      segment.close()
    }
    for (const rollup of rollups) checkRollup(rollup, store.files, findings)
    const spool = await checkSpool(disk, folder, manifest, findings)
    await noteLeftOvers(disk, folder, manifest, findings)
    const listed = [...manifest.segments, ...manifest.rollups]
    return {
      segments: segments.length,
      rollups: rollups.length,
      spoolFiles: spool.files,
      bytes: listed.reduce((sum, { bytes }) => sum + bytes, spool.bytes),
      spans:
        manifest.segments.reduce((sum, { spans }) => sum + spans, 0) +
        store.heads.reduce((sum, { head }) => sum + new HeadCount(head).stats().spans, 0),
      problems: findings.problems,
      notes: findings.notes,
    }
  } finally {
    store.close()
  }
}

/** What the manifest says of its own parts. */
function checkNumbers(manifest: Manifest, findings: Findings): void {
  const { segments, rollups, nextSegment, nextHead } = manifest
  const problem = (what: string): void => findings.problem('MANIFEST', what)
  for (const list of [segments, rollups]) {
    const ids = new Set<number>()
    for (const { id, heads, file } of list) {
      if (ids.has(id)) problem(`number ${id} is given twice`)
      ids.add(id)
      if (id >= nextSegment) problem(`${file} has a number that is not given out yet`)
      if (heads.some((head) => head >= nextHead)) problem(`${file} is of a head that is not sealed`)
    }
  }
  const counted = new Set<number>()
  for (const { heads, file } of rollups) {
    for (const head of heads) {
      if (counted.has(head)) problem(`${file} counts spans of head ${head}, which another rollup counts`)
      counted.add(head)
    }
  }
}

/** The last edit may be half-written: nobody was told that it is made. */
async function noteTornEdit(disk: Disk, folder: string, findings: Findings): Promise<void> {
  const bytes = await disk.read(join(folder, 'MANIFEST')).catch((thrown: unknown) => {
    if (isAbsent(thrown)) return Buffer.alloc(0)
    throw thrown
  })
  const lines = bytes.toString('utf8').split('\n')
  const end = lines.pop() ?? ''
  const [json = '', crc = ''] = lines.slice(-2)
  const whole = lines.length % 2 === 0 && (lines.length === 0 || Number.parseInt(crc, 16) === crc32(json))
  if (end !== '' || !whole) findings.note('MANIFEST', 'ends in a half-written edit, which was never confirmed')
}

function checkRollup(rollup: RollupFile, files: OpenFiles, findings: Findings): void {
  const { entry } = rollup
  const name = `rollups/${entry.file}`
  const file = new SegmentFile(rollup.path, files, ROLLUP_CONTAINER)
  if (checkLayout(name, entry, file, files, findings)) {
    findings.guard(name, () => {
      checkCoverage(name, entry.bytes, file.parts, [], findings)
      const meta = JSON.parse(file.part(ROLLUP_PART.meta)?.toString('utf8') ?? '{}') as RollupMeta
      if (!isDeepStrictEqual({ ...meta, file: entry.file, bytes: entry.bytes }, entry))
        findings.problem(name, 'the manifest says otherwise of it')
      for (const place of rollup.places) {
        if (place.hour < entry.minHour || place.hour > entry.maxHour)
          findings.problem(name, `hour ${place.hour} is outside of its bounds`)
        rollup.cell(place)
      }
    })
  }
  rollup.close()
}

/** Files that no manifest lists: the next start removes them. A running store is about to list or to remove some. */
async function noteLeftOvers(disk: Disk, folder: string, before: Manifest, findings: Findings): Promise<void> {
  const now = await readManifest(disk, folder)
  const listed = new Set(
    [before, now].flatMap(({ segments, rollups }) => [...segments, ...rollups].map(({ file }) => file)),
  )
  for (const room of ['segments', 'rollups']) {
    for (const name of await disk.list(join(folder, room)))
      if (!listed.has(name)) findings.note(`${room}/${name}`, 'is not in the manifest: it was never finished, or goes')
  }
}
