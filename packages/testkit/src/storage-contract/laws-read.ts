// Laws of writing and reading: what was acknowledged is there, whole, once, for its tenant and for nobody else.

import { expect } from 'vitest'
import { assert, asyncProperty } from 'fast-check'
import type { Span } from '@spoor/core/model/span'
import { encodeTraces } from 'spoor/wire/otlp/encode'
import { scanOtlp } from 'spoor/wire/otlp/scan'
import { spansArbitrary } from '../trace-gen/arbitrary.ts'
import { makeSpans } from './data.ts'
import type { ContractStore, Law } from './kit.ts'
import { inOrder, readTrace, throughWire, writeBatch, writeInBatches, writeSpans } from './write.ts'

const NOW = BigInt(Date.now()) * 1_000_000n
const ALL_TIME = { startMinNs: 0n, startMaxNs: (1n << 64n) - 1n }

function byTrace(spans: readonly Span[]): Map<string, Span[]> {
  const traces = new Map<string, Span[]>()
  for (const span of spans) {
    const list = traces.get(span.traceId)
    if (list === undefined) traces.set(span.traceId, [span])
    else list.push(span)
  }
  return traces
}

async function expectTraces(store: ContractStore, spans: readonly Span[], tenant: string = ''): Promise<void> {
  for (const [id, expected] of byTrace(throughWire(spans))) {
    expect(inOrder((await readTrace(store, id, tenant)) ?? [])).toEqual(inOrder(expected))
  }
}

async function candidateIds(store: ContractStore, tenant: string): Promise<string[]> {
  const query = { tenant, filter: undefined, ...ALL_TIME }
  const ids: string[] = []
  for await (const group of store.reader.candidates(query, store.reader.plan(query)))
    ids.push(...group.map((found) => found.traceId))
  return ids
}

export const readLaws: readonly Law[] = [
  {
    name: 'a trace is read back as it was written, over several writes',
    async run(store) {
      const { spans } = makeSpans(1, 400, '128 bit', NOW)
      await writeInBatches(store, spans, 37)
      await expectTraces(store, spans)
    },
  },
  {
    name: 'any span is read back: every type, every field, every time',
    async run(store) {
      const written: Span[] = []
      const ids = new Set<string>()
      await assert(
        asyncProperty(spansArbitrary, async (generated) => {
          // Equal ids of different runs would join their traces.
          const fresh = generated.filter(
            (span) => !ids.has(span.traceId) && !/^0*$/.test(span.traceId) && !/^0*$/.test(span.spanId),
          )
          if (fresh.length === 0) return
          const batch = scanOtlp(encodeTraces(fresh))
          expect(batch.refused).toEqual([])
          await writeBatch(store, batch)
          await expectTraces(store, fresh)
          for (const span of fresh) ids.add(span.traceId)
          written.push(...fresh)
        }),
        { numRuns: 150, seed: 7 },
      )
      await expectTraces(store, written)
    },
  },
  {
    name: 'many writes at once are all there',
    async run(store) {
      const { spans } = makeSpans(2, 600, '64 bit', NOW)
      const parts = Array.from({ length: 30 }, (_, i) => spans.slice(i * 20, i * 20 + 20))
      const results = await Promise.all(parts.map(async (part) => await writeSpans(store, part)))
      expect(results.reduce((sum, result) => sum + result.stored, 0)).toBe(600)
      await expectTraces(store, spans)
    },
  },
  {
    name: 'a trace is found by 16 digits: the one with a zero upper half first, else one with these low digits',
    async run(store) {
      const [first, second, third] = makeSpans(3, 3, '128 bit', NOW).spans as [Span, Span, Span]
      const low = '00112233445566aa'
      const short = { ...first, traceId: `0000000000000000${low}` }
      const long = { ...second, traceId: `ffeeddccbbaa9988${low}` }
      const other = { ...third, traceId: 'ffeeddccbbaa9988ffeeddccbbaa0001' }
      await writeSpans(store, [long, other])
      expect((await readTrace(store, low))?.[0]?.traceId).toBe(long.traceId)
      expect((await readTrace(store, 'ffeeddccbbaa0001'))?.[0]?.traceId).toBe(other.traceId)
      await writeSpans(store, [short])
      expect((await readTrace(store, low))?.[0]?.traceId).toBe(short.traceId)
      expect((await readTrace(store, short.traceId))?.length).toBe(1)
      expect((await readTrace(store, long.traceId))?.[0]?.traceId).toBe(long.traceId)
      expect(await readTrace(store, `1111111111111111${low}`)).toBeUndefined()
      expect(await readTrace(store, '0123456789abcdef')).toBeUndefined()
    },
  },
  {
    name: 'traces come in the order asked for, unknown ones left out',
    async run(store) {
      const { spans } = makeSpans(4, 200, 'time-prefixed', NOW)
      await writeInBatches(store, spans, 50)
      const ids = [...byTrace(spans).keys()].toReversed()
      const asked = ids.flatMap((id) => ['9'.repeat(32), id])
      const got: string[] = []
      for await (const chunk of store.reader.traces('', asked)) got.push(chunk.traceId)
      expect(got).toEqual(ids)
    },
  },
  {
    name: 'services and operations are what was written',
    async run(store) {
      const { spans } = makeSpans(5, 300, '128 bit', NOW)
      await writeInBatches(store, spans, 41)
      const services = new Set(spans.map((span) => span.resource.serviceName).filter((service) => service !== ''))
      expect(await store.reader.services('')).toEqual([...services].toSorted())
      for (const service of [undefined, ...services, 'nobody']) {
        const mine = spans.filter(
          (span) => span.name !== '' && (service === undefined || span.resource.serviceName === service),
        )
        const wanted = [...new Set(mine.map((span) => `${span.name}\n${span.kind}`))].toSorted()
        const got = await store.reader.operations('', service)
        expect(got.map(({ name, kind }) => `${name}\n${kind}`)).toEqual(wanted)
      }
    },
  },
  {
    name: 'tenants never see each other',
    async run(store) {
      const mine = makeSpans(6, 150, '128 bit', NOW).spans
      const theirs = makeSpans(7, 150, '128 bit', NOW).spans
      const sharedId = mine[0]?.traceId ?? ''
      const shared = theirs.map((span, i) => (i < 3 ? { ...span, traceId: sharedId } : span))
      for (let from = 0; from < 150; from += 30) {
        await writeSpans(store, mine.slice(from, from + 30), 'mine')
        await writeSpans(store, shared.slice(from, from + 30), 'theirs')
      }
      await expectTraces(store, mine, 'mine')
      await expectTraces(store, shared, 'theirs')
      const [otherId] = [...byTrace(shared).keys()].filter((id) => id !== sharedId)
      expect(await readTrace(store, otherId ?? '', 'mine')).toBeUndefined()
      expect(await readTrace(store, (otherId ?? '').slice(16), 'mine')).toBeUndefined()
      expect((await candidateIds(store, 'mine')).toSorted()).toEqual([...byTrace(mine).keys()].toSorted())
      expect(await candidateIds(store, '')).toEqual([])
      expect(await store.reader.services('nobody')).toEqual([])
      expect(await store.reader.operations('nobody')).toEqual([])
    },
  },
  {
    name: 'refused rows are not stored, the others are',
    async run(store) {
      const { spans } = makeSpans(8, 10, '128 bit', NOW)
      const batch = scanOtlp(
        encodeTraces(spans.map((span, i) => (i % 3 === 0 ? { ...span, spanId: '0'.repeat(16) } : span))),
      )
      expect(batch.refused.length).toBe(4)
      const result = await writeBatch(store, batch)
      expect(result).toEqual({ stored: 6, refused: [] })
      await expectTraces(
        store,
        spans.filter((_, i) => i % 3 !== 0),
      )
    },
  },
  {
    name: 'bytes may be used again once a write has settled',
    async run(store) {
      const { spans } = makeSpans(9, 20, '128 bit', NOW)
      const bytes = encodeTraces(spans)
      await writeBatch(store, scanOtlp(bytes))
      bytes.fill(0xff)
      await expectTraces(store, spans)
    },
  },
  {
    name: 'start and stop may be called twice',
    async run(store) {
      await store.writer.start()
      await store.reader.start()
      await store.stop()
      await store.writer.stop()
      await store.reader.stop()
      const batch = scanOtlp(encodeTraces(makeSpans(10, 1, '128 bit', NOW).spans))
      await expect(store.writer.write(batch)).rejects.toMatchObject({ kind: 'unavailable' })
    },
  },
]
