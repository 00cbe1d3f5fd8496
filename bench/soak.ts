// Memory of the real program while it takes in ten million spans as fast as they come and answers five searches a second, at each
// million; then a kill -9, and the time until it is ready again. Writes bench/results/soak.json. `--rounds=N`: N times the
// 200 distinct blocks (`--blocks`), under other ids each time, fifty minutes apart. Linux only.

import { writeFileSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { loadavg, tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { startSpoor, type Spoor } from '@spoor/testkit/spoor/start'
import { type Sent, startClient } from './lib/load-client.ts'
import { describeMachine } from './lib/machine.ts'
import { cpuSeconds, memoryMiB, untilIdle } from './lib/process-cost.ts'
import { searchCases, time } from './lib/searches.ts'

const RESULTS = fileURLToPath(new URL('./results/soak.json', import.meta.url))
const { values } = parseArgs({
  options: {
    blocks: { type: 'string', default: '200' },
    rounds: { type: 'string', default: '10' },
    out: { type: 'string', default: RESULTS },
  },
})
const SEARCHES_A_SECOND = 5
const ROUND_MS = 3_000_000
const MILLION = 1_000_000

interface Memory {
  readonly spans: number
  readonly rssMiB: number
}

async function stored(spoor: Spoor): Promise<number> {
  const text = await (await fetch(`${spoor.url.admin}/metrics`)).text()
  const rows = text.split('\n').filter((row) => row.startsWith('spoor_spans_stored_total{'))
  return rows.reduce((sum, row) => sum + Number(row.slice(row.lastIndexOf(' '))), 0)
}

/** Looks once a second; keeps the most that was held in each million. */
async function watch(spoor: Spoor, until: AbortSignal): Promise<Memory[]> {
  const memory: Memory[] = []
  while (!until.aborted) {
    const spans = await stored(spoor)
    const rssMiB = memoryMiB(spoor.pid).now
    const million = Math.floor(spans / MILLION)
    memory[million] = { spans, rssMiB: Math.max(rssMiB, memory[million]?.rssMiB ?? 0) }
    await delay(1000)
  }
  return memory.filter((entry) => entry !== undefined)
}

/** One search after the other, of every case; milliseconds, sorted. */
async function search(spoor: Spoor, startMs: number, until: AbortSignal): Promise<number[]> {
  const window = `start=${startMs * 1000}&end=${(startMs + ROUND_MS * Number(values.rounds)) * 1000}&limit=20`
  const cases = Object.values(searchCases(spoor.url.query, { traceIds: [], userIds: [] }, window))
  const urls = cases.flat()
  const times: number[] = []
  for (let i = 0; !until.aborted; i++) {
    times.push((await time([urls[i % urls.length] ?? ''], 1)).p50Ms)
    await delay(1000 / SEARCHES_A_SECOND)
  }
  return times.toSorted((a, b) => a - b)
}

async function main(): Promise<void> {
  const dataDir = await mkdtemp(join(tmpdir(), 'spoor-soak-'))
  try {
    const startMs = Date.now() - ROUND_MS * Number(values.rounds)
    const loadAverage = loadavg()[1]
    // The first start after a change holds more: it strips types.
    await (await startSpoor()).stop()
    const spoor = await startSpoor({ dataDir })
    const args = [`127.0.0.1:${spoor.ports.otlpGrpc}`, values.blocks, '1', String(startMs), values.rounds]
    const client = startClient(args)
    await client.nextLine()
    await untilIdle(spoor.pid)
    const idleMiB = memoryMiB(spoor.pid).now
    const before = cpuSeconds(spoor.pid)
    const over = new AbortController()
    client.process.stdin?.write('go\n')
    const watching = watch(spoor, over.signal)
    const searching = search(spoor, startMs, over.signal)
    const sent = JSON.parse(await client.nextLine()) as Sent
    const cpu = cpuSeconds(spoor.pid) - before
    over.abort()
    const memory = await watching
    const times = await searching
    const { peak } = memoryMiB(spoor.pid)
    await spoor.kill()
    const again = await startSpoor({ dataDir, deadlineMs: 120_000 })
    const result = {
      machine: describeMachine(),
      loadAverage,
      spans: sent.spans,
      refusedRequests: sent.refused,
      retriedRequests: sent.retries,
      spansPerSecond: sent.spans / sent.seconds,
      ackP50Ms: sent.ackP50Ms,
      ackP99Ms: sent.ackP99Ms,
      cpuSecondsPerMillionSpansWithSearches: cpu / (sent.spans / MILLION),
      searches: times.length,
      searchP50Ms: times[times.length >> 1],
      searchP99Ms: times[Math.floor(times.length * 0.99)],
      idleMiB,
      peakRssMiB: peak,
      mostInEachMillion: memory,
      readyAfterKillMs: again.readyMs,
    }
    await again.stop()
    const rounded = (_: string, x: unknown): unknown => (typeof x === 'number' ? Number(x.toPrecision(4)) : x)
    const text = JSON.stringify(result, rounded, 2)
    writeFileSync(values.out, `${text}\n`)
    console.log(text)
  } finally {
    await rm(dataDir, { recursive: true, force: true })
  }
}

await main()
