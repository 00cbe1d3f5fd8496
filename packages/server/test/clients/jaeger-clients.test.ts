// The jaeger-clients of four languages, as services of 2019 still carry them, send to one Spoor by every way that they
// have, with sampling strategies from its port 5778. What Spoor then shows is compared with what each client says it sent,
// and with what the program's source says.

import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { SpanDetailAnswer } from '@spoor/core/api/span-detail'
import { launchChromium } from '@spoor/testkit/browser/chromium'
import { startSpoor, type Spoor } from '@spoor/testkit/spoor/start'
import {
  cacheMissFields,
  chargeCardRows,
  chargeCardTags,
  CUSTOMER,
  DEBUG_ID,
  DECLINED,
  processTags,
  serverTags,
  SHOPS,
  type Shop,
} from './jaeger-expected.ts'
import { checkAllAsSent, named, type Report, type SentSpan } from './jaeger-report.ts'
import { openInspector, type Browser } from './on-screen.ts'
import { readPrograms, runOnce } from './programs.ts'
import { getJson, getTrace, type V1Reference, type V1Span, type V1Trace } from './v1.ts'

const SAMPLED = 1
const DEBUG = 3 // and sampled
const FIREHOSE = 9 // and sampled
const programs = readPrograms(SHOPS.map((shop) => `jaeger-client-${shop}` as const))
let spoor: Spoor
let browser: Browser
let folder: string

/** Per operation for two of the clients, at most so many a second for the others; nothing at all for anybody else. */
const STRATEGIES = {
  service_strategies: [
    ...['shop-go', 'shop-java'].map((service) => ({
      service,
      type: 'probabilistic',
      param: 0,
      operation_strategies: ['buy', 'reserve stock', 'audit'].map((operation) => ({
        operation,
        type: 'probabilistic',
        param: 1,
      })),
    })),
    ...['shop-node', 'shop-python'].map((service) => ({ service, type: 'ratelimiting', param: 100 })),
  ],
  default_strategy: { type: 'probabilistic', param: 0 },
}

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'spoor-strategies-'))
  const file = join(folder, 'strategies.json')
  await writeFile(file, JSON.stringify(STRATEGIES))
  spoor = await startSpoor({ args: [`--sampling.strategies-file=${file}`] })
  browser = await launchChromium()
})
afterAll(async () => {
  await browser?.close()
  await spoor?.stop()
  await rm(folder, { recursive: true })
})

type Way = 'UDP' | 'HTTP'

/** The variables that every jaeger-client reads, or that the example reads where its client does not. */
function variables(shop: Shop, way: Way, remote: boolean, bits: 64 | 128): Record<string, string> {
  const { jaegerCompact, jaegerBinary, samplingHttp } = spoor.ports
  const sending =
    way === 'HTTP'
      ? { JAEGER_ENDPOINT: `${spoor.url.jaegerHttp}/api/traces` }
      : { JAEGER_AGENT_HOST: '127.0.0.1', JAEGER_AGENT_PORT: String(shop === 'node' ? jaegerBinary : jaegerCompact) }
  const asking = {
    // Nothing is sampled before Spoor's strategies are there.
    JAEGER_SAMPLER_TYPE: 'remote',
    JAEGER_SAMPLER_PARAM: '0',
    ...{
      go: {
        JAEGER_SAMPLING_ENDPOINT: `${spoor.url.samplingHttp}/sampling`,
        JAEGER_SAMPLER_REFRESH_INTERVAL: '100ms',
      },
      node: {
        JAEGER_SAMPLER_MANAGER_HOST_PORT: `127.0.0.1:${samplingHttp}`,
        JAEGER_SAMPLER_REFRESH_INTERVAL: '100',
      },
      python: { JAEGER_SAMPLER_PORT: String(samplingHttp), JAEGER_SAMPLER_REFRESH_INTERVAL: '0.1' },
      java: { JAEGER_SAMPLER_MANAGER_HOST_PORT: `127.0.0.1:${samplingHttp}` },
    }[shop],
  }
  return { ...sending, ...(remote ? asking : {}), ...(bits === 128 ? { JAEGER_TRACEID_128BIT: 'true' } : {}) }
}

function parentOf(span: V1Span): string | undefined {
  return span.references.find(({ refType }) => refType === 'CHILD_OF')?.spanID
}

async function shownOf(sent: SentSpan): Promise<{ span: V1Span; trace: V1Trace }> {
  const trace = await getTrace(spoor, sent.traceID)
  return { trace, span: trace.spans.find(({ spanID }) => spanID === sent.spanID) as V1Span }
}

/** The span in the words of Spoor's own API. */
async function detailOf({ traceID, spanID }: V1Span): Promise<unknown> {
  const answer = (await getJson(spoor, `/api/x/v1/traces/${traceID}/spans/${spanID}`)) as SpanDetailAnswer
  return answer.spans[0]
}

/** One request: server → charge card (which follows from a reservation in another trace) → send receipt. */
async function checkRequest(shop: Shop, report: Report, flags: number): Promise<V1Span> {
  const { span: server, trace } = await shownOf(named(report, 'POST /checkout', flags))
  const { span: card } = await shownOf(named(report, 'charge card', flags))
  const { span: receipt } = await shownOf(named(report, 'send receipt', flags))
  expect(trace.spans).toHaveLength(flags === DEBUG ? 3 : 4)
  const [toServer, toReservation, ...more] = card.references as [V1Reference, V1Reference]
  expect(toServer).toEqual({ refType: 'CHILD_OF', traceID: trace.traceID, spanID: server.spanID })
  expect(toReservation.refType).toBe('FOLLOWS_FROM')
  expect(toReservation.traceID).not.toBe(trace.traceID)
  expect(more).toEqual([])
  const { spans } = await getTrace(spoor, toReservation.traceID)
  expect(spans.map(({ spanID, operationName }) => [spanID, operationName])).toEqual([
    [toReservation.spanID, 'reserve stock'],
  ])
  expect(receipt.references).toEqual([{ refType: 'FOLLOWS_FROM', traceID: trace.traceID, spanID: card.spanID }])
  const tags = card.tags.filter(({ key }) => key !== 'internal.span.format')
  expect(tags).toHaveLength(chargeCardTags(shop).length)
  expect(tags).toEqual(expect.arrayContaining(chargeCardTags(shop)))
  expect(card.logs).toHaveLength(2)
  expect(card.logs[0]?.fields).toHaveLength(cacheMissFields(shop).length)
  expect(card.logs[0]?.fields).toEqual(expect.arrayContaining(cacheMissFields(shop)))
  expect(card.logs[1]?.fields.map(({ value }) => value)).toEqual(expect.arrayContaining(['error']))
  expect(card.logs[1]?.fields.some(({ value }) => String(value) === DECLINED)).toBe(true)
  expect(trace.processes[card.processID]?.serviceName).toBe(`shop-${shop}`)
  expect(trace.processes[card.processID]?.tags).toEqual(expect.arrayContaining(processTags(shop)))
  return server
}

async function checkBought(shop: Shop, report: Report): Promise<void> {
  const server = await checkRequest(shop, report, SAMPLED)
  const { span: buy } = await shownOf(named(report, 'buy', SAMPLED))
  expect([parentOf(server), buy.references]).toEqual([buy.spanID, []])
  const customer = { key: 'customer', type: 'string', value: CUSTOMER }
  expect(server.tags).toEqual(expect.arrayContaining(serverTags(shop, customer)))
  // Setting baggage leaves a log.
  const baggage = { event: 'baggage', key: 'customer', value: CUSTOMER }
  expect(buy.logs.map(({ fields }) => Object.fromEntries(fields.map(({ key, value }) => [key, value])))).toEqual([
    baggage,
  ])
}

/** Traces that are there whatever the sampler says: by the header that support sets, and by the program's own will. */
async function checkDebug(shop: Shop, report: Report): Promise<void> {
  const server = await checkRequest(shop, report, DEBUG)
  expect(server.references).toEqual([])
  const debugId = { key: 'jaeger-debug-id', type: 'string', value: DEBUG_ID }
  expect(server.tags).toEqual(expect.arrayContaining(serverTags(shop, debugId)))
  const { span: refund } = await shownOf(named(report, 'refund', DEBUG))
  const priority = refund.tags.find(({ key }) => key === 'sampling.priority')
  expect(priority).toEqual({ key: 'sampling.priority', type: shop === 'node' ? 'float64' : 'int64', value: 1 })
  expect(await detailOf(server)).toMatchObject({ debug: true, firehose: false })
  if (shop === 'go') {
    const { span: audit } = await shownOf(named(report, 'audit', FIREHOSE))
    expect(audit.flags).toBe(FIREHOSE)
    expect(await detailOf(audit)).toMatchObject({ debug: false, firehose: true })
  }
  // Support finds its trace by the id it chose.
  const query = new URLSearchParams({ service: `shop-${shop}`, tags: JSON.stringify({ 'jaeger-debug-id': DEBUG_ID }) })
  const found = (await getJson(spoor, `/api/traces?${query}`)) as { data: V1Trace[] }
  expect(found.data.map(({ traceID }) => traceID)).toContain(server.traceID)
}

/** The client says on the root which sampler chose it. */
async function checkSampler(shop: Shop, report: Report, remote: boolean): Promise<void> {
  const { span } = await shownOf(named(report, 'buy'))
  const sampler = Object.fromEntries(span.tags.map(({ key, value }) => [key, value]))
  const told = shop === 'go' || shop === 'java' ? ['probabilistic', 1] : ['ratelimiting', 100]
  expect([sampler['sampler.type'], sampler['sampler.param']]).toEqual(remote ? told : ['const', true])
}

async function checkOnScreen(shop: Shop, card: SentSpan): Promise<void> {
  const { rows, text } = await openInspector(browser, spoor.url.query, {
    traceId: card.traceID,
    spanId: card.spanID,
    name: 'charge card',
  })
  for (const row of chargeCardRows(shop)) expect(rows, `${row[0]} of ${shop}`).toContainEqual(row)
  const reservation = card.references.find(({ refType }) => refType === 'FOLLOWS_FROM') as V1Reference
  expect(text).toContain('cache miss')
  expect(text).toContain(DECLINED)
  expect(text).toContain(reservation.traceID)
}

describe.each(SHOPS)('%s', (shop) => {
  const program = programs[`jaeger-client-${shop}`]
  const ways: Way[] = shop === 'python' ? ['UDP'] : ['UDP', 'HTTP'] // the client for Python has no HTTP
  const runs = ways.flatMap((way) => [
    { way, bits: 64, remote: false } as const,
    { way, bits: 128, remote: true } as const,
  ])

  test.for(runs)('by $way, $bits bits, remote sampler: $remote', async ({ way, bits, remote }, context) => {
    if (program.state === 'missing') {
      context.skip(program.reason)
      return
    }
    const report = (await runOnce(program, { env: variables(shop, way, remote, bits) })) as Report
    await checkAllAsSent(spoor, report)
    expect(new Set(report.spans.map(({ traceID }) => traceID.length * 4))).toEqual(new Set([bits]))
    await checkBought(shop, report)
    await checkDebug(shop, report)
    await checkSampler(shop, report, remote)
    await checkOnScreen(shop, named(report, 'charge card', SAMPLED))
  })
})

test('Spoor finds nothing to warn of in any of it', () => {
  expect(spoor.output()).toMatch(/is ready/)
  expect(spoor.output()).not.toMatch(/"level":"(warn|error|fatal)"/)
})
