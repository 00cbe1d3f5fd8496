// One store in a simulated world: its disk, its time, its log.

import type { SegmentsConfig } from '../../src/storage/segments/config-types.ts'
import { DEFAULT_CONFIG } from '../../src/storage/segments/config-types.ts'
import { SegmentsReader } from '../../src/storage/segments/reader.ts'
import { StorePart } from '../../src/storage/segments/store-part.ts'
import { SegmentsWriter } from '../../src/storage/segments/writer.ts'
import { type LocalStore, localStore } from '../../src/storage/api/local.ts'
import type { Disk } from '../../src/pipeline/spool/disk.ts'
import { type LogFields, type Logger, silentLogger } from '../../src/telemetry/log.ts'
import { renderMetrics } from '../../src/telemetry/metrics.ts'
import type { VirtualClock } from '@spoor/testkit/faults/clock'
import { KEEP_ERRORS_MS, KEEP_MS } from './book.ts'

/** The first moment of the simulated time. */
export const START_MS: number = Date.UTC(2026, 7, 1)

export interface Settings {
  readonly dir: string
  readonly sync: SegmentsConfig['sync']
}

export interface World {
  readonly store: LocalStore
  readonly clock: VirtualClock
  /** Lines of level warn and error. */
  readonly lines: readonly string[]
}

export function simConfig({ dir, sync }: Settings): SegmentsConfig {
  return {
    ...DEFAULT_CONFIG,
    dir,
    sync,
    headSpans: 32,
    headBytes: 1 << 17,
    cacheBytes: 1 << 20,
    retentionMs: KEEP_MS,
    retentionRules: [{ errors: true, keepMs: KEEP_ERRORS_MS }],
    reserveBytes: 0,
  }
}

function listening(lines: string[]): Logger {
  const say = (message: string, fields?: LogFields): void => {
    lines.push(`${message} ${JSON.stringify(fields ?? {})}`)
  }
  const log: Logger = { ...silentLogger(), warn: say, error: say }
  return log
}

/** Rejects with the error of the start. */
export async function openWorld(settings: Settings, disk: Disk, clock: VirtualClock): Promise<World> {
  const lines: string[] = []
  const store = await localStore(
    {
      name: 'segments',
      ingest: (config, host) => new SegmentsWriter(config, host, disk, async () => ({ release: async () => {} })),
      query: (config, host) => new SegmentsReader(config, host, disk),
      store: (config, host) => new StorePart(config, host, disk),
    },
    simConfig(settings),
    { log: listening(lines) },
  )
  await clock.until(store.start())
  return { store, clock, lines }
}

export async function closeWorld({ store, clock }: World): Promise<void> {
  await clock.until(store.stop())
  clock.forget()
}

/** The sum over its labels. */
export async function metric({ store }: World, name: string): Promise<number> {
  const text = await renderMetrics([await store.metrics.snapshot()])
  let sum = 0
  for (const line of text.split('\n'))
    if (line.startsWith(`${name} `) || line.startsWith(`${name}{`)) sum += Number(line.split(' ').at(-1))
  return sum
}
