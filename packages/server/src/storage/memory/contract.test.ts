// The storage contract on the memory store, and the bounds of its ring.

import { expect, test } from 'vitest'
import { linksOf } from '@spoor/core/model/links'
import { makeSpans } from '@spoor/testkit/storage-contract/data'
import { makeCalls } from '@spoor/testkit/storage-contract/laws-dependencies'
import { storageContract } from '@spoor/testkit/storage-contract/kit'
import { readTrace, throughWire, writeSpans } from '@spoor/testkit/storage-contract/write'
import { localStore } from '../api/local.ts'
import { memoryStore } from './index.ts'

storageContract('memory', () => localStore(memoryStore, { maxTraces: 0 }))

const NOW = BigInt(Date.now()) * 1_000_000n

test('the oldest trace goes when there are more than maxTraces', async () => {
  const store = await localStore(memoryStore, { maxTraces: 3 })
  await store.start()
  const [template] = makeSpans(1, 1, '128 bit', NOW).spans
  if (template === undefined) throw new Error('no span')
  const ids = Array.from({ length: 5 }, (_, i) => `${i}`.repeat(32).replaceAll('0', 'a'))
  for (const traceId of ids) await writeSpans(store, [{ ...template, traceId }])
  const there = await Promise.all(ids.map(async (id) => (await readTrace(store, id))?.length))
  expect(there).toEqual([undefined, undefined, 1, 1, 1])
  await store.stop()
})

test('bytes bound the ring where traces do not', async () => {
  const store = await localStore(memoryStore, { maxTraces: 0, maxBytes: 20_000 })
  await store.start()
  const { spans } = makeSpans(2, 400, '128 bit', NOW)
  for (let from = 0; from < 400; from += 10) await writeSpans(store, spans.slice(from, from + 10))
  const query = { tenant: '', filter: undefined, startMinNs: 0n, startMaxNs: (1n << 64n) - 1n }
  let bytes = 0
  for await (const group of store.reader.candidates(query, store.reader.plan(query))) {
    for await (const chunk of store.reader.traces(
      '',
      group.map((found) => found.traceId),
    ))
      bytes += chunk.bytes.length
  }
  expect(bytes).toBeGreaterThan(1000)
  expect(bytes).toBeLessThan(20_000)
  await expect(writeSpans(store, spans)).rejects.toMatchObject({ kind: 'tooLarge' })
  await store.stop()
})

test('the calls of a trace go with it', async () => {
  const store = await localStore(memoryStore, { maxTraces: 1 })
  await store.start()
  const traces = [...Map.groupBy(throughWire(makeCalls(3, 20)), (span) => span.traceId).values()]
  for (const trace of traces) {
    await writeSpans(store, trace)
    expect(await store.reader.dependencies('', 0n, 1n << 63n)).toEqual(linksOf([trace], 0n, 1n << 63n))
  }
  await store.stop()
})
