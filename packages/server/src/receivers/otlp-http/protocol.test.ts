// HTTP's rules and OTLP's on top of them, one by one, over raw sockets where a client library would not misbehave.

import { connect } from 'node:net'
import { once } from 'node:events'
import { deflateSync, gzipSync, zstdCompressSync } from 'node:zlib'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { createTestHost, type TestHost } from '@spoor/testkit/receiver-contract/host'
import { numberedJson } from '@spoor/testkit/receiver-contract/otlp-json'
import { createSink, type Sink } from '@spoor/testkit/receiver-contract/sink'
import { encodeNumbered, numberedSpans } from '@spoor/testkit/receiver-contract/spans'
import type { Receiver } from '../api/receiver.ts'
import type { OtlpHttpConfig } from './config.ts'
import { createOtlpHttpReceiver } from './receiver.ts'

const MAX_BODY = 1 << 20
const CONFIG: OtlpHttpConfig = {
  listen: { host: '127.0.0.1', port: 0 },
  maxBodyBytes: MAX_BODY,
  readHeaderTimeoutMs: 2000,
  readTimeoutMs: 10_000,
  idleTimeoutMs: 120_000,
  corsAllowedOrigins: [],
  corsAllowedHeaders: [],
}
const BODY = Buffer.from(encodeNumbered(numberedSpans(1, 10)))
const PROTOBUF = { 'content-type': 'application/x-protobuf' }
const JSON_TYPE = { 'content-type': 'application/json' }

let sink: Sink
let host: TestHost
let receiver: Receiver
let address: string

async function start(config: Partial<OtlpHttpConfig> = {}, budgetBytes?: number): Promise<void> {
  sink = createSink()
  host = createTestHost(sink, budgetBytes)
  receiver = createOtlpHttpReceiver({ ...CONFIG, ...config }, host)
  const [listening] = await receiver.start()
  address = listening?.address ?? ''
}

async function restart(config: Partial<OtlpHttpConfig>, budgetBytes?: number): Promise<void> {
  await receiver.stop()
  await start(config, budgetBytes)
}

beforeEach(async () => {
  await start()
})

afterEach(async () => {
  sink.release()
  await receiver.stop()
  expect(host.budget.usedBytes).toBe(0)
  expect(host.complaints).toEqual([])
})

interface Answer {
  readonly status: number
  readonly headers: Headers
  readonly body: Buffer
}

async function post(
  body: string | Buffer<ArrayBuffer>,
  headers: Record<string, string>,
  init: RequestInit = {},
): Promise<Answer> {
  const response = await fetch(`http://${address}/v1/traces`, { method: 'POST', headers, body, ...init })
  return { status: response.status, headers: response.headers, body: Buffer.from(await response.arrayBuffer()) }
}

/** A body whose length nobody declares. */
function inChunks(pieces: readonly Uint8Array<ArrayBuffer>[]): RequestInit {
  const body = new ReadableStream<Uint8Array<ArrayBuffer>>({
    start(controller) {
      for (const piece of pieces) controller.enqueue(piece)
      controller.close()
    },
  })
  return { body, duplex: 'half' } as RequestInit
}

/** Writes the pieces to a socket, and resolves with all that came back once the server closed it. */
async function raw(...pieces: readonly (string | Buffer)[]): Promise<string> {
  const port = Number(address.split(':').at(-1))
  const socket = connect(port, '127.0.0.1')
  socket.on('error', () => {}) // a reset ends it as well
  let text = ''
  socket.on('data', (chunk) => {
    text += chunk.toString('latin1')
  })
  for (const piece of pieces) socket.write(piece)
  await once(socket, 'close')
  return text
}

async function code(reason: string): Promise<number> {
  return await host.count('spoor_requests_total', { receiver: 'otlp-http', code: reason })
}

async function goodNeighbour(): Promise<void> {
  const before = sink.accepted.length
  expect(await post(BODY, PROTOBUF)).toMatchObject({ status: 200 })
  expect(sink.accepted.length).toBe(before + 10)
}

describe('a good request', () => {
  it('is answered empty, in its own encoding', async () => {
    const protobuf = await post(BODY, PROTOBUF)
    expect(protobuf).toMatchObject({ status: 200, body: Buffer.alloc(0) })
    expect(protobuf.headers.get('content-type')).toBe('application/x-protobuf')
    const json = await post(numberedJson(numberedSpans(11, 10)), { 'content-type': 'application/json; charset=utf-8' })
    expect(json).toMatchObject({ status: 200, body: Buffer.from('{}') })
    expect(json.headers.get('content-type')).toBe('application/json')
    expect(sink.accepted).toEqual(numberedSpans(1, 20).map((span) => span.number))
    expect(await code('ok')).toBe(2)
  })

  it.each([
    ['gzip', gzipSync(BODY)],
    ['x-gzip', gzipSync(BODY)],
    ['deflate', deflateSync(BODY)],
    ['zstd', zstdCompressSync(BODY)],
    ['identity', BODY],
  ])('may be encoded as %s', async (encoding, body) => {
    expect(await post(body, { ...PROTOBUF, 'content-encoding': encoding })).toMatchObject({ status: 200 })
    expect(sink.accepted.length).toBe(10)
  })

  it('may be large, compressed and come in chunks', async () => {
    const spans = numberedSpans(1, 5000)
    const plain = encodeNumbered(spans)
    await restart({ maxBodyBytes: plain.byteLength })
    const count = Math.ceil(plain.byteLength / 10_000)
    const pieces = Array.from({ length: count }, (_, i) => plain.slice(i * 10_000, (i + 1) * 10_000))
    expect(await post('', PROTOBUF, inChunks(pieces))).toMatchObject({ status: 200 })
    expect(await post(gzipSync(plain, { level: 0 }), { ...PROTOBUF, 'content-encoding': 'gzip' })).toMatchObject({
      status: 413,
    })
    expect(await post(gzipSync(plain), { ...PROTOBUF, 'content-encoding': 'gzip' })).toMatchObject({ status: 200 })
    expect(sink.accepted.length).toBe(10_000)
  })
})

describe('as real Jaegers answer', () => {
  it.each([
    ['an empty protobuf body', '', PROTOBUF, 200, ''],
    ['an empty JSON body', '', JSON_TYPE, 400, undefined],
    ['an empty JSON object', '{}', JSON_TYPE, 200, '{}'],
    ['a JSON list', '[]', JSON_TYPE, 400, undefined],
    ['half a JSON object', '{', JSON_TYPE, 400, undefined],
    [
      'a trace id that is no hex',
      '{"resourceSpans":[{"scopeSpans":[{"spans":[{"traceId":"zz"}]}]}]}',
      JSON_TYPE,
      400,
      undefined,
    ],
    [
      'no content type',
      BODY,
      {},
      415,
      '415 unsupported media type, supported: [application/json, application/x-protobuf]',
    ],
    ['octet-stream', BODY, { 'content-type': 'application/octet-stream' }, 415, undefined],
    ['brotli', BODY, { ...PROTOBUF, 'content-encoding': 'br' }, 400, undefined],
    ['gzip cut short', gzipSync(BODY).subarray(0, -9), { ...PROTOBUF, 'content-encoding': 'gzip' }, 400, undefined],
    ['protobuf cut short', BODY.subarray(0, -5), PROTOBUF, 400, undefined],
  ])('%s', async (_, body, headers, status, text) => {
    const answer = await post(body, headers)
    expect(answer.status).toBe(status)
    if (text !== undefined) expect(answer.body.toString()).toBe(text)
    if (status !== 400) return
    // google.rpc.Status, code 3 (INVALID_ARGUMENT), in the request's encoding.
    if (headers === JSON_TYPE) expect(JSON.parse(answer.body.toString())).toMatchObject({ code: 3, message: /./ })
    else expect(answer.body.subarray(0, 3)).toEqual(Buffer.from('080312', 'hex'))
  })

  it.each(['GET', 'PUT', 'DELETE', 'OPTIONS'])('%s is not allowed', async (method) => {
    const response = await fetch(`http://${address}/v1/traces`, { method })
    expect(response.status).toBe(405)
    expect(response.headers.get('allow')).toBe('POST')
    expect(await response.text()).toBe('405 method not allowed, supported: [POST]')
  })

  it.each(['/', '/v1/traces/', '/v1/metrics', '/v1/logs', '/V1/traces'])('%s is not found', async (path) => {
    const response = await fetch(`http://${address}${path}`, { method: 'POST', headers: PROTOBUF, body: BODY })
    expect(response.status).toBe(404)
    expect(await response.text()).toBe('404 page not found\n')
  })
})

describe('limits', () => {
  it('refuses a declared length over the limit, and the sender can read why', async () => {
    const answer = await post(Buffer.alloc(MAX_BODY + 1), PROTOBUF)
    expect(answer.status).toBe(413)
    expect(answer.body.toString('latin1')).toContain(`request body is over the limit of ${MAX_BODY} bytes`)
    expect(await code('body_size')).toBe(1)
    await goodNeighbour()
  })

  it('refuses chunks over the limit', async () => {
    const pieces = Array.from({ length: 20 }, () => new Uint8Array(100_000))
    const answer = await post('', PROTOBUF, inChunks(pieces))
    expect(answer.status).toBe(413)
    await goodNeighbour()
  })

  it('refuses with a time to come back when no memory is left for bodies', async () => {
    await restart({}, BODY.byteLength)
    sink.mode = 'held'
    const first = post(BODY, PROTOBUF)
    await sink.waitForHeld(1)
    const second = await post(BODY, PROTOBUF)
    expect(second.status).toBe(429)
    expect(second.headers.get('retry-after')).toBe('1')
    expect(await code('body_budget')).toBe(1)
    sink.release()
    expect(await first).toMatchObject({ status: 200 })
  })

  it('refuses headers that are too large', async () => {
    const answer = await raw(`POST /v1/traces HTTP/1.1\r\nHost: x\r\nX-Long: ${'a'.repeat(20_000)}\r\n\r\n`)
    expect(answer).toMatch(/^HTTP\/1.1 431 /)
    expect(await code('header_size')).toBe(1)
    await goodNeighbour()
  })

  it('waits for headers and for a body only so long', async () => {
    await restart({ readHeaderTimeoutMs: 100, readTimeoutMs: 200 })
    const head = 'POST /v1/traces HTTP/1.1\r\nHost: x\r\nContent-Type: application/x-protobuf\r\n'
    expect(await raw(head)).toMatch(/^HTTP\/1.1 408 /)
    expect(await raw(`${head}Content-Length: ${BODY.byteLength}\r\n\r\n`, BODY.subarray(0, 50))).toMatch(
      /^HTTP\/1.1 408 /,
    )
    expect(await code('body_timeout')).toBe(2)
    await goodNeighbour()
  })
})

describe('broken requests', () => {
  it.each([
    ['no HTTP', 'hello\r\n\r\n'],
    ['two lengths', 'POST /v1/traces HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\nContent-Length: 4\r\n\r\nabcd'],
    [
      'length and chunks',
      'POST /v1/traces HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n',
    ],
    ['a length that is none', 'POST /v1/traces HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n'],
    ['an HTTP/2 preface', 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'],
  ])('%s', async (_, text) => {
    expect(await raw(text)).toMatch(/^HTTP\/1.1 400 /)
    expect(await code('protocol_error')).toBe(1)
    await goodNeighbour()
  })

  it('counts a body that stops in the middle', async () => {
    const port = Number(address.split(':').at(-1))
    const socket = connect(port, '127.0.0.1')
    socket.write(
      'POST /v1/traces HTTP/1.1\r\nHost: x\r\nContent-Type: application/x-protobuf\r\nContent-Length: 1000\r\n\r\nabc',
    )
    await expect.poll(() => host.budget.usedBytes).toBe(1000)
    socket.resetAndDestroy()
    await expect.poll(() => code('cut_short')).toBe(1)
    expect(host.budget.usedBytes).toBe(0)
    await goodNeighbour()
  })
})

describe('cross-origin requests', () => {
  const preflight = (origin: string, headers: string): Promise<Response> =>
    fetch(`http://${address}/v1/traces`, {
      method: 'OPTIONS',
      headers: { origin, 'access-control-request-method': 'POST', 'access-control-request-headers': headers },
    })

  it('are allowed to the origins and headers that the configuration names', async () => {
    await restart({ corsAllowedOrigins: ['https://*.example.com'], corsAllowedHeaders: ['X-Team'] })
    const good = await preflight('https://shop.example.com', 'content-type, x-team')
    expect(good.status).toBe(204)
    expect(good.headers.get('access-control-allow-origin')).toBe('https://shop.example.com')
    expect(good.headers.get('access-control-allow-methods')).toBe('POST')
    expect(good.headers.get('access-control-allow-headers')).toBe('content-type, x-team')
    for (const bad of [
      await preflight('https://example.org', 'content-type'),
      await preflight('https://shop.example.com', 'x-other'),
      await preflight('https://shopXexample.com', 'content-type'),
    ]) {
      expect(bad.status).toBe(204)
      expect(bad.headers.get('access-control-allow-origin')).toBeNull()
    }
    const answer = await post(BODY, { ...PROTOBUF, origin: 'https://shop.example.com' })
    expect(answer.headers.get('access-control-allow-origin')).toBe('https://shop.example.com')
    expect(answer.headers.get('vary')).toBe('Origin')
  })

  it('are not answered where no origin is allowed', async () => {
    const answer = await preflight('https://shop.example.com', 'content-type')
    expect(answer.status).toBe(405)
    expect(answer.headers.get('access-control-allow-origin')).toBeNull()
  })
})
