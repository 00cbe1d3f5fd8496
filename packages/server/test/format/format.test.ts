// docs/format.md is the definition: a reader in another language, written from that page, finds exactly the spans that were
// written, in segments and in the spool.

import { execFileSync, spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { sample } from 'fast-check'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Span } from '@spoor/core/model/span'
import { makeSpans } from '@spoor/testkit/storage-contract/data'
import { makeCalls } from '@spoor/testkit/storage-contract/laws-dependencies'
import { inOrder, throughWire, writeBatch, writeInBatches } from '@spoor/testkit/storage-contract/write'
import { spansArbitrary } from '@spoor/testkit/trace-gen/arbitrary'
import { makeLoad } from '@spoor/testkit/trace-gen/load'
import { type LocalStore, localStore } from '../../src/storage/api/local.ts'
import { DEFAULT_CONFIG } from '../../src/storage/segments/config-types.ts'
import { segmentsStore } from '../../src/storage/segments/index.ts'
import { mergeCells, type RollupCell } from '../../src/storage/segments/rollup/cells.ts'
import { decodeTraces } from '../../src/wire/otlp/decode.ts'
import { encodeTraces } from '../../src/wire/otlp/encode.ts'
import { scanOtlp } from '../../src/wire/otlp/scan.ts'
import { TraceBuilder } from '../../src/storage/api/search/trace-builder.ts'

const SCRIPT = fileURLToPath(new URL('read_segment.py', import.meta.url))
/** Kept between runs: the one Python package that the reader needs. */
const PACKAGES = fileURLToPath(new URL('../../../../node_modules/.cache/spoor-python', import.meta.url))
const NOW = BigInt(Date.now()) * 1_000_000n

/** Why the reader cannot run here, or undefined. */
function prepare(): string | undefined {
  const has = (): boolean => spawnSync('python3', ['-c', 'import zstandard'], { env: environment() }).status === 0
  if (spawnSync('python3', ['--version']).status !== 0) return 'there is no python3'
  if (has()) return undefined
  const install = spawnSync('python3', ['-m', 'pip', 'install', '--quiet', '--target', PACKAGES, 'zstandard'], {
    encoding: 'utf8',
  })
  return has()
    ? undefined
    : `the Python package zstandard cannot be installed: ${install.stderr.trim().split('\n').at(-1) ?? ''}`
}

function environment(): NodeJS.ProcessEnv {
  return { ...process.env, ...(existsSync(PACKAGES) ? { PYTHONPATH: PACKAGES } : {}) }
}

const missing = prepare()

interface ReadSpan {
  readonly tenant: string
  readonly resource: string
  readonly resourceSchema: string
  readonly scope: string
  readonly scopeSchema: string
  readonly span: string
}

function readWithPython(dir: string): { tenant: string; span: Span }[] {
  const text = execFileSync('python3', [SCRIPT, dir], { env: environment(), encoding: 'utf8', maxBuffer: 1 << 28 })
  return text
    .trim()
    .split('\n')
    .map((line) => {
      const read = JSON.parse(line) as ReadSpan
      const bytes = (hex: string): Buffer => Buffer.from(hex, 'hex')
      const builder = new TraceBuilder()
      const resource = { message: bytes(read.resource), schema: bytes(read.resourceSchema) }
      builder.add(resource, { message: bytes(read.scope), schema: bytes(read.scopeSchema) }, bytes(read.span))
      const [span] = decodeTraces(builder.finish())
      if (span === undefined) throw new Error('a span that cannot be decoded')
      return { tenant: read.tenant, span }
    })
}

let dir = ''
let store: LocalStore | undefined

beforeAll(() => {
  dir = mkdtempSync(join(tmpdir(), 'spoor-format-'))
})

afterAll(async () => {
  await store?.stop()
  rmSync(dir, { recursive: true, force: true })
})

test('the Python reader finds what was written, in segments and spool', async (context) => {
  context.skip(missing !== undefined, missing)
  store = await localStore(segmentsStore, { ...DEFAULT_CONFIG, dir, headSpans: 1500, headBytes: 8 << 20 })
  await store.start()
  const mine = throughWire(sample(spansArbitrary, { numRuns: 250, seed: 3 }).flat().filter(isValid))
  for (let from = 0; from < mine.length; from += 40)
    await writeBatch(store, scanOtlp(encodeTraces(mine.slice(from, from + 40)), { tenant: 'mine' }))
  const theirs = [...makeSpans(1, 1200, '64 bit', NOW).spans, ...makeSpans(2, 1200, '128 bit', NOW).spans]
  await writeInBatches(store, theirs, 60)
  const load = makeLoad({ seed: 5, startNs: NOW })
  for (let i = 0; i < 8; i++) {
    const { bytes } = load.request(i)
    await writeBatch(store, scanOtlp(bytes))
    theirs.push(...decodeTraces(bytes))
  }
  await store.stop()
  expect(readdirSync(join(dir, 'segments')).length).toBeGreaterThan(3)
  expect(readdirSync(join(dir, 'spool')).length).toBe(1)
  const read = readWithPython(dir)
  const of = (tenant: string): Span[] =>
    inOrder(read.filter((entry) => entry.tenant === tenant).map((entry) => entry.span))
  expect(of('')).toEqual(inOrder(throughWire(theirs)))
  expect(of('mine')).toEqual(inOrder(mine))
  expect(read.length).toBe(mine.length + theirs.length)
})

test('the Python reader finds what stays after deletions, before and after they are carried out', async (context) => {
  context.skip(missing !== undefined, missing)
  const folder = join(dir, 'deleted')
  const config = { ...DEFAULT_CONFIG, dir: folder, headSpans: 200, headBytes: 4 << 20 }
  store = await localStore(segmentsStore, config)
  await store.start()
  const { spans } = makeSpans(7, 900, '128 bit', NOW)
  await writeInBatches(store, spans, 45)
  await writeInBatches(store, spans.slice(0, 90), 30, 'gone')
  const ids = [...new Set(spans.map((span) => span.traceId))].filter((_, i) => i % 9 === 0)
  const range = { startMinNs: NOW - 300_000_000_000n, startMaxNs: NOW - 100_000_000_000n }
  await store.reader.admin?.delete('', { traceIds: ids })
  await store.reader.admin?.delete('', { service: 'cart', ...range })
  await store.reader.admin?.delete('gone', { everything: true })
  await writeInBatches(store, spans.slice(0, 20), 20, 'gone')
  await store.stop()
  const left = spans.filter(
    ({ traceId, resource, startNs }) =>
      !ids.includes(traceId) &&
      !(resource.serviceName === 'cart' && startNs >= range.startMinNs && startNs <= range.startMaxNs),
  )
  const check = (): void => {
    const read = readWithPython(folder)
    const of = (tenant: string): Span[] =>
      inOrder(read.filter((entry) => entry.tenant === tenant).map((entry) => entry.span))
    expect(of('')).toEqual(inOrder(throughWire(left)))
    expect(of('gone')).toEqual(inOrder(throughWire(spans.slice(0, 20))))
  }
  check()
  store = await localStore(segmentsStore, { ...config, headSpans: 4000 })
  await store.start()
  await store.reader.admin?.maintain()
  await store.stop()
  expect(readdirSync(join(folder, 'segments')).length).toBe(2)
  check()
})

test('the Python reader finds what was counted, in rollups', async (context) => {
  context.skip(missing !== undefined, missing)
  const folder = join(dir, 'counts')
  store = await localStore(segmentsStore, { ...DEFAULT_CONFIG, dir: folder, headSpans: 64, headBytes: 4 << 20 })
  await store.start()
  const spans = throughWire(makeCalls(9, 60)).slice(0, 256)
  await writeInBatches(store, spans, 64)
  // A head is sealed when the next request does not fit into it.
  await writeInBatches(store, spans.slice(0, 1), 1, 'other')
  await store.stop()
  store = await localStore(segmentsStore, { ...DEFAULT_CONFIG, dir: folder, headSpans: 64, headBytes: 4 << 20 })
  await store.start()
  const everything = { tenant: '', startMinNs: 0n, startMaxNs: (1n << 64n) - 1n }
  const links = await store.reader.dependencies('', everything.startMinNs, everything.startMaxNs)
  const red = (await store.reader.red?.({ ...everything, services: [] })) ?? []
  await store.stop()
  expect(readdirSync(join(folder, 'rollups')).length).toBe(4)
  const options = { env: environment(), encoding: 'utf8', maxBuffer: 1 << 28 } as const
  const lines = execFileSync('python3', [SCRIPT, folder, 'rollups'], options).trim().split('\n')
  const cells = lines.map((line) => JSON.parse(line) as RollupCell)
  const [sum] = mergeCells(
    cells.map((cell) => ({ ...cell, hour: 0 })),
    { operations: 0, links: 0 },
  )
  const inText = (list: readonly object[]): string[] => list.map((entry) => JSON.stringify(entry)).toSorted()
  expect(inText(sum?.operations ?? [])).toEqual(inText(red))
  const calls = (sum?.links ?? []).map(({ parent, child, calls: callCount, errors: errorCount }) => ({
    parent,
    child,
    callCount,
    errorCount,
  }))
  expect(inText(calls)).toEqual(inText(links))
  expect(links.length).toBeGreaterThan(10)
})

function isValid(span: Span): boolean {
  return !/^0*$/.test(span.traceId) && !/^0*$/.test(span.spanId)
}
