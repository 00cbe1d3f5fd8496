// The load client of bench/thrift-http.ts, a process of its own so that its cost is not the server's: encodes bodies of 512
// spans of one service in Jaeger's binary thrift first, says `ready`, waits for a line on standard input, posts them with
// eight requests in flight on kept connections and prints what became of them as JSON. Bodies are sent `rounds` times, each
// time with other trace ids. Arguments: host:port, blocks, rounds, start of the traces (Unix ms).

import { Agent, request } from 'node:http'
import { once } from 'node:events'
import { setTimeout as delay } from 'node:timers/promises'
import type { V1Batch } from '@spoor/testkit/jaeger-v1/model'
import { v1Batches } from '@spoor/testkit/jaeger-v1/spans'
import { batchBytes } from '@spoor/testkit/jaeger-v1/thrift'
import { makeLoad } from '@spoor/testkit/trace-gen/load'
import { decodeTraces } from 'spoor/wire/otlp/decode'

const [target = '', blocks = '1', rounds = '1', startMs = '0'] = process.argv.slice(2)
const SPANS_A_REQUEST = 512
const IN_FLIGHT = 8
const RETRY_MS = 100

interface Body {
  readonly bytes: Buffer
  readonly spanCount: number
  /** Where the low halves of trace ids stand, also in references. */
  readonly traceIds: readonly number[]
}

function makeBodies(): Body[] {
  const load = makeLoad({ seed: 1, blocks: Number(blocks), startNs: BigInt(startMs) * 1_000_000n })
  const bodies: Body[] = []
  const waiting = new Map<string, V1Batch>()
  for (let i = 0; i < load.requestCount; i++) {
    for (const batch of v1Batches(decodeTraces(load.request(i).bytes))) {
      const spans = [...(waiting.get(batch.serviceName)?.spans ?? []), ...batch.spans]
      while (spans.length >= SPANS_A_REQUEST) {
        bodies.push(makeBody({ ...batch, spans: spans.splice(0, SPANS_A_REQUEST) }))
      }
      waiting.set(batch.serviceName, { ...batch, spans })
    }
  }
  return bodies
}

function makeBody(batch: V1Batch): Body {
  const bytes = Buffer.from(batchBytes(batch, 'binary'))
  const traceIds: number[] = []
  for (const half of new Set(batch.spans.map(({ traceId }) => traceId.slice(16)))) {
    const wanted = Buffer.from(half, 'hex')
    for (let at = bytes.indexOf(wanted); at >= 0; at = bytes.indexOf(wanted, at + wanted.length)) traceIds.push(at)
  }
  return { bytes, spanCount: batch.spans.length, traceIds }
}

function turn({ bytes, traceIds }: Body, mask: number): void {
  for (const at of traceIds) bytes.writeInt32BE(bytes.readInt32BE(at) ^ mask, at)
}

async function post(agent: Agent, body: Buffer): Promise<number> {
  return await new Promise((resolve, reject) => {
    const call = request(
      `http://${target}/api/traces?format=jaeger.thrift`,
      {
        method: 'POST',
        agent,
        headers: { 'content-type': 'application/x-thrift', 'content-length': body.byteLength },
      },
      (response) => {
        response.resume()
        response.on('end', () => resolve(response.statusCode ?? 0))
      },
    )
    call.on('error', reject)
    call.end(body)
  })
}

async function main(): Promise<void> {
  const bodies = makeBodies()
  const agent = new Agent({ keepAlive: true, maxSockets: IN_FLIGHT })
  const total = bodies.length * Number(rounds)
  const latenciesMs: number[] = []
  let next = 0
  let spans = 0
  let refused = 0
  let retries = 0
  const work = async (): Promise<void> => {
    while (next < total) {
      const at = next++
      const body = bodies[at % bodies.length] as Body
      if (at >= bodies.length) turn(body, Math.imul(Math.floor(at / bodies.length), 0x9e3779b1))
      const begun = performance.now()
      let status = await post(agent, body.bytes)
      for (; status === 429 || status === 503; status = await post(agent, body.bytes)) {
        retries++
        await delay(RETRY_MS)
      }
      latenciesMs.push(performance.now() - begun)
      spans += body.spanCount
      if (status !== 202) refused++
    }
  }
  console.log('ready')
  await once(process.stdin, 'data')
  const begun = performance.now()
  await Promise.all(Array.from({ length: IN_FLIGHT }, work))
  const seconds = (performance.now() - begun) / 1000
  latenciesMs.sort((a, b) => a - b)
  const at = (share: number): number => latenciesMs[Math.floor(latenciesMs.length * share)] ?? 0
  const bytes = bodies.reduce((sum, body) => sum + body.bytes.byteLength, 0)
  const bytesASpan = bytes / bodies.reduce((sum, body) => sum + body.spanCount, 0)
  console.log(JSON.stringify({ spans, refused, retries, seconds, ackP50Ms: at(0.5), ackP99Ms: at(0.99), bytesASpan }))
  process.exit(0)
}

await main()
