// What it costs to receive: CPU µs a span of this process alone (its load client is another one), for OTLP over gRPC and
// HTTP, plain and under gzip, from the socket to a store that takes everything and keeps nothing. Scanning and counting are
// in it; bench/scan.ts says what part of it the scan is. Prints a line each, and the same as JSON with --json.

import { spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { createTestHost } from '@spoor/testkit/receiver-contract/host'
import type { Receiver, ReceiverHost } from 'spoor/receivers/api/receiver'
import { createOtlpGrpcReceiver } from 'spoor/receivers/otlp-grpc/receiver'
import { createOtlpHttpReceiver } from 'spoor/receivers/otlp-http/receiver'
import type { SpanWriter } from 'spoor/storage/api/store'

const CLIENT = fileURLToPath(new URL('./lib/receive-load.ts', import.meta.url))
const REQUESTS_A_ROUND = 400
const SPANS_A_REQUEST = 512
const ROUNDS = 6
const LISTEN = { host: '127.0.0.1', port: 0 }
const MAX_BYTES = 16 * 1024 * 1024

interface Result {
  readonly protocol: string
  readonly encoding: string
  /** CPU µs a span: the median of the rounds after the first, and the best. */
  readonly median: number
  readonly best: number
}

function createReceiver(protocol: string, host: ReceiverHost): Receiver {
  if (protocol === 'grpc') {
    const limits = { maxConnectionAgeMs: 0, maxConnectionAgeGraceMs: 0 }
    return createOtlpGrpcReceiver(
      { listen: LISTEN, maxMessageBytes: MAX_BYTES, readTimeoutMs: 30_000, ...limits },
      host,
    )
  }
  const timeouts = { readHeaderTimeoutMs: 2000, readTimeoutMs: 30_000, idleTimeoutMs: 120_000 }
  const cors = { corsAllowedOrigins: [], corsAllowedHeaders: [] }
  return createOtlpHttpReceiver({ listen: LISTEN, maxBodyBytes: MAX_BYTES, ...timeouts, ...cors }, host)
}

async function measure(protocol: string, encoding: string): Promise<Result> {
  let spans = 0
  const nullWriter: SpanWriter = {
    start: () => Promise.resolve(),
    stop: () => Promise.resolve(),
    write: (batch) => {
      spans += batch.spanCount
      return Promise.resolve({ stored: batch.spanCount - batch.refused.length, refused: [] })
    },
  }
  const receiver = createReceiver(protocol, createTestHost(nullWriter))
  const [listening] = await receiver.start()
  const args = [CLIENT, protocol, listening?.address ?? '', encoding]
  const client = spawn(process.execPath, args, { stdio: ['pipe', 'pipe', 'inherit'] })
  const lines = createInterface({ input: client.stdout })[Symbol.asyncIterator]()
  await lines.next() // ready
  const costs: number[] = []
  for (let round = 0; round < ROUNDS; round++) {
    const before = process.cpuUsage()
    client.stdin.write(`${REQUESTS_A_ROUND}\n`)
    const { value } = await lines.next()
    const used = process.cpuUsage(before)
    if (value !== '0') throw new Error(`${protocol}: ${value} requests were refused`)
    costs.push((used.user + used.system) / (REQUESTS_A_ROUND * SPANS_A_REQUEST))
  }
  client.stdin.end()
  await receiver.stop()
  const expected = ROUNDS * REQUESTS_A_ROUND * SPANS_A_REQUEST
  if (spans !== expected) throw new Error(`${protocol}: ${spans} spans arrived of ${expected}`)
  const warm = costs.slice(1).toSorted((a, b) => a - b)
  return { protocol, encoding, median: warm[warm.length >> 1] ?? 0, best: warm[0] ?? 0 }
}

const results: Result[] = []
for (const protocol of ['grpc', 'http']) {
  for (const encoding of ['none', 'gzip']) results.push(await measure(protocol, encoding))
}
if (process.argv.includes('--json')) console.log(JSON.stringify({ name: 'receive', cpuMicrosASpan: results }))
else {
  for (const { protocol, encoding, median, best } of results) {
    const what = `${protocol}${encoding === 'none' ? '' : ` ${encoding}`}`
    console.log(`receive ${what.padEnd(10)} ${median.toFixed(2)} µs CPU a span (best ${best.toFixed(2)})`)
  }
}
