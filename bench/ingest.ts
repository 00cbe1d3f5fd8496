// What taking spans in costs the real program, by thread: OTLP over gRPC in requests of 512, 10 and 1 spans, and Jaeger's thrift
// over HTTP, into the durable store, eight requests in flight. CPU is of the whole process, sealing and the compiler
// included, from the first request until it is idle again. Writes bench/results/ingest.json and prints the same.
// `--cases=grpc 512,thrift http`, `--repeat=N`; `--against=<another checkout>` runs both in turn and says the ratio.

import { spawn } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { loadavg } from 'node:os'
import { resolve } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { startSpoor, type Spoor } from '@spoor/testkit/spoor/start'
import { describeMachine } from './lib/machine.ts'
import { cpuSeconds, memoryMiB, threadCpuSeconds, untilIdle } from './lib/process-cost.ts'

const GRPC = fileURLToPath(new URL('./lib/grpc-load.ts', import.meta.url))
const THRIFT = fileURLToPath(new URL('./lib/thrift-http-load.ts', import.meta.url))
const RESULTS = fileURLToPath(new URL('./results/ingest.json', import.meta.url))

interface Case {
  readonly name: string
  /** The client and its arguments. */
  readonly args: (spoor: Spoor, startMs: string) => readonly string[]
}

function grpc(spansPerRequest: number, blocks: number): Case {
  return {
    name: `grpc ${spansPerRequest}`,
    args: ({ ports }, startMs) =>
      [GRPC, `127.0.0.1:${ports.otlpGrpc}`, blocks, 1, startMs, 1, 'plain', 0, spansPerRequest].map(String),
  }
}

const CASES: readonly Case[] = [
  grpc(512, 200),
  grpc(10, 100),
  grpc(1, 40),
  {
    name: 'thrift http',
    args: ({ ports }, startMs) => [THRIFT, `127.0.0.1:${ports.jaegerHttp}`, '25', '8', startMs],
  },
]
const { values } = parseArgs({
  options: {
    cases: { type: 'string', default: CASES.map(({ name }) => name).join(',') },
    repeat: { type: 'string', default: '3' },
    against: { type: 'string' },
    out: { type: 'string' },
  },
})

interface Sent {
  readonly spans: number
  readonly refused: number
  readonly retries: number
  readonly seconds: number
  readonly ackP50Ms: number
  readonly ackP99Ms: number
}

interface Run {
  readonly cpuSecondsPerMillionSpans: number
  readonly ofThatUntilLastAck: number
  readonly byThread: Readonly<Record<string, number>>
  readonly spans: number
  readonly refusedRequests: number
  readonly retriedRequests: number
  readonly spansPerSecond: number
  readonly ackP50Ms: number
  readonly ackP99Ms: number
  readonly peakRssMiB: number
}

async function run(one: Case, checkout: string | undefined): Promise<Run> {
  const main = checkout === undefined ? {} : { main: resolve(checkout, 'packages/server/bin/spoor.js') }
  const spoor = await startSpoor(main)
  try {
    const args = one.args(spoor, String(Date.now() - 3_000_000))
    const client = spawn(process.execPath, args, { stdio: ['pipe', 'pipe', 'inherit'] })
    const lines = createInterface({ input: client.stdout })[Symbol.asyncIterator]()
    await lines.next() // ready
    await untilIdle(spoor.pid)
    const before = cpuSeconds(spoor.pid)
    const threads = threadCpuSeconds(spoor.pid)
    client.stdin.write('go\n')
    const { value, done } = await lines.next()
    if (done === true) throw new Error('the load client ended early')
    const sent = JSON.parse(value) as Sent
    const acked = cpuSeconds(spoor.pid) - before
    await untilIdle(spoor.pid)
    const million = sent.spans / 1e6
    const used = Object.entries(threadCpuSeconds(spoor.pid)).map(([name, seconds]): [string, number] => [
      name,
      (seconds - (threads[name] ?? 0)) / million,
    ])
    return {
      cpuSecondsPerMillionSpans: (cpuSeconds(spoor.pid) - before) / million,
      ofThatUntilLastAck: acked / million,
      byThread: Object.fromEntries(used.filter(([, seconds]) => seconds >= 0.02)),
      spans: sent.spans,
      refusedRequests: sent.refused,
      retriedRequests: sent.retries,
      spansPerSecond: sent.spans / sent.seconds,
      ackP50Ms: sent.ackP50Ms,
      ackP99Ms: sent.ackP99Ms,
      peakRssMiB: memoryMiB(spoor.pid).peak,
    }
  } finally {
    await spoor.stop()
  }
}

interface Summary extends Run {
  readonly best: number
  /** CPU of every run, in their order. */
  readonly runs: readonly number[]
}

/** The run in the middle (of an even number the dearer one), and the cheapest. */
function summary(runs: readonly Run[]): Summary {
  const sorted = runs.toSorted((a, b) => a.cpuSecondsPerMillionSpans - b.cpuSecondsPerMillionSpans)
  const [best] = sorted
  const middle = sorted[sorted.length >> 1]
  if (best === undefined || middle === undefined) throw new Error('--repeat must be at least 1')
  return {
    ...middle,
    best: best.cpuSecondsPerMillionSpans,
    runs: runs.map(({ cpuSecondsPerMillionSpans }) => cpuSecondsPerMillionSpans),
  }
}

function rounded(_: string, x: unknown): unknown {
  return typeof x === 'number' ? Number(x.toPrecision(4)) : x
}

const results: Record<string, object> = {}
const loadAverage = loadavg()[1]
for (const one of CASES.filter(({ name }) => values.cases.split(',').includes(name))) {
  const ours: Run[] = []
  const theirs: Run[] = []
  for (let i = 0; i < Number(values.repeat); i++) {
    ours.push(await run(one, undefined))
    if (values.against !== undefined) theirs.push(await run(one, values.against))
  }
  const here = summary(ours)
  results[one.name] = here
  console.log(one.name, JSON.stringify(here, rounded))
  if (theirs.length === 0) continue
  const there = summary(theirs)
  console.log('  against', JSON.stringify(there, rounded))
  const ratio = here.cpuSecondsPerMillionSpans / there.cpuSecondsPerMillionSpans
  console.log(`  ratio ${ratio.toFixed(3)} (of the best ${(here.best / there.best).toFixed(3)})`)
}
if (values.against === undefined || values.out !== undefined)
  writeFileSync(
    values.out ?? RESULTS,
    `${JSON.stringify({ machine: describeMachine(), loadAverage, results }, rounded, 2)}\n`,
  )
