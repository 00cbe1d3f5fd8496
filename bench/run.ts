// The benchmark of the main path, on the real program: OTLP gRPC into the durable store, then searches over HTTP as Jaeger
// JSON, then a restart, then nothing. Load: shared figures of other systems use the same (traces of 10 to 30 spans, 512
// spans a request, 8 in flight on 2 connections). CPU is of the whole process, sealing included, until it is idle again.
// Writes bench/results/main-path.json and prints a table. `--blocks=N` takes N blocks of 5,120 spans (default 200).

import { readdirSync, statSync, writeFileSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { startSpoor, type Spoor } from '@spoor/testkit/spoor/start'
import { type Sent, startClient } from './lib/load-client.ts'
import { describeMachine } from './lib/machine.ts'
import { cpuSeconds, memoryMiB, untilIdle } from './lib/process-cost.ts'
import { searchCases, time, type Timing } from './lib/searches.ts'

const RESULTS = fileURLToPath(new URL('./results/', import.meta.url))
const { values } = parseArgs({ options: { blocks: { type: 'string', default: '200' }, out: { type: 'string' } } })
const IDLE_MS = 20_000
const LOAD_START_MS = Date.now() - 3_000_000
/** The window of every search: one hour around the load's fifty minutes. */
const WINDOW = `start=${(LOAD_START_MS - 300_000) * 1000}&end=${(LOAD_START_MS + 3_300_000) * 1000}&limit=20`

async function ingest(
  spoor: Spoor,
  blocks: string,
  seed: string,
): Promise<{ sent: Sent; cpu: number; ackedCpu: number }> {
  const client = startClient([`127.0.0.1:${spoor.ports.otlpGrpc}`, blocks, seed, String(LOAD_START_MS)])
  await client.nextLine()
  await untilIdle(spoor.pid)
  const before = cpuSeconds(spoor.pid)
  client.process.stdin?.write('go\n')
  const sent = JSON.parse(await client.nextLine()) as Sent
  const ackedCpu = cpuSeconds(spoor.pid) - before
  await untilIdle(spoor.pid)
  return { sent, cpu: cpuSeconds(spoor.pid) - before, ackedCpu }
}

async function searches(spoor: Spoor, sent: Sent): Promise<Record<string, Timing>> {
  const timings: Record<string, Timing> = {}
  for (const [name, urls] of Object.entries(searchCases(spoor.url.query, sent, WINDOW))) {
    await time(urls, 10)
    timings[name] = await time(urls, 100)
  }
  return timings
}

function folderBytes(folder: string): number {
  let bytes = 0
  for (const entry of readdirSync(folder, { withFileTypes: true, recursive: true })) {
    if (entry.isFile()) bytes += statSync(join(entry.parentPath, entry.name)).size
  }
  return bytes
}

async function idleCost(): Promise<{ rssMiB: number; sharePercent: number; readyMs: number }> {
  const spoor = await startSpoor()
  await untilIdle(spoor.pid)
  const before = cpuSeconds(spoor.pid)
  await delay(IDLE_MS)
  const sharePercent = ((cpuSeconds(spoor.pid) - before) / (IDLE_MS / 1000)) * 100
  const rssMiB = memoryMiB(spoor.pid).now
  await spoor.stop()
  return { rssMiB, sharePercent, readyMs: spoor.readyMs }
}

async function main(): Promise<void> {
  const dataDir = await mkdtemp(join(tmpdir(), 'spoor-bench-'))
  try {
    const idle = await idleCost()
    const first = await startSpoor({ dataDir })
    const { sent, cpu, ackedCpu } = await ingest(first, values.blocks, '1')
    const million = sent.spans / 1e6
    const rss = memoryMiB(first.pid)
    const timings = await searches(first, sent)
    const rssAfterSearch = memoryMiB(first.pid)
    await first.stop()
    const diskBytesASpan = folderBytes(dataDir) / sent.spans
    const second = await startSpoor({ dataDir })
    const again = await time(
      sent.traceIds.map((id) => `${second.url.query}/api/traces/${id}`),
      sent.traceIds.length,
    )
    await second.stop()
    const result = {
      machine: describeMachine(),
      load: { spans: sent.spans, refusedRequests: sent.refused, retriedRequests: sent.retries },
      ingest: {
        cpuSecondsPerMillionSpans: cpu / million,
        ofThatUntilLastAck: ackedCpu / million,
        spansPerSecond: sent.spans / sent.seconds,
        ackP50Ms: sent.ackP50Ms,
        ackP99Ms: sent.ackP99Ms,
        peakRssMiB: rss.peak,
      },
      diskBytesASpan,
      searches: timings,
      peakRssWithSearchesMiB: rssAfterSearch.peak,
      restart: { readyMs: second.readyMs, traceByIdCold: again },
      idle,
    }
    const out = values.out ?? join(RESULTS, 'main-path.json')
    writeFileSync(
      out,
      `${JSON.stringify(result, (_, x: unknown) => (typeof x === 'number' ? Number(x.toPrecision(4)) : x), 2)}\n`,
    )
    console.dir(result, { depth: 4 })
  } finally {
    await rm(dataDir, { recursive: true, force: true })
  }
}

await main()
