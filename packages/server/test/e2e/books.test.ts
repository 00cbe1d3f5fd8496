// The books of the whole program: after good, partly refused, malformed and oversize requests over both protocols, the
// metrics balance, and every query API shows exactly the spans that were acknowledged.

import type { ClientHttp2Session } from 'node:http2'
import { rename } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { gzipSync } from 'node:zlib'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { SearchAnswer } from '@spoor/core/api/search'
import { decodeTraceColumns } from '@spoor/core/api/trace-columns'
import { numberedJson } from '@spoor/testkit/receiver-contract/otlp-json'
import { connectRaw, grpcFrame, rawCall } from '@spoor/testkit/receiver-contract/raw-grpc'
import { encodeNumbered, numberedSpans, type NumberedSpan } from '@spoor/testkit/receiver-contract/spans'
import { startSpoor, type Spoor } from '@spoor/testkit/spoor/start'
import { makeTrace, readSpanIds } from './otlp.ts'
import { scrape } from './scrape.ts'

const MAX_BYTES = 64 * 1024
const ROUNDS = 5
const SPANS = 40
/** In every second request, each fifth span has a trace id of zeros. */
const BAD_EVERY = 5
const PER_ROUND_REFUSED = SPANS / BAD_EVERY
/** The spans' times, and an hour around them. */
const START_US = 1_790_000_000_000_000
const RANGE = `start=${START_US - 3_600_000_000}&end=${START_US + 3_600_000_000}`

let spoor: Spoor
let grpc: ClientHttp2Session
/** Span ids by service: what was acknowledged. */
const acknowledged = new Map<string, string[]>()
let lastNumber = 0

beforeAll(async () => {
  const limit = String(MAX_BYTES)
  spoor = await startSpoor({
    args: [`--otlp.grpc.max-message-size=${limit}`, `--otlp.http.max-body-size=${limit}`],
  })
  grpc = await connectRaw(spoor.url.otlpGrpc.slice('http://'.length))
})
afterAll(async () => {
  grpc?.close()
  await spoor?.stop()
})

function take(service: string, badEvery: number): readonly NumberedSpan[] {
  const spans = numberedSpans(lastNumber + 1, SPANS, badEvery)
  lastNumber += SPANS
  const ids = spans.filter(({ bad }) => !bad).map(({ number }) => `50000000${number.toString(16).padStart(8, '0')}`)
  acknowledged.set(service, [...(acknowledged.get(service) ?? []), ...ids])
  return spans
}

async function call(body: Uint8Array, flag = 0): Promise<readonly [number, number]> {
  const headers = flag === 0 ? {} : { 'grpc-encoding': 'gzip' }
  const { grpcStatus, body: answer } = await rawCall(grpc, grpcFrame(body, flag), headers).answer
  return [grpcStatus, answer.byteLength]
}

async function post(body: Uint8Array | string, headers: Readonly<Record<string, string>> = {}): Promise<number> {
  const type = typeof body === 'string' ? 'application/json' : 'application/x-protobuf'
  const answer = await fetch(`${spoor.url.otlpHttp}/v1/traces`, {
    method: 'POST',
    headers: { 'content-type': type, ...headers },
    body: typeof body === 'string' ? body : Uint8Array.from(body),
  })
  await answer.arrayBuffer()
  return answer.status
}

/** Good and partly refused requests, and between them what no receiver may take. */
async function grpcRound(): Promise<void> {
  const good = encodeNumbered(take('books-grpc', 0), 'books-grpc')
  expect(await call(good)).toEqual([0, 5])
  const [status, bytes] = await call(gzipSync(encodeNumbered(take('books-grpc', BAD_EVERY), 'books-grpc')), 1)
  expect([status, bytes > 5]).toEqual([0, true])
  expect(await call(good.subarray(0, good.byteLength - 3))).toEqual([3, 0])
  expect(await call(Buffer.from('no gzip at all'), 1)).toEqual([13, 0])
  expect(await call(Buffer.alloc(MAX_BYTES + 1))).toEqual([8, 0])
}

async function httpRound(): Promise<void> {
  const good = encodeNumbered(take('books-http', 0), 'books-http')
  expect(await post(good)).toBe(200)
  expect(await post(numberedJson(take('books-http', BAD_EVERY), 'books-http'))).toBe(200)
  expect(await post(good.subarray(0, good.byteLength - 3))).toBe(400)
  expect(await post('{"resourceSpans":[{')).toBe(400)
  expect(await post(Buffer.from('no gzip at all'), { 'content-encoding': 'gzip' })).toBe(400)
  expect(await post(good, { 'content-type': 'text/csv' })).toBe(415)
  expect(await post(Buffer.alloc(MAX_BYTES + 1))).toBe(413)
}

async function json<T>(path: string): Promise<T> {
  const answer = await fetch(`${spoor.url.query}${path}`)
  expect(answer.status, path).toBe(200)
  return (await answer.json()) as T
}

interface V1 {
  readonly data: readonly { readonly traceID: string; readonly spans: readonly { readonly spanID: string }[] }[]
}

const spanIds = (answer: V1): string[] =>
  answer.data.flatMap(({ spans }) => spans.map(({ spanID }) => spanID)).toSorted()

async function expectShown(service: string): Promise<void> {
  const stored = (acknowledged.get(service) ?? []).toSorted()
  const query = `service=${service}&${RANGE}&limit=1500`
  const found = await json<V1>(`/api/traces?${query}`)
  expect(spanIds(found)).toEqual(stored)
  const summaries = await json<SearchAnswer>(`/api/x/v1/search?${query}`)
  expect(summaries.traces.reduce((sum, { spanCount }) => sum + spanCount, 0)).toBe(stored.length)
  expect(summaries.traces.map(({ traceId }) => traceId)).toEqual(found.data.map(({ traceID }) => traceID))
  const columns: string[] = []
  for (const { traceID, spans } of found.data) {
    expect(spanIds(await json<V1>(`/api/traces/${traceID}`))).toEqual(spans.map(({ spanID }) => spanID).toSorted())
    const answer = await fetch(`${spoor.url.query}/api/x/v1/traces/${traceID}/columns`)
    const { ids, spanCount } = decodeTraceColumns(await answer.arrayBuffer())
    for (let row = 0; row < spanCount; row++)
      columns.push(Buffer.from(ids.subarray(row * 16, row * 16 + 8)).toString('hex'))
  }
  expect(columns.toSorted()).toEqual(stored)
  const names = Array.from({ length: 7 }, (_, i) => `operation-${i}`)
  expect((await json<{ data: string[] }>(`/api/services/${service}/operations`)).data.toSorted()).toEqual(names)
  const operations = await json<{ data: object[] }>(`/api/operations?service=${service}`)
  expect(operations.data).toHaveLength(names.length)
  expect(operations.data).toEqual(expect.arrayContaining(names.map((name) => ({ name, spanKind: 'server' }))))
}

test('received = stored + refused + in flight, by receiver and service, and every query API shows what was stored', async () => {
  for (let round = 0; round < ROUNDS; round++) await Promise.all([grpcRound(), httpRound()])

  const count = await scrape(spoor.url.admin)
  for (const transport of ['grpc', 'http']) {
    const receiver = `otlp-${transport}`
    const svc = `books-${transport}`
    const received = count('jaeger_collector_spans_received_total', { svc, format: 'otlp', transport })
    const stored = count('spoor_spans_stored_total', { receiver })
    const refused = count('spoor_spans_refused_total', { receiver })
    expect(received, receiver).toBe(ROUNDS * 2 * SPANS)
    expect(stored, receiver).toBe(acknowledged.get(svc)?.length)
    expect(refused, receiver).toBe(ROUNDS * PER_ROUND_REFUSED)
    expect(received, receiver).toBe(stored + refused + count('spoor_ingest_in_flight_spans'))
    expect(count('spoor_spans_refused_total', { receiver, reason: 'trace_id_zero' })).toBe(refused)
    expect(count('jaeger_collector_spans_saved_by_svc_total', { svc, result: 'ok' })).toBe(stored)
    expect(count('jaeger_collector_spans_saved_by_svc_total', { svc, result: 'err' })).toBe(refused)
  }
  const requests = (receiver: string, code: string): number => count('spoor_requests_total', { receiver, code })
  expect(['ok', 'bad_protobuf', 'bad_compression', 'message_size'].map((code) => requests('otlp-grpc', code))).toEqual(
    [2, 1, 1, 1].map((times) => times * ROUNDS),
  )
  expect(
    ['ok', 'bad_protobuf', 'bad_json', 'bad_compression', 'unsupported_content_type', 'body_size'].map((code) =>
      requests('otlp-http', code),
    ),
  ).toEqual([2, 1, 1, 1, 1, 1].map((times) => times * ROUNDS))
  expect(count('spoor_requests_total')).toBe(ROUNDS * (5 + 7))
  expect(count('spoor_body_budget_used_bytes')).toBe(0)

  expect((await json<{ data: string[] }>('/api/services')).data).toEqual(['books-grpc', 'books-http'])
  await expectShown('books-grpc')
  await expectShown('books-http')
  expect(spoor.output()).not.toMatch(/"level":"(warn|error|fatal)"/)
})

/** As an exporter does it: again while it is asked to come again. The number of times it was turned away. */
async function sendUntilTaken(base: string, resourceSpans: object, onTurnedAway: () => Promise<void>): Promise<number> {
  for (let turnedAway = 0; ; turnedAway++) {
    const answer = await fetch(`${base}/v1/traces`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ resourceSpans: [resourceSpans] }),
    })
    const text = await answer.text()
    if (answer.status === 200) return turnedAway
    expect([answer.status, text]).toEqual([429, expect.stringContaining('google.rpc.RetryInfo')])
    expect(Number(answer.headers.get('retry-after'))).toBeGreaterThanOrEqual(1)
    await onTurnedAway()
    await delay(20) // sooner than asked: the test is impatient
  }
}

test('a full store turns requests away with a time to come again, counts them, and keeps each span once', async () => {
  // Nothing can be sealed while the folder of the segments is away, so two small heads are soon full.
  const full = await startSpoor({ args: ['--segments.head-spans=64'] })
  const segments = join(full.dataDir, 'segments')
  try {
    await rename(segments, `${segments}.away`)
    let back: Promise<void> | undefined
    const giveBack = (): Promise<void> => (back ??= rename(`${segments}.away`, segments))
    const traces = Array.from({ length: 6 }, () => makeTrace({ service: 'full', spans: SPANS }))
    const turnedAway = await Promise.all(
      traces.map(async ({ resourceSpans }) => await sendUntilTaken(full.url.otlpHttp, resourceSpans, giveBack)),
    )
    const times = turnedAway.reduce((sum, one) => sum + one, 0)
    expect(times).toBeGreaterThan(0)
    const count = await scrape(full.url.admin)
    expect(count('jaeger_collector_spans_received_total', { svc: 'full' })).toBe((traces.length + times) * SPANS)
    expect(count('spoor_spans_stored_total', { receiver: 'otlp-http' })).toBe(traces.length * SPANS)
    expect(count('spoor_spans_refused_total', { receiver: 'otlp-http', reason: 'head_full' })).toBe(times * SPANS)
    expect(count('spoor_spans_refused_total')).toBe(times * SPANS)
    for (const { sent } of traces) {
      expect(await readSpanIds(full.url.query, sent.traceId)).toEqual(sent.spanIds.toSorted())
    }
  } finally {
    await full.stop()
  }
})
