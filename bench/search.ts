// Searches at size, on the real program: fills a store (or takes one that is there), then times searches over HTTP warm, cold
// (files out of the page cache before every search) and while spans come in, and watches the memory of the process meanwhile.
// `--rounds=N` sends the 200 distinct blocks (`--blocks`) N times under other ids, fifty minutes apart: 10 makes ten million
// spans. `--unique`: data that does not repeat. `--data=FOLDER` keeps the store; a second run on it only searches.
// `--skip=cold,load,index` leaves parts out. Writes JSON to `--out`, prints it always. Linux only.

import { execFileSync } from 'node:child_process'
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { mkdtemp } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { startSpoor, type Spoor } from '@spoor/testkit/spoor/start'
import { type Sent, startClient } from './lib/load-client.ts'
import { describeMachine } from './lib/machine.ts'
import { cpuSeconds, memoryMiB, untilIdle } from './lib/process-cost.ts'
import { indexCases, searchCases, time, type Timing } from './lib/searches.ts'

const { values } = parseArgs({
  options: {
    blocks: { type: 'string', default: '200' },
    rounds: { type: 'string', default: '1' },
    unique: { type: 'boolean', default: false },
    data: { type: 'string' },
    skip: { type: 'string', default: '' },
    out: { type: 'string' },
  },
})
const ROUND_MS = 3_000_000
const MANY_SEARCHES = 2000
const COLD_RUNS = 30
const INDEX_RUNS = 2
const INGEST_RATE = 20_000
const EVICT = `import os,sys
for root, _, files in os.walk(sys.argv[1]):
  for name in files:
    try: fd = os.open(os.path.join(root, name), os.O_RDONLY)
    except OSError: continue
    os.fsync(fd)
    os.posix_fadvise(fd, 0, 0, os.POSIX_FADV_DONTNEED)
    os.close(fd)`

interface Filled {
  readonly startMs: number
  readonly sent: Sent
  readonly cpuSecondsPerMillionSpans: number
  readonly peakRssMiB: number
  readonly diskBytesASpan: number
}

function folderBytes(folder: string): number {
  let bytes = 0
  for (const entry of readdirSync(folder, { withFileTypes: true, recursive: true })) {
    if (entry.isFile()) bytes += statSync(join(entry.parentPath, entry.name)).size
  }
  return bytes
}

async function fill(dataDir: string): Promise<Filled> {
  const startMs = Date.now() - ROUND_MS * Number(values.rounds)
  const spoor = await startSpoor({ dataDir, deadlineMs: 120_000 })
  const kind = values.unique ? 'unique' : 'plain'
  const address = `127.0.0.1:${spoor.ports.otlpGrpc}`
  const client = startClient([address, values.blocks, '1', String(startMs), values.rounds, kind])
  await client.nextLine()
  await untilIdle(spoor.pid)
  const before = cpuSeconds(spoor.pid)
  client.process.stdin?.write('go\n')
  const sent = JSON.parse(await client.nextLine()) as Sent
  await untilIdle(spoor.pid, 300_000)
  const cpu = cpuSeconds(spoor.pid) - before
  const { peak } = memoryMiB(spoor.pid)
  await spoor.stop()
  return {
    startMs,
    sent,
    cpuSecondsPerMillionSpans: cpu / (sent.spans / 1e6),
    peakRssMiB: peak,
    diskBytesASpan: folderBytes(dataDir) / sent.spans,
  }
}

async function timings(cases: Record<string, string[]>, runs: number, warmUp: number): Promise<Record<string, Timing>> {
  const found: Record<string, Timing> = {}
  for (const [name, urls] of Object.entries(cases)) {
    if (warmUp > 0) await time(urls, warmUp)
    found[name] = await time(urls, runs)
  }
  return found
}

async function cold(cases: Record<string, string[]>, dataDir: string): Promise<Record<string, Timing>> {
  const found: Record<string, Timing> = {}
  for (const [name, urls] of Object.entries(cases)) {
    found[name] = await time(urls, COLD_RUNS, async () => {
      execFileSync('python3', ['-c', EVICT, dataDir])
      await Promise.resolve()
    })
  }
  return found
}

/** Every case while another client sends spans at a steady rate. */
async function underLoad(spoor: Spoor, cases: Record<string, string[]>): Promise<object> {
  const address = `127.0.0.1:${spoor.ports.otlpGrpc}`
  const client = startClient([address, '50', '2', String(Date.now()), '10', 'plain', String(INGEST_RATE)])
  await client.nextLine()
  client.process.stdin?.write('go\n')
  const searches = await timings(cases, 200, 0)
  const done = client.nextLine()
  const sent = await Promise.race([done, time(['http://127.0.0.1:1'], 0).then(() => undefined)])
  const { ackP50Ms, ackP99Ms } = (sent === undefined ? {} : JSON.parse(sent)) as Partial<Sent>
  client.process.kill()
  return { searches, ackP50Ms, ackP99Ms }
}

async function measure({ startMs, sent }: Filled, dataDir: string): Promise<object> {
  const spoor = await startSpoor({ dataDir, deadlineMs: 120_000 })
  const endMs = startMs + ROUND_MS * Number(values.rounds)
  const window = `start=${(startMs - 300_000) * 1000}&end=${(endMs + 300_000) * 1000}&limit=20`
  const cases = searchCases(spoor.url.query, sent, window)
  const rssAtStartMiB = memoryMiB(spoor.pid).now
  const before = cpuSeconds(spoor.pid)
  const warm = await timings(cases, 200, 20)
  const cpu = cpuSeconds(spoor.pid) - before
  const rssMiB = memoryMiB(spoor.pid).now
  const all = Object.values(cases).flat()
  const many = await time(all, MANY_SEARCHES)
  const index = values.skip.includes('index')
    ? undefined
    : await timings(indexCases(spoor.url.query, window), INDEX_RUNS, 1)
  const afterMany = memoryMiB(spoor.pid)
  const load = values.skip.includes('load') ? undefined : await underLoad(spoor, cases)
  await spoor.stop()
  let coldTimings: Record<string, Timing> | undefined
  if (!values.skip.includes('cold')) {
    const fresh = await startSpoor({ dataDir, deadlineMs: 120_000 })
    coldTimings = await cold(searchCases(fresh.url.query, sent, window), dataDir)
    await fresh.stop()
  }
  return {
    readyMs: spoor.readyMs,
    warm,
    cpuSecondsOfWarmSearches: cpu,
    rssMiB: { atStart: rssAtStartMiB, afterWarm: rssMiB, afterMany: afterMany.now, peak: afterMany.peak },
    manySearches: many,
    index,
    underLoad: load,
    cold: coldTimings,
  }
}

async function main(): Promise<void> {
  const root = values.data ?? (await mkdtemp(join(tmpdir(), 'spoor-bench-search-')))
  const dataDir = join(root, 'store')
  const note = join(root, 'filled.json')
  try {
    mkdirSync(dataDir, { recursive: true })
    if (!existsSync(note)) writeFileSync(note, JSON.stringify(await fill(dataDir)))
    const filled = JSON.parse(readFileSync(note, 'utf8')) as Filled
    const { sent, ...rest } = filled
    const { traceIds: _, userIds: _users, ...counts } = sent
    const result = { machine: describeMachine(), filled: { ...rest, ...counts }, ...(await measure(filled, dataDir)) }
    const json = JSON.stringify(result, (_key, x: unknown) => (typeof x === 'number' ? Number(x.toPrecision(4)) : x), 2)
    if (values.out !== undefined) writeFileSync(values.out, `${json}\n`)
    console.log(json)
  } finally {
    if (values.data === undefined) rmSync(root, { recursive: true, force: true })
  }
}

await main()
