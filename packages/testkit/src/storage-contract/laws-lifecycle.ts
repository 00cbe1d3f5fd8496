// Laws of what is there twice and of what was deleted.

import { expect } from 'vitest'
import type { Span } from '@spoor/core/model/span'
import { encodeTraces } from 'spoor/wire/otlp/encode'
import { scanOtlp } from 'spoor/wire/otlp/scan'
import type { DeleteTarget } from 'spoor/storage/api/admin'
import { makeSpans } from './data.ts'
import type { ContractStore, Law } from './kit.ts'
import { inOrder, readTrace, throughWire, writeBatch, writeInBatches, writeSpans } from './write.ts'

const NOW = BigInt(Date.now()) * 1_000_000n
const ALL_TIME = { startMinNs: 0n, startMaxNs: (1n << 64n) - 1n }

/** The store has these spans and no others of the tenant, by search and by trace. */
export async function expectOnly(store: ContractStore, spans: readonly Span[], tenant: string = ''): Promise<void> {
  const expected = Map.groupBy(throughWire(spans), (span) => span.traceId)
  const query = { tenant, filter: undefined, ...ALL_TIME }
  const found: string[] = []
  for await (const group of store.reader.candidates(query, store.reader.plan(query)))
    found.push(...group.map(({ traceId }) => traceId))
  expect(found.toSorted()).toEqual([...expected.keys()].toSorted())
  for (const [id, wanted] of expected) {
    expect(inOrder((await readTrace(store, id, tenant)) ?? [])).toEqual(inOrder(wanted))
  }
}

async function forget(store: ContractStore, target: DeleteTarget, tenant: string = ''): Promise<void> {
  expect(store.reader.admin, 'the store can delete').toBeDefined()
  await store.reader.admin?.delete(tenant, target)
}

export const lifecycleLaws: readonly Law[] = [
  {
    name: 'what is written twice is found once, span counts too',
    async run(store) {
      const { spans } = makeSpans(31, 300, '128 bit', NOW)
      const requests = Array.from({ length: 10 }, (_, i) => spans.slice(i * 30, i * 30 + 30))
      for (const request of requests) await writeSpans(store, request)
      // The same requests again, some at the same time; then the same spans in other requests.
      await Promise.all(requests.flatMap((request) => [writeSpans(store, request), writeSpans(store, request)]))
      await writeInBatches(store, spans.toReversed(), 47)
      await expectOnly(store, spans)
    },
  },
  {
    name: 'a request that comes again is acknowledged as a whole',
    async run(store) {
      const { spans } = makeSpans(32, 12, '64 bit', NOW)
      const bytes = encodeTraces(spans.map((span, i) => (i === 5 ? { ...span, spanId: '0'.repeat(16) } : span)))
      for (let i = 0; i < 3; i++) expect(await writeBatch(store, scanOtlp(bytes))).toEqual({ stored: 11, refused: [] })
    },
  },
  {
    name: 'spans that share their ids and differ are both kept',
    async run(store) {
      const [client] = makeSpans(33, 1, '128 bit', NOW).spans as [Span]
      const server: Span = { ...client, kind: 2, name: 'the same call, as its server saw it' }
      const elsewhere: Span = { ...client, resource: { ...client.resource, schemaUrl: 'https://other/1' } }
      for (let i = 0; i < 2; i++) for (const span of [client, server, elsewhere]) await writeSpans(store, [span])
      expect(inOrder((await readTrace(store, client.traceId)) ?? [])).toEqual(
        inOrder(throughWire([client, server, elsewhere])),
      )
    },
  },
  {
    name: 'deleted traces are gone at once; others stay, and what comes later is there',
    async run(store) {
      const { spans } = makeSpans(34, 400, '128 bit', NOW)
      await writeInBatches(store, spans, 23)
      const ids = [...new Set(spans.map((span) => span.traceId))]
      const gone = new Set(ids.slice(0, 7))
      await forget(store, { traceIds: [...gone] })
      const left = spans.filter((span) => !gone.has(span.traceId))
      await expectOnly(store, left)
      expect(await readTrace(store, (ids[0] ?? '').slice(16))).toBeUndefined()
      const late = makeSpans(35, 40, '128 bit', NOW).spans.map((span, i) =>
        i < 20 ? { ...span, traceId: ids[0] ?? '' } : span,
      )
      await writeInBatches(store, late, 10)
      await expectOnly(store, [...left, ...late])
      await forget(store, { traceIds: ids.slice(7, 9) })
      await expectOnly(
        store,
        [...left, ...late].filter((span) => !ids.slice(7, 9).includes(span.traceId)),
      )
    },
  },
  {
    name: "a service's spans in a time range are deleted, and no others",
    async run(store) {
      const { spans } = makeSpans(36, 400, '64 bit', NOW)
      await writeInBatches(store, spans, 31)
      const range = { startMinNs: NOW - 400_000_000_000n, startMaxNs: NOW - 100_000_000_000n }
      await forget(store, { service: 'checkout', ...range })
      const isGone = ({ resource, startNs }: Span): boolean =>
        resource.serviceName === 'checkout' && startNs >= range.startMinNs && startNs <= range.startMaxNs
      expect(spans.some(isGone)).toBe(true)
      await expectOnly(
        store,
        spans.filter((span) => !isGone(span)),
      )
    },
  },
  {
    name: 'a deleted tenant is gone, and its names; the others keep theirs',
    async run(store) {
      const { spans } = makeSpans(37, 200, '128 bit', NOW)
      for (const tenant of ['mine', 'theirs']) await writeInBatches(store, spans, 40, tenant)
      await forget(store, { everything: true }, 'mine')
      await expectOnly(store, [], 'mine')
      await expectOnly(store, spans, 'theirs')
      expect(await store.reader.services('mine')).toEqual([])
      expect(await store.reader.operations('mine')).toEqual([])
      expect((await store.reader.services('theirs')).length).toBeGreaterThan(0)
      const later = makeSpans(38, 20, '128 bit', NOW).spans
      await writeSpans(store, later, 'mine')
      await expectOnly(store, later, 'mine')
    },
  },
  {
    name: 'a deletion that cannot be read is refused, and nothing is deleted',
    async run(store) {
      const { spans } = makeSpans(39, 20, '128 bit', NOW)
      await writeSpans(store, spans)
      for (const target of [
        { traceIds: [] },
        { traceIds: ['12'] },
        { service: 'cart', startMinNs: 5n, startMaxNs: 4n },
      ] satisfies DeleteTarget[])
        await expect(store.reader.admin?.delete('', target)).rejects.toMatchObject({ kind: 'invalid' })
      await expectOnly(store, spans)
    },
  },
]
