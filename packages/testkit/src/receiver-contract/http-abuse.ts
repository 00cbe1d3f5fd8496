// The laws of every receiver over HTTP when strangers send: cut, mutated, exploding, endless. Each time a good neighbour
// sends all the while, and must get every span through; afterwards no byte of the body budget may be missing.

import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { gzipSync } from 'node:zlib'
import { afterEach, beforeEach, expect, it } from 'vitest'
import type { Receiver } from 'spoor/receivers/api/receiver'
import { gzipBomb, mutated, seededRandom } from './bad-bytes.ts'
import { createTestHost, type TestHost } from './host.ts'
import { createSink, type Sink } from './sink.ts'
import { numberedSpans, type NumberedSpan } from './spans.ts'

const MIB = 1024 * 1024
const NEIGHBOUR_FROM = 1_000_000

export interface HttpAbuseConfig {
  readonly listen: { readonly host: string; readonly port: number }
  readonly maxBodyBytes: number
  readonly readHeaderTimeoutMs: number
  readonly readTimeoutMs: number
  readonly idleTimeoutMs: number
}

export interface HttpAbuseTarget {
  /** The plugin's name. */
  readonly name: string
  create(config: HttpAbuseConfig, host: TestHost): Receiver
  /** Where spans are posted to. */
  readonly path: string
  /** Content type of what encode() makes. */
  readonly type: string
  encode(spans: readonly NumberedSpan[]): Uint8Array
  /** The status of a good answer. */
  readonly good: number
}

/** What more a test of one receiver needs; good during a test only. */
export interface HttpAbuse {
  readonly sink: Sink
  readonly host: TestHost
  /** The status. `type` and `encoding` are headers. */
  post(body: Uint8Array | string, type?: string, encoding?: string): Promise<number>
  /** Runs `abuse` while a neighbour sends request after request. */
  besideANeighbour(abuse: () => Promise<void>): Promise<void>
}

const CONFIG: HttpAbuseConfig = {
  listen: { host: '127.0.0.1', port: 0 },
  maxBodyBytes: 16 * MIB,
  readHeaderTimeoutMs: 1000,
  readTimeoutMs: 1000,
  idleTimeoutMs: 120_000,
}

/** Registers the laws and what sets them up. */
export function httpAbuseLaws(target: HttpAbuseTarget): HttpAbuse {
  const body = Buffer.from(target.encode(numberedSpans(1, 20)))
  const running = setUp(target)
  const { post, besideANeighbour } = running
  const code: Code = async (reason) =>
    await running.host.count('spoor_requests_total', { receiver: target.name, code: reason })

  /** Sends a request's head and the first bytes of its body, and nothing more. */
  const begin = (declaredBytes: number): Socket => {
    const socket = connect(Number(running.address.split(':').at(-1)), '127.0.0.1')
    socket.on('error', () => {}) // a reset ends it as well
    socket.resume()
    const headers = ['Host: x', `Content-Type: ${target.type}`, `Content-Length: ${declaredBytes}`]
    socket.write(`POST ${target.path} HTTP/1.1\r\n${headers.join('\r\n')}\r\n\r\n`)
    socket.write(body.subarray(0, 100))
    return socket
  }

  it('bodies cut at every byte', async () => {
    const everyByte = target.encode(numberedSpans(1, 2)).byteLength // the others in steps
    await besideANeighbour(async () => {
      for (let cut = 1; cut < body.byteLength; cut += cut < everyByte ? 1 : 23) {
        expect(await post(body.subarray(0, cut))).toBe(400)
      }
    })
    expect(running.sink.accepted.filter((number) => number < NEIGHBOUR_FROM)).toEqual([])
  })

  it('mutated bodies, plain and under gzip', async () => {
    const random = seededRandom(11)
    const compressed = gzipSync(body)
    const seen = new Set<number>()
    await besideANeighbour(async () => {
      for (let i = 0; i < 200; i++) {
        seen.add(await post(mutated(body, random)))
        seen.add(await post(mutated(compressed, random), target.type, 'gzip'))
      }
    })
    expect([...seen].sort((a, b) => a - b)).toEqual([target.good, 400])
  })

  bombLaws(running, target.type, code)

  it('bodies that never end, and connections cut in the middle of them', async () => {
    await besideANeighbour(async () => {
      const slow = Array.from({ length: 20 }, () => begin(MIB))
      const cut = Array.from({ length: 20 }, () => begin(MIB))
      await expect.poll(() => running.host.budget.usedBytes).toBeGreaterThanOrEqual(40 * MIB)
      for (const socket of cut) socket.resetAndDestroy()
      await expect.poll(() => code('cut_short')).toBe(20)
      await Promise.all(slow.map((socket) => once(socket, 'close')))
    })
    expect(await code('body_timeout')).toBe(20)
  })

  it('more bodies than memory: those over the budget are told to come back', async () => {
    const sockets = Array.from({ length: 6 }, () => begin(CONFIG.maxBodyBytes))
    await expect.poll(() => code('body_budget')).toBe(2)
    expect(running.host.budget.usedBytes).toBe(4 * CONFIG.maxBodyBytes)
    for (const socket of sockets) socket.destroy()
    await expect.poll(() => running.host.budget.usedBytes).toBe(0)
    expect(await post(body)).toBe(target.good)
  })
  return running
}

type Code = (reason: string) => Promise<number>

function bombLaws({ post, besideANeighbour }: HttpAbuse, type: string, code: Code): void {
  it.each([
    ['small: 112 MiB from 112 KiB', 7],
    ['large: 1 GiB from 1 MiB', 64],
  ])('a decompression bomb, %s', async (_, members) => {
    const bomb = gzipBomb(members)
    const before = process.memoryUsage().rss
    let peak = 0
    const watch = setInterval(() => {
      peak = Math.max(peak, process.memoryUsage().rss - before)
    }, 1)
    await besideANeighbour(async () => {
      const statuses = await Promise.all([1, 2, 3].map(async () => await post(bomb, type, 'gzip')))
      expect(statuses).toEqual([413, 413, 413])
    })
    clearInterval(watch)
    expect(await code('decompressed_size')).toBe(3)
    // Three outputs of at most 16 MiB, their garbage and the test's own bytes; the bombs hold 336 MiB and 3 GiB.
    expect(peak).toBeLessThan(300 * MIB)
  })
}

/** A receiver for each test, and what must hold of it after each. */
function setUp(target: HttpAbuseTarget): HttpAbuse & { readonly address: string } {
  let sink: Sink
  let host: TestHost
  let receiver: Receiver
  let address: string

  beforeEach(async () => {
    sink = createSink()
    host = createTestHost(sink)
    receiver = target.create(CONFIG, host)
    const [listening] = await receiver.start()
    address = listening?.address ?? ''
  })
  afterEach(async () => {
    await receiver.stop()
    expect(host.budget.usedBytes).toBe(0)
    expect(host.complaints).toEqual([])
  })

  const post: HttpAbuse['post'] = async (body, type = target.type, encoding?) => {
    const headers = { 'content-type': type, ...(encoding === undefined ? {} : { 'content-encoding': encoding }) }
    const sent = typeof body === 'string' ? body : Buffer.from(body)
    const response = await fetch(`http://${address}${target.path}`, { method: 'POST', headers, body: sent })
    await response.arrayBuffer()
    return response.status
  }
  return {
    get sink(): Sink {
      return sink
    },
    get host(): TestHost {
      return host
    },
    get address(): string {
      return address
    },
    post,
    async besideANeighbour(abuse): Promise<void> {
      let sent = 0
      const over = new AbortController()
      const sending = (async () => {
        do {
          expect(await post(target.encode(numberedSpans(NEIGHBOUR_FROM + sent, 10)))).toBe(target.good)
          sent += 10
        } while (!over.signal.aborted)
      })()
      try {
        await abuse()
      } finally {
        over.abort()
        await sending
      }
      const got = sink.accepted.filter((number) => number >= NEIGHBOUR_FROM && number < NEIGHBOUR_FROM + sent)
      expect(got).toEqual(numberedSpans(NEIGHBOUR_FROM, sent).map((span) => span.number))
    },
  }
}
