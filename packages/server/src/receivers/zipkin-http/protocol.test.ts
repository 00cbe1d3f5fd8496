// What 9411 answers: statuses as Jaeger 1.57 gave them to recorded requests but for the listed ones, paths and methods, gzip,
// cross-origin rules, and connections that stay open or not.

import { readFileSync } from 'node:fs'
import { connect } from 'node:net'
import { join } from 'node:path'
import { brotliDecompressSync, gzipSync } from 'node:zlib'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { createTestHost, type TestHost } from '@spoor/testkit/receiver-contract/host'
import { createSink, type Sink } from '@spoor/testkit/receiver-contract/sink'
import { numberedSpans } from '@spoor/testkit/receiver-contract/spans'
import { ZIPKIN_FORMS } from '@spoor/testkit/receiver-contract/zipkin'
import type { Receiver } from '../api/receiver.ts'
import type { ZipkinHttpConfig } from './config.ts'
import { createZipkinHttpReceiver } from './receiver.ts'

const ANSWERS = join(import.meta.dirname, '../../../test/golden/answers/zipkin.json.br')
const CONFIG: ZipkinHttpConfig = {
  listen: { host: '127.0.0.1', port: 0 },
  maxBodyBytes: 1 << 20,
  readHeaderTimeoutMs: 2000,
  readTimeoutMs: 10_000,
  idleTimeoutMs: 120_000,
  keepAlive: true,
  corsAllowedOrigins: ['*'],
  corsAllowedHeaders: ['content-type'],
}
const BODY = new Uint8Array(ZIPKIN_FORMS['v2-json'].encode(numberedSpans(1, 3)))

interface RecordedRequest {
  readonly request: string
  readonly requestHeaders?: Readonly<Record<string, string>>
  readonly requestBody?: string
  readonly requestBodyBase64?: string
  readonly status: number
}

let sink: Sink
let host: TestHost
let receiver: Receiver
let base: string

async function start(config: Partial<ZipkinHttpConfig> = {}): Promise<void> {
  receiver = createZipkinHttpReceiver({ ...CONFIG, ...config }, host)
  const [listening] = await receiver.start()
  base = `http://${listening?.address}`
}

beforeEach(() => {
  sink = createSink()
  host = createTestHost(sink)
})

afterEach(async () => {
  await receiver.stop()
  expect(host.budget.usedBytes).toBe(0)
  expect(host.complaints).toEqual([])
})

it('answers recorded requests with the status of Jaeger 1.57, but for the listed ones', async () => {
  await start()
  const { errors } = JSON.parse(brotliDecompressSync(readFileSync(ANSWERS)).toString()) as { errors: RecordedRequest[] }
  const others: string[] = []
  for (const { request, requestHeaders = {}, requestBody, requestBodyBase64, status } of errors) {
    const [method = '', path = ''] = request.split(' ')
    const body = requestBodyBase64 === undefined ? requestBody : Buffer.from(requestBodyBase64, 'base64')
    const response = await fetch(base + path, {
      method,
      headers: requestHeaders,
      ...(method === 'POST' && { body: body ?? '' }),
    })
    const text = await response.text()
    if (response.status !== status) others.push(`${method} ${path} ${status} ${response.status}`)
    else if (status === 400) expect(text).toMatch(/^[^\n]+\n$/)
    else expect([status, text]).toEqual([202, ''])
  }
  expect(errors.length).toBeGreaterThan(60)
  expect([...new Set(others)].toSorted()).toEqual([
    'GET / 400 404',
    'GET /api/v1/unknown 400 404',
    'GET /api/v2/services 400 404',
    'GET /api/v2/spans 400 405',
    'GET /api/v2/spans/ 400 404',
    'GET /api/v2/traces 400 404',
    'GET /health 400 404',
    'OPTIONS /api/v2/spans 400 405',
    // Booleans as values, as Zipkin's own library writes them.
    'POST /api/v1/spans 400 202',
    'PUT /api/v2/spans 400 405',
  ])
})

it('takes gzip, and says what is wrong with a body that is none', async () => {
  await start()
  const headers = { 'content-type': 'application/json', 'content-encoding': 'gzip' }
  const good = await fetch(`${base}/api/v2/spans`, { method: 'POST', headers, body: gzipSync(BODY) })
  expect([good.status, await good.text()]).toEqual([202, ''])
  expect(sink.accepted).toEqual([1, 2, 3])
  const bad = await fetch(`${base}/api/v2/spans`, { method: 'POST', headers, body: BODY })
  expect([bad.status, await bad.text()]).toEqual([400, expect.stringContaining('gzip')])
})

it('lets pages of any origin send, without cookies, unless it is told which', async () => {
  await start()
  const asked = { origin: 'https://shop.example', 'access-control-request-method': 'POST' }
  const preflight = await fetch(`${base}/api/v2/spans`, {
    method: 'OPTIONS',
    headers: { ...asked, 'access-control-request-headers': 'content-type' },
  })
  expect(preflight.status).toBe(204)
  expect(preflight.headers.get('access-control-allow-origin')).toBe('https://shop.example')
  expect(preflight.headers.get('access-control-allow-methods')).toBe('POST')
  expect(preflight.headers.get('access-control-allow-headers')).toBe('content-type')
  expect(preflight.headers.get('access-control-allow-credentials')).toBeNull()
  const sent = await fetch(`${base}/api/v2/spans`, {
    method: 'POST',
    headers: { origin: asked.origin, 'content-type': 'application/json' },
    body: BODY,
  })
  expect([sent.status, sent.headers.get('access-control-allow-origin')]).toEqual([202, 'https://shop.example'])
  await receiver.stop()
  await start({ corsAllowedOrigins: ['https://*.example'] })
  const other = await fetch(`${base}/api/v2/spans`, {
    method: 'OPTIONS',
    headers: { ...asked, origin: 'https://else.test' },
  })
  expect(other.headers.get('access-control-allow-origin')).toBeNull()
})

it.each([true, false])('with keep-alive %s, a connection outlives its request or not', async (keepAlive) => {
  await start({ keepAlive })
  const socket = connect(Number(base.split(':').at(-1)), '127.0.0.1')
  let text = ''
  socket.on('data', (chunk) => (text += chunk.toString('latin1')))
  const head = `POST /api/v2/spans HTTP/1.1\r\nHost: x\r\nContent-Length: ${BODY.length}\r\n\r\n`
  socket.write(Buffer.concat([Buffer.from(head), BODY]))
  const answers = (): number => text.split('HTTP/1.1 202').length - 1
  await expect.poll(answers).toBe(1)
  if (keepAlive) {
    socket.write(Buffer.concat([Buffer.from(head), BODY]))
    await expect.poll(answers).toBe(2)
    socket.destroy()
  } else {
    expect(text.toLowerCase()).toContain('connection: close')
    await expect.poll(() => socket.readableEnded).toBe(true)
  }
})

it('counts the spans that the store refuses, and tells the sender which reasons there were', async () => {
  await start()
  const body = new Uint8Array(ZIPKIN_FORMS['v2-json'].encode(numberedSpans(1, 4, 2)))
  const response = await fetch(`${base}/api/v2/spans`, { method: 'POST', body })
  expect([response.status, await response.text()]).toEqual([202, '2 of 4 spans refused: trace_id_zero (2)\n'])
  expect(await host.count('spoor_spans_refused_total', { receiver: 'zipkin-http', reason: 'trace_id_zero' })).toBe(2)
})
