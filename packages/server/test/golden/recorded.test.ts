// Everything that was recorded of real Jaegers 1.17, 1.57, 1.76 and 2.13 against the real program: the recorded requests go in
// through its real sockets, every recorded question is asked, and each field of each answer is compared. What may differ
// stands in differences.ts, with the reason; docs/compatibility.md is made of it.

import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { type Spoor, startSpoor } from '@spoor/testkit/spoor/start'
import { compatibilityMarkdown } from './compatibility.ts'
import { Asker, differencesOf, differencesOfGrpc, differencesSaid, type Found } from './differ.ts'
import { accepts, DIFFERENCES } from './differences.ts'
import {
  type ByVersion,
  GOLDEN,
  loadInputs,
  loadReceiverErrors,
  loadRecordings,
  loadSampling,
  loadSearches,
  PROTOCOLS,
  VERSIONS,
} from './recordings.ts'
import { createTalk, feed } from './talk.ts'
import { scrape } from '../e2e/scrape.ts'

/** Inputs that were left out of the data of the searches, as some Jaeger answers them with 500 or dies. */
const NOT_SEARCHED = /^(?:i-utf8-service|b-nonfinite|i-start-negative|i-zero-trace-id)\./
/** The recorded spans are of August 2026: whatever the clock says, their counts must not be too old to keep. */
const KEEP: readonly string[] = ['--segments.rollup-retention=0']
/** Far fewer than there are: a list that was lost must not pass. */
const ENOUGH = 100

/** `id version` of entries that happened in a test above; the last test looks for those that did not. */
const happened = new Set<string>()

function expectAccepted(found: readonly Found[]): void {
  const unexpected = found.filter((difference) => {
    const entries = DIFFERENCES.filter((entry) => accepts(entry, difference))
    for (const { id } of entries) happened.add(`${id} ${difference.version}`)
    return entries.length === 0
  })
  expect(unexpected).toEqual([])
}

function pick<T, U>(byVersion: ByVersion<T>, choose: (of: T) => U): ByVersion<U> {
  const known = VERSIONS.filter((version) => byVersion[version] !== undefined)
  return Object.fromEntries(known.map((version) => [version, choose(byVersion[version] as T)]))
}

async function withSpoor(run: (spoor: Spoor, asker: Asker) => Promise<void>, ...args: string[]): Promise<void> {
  const spoor = await startSpoor({ args: [...KEEP, ...args] })
  const asker = new Asker(spoor)
  try {
    await run(spoor, asker)
  } finally {
    asker.close()
    await spoor.stop()
  }
}

test.each(PROTOCOLS)('after %s, every answer is as recorded but for the listed differences', async (protocol) => {
  await withSpoor(async (spoor, asker) => {
    const said = await feed(spoor, protocol)
    const recordings = loadRecordings(protocol)
    const found = await differencesOf(
      protocol,
      asker,
      pick(recordings, ({ exchanges }) => exchanges),
    )
    expect(asker.questions).toBeGreaterThan(ENOUGH)
    expectAccepted([...differencesSaid(protocol, said, recordings), ...found])
  })
})

/** Waits until all spans are in segment files. */
async function sealed(spoor: Spoor): Promise<void> {
  const left = async (): Promise<number> => (await scrape(spoor.url.admin))('spoor_store_head_spans')
  await expect.poll(left, { timeout: 20_000 }).toBe(0)
  const count = await scrape(spoor.url.admin)
  const accounted = count('spoor_store_sealed_spans_total') + count('spoor_store_duplicate_spans_total')
  expect(accounted).toBe(count('spoor_spans_stored_total'))
  expect(accounted).toBeGreaterThan(0)
}

test.each([
  ['segments not yet sealed', []],
  ['sealed segments', ['--segments.head-age=1s']],
  ['the memory store', ['--storage.type=memory']],
])('searches, bad parameters, paths and methods are answered as recorded, from %s', async (store, args) => {
  await withSpoor(
    async (spoor, asker) => {
      const thrift = loadInputs('jaeger-thrift-http').filter(({ name }) => !NOT_SEARCHED.test(name))
      await feed(spoor, 'jaeger-thrift-http', thrift)
      const otlp = loadInputs('otlp-protobuf').filter(({ name }) => name.startsWith('f-'))
      await feed(spoor, 'otlp-protobuf', otlp)
      if (store === 'sealed segments') await sealed(spoor)
      const searches = pick(loadSearches(), ({ exchanges }) => exchanges)
      const found = await differencesOf('search', asker, searches)
      expect(asker.questions).toBeGreaterThan(2 * ENOUGH)
      expectAccepted(found)
    },
    ...args,
  )
})

test('bad requests and odd ones to the receivers, and questions about sampling, are answered as recorded', async () => {
  const strategies = join(GOLDEN, 'inputs/sampling/strategies.json')
  await withSpoor(async (spoor, asker) => {
    const errors = loadReceiverErrors()
    const http = await differencesOf(
      'receiver-errors',
      asker,
      pick(errors, (one) => one.http),
    )
    // What became of the odd but good JSON among them.
    const spans = pick(errors, ({ spansOfJsonForms }) => (spansOfJsonForms === undefined ? [] : [spansOfJsonForms]))
    const forms = await differencesOf('receiver-errors', asker, spans)
    const calls = pick(errors, ({ grpc }) => grpc)
    expect(calls['1.57']?.length).toBe(4)
    const grpc = await differencesOfGrpc(spoor, calls)
    const sampling = await differencesOf('sampling', asker, loadSampling())
    expect(asker.questions).toBeGreaterThan(ENOUGH)
    expectAccepted([...http, ...forms, ...grpc, ...sampling])
  }, `--sampling.strategies-file=${strategies}`)
})

test('prettyPrint indents as Jaeger does', async () => {
  await withSpoor(async (spoor) => {
    await feed(spoor, 'jaeger-thrift-http')
    const pretty = loadRecordings('jaeger-thrift-http')['1.57']?.exchanges.find(({ request }) =>
      request.endsWith('prettyPrint=true'),
    )
    const talk = createTalk()
    const path = pretty?.request.slice('GET '.length) ?? ''
    const { body } = await talk.ask(spoor.url.query, { method: 'GET', path })
    talk.close()
    const shape = (text = ''): readonly string[] =>
      text
        .trimEnd()
        .split('\n')
        .map((line) => /^ */.exec(line)?.[0] ?? '')
        .toSorted()
    expect(shape(pretty?.body).length).toBeGreaterThan(ENOUGH)
    expect(shape(body)).toEqual(shape(pretty?.body))
  })
})

test('a service without a name is one and the same in lists, searches and dependencies', async () => {
  await withSpoor(async (spoor) => {
    await feed(spoor, 'otlp-protobuf')
    const talk = createTalk()
    const get = async (path: string): Promise<readonly unknown[]> =>
      (JSON.parse((await talk.ask(spoor.url.query, { method: 'GET', path })).body) as { data: readonly unknown[] }).data
    const recorded = loadRecordings('otlp-protobuf')['1.57']?.exchanges ?? []
    const namesIn = (name: string): readonly string[] => {
      const found = recorded.find(({ request }) => request === `GET /api/services/${name}/operations`)
      return (JSON.parse(found?.body ?? '{}') as { readonly data: readonly string[] }).data
    }
    const operations = [...namesIn('OTLPResourceNoServiceName'), ...namesIn('empty-service-name')].toSorted()
    expect(operations.length).toBeGreaterThan(3)
    expect(await get('/api/services')).toContain('empty-service-name')
    const range = 'start=1787219990000000&end=1787220100000000'
    const day = 'endTs=1787220100000&lookback=3600000'
    for (const name of ['OTLPResourceNoServiceName', 'empty-service-name']) {
      expect(await get(`/api/services/${name}/operations`)).toEqual(operations)
      const found = (await get(`/api/traces?service=${name}&${range}`)) as readonly { readonly traceID: string }[]
      expect(found.map(({ traceID }) => traceID)).toContain('5a00000000000006f000000000000003')
      const links = await get(`/api/dependencies?${day}&service=${name}`)
      expect(links).toEqual([{ parent: 'empty-service-name', child: 'otlp-twin', callCount: 2 }])
    }
    talk.close()
  })
})

test('every listed difference still happens, in every version that it names', () => {
  const listed = DIFFERENCES.flatMap(({ id, versions }) => versions.map((version) => `${id} ${version}`))
  expect(new Set(listed).size).toBe(listed.length)
  expect(listed.filter((one) => !happened.has(one))).toEqual([])
})

test('docs/compatibility.md says what the list says (`npm run docs` writes it)', async () => {
  const written = await readFile(join(GOLDEN, '../../../../docs/compatibility.md'), 'utf8')
  expect(written).toBe(compatibilityMarkdown())
})
