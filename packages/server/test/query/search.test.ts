// GET and POST /api/x/v1/search over real HTTP: what may be asked, how it is refused, pages by cursor, and a search that stops
// when its client goes.

import { once } from 'node:events'
import { connect } from 'node:net'
import { type SearchAnswer, searchAnswerSchema, suggestAnswerSchema } from '@spoor/core/api/search'
import * as v from 'valibot'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Candidate, Plan, ReadOptions, SearchQuery } from '../../src/storage/api/store.ts'
import { ArrayReader } from './array-reader.ts'
import { getJson, serve, type Served } from './serve.ts'
import { makeSpan, spanId, storeOf, T0, traceId } from './spans.ts'

/** Thirty traces of one to three spans: each starts a millisecond after the one before. */
const SPANS = Array.from({ length: 30 }, (_, i) =>
  Array.from({ length: 1 + (i % 3) }, (_one, j) =>
    makeSpan({
      service: i % 2 === 0 ? 'cart' : 'shop',
      name: j === 0 ? 'root' : 'child',
      traceId: traceId(i),
      spanId: spanId(i * 10 + j),
      parentSpanId: j === 0 ? '' : spanId(i * 10),
      startNs: T0 + BigInt(i) * 1_000_000n,
      endNs: T0 + BigInt(i) * 1_000_000n + BigInt(i + j) * 1_000_000n,
      statusCode: i % 5 === 0 ? 2 : 0,
      attributes: [{ key: 'http.status_code', value: { type: 'int', value: i % 5 === 0 ? 500n : 200n } }],
    }),
  ),
).flat()

const START = String(T0 - 1n)
const END = String(T0 + 3_600_000_000_000n)
const RANGE = `start=${T0 / 1000n - 1n}&end=${T0 / 1000n + 3_600_000_000n}`

let served: Served
beforeAll(async () => {
  served = await serve(storeOf(SPANS))
})
afterAll(async () => await served.stop())

async function post(body: unknown): Promise<{ readonly status: number; readonly body: unknown }> {
  const text = typeof body === 'string' ? body : JSON.stringify(body)
  const response = await fetch(`${served.url}/api/x/v1/search`, { method: 'POST', body: text })
  return { status: response.status, body: await response.json() }
}

async function ask(body: object): Promise<SearchAnswer> {
  const answer = await post({ start: START, end: END, ...body })
  expect(answer).toMatchObject({ status: 200 })
  return v.parse(searchAnswerSchema, answer.body)
}

const idsOf = (answer: SearchAnswer): readonly string[] => answer.traces.map((trace) => trace.traceId.padStart(32, '0'))

describe('search', () => {
  test('text, JSON and Jaeger parameters mean the same, and all that is given holds', async () => {
    const text = await ask({ q: 'service = cart and http.status_code >= 500', limit: 50 })
    const expected = [20, 10, 0].map(traceId)
    expect(idsOf(text)).toEqual(expected)
    const filter = {
      op: 'and',
      args: [
        { op: 'eq', target: { field: 'service' }, value: 'cart' },
        { op: 'gte', target: { attr: 'http.status_code', level: 'any' }, value: { int: '500' } },
      ],
    }
    expect(idsOf(await ask({ filter, limit: 50 }))).toEqual(expected)
    const url = `${served.url}/api/x/v1/search?${RANGE}&service=cart&q=${encodeURIComponent('status = error')}`
    expect(idsOf(v.parse(searchAnswerSchema, (await getJson(url)).body))).toEqual(expected)
  })

  test('pages of every order join to the whole, by cursors that are links', async () => {
    const longest = Array.from({ length: 30 }, (_, i) => i).toSorted((a, b) => b + (b % 3) - (a + (a % 3)) || b - a)
    const found: string[] = []
    let cursor: string | undefined
    do {
      const more = cursor === undefined ? '' : `&cursor=${cursor}`
      const answer = await getJson(`${served.url}/api/x/v1/search?${RANGE}&order=duration&limit=7${more}`)
      const page = v.parse(searchAnswerSchema, answer.body)
      found.push(...idsOf(page))
      cursor = page.next
    } while (cursor !== undefined)
    expect(found).toEqual(longest.map(traceId))
  })

  test('counts and facets are of all matches, not of the page', async () => {
    const answer = await ask({
      q: 'trace.spans > 1',
      limit: 2,
      count: true,
      facets: [{ field: 'name' }],
      explain: true,
    })
    expect(answer.traces).toHaveLength(2)
    expect(answer.count).toEqual({ traces: 20, spans: 50, exact: true })
    expect(answer.facets).toEqual([
      {
        target: { field: 'name' },
        values: [
          { value: 'child', spans: 30 },
          { value: 'root', spans: 20 },
        ],
        spans: 50,
        partial: false,
      },
    ])
    expect(answer.explain).toMatchObject({ query: 'trace.spans > 1', candidates: 30, rejected: 10 })
  })

  test.each([
    [{ q: 'duration > 5' }, 'q: expected a duration such as 100ms or 1.5s', 'at character 12'],
    [{ filter: { op: 'eq' } }, 'filter.target: expected an object', ''],
    [{ order: 'oldest' }, 'order:', ''],
    [{ cursor: 'x' }, 'cursor: not one of ours', ''],
    [{ start: 'yesterday' }, 'start: expected Unix nanoseconds', ''],
    [{ facets: [{ trace: 'duration' }] }, 'facets.0', ''],
    [{ limit: 0 }, 'limit:', ''],
    [{ colour: 'red' }, 'colour', ''],
    ['{', 'body:', ''],
    [{ q: 'name =~ "("' }, 'not a regular expression', ''],
  ])('%j is refused with its name', async (body, ...messages) => {
    const answer = await post(body)
    const { errors } = answer.body as { readonly errors: readonly { readonly msg: string }[] }
    expect(answer.status).toBe(400)
    for (const message of messages) expect(errors[0]?.msg).toContain(message)
  })

  test('a cursor of another order is refused', async () => {
    const { next } = await ask({ order: 'spans', limit: 1 })
    expect(await post({ order: 'errors', cursor: next })).toMatchObject({ status: 400 })
  })

  test('a budget that is spent is said', async () => {
    const answer = await ask({ q: 'trace.spans > 100', budget: { traces: 5 } })
    expect([answer.partial, answer.spent, answer.traces]).toEqual([true, 'traces', []])
  })

  test('keys are completed with virtual tags, their values too', async () => {
    const keys = v.parse(suggestAnswerSchema, (await getJson(`${served.url}/api/x/v1/attributes?prefix=span.`)).body)
    expect(keys.suggestions).toEqual(['span.kind'])
    const values = await getJson(`${served.url}/api/x/v1/attributes/span.kind/values?prefix=c`)
    expect(v.parse(suggestAnswerSchema, values.body).suggestions).toEqual(['client', 'consumer'])
  })

  test('ids name the traces, as in Jaeger, whatever else is asked for', async () => {
    const ids = [traceId(7), traceId(2), traceId(99)].map((id) => `traceID=${id}`).join('&')
    const answer = await getJson(`${served.url}/api/x/v1/search?service=nobody&${ids}`)
    const page = v.parse(searchAnswerSchema, answer.body)
    expect(idsOf(page)).toEqual([7, 2].map(traceId))
    expect(page.count).toEqual({ traces: 2, spans: 5, exact: true })
    expect(await getJson(`${served.url}/api/x/v1/search?traceID=xyz`)).toMatchObject({ status: 400 })
  })

  test('a search stops when its client goes away', async () => {
    const reader = new EndlessReader()
    const endless = await serve(reader)
    const { hostname, port } = new URL(endless.url)
    const socket = connect(Number(port), hostname)
    await once(socket, 'connect')
    socket.write('GET /api/x/v1/search?order=spans HTTP/1.1\r\nhost: x\r\n\r\n')
    await reader.begun
    socket.destroy()
    await reader.ended
    await endless.stop()
    expect(reader.ended).toBeInstanceOf(Promise)
  })
})

/** A store whose search goes on for as long as somebody listens. */
class EndlessReader extends ArrayReader {
  #begin: () => void = () => undefined
  #end: () => void = () => undefined
  readonly begun: Promise<void> = new Promise((resolve) => {
    this.#begin = resolve
  })
  readonly ended: Promise<void> = new Promise((resolve) => {
    this.#end = resolve
  })

  override async *candidates(
    _query: SearchQuery,
    _plan: Plan,
    options: ReadOptions = {},
  ): AsyncGenerator<readonly Candidate[]> {
    try {
      for (;;) {
        this.#begin()
        yield [{ traceId: traceId(1), newestStartNs: T0 }]
        if (options.signal?.aborted === true) return
        await new Promise((resolve) => {
          setImmediate(resolve)
        })
      }
    } finally {
      this.#end()
    }
  }
}
