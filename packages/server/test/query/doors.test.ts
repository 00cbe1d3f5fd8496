// The doors over real HTTP: errors, limits, compression, base path, clients that leave, and the contract of Spoor's own
// API.

import { createServer } from 'node:net'
import { gunzipSync } from 'node:zlib'
import { request as httpRequest, type IncomingMessage } from 'node:http'
import { once } from 'node:events'
import { namedSpansAnswerSchema } from '@spoor/core/api/named-spans'
import { searchAnswerSchema } from '@spoor/core/api/search'
import { spanDetailAnswerSchema } from '@spoor/core/api/span-detail'
import {
  COLUMNS_CONTENT_TYPE,
  decodeTraceColumns,
  FLAG_ERROR,
  FLAG_LINKS,
  FLAG_WARNINGS,
} from '@spoor/core/api/trace-columns'
import { shortTraceId } from '@spoor/core/base/ids'
import * as v from 'valibot'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createQueryServer } from '../../src/doors/api/query-server.ts'
import { silentLogger } from '../../src/telemetry/log.ts'
import { createQueryService } from '../../src/query/query-service.ts'
import { createMetrics, renderMetrics } from '../../src/telemetry/metrics.ts'
import { BASE_CONFIG, getJson, serve, type Served } from './serve.ts'
import { makeSpan, spanId, storeOf, T0, traceId } from './spans.ts'

const RANGE = `start=${T0 / 1000n - 1_000_000n}&end=${T0 / 1000n + 1_000_000n}`

interface Envelope {
  readonly data: readonly { readonly traceID: string; readonly spans: readonly unknown[] }[] | null
  readonly errors: readonly { readonly code?: number; readonly msg: string }[] | null
}

const ROOT = makeSpan({
  name: 'root',
  kind: 2,
  endNs: T0 + 9_000_000n,
  events: [{ timeUnixNano: T0 + 7n, name: 'e', attributes: [], droppedAttributesCount: 0 }],
})
const CHILD = makeSpan({
  service: 'stock',
  name: 'child',
  spanId: spanId(500),
  parentSpanId: ROOT.spanId,
  startNs: T0 + 5n,
  endNs: T0 + 12_000_000n,
  statusCode: 2,
  attributes: [
    { key: 'n', value: { type: 'int', value: 2n ** 60n } },
    { key: 'nan', value: { type: 'double', value: Number.NaN } },
    {
      key: 'map',
      value: { type: 'map', value: [{ key: 'k', value: { type: 'bytes', value: Uint8Array.of(1, 255) } }] },
    },
  ],
  links: [
    { traceId: traceId(77), spanId: spanId(7), traceState: 'a=b', attributes: [], droppedAttributesCount: 3, flags: 1 },
  ],
})
const ORPHAN = makeSpan({
  service: 'stock',
  name: 'orphan',
  spanId: spanId(501),
  parentSpanId: spanId(999),
  startNs: T0 - 3n,
  endNs: T0,
})
const SHORT_ID = makeSpan({ traceId: '0000000000000000000000000000cafe', startNs: T0 - 500n, endNs: T0 - 900n })

let served: Served
beforeAll(async () => {
  served = await serve(storeOf([ROOT, CHILD, ORPHAN, SHORT_ID]))
})
afterAll(async () => await served.stop())

describe('a wrong value gets 400 with its name, at every door', () => {
  const bad: readonly (readonly [string, string])[] = [
    ['start', 'x'],
    ['end', '1.5'],
    ['limit', 'many'],
    ['minDuration', '5'],
    ['maxDuration', 'bad'],
    ['tag', 'nocolon'],
    ['tags', '{'],
  ]
  const doors = ['/api/traces', '/api/x/v1/search']
  const cases = doors.flatMap((path) =>
    bad.map(([name, value]): readonly [string, string, string] => [path, name, value]),
  )
  test.each([
    ...cases,
    ['/api/traces', 'raw', 'x'],
    ['/api/traces', 'traceID', 'x'],
    ['/api/traces', 'explain', 'x'],
  ] as const)('%s %s=%s', async (path, name, value) => {
    const { status, body } = await getJson(`${served.url}${path}?service=shop&${name}=${encodeURIComponent(value)}`)
    expect(status).toBe(400)
    expect((body as Envelope).errors).toEqual([{ code: 400, msg: expect.stringContaining(name) as unknown }])
  })
  test.each([
    ['/api/traces/xyz', 400],
    [`/api/traces/${'a'.repeat(33)}`, 400],
    ['/api/traces/abc?start=x', 400],
    ['/api/traces/abc', 404],
    ['/api/x/v1/traces/xyz/columns', 400],
    ['/api/x/v1/traces/abc/columns', 404],
    ['/api/x/v1/traces/cafe/spans/none', 400],
    ['/api/x/v1/traces/cafe/spans/12', 404],
    ['/api/x/v1/traces/abc/find?q=x', 404],
    ['/api/x/v1/traces/abc/otlp', 404],
    ['/api/x/v1/spans?ref=xyz:1', 400],
    ['/api/x/v1/spans?ref=abc', 400],
    [`/api/x/v1/spans?${'ref=abc:1&'.repeat(21)}`, 400],
    ['/api/operations', 400],
    ['/api/nothing', 404],
    ['/nothing', 404],
    ['/api/services/%ff/operations', 400],
  ])('%s is %d in the envelope', async (path, expected) => {
    const { status, body, type } = await getJson(served.url + path)
    expect([status, type]).toEqual([expected, expect.stringContaining('application/json')])
    expect((body as Envelope).errors).toEqual([{ code: expected, msg: expect.stringMatching(/.+/) as unknown }])
  })
  test('other methods are 405', async () => {
    for (const method of ['POST', 'PUT', 'DELETE']) {
      const { status, headers } = await fetch(`${served.url}/api/traces/cafe`, { method })
      expect([status, headers.get('allow')]).toEqual([405, 'GET, HEAD'])
    }
  })
})

describe('jaeger-v1', () => {
  test('ids in any spelling find the trace', async () => {
    for (const id of ['cafe', 'CAFE', '0cafe', '000000000000cafe', SHORT_ID.traceId]) {
      const { body } = await getJson(`${served.url}/api/traces/${id}`)
      expect((body as Envelope).data?.map((trace) => trace.traceID)).toEqual(['000000000000cafe'])
    }
  })
  test('explain tells of the search in the answer', async () => {
    const { body } = await getJson(`${served.url}/api/traces?${RANGE}&explain=1`)
    expect(body).toMatchObject({ explain: { candidates: 2, rechecked: false } })
  })
  test('an answer cut short says so', async () => {
    const limited = await serve(storeOf([ROOT, SHORT_ID]), { limits: { maxAnswerBytes: 1, maxRecheckedTraces: 1 } })
    const { status, body } = await getJson(`${limited.url}/api/traces?${RANGE}`)
    await limited.stop()
    expect([status, (body as Envelope).data?.length]).toEqual([200, 1])
    expect((body as Envelope).errors).toEqual([{ msg: expect.stringContaining('there may be more') as unknown }])
  })
})

describe('spoor-v1', () => {
  test('search gives summaries', async () => {
    const { body } = await getJson(`${served.url}/api/x/v1/search?${RANGE}&service=shop`)
    const answer = v.parse(searchAnswerSchema, body)
    expect(answer.traces).toEqual([
      {
        traceId: ROOT.traceId,
        rootService: 'stock',
        rootName: 'orphan',
        startNs: String(T0 - 3n),
        durationNs: '12000003',
        spanCount: 3,
        errorCount: 1,
        orphanCount: 1,
        services: [
          { name: 'shop', spanCount: 1, errorCount: 0 },
          { name: 'stock', spanCount: 2, errorCount: 1 },
        ],
      },
      {
        traceId: '000000000000cafe',
        rootService: 'shop',
        rootName: 'op',
        startNs: String(T0 - 500n),
        durationNs: '0',
        spanCount: 1,
        errorCount: 0,
        orphanCount: 0,
        services: [{ name: 'shop', spanCount: 1, errorCount: 0 }],
      },
    ])
    expect(answer.partial).toBe(false)
  })

  test('names of spans in several traces; what is not stored is left out', async () => {
    const refs = [`${ROOT.traceId}:${CHILD.spanId}`, `${ROOT.traceId}:${spanId(999)}`, `${traceId(4711)}:${spanId(1)}`]
    const { status, body } = await getJson(`${served.url}/api/x/v1/spans?${refs.map((ref) => `ref=${ref}`).join('&')}`)
    expect(status).toBe(200)
    expect(v.parse(namedSpansAnswerSchema, body).spans).toEqual([
      { traceId: shortTraceId(ROOT.traceId), spanId: CHILD.spanId, service: 'stock', name: 'child' },
    ])
    expect((await getJson(`${served.url}/api/x/v1/spans`)).body).toEqual({ spans: [] })
  })

  test('find tells ids of spans; OTLP has them all, and no third form', async () => {
    const url = `${served.url}/api/x/v1/traces/${ROOT.traceId}`
    expect((await getJson(`${url}/find?q=n%3D1152921504606846976`)).body).toEqual({ spanIds: [CHILD.spanId] })
    expect((await getJson(`${url}/find`)).body).toEqual({ spanIds: [] })
    const otlp = (await getJson(`${url}/otlp`)).text
    expect(otlp).toContain(`"spanId":"${CHILD.spanId}"`)
    expect((await getJson(`${url}/otlp?format=xml`)).status).toBe(400)
  })

  test('columns hold what the timeline needs', async () => {
    const response = await fetch(`${served.url}/api/x/v1/traces/${ROOT.traceId}/columns`)
    expect(response.headers.get('content-type')).toBe(COLUMNS_CONTENT_TYPE)
    const c = decodeTraceColumns(await response.arrayBuffer())
    const rows = Array.from({ length: c.spanCount }, (_, i) => ({
      id: Buffer.from(c.ids.subarray(i * 16, i * 16 + 8)).toString('hex'),
      parent: Buffer.from(c.ids.subarray(i * 16 + 8, i * 16 + 16)).toString('hex'),
      service: c.services[c.service[i] ?? -1],
      name: c.names[c.name[i] ?? -1],
      start: c.start[i],
      duration: c.duration[i],
      kind: c.kind[i],
      status: c.status[i],
      flags: c.flags[i],
      events: [...c.eventTime.subarray(c.eventStart[i], c.eventStart[i + 1])],
    }))
    const none = '0'.repeat(16)
    expect([c.traceId, c.startNs, c.eventCount]).toEqual([ROOT.traceId, String(T0 - 3n), 1])
    expect(rows).toEqual([
      {
        id: ROOT.spanId,
        parent: none,
        service: 'shop',
        name: 'root',
        start: 3,
        duration: 9e6,
        kind: 2,
        status: 0,
        flags: 0,
        events: [10],
      },
      {
        id: CHILD.spanId,
        parent: ROOT.spanId,
        service: 'stock',
        name: 'child',
        start: 8,
        duration: 11_999_995,
        kind: 0,
        status: 2,
        flags: FLAG_ERROR | FLAG_LINKS,
        events: [],
      },
      {
        id: ORPHAN.spanId,
        parent: spanId(999),
        service: 'stock',
        name: 'orphan',
        start: 0,
        duration: 3,
        kind: 0,
        status: 0,
        // Its parent is nowhere.
        flags: FLAG_WARNINGS,
        events: [],
      },
    ])
  })

  test('a span comes whole', async () => {
    const { body } = await getJson(`${served.url}/api/x/v1/traces/${ROOT.traceId}/spans/${CHILD.spanId.toUpperCase()}`)
    const [span] = v.parse(spanDetailAnswerSchema, body).spans
    expect(span).toMatchObject({
      parentSpanId: ROOT.spanId,
      startNs: String(CHILD.startNs),
      endNs: String(CHILD.endNs),
      statusCode: 2,
      attributes: [
        { key: 'n', value: { type: 'int', value: '1152921504606846976' } },
        { key: 'nan', value: { type: 'double', value: 'NaN' } },
        { key: 'map', value: { type: 'map', value: [{ key: 'k', value: { type: 'bytes', value: 'Af8=' } }] } },
      ],
      links: [{ traceId: traceId(77), spanId: spanId(7), traceState: 'a=b', droppedAttributesCount: 3, flags: 1 }],
      resource: { serviceName: 'stock' },
      warnings: [],
    })
  })
})

describe('the server', () => {
  test('large answers come whole, compressed or not', async () => {
    const spans = Array.from({ length: 6000 }, (_, i) =>
      makeSpan({
        traceId: traceId(i % 3),
        spanId: spanId(i),
        attributes: [{ key: 'pad', value: { type: 'string', value: 'x'.repeat(500) } }],
      }),
    )
    const large = await serve(storeOf(spans))
    try {
      for (const encoding of ['gzip', 'identity', 'gzip;q=0', 'br, gzip;q=0.5']) {
        const response = await get(`${large.url}/api/traces?${RANGE}`, { 'accept-encoding': encoding })
        const compressed = encoding.includes('gzip') && !encoding.includes('q=0') ? true : encoding.includes('0.5')
        expect([encoding, response.headers['content-encoding']]).toEqual([encoding, compressed ? 'gzip' : undefined])
        const text = (compressed ? gunzipSync(response.body) : response.body).toString()
        const { data } = JSON.parse(text) as Envelope
        expect(data?.map((trace) => trace.spans.length)).toEqual([2000, 2000, 2000])
      }
    } finally {
      await large.stop()
    }
  })

  test('everything stands under the base path', async () => {
    const based = await serve(storeOf([ROOT]), { basePath: '/jaeger/ui', headers: ['X-Mine: a: b'] })
    try {
      const inside = await fetch(`${based.url}/api/services`)
      expect([inside.status, inside.headers.get('x-mine'), inside.headers.get('x-content-type-options')]).toEqual([
        200,
        'a: b',
        'nosniff',
      ])
      expect((await getJson(`${based.url}/api/nothing`)).status).toBe(404)
      expect((await getJson(`${new URL(based.url).origin}/api/services`)).status).toBe(404)
    } finally {
      await based.stop()
    }
  })

  test('a client that leaves ends its search', async () => {
    const reader = storeOf([ROOT])
    let seen = (): void => {}
    const searching = new Promise<void>((resolve) => (seen = resolve))
    const aborted = new Promise<void>((resolve) => {
      reader.candidates = async function* (_query, _plan, options) {
        seen()
        await new Promise<void>((stop) => options?.signal?.addEventListener('abort', () => stop()))
        resolve()
        yield []
      }
    })
    const hanging = await serve(reader)
    const client = httpRequest(`${hanging.url}/api/traces?${RANGE}`)
    client.on('error', () => {})
    client.end()
    await searching
    client.destroy()
    await aborted
    await hanging.stop()
    const text = await renderMetrics([await hanging.metrics.snapshot()])
    expect(text).toMatch(/find_traces",result="err"\} 1/)
  })

  test('stop lets an answer under way finish and closes idle connections', async () => {
    const reader = storeOf([ROOT])
    let release = (): void => {}
    const asked = new Promise<void>((resolve) => {
      reader.services = async () => {
        resolve()
        await new Promise<void>((free) => (release = free))
        return ['shop']
      }
    })
    const closing = await serve(reader)
    await getJson(`${closing.url}/api/traces/abc`) // leaves an idle connection
    const answer = getJson(`${closing.url}/api/services`)
    await asked
    const stopped = closing.stop()
    release()
    expect(await answer).toMatchObject({ status: 200, body: { data: ['shop'] } })
    await stopped
    await expect(fetch(`${closing.url}/api/services`)).rejects.toThrow('fetch failed')
  })

  test('a port in use is one clear error that names the address', async () => {
    const taken = createServer().listen(0, '127.0.0.1')
    await once(taken, 'listening')
    const address = taken.address()
    const port = address !== null && typeof address === 'object' ? address.port : 0
    const metrics = createMetrics()
    const host = { query: createQueryService(storeOf([]), metrics), metrics, log: silentLogger() }
    const server = createQueryServer({ ...BASE_CONFIG, listen: { host: '127.0.0.1', port } }, [], host)
    await expect(server.start()).rejects.toMatchObject({
      kind: 'unavailable',
      code: 'port_in_use',
      message: expect.stringContaining(`127.0.0.1:${port}`) as unknown,
    })
    await server.stop()
    taken.close()
  })
})

async function get(
  url: string,
  headers: Readonly<Record<string, string>>,
): Promise<IncomingMessage & { readonly body: Buffer }> {
  const client = httpRequest(url, { headers })
  client.end()
  const [response] = (await once(client, 'response')) as [IncomingMessage]
  const chunks: Buffer[] = []
  for await (const chunk of response) chunks.push(chunk as Buffer)
  return Object.assign(response, { body: Buffer.concat(chunks) })
}
