// The sending half of a load client over HTTP/1.1, a process of its own so that its cost is not the server's: says `ready`, waits
// for a line on standard input, posts bodies with eight requests in flight on kept connections and prints what became of them as
// JSON. Bodies are sent `rounds` times, each time with other trace ids.

import { once } from 'node:events'
import { Agent, request } from 'node:http'
import { setTimeout as delay } from 'node:timers/promises'

export interface LoadBody {
  readonly bytes: Buffer
  readonly spanCount: number
  /** Changes 32 bits of every trace id by `mask` (exclusive or). */
  turn(mask: number): void
}

export interface PostLoad {
  /** Whole, with the path. */
  readonly url: string
  readonly contentType: string
  readonly rounds: number
  readonly bodies: readonly LoadBody[]
}

const IN_FLIGHT = 8
const RETRY_MS = 100

async function post(agent: Agent, { url, contentType }: PostLoad, body: Buffer): Promise<number> {
  return await new Promise((resolve, reject) => {
    const headers = { 'content-type': contentType, 'content-length': body.byteLength }
    const call = request(url, { method: 'POST', agent, headers }, (response) => {
      response.resume()
      response.on('end', () => resolve(response.statusCode ?? 0))
    })
    call.on('error', reject)
    call.end(body)
  })
}

/** Ends the process. */
export async function runPostLoad(load: PostLoad): Promise<never> {
  const { bodies } = load
  const agent = new Agent({ keepAlive: true, maxSockets: IN_FLIGHT })
  const total = bodies.length * load.rounds
  const latenciesMs: number[] = []
  let next = 0
  let spans = 0
  let refused = 0
  let retries = 0
  const work = async (): Promise<void> => {
    while (next < total) {
      const at = next++
      const body = bodies[at % bodies.length] as LoadBody
      if (at >= bodies.length) body.turn(Math.imul(Math.floor(at / bodies.length), 0x9e3779b1))
      const begun = performance.now()
      let status = await post(agent, load, body.bytes)
      for (; status === 429 || status === 503; status = await post(agent, load, body.bytes)) {
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
