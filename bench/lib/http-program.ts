// What a receiver over HTTP/1.1 costs the real program with the durable store: a load client (http-post-load.ts) sends, and the
// CPU of the whole process is taken, sealing included, until it is idle again.

import { spawn } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { createInterface } from 'node:readline'
import { type Listener, startSpoor } from '@spoor/testkit/spoor/start'
import { describeMachine } from './machine.ts'
import { cpuSeconds, memoryMiB, untilIdle } from './process-cost.ts'

export interface ProgramLoad {
  /** The load client's file; its arguments are host:port and `args`. */
  readonly client: string
  readonly listener: Listener
  readonly args: readonly string[]
  /** The file of the result. */
  readonly out: string
}

interface Sent {
  readonly spans: number
  readonly refused: number
  readonly retries: number
  readonly seconds: number
  readonly ackP50Ms: number
  readonly ackP99Ms: number
  readonly bytesASpan: number
}

/** Writes and prints the result. */
export async function measureProgram({ client: file, listener, args, out }: ProgramLoad): Promise<void> {
  const spoor = await startSpoor()
  const client = spawn(process.execPath, [file, `127.0.0.1:${spoor.ports[listener]}`, ...args], {
    stdio: ['pipe', 'pipe', 'inherit'],
  })
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
  writeFileSync(out, `${text}\n`)
  console.log(text)
}
