// What a crash leaves is opened again, and held to the book.

import { VirtualClock } from '@spoor/testkit/faults/clock'
import { faultyDisk } from '@spoor/testkit/faults/disk'
import type { Crash, Pace, SimDisk } from '@spoor/testkit/faults/sim-disk'
import { createRandom, type Random } from '@spoor/testkit/trace-gen/random'
import { isRetryable, toError } from '@spoor/core/base/errors'
import type { Disk } from '../../src/pipeline/spool/disk.ts'
import { scanOtlp } from '../../src/wire/otlp/scan.ts'
import { makeBatch } from './batches.ts'
import type { Book } from './book.ts'
import { judge, look } from './look.ts'
import { closeWorld, openWorld, type Settings, type World } from './world.ts'

export interface Moment {
  readonly disk: SimDisk
  readonly pace: Pace
  readonly book: Book
  readonly nowMs: number
  readonly partial: boolean
}

export interface CrashOptions {
  readonly settings: Settings
  readonly crash: Crash
  readonly seed: number
  /** The machine dies once more while the store is opened. */
  readonly twice?: boolean
}

/** Everything that is wrong after a crash at the moment; empty where nothing is. */
export async function afterCrash(moment: Moment, options: CrashOptions): Promise<string[]> {
  const { settings, crash, seed, twice = false } = options
  const random = createRandom(seed)
  const clock = new VirtualClock(moment.nowMs, () => moment.pace.isBusy)
  clock.start()
  try {
    let disk = moment.disk.afterCrash(crash, random)
    if (twice) disk = await crashAgain(settings, disk, clock, random)
    const book = moment.book.copy()
    return await holdToBook({
      settings,
      disk,
      clock,
      book,
      random,
      death: crash === 'process' && !twice ? 'process' : 'machine',
      partial: moment.partial,
    })
  } catch (thrown) {
    return [toError(thrown).stack ?? String(thrown)]
  } finally {
    clock.stop()
  }
}

/** The machine dies at an operation of the opening. */
async function crashAgain(settings: Settings, disk: SimDisk, clock: VirtualClock, random: Random): Promise<SimDisk> {
  let at = random.below(24)
  let left: SimDisk | undefined
  const watched = faultyDisk(disk, () => {
    if (at-- === 0) left = disk.copy()
    return undefined
  })
  await withWorld(settings, watched, clock, async () => await clock.pass(0))
  return (left ?? disk.copy()).afterCrash(random.chance(0.5) ? 'mixed' : 'synced', random)
}

/** Closes it in any case: the next one needs the folder. */
async function withWorld(
  settings: Settings,
  disk: Disk,
  clock: VirtualClock,
  use: (world: World) => Promise<void>,
): Promise<void> {
  const world = await openWorld(settings, disk, clock)
  try {
    await use(world)
  } finally {
    await closeWorld(world)
  }
}

interface Held {
  readonly settings: Settings
  readonly disk: Disk
  readonly clock: VirtualClock
  readonly book: Book
  readonly random: Random
  readonly death: 'process' | 'machine'
  readonly partial: boolean
}

async function holdToBook({ settings, disk, clock, book, random, death, partial }: Held): Promise<string[]> {
  const problems: string[] = []
  const isRight = async ({ store, lines }: World, when: string): Promise<boolean> => {
    const seen = await clock.until(look(store.reader))
    const words = judge(book, seen, { death, nowMs: clock.nowMs, partial })
    book.freeze(seen.keys)
    problems.push(...words.map((word) => `${when}: ${word}`))
    if (words.length > 0) problems.push(...lines.map((line) => `  log: ${line}`))
    return words.length === 0
  }
  await withWorld(settings, disk, clock, async (world) => {
    if (!(await isRight(world, 'after the crash'))) return
    await writeOne(world, book, random)
    if (!(await isRight(world, 'after a write'))) return
    await clock.until(world.store.reader.admin?.maintain() ?? Promise.resolve())
    await isRight(world, 'after upkeep')
  })
  if (problems.length > 0) return problems
  await withWorld(settings, disk, clock, async (world) => void (await isRight(world, 'after a restart')))
  return problems
}

/** The store takes spans again, perhaps after it has sealed what it found. */
async function writeOne({ store, clock }: World, book: Book, random: Random): Promise<void> {
  const batch = makeBatch(random, book.batches.length, undefined, clock.nowMs)
  book.send(batch)
  for (let tries = 5; ; tries--) {
    try {
      await clock.until(store.writer.write(scanOtlp(batch.bytes, { tenant: batch.tenant })))
      break
    } catch (thrown) {
      if (!isRetryable(thrown) || tries === 0) throw thrown
      await clock.pass(1000)
    }
  }
  book.answered(batch, 'durable')
}
