// The v1 HTTP API against recorded answers of Jaeger 1.57 to the same OTLP requests, over a real port. What may differ
// stands in recorded-differences.ts, with the reason.

import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { getJson, serve, type Served } from './serve.ts'
import { compareAnswers, type Difference } from './recorded-compare.ts'
import { ACCEPTED, ACCEPTED_SEARCHES, type Accepted } from './recorded-differences.ts'
import { type LoadedStore, loadExchanges, loadSearches, loadStore } from './recorded-load.ts'

const PROTOCOLS = ['otlp-protobuf', 'otlp-json', 'jaeger-thrift-http'] as const

function unexpected(found: readonly Difference[], accepted: readonly Accepted[]): readonly Difference[] {
  return found.filter((difference) => !accepted.some((entry) => entry.holds(difference)))
}

function stale(found: readonly Difference[], accepted: readonly Accepted[]): readonly string[] {
  return accepted.filter((entry) => !found.some((difference) => entry.holds(difference))).map((entry) => entry.id)
}

describe.each(PROTOCOLS)('%s', (protocol) => {
  const exchanges = loadExchanges(protocol)
  const accepted = ACCEPTED.filter(({ only }) => only === undefined || only.includes(protocol))
  const found: Difference[] = []
  let store: LoadedStore
  let served: Served

  beforeAll(async () => {
    store = await loadStore(protocol)
    served = await serve(store.reader)
    for (const { request, status, body, sameBodyAs, rawIsTheSame } of exchanges) {
      const recorded = sameBodyAs === undefined ? body : exchanges.find((other) => other.request === sameBodyAs)?.body
      if (recorded === undefined) continue
      const urls = rawIsTheSame === true ? [request, `${request}?raw=true`] : [request]
      for (const url of urls) {
        const answer = await getJson(served.url + url)
        const jaeger = { status, ...(recorded as object) }
        found.push(...compareAnswers(request, jaeger, { status: answer.status, ...(answer.body as object) }))
      }
    }
  })
  afterAll(async () => {
    await served.stop()
    await store.stop()
  })

  test('answers as Jaeger but for the accepted differences', () => {
    expect(exchanges.length).toBeGreaterThan(100)
    expect(unexpected(found, accepted)).toEqual([])
  })

  test('every accepted difference still happens', () => {
    expect(stale(found, accepted)).toEqual([])
  })

  test('prettyPrint indents as Jaeger does', async () => {
    const recorded = exchanges.find(({ text }) => text !== undefined)
    const answer = await getJson(served.url + recorded?.request)
    expect(answer.text).toBe(JSON.stringify(answer.body, null, 4))
    const shape = (text: string | undefined): readonly string[] =>
      (text ?? '')
        .split('\n')
        .map((line) => /^ */.exec(line)?.[0] ?? '')
        .toSorted()
    expect(shape(answer.text)).toEqual(shape(recorded?.text?.trimEnd()))
  })
})

describe('searches and errors', () => {
  let store: LoadedStore
  let served: Served
  const found: Difference[] = []

  beforeAll(async () => {
    store = await loadStore('otlp-protobuf')
    served = await serve(store.reader)
    for (const { request, status, traceIds, errors = null } of loadSearches()) {
      const { status: spoorStatus, body } = await getJson(served.url + request)
      const answer = body as {
        readonly data?: readonly { readonly traceID: string }[] | null
        readonly errors?: unknown
      }
      const ids =
        request.startsWith('/api/traces') && spoorStatus === 200
          ? answer.data?.map(({ traceID }) => traceID).toSorted()
          : undefined
      const jaeger = { status, traceIds, errors }
      const spoor = { status: spoorStatus, traceIds: ids, errors: answer.errors ?? null }
      if (!sameJson(jaeger, spoor)) found.push({ request, path: '', jaeger, spoor })
    }
  })
  afterAll(async () => {
    await served.stop()
    await store.stop()
  })

  test('find the same traces and refuse in the same words, but for the accepted differences', () => {
    expect(loadSearches().length).toBeGreaterThan(100)
    expect(unexpected(found, ACCEPTED_SEARCHES)).toEqual([])
  })

  test('every accepted difference still happens', () => {
    expect(stale(found, ACCEPTED_SEARCHES)).toEqual([])
  })

  test('where 1.76 refuses what 1.57 ignored, its words are used', async () => {
    const newer = loadSearches().filter(({ status176 }) => status176 === 400)
    expect(newer.length).toBeGreaterThan(2)
    for (const { request, errors176 } of newer) {
      const { status, body } = await getJson(served.url + request)
      expect([request, status, (body as { readonly errors: unknown }).errors]).toEqual([request, 400, errors176])
    }
  })
})

function sameJson(a: unknown, b: unknown): boolean {
  return JSON.stringify(a) === JSON.stringify(b)
}
