// What the embedded store costs by itself, without receivers and doors: CPU a span of taking in (scan apart), bytes a span on
// disk after a stop, time to open, and searches at one million spans, warm. All parts run on one thread here, so the CPU of
// sealing is in the figure and its effect on latency is not. `--blocks=N`: blocks of 5,120 spans (default 200). Prints a table,
// or JSON with --json.

import { mkdtemp, readdir, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { isRetryable } from '@spoor/core/base/errors'
import type { Filter } from '@spoor/core/model/filter'
import { makeLoad, LOAD_SERVICES } from '@spoor/testkit/trace-gen/load'
import { type LocalStore, localStore } from 'spoor/storage/api/local'
import { DEFAULT_CONFIG } from 'spoor/storage/segments/config-types'
import { segmentsStore } from 'spoor/storage/segments/index'
import { scanOtlp } from 'spoor/wire/otlp/scan'
import type { SpanBatch } from 'spoor/wire/otlp/span-batch'
import { describeMachine } from './lib/machine.ts'

const { values } = parseArgs({
  options: { blocks: { type: 'string', default: '200' }, json: { type: 'boolean', default: false } },
})
const RUNS = 60
const LIMIT = 20
const HOUR_NS = 3_600_000_000_000n
const START_NS = BigInt(Date.now()) * 1_000_000n - HOUR_NS

interface Timing {
  readonly p50Ms: number
  readonly p99Ms: number
  readonly traces: number
}

function cpuMicros(): number {
  const { user, system } = process.cpuUsage()
  return user + system
}

async function write(store: LocalStore, batch: SpanBatch): Promise<void> {
  for (;;) {
    try {
      await store.writer.write(batch)
      return
    } catch (thrown) {
      if (!isRetryable(thrown)) throw thrown
      await delay(5)
    }
  }
}

async function folderBytes(folder: string): Promise<number> {
  let bytes = 0
  for (const entry of await readdir(folder, { recursive: true, withFileTypes: true })) {
    if (entry.isFile()) bytes += (await stat(join(entry.parentPath, entry.name))).size
  }
  return bytes
}

async function search(store: LocalStore, filter: Filter | undefined): Promise<number> {
  const query = { tenant: '', filter, startMinNs: START_NS, startMaxNs: START_NS + HOUR_NS }
  const ids: string[] = []
  for await (const group of store.reader.candidates(query, store.reader.plan(query))) {
    for (const candidate of group) ids.push(candidate.traceId)
    if (ids.length >= LIMIT) break
  }
  let traces = 0
  for await (const chunk of store.reader.traces('', ids.slice(0, LIMIT))) traces += chunk.spanCount > 0 ? 1 : 0
  return traces
}

async function time(run: (i: number) => Promise<number>): Promise<Timing> {
  const times: number[] = []
  let traces = 0
  for (let i = 0; i < RUNS; i++) {
    const begun = performance.now()
    traces += await run(i)
    times.push(performance.now() - begun)
  }
  // The first runs load code and tables.
  const sorted = times.slice(5).toSorted((a, b) => a - b)
  return { p50Ms: sorted[sorted.length >> 1] ?? 0, p99Ms: sorted.at(-1) ?? 0, traces: traces / RUNS }
}

function tag(attr: string, value: string): Filter {
  return { op: 'eq', target: { attr, level: 'any' }, value }
}

async function ingest(store: LocalStore): Promise<{ spans: number; cpu: number; scanCpu: number; ids: string[] }> {
  const load = makeLoad({ seed: 1, blocks: Number(values.blocks), startNs: START_NS })
  const ids: string[] = []
  let cpu = 0
  let scanCpu = 0
  for (let i = 0; i < load.requestCount; i++) {
    const request = load.request(i)
    if (i % 20 === 0) ids.push(...request.traceIds().slice(0, 1))
    const begun = cpuMicros()
    const batch = scanOtlp(request.bytes)
    const scanned = cpuMicros()
    await write(store, batch)
    scanCpu += scanned - begun
    cpu += cpuMicros() - scanned
  }
  return { spans: load.spanCount, cpu, scanCpu, ids }
}

async function main(): Promise<void> {
  const dir = await mkdtemp(join(tmpdir(), 'spoor-bench-store-'))
  const config = { ...DEFAULT_CONFIG, dir }
  try {
    let store = await localStore(segmentsStore, config)
    await store.start()
    const taken = await ingest(store)
    const begun = cpuMicros()
    await store.stop()
    const cpu = taken.cpu + cpuMicros() - begun
    const bytes = await folderBytes(dir)
    const opening = performance.now()
    store = await localStore(segmentsStore, config)
    await store.start()
    const openMs = performance.now() - opening
    const service = (i: number): Filter => ({
      op: 'eq',
      target: { field: 'service' },
      value: LOAD_SERVICES[i % LOAD_SERVICES.length] ?? '',
    })
    const operations = await store.reader.operations('', 'cart')
    const operation = (i: number): Filter => {
      const name: Filter = { op: 'eq', target: { field: 'name' }, value: operations[i % operations.length]?.name ?? '' }
      return { op: 'and', args: [{ op: 'eq', target: { field: 'service' }, value: 'cart' }, name] }
    }
    const longer = (ms: bigint): Filter => ({ op: 'gte', target: { field: 'duration' }, value: ms * 1_000_000n })
    const searches = {
      service: await time(async (i) => await search(store, service(i))),
      serviceOperation: await time(async (i) => await search(store, operation(i))),
      commonTag: await time(async () => await search(store, tag('http.status_code', '500'))),
      errorTag: await time(async () => await search(store, tag('error', 'true'))),
      rareTag: await time(async (i) => await search(store, tag('net.peer.port', String(30_000 + i)))),
      absentTag: await time(async (i) => await search(store, tag('user.id', `nobody-${i}`))),
      minDuration: await time(async () => await search(store, longer(100n))),
      traceById: await time(async (i) => {
        let found = 0
        for await (const chunk of store.reader.traces('', [taken.ids[i % taken.ids.length] ?? '']))
          found += chunk.spanCount > 0 ? 1 : 0
        return found
      }),
      services: await time(async () => (await store.reader.services('')).length),
      operations: await time(async () => (await store.reader.operations('', 'cart')).length),
      dependencies: await time(
        async () => (await store.reader.dependencies('', START_NS - 7n * 24n * HOUR_NS, START_NS + HOUR_NS)).length,
      ),
    }
    await store.stop()
    report({
      name: 'store',
      machine: describeMachine(),
      spans: taken.spans,
      scanMicrosASpan: taken.scanCpu / taken.spans,
      storeMicrosASpan: cpu / taken.spans,
      bytesASpan: bytes / taken.spans,
      openMs,
      rssMiB: process.memoryUsage.rss() / (1 << 20),
      searches,
    })
  } finally {
    await rm(dir, { recursive: true, force: true })
  }
}

interface Result {
  readonly name: string
  readonly machine: object
  readonly spans: number
  readonly scanMicrosASpan: number
  readonly storeMicrosASpan: number
  readonly bytesASpan: number
  readonly openMs: number
  readonly rssMiB: number
  readonly searches: Readonly<Record<string, Timing>>
}

function report(result: Result): void {
  if (values.json) {
    console.log(JSON.stringify(result))
    return
  }
  console.log(
    `${result.spans} spans; CPU µs a span: scan ${result.scanMicrosASpan.toFixed(2)}, store ${result.storeMicrosASpan.toFixed(2)}`,
  )
  console.log(
    `${result.bytesASpan.toFixed(1)} bytes a span on disk; opens in ${result.openMs.toFixed(0)} ms; RSS ${result.rssMiB.toFixed(0)} MiB`,
  )
  for (const [name, { p50Ms, p99Ms, traces }] of Object.entries(result.searches)) {
    console.log(
      `${name.padEnd(18)} p50 ${p50Ms.toFixed(2).padStart(8)} ms   p99 ${p99Ms.toFixed(2).padStart(8)} ms   ${traces.toFixed(1)} found`,
    )
  }
}

await main()
