// A store of which one file is damaged: what may be shown of it, and what must be said about it.

import { VirtualClock } from '@spoor/testkit/faults/clock'
import { SimDisk } from '@spoor/testkit/faults/sim-disk'
import type { Random } from '@spoor/testkit/trace-gen/random'
import { SpoorError, toError } from '@spoor/core/base/errors'
import type { Moment } from './crash.ts'
import { judge, look } from './look.ts'
import { simConfig, closeWorld, metric, openWorld, type Settings } from './world.ts'

export type Files = ReadonlyMap<string, Uint8Array>

/** Bytes of a file with something wrong with them. */
export interface Damage {
  readonly what: string
  readonly path: string
  readonly files: Files
}

function replaced(files: Files, path: string, bytes: Uint8Array): Files {
  return new Map([...files, [path, bytes]])
}

/** A flipped bit in every byte of small files, and in so many places of larger ones. */
export function* flips(files: Files, places: number, random: Random): Generator<Damage> {
  for (const [path, bytes] of files) {
    const step = Math.max(1, bytes.length / places)
    for (let at = random.below(Math.ceil(step)); at < bytes.length; at += step) {
      const place = Math.floor(at)
      const broken = Uint8Array.from(bytes)
      broken[place] = (broken[place] ?? 0) ^ (1 << random.below(8))
      yield {
        what: `a bit flipped in byte ${place} of ${bytes.length} of ${path}`,
        path,
        files: replaced(files, path, broken),
      }
    }
  }
}

/** Files that end early, that end in zeros, that are empty, that are gone, and that changed places. */
export function* losses(files: Files, random: Random): Generator<Damage> {
  for (const [path, bytes] of files) {
    const at = random.below(bytes.length)
    const zeros = Uint8Array.from(bytes).fill(0, at)
    yield {
      what: `${path} ends after ${at} of ${bytes.length} bytes`,
      path,
      files: replaced(files, path, bytes.subarray(0, at)),
    }
    yield { what: `${path} has zeros from ${at} on, of ${bytes.length}`, path, files: replaced(files, path, zeros) }
    yield { what: `${path} is empty`, path, files: replaced(files, path, new Uint8Array(0)) }
    yield { what: `${path} is gone`, path, files: new Map([...files].filter(([other]) => other !== path)) }
    const kind = (name: string): string => name.replace(/^.*\./, '')
    const other = [...files].find(([name]) => name > path && kind(name) === kind(path))
    if (other === undefined) continue
    const swapped = replaced(replaced(files, path, other[1]), other[0], bytes)
    yield { what: `${path} and ${other[0]} changed places`, path, files: swapped }
  }
}

/** What is wrong with how the store takes the damage; empty where nothing is. */
export async function underDamage(
  settings: Settings,
  { book, nowMs, pace }: Moment,
  { files }: Damage,
): Promise<string[]> {
  const clock = new VirtualClock(nowMs, () => pace.isBusy)
  clock.start()
  try {
    const world = await openWorld(settings, SimDisk.of(files, pace), clock)
    try {
      const seen = await clock.until(look(world.store.reader))
      const wrong = judge(book, seen, { death: 'process', nowMs, damaged: true })
      const missing = judge(book, seen, { death: 'process', nowMs })
      const lost = missing.filter((word) => word.endsWith('is lost')).length
      const counters = ['spoor_store_damaged_segments_total', 'spoor_store_damaged_rollups_total']
      let counted = await metric(world, 'spoor_spool_damaged_records_total')
      for (const counter of counters) counted += await metric(world, counter)
      if (missing.length > 0 && counted === 0 && world.lines.length === 0) wrong.push(`not reported: ${missing[0]}`)
      // No file has more.
      if (lost > 2 * simConfig(settings).headSpans) wrong.push(`${lost} spans are lost with one file`)
      return wrong
    } finally {
      await closeWorld(world)
    }
  } catch (thrown) {
    // A clear line, and nothing was touched.
    if (thrown instanceof SpoorError && thrown.kind === 'unavailable' && thrown.code.startsWith('manifest_')) return []
    return [toError(thrown).stack ?? String(thrown)]
  } finally {
    clock.stop()
  }
}
