// The laws of counting in a whole store: the same after restarts, merges, crashes at any moment, damage and retention.

import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { durationBucket, mergeDurations } from '@spoor/core/model/duration-histogram'
import { linksOf } from '@spoor/core/model/links'
import { durationNs, type Span } from '@spoor/core/model/span'
import { isErrorSpan } from '@spoor/core/model/virtual-tags'
import { faultyDisk } from '@spoor/testkit/faults/disk'
import { makeSpans } from '@spoor/testkit/storage-contract/data'
import { makeCalls } from '@spoor/testkit/storage-contract/laws-dependencies'
import { throughWire, writeInBatches } from '@spoor/testkit/storage-contract/write'
import { nodeDisk } from '../../../pipeline/spool/disk.ts'
import { decodeTraces } from '../../../wire/otlp/decode.ts'
import { encodeTraces } from '../../../wire/otlp/encode.ts'
import { scanOtlp } from '../../../wire/otlp/scan.ts'
import { type LocalStore, localStore } from '../../api/local.ts'
import { MINUTE_NS } from '../../api/links/minutes.ts'
import type { RedSeries } from '../../api/store.ts'
import { DEFAULT_CONFIG, type SegmentsConfig } from '../config-types.ts'
import { segmentsStore } from '../index.ts'
import { StorePart } from '../store-part.ts'

const LATEST = (1n << 64n) - 1n
const EVERYTHING = { tenant: '', filter: undefined, startMinNs: 0n, startMaxNs: LATEST }
const ALL_RED = { tenant: '', services: [], startMinNs: 0n, startMaxNs: LATEST }

let dir = ''
let running: LocalStore[] = []

beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'spoor-rollups-'))
})

afterEach(async () => {
  for (const store of running) await store.stop()
  running = []
  rmSync(dir, { recursive: true, force: true })
})

async function open(changes: Partial<SegmentsConfig> = {}, plugin = segmentsStore): Promise<LocalStore> {
  const config = { ...DEFAULT_CONFIG, dir, headSpans: 64, headBytes: 4 << 20, sync: 'never' as const, ...changes }
  const store = await localStore(plugin, config)
  await store.start()
  running.push(store)
  return store
}

async function close(store: LocalStore): Promise<void> {
  running = running.filter((other) => other !== store)
  await store.stop()
}

async function stored(store: LocalStore): Promise<Span[]> {
  const spans: Span[] = []
  for await (const group of store.reader.candidates(EVERYTHING, store.reader.plan(EVERYTHING))) {
    const ids = group.map(({ traceId }) => traceId)
    for await (const { bytes } of store.reader.traces('', ids)) spans.push(...decodeTraces(bytes))
  }
  return spans
}

/** Counts and dependencies are those of the spans, each counted once. */
async function expectCounts(store: LocalStore, spans: readonly Span[]): Promise<void> {
  const traces = [...Map.groupBy(spans, (span) => span.traceId).values()]
  expect(await store.reader.dependencies('', 0n, LATEST)).toEqual(linksOf(traces, 0n, LATEST))
  expect(await store.reader.red?.(ALL_RED)).toEqual(bruteForce(spans))
}

function bruteForce(spans: readonly Span[]): RedSeries[] {
  const groups = Map.groupBy(spans, ({ name, kind, resource }) => JSON.stringify([resource.serviceName, name, kind]))
  const series = [...groups.values()].map((own): RedSeries => {
    const { name, kind, resource } = own[0] as Span
    const minutes = [...Map.groupBy(own, ({ startNs }) => Number(startNs / MINUTE_NS))].map(([minute, inMinute]) => ({
      minute,
      count: inMinute.length,
      errors: inMinute.filter(isErrorSpan).length,
      durations: inMinute.reduce<readonly number[]>((sum, span) => mergeDurations(sum, [bucketOf(span), 1]), []),
    }))
    return { service: resource.serviceName, name, kind, minutes: minutes.toSorted((a, b) => a.minute - b.minute) }
  })
  return series.toSorted((a, b) => order(a.service, b.service) || order(a.name, b.name) || a.kind - b.kind)
}

function bucketOf(span: Span): number {
  const duration = durationNs(span)
  return durationBucket(Number(duration & 0xffff_ffffn), Number(duration >> 32n))
}

function order(a: string, b: string): number {
  return a === b ? 0 : a < b ? -1 : 1
}

/** Spans that differ, so that none is left out as sent twice. */
function distinct(seed: number, traces: number): Span[] {
  return [
    ...new Map(
      makeCalls(seed, traces).map((span) => [JSON.stringify([span.traceId, span.spanId, span.kind]), span]),
    ).values(),
  ]
}

test('counts are the same in heads, in rollups, after restarts and after merges', async () => {
  const spans = [...distinct(1, 150), ...makeSpans(3, 200, '128 bit', BigInt(Date.now()) * 1_000_000n).spans]
  let store = await open()
  await writeInBatches(store, spans.slice(0, 500), 23)
  await expectCounts(store, throughWire(spans.slice(0, 500)))
  await close(store)
  store = await open()
  await expectCounts(store, throughWire(spans.slice(0, 500)))
  await writeInBatches(store, spans.slice(500), 29)
  await expectCounts(store, throughWire(spans))
  await store.reader.admin?.maintain()
  await expectCounts(store, throughWire(spans))
  await close(store)
  store = await open()
  expect(readdirSync(join(dir, 'rollups')).length).toBeLessThan(12)
  await expectCounts(store, throughWire(spans))
})

test('a range of minutes and some services give their part', async () => {
  const spans = throughWire(distinct(4, 60))
  const store = await open()
  await writeInBatches(store, spans, 31)
  const minutes = spans.map(({ startNs }) => startNs / MINUTE_NS).toSorted((a, b) => (a < b ? -1 : 1))
  const [from, to] = [minutes[50] as bigint, minutes[200] as bigint]
  const wanted = spans.filter(
    ({ startNs, resource }) =>
      startNs / MINUTE_NS >= from && startNs / MINUTE_NS <= to && ['cart', 'stock'].includes(resource.serviceName),
  )
  expect(wanted.length).toBeGreaterThan(20)
  const range = { startMinNs: from * MINUTE_NS + 5n, startMaxNs: to * MINUTE_NS }
  expect(await store.reader.red?.({ tenant: '', services: ['cart', 'stock'], ...range })).toEqual(bruteForce(wanted))
  expect(await store.reader.red?.({ ...ALL_RED, tenant: 'nobody' })).toEqual([])
})

test('whatever operation the disk fails at, for good: after a restart all is counted once', async () => {
  const spans = throughWire(distinct(5, 40))
  const seen = new Set<string>()
  for (let at = 0; at < 45; at++) {
    let failed = false
    const disk = faultyDisk(nodeDisk(), (operation, path, count) => {
      if (count < at) return undefined
      if (!failed)
        seen.add(`${operation} ${/rollup|segment|MANIFEST/.exec(path.split('/').slice(-1).join(''))?.[0] ?? ''}`)
      failed = true
      return { code: 'EIO', bytesWritten: at * 7 }
    })
    const store = await open({}, { ...segmentsStore, store: (config, host) => new StorePart(config, host, disk) })
    let written = 0
    for (; written < 120; written += 20) {
      const results = await Promise.allSettled([
        store.writer.write(scanOtlp(encodeTraces(spans.slice(written, written + 20)))),
      ])
      if (results[0]?.status === 'rejected') break
    }
    await close(store)
    const again = await open()
    const kept = await stored(again)
    expect(kept.length).toBe(written)
    await expectCounts(again, kept)
    await close(again)
    rmSync(dir, { recursive: true, force: true })
  }
  expect([...seen]).toEqual(
    expect.arrayContaining(['write rollup', 'rename rollup', 'write MANIFEST', 'sync MANIFEST']),
  )
})

test('retention by errors leaves counts and dependencies as they were', async () => {
  const spans = throughWire(distinct(6, 80))
  const store = await open({ retentionMs: 1, retentionRules: [{ errors: true, keepMs: 3_600_000 }] })
  await writeInBatches(store, spans, 31)
  const before = await store.reader.red?.(ALL_RED)
  expect(before).toEqual(bruteForce(spans))
  const links = await store.reader.dependencies('', 0n, LATEST)
  await store.reader.admin?.maintain()
  const kept = await stored(store)
  expect(kept.length).toBeLessThan(spans.length)
  expect(kept.length).toBeGreaterThan(0)
  expect(await store.reader.red?.(ALL_RED)).toEqual(before)
  expect(await store.reader.dependencies('', 0n, LATEST)).toEqual(links)
})

test('a damaged rollup is set aside and counted; the others are read', async () => {
  const spans = distinct(7, 60)
  let store = await open()
  await writeInBatches(store, spans, 31)
  await close(store)
  const [first] = readdirSync(join(dir, 'rollups')).toSorted()
  const path = join(dir, 'rollups', first ?? '')
  const bytes = readFileSync(path)
  bytes[200] = (bytes[200] as number) ^ 4
  writeFileSync(path, bytes)
  store = await open()
  const counted = (await store.reader.red?.(ALL_RED)) ?? []
  const total = counted.flatMap(({ minutes }) => minutes).reduce((sum, { count }) => sum + count, 0)
  expect(total).toBeGreaterThan(0)
  expect(total).toBeLessThan(spans.length)
  expect((await store.reader.dependencies('', 0n, LATEST)).length).toBeGreaterThan(0)
  const metrics = JSON.stringify(await store.metrics.snapshot(), (_, value: unknown) =>
    value instanceof Map ? [...value] : value,
  )
  expect(metrics).toContain('spoor_store_damaged_rollups_total')
})
