// Probes against a real store: what is found, what is refused, what is lost, and that nothing of them stays.

import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { makeSpans } from '@spoor/testkit/storage-contract/data'
import { writeInBatches } from '@spoor/testkit/storage-contract/write'
import { SpoorError } from '@spoor/core/base/errors'
import { writeProbe } from '../pipeline/probe.ts'
import { type LocalStore, localStore } from '../storage/api/local.ts'
import { PROBE_TENANT } from '../storage/api/probe.ts'
import type { SpanReader } from '../storage/api/store.ts'
import { DEFAULT_CONFIG } from '../storage/segments/config-types.ts'
import { segmentsFiles } from '../storage/segments/files/index.ts'
import { segmentsStore } from '../storage/segments/index.ts'
import { silentLogger } from '../telemetry/log.ts'
import { createMetrics, renderMetrics } from '../telemetry/metrics.ts'
import { createProber, type ProberHost } from './prober.ts'

let dir = ''
let store: LocalStore

beforeEach(async () => {
  dir = mkdtempSync(join(tmpdir(), 'spoor-prober-'))
  store = await localStore(segmentsStore, { ...DEFAULT_CONFIG, dir, headSpans: 200, headBytes: 4 << 20 })
  await store.start()
})

afterEach(async () => {
  await store.stop()
  rmSync(dir, { recursive: true, force: true })
})

/** Runs probes until `probes` have an outcome; the metrics as text. */
async function run(probes: number, change: Partial<ProberHost> = {}): Promise<string> {
  const metrics = createMetrics()
  let written = 0
  let enough = (): void => undefined
  const done = new Promise<void>((resolve) => {
    enough = resolve
  })
  const write = change.write ?? (async () => await writeProbe(store.writer))
  const host: ProberHost = {
    reader: store.reader,
    metrics,
    log: silentLogger(),
    intervalMs: 1,
    ...change,
    write: async () => {
      // The one before is over.
      if (written++ === probes) enough()
      return await write()
    },
  }
  const prober = createProber(host)
  prober.start()
  await done
  await prober.stop()
  return await renderMetrics([await metrics.snapshot()])
}

function value(text: string, series: string): number {
  const line = text.split('\n').find((entry) => entry.startsWith(`${series} `))
  return Number(line?.split(' ').at(-1) ?? 0)
}

test('each probe is found by a search and by its id, and both times are measured', async () => {
  const text = await run(5)
  expect(value(text, 'spoor_probes_total{result="found"}')).toBeGreaterThanOrEqual(5)
  expect(value(text, 'spoor_probe_searchable_seconds_count')).toBeGreaterThanOrEqual(5)
  expect(value(text, 'spoor_probe_ack_seconds_count')).toBeGreaterThanOrEqual(5)
  expect(text).not.toContain('result="lost"')
})

test('a probe that is refused is counted, and so is one that no search finds', async () => {
  const refuse = async (): Promise<never> =>
    await Promise.reject(new SpoorError('overloaded', 'head_full', 'spans come faster than they can be sealed'))
  expect(value(await run(3, { write: refuse }), 'spoor_probes_total{result="refused"}')).toBeGreaterThanOrEqual(3)
  const blind: SpanReader = Object.create(store.reader, {
    plan: { value: () => ({ pushed: undefined, residual: undefined }) },
    candidates: {
      value: async function* none() {
        yield await Promise.resolve([])
      },
    },
  }) as SpanReader
  const text = await run(2, { reader: blind, deadlineMs: 5 })
  expect(value(text, 'spoor_probes_total{result="lost"}')).toBeGreaterThanOrEqual(2)
})

test('nobody sees probes, and none reaches a segment', async () => {
  await run(20)
  const { spans } = makeSpans(3, 500, '128 bit', BigInt(Date.now()) * 1_000_000n)
  await writeInBatches(store, spans, 50)
  await run(3)
  expect((await store.reader.services('')).includes('spoor-prober')).toBe(false)
  const stats = await store.reader.stats?.()
  expect(stats?.spans).toBe(500)
  expect(stats?.tenants.map(({ tenant }) => tenant)).toEqual([''])
  await store.stop()
  expect(readdirSync(join(dir, 'segments')).length).toBeGreaterThan(0)
  const sealed = await segmentsFiles.stats(dir)
  expect(sealed.spans).toBe(500)
  expect(sealed.tenants.map(({ tenant }) => tenant)).not.toContain(PROBE_TENANT)
  const all = { startMinNs: 0n, startMaxNs: (1n << 64n) - 1n }
  let exported = 0
  for await (const chunk of segmentsFiles.spans(dir, all, () => undefined)) exported += chunk.spanCount
  expect(exported).toBe(500)
  expect((await segmentsFiles.check(dir)).problems).toEqual([])
})
