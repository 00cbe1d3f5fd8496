// Recorded requests to port 14268, good and bad, against Spoor: statuses and texts as Jaeger 1.57 answered, but for the
// differences listed here.

import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { deflateSync, gzipSync, zstdCompressSync } from 'node:zlib'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { batchBytes } from '@spoor/testkit/jaeger-v1/thrift'
import { createTestHost, type TestHost } from '@spoor/testkit/receiver-contract/host'
import { numberedBatch } from '@spoor/testkit/receiver-contract/jaeger-thrift'
import { createSink, type Sink } from '@spoor/testkit/receiver-contract/sink'
import { numberedSpans } from '@spoor/testkit/receiver-contract/spans'
import type { Receiver } from '../../src/receivers/api/receiver.ts'
import { createJaegerHttpReceiver } from '../../src/receivers/jaeger-http/receiver.ts'

interface Exchange {
  readonly request: string
  readonly requestHeaders?: Readonly<Record<string, string>>
  readonly requestBodyBase64?: string
  readonly note?: string
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
}

const EXCHANGES = JSON.parse(
  readFileSync(join(import.meta.dirname, '../golden/answers/jaeger-http-errors.json'), 'utf8'),
) as readonly Exchange[]
/** What Jaeger's thrift library says of bytes is in its own words; ours is in ours. */
const BODY_FAULT = 'Unable to process request body: '
const THRIFT = 'application/x-thrift'

let sink: Sink
let host: TestHost
let receiver: Receiver
let url: string

beforeEach(async () => {
  sink = createSink()
  host = createTestHost(sink)
  const limits = { maxBodyBytes: 1 << 20, readHeaderTimeoutMs: 2000, readTimeoutMs: 10_000, idleTimeoutMs: 120_000 }
  receiver = createJaegerHttpReceiver({ listen: { host: '127.0.0.1', port: 0 }, ...limits }, host)
  url = `http://${(await receiver.start())[0]?.address}`
})
afterEach(async () => {
  await receiver.stop()
  expect(host.budget.usedBytes).toBe(0)
  expect(host.complaints).toEqual([])
})

async function send(body: Uint8Array, headers: Readonly<Record<string, string>> = {}): Promise<Response> {
  return await fetch(`${url}/api/traces`, {
    method: 'POST',
    headers: { 'content-type': THRIFT, ...headers },
    body: new Uint8Array(body),
  })
}

test.each(EXCHANGES.map((exchange) => [exchange.request, exchange.note ?? '', exchange] as const))(
  '%s %s is answered as by Jaeger',
  async (_, __, { request, requestHeaders = {}, requestBodyBase64, status, headers, body }) => {
    const [method = '', path = ''] = request.split(' ')
    const sent =
      requestBodyBase64 === undefined ? {} : { body: new Uint8Array(Buffer.from(requestBodyBase64, 'base64')) }
    const answer = await fetch(url + path, { method, headers: requestHeaders, ...sent })
    if (requestHeaders['Content-Encoding'] === 'gzip') {
      // Jaeger 1 took no compression; 2 does, and so do we.
      expect([status, answer.status]).toEqual([400, 202])
      return
    }
    const text = await answer.text()
    const told = { status: answer.status, type: answer.headers.get('content-type'), text }
    if (body.startsWith(BODY_FAULT))
      expect({ ...told, text: text.slice(0, BODY_FAULT.length) }).toMatchObject({ status, text: BODY_FAULT })
    else expect(told).toEqual({ status, type: headers['content-type'] ?? null, text: body })
  },
)

test('a body may be compressed', async () => {
  const body = numberedBatch(numberedSpans(1, 10), 'binary')
  for (const [name, bytes] of [
    ['gzip', gzipSync(body)],
    ['deflate', deflateSync(body)],
    ['zstd', zstdCompressSync(body)],
    ['identity', body],
  ] as const) {
    expect([name, (await send(bytes, { 'content-encoding': name })).status]).toEqual([name, 202])
  }
  expect(sink.accepted.length).toBe(40)
  const answer = await send(body, { 'content-encoding': 'br' })
  expect([answer.status, await answer.text()]).toEqual([
    400,
    expect.stringMatching(/^unsupported Content-Encoding: br/),
  ])
})

test('the media type counts, whatever its case and parameters', async () => {
  const body = numberedBatch(numberedSpans(1, 1), 'binary')
  for (const type of ['Application/X-Thrift; charset=utf-8', ' application/vnd.apache.thrift.binary ;a=b']) {
    expect((await send(body, { 'content-type': type })).status).toBe(202)
  }
})

test('refused spans stand in the answer, by reason; their neighbours are stored', async () => {
  const answer = await send(numberedBatch(numberedSpans(1, 10, 4), 'binary'))
  expect([answer.status, await answer.text()]).toEqual([202, '2 of 10 spans refused: trace_id_zero (2)\n'])
  expect(sink.accepted).toEqual([1, 2, 3, 5, 6, 7, 9, 10])
  const all = await send(numberedBatch(numberedSpans(4, 1, 4), 'binary'))
  expect([all.status, await all.text()]).toEqual([400, '1 of 1 spans refused: trace_id_zero (1)\n'])
  expect(await host.count('spoor_spans_refused_total', { receiver: 'jaeger-http', reason: 'trace_id_zero' })).toBe(3)
})

test('a body over the limit is refused, whether it says its length or not', async () => {
  const large = new Uint8Array(2 << 20)
  expect((await send(large)).status).toBe(413)
  const stream = new ReadableStream({
    start(controller) {
      controller.enqueue(large)
      controller.close()
    },
  })
  const chunked = { method: 'POST', headers: { 'content-type': THRIFT }, body: stream, duplex: 'half' } as RequestInit
  expect((await fetch(`${url}/api/traces`, chunked)).status).toBe(413)
})

test('what a client says it has lost is counted', async () => {
  const process = { serviceName: 'shop', processTags: [{ key: 'client-uuid', type: 'string', value: 'a1' }] } as const
  for (const [seqNo, lost] of [
    [1n, 5n],
    [4n, 12n],
  ] as const) {
    const body = batchBytes({ ...process, spans: [], seqNo, stats: [lost, 0n, 0n] }, 'binary')
    expect((await send(body)).status).toBe(202)
  }
  expect(await host.count('jaeger_agent_client_stats_spans_dropped_total', { cause: 'full-queue' })).toBe(7)
  expect(await host.count('jaeger_agent_client_stats_batches_sent_total')).toBe(3)
})

test('one connection serves many requests, bad ones in between', async () => {
  const { Agent, request } = await import('node:http')
  const agent = new Agent({ keepAlive: true, maxSockets: 1 })
  const sockets = new Set<unknown>()
  const good = numberedBatch(numberedSpans(1, 1), 'binary')
  for (const body of [good, good.subarray(0, 20), good]) {
    await new Promise<void>((resolve, reject) => {
      const call = request(
        `${url}/api/traces`,
        { method: 'POST', agent, headers: { 'content-type': THRIFT } },
        (answer) => {
          answer.resume().on('end', resolve)
        },
      )
      call.on('socket', (socket) => sockets.add(socket)).on('error', reject)
      call.end(body)
    })
  }
  agent.destroy()
  expect(sockets.size).toBe(1)
  expect(sink.accepted).toEqual([1, 1])
})
