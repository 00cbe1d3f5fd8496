// What becomes of segments with time, on real files: small ones are put together, old ones go, deletions are carried out, and
// none of it changes an answer, whatever fails on the way.

import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import type { Span } from '@spoor/core/model/span'
import { faultyDisk } from '@spoor/testkit/faults/disk'
import { makeFilter, makeSpans } from '@spoor/testkit/storage-contract/data'
import { expectOnly } from '@spoor/testkit/storage-contract/laws-lifecycle'
import { inOrder, readTrace, throughWire, writeInBatches, writeSpans } from '@spoor/testkit/storage-contract/write'
import { createRandom } from '@spoor/testkit/trace-gen/random'
import { type Disk, nodeDisk } from '../../../pipeline/spool/disk.ts'
import { type Logger, silentLogger } from '../../../telemetry/log.ts'
import { renderMetrics } from '../../../telemetry/metrics.ts'
import { scanOtlp } from '../../../wire/otlp/scan.ts'
import { type LocalStore, localStore } from '../../api/local.ts'
import type { Candidate } from '../../api/store.ts'
import { DEFAULT_CONFIG, type SegmentsConfig } from '../config-types.ts'
import { segmentsStore } from '../index.ts'
import { type Manifest, readManifest } from '../manifest.ts'
import { StorePart } from '../store-part.ts'
import { SegmentsWriter } from '../writer.ts'
import { isStray } from './merge-plan.ts'

const START_MS = Date.UTC(2026, 7, 1)
const NOW = BigInt(START_MS) * 1_000_000n
const HOUR = 3_600_000
const ALL = { tenant: '', filter: undefined, startMinNs: 0n, startMaxNs: (1n << 64n) - 1n }

let dir = ''
let running: LocalStore[] = []
const copies: string[] = []

beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'spoor-lifecycle-'))
  // Only the date: waiting is real.
  vi.useFakeTimers({ toFake: ['Date'], now: START_MS })
})

afterEach(async () => {
  for (const store of running) await store.stop()
  running = []
  vi.useRealTimers()
  for (const folder of [dir, ...copies.splice(0)]) rmSync(folder, { recursive: true, force: true })
})

interface OpenOptions {
  readonly config?: Partial<SegmentsConfig>
  readonly disk?: Disk
  readonly log?: Logger
}

async function open({ config = {}, disk = nodeDisk(), log = silentLogger() }: OpenOptions = {}): Promise<LocalStore> {
  const store = await localStore(
    {
      ...segmentsStore,
      ingest: (given, host) => new SegmentsWriter(given, host, disk),
      store: (given, host) => new StorePart(given, host, disk),
    },
    { ...DEFAULT_CONFIG, dir, headSpans: 2000, headBytes: 8 << 20, retentionMs: 0, reserveBytes: 0, ...config },
    { log },
  )
  running.push(store)
  await store.start()
  return store
}

async function close(store: LocalStore): Promise<void> {
  running = running.filter((other) => other !== store)
  await store.stop()
}

async function manifest(): Promise<Manifest> {
  return await readManifest(nodeDisk(), dir)
}

/** Seals what is there: a head of another size is sealed by the next start. */
async function sealAll(store: LocalStore, spans: number): Promise<LocalStore> {
  await close(store)
  const again = await open({ config: { headSpans: spans } })
  await again.reader.admin?.maintain()
  return again
}

/** Writes each group in a segment of its own. */
async function segmentsOf(groups: readonly (readonly Span[])[], atMs: readonly number[] = []): Promise<void> {
  for (const [i, group] of groups.entries()) {
    vi.setSystemTime(atMs[i] ?? START_MS)
    const store = await open({ config: { headAgeMs: 8, headSpans: 2000 + i } })
    await writeInBatches(store, group, 25)
    vi.setSystemTime((atMs[i] ?? START_MS) + 8)
    await until(async () => (await manifest()).nextHead > i + 1)
    await close(store)
  }
}

/** Makes the segments once; what it gives puts them into the folder again. */
async function prepare(groups: readonly (readonly Span[])[]): Promise<() => void> {
  await segmentsOf(groups)
  const copy = `${dir}-copy`
  copies.push(copy)
  cpSync(dir, copy, { recursive: true })
  return () => {
    rmSync(dir, { recursive: true, force: true })
    cpSync(copy, dir, { recursive: true })
  }
}

async function until(holds: () => Promise<boolean>): Promise<void> {
  while (!(await holds())) await new Promise((resolve) => setTimeout(resolve, 2))
}

async function metric(store: LocalStore, name: string): Promise<number> {
  const text = await renderMetrics([await store.metrics.snapshot()])
  const line = text.split('\n').find((entry) => entry.startsWith(name))
  return Number(line?.split(' ').at(-1) ?? 0)
}

async function search(store: LocalStore, seed: number): Promise<(readonly Candidate[])[]> {
  const random = createRandom(seed)
  const answers: Candidate[][] = []
  for (let i = 0; i < 60; i++) {
    const query = { ...ALL, filter: makeFilter(random) }
    const found: Candidate[] = []
    for await (const group of store.reader.candidates(query, store.reader.plan(query))) found.push(...group)
    answers.push(found)
  }
  return answers
}

function groupsOf(seed: number, count: number, size: number): Span[][] {
  const { spans } = makeSpans(seed, count * size, '128 bit', NOW)
  return Array.from({ length: count }, (_, i) => spans.slice(i * size, i * size + size))
}

/** Every third trace has one span of the service cart, every fourth one with an error. */
function tracesOfThreeKinds(spans: readonly Span[]): Span[] {
  const ids = [...new Set(spans.map((span) => span.traceId))]
  const plain = spans.find(({ resource }) => resource.serviceName === 'payment')?.resource
  const cart = spans.find(({ resource }) => resource.serviceName === 'cart')?.resource
  if (plain === undefined || cart === undefined) throw new Error('the spans have not the services of the test')
  const seen = new Set<string>()
  return spans.map((span) => {
    const first = !seen.has(span.traceId)
    seen.add(span.traceId)
    const number = ids.indexOf(span.traceId)
    const resource = first && number % 3 === 0 ? cart : plain
    return { ...span, resource, statusCode: first && number % 4 === 0 ? 2 : 1 }
  })
}

function segmentFiles(): string[] {
  return readdirSync(join(dir, 'segments')).toSorted()
}

test('a quiet store seals by age', async () => {
  const store = await open({ config: { headAgeMs: 8 } })
  const { spans } = makeSpans(1, 20, '128 bit', NOW)
  await writeSpans(store, spans)
  expect((await manifest()).segments).toEqual([])
  vi.setSystemTime(START_MS + 8)
  await until(async () => (await manifest()).segments.length === 1)
  await until(async () => await Promise.resolve(readdirSync(join(dir, 'spool')).length === 0))
  await expectOnly(store, spans)
})

test('a search gives the same answers before and after compaction, and every span is there once', async () => {
  const groups = groupsOf(2, 9, 120)
  await segmentsOf(groups)
  expect((await manifest()).segments.length).toBe(9)
  const store = await open()
  const before = await search(store, 5)
  const underWay = store.reader.candidates(ALL, store.reader.plan(ALL))[Symbol.asyncIterator]()
  const first = await underWay.next()
  await until(async () => {
    void store.reader.admin?.maintain()
    return (await manifest()).segments.length === 2
  })
  expect(await search(store, 5)).toEqual(before)
  await expectOnly(store, groups.flat())
  // A search that began before finishes on the old files, which are there as long.
  expect(segmentFiles().length).toBe(11)
  const rest: (readonly Candidate[])[] = first.done === true ? [] : [first.value]
  for (let step = await underWay.next(); step.done !== true; step = await underWay.next()) rest.push(step.value)
  expect(rest.flat().length).toBe(new Set(groups.flat().map((span) => span.traceId)).size)
  await store.reader.admin?.maintain()
  expect(segmentFiles().length).toBe(2)
  const { segments } = await manifest()
  expect(new Set(segments.map(isStray))).toEqual(new Set([false, true]))
  expect(segments.reduce((sum, { spans }) => sum + spans, 0)).toBe(9 * 120)
  await close(store)
  const again = await open()
  expect(await search(again, 5)).toEqual(before)
  await expectOnly(again, groups.flat())
})

test('spans that are twice in different segments are there once after compaction', async () => {
  const [one = [], two = []] = groupsOf(3, 2, 60)
  await segmentsOf([one, [...two, ...one.slice(0, 30)]])
  expect((await manifest()).segments.reduce((sum, { spans }) => sum + spans, 0)).toBe(150)
  const store = await open()
  await store.reader.admin?.maintain()
  expect((await manifest()).segments.reduce((sum, { spans }) => sum + spans, 0)).toBe(120)
  expect(await metric(store, 'spoor_store_duplicate_spans_total{found="rewrite"}')).toBe(30)
  await expectOnly(store, [...one, ...two])
})

test('a request whose answer was lost is known again after a restart', async () => {
  const { spans } = makeSpans(4, 40, '128 bit', NOW)
  const first = await open()
  await writeSpans(first, spans)
  await close(first)
  const second = await open()
  await writeSpans(second, spans)
  expect(await metric(second, 'spoor_store_duplicate_spans_total{found="request"}')).toBe(40)
  expect(await metric(second, 'spoor_store_head_spans')).toBe(40)
})

describe('deletion', () => {
  test('what was deleted does not come back: from the spool, after sealing, after compaction', async () => {
    const groups = groupsOf(5, 4, 100)
    await segmentsOf(groups.slice(0, 3))
    let store = await open()
    await writeInBatches(store, groups[3] ?? [], 20)
    const all = groups.flat()
    const gone = new Set(
      all
        .slice(0, 400)
        .map((span) => span.traceId)
        .filter((_, i) => i % 5 === 0),
    )
    await store.reader.admin?.delete('', { traceIds: [...gone] })
    // After the deletion: spans of a deleted trace are new ones, and stay.
    const late = makeSpans(6, 10, '128 bit', NOW).spans.map((span) => ({ ...span, traceId: [...gone][0] ?? '' }))
    await writeSpans(store, late)
    const left = [...all.filter((span) => !gone.has(span.traceId)), ...late]
    await expectOnly(store, left)
    await close(store)
    store = await open()
    await expectOnly(store, left)
    expect((await manifest()).tombstones.length).toBe(1)
    store = await sealAll(store, 3000)
    await expectOnly(store, left)
    expect(await manifest()).toMatchObject({ tombstones: [] })
    expect((await manifest()).segments.reduce((sum, { spans }) => sum + spans, 0)).toBe(left.length)
    // Their bytes are gone from every file.
    const bytes = segmentFiles().map((file) => readFileSync(join(dir, 'segments', file)))
    const [id = ''] = [...gone].slice(1)
    expect(bytes.some((file) => file.includes(Buffer.from(id, 'hex')))).toBe(false)
    await close(store)
    await expectOnly(await open(), left)
  })

  test('an order is logged, and so is what was taken off the disk', async () => {
    const lines: [string, unknown][] = []
    const log: Logger = { ...silentLogger(), info: (message, fields) => lines.push([message, fields]) }
    await segmentsOf(groupsOf(7, 1, 50))
    const store = await open({ log })
    await store.reader.admin?.delete('', { everything: true })
    await store.reader.admin?.maintain()
    expect(lines.filter(([message]) => message.startsWith('audit:'))).toEqual([
      ['audit: a deletion was ordered', { tenant: '', deletes: 'everything' }],
      ['audit: spans were deleted', expect.objectContaining({ reason: 'deletion', spans: 50, segments: [1] })],
    ])
    expect(segmentFiles()).toEqual([])
  })
})

describe('retention', () => {
  test('by age: a segment goes when its last span is old enough, and not before', async () => {
    const groups = groupsOf(8, 3, 50)
    const arrivals = [0, 2, 4].map((hours) => START_MS + hours * HOUR)
    await segmentsOf(groups, arrivals)
    const store = await open({ config: { retentionMs: 24 * HOUR } })
    const lastOf = arrivals.map((at) => at + 24 * HOUR)
    for (const [i, at] of lastOf.entries()) {
      vi.setSystemTime(at - 1)
      await store.reader.admin?.maintain()
      await expectOnly(store, groups.slice(i).flat())
      vi.setSystemTime(at)
      await store.reader.admin?.maintain()
      await expectOnly(store, groups.slice(i + 1).flat())
    }
    expect(segmentFiles()).toEqual([])
    expect(await metric(store, 'spoor_store_deleted_spans_total{reason="age"}')).toBe(150)
  })

  test('what is put together goes in time: segments far apart stay apart', async () => {
    const groups = groupsOf(9, 4, 50)
    await segmentsOf(groups, [START_MS, START_MS + HOUR, START_MS + 3 * HOUR, START_MS + 3 * HOUR])
    vi.setSystemTime(START_MS + 3 * HOUR)
    const store = await open({ config: { retentionMs: 24 * HOUR } })
    await store.reader.admin?.maintain()
    const ranges = (await manifest()).segments.map(({ minArrivalMs, maxArrivalMs }) => maxArrivalMs - minArrivalMs)
    expect(Math.max(...ranges)).toBeLessThanOrEqual(1.5 * HOUR)
    await expectOnly(store, groups.flat())
  })

  test('by bytes: as few of the oldest as bring it under the bound', async () => {
    const groups = groupsOf(10, 6, 80)
    await segmentsOf(
      groups,
      [3, 1, 2, 6, 5, 4].map((hour) => START_MS + hour * 30 * HOUR),
    )
    const sizes = (await manifest()).segments.toSorted((a, b) => a.maxArrivalMs - b.maxArrivalMs)
    const maxBytes = sizes.slice(2).reduce((sum, { bytes }) => sum + bytes, 0)
    const store = await open({ config: { maxBytes } })
    await store.reader.admin?.maintain()
    const idsOf = (segments: readonly { readonly id: number }[]): Set<number> => new Set(segments.map(({ id }) => id))
    expect(idsOf((await manifest()).segments)).toEqual(idsOf(sizes.slice(2)))
    await expectOnly(
      store,
      [groups[0], groups[3], groups[4], groups[5]].flatMap((group) => group ?? []),
    )
  })

  test('by rules: a trace stays, whole, as long as the longest rule that one of its spans matches', async () => {
    const spans = tracesOfThreeKinds(makeSpans(11, 400, '128 bit', NOW).spans)
    // Traces are split over segments: the parts without a match stay with the part that has it.
    await segmentsOf([spans.slice(0, 150), spans.slice(150, 300), spans.slice(300)])
    const rules = { keepMs: 24, cart: 72, errors: 240 }
    const keepOf = (trace: readonly Span[]): number =>
      Math.max(
        ...trace.map(({ statusCode, resource }) => {
          if (statusCode === 2) return rules.errors
          return resource.serviceName === 'cart' ? rules.cart : rules.keepMs
        }),
      )
    const traces = [...Map.groupBy(spans, (span) => span.traceId).values()]
    expect(new Set(traces.map(keepOf)).size).toBe(3)
    const store = await open({
      config: {
        retentionMs: 24 * HOUR,
        retentionRules: [
          { service: 'cart', keepMs: 72 * HOUR },
          { errors: true, keepMs: 240 * HOUR },
        ],
      },
    })
    for (const hours of [23, 25, 71, 73, 239, 241]) {
      vi.setSystemTime(START_MS + hours * HOUR)
      await store.reader.admin?.maintain()
      await expectOnly(store, traces.filter((trace) => keepOf(trace) > hours).flat())
    }
    expect(segmentFiles()).toEqual([])
  })

  test('keeping only errors changes no rate and no dependency', async () => {
    const spans = tracesOfThreeKinds(makeSpans(17, 300, '128 bit', NOW).spans)
    await segmentsOf([spans.slice(0, 100), spans.slice(100, 200), spans.slice(200)])
    const rules = [{ errors: true, keepMs: 240 * HOUR }]
    const store = await open({ config: { retentionMs: HOUR, retentionRules: rules } })
    const counts = async (): Promise<unknown[]> => [
      await store.reader.red?.({ tenant: '', startMinNs: 0n, startMaxNs: (1n << 64n) - 1n, services: [] }),
      await store.reader.dependencies('', 0n, (1n << 64n) - 1n),
      await store.reader.services(''),
    ]
    const before = await counts()
    expect(before[0]).not.toEqual([])
    vi.setSystemTime(START_MS + 48 * HOUR)
    await store.reader.admin?.maintain()
    const failed = new Set(spans.filter(({ statusCode }) => statusCode === 2).map((span) => span.traceId))
    await expectOnly(
      store,
      spans.filter((span) => failed.has(span.traceId)),
    )
    expect(await counts()).toEqual(before)
  })

  test('room on the disk: the oldest go first, then spans are refused, reads go on, and writing does when there is room', async () => {
    const groups = groupsOf(12, 4, 50)
    await segmentsOf(
      groups,
      [0, 30, 60, 90].map((hours) => START_MS + hours * HOUR),
    )
    const bytes = (await manifest()).segments.map((segment) => segment.bytes)
    // The disk as it would be: what goes comes back as room.
    let others = 0
    const used = async (): Promise<number> =>
      (await manifest()).segments.reduce((sum, segment) => sum + segment.bytes, 0)
    const disk: Disk = { ...nodeDisk(), free: async () => 1_000_000 - others - (await used()) }
    const reserveBytes = 100_000
    others = 1_000_000 - bytes.reduce((sum, size) => sum + size, 0) - 2 * reserveBytes + 10
    const store = await open({ disk, config: { reserveBytes } })
    await store.reader.admin?.maintain()
    await expectOnly(store, groups.slice(1).flat())
    others += 500_000
    await store.reader.admin?.maintain()
    await expectOnly(store, groups[3] ?? [])
    await close(store)
    const short = await open({ disk, config: { reserveBytes } })
    await expect(short.writer.write(scanOtlp(new Uint8Array(0)))).rejects.toMatchObject({
      kind: 'unavailable',
      code: 'disk_reserve',
    })
    await expectOnly(short, groups[3] ?? [])
    await close(short)
    others = 0
    const roomy = await open({ disk, config: { reserveBytes } })
    const more = makeSpans(13, 10, '128 bit', NOW).spans
    await writeSpans(roomy, more)
    await expectOnly(roomy, [...(groups[3] ?? []), ...more])
  })
})

describe('faults', () => {
  test('whatever operation of the disk fails during upkeep, and whenever the process ends: every span once, nothing deleted comes back', async () => {
    const groups = groupsOf(14, 3, 24)
    const gone = (groups[1] ?? [])[0]?.traceId ?? ''
    const left = groups.flat().filter((span) => span.traceId !== gone)
    const prepared = await prepare(groups)
    for (let failing = 0; ; failing++) {
      prepared()
      let operations = 0
      let armed = false
      // From the failing operation on, the disk does nothing any more, as if the process had ended there.
      const disk = faultyDisk(nodeDisk(), () => {
        if (!armed || operations++ < failing) return undefined
        return { code: 'EIO', bytesWritten: 7 }
      })
      const store = await open({ disk })
      armed = true
      const ordered = await store.reader.admin?.delete('', { traceIds: [gone] }).then(
        () => true,
        () => false,
      )
      await store.reader.admin?.maintain().catch(() => undefined)
      await expectOnly(store, ordered === true ? left : groups.flat())
      const done = operations <= failing
      await close(store)
      const again = await open()
      const found = (await readTrace(again, gone)) === undefined
      if (ordered === true) expect(found).toBe(true)
      await expectOnly(again, found ? left : groups.flat())
      await again.reader.admin?.maintain()
      await expectOnly(again, found ? left : groups.flat())
      await close(again)
      if (done) break
    }
  }, 120_000)

  test('one failure, and the next try does it', async () => {
    const groups = groupsOf(15, 5, 40)
    const prepared = await prepare(groups)
    for (let failing = 0; failing < 12; failing++) {
      prepared()
      let operations = 0
      let armed = false
      const disk = faultyDisk(nodeDisk(), () =>
        armed && operations++ === failing ? { code: 'ENOSPC', bytesWritten: 3 } : undefined,
      )
      const store = await open({ disk })
      armed = true
      await store.reader.admin?.maintain().catch(() => undefined)
      await store.reader.admin?.maintain()
      expect((await manifest()).segments.length).toBe(2)
      await expectOnly(store, groups.flat())
      await close(store)
    }
  }, 60_000)

  test('a damaged segment is left alone, and the others are put together', async () => {
    const groups = groupsOf(16, 4, 60)
    await segmentsOf(groups)
    const [file = ''] = segmentFiles()
    const path = join(dir, 'segments', file)
    const bytes = readFileSync(path)
    bytes.fill(0xff, 100, 600)
    writeFileSync(path, bytes)
    const store = await open()
    await store.reader.admin?.maintain()
    expect((await manifest()).segments.map(({ id }) => id)).toContain(1)
    expect(segmentFiles()).toContain(file)
    for (const span of throughWire(groups.slice(1).flat())) {
      const found = (await readTrace(store, span.traceId)) ?? []
      expect(inOrder(found)).toEqual(inOrder(found.filter(({ traceId }) => traceId === span.traceId)))
      expect(found.filter(({ spanId }) => spanId === span.spanId)).toEqual([span])
    }
    expect(await metric(store, 'spoor_store_damaged_segments_total')).toBeGreaterThan(0)
  })
})
