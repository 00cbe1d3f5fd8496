// What strangers send: cut, mutated, exploding, endless, abandoned. Each time a good neighbour sends all the while, and must
// get every span through; afterwards no byte of the body budget may be missing.

import type { ClientHttp2Session } from 'node:http2'
import { connect } from 'node:net'
import { once } from 'node:events'
import { gzipSync } from 'node:zlib'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { gzipBomb, mutated, seededRandom } from '@spoor/testkit/receiver-contract/bad-bytes'
import { createTestHost, type TestHost } from '@spoor/testkit/receiver-contract/host'
import { connectRaw, grpcFrame, rawCall } from '@spoor/testkit/receiver-contract/raw-grpc'
import { createSink, type Sink } from '@spoor/testkit/receiver-contract/sink'
import { encodeNumbered, numberedSpans } from '@spoor/testkit/receiver-contract/spans'
import type { Receiver } from '../api/receiver.ts'
import { createOtlpGrpcReceiver } from './receiver.ts'

const MIB = 1024 * 1024
const MAX_MESSAGE = 16 * MIB
const NEIGHBOUR_FROM = 1_000_000
const MESSAGE = Buffer.from(encodeNumbered(numberedSpans(1, 20)))

let sink: Sink
let host: TestHost
let receiver: Receiver
let address: string
let session: ClientHttp2Session

beforeEach(async () => {
  sink = createSink()
  host = createTestHost(sink)
  receiver = createOtlpGrpcReceiver(
    {
      listen: { host: '127.0.0.1', port: 0 },
      maxMessageBytes: MAX_MESSAGE,
      readTimeoutMs: 400,
      maxConnectionAgeMs: 0,
      maxConnectionAgeGraceMs: 0,
    },
    host,
  )
  const [listening] = await receiver.start()
  address = listening?.address ?? ''
  session = await connectRaw(address)
})

afterEach(async () => {
  session.destroy()
  await receiver.stop()
  expect(host.budget.usedBytes).toBe(0)
  expect(host.complaints).toEqual([])
})

async function code(reason: string): Promise<number> {
  return await host.count('spoor_requests_total', { receiver: 'otlp-grpc', code: reason })
}

/** Runs `abuse` while a neighbour on a connection of its own sends request after request. */
async function besideANeighbour(abuse: () => Promise<void>): Promise<void> {
  const neighbour = await connectRaw(address)
  let sent = 0
  const over = new AbortController()
  const sending = (async () => {
    do {
      const answer = await rawCall(neighbour, grpcFrame(encodeNumbered(numberedSpans(NEIGHBOUR_FROM + sent, 10))))
        .answer
      expect(answer).toMatchObject({ status: 200, grpcStatus: 0, resetCode: 0 })
      sent += 10
    } while (!over.signal.aborted)
  })()
  try {
    await abuse()
  } finally {
    over.abort()
    await sending
    neighbour.close()
  }
  const got = sink.accepted.filter((number) => number >= NEIGHBOUR_FROM && number < NEIGHBOUR_FROM + sent)
  expect(got).toEqual(numberedSpans(NEIGHBOUR_FROM, sent).map((span) => span.number))
}

it('requests cut at every position', async () => {
  const frame = grpcFrame(MESSAGE)
  await besideANeighbour(async () => {
    for (let cut = 1; cut < frame.byteLength; cut += 37) {
      const answer = await rawCall(session, frame.subarray(0, cut)).answer
      expect(answer).toMatchObject({ status: 200, grpcStatus: 13, resetCode: 0 })
    }
  })
})

it('messages cut at every position', async () => {
  await besideANeighbour(async () => {
    for (let cut = 1; cut < MESSAGE.byteLength; cut += 11) {
      const answer = await rawCall(session, grpcFrame(MESSAGE.subarray(0, cut))).answer
      expect(answer).toMatchObject({ status: 200, grpcStatus: 3 })
    }
  })
  expect(sink.accepted.filter((number) => number < NEIGHBOUR_FROM)).toEqual([])
})

it('mutated messages, plain and under gzip', async () => {
  const random = seededRandom(7)
  const compressed = gzipSync(MESSAGE)
  const seen = new Set<number>()
  await besideANeighbour(async () => {
    for (let i = 0; i < 400; i++) {
      const plain = rawCall(session, grpcFrame(mutated(MESSAGE, random)))
      const gzip = rawCall(session, grpcFrame(mutated(compressed, random), 1), { 'grpc-encoding': 'gzip' })
      seen.add((await plain.answer).grpcStatus)
      seen.add((await gzip.answer).grpcStatus)
    }
  })
  expect([...seen].sort((a, b) => a - b)).toEqual([0, 3, 13])
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
    const calls = [1, 2, 3].map(() => rawCall(session, grpcFrame(bomb, 1), { 'grpc-encoding': 'gzip' }).answer)
    for (const answer of await Promise.all(calls)) {
      const grpcMessage = `decompressed body is over the limit of ${MAX_MESSAGE} bytes`
      expect(answer).toMatchObject({ grpcStatus: 8, grpcMessage })
    }
  })
  clearInterval(watch)
  expect(await code('decompressed_size')).toBe(3)
  // Three outputs of at most 16 MiB, their garbage and the test's own bytes; the bombs hold 336 MiB and 3 GiB.
  expect(peak).toBeLessThan(300 * MIB)
})

it('calls abandoned in the middle of their body', async () => {
  await besideANeighbour(async () => {
    const calls = Array.from({ length: 50 }, () => rawCall(session, grpcFrame(MESSAGE, 0, MIB), {}, true))
    await expect.poll(() => host.budget.usedBytes).toBeGreaterThanOrEqual(50 * MIB)
    for (const { stream } of calls) stream.destroy() // RST_STREAM, where close() would end the body first
    await expect.poll(() => code('cancelled')).toBe(50)
  })
})

it('connections cut in the middle of their bodies', async () => {
  await besideANeighbour(async () => {
    for (let i = 0; i < 5; i++) rawCall(session, grpcFrame(MESSAGE, 0, MIB), {}, true)
    await expect.poll(() => host.budget.usedBytes).toBeGreaterThanOrEqual(5 * MIB)
    session.destroy()
    await expect.poll(() => code('cancelled')).toBe(5)
  })
})

it('bodies that never come', async () => {
  await besideANeighbour(async () => {
    const calls = Array.from({ length: 20 }, () => rawCall(session, grpcFrame(Buffer.of(10), 0, MIB), {}, true).answer)
    for (const answer of await Promise.all(calls)) expect(answer).toMatchObject({ grpcStatus: 4, resetCode: 0 })
  })
  expect(await code('body_timeout')).toBe(20)
})

it('more bodies than memory: those over the budget are told to come back', async () => {
  const calls = Array.from(
    { length: 6 },
    () => rawCall(session, grpcFrame(Buffer.of(10), 0, MAX_MESSAGE), {}, true).answer,
  )
  const statuses = (await Promise.all(calls)).map((answer) => answer.grpcStatus).sort((a, b) => a - b)
  expect(statuses).toEqual([4, 4, 4, 4, 8, 8])
  expect(await code('body_budget')).toBe(2)
  expect(await rawCall(session, grpcFrame(MESSAGE)).answer).toMatchObject({ grpcStatus: 0 })
})

it('a flood of opened and reset streams', async () => {
  await besideANeighbour(async () => {
    for (let i = 0; i < 5000 && !session.destroyed; i++) {
      const { stream } = rawCall(session, Buffer.alloc(0), {}, true)
      stream.close(8)
      if (i % 50 === 0) await new Promise(setImmediate)
    }
    await expect.poll(() => session.destroyed).toBe(true) // Node's guard against rapid reset ends the connection
  })
})

it('headers without end, and what is no HTTP/2', async () => {
  await besideANeighbour(async () => {
    const large = await rawCall(session, grpcFrame(MESSAGE), { 'x-long': 'a'.repeat(20_000) }).answer
    expect(large.grpcStatus).not.toBe(0)
    for (const text of ['POST /v1/traces HTTP/1.1\r\nHost: x\r\n\r\n', '\0'.repeat(5000), 'hello']) {
      const socket = connect(Number(address.split(':').at(-1)), '127.0.0.1')
      socket.on('error', () => {}) // a reset ends it as well
      socket.resume()
      socket.end(text)
      await once(socket, 'close')
    }
  })
  expect(sink.accepted.filter((number) => number < NEIGHBOUR_FROM)).toEqual([])
})
