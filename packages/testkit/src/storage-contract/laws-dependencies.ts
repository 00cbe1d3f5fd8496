// Laws of dependencies: what core/model/links.ts says of whole traces, whatever the order and the requests in which spans came.

import { expect } from 'vitest'
import { linksOf } from '@spoor/core/model/links'
import { EMPTY_SPAN, type Attribute, type Span } from '@spoor/core/model/span'
import { createRandom, type Random } from '../trace-gen/random.ts'
import type { ContractStore, Law } from './kit.ts'
import { throughWire, writeInBatches, writeSpans } from './write.ts'

const HOUR = 3_600_000_000_000n
const NOW = BigInt(Date.now()) * 1_000_000n
const LATEST = (1n << 64n) - 1n
const SERVICES = ['cart', 'checkout', 'payment', 'stock', ''] as const

function id(random: Random, words: number): string {
  return Array.from({ length: words }, () => random.word().toString(16).padStart(8, '0')).join('')
}

/** Traces of up to twelve spans: missing parents, ids that a client and a server share, spans sent twice, errors by tag. */
export function makeCalls(seed: number, traces: number): Span[] {
  const random = createRandom(seed)
  const spans: Span[] = []
  for (let i = 0; i < traces; i++) {
    const traceId = id(random, 4)
    const startNs = NOW - BigInt(random.below(5)) * HOUR - BigInt(random.below(3600)) * 1_000_000_000n
    const trace: Span[] = []
    for (let n = 1 + random.below(12); n > 0; n--) trace.push(makeCall(random, traceId, startNs, trace))
    if (random.chance(0.2)) trace.push(random.pick(trace))
    spans.push(...trace)
  }
  return spans
}

function makeCall(random: Random, traceId: string, baseNs: bigint, before: readonly Span[]): Span {
  const caller = before.length > 0 && random.chance(0.85) ? random.pick(before) : undefined
  const shares = caller !== undefined && random.chance(0.2)
  const startNs = baseNs + BigInt(random.below(7200)) * 1_000_000_000n - (random.chance(0.05) ? 50n * HOUR : 0n)
  const serviceName = random.pick(SERVICES)
  const error: Attribute[] = [
    {
      key: 'error',
      value: random.pick([
        { type: 'bool', value: true },
        { type: 'string', value: 'true' },
        { type: 'bool', value: false },
      ] as const),
    },
  ]
  const service: Attribute[] =
    serviceName === '' ? [] : [{ key: 'service.name', value: { type: 'string', value: serviceName } }]
  return {
    ...EMPTY_SPAN,
    traceId,
    spanId: shares ? caller.spanId : id(random, 2),
    parentSpanId: shares ? caller.parentSpanId : (caller?.spanId ?? (random.chance(0.5) ? id(random, 2) : '')),
    name: 'call',
    kind: shares ? 2 : random.below(6),
    startNs,
    endNs: startNs + 1000n,
    statusCode: random.below(3),
    attributes: random.chance(0.3) ? error : [],
    resource: { ...EMPTY_SPAN.resource, attributes: service, serviceName },
  }
}

function shuffled(random: Random, spans: readonly Span[]): Span[] {
  const keyed = spans.map((span) => ({ span, key: random.word() }))
  return keyed.toSorted((a, b) => a.key - b.key).map(({ span }) => span)
}

async function expectLinks(store: ContractStore, spans: readonly Span[], tenant: string = ''): Promise<void> {
  const traces = [...Map.groupBy(throughWire(spans), (span) => span.traceId).values()]
  const thisHour = NOW - (NOW % HOUR)
  const ranges = [
    [0n, LATEST],
    [thisHour, LATEST],
    [thisHour - 2n * HOUR, thisHour - 1n],
    [thisHour - 100n * HOUR, thisHour - 10n * HOUR - 1n],
  ] as const
  for (const [from, to] of ranges) {
    expect(await store.reader.dependencies(tenant, from, to)).toEqual(linksOf(traces, from, to))
  }
}

export const dependencyLaws: readonly Law[] = [
  {
    name: 'dependencies are the calls between services',
    async run(store) {
      const spans = makeCalls(21, 60)
      await writeInBatches(store, spans, 50)
      expect((await store.reader.dependencies('', 0n, LATEST)).length).toBeGreaterThan(10)
      await expectLinks(store, spans)
    },
  },
  {
    name: 'a trace in many writes, in any order, has the dependencies of the whole, at any time',
    async run(store) {
      const spans = shuffled(createRandom(5), makeCalls(22, 70))
      for (let from = 0; from < spans.length; from += 9) {
        await writeSpans(store, spans.slice(from, from + 9))
        if (from % 45 === 0) await expectLinks(store, spans.slice(0, from + 9))
      }
      await expectLinks(store, spans)
    },
  },
  {
    name: 'a span that was sent again is one call',
    async run(store) {
      const spans = makeCalls(23, 30)
      await writeInBatches(store, spans, 40)
      await writeInBatches(store, spans, 33)
      await expectLinks(store, spans)
    },
  },
  {
    name: 'dependencies are of one tenant',
    async run(store) {
      const mine = makeCalls(24, 20)
      const theirs = makeCalls(24, 25).slice(7)
      await writeInBatches(store, mine, 30, 'mine')
      await writeInBatches(store, theirs, 30, 'theirs')
      await expectLinks(store, mine, 'mine')
      await expectLinks(store, theirs, 'theirs')
      expect(await store.reader.dependencies('', 0n, LATEST)).toEqual([])
    },
  },
]
