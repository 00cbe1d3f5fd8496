// What Zipkin's JSON of version 2 costs the real program: the benchmark load as Zipkin's clients would post it to 9411, bodies of
// 512 spans of one service, eight in flight, into the durable store. CPU is of the whole process, sealing included, until it
// is idle again. Writes bench/results/zipkin.json. `--blocks=N --rounds=N`: N blocks of 5,120 spans, sent N times.

import { spawn } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { startSpoor } from '@spoor/testkit/spoor/start'
import { describeMachine } from './lib/machine.ts'
import { cpuSeconds, memoryMiB, untilIdle } from './lib/process-cost.ts'

const CLIENT = fileURLToPath(new URL('./lib/zipkin-load.ts', import.meta.url))
const OUT = fileURLToPath(new URL('./results/zipkin.json', import.meta.url))
const { values } = parseArgs({
  options: {
    blocks: { type: 'string', default: '25' },
    rounds: { type: 'string', default: '8' },
    out: { type: 'string', default: OUT },
  },
})

interface Sent {
  readonly spans: number
  readonly refused: number
  readonly retries: number
  readonly seconds: number
  readonly ackP50Ms: number
  readonly ackP99Ms: number
  readonly bytesASpan: number
}

async function main(): Promise<void> {
  const spoor = await startSpoor()
  const args = [`127.0.0.1:${spoor.ports.zipkinHttp}`, values.blocks, values.rounds, String(Date.now() - 3_000_000)]
  const client = spawn(process.execPath, [CLIENT, ...args], { stdio: ['pipe', 'pipe', 'inherit'] })
  const lines = createInterface({ input: client.stdout })[Symbol.asyncIterator]()
  await lines.next() // ready
  await untilIdle(spoor.pid)
  const before = cpuSeconds(spoor.pid)
  client.stdin.write('go\n')
  const { value, done } = await lines.next()
  if (done === true) throw new Error('the load client ended early')
  const sent = JSON.parse(value) as Sent
  const acked = cpuSeconds(spoor.pid) - before
  await untilIdle(spoor.pid)
  const million = sent.spans / 1e6
  const result = {
    machine: describeMachine(),
    load: {
      spans: sent.spans,
      bytesASpan: sent.bytesASpan,
      refusedRequests: sent.refused,
      retriedRequests: sent.retries,
    },
    cpuSecondsPerMillionSpans: (cpuSeconds(spoor.pid) - before) / million,
    ofThatUntilLastAck: acked / million,
    spansPerSecond: sent.spans / sent.seconds,
    ackP50Ms: sent.ackP50Ms,
    ackP99Ms: sent.ackP99Ms,
    peakRssMiB: memoryMiB(spoor.pid).peak,
  }
  await spoor.stop()
  const rounded = (_: string, x: unknown): unknown => (typeof x === 'number' ? Number(x.toPrecision(4)) : x)
  const text = JSON.stringify(result, rounded, 2)
  writeFileSync(values.out, `${text}\n`)
  console.log(text)
}

await main()
