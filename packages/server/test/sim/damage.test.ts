// Whatever is wrong with one file of a store: it is found and said, nothing wrong is shown, and the rest serves on.

import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, dirname, join } from 'node:path'
import { crc32 } from 'node:zlib'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { VirtualClock } from '@spoor/testkit/faults/clock'
import { SimDisk } from '@spoor/testkit/faults/sim-disk'
import { createRandom } from '@spoor/testkit/trace-gen/random'
import { checkStore } from '../../src/storage/segments/files/check.ts'
import type { Moment } from './crash.ts'
import { flips, losses, underDamage } from './damage.ts'
import { liveDay, settingsOf } from './explore.ts'
import { openWorld } from './world.ts'

const settings = settingsOf(0)
let end: Moment
let folder = ''

beforeAll(async () => {
  const day = await liveDay({ settings, seed: 0, keep: () => false })
  expect(day.problems).toEqual([])
  ;({ end } = day)
  folder = mkdtempSync(join(tmpdir(), 'spoor-damage-'))
})

afterAll(() => {
  rmSync(folder, { recursive: true, force: true })
})

function put(path: string, bytes: Uint8Array): void {
  const real = join(folder, path.slice(settings.dir.length + 1))
  mkdirSync(dirname(real), { recursive: true })
  writeFileSync(real, bytes)
}

test('a bit that flipped in any part of any file never ends the store, shows a wrong span or goes unsaid where spans are missing', async () => {
  const wrong: string[] = []
  for (const damage of flips(end.disk.files, 12, createRandom(1)))
    wrong.push(...(await underDamage(settings, end, damage)).map((word) => `${damage.what}: ${word}`))
  expect(wrong).toEqual([])
})

test('files that end early, end in zeros, are empty, gone or in the place of another are reported, and the rest serves on', async () => {
  const wrong: string[] = []
  for (const damage of losses(end.disk.files, createRandom(2))) {
    // A spool file that is not there looks as one that was never synced: nothing else knows of it.
    if (damage.path.endsWith('.spool') && /is (empty|gone)$/.test(damage.what)) continue
    wrong.push(...(await underDamage(settings, end, damage)).map((word) => `${damage.what}: ${word}`))
  }
  expect(wrong).toEqual([])
})

test.each([
  ['MANIFEST', 'manifest_version'],
  ['.segment', 'segment_version'],
  ['.rollup', 'segment_version'],
  ['.spool', 'spool_version'],
])('a %s of a newer format is refused with its name and both numbers', async (ending, code) => {
  const [path = '', bytes = new Uint8Array(0)] = [...end.disk.files].findLast(([name]) => name.endsWith(ending)) ?? []
  const clock = new VirtualClock(end.nowMs, () => end.pace.isBusy)
  clock.start()
  try {
    const disk = SimDisk.of(new Map([...end.disk.files, [path, newer(ending, bytes)]]), end.pace)
    const before = disk.files.get(path)
    await expect(openWorld(settings, disk, clock)).rejects.toMatchObject({
      code,
      message: expect.stringMatching(
        new RegExp(`${basename(path)} has .*format 99; this program reads up to \\d`),
      ) as unknown,
    })
    expect(disk.files.get(path)).toBe(before)
  } finally {
    clock.stop()
  }
})

/** The file as a later version would begin it. */
function newer(ending: string, bytes: Uint8Array): Uint8Array {
  if (ending === 'MANIFEST') {
    const [json = ''] = Buffer.from(bytes).toString('utf8').split('\n')
    const later = json.replace(/"format":\d+/, '"format":99')
    return Buffer.from(`${later}\n${crc32(later).toString(16)}\n`)
  }
  const later = Buffer.from(bytes)
  const crcAt = ending === '.spool' ? 44 : 28
  later.writeUInt32LE(99, 8)
  later.writeUInt32LE(crc32(later.subarray(0, crcAt)), crcAt)
  return later
}

test('a check of the store finds a flipped bit in any part of any file', async () => {
  const { files } = end.disk
  for (const [path, bytes] of files) put(path, bytes)
  expect((await checkStore(folder)).problems).toEqual([])
  const unseen: string[] = []
  for (const { what, path, files: broken } of flips(files, 12, createRandom(3))) {
    put(path, broken.get(path) ?? new Uint8Array(0))
    const { problems, notes } = await checkStore(folder).catch((thrown: unknown) => ({ problems: [thrown], notes: [] }))
    if (problems.length + notes.length === 0) unseen.push(what)
    put(path, files.get(path) ?? new Uint8Array(0))
  }
  expect(unseen).toEqual([])
})
