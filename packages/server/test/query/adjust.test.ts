// Jaeger's adjusters against recorded answers: clock skew switched on in Jaeger 1.57, Zipkin's shared ids, copies; and the
// same numbers from stored bytes and from spans.

import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { readJaegerJson } from '@spoor/core/formats/jaeger-json'
import { adjustSpans } from '@spoor/core/model/adjust-spans'
import { spansArbitrary } from '@spoor/testkit/trace-gen/arbitrary'
import type { AnyValue, Span } from '@spoor/core/model/span'
import * as fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createAdjuster } from '../../src/query/adjust/trace-shape.ts'
import { writeAnswer } from '../../src/wire/jaeger/trace-writer.ts'
import { decodeTraces } from '../../src/wire/otlp/decode.ts'
import { encodeTraces } from '../../src/wire/otlp/encode.ts'
import { compareAnswers } from '../golden/compare.ts'
import { loadThriftStore, type LoadedStore } from './recorded-load.ts'
import { getJson, serve, type Served } from './serve.ts'
import { makeSpan, spanId } from './spans.ts'

const ANSWERS = join(import.meta.dirname, '../golden/answers')
const SECOND = 1_000_000_000

function load(name: string): unknown {
  return JSON.parse(readFileSync(join(ANSWERS, name), 'utf8'))
}

interface V1Answer {
  readonly data: readonly { readonly spans: readonly V1Span[] }[]
}
interface V1Span {
  readonly spanID: string
  readonly startTime: number
  readonly references: readonly { readonly spanID: string }[]
  readonly logs: readonly { readonly timestamp: number }[]
  readonly warnings: readonly string[] | null
}

function answer(spans: readonly Span[], maxNs: number): V1Answer {
  const trace = { traceId: spans[0]?.traceId ?? '', bytes: encodeTraces(spans) }
  const pieces = writeAnswer([trace], { adjust: createAdjuster(maxNs), errors: [] })
  return JSON.parse(Buffer.concat([...pieces]).toString()) as V1Answer
}

function shown(spans: readonly Span[], maxNs: number): readonly V1Span[] {
  return answer(spans, maxNs).data[0]?.spans ?? []
}

describe('clock skew up to 10 s, thrift spans', () => {
  let store: LoadedStore
  let served: Served
  beforeAll(async () => {
    store = await loadThriftStore()
    served = await serve(store.reader, { maxClockSkewMs: 10_000 })
  })
  afterAll(async () => {
    await served.stop()
    await store.stop()
  })

  test('every span is where Jaeger 1.57 puts it, with its warnings', async () => {
    const exchanges = load('clock-skew-on.json') as readonly { readonly request: string; readonly body: unknown }[]
    expect(exchanges.length).toBeGreaterThan(10)
    for (const { request, body } of exchanges) {
      const differences = compareAnswers(request, body, (await getJson(served.url + request)).body)
      // A span sent twice is shown once here.
      expect(differences.filter(({ path }) => !path.includes('sent twice'))).toEqual([])
    }
    expect(JSON.stringify(exchanges)).toContain("This span's timestamps were adjusted by -110ms")
  })
})

test('the server half of a shared id gets an id of its own, its children follow, and the client is its parent', () => {
  const pairs = load('zipkin-shared.json') as readonly { readonly raw: unknown; readonly adjusted: V1Answer }[]
  expect(pairs).toHaveLength(2)
  const links = ({ data }: V1Answer): unknown =>
    data[0]?.spans.map(({ spanID, references }) => `${spanID} ${references.map((one) => one.spanID).join()}`).toSorted()
  for (const { raw, adjusted } of pairs) {
    const [trace] = readJaegerJson(raw)
    expect(links(answer(trace?.spans ?? [], 0))).toEqual(links(adjusted))
  }
})

const T0 = 1_787_220_000_000_000_000n
const parent = makeSpan({ startNs: T0, endNs: T0 + 100n })
const child = makeSpan({ spanId: spanId(2), parentSpanId: parent.spanId, startNs: T0 - 50n, endNs: T0 - 30n })

test('what is shifted moves with its logs and stays as long as it was; over the limit it stays and says so', () => {
  const event = { timeUnixNano: T0 - 40n, name: 'e', attributes: [], droppedAttributesCount: 0 }
  const early = {
    ...child,
    startNs: T0 - 60_000n,
    endNs: T0 - 59_980n,
    events: [{ ...event, timeUnixNano: T0 - 60_000n }],
  }
  const [, moved] = shown([parent, early], SECOND)
  expect(moved?.warnings).toEqual(["This span's timestamps were adjusted by 60.04µs"])
  expect([moved?.startTime, moved?.logs[0]?.timestamp]).toEqual([Number(T0 / 1000n), Number(T0 / 1000n)])
  const [, kept] = shown([parent, early], 1000)
  expect(kept?.startTime).toBe(Number(T0 / 1000n) - 60)
  expect(kept?.warnings).toEqual([
    'max clock skew adjustment delta of 1µs exceeded; not applying calculated delta of 60.04µs',
  ])
})

test('a copy to the byte is shown once; one with another word is shown and warned about', () => {
  expect(shown([parent, child, child], 0)).toHaveLength(2)
  const twice = shown([parent, child, { ...child, name: 'other' }], 0)
  expect(twice).toHaveLength(3)
  expect(twice[2]?.warnings).toEqual(['duplicate span IDs; skipping clock skew adjustment'])
})

test('a chain of 100,000 spans, and as many with one id, neither exhaust the stack nor the patience', () => {
  const chain = Array.from({ length: 100_000 }, (_, i) =>
    makeSpan({
      spanId: spanId(i + 1),
      parentSpanId: i === 0 ? '' : spanId(i),
      startNs: T0 + BigInt(i),
      endNs: T0 + BigInt(i),
    }),
  )
  expect(createAdjuster(SECOND)(encodeTraces(chain)).clockSkew.shiftedSpans).toBe(99_999)
  const same = chain.map((span) => ({ ...span, spanId: spanId(1), parentSpanId: '' }))
  expect(createAdjuster(SECOND)(encodeTraces(same)).spans.size).toBe(99_999)
})

test('bytes and spans give the same adjustments', () => {
  const address = fc.constantFrom<AnyValue>(
    { type: 'string', value: '10.0.0.1' },
    { type: 'int', value: 0x0a000001n },
    { type: 'int', value: 0x0a000002n },
    { type: 'bytes', value: Uint8Array.of(10, 0, 0, 1) },
    { type: 'bool', value: true },
  )
  const picks = fc.array(fc.record({ id: fc.nat(5), parent: fc.nat(6), kind: fc.nat(5), at: fc.nat(5000) }), {
    minLength: 8,
  })
  fc.assert(
    fc.property(spansArbitrary, picks, fc.array(address, { minLength: 3 }), (some, choices, hosts) => {
      const [first] = some
      if (first === undefined) return
      const spans = choices.map(({ id, parent: up, kind, at }, i): Span => {
        const resource = { ...first.resource, attributes: [{ key: 'ip', value: hosts[i % hosts.length] as AnyValue }] }
        const startNs = T0 + BigInt(at)
        const ids = { spanId: spanId(id + 1), parentSpanId: up === 0 ? '' : spanId(up) }
        return {
          ...(some[i % some.length] as Span),
          ...ids,
          kind,
          startNs,
          endNs: startNs + BigInt(at % 700),
          resource,
        }
      })
      const bytes = encodeTraces(spans)
      expect(adjustSpans(decodeTraces(bytes), 2000)).toEqual(createAdjuster(2000)(bytes))
    }),
  )
})
