// What the real program says of itself: the store's numbers as an answer, as metrics and by the tool agree with what was sent, and
// its probes find themselves while nobody else does.

import { execFileSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { StoreStats } from '@spoor/core/api/store'
import { plainEnvironment, type Spoor, startSpoor } from '@spoor/testkit/spoor/start'
import { makeTrace, postTraces } from './otlp.ts'

const MAIN = fileURLToPath(new URL('../../bin/spoor.js', import.meta.url))
let spoor: Spoor

beforeAll(async () => {
  spoor = await startSpoor({ args: ['--prober.interval=20ms', '--segments.head-spans=100'] })
})
afterAll(async () => {
  await spoor.stop()
})

async function metrics(): Promise<string> {
  return await (await fetch(`${spoor.url.admin}/metrics`)).text()
}

function value(text: string, series: string): number {
  const line = text.split('\n').find((entry) => entry.startsWith(`${series} `))
  return Number(line?.split(' ').at(-1) ?? Number.NaN)
}

/** Scrapes until it holds. */
async function until(holds: (text: string) => boolean): Promise<string> {
  for (;;) {
    const text = await metrics()
    if (holds(text)) return text
  }
}

test('the store says how many spans and bytes each service has, in one voice', async () => {
  for (const [service, traces] of [
    ['shop', 30],
    ['bank', 10],
  ] as const) {
    for (let i = 0; i < traces; i++)
      expect((await postTraces(spoor.url.otlpHttp, [makeTrace({ service }).resourceSpans])).status).toBe(200)
  }
  const answer = await fetch(`${spoor.url.query}/api/x/v1/store`)
  expect(answer.status).toBe(200)
  const stats = (await answer.json()) as StoreStats
  expect(stats.spans).toBe(200)
  expect(stats.services.map(({ service, spans }) => [service, spans])).toEqual([
    ['shop', 150],
    ['bank', 50],
  ])
  expect(stats.tenants).toHaveLength(1)
  expect(stats.segments.spans + stats.spool.spans).toBe(200)
  expect(stats.debt).toBeGreaterThanOrEqual(0)
  const text = await until((scraped) => value(scraped, 'spoor_store_service_spans{service="shop"}') === 150)
  expect(value(text, 'spoor_store_service_spans{service="bank"}')).toBe(50)
  expect(value(text, 'spoor_store_service_bytes{service="shop"}')).toBeGreaterThan(0)
  expect(text).not.toContain('prober"')
  const args = [MAIN, 'store', 'stats', '--json', `--storage.dir=${spoor.dataDir}`]
  const tool = JSON.parse(
    execFileSync(process.execPath, args, { env: plainEnvironment(), encoding: 'utf8' }),
  ) as StoreStats
  expect(tool.spans).toBe(200)
  expect(tool.traces).toBe(40)
  expect(tool.services.map(({ service, spans }) => [service, spans])).toEqual([
    ['shop', 150],
    ['bank', 50],
  ])
})

test('probes are found, and clients see and count none of them', async () => {
  const text = await until((scraped) => value(scraped, 'spoor_probes_total{result="found"}') >= 10)
  expect(value(text, 'spoor_probe_searchable_seconds_count')).toBeGreaterThanOrEqual(10)
  expect(text).not.toContain('result="lost"')
  expect(text).not.toContain('svc="spoor-prober"')
  const services = (await (await fetch(`${spoor.url.query}/api/services`)).json()) as { data: string[] }
  expect(services.data).not.toContain('spoor-prober')
})
