// What strangers send over HTTP: cut, mutated, exploding, endless. Each time a good neighbour sends all the while, and must
// get every span through; afterwards no byte of the body budget may be missing.

import { connect, type Socket } from 'node:net'
import { once } from 'node:events'
import { gzipSync } from 'node:zlib'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { gzipBomb, mutated, seededRandom } from '@spoor/testkit/receiver-contract/bad-bytes'
import { createTestHost, type TestHost } from '@spoor/testkit/receiver-contract/host'
import { numberedJson } from '@spoor/testkit/receiver-contract/otlp-json'
import { createSink, type Sink } from '@spoor/testkit/receiver-contract/sink'
import { encodeNumbered, numberedSpans } from '@spoor/testkit/receiver-contract/spans'
import type { Receiver } from '../api/receiver.ts'
import { createOtlpHttpReceiver } from './receiver.ts'

const MIB = 1024 * 1024
const MAX_BODY = 16 * MIB
const NEIGHBOUR_FROM = 1_000_000
const BODY = Buffer.from(encodeNumbered(numberedSpans(1, 20)))
const PROTOBUF = 'application/x-protobuf'
const JSON_TYPE = 'application/json'

let sink: Sink
let host: TestHost
let receiver: Receiver
let address: string

beforeEach(async () => {
  sink = createSink()
  host = createTestHost(sink)
  receiver = createOtlpHttpReceiver(
    {
      listen: { host: '127.0.0.1', port: 0 },
      maxBodyBytes: MAX_BODY,
      readHeaderTimeoutMs: 1000,
      readTimeoutMs: 1000,
      idleTimeoutMs: 120_000,
      corsAllowedOrigins: [],
      corsAllowedHeaders: [],
    },
    host,
  )
  const [listening] = await receiver.start()
  address = listening?.address ?? ''
})

afterEach(async () => {
  await receiver.stop()
  expect(host.budget.usedBytes).toBe(0)
  expect(host.complaints).toEqual([])
})

async function post(body: Uint8Array | string, type: string = PROTOBUF, encoding?: string): Promise<number> {
  const headers = { 'content-type': type, ...(encoding === undefined ? {} : { 'content-encoding': encoding }) }
  const sent = typeof body === 'string' ? body : Buffer.from(body)
  const response = await fetch(`http://${address}/v1/traces`, { method: 'POST', headers, body: sent })
  await response.arrayBuffer()
  return response.status
}

async function code(reason: string): Promise<number> {
  return await host.count('spoor_requests_total', { receiver: 'otlp-http', code: reason })
}

/** Runs `abuse` while a neighbour sends request after request. */
async function besideANeighbour(abuse: () => Promise<void>): Promise<void> {
  let sent = 0
  const over = new AbortController()
  const sending = (async () => {
    do {
      expect(await post(encodeNumbered(numberedSpans(NEIGHBOUR_FROM + sent, 10)))).toBe(200)
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
}

/** Sends a request's head and the first bytes of its body, and nothing more. */
function begin(declaredBytes: number): Socket {
  const socket = connect(Number(address.split(':').at(-1)), '127.0.0.1')
  socket.on('error', () => {}) // a reset ends it as well
  socket.resume()
  const head = `POST /v1/traces HTTP/1.1\r\nHost: x\r\nContent-Type: ${PROTOBUF}\r\nContent-Length: ${declaredBytes}\r\n\r\n`
  socket.write(head)
  socket.write(BODY.subarray(0, 100))
  return socket
}

it('bodies cut at every position', async () => {
  const json = numberedJson(numberedSpans(1, 3))
  await besideANeighbour(async () => {
    for (let cut = 1; cut < BODY.byteLength; cut += 23) expect(await post(BODY.subarray(0, cut))).toBe(400)
    for (let cut = 0; cut < json.length; cut += 17) expect(await post(json.slice(0, cut), JSON_TYPE)).toBe(400)
  })
  expect(sink.accepted.filter((number) => number < NEIGHBOUR_FROM)).toEqual([])
})

it('mutated bodies: protobuf, JSON and gzip', async () => {
  const random = seededRandom(11)
  const json = Buffer.from(numberedJson(numberedSpans(1, 3)))
  const compressed = gzipSync(BODY)
  const seen = new Set<number>()
  await besideANeighbour(async () => {
    for (let i = 0; i < 200; i++) {
      seen.add(await post(mutated(BODY, random)))
      seen.add(await post(mutated(json, random), JSON_TYPE))
      seen.add(await post(mutated(compressed, random), PROTOBUF, 'gzip'))
    }
  })
  expect([...seen].sort((a, b) => a - b)).toEqual([200, 400])
})

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
    const statuses = await Promise.all([1, 2, 3].map(async () => await post(bomb, PROTOBUF, 'gzip')))
    expect(statuses).toEqual([413, 413, 413])
  })
  clearInterval(watch)
  expect(await code('decompressed_size')).toBe(3)
  // Three outputs of at most 16 MiB, their garbage and the test's own bytes; the bombs hold 336 MiB and 3 GiB.
  expect(peak).toBeLessThan(300 * MIB)
})

it('bodies that never end, and connections cut in the middle of them', async () => {
  await besideANeighbour(async () => {
    const slow = Array.from({ length: 20 }, () => begin(MIB))
    const cut = Array.from({ length: 20 }, () => begin(MIB))
    await expect.poll(() => host.budget.usedBytes).toBeGreaterThanOrEqual(40 * MIB)
    for (const socket of cut) socket.resetAndDestroy()
    await expect.poll(() => code('cut_short')).toBe(20)
    await Promise.all(slow.map((socket) => once(socket, 'close')))
  })
  expect(await code('body_timeout')).toBe(20)
})

it('more bodies than memory: those over the budget are told to come back', async () => {
  const sockets = Array.from({ length: 6 }, () => begin(MAX_BODY))
  await expect.poll(() => code('body_budget')).toBe(2)
  expect(host.budget.usedBytes).toBe(4 * MAX_BODY)
  for (const socket of sockets) socket.destroy()
  await expect.poll(() => host.budget.usedBytes).toBe(0)
  expect(await post(BODY)).toBe(200)
})

it('JSON nested without end', async () => {
  await besideANeighbour(async () => {
    for (const open of ['[', '{"a":', '{"resourceSpans":[', '{"arrayValue":{"values":[']) {
      expect(await post(open.repeat(100_000), JSON_TYPE)).toBe(400)
    }
  })
})
