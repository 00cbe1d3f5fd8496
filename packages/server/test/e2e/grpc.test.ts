// OTLP over gRPC with a real client (grpc-js) against the real program: health, and the end of a connection. On SIGTERM
// every request under way is answered, the client is told to go (GOAWAY) before the connection ends, and what was
// acknowledged is found after the next start.

import { mkdtemp, rm } from 'node:fs/promises'
import { connect } from 'node:http2'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Client, credentials, status, type ServiceError } from '@grpc/grpc-js'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { EXPORT_PATH } from '@spoor/testkit/receiver-contract/raw-grpc'
import { encodeNumbered, numberedSpans } from '@spoor/testkit/receiver-contract/spans'
import { startSpoor } from '@spoor/testkit/spoor/start'
import { readSpanIds } from './otlp.ts'

const CALLERS = 8
const SPANS = 50
/** Requests acknowledged before the signal, so that it comes in the middle of the work. */
const BEFORE_SIGNAL = 40

let dataDir: string
beforeAll(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'spoor-grpc-'))
})
afterAll(async () => {
  await rm(dataDir, { recursive: true, force: true })
})

const asIs = (bytes: Buffer): Buffer => bytes

function unary(client: Client, path: string, message: Uint8Array): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    client.makeUnaryRequest(path, asIs, asIs, Buffer.from(message), (error, response) => {
      if (error === null) resolve(response ?? Buffer.alloc(0))
      else reject(error)
    })
  })
}

interface Sent {
  /** First numbers of the requests that were acknowledged. */
  readonly acknowledged: number[]
  /** What became of every other one. */
  readonly refusals: ServiceError[]
}

/** Each caller sends one request after the other until it is refused; calls `enough` once. */
async function sendUntilRefused(client: Client, enough: () => void): Promise<Sent> {
  const sent: Sent = { acknowledged: [], refusals: [] }
  let next = 1
  const caller = async (): Promise<void> => {
    for (;;) {
      const from = next
      next += SPANS
      try {
        await unary(client, EXPORT_PATH, encodeNumbered(numberedSpans(from, SPANS), 'drain'))
      } catch (thrown) {
        sent.refusals.push(thrown as ServiceError)
        return
      }
      sent.acknowledged.push(from)
      if (sent.acknowledged.length === BEFORE_SIGNAL) enough()
    }
  }
  await Promise.all(Array.from({ length: CALLERS }, caller))
  return sent
}

/** The GOAWAY codes that a connection is told before it ends. */
function goodbyes(url: string): { codes: Promise<number[]>; connected: Promise<void> } {
  const session = connect(url)
  const codes: number[] = []
  session.on('goaway', (code: number) => codes.push(code))
  const connected = new Promise<void>((resolve) => {
    session.once('remoteSettings', () => {
      resolve()
    })
  })
  const ended = new Promise<number[]>((resolve, reject) => {
    session.once('error', reject)
    session.once('close', () => {
      resolve(codes)
    })
  })
  return { codes: ended, connected }
}

test('health is good while it runs, and SIGTERM answers all that is under way before the connection ends', async () => {
  const first = await startSpoor({ dataDir })
  const client = new Client(first.url.otlpGrpc.slice('http://'.length), credentials.createInsecure())
  expect(await unary(client, '/grpc.health.v1.Health/Check', new Uint8Array(0))).toEqual(Buffer.of(8, 1))
  const idle = goodbyes(first.url.otlpGrpc)
  await idle.connected

  const { acknowledged, refusals } = await sendUntilRefused(client, () => {
    process.kill(first.pid, 'SIGTERM')
  })
  expect(await first.exited).toEqual({ code: 0, signal: null })
  client.close()
  expect(acknowledged.length).toBeGreaterThanOrEqual(BEFORE_SIGNAL)
  // Refused for having no server any more, which exporters retry; none was cut in the middle (INTERNAL, CANCELLED).
  expect(refusals).toHaveLength(CALLERS)
  for (const { code, details } of refusals)
    expect([code, details]).toEqual([
      status.UNAVAILABLE,
      expect.stringMatching(/No connection established|ECONNREFUSED/),
    ])
  const codes = await idle.codes
  expect(codes.length).toBeGreaterThan(0)
  expect(new Set(codes)).toEqual(new Set([0]))

  const second = await startSpoor({ dataDir })
  try {
    const found = new Set<string>()
    for (let trace = 0; trace < 1000; trace++) {
      const id = (0xabcd0000 + trace).toString(16).padEnd(32, '0')
      for (const spanId of (await readSpanIds(second.url.query, id)) ?? []) found.add(spanId)
    }
    const sent = acknowledged.flatMap((from) => numberedSpans(from, SPANS).map(({ number }) => number))
    const ids = sent.map((number) => `50000000${number.toString(16).padStart(8, '0')}`)
    expect(ids.filter((id) => !found.has(id))).toEqual([])
  } finally {
    await second.stop()
  }
})
