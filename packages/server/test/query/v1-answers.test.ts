// What Jaeger's v1 API answers beside services and traces: dependencies, transform, metrics; and what Spoor's own API shows
// of adjusted traces. Over real HTTP.

import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { spanDetailAnswerSchema, type SpanDetail } from '@spoor/core/api/span-detail'
import {
  decodeTraceColumns,
  FLAG_DEBUG,
  FLAG_FIREHOSE,
  FLAG_WARNINGS,
  type TraceColumns,
} from '@spoor/core/api/trace-columns'
import { internalAttributes } from '@spoor/core/formats/jaeger-json'
import type { Span } from '@spoor/core/model/span'
import * as v from 'valibot'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { DependencyLink, SpanReader } from '../../src/storage/api/store.ts'
import { compareAnswers } from '../golden/compare.ts'
import { getJson, serve, type Served } from './serve.ts'
import { makeSpan, spanId, storeOf, T0 } from './spans.ts'

interface Envelope {
  readonly data: readonly Record<string, unknown>[] | null
  readonly total: number
  readonly errors: readonly { readonly code: number; readonly msg: string }[] | null
}

const T0_MS = T0 / 1_000_000n
const SHARED = spanId(1)
const CLIENT = makeSpan({ kind: 3, spanId: SHARED, startNs: T0, endNs: T0 + 100_000n })
const SERVER = makeSpan({
  kind: 2,
  spanId: SHARED,
  startNs: T0 - 200_000n,
  endNs: T0 - 180_000n,
  attributes: internalAttributes(11, ['a word from the collector']),
  events: [{ timeUnixNano: T0 - 190_000n, name: 'e', attributes: [], droppedAttributesCount: 0 }],
})
/** Inside the server half once that is shifted. */
const BELOW = makeSpan({
  spanId: spanId(9),
  parentSpanId: SHARED,
  startNs: T0 + 45_000n,
  endNs: T0 + 45_001n,
  service: 'stock',
})
/** The first id that nobody has. */
const GIVEN = '0000000000000001'
/** (100 - 20) / 2 µs after the client's start. */
const SHIFT_NS = 240_000

const LINKS: readonly DependencyLink[] = [
  { parent: 'a', child: 'b', callCount: 2, errorCount: 1 },
  { parent: 'b', child: 'c', callCount: 5, errorCount: 0 },
  { parent: 'a', child: 'b', callCount: 3, errorCount: 0 },
]

const asked: (readonly [bigint, bigint])[] = []
let served: Served
beforeAll(async () => {
  const reader: SpanReader = Object.assign(storeOf([CLIENT, SERVER, BELOW, BELOW] satisfies Span[]), {
    async dependencies(_tenant: string, from: bigint, to: bigint): Promise<readonly DependencyLink[]> {
      asked.push([from, to])
      return await Promise.resolve(LINKS)
    },
  })
  served = await serve(reader)
})
afterAll(async () => await served.stop())

async function get(path: string): Promise<{ readonly status: number; readonly body: Envelope }> {
  const { status, body } = await getJson(served.url + path)
  return { status, body: body as Envelope }
}

describe('/api/dependencies', () => {
  test('each pair once, summed, in the range that the parameters name', async () => {
    const { body } = await get(`/api/dependencies?endTs=${T0_MS}&lookback=60000`)
    const data = [
      { parent: 'a', child: 'b', callCount: 5 },
      { parent: 'b', child: 'c', callCount: 5 },
    ]
    expect(body).toEqual({ data, total: 0, limit: 0, offset: 0, errors: null })
    expect(asked.at(-1)).toEqual([T0 - 60_000_000_000n, T0 + 999_999n])
  })

  test('a day up to now where nothing is said', async () => {
    await get('/api/dependencies')
    const [from = 0n, to = 0n] = asked.at(-1) ?? []
    expect(to - from).toBe(86_400_000_999_999n)
    expect(to).toBeGreaterThan(T0)
  })

  test('of one service, whoever calls', async () => {
    const names = async (service: string): Promise<unknown> =>
      (await get(`/api/dependencies?endTs=${T0_MS}&service=${service}`)).body.data?.map(({ parent }) => parent)
    expect([await names('c'), await names('b'), await names('x')]).toEqual([['b'], ['a', 'b'], []])
  })

  test.each(['endTs', 'lookback'])('a wrong %s is refused in the words of Jaeger', async (name) => {
    const { status, body } = await get(`/api/dependencies?${name}=abc`)
    const msg = `unable to parse param '${name}': strconv.ParseInt: parsing "abc": invalid syntax`
    expect([status, body.errors]).toEqual([400, [{ code: 400, msg }]])
  })

  test('no time is no calls; prettyPrint takes any word but false', async () => {
    const { body } = await get('/api/dependencies?lookback=-5')
    expect(body.data).toEqual([])
    const { text } = await getJson(`${served.url}/api/dependencies?prettyPrint=1`)
    expect(text).toContain('\n            "parent": "a",')
    const flat = await getJson(`${served.url}/api/dependencies?prettyPrint=false`)
    expect(flat.text).not.toContain('\n')
  })
})

describe('/api/transform', () => {
  const post = async (body: string | Uint8Array<ArrayBuffer>, type?: string): Promise<Response> =>
    await fetch(`${served.url}/api/transform`, {
      method: 'POST',
      body,
      ...(type && { headers: { 'content-type': type } }),
    })

  interface Recorded {
    readonly requestBody: string
    readonly status: number
    readonly body: Envelope
  }
  const file = join(import.meta.dirname, '../golden/answers/transform.json')
  const recorded = JSON.parse(readFileSync(file, 'utf8')) as readonly Recorded[]

  test.each(recorded)('as Jaeger 1.57, but 400 where it says 500: %#', async ({ requestBody, status, body }) => {
    const response = await post(requestBody, 'application/json')
    const answer = (await response.json()) as Envelope
    expect(response.status).toBe(status === 500 ? 400 : status)
    if (status !== 200) {
      expect(answer.errors?.[0]?.msg).toMatch(/^cannot unmarshal OTLP : /)
      return
    }
    // Bytes and flags differ as in stored traces; see golden/differences.ts.
    const found = compareAnswers('', body, answer).filter(({ path }) => !/\/(?:flags|type|warnings\/0)$/.test(path))
    expect(found).toEqual([])
  })

  test('any content type, none, no body, a large one', async () => {
    expect((await post('{}', 'text/plain')).status).toBe(200)
    expect((await post(new TextEncoder().encode('{}'))).status).toBe(200)
    expect((await post('')).status).toBe(400)
    expect((await post(' '.repeat(2 ** 24 + 1))).status).toBe(413)
    expect((await post(`${' '.repeat(2 ** 21)}{}`)).status).toBe(200)
    expect((await fetch(`${served.url}/api/transform`)).status).toBe(405)
  })
})

test('metrics are 501', async () => {
  for (const name of ['latencies', 'calls', 'errors', 'minstep']) {
    const { status, body } = await get(`/api/metrics/${name}?service=a`)
    expect([status, body.errors]).toEqual([501, [{ code: 501, msg: 'metrics querying is currently disabled' }]])
  }
})

describe("Spoor's own API", () => {
  const path = `/api/x/v1/traces/${CLIENT.traceId}`
  const columns = async (query: string): Promise<TraceColumns> =>
    decodeTraceColumns(await (await fetch(`${served.url}${path}/columns${query}`)).arrayBuffer())
  const details = async (id: string, query = ''): Promise<SpanDetail[]> =>
    v.parse(spanDetailAnswerSchema, (await getJson(`${served.url}${path}/spans/${id}${query}`)).body).spans
  const idAt = ({ ids }: TraceColumns, row: number, at = 0): string =>
    Buffer.from(ids.subarray(row * 16 + at, row * 16 + at + 8)).toString('hex')

  test('columns are adjusted; skew is off, and what it would do is said', async () => {
    const c = await columns('')
    expect(c.spanCount).toBe(3)
    expect(c.clockSkew).toEqual({ maxNs: 0, skewedSpans: 2, shiftedSpans: 0, largestNs: SHIFT_NS })
    expect([c.shift.length, c.start[1]]).toEqual([0, 0])
    expect([idAt(c, 1), idAt(c, 1, 8), idAt(c, 2, 8)]).toEqual([GIVEN, SHARED, GIVEN])
    expect(c.flags[1]).toBe(FLAG_DEBUG | FLAG_FIREHOSE | FLAG_WARNINGS)
    expect(c.flags[0]).toBe(0)
  })

  test.each(['on', '240us', '1h'])('clockSkew=%s shifts', async (value) => {
    const c = await columns(`?clockSkew=${value}`)
    expect([c.clockSkew.skewedSpans, c.clockSkew.shiftedSpans, c.startNs]).toEqual([1, 1, String(T0)])
    expect([...c.shift]).toEqual([0, SHIFT_NS, 0])
    expect([c.start[1], c.eventTime[0]]).toEqual([40_000, 50_000])
  })

  test('raw shows what was sent', async () => {
    const c = await columns('?raw=true&clockSkew=on')
    expect([c.spanCount, c.shift.length, idAt(c, 1)]).toEqual([4, 0, SHARED])
    expect(await details(SHARED, '?raw=true')).toHaveLength(2)
  })

  test('a detail has flags and warnings as fields, its shift, and times as sent', async () => {
    const [server] = await details(GIVEN, '?clockSkew=on')
    expect(server).toMatchObject({
      spanId: GIVEN,
      parentSpanId: SHARED,
      startNs: String(SERVER.startNs),
      shiftNs: String(SHIFT_NS),
      debug: true,
      firehose: true,
      attributes: [],
      warnings: ['a word from the collector', "This span's timestamps were adjusted by 240µs"],
    })
    expect(await details(SHARED)).toHaveLength(1)
    expect(await details(spanId(9))).toHaveLength(1)
  })

  test('a wrong clockSkew is refused', async () => {
    const { status, body } = await get(`${path}/columns?clockSkew=maybe`)
    expect([status, body.errors?.[0]?.msg]).toEqual([400, expect.stringContaining("param 'clockSkew'")])
  })
})
