// Kills a process that writes to the store, again and again, and looks after each kill: every acknowledged batch is there,
// whole and once; a batch that was not acknowledged is there whole or not at all; nothing else is there.

import { spawn } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { createRandom } from '@spoor/testkit/trace-gen/random'
import { localStore } from '../../src/storage/api/local.ts'
import { segmentsStore } from '../../src/storage/segments/index.ts'
import { decodeTraces } from '../../src/wire/otlp/decode.ts'
import { batchSpans, batchTraceId, killConfig, SPANS_PER_BATCH } from './kill-data.ts'

const ROUNDS = 20
const ROUND_DEADLINE_MS = 60_000
const CHILD = fileURLToPath(new URL('kill-child.ts', import.meta.url))

interface Said {
  readonly acknowledged: number[]
  readonly deleted: number[]
}

/** Runs the writer until it has acknowledged `batches`, kills it, and gives all numbers that it said. */
async function runAndKill(dir: string, round: number, batches: number, upkeep: string = ''): Promise<Said> {
  const child = spawn(process.execPath, [CHILD, dir, String(round), upkeep], { stdio: ['ignore', 'pipe', 'inherit'] })
  const ended = new Promise<string | null>((resolve) => child.once('exit', (_code, signal) => resolve(signal)))
  // A child that hangs must not outlive the test.
  const late = setTimeout(() => child.kill('SIGTERM'), ROUND_DEADLINE_MS)
  const acknowledged: number[] = []
  const deleted: number[] = []
  for await (const line of createInterface({ input: child.stdout })) {
    if (line === 'ready') continue
    if (line.startsWith('-')) {
      deleted.push(Number(line.slice(1)))
      continue
    }
    acknowledged.push(Number(line))
    if (acknowledged.length === batches) child.kill('SIGKILL')
  }
  clearTimeout(late)
  expect(await ended).toBe('SIGKILL')
  return { acknowledged, deleted }
}

test('20 times kill -9 under load: what was acknowledged is there, once', async () => {
  const dir = mkdtempSync(join(tmpdir(), 'spoor-kill-'))
  const random = createRandom(20)
  const acknowledged = new Set<string>()
  try {
    for (let round = 0; round < ROUNDS; round++) {
      // Up to about two and a half heads, so that kills fall on appending, rotating and sealing.
      const said = await runAndKill(dir, round, 5 + random.below(400))
      for (const number of said.acknowledged) acknowledged.add(batchTraceId(round, number))
      await check(dir, round, acknowledged)
    }
  } finally {
    rmSync(dir, { recursive: true, force: true })
  }
}, 240_000)

test('10 times kill -9 while segments are put together and traces deleted: what stays is there, once, and nothing comes back', async () => {
  const dir = mkdtempSync(join(tmpdir(), 'spoor-kill-'))
  const random = createRandom(21)
  const acknowledged = new Set<string>()
  const deleted = new Set<string>()
  try {
    for (let round = 0; round < ROUNDS / 2; round++) {
      const said = await runAndKill(dir, round, 100 + random.below(500), 'upkeep')
      const gone = new Set(said.deleted)
      for (const number of said.deleted) deleted.add(batchTraceId(round, number))
      // Of a deletion that was not answered either may be true.
      for (const number of said.acknowledged)
        if (number % 10 !== 3 && !gone.has(number)) acknowledged.add(batchTraceId(round, number))
      await check(dir, round, acknowledged, deleted)
    }
    expect(deleted.size).toBeGreaterThan(ROUNDS)
  } finally {
    rmSync(dir, { recursive: true, force: true })
  }
}, 240_000)

async function check(
  dir: string,
  lastRound: number,
  acknowledged: ReadonlySet<string>,
  deleted: ReadonlySet<string> = new Set(),
): Promise<void> {
  const store = await localStore(segmentsStore, killConfig(dir))
  await store.start()
  try {
    const query = { tenant: '', filter: undefined, startMinNs: 0n, startMaxNs: (1n << 64n) - 1n }
    const there: string[] = []
    for await (const group of store.reader.candidates(query, store.reader.plan(query)))
      there.push(...group.map((found) => found.traceId))
    expect(new Set(there).size).toBe(there.length)
    const found = new Set(there)
    expect([...acknowledged].filter((id) => !found.has(id))).toEqual([])
    expect([...deleted].filter((id) => found.has(id))).toEqual([])
    for await (const chunk of store.reader.traces('', there)) {
      const round = Number.parseInt(chunk.traceId.slice(0, 16), 16) - 1
      const number = Number.parseInt(chunk.traceId.slice(16), 16) - 1
      expect(round).toBeLessThanOrEqual(lastRound)
      expect(chunk.spanCount).toBe(SPANS_PER_BATCH)
      const spans = decodeTraces(chunk.bytes).toSorted((a, b) => (a.spanId < b.spanId ? -1 : 1))
      if (round === lastRound) expect(spans).toEqual(batchSpans(round, number))
      else expect(new Set(spans.map((span) => span.spanId)).size).toBe(SPANS_PER_BATCH)
    }
  } finally {
    await store.stop()
  }
}
