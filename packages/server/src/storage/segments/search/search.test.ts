// Laws of the index over generated data: what it says of traces, counts and values is what brute force over the same spans says,
// with rows in heads and segments, spans written twice, late and stray ones, deletions, several tenants, restarts.

import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setImmediate } from 'node:timers/promises'
import { afterAll, describe, expect, it } from 'vitest'
import { facetValues } from '@spoor/core/model/facets'
import { makeSpans } from '@spoor/testkit/storage-contract/data'
import { expectIndex, expectScan, fillAndExpect, NOW } from '@spoor/testkit/storage-contract/laws-index'
import { throughWire, writeSpans } from '@spoor/testkit/storage-contract/write'
import { createRandom } from '@spoor/testkit/trace-gen/random'
import { nodeDisk } from '../../../pipeline/spool/disk.ts'
import { type LocalStore, localStore } from '../../api/local.ts'
import type { SearchIndex } from '../../api/search-index.ts'

import { DEFAULT_CONFIG } from '../config-types.ts'
import { segmentsStore } from '../index.ts'
import { SegmentsReader } from '../reader.ts'

const folders: string[] = []
const LAST = (1n << 64n) - 1n

afterAll(() => {
  for (const folder of folders) rmSync(folder, { recursive: true, force: true })
})

async function openSegments(dir: string, headSpans: number, indexTraces?: number): Promise<LocalStore> {
  const config = { ...DEFAULT_CONFIG, dir, headSpans, headBytes: 4 << 20, sync: 'never' as const }
  const plugin: typeof segmentsStore = {
    ...segmentsStore,
    query: (given, host) => new SegmentsReader(given, host, nodeDisk(), indexTraces),
  }
  const store = await localStore(plugin, config)
  await store.start()
  return store
}

function folder(): string {
  const dir = mkdtempSync(join(tmpdir(), 'spoor-index-'))
  folders.push(dir)
  return dir
}

describe('the index of segments', () => {
  for (const headSpans of [8192, 64, 300]) {
    it(`equals brute force, heads of ${headSpans} spans`, async () => {
      const dir = folder()
      const random = createRandom(headSpans)
      let store = await openSegments(dir, headSpans)
      const known = await fillAndExpect(store, headSpans, random)
      await expectIndex(store, known, random, 3)
      await store.stop()
      store = await openSegments(dir, headSpans)
      await expectIndex(store, known, random, 3)
      const spans = known.get('') ?? []
      const gone = new Set(spans.slice(0, 60).map(({ traceId }) => traceId))
      await store.reader.admin?.delete('', { traceIds: [...gone] })
      const range = { startMinNs: NOW - 300_000_000_000n, startMaxNs: NOW }
      await store.reader.admin?.delete('', { service: 'cart', ...range })
      const left = spans.filter(
        ({ traceId, resource, startNs }) =>
          !gone.has(traceId) &&
          (resource.serviceName !== 'cart' || startNs < range.startMinNs || startNs > range.startMaxNs),
      )
      known.set('', left)
      await expectIndex(store, known, random, 3)
      await store.reader.admin?.delete('blue', { everything: true })
      known.set('blue', [])
      await expectIndex(store, known, random, 3)
      await store.reader.admin?.maintain()
      await expectIndex(store, known, random, 3)
      await store.stop()
    })
  }

  it('equals brute force where traces are taken in parts', async () => {
    const store = await openSegments(folder(), 300, 9)
    const random = createRandom(21)
    const known = await fillAndExpect(store, 21, random)
    await expectIndex(store, known, random, 6)
    await store.stop()
  })

  it('gives each trace once, and all that were there before, while spans are written and sealed', async () => {
    const store = await openSegments(folder(), 100)
    const { spans } = makeSpans(31, 1500, '128 bit', NOW)
    const query = { tenant: '', filter: undefined, startMinNs: 0n, startMaxNs: LAST }
    const index = store.reader.index as SearchIndex
    const there = new Set<string>()
    const writing = (async () => {
      for (let from = 0; from < spans.length; from += 30) {
        const some = spans.slice(from, from + 30)
        await writeSpans(store, some)
        for (const { traceId } of some) there.add(traceId)
      }
    })()
    let rounds = 0
    for (let written = false; !written; rounds++) {
      written = there.size === new Set(spans.map(({ traceId }) => traceId)).size
      const before = [...there]
      const found: string[] = []
      for await (const group of index.scan(query, store.reader.plan(query)))
        found.push(...group.map(({ traceId }) => traceId))
      expect(new Set(found).size).toBe(found.length)
      expect(before.filter((id) => !found.includes(id))).toEqual([])
      const facets = await index.facets(query, store.reader.plan(query), [{ field: 'service' }], 10)
      expect(facets[0]?.partial).toBe(false)
      await setImmediate()
    }
    await writing
    expect(rounds).toBeGreaterThan(1)
    await store.stop()
  })

  it('is sure of everything that was written once and whole', async () => {
    const dir = folder()
    let store = await openSegments(dir, 8192)
    const { spans } = makeSpans(7, 600, '128 bit', NOW)
    await writeSpans(store, spans)
    await store.stop()
    store = await openSegments(dir, 8192)
    const query = { tenant: '', filter: undefined, startMinNs: 0n, startMaxNs: LAST }
    const found = await expectScan(store, throughWire(spans), query)
    expect(found.filter((trace) => !trace.countsCertain)).toEqual([])
    expect(found.some((trace) => trace.rootCertain)).toBe(true)
    await store.stop()
  })

  it('suggests keys and values of its tenant and of no other', async () => {
    const dir = folder()
    let store = await openSegments(dir, 8192)
    const random = createRandom(3)
    const known = await fillAndExpect(store, 3, random)
    const secret = throughWire(makeSpans(9, 20, '128 bit', NOW).spans).map((span) => ({
      ...span,
      attributes: [{ key: 'secret.key', value: { type: 'string' as const, value: 'secret' } }],
    }))
    await writeSpans(store, secret, 'red')
    for (const state of ['in a head', 'in a segment']) {
      const index = store.reader.index as SearchIndex
      for (const [tenant, spans] of known) {
        const keys = new Set(
          spans.flatMap(({ attributes, events, resource, scope }) =>
            [attributes, resource.attributes, scope.attributes, ...events.map((event) => event.attributes)].flatMap(
              (list) => list.map(({ key }) => key),
            ),
          ),
        )
        expect(await index.attributeKeys(tenant, '', 1000), state).toEqual([...keys].toSorted())
        expect(await index.attributeKeys(tenant, 'secret', 10), state).toEqual([])
        expect(await index.attributeValues(tenant, 'secret.key', '', 10), state).toEqual([])
        const values = new Set(spans.flatMap((span) => facetValues({ attr: 'region', level: 'any' }, span)))
        values.delete('')
        expect(await index.attributeValues(tenant, 'region', '', 1000), state).toEqual([...values].toSorted())
      }
      expect(await index.attributeKeys('red', 'secret', 10)).toEqual(['secret.key'])
      expect(await index.attributeValues('red', 'secret.key', 'sec', 10)).toEqual(['secret'])
      await store.stop()
      store = await openSegments(dir, 8192)
    }
    await store.stop()
  })
})
