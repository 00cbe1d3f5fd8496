// The benchmark of UDP, on the real program with its durable store: Jaeger's thrift compact at a steady rate, from another
// process, while ten searches a second run. What counts is that every span sent is stored, with the socket buffer that an
// untouched Linux grants, and what it costs. Writes bench/results/udp.json and prints a table. `--seconds=N` (default 60),
// `--rate=N` spans a second (default 50,000).

import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { writeFileSync } from 'node:fs'
import { Agent, get as httpGet } from 'node:http'
import { loadavg } from 'node:os'
import { createInterface } from 'node:readline'
import { setTimeout as delay } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { startSpoor, type Spoor } from '@spoor/testkit/spoor/start'
import { describeMachine } from './lib/machine.ts'
import { cpuSeconds, memoryMiB, threadCpuSeconds, untilIdle } from './lib/process-cost.ts'

const CLIENT = fileURLToPath(new URL('./lib/udp-load.ts', import.meta.url))
const RESULTS = fileURLToPath(new URL('./results/udp.json', import.meta.url))
const { values } = parseArgs({
  options: {
    seconds: { type: 'string', default: '60' },
    rate: { type: 'string', default: '50000' },
    only: { type: 'string' },
    out: { type: 'string', default: RESULTS },
  },
})
/** net.core.rmem_max of a Linux that nobody has changed. */
const BUFFER_BYTES = 212_992
const SEARCHES_A_SECOND = 10
const LOAD_START_MS = Date.now() - 3_000_000
const WINDOW = `start=${(LOAD_START_MS - 300_000) * 1000}&end=${(LOAD_START_MS + 3_300_000) * 1000}&limit=20`

interface Case {
  readonly name: string
  /** 0: as many as go into 65,000 bytes. */
  readonly spansPerPacket: number
  readonly searches: boolean
}

const CASES: readonly Case[] = [
  { name: 'full packets, searches', spansPerPacket: 0, searches: true },
  { name: 'full packets', spansPerPacket: 0, searches: false },
  { name: '10 spans a packet, searches', spansPerPacket: 10, searches: true },
  { name: '10 spans a packet', spansPerPacket: 10, searches: false },
]

interface Sent {
  readonly spans: number
  readonly packets: number
  readonly failed: number
  readonly seconds: number
  readonly packetBytes: number
}

async function load(spoor: Spoor, { spansPerPacket }: Case, during: () => void): Promise<Sent> {
  const args = [spoor.ports.jaegerCompact, spansPerPacket, values.rate, values.seconds, LOAD_START_MS].map(String)
  const child = spawn(process.execPath, [CLIENT, ...args], { stdio: ['pipe', 'pipe', 'inherit'] })
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]()
  if ((await lines.next()).done === true) throw new Error('the load client ended early')
  during()
  child.stdin.write('go\n')
  const { value } = await lines.next()
  if (child.exitCode === null) await once(child, 'exit')
  return JSON.parse(String(value)) as Sent
}

/** Starts a search every tenth of a second, whatever the one before does; the milliseconds of each. */
async function search(spoor: Spoor, until: AbortSignal): Promise<number[]> {
  const agent = new Agent({ keepAlive: true })
  const services = ['frontend', 'cart', 'payment', 'email', 'shipping']
  const times: number[] = []
  const open: Promise<void>[] = []
  for (let i = 0; !until.aborted; i++) {
    const url = `${spoor.url.query}/api/traces?service=${services[i % services.length]}&${WINDOW}`
    const begun = performance.now()
    open.push(get(agent, url).then(() => void times.push(performance.now() - begun)))
    await delay(1000 / SEARCHES_A_SECOND)
  }
  await Promise.all(open)
  agent.destroy()
  return times.toSorted((a, b) => a - b)
}

async function get(agent: Agent, url: string): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    const request = httpGet(url, { agent }, (answer) => {
      answer.resume()
      answer.on('end', resolve)
    })
    request.on('error', reject)
  })
}

function round(value: number): number {
  return Math.round(value * 1000) / 1000
}

async function counter(spoor: Spoor, name: string): Promise<number> {
  const text = await (await fetch(`${spoor.url.admin}/metrics`)).text()
  const rows = text.split('\n').filter((row) => row.startsWith(`${name}{`) && row.includes('jaeger-compact'))
  return rows.reduce((sum, row) => sum + Number(row.slice(row.lastIndexOf(' '))), 0)
}

async function measure(one: Case): Promise<object> {
  const spoor = await startSpoor({
    args: [`--processor.jaeger-compact.server-socket-buffer-size=${BUFFER_BYTES}`],
  })
  await untilIdle(spoor.pid)
  const over = new AbortController()
  let searching: Promise<number[]> = Promise.resolve([])
  let before = 0
  let threadsBefore: Record<string, number> = {}
  const sent = await load(spoor, one, () => {
    before = cpuSeconds(spoor.pid)
    threadsBefore = threadCpuSeconds(spoor.pid)
    if (one.searches) searching = search(spoor, over.signal)
  })
  over.abort()
  const times = await searching
  await untilIdle(spoor.pid)
  const cpu = cpuSeconds(spoor.pid) - before
  const threads = Object.entries(threadCpuSeconds(spoor.pid)).map(([name, seconds]): [string, number] => [
    name,
    round(((seconds - (threadsBefore[name] ?? 0)) / sent.spans) * 1e6),
  ])
  const stored = await counter(spoor, 'spoor_spans_stored_total')
  const result = {
    spans: sent.spans,
    packets: sent.packets,
    packetBytes: sent.packetBytes,
    spansASecond: Math.round(sent.spans / sent.seconds),
    storedPercent: round((stored / sent.spans) * 100),
    kernelDroppedPackets: await counter(spoor, 'spoor_udp_kernel_dropped_packets_total'),
    droppedPackets: await counter(spoor, 'spoor_udp_packets_dropped_total'),
    failedSends: sent.failed,
    cpuSecondsPerMillionSpans: round((cpu / sent.spans) * 1e6),
    ofThatByThread: Object.fromEntries(threads.filter(([, seconds]) => seconds >= 0.1)),
    peakRssMiB: Math.round(memoryMiB(spoor.pid).peak),
    ...(times.length === 0
      ? {}
      : {
          searches: times.length,
          searchP50Ms: round(times[times.length >> 1] ?? 0),
          searchP99Ms: round(times[Math.floor(times.length * 0.99)] ?? 0),
        }),
  }
  await spoor.stop()
  return result
}

const results: Record<string, object> = {}
/** Of five minutes: what else ran on the machine takes from it. */
const loadAverage = round(loadavg()[1] ?? 0)
for (const one of CASES.filter(({ name }) => values.only === undefined || name === values.only)) {
  results[one.name] = await measure(one)
  console.log(one.name, results[one.name])
}
writeFileSync(
  values.out,
  `${JSON.stringify({ machine: describeMachine(), loadAverage, socketBufferBytes: BUFFER_BYTES, seconds: Number(values.seconds), results }, null, 2)}\n`,
)
