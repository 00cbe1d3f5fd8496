// The load client, run as a process of its own so that its cost is not the server's: makes all requests first, says
// `ready`, waits for a line on standard input, sends them over gRPC and prints what became of them as JSON.
// Arguments: host:port, blocks, seed, start of the fifty minutes that the traces spread over (Unix ms), rounds (each sends
// the same again under other ids, fifty minutes later),
// `unique` for data that does not repeat (else `plain`), spans a second (0: as fast as it goes), spans a request.

import { once } from 'node:events'
import { connect, type ClientHttp2Session } from 'node:http2'
import { setTimeout as delay } from 'node:timers/promises'
import { type Load, type LoadRequest, makeLoad } from '@spoor/testkit/trace-gen/load'

const [
  target = '',
  blocks = '1',
  seed = '1',
  startMs = String(Date.now() - 3_000_000),
  rounds = '1',
  kind = '',
  rate = '0',
  spansPerRequest = '512',
] = process.argv.slice(2)
const ROUND_NS = 3_000_000_000_000n
const IN_FLIGHT = 8
const CONNECTIONS = 2
const PATH = '/opentelemetry.proto.collector.trace.v1.TraceService/Export'
const WINDOW_BYTES = 1024 * 1024
const RESOURCE_EXHAUSTED = 8
const UNAVAILABLE = 14
const RETRY_MS = 100

function frame(message: Uint8Array): Buffer {
  const framed = Buffer.allocUnsafe(5 + message.length)
  framed.writeUInt8(0, 0)
  framed.writeUInt32BE(message.length, 1)
  framed.set(message, 5)
  return framed
}

/** The gRPC status of one call; 0 is OK. */
async function send(session: ClientHttp2Session, body: Buffer): Promise<number> {
  return await new Promise((resolve, reject) => {
    const stream = session.request({
      ':method': 'POST',
      ':path': PATH,
      'content-type': 'application/grpc',
      te: 'trailers',
    })
    let status = -1
    const note = (headers: Record<string, unknown>): void => {
      if (headers['grpc-status'] !== undefined) status = Number(headers['grpc-status'])
    }
    stream.on('response', note)
    stream.on('trailers', note)
    stream.on('error', reject)
    stream.on('close', () => {
      resolve(status)
    })
    stream.resume()
    stream.end(body)
  })
}

interface Body {
  readonly framed: Buffer
  readonly request: LoadRequest
}

function makeBodies(load: Load): { readonly bodies: Body[]; readonly traceIds: string[]; readonly userIds: string[] } {
  const bodies: Body[] = []
  const traceIds: string[] = []
  const userIds: string[] = []
  for (let i = 0; i < load.requestCount; i++) {
    const request = load.request(i)
    bodies.push({ framed: frame(request.bytes), request })
    const [first] = request.traceIds()
    if (first !== undefined) traceIds.push(first)
    const user = /user-\d+/.exec(Buffer.from(request.bytes.buffer).toString('latin1'))
    if (user !== null) userIds.push(user[0])
  }
  return { bodies, traceIds, userIds }
}

/** About two hundred of a list. */
function some(list: readonly string[]): string[] {
  return list.filter((_, i) => i % Math.ceil(list.length / 200) === 0)
}

async function main(): Promise<void> {
  const load = makeLoad({
    seed: Number(seed),
    blocks: Number(blocks),
    spansPerRequest: Number(spansPerRequest),
    startNs: BigInt(startMs) * 1_000_000n,
    unique: kind === 'unique',
  })
  const { bodies, traceIds, userIds } = makeBodies(load)
  console.log('ready')
  await once(process.stdin, 'data')

  const sessions = Array.from({ length: CONNECTIONS }, () =>
    connect(`http://${target}`, { settings: { initialWindowSize: WINDOW_BYTES } }),
  )
  let next = 0
  let refused = 0
  let retries = 0
  const latenciesMs: number[] = []
  const bodyOf = (i: number): Buffer => {
    const { framed, request } = bodies[i % bodies.length] as Body
    const round = Math.floor(i / bodies.length)
    if (round === 0) return framed
    request.stamp(round, ROUND_NS * BigInt(round))
    framed.set(request.bytes, 5)
    if (i % 61 === 0) traceIds.push(...request.traceIds().slice(0, 1))
    return framed
  }
  const begunMs = performance.now()
  const worker = async (session: ClientHttp2Session): Promise<void> => {
    while (next < bodies.length * Number(rounds)) {
      const body = bodyOf(next++)
      const dueMs = Number(rate) > 0 ? (next * Number(spansPerRequest) * 1000) / Number(rate) : 0
      if (dueMs > performance.now() - begunMs) await delay(dueMs - (performance.now() - begunMs))
      const begun = performance.now()
      let status = await send(session, body)
      // As every OTLP exporter does: full means come again.
      for (; status === RESOURCE_EXHAUSTED || status === UNAVAILABLE; status = await send(session, body)) {
        retries++
        await delay(RETRY_MS)
      }
      latenciesMs.push(performance.now() - begun)
      if (status !== 0) refused++
    }
  }
  const begun = performance.now()
  await Promise.all(
    Array.from({ length: IN_FLIGHT }, async (_, i) => {
      const session = sessions[i % sessions.length]
      if (session !== undefined) await worker(session)
    }),
  )
  const seconds = (performance.now() - begun) / 1000
  for (const session of sessions) session.close()
  latenciesMs.sort((a, b) => a - b)
  const at = (share: number): number => latenciesMs[Math.floor(latenciesMs.length * share)] ?? 0
  console.log(
    JSON.stringify({
      spans: load.spanCount * Number(rounds),
      refused,
      retries,
      seconds,
      ackP50Ms: at(0.5),
      ackP99Ms: at(0.99),
      traceIds: some(traceIds),
      userIds: some(userIds),
    }),
  )
  process.exit(0)
}

await main()
