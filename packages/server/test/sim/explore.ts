// Tries the same day again and again: with a crash before its first, second, third … operation of the disk, each leaving
// different parts of what was not synced; and with that operation failing in each way in which it can.

import { VirtualClock } from '@spoor/testkit/faults/clock'
import { type DiskFault, type DiskOperation, faultyDisk } from '@spoor/testkit/faults/disk'
import { type Crash, Pace, SimDisk } from '@spoor/testkit/faults/sim-disk'
import { createRandom } from '@spoor/testkit/trace-gen/random'
import { toError } from '@spoor/core/base/errors'
import { Book } from './book.ts'
import { afterCrash, type Moment } from './crash.ts'
import { Workload } from './workload.ts'
import { type Settings, START_MS } from './world.ts'

/** How an operation fails: once or from then on, with nothing or all of it done. `lost`: a failed sync lost what it had to sync. */
export const FAULTS = ['eio', 'short', 'done', 'lost', 'full', 'dead', 'read'] as const
export type Fault = (typeof FAULTS)[number]

export interface Operation {
  readonly number: number
  readonly what: DiskOperation
  readonly path: string
}

/** A try that went wrong: enough to have it again. */
export interface Finding {
  readonly seed: number
  readonly operation: Operation
  readonly crash: Crash
  readonly fault?: Fault
  readonly twice?: boolean
  readonly problems: readonly string[]
}

export interface Day {
  readonly operations: readonly Operation[]
  /** Before chosen operations. */
  readonly moments: ReadonlyMap<number, Moment>
  readonly end: Moment
  readonly problems: readonly string[]
}

interface DayOptions {
  readonly settings: Settings
  readonly seed: number
  /** Which operations to keep the moment of. */
  keep(operation: number): boolean
  readonly fault?: { readonly at: number; readonly kind: Fault }
}

export function settingsOf(seed: number): Settings {
  return { dir: '/store', sync: (['interval', 'always', 'interval', 'never'] as const)[seed % 4] ?? 'interval' }
}

export async function liveDay({ settings, seed, keep, fault }: DayOptions): Promise<Day> {
  const pace = new Pace(createRandom(seed + 1))
  const clock = new VirtualClock(START_MS, () => pace.isBusy)
  const sim = new SimDisk(pace)
  const book = new Book()
  const partial = fault?.kind === 'read'
  const operations: Operation[] = []
  const moments = new Map<number, Moment>()
  const moment = (): Moment => ({ disk: sim.copy(), pace, book: book.copy(), nowMs: clock.nowMs, partial })
  let healed = false
  const disk = faultyDisk(
    sim,
    (what, path) => {
      if (healed) return undefined
      const number = operations.length
      operations.push({ number, what, path: path.slice(settings.dir.length + 1) })
      if (keep(number)) moments.set(number, moment())
      return fault === undefined ? undefined : failing(fault, operations.at(-1) as Operation, () => sim.losePages(path))
    },
    { reads: partial },
  )
  const workload = new Workload({ settings, disk, clock, book, random: createRandom(seed), partial })
  const problems: string[] = []
  const noted = async (run: () => Promise<void>): Promise<void> =>
    await run().catch((thrown: unknown) => void problems.push(toError(thrown).stack ?? String(thrown)))
  clock.start()
  try {
    await noted(() => workload.run())
    const end = moment()
    healed = true
    await noted(() => workload.close())
    return { operations, moments, end, problems: [...workload.problems, ...problems] }
  } finally {
    clock.stop()
  }
}

/** What becomes of the operation. */
function failing(
  { at, kind }: { readonly at: number; readonly kind: Fault },
  { number, what }: Operation,
  losePages: () => void,
): DiskFault | undefined {
  if (number < at || (number > at && kind !== 'dead' && kind !== 'full')) return undefined
  const bytesWritten = (number * 37) % 700
  if (kind === 'full') {
    if (number > at + 25 || (what !== 'write' && what !== 'create')) return undefined
    return { code: 'ENOSPC', bytesWritten }
  }
  if (kind === 'lost') {
    if (what !== 'sync') return undefined
    losePages()
    return { code: 'EIO' }
  }
  if (kind === 'done') return { code: 'EIO', done: true }
  return { code: 'EIO', bytesWritten: kind === 'short' ? bytesWritten : 0 }
}

/** Whether the fault is another one than `eio` at such an operation. */
function isDistinct(kind: Fault, { what }: Operation): boolean {
  if (kind === 'short') return what === 'write'
  if (kind === 'lost') return what === 'sync'
  if (kind === 'full') return what === 'write' || what === 'create'
  return true
}

function isChosen({ what, path }: Operation, only: RegExp | undefined): boolean {
  return only === undefined || only.test(`${what} ${path}`)
}

export interface Exploration {
  readonly seed: number
  /** Every so many operations, from `first` on. */
  readonly step: number
  readonly first: number
  /** Only operations whose name and path match. */
  readonly only?: RegExp
  readonly crashes: readonly Crash[]
  readonly faults: readonly Fault[]
  /** Told of each try. */
  onTry(finding: Finding | undefined): void
}

/** How many tries it took. */
export async function explore(exploration: Exploration): Promise<void> {
  const { seed, step, first, only, onTry } = exploration
  const settings = settingsOf(seed)
  const chosen = (number: number): boolean => number >= first && (number - first) % step === 0
  const day = await liveDay({ settings, seed, keep: chosen })
  const last = day.operations.at(-1)
  if (last === undefined) throw new Error('a day without operations')
  onTry(day.problems.length === 0 ? undefined : { seed, operation: last, crash: 'process', problems: day.problems })
  for (const [number, moment] of day.moments) {
    const operation = day.operations[number] as Operation
    if (!isChosen(operation, only)) continue
    for (const [i, crash] of exploration.crashes.entries()) {
      const twice = crash === 'mixed' && number % 2 === 1
      const problems = await afterCrash(moment, { settings, crash, twice, seed: number * 10 + i })
      onTry(problems.length === 0 ? undefined : { seed, operation, crash, twice, problems })
    }
  }
  for (const fault of exploration.faults) await exploreFault(exploration, settings, day, fault)
}

async function exploreFault(exploration: Exploration, settings: Settings, day: Day, kind: Fault): Promise<void> {
  const { seed, step, first, onTry } = exploration
  const { operations } =
    kind === 'read' ? await liveDay({ settings, seed, keep: () => false, fault: { at: Infinity, kind } }) : day
  const candidates = operations.filter(
    (operation) => isDistinct(kind, operation) && isChosen(operation, exploration.only),
  )
  // From `first` on, so that one fault can be had again by its number.
  const from = candidates.filter(({ number }) => number >= first)
  for (let i = 0; i < from.length; i += step) {
    const operation = from[i] as Operation
    const failed = await liveDay({ settings, seed, keep: () => false, fault: { at: operation.number, kind } })
    const finding = { seed, operation, fault: kind }
    onTry(failed.problems.length === 0 ? undefined : { ...finding, crash: 'process', problems: failed.problems })
    for (const crash of ['process', 'synced', 'mixed'] as const) {
      const problems = await afterCrash(failed.end, { settings, crash, seed: operation.number })
      onTry(problems.length === 0 ? undefined : { ...finding, crash, problems })
    }
  }
}
