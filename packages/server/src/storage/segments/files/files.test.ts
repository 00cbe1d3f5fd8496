// What tools see of a store's folder: damage anywhere is found, health is not called damage, copies and counts are those of
// the store, also beside a process that writes.

import {
  cpSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import type { Span } from '@spoor/core/model/span'
import { makeSpans } from '@spoor/testkit/storage-contract/data'
import { bruteForce } from '@spoor/testkit/storage-contract/laws-order'
import { inOrder, throughWire, writeInBatches, writeSpans } from '@spoor/testkit/storage-contract/write'
import { createRandom } from '@spoor/testkit/trace-gen/random'
import { decodeTraces } from '../../../wire/otlp/decode.ts'
import type { SpanSelection } from '../../api/files.ts'
import { type LocalStore, localStore } from '../../api/local.ts'
import { DEFAULT_CONFIG } from '../config-types.ts'
import { segmentsStore } from '../index.ts'
import { segmentsFiles } from './index.ts'

const NOW = BigInt(Date.now()) * 1_000_000n
const MAX_NS = (1n << 64n) - 1n
const ALL: SpanSelection = { startMinNs: 0n, startMaxNs: MAX_NS }
const EVERYTHING = { tenant: '', filter: undefined, startMinNs: 0n, startMaxNs: MAX_NS }

let root = ''
let dir = ''
let running: LocalStore[] = []

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'spoor-files-'))
  dir = join(root, 'store')
})

afterEach(async () => {
  for (const store of running) await store.stop()
  running = []
  rmSync(root, { recursive: true, force: true })
})

async function open(folder: string = dir): Promise<LocalStore> {
  const config = { ...DEFAULT_CONFIG, dir: folder, headSpans: 300, headBytes: 4 << 20, reserveBytes: 0, retentionMs: 0 }
  const store = await localStore(segmentsStore, config)
  await store.start()
  running.push(store)
  return store
}

async function close(store: LocalStore): Promise<void> {
  running = running.filter((other) => other !== store)
  await store.stop()
}

/** Three segments, one of them merged from others, rollups, two tenants, a deletion, and spans in the spool. */
async function fill(): Promise<{ readonly store: LocalStore; readonly spans: readonly Span[] }> {
  const store = await open()
  const { spans } = makeSpans(7, 900, '128 bit', NOW)
  await writeInBatches(store, spans.slice(0, 700), 50)
  await writeInBatches(store, makeSpans(8, 100, '128 bit', NOW).spans, 50, 'other')
  await store.reader.admin?.maintain()
  await writeInBatches(store, spans.slice(700), 50)
  const [first] = spans
  await store.reader.admin?.delete('', { traceIds: [first?.traceId ?? ''] })
  return { store, spans: throughWire(spans).filter(({ traceId }) => traceId !== first?.traceId) }
}

async function spansOf(folder: string, selection: SpanSelection): Promise<Span[]> {
  const found: Span[] = []
  const damaged: unknown[] = []
  for await (const { bytes, spanCount } of segmentsFiles.spans(folder, selection, (problem) => damaged.push(problem))) {
    const spans = decodeTraces(bytes)
    expect(spans).toHaveLength(spanCount)
    found.push(...spans)
  }
  expect(damaged).toEqual([])
  return found
}

async function candidates(store: LocalStore): Promise<unknown[]> {
  const found = []
  for await (const group of store.reader.candidates(EVERYTHING, store.reader.plan(EVERYTHING))) found.push(...group)
  return found
}

function filesOf(folder: string): string[] {
  return ['segments', 'rollups', 'spool'].flatMap((room) =>
    readdirSync(join(folder, room)).map((name) => join(room, name)),
  )
}

test('a store in use, and a stopped one, have no damage', async () => {
  const { store } = await fill()
  const live = await segmentsFiles.check(dir)
  expect(live.problems).toEqual([])
  expect(live.segments).toBeGreaterThan(1)
  expect(live.rollups).toBeGreaterThan(0)
  expect(live.spoolFiles).toBeGreaterThan(0)
  await close(store)
  const stopped = await segmentsFiles.check(dir)
  expect(stopped.problems).toEqual([])
  expect(stopped.notes).toEqual([])
})

test('a bit that flips anywhere in a segment or rollup is damage, named with its file', async () => {
  await close((await fill()).store)
  const random = createRandom(5)
  for (const name of filesOf(dir).filter((file) => !file.startsWith('spool'))) {
    const path = join(dir, name)
    const bytes = readFileSync(path)
    for (let i = 0; i < 12; i++) {
      const changed = Buffer.from(bytes)
      // The first and the last bytes too: header and trailer.
      const at = i < 2 ? i * (bytes.length - 1) : random.below(bytes.length)
      changed[at] = (changed[at] ?? 0) ^ (1 << random.below(8))
      writeFileSync(path, changed)
      const { problems } = await segmentsFiles.check(dir)
      expect(
        problems.map(({ file }) => file),
        `byte ${at} of ${name}`,
      ).toContain(name)
    }
    writeFileSync(path, bytes)
  }
  expect((await segmentsFiles.check(dir)).problems).toEqual([])
}, 60_000)

test('a bit that flips in the spool is damage, or, in the last record, an end that nobody can rely on', async () => {
  await close((await fill()).store)
  const random = createRandom(6)
  const name = filesOf(dir).find((file) => file.startsWith('spool')) ?? ''
  const path = join(dir, name)
  const bytes = readFileSync(path)
  let problems = 0
  for (let i = 0; i < 60; i++) {
    const changed = Buffer.from(bytes)
    const at = random.below(bytes.length)
    changed[at] = (changed[at] ?? 0) ^ (1 << random.below(8))
    writeFileSync(path, changed)
    const report = await segmentsFiles.check(dir)
    expect(
      [...report.problems, ...report.notes].map(({ file }) => file.split(',')[0]),
      `byte ${at}`,
    ).toContain(name)
    if (report.problems.length > 0) problems++
  }
  expect(problems).toBeGreaterThan(20)
}, 60_000)

test('files that are gone, cut, or in the place of others are named', async () => {
  await close((await fill()).store)
  const whole = join(root, 'whole')
  cpSync(dir, whole, { recursive: true })
  const restore = (): void => {
    rmSync(dir, { recursive: true })
    cpSync(whole, dir, { recursive: true })
  }
  const [first = '', second = ''] = filesOf(dir).filter((file) => file.startsWith('segments'))
  const [rollup = ''] = filesOf(dir).filter((file) => file.startsWith('rollups'))
  for (const [break_, named] of [
    [() => rmSync(join(dir, first)), first.slice('segments/'.length)],
    [() => rmSync(join(dir, rollup)), rollup.slice('rollups/'.length)],
    [() => truncateSync(join(dir, first), statSync(join(dir, first)).size - 40), first],
    [() => renameSync(join(dir, second), join(dir, first)), first],
  ] as const) {
    break_()
    expect((await segmentsFiles.check(dir)).problems.map(({ file }) => file)).toContain(named)
    restore()
  }
  writeFileSync(join(dir, 'segments', '00000000ffff.segment'), 'x')
  const { problems, notes } = await segmentsFiles.check(dir)
  expect(problems).toEqual([])
  expect(notes.map(({ file }) => file)).toEqual(['segments/00000000ffff.segment'])
})

test('a folder without a store is said so, and nothing is made there', async () => {
  for (const ask of [segmentsFiles.check, segmentsFiles.stats, segmentsFiles.expect])
    await expect(ask(dir)).rejects.toThrow(`there is no store in the folder ${dir}`)
  await expect(segmentsFiles.snapshot(dir, join(root, 'copy'))).rejects.toMatchObject({ code: 'no_store' })
  expect(readdirSync(root)).toEqual([])
})

test('all spans come out, or those of a tenant, a service, a trace, a range of time; deleted ones never', async () => {
  const { spans } = await fill()
  const mine = await spansOf(dir, { ...ALL, tenant: '' })
  expect(inOrder(mine)).toEqual(inOrder(spans))
  expect(await spansOf(dir, { ...ALL, tenant: 'other' })).toHaveLength(100)
  const service = 'checkout'
  const asked = spans.filter(({ resource }) => resource.serviceName === service)
  expect(asked.length).toBeGreaterThan(50)
  expect(inOrder(await spansOf(dir, { ...ALL, tenant: '', service }))).toEqual(inOrder(asked))
  const ids = [spans[5]?.traceId ?? '', spans[400]?.traceId ?? '', spans.at(-1)?.traceId ?? '']
  const chosen = spans.filter(({ traceId }) => ids.includes(traceId))
  expect(inOrder(await spansOf(dir, { ...ALL, tenant: '', traceIds: ids }))).toEqual(inOrder(chosen))
  const starts = spans.map(({ startNs }) => startNs).toSorted((a, b) => (a < b ? -1 : 1))
  const [startMinNs = 0n, startMaxNs = 0n] = [starts[100], starts[500]]
  const ranged = spans.filter(({ startNs }) => startNs >= startMinNs && startNs <= startMaxNs)
  expect(inOrder(await spansOf(dir, { tenant: '', startMinNs, startMaxNs }))).toEqual(inOrder(ranged))
})

test('stats count what is there: spans, traces, services, tenants, files', async () => {
  const store = await open()
  const { spans } = makeSpans(9, 800, '128 bit', NOW)
  await writeInBatches(store, spans, 40)
  await writeInBatches(store, makeSpans(8, 50, '64 bit', NOW).spans, 50, 'other')
  for (const stop of [false, true]) {
    if (stop) await close(store)
    const stats = await segmentsFiles.stats(dir)
    const wired = throughWire(spans)
    expect(stats.spans).toBe(850)
    expect(stats.segments.spans + stats.spool.spans).toBe(850)
    const others = new Set(makeSpans(8, 50, '64 bit', NOW).spans.map(({ traceId }) => traceId)).size
    expect(stats.traces).toBe(new Set(wired.map(({ traceId }) => traceId)).size + others)
    if (stop) {
      // Of a store in use, files that go are there a little longer.
      const going = (await segmentsFiles.check(dir)).notes.map(({ file }) => file)
      const listed = filesOf(dir).filter((name) => !going.includes(name))
      expect(stats.bytes).toBe(listed.reduce((sum, name) => sum + statSync(join(dir, name)).size, 0))
      expect(stats.segments.count).toBe(listed.filter((name) => name.startsWith('segments')).length)
    }
    expect(stats.tenants.map(({ tenant, spans: count }) => [tenant, count])).toEqual([
      ['', 800],
      ['other', 50],
    ])
    for (const service of ['cart', 'checkout', 'payment', ''])
      expect(stats.services.find((share) => share.tenant === '' && share.service === service)?.spans ?? 0).toBe(
        wired.filter(({ resource }) => resource.serviceName === service).length,
      )
    const starts = wired.map(({ startNs }) => startNs).toSorted((a, b) => (a < b ? -1 : 1))
    expect(BigInt(stats.oldestStartNs ?? 0)).toBeLessThanOrEqual(starts[0] ?? 0n)
    expect(BigInt(stats.newestStartNs ?? 0)).toBeGreaterThanOrEqual(starts.at(-1) ?? 0n)
  }
})

test('a snapshot of a store in use has all that was acknowledged, finds the same, and stays when the store lets go', async () => {
  const { store, spans } = await fill()
  const copy = join(root, 'copy')
  const report = await segmentsFiles.snapshot(dir, copy)
  expect(report.linkedBytes).toBeGreaterThan(0)
  await store.reader.admin?.delete('', { everything: true })
  await store.reader.admin?.maintain()
  await close(store)
  expect((await segmentsFiles.check(copy)).problems).toEqual([])
  const restored = join(root, 'restored')
  await segmentsFiles.restore(copy, restored)
  for (const folder of [restored, copy]) {
    const opened = await open(folder)
    expect(await candidates(opened)).toEqual(bruteForce(spans, EVERYTHING))
    await close(opened)
    expect(inOrder(await spansOf(folder, { ...ALL, tenant: '' }))).toEqual(inOrder(spans))
  }
})

test('snapshots while spans are written: each has what was acknowledged before, and whole batches', async () => {
  const store = await open()
  const { spans } = makeSpans(11, 3000, '128 bit', NOW)
  let acknowledged = 0
  const writer = (async (): Promise<void> => {
    for (; acknowledged < spans.length; acknowledged += 20)
      await writeSpans(store, spans.slice(acknowledged, acknowledged + 20))
  })()
  const wired = throughWire(spans)
  for (let i = 0; acknowledged < spans.length; i++) {
    const copy = join(root, `copy-${i}`)
    const before = acknowledged
    await segmentsFiles.snapshot(dir, copy)
    const after = acknowledged
    expect((await segmentsFiles.check(copy)).problems).toEqual([])
    const found = inOrder(await spansOf(copy, ALL))
    expect(found.length % 20).toBe(0)
    expect(found.length).toBeGreaterThanOrEqual(before)
    // One batch may be written and not acknowledged yet.
    expect(found.length).toBeLessThanOrEqual(after + 20)
    expect(found).toEqual(inOrder(wired.slice(0, found.length)))
    rmSync(copy, { recursive: true })
  }
  await writer
}, 60_000)

test('a copy goes only where nothing is, and a broken one is refused', async () => {
  await close((await fill()).store)
  const copy = join(root, 'copy')
  await expect(segmentsFiles.restore(dir, dir)).rejects.toMatchObject({ code: 'folder_taken' })
  await segmentsFiles.snapshot(dir, copy)
  await expect(segmentsFiles.snapshot(dir, copy)).rejects.toMatchObject({ code: 'folder_taken' })
  const [segment = ''] = readdirSync(join(copy, 'segments'))
  rmSync(join(copy, 'segments', segment))
  await expect(segmentsFiles.restore(copy, join(root, 'restored'))).rejects.toThrow(segment)
  expect(readdirSync(root).toSorted()).toEqual(['copy', 'store'])
})

test('who owns the folder takes orders over its socket, and nobody else does', async () => {
  const { store, spans } = await fill()
  const owner = await segmentsFiles.owner(dir)
  const [victim] = spans
  const id = victim?.traceId ?? ''
  await owner?.delete('', { traceIds: [id.toUpperCase()] })
  expect(await candidates(store)).toEqual(
    bruteForce(
      spans.filter(({ traceId }) => traceId !== id),
      EVERYTHING,
    ),
  )
  await owner?.delete('', { service: 'checkout', startMinNs: 0n, startMaxNs: MAX_NS })
  await owner?.maintain()
  const left = spans.filter(({ traceId, resource }) => traceId !== id && resource.serviceName !== 'checkout')
  expect(inOrder(await spansOf(dir, { ...ALL, tenant: '' }))).toEqual(inOrder(left))
  await expect(owner?.delete('', { traceIds: ['xyz'] })).rejects.toMatchObject({ kind: 'invalid' })
  await close(store)
  await expect(owner?.maintain()).rejects.toMatchObject({ code: 'owner_gone' })
  expect(await segmentsFiles.owner(dir)).toBeUndefined()
})
