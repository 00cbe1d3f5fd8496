// The client of 2019 as services have it, jaeger-client for Node.js, against the real program: its remote sampler asks port
// 5778 and follows a file that changes, its HTTP sender posts to port 14268, and its spans are found.

import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { initTracer } from 'jaeger-client'
import { FORMAT_TEXT_MAP, Tags } from 'opentracing'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { startSpoor, type Spoor } from '@spoor/testkit/spoor/start'

const REFRESH_MS = 20

let dir: string
let file: string
let spoor: Spoor

function strategies(shop: number): string {
  const operation = { operation: 'GET /health', type: 'probabilistic', param: 0 }
  return JSON.stringify({
    default_strategy: { type: 'probabilistic', param: 0, operation_strategies: [operation] },
    service_strategies: [{ service: 'shop', type: 'probabilistic', param: shop }],
  })
}

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'spoor-jaeger-client-'))
  file = join(dir, 'strategies.json')
  await writeFile(file, strategies(0))
  spoor = await startSpoor({
    args: [`--sampling.strategies-file=${file}`, '--sampling.strategies-reload-interval=100ms'],
  })
})
afterAll(async () => {
  await spoor.stop()
  await rm(dir, { recursive: true, force: true })
})

interface Client {
  readonly tracer: ReturnType<typeof initTracer>
  readonly complaints: string[]
  close(): Promise<void>
}

/** `param`: the share that it records until it has asked. */
function client(serviceName: string, param: number): Client {
  const complaints: string[] = []
  const sampler = {
    type: 'remote' as const,
    param,
    hostPort: `127.0.0.1:${spoor.ports.samplingHttp}`,
    refreshIntervalMs: REFRESH_MS,
  }
  const tracer = initTracer(
    { serviceName, sampler, reporter: { collectorEndpoint: `${spoor.url.jaegerHttp}/api/traces` } },
    { logger: { info: () => undefined, error: (message) => complaints.push(message) } },
  )
  const close = async (): Promise<void> =>
    await new Promise((resolve) => {
      tracer.close(resolve)
    })
  return { tracer, complaints, close }
}

/**
 * Whether a trace that begins now is recorded: the flag that goes out with every request. An operation that the file does
 * not name keeps, in this client, the share it was first recorded with: so each time another one.
 */
function isRecorded({ tracer }: Client, operation: string = `operation ${performance.now()}`): boolean {
  const headers: Record<string, string> = {}
  const span = tracer.startSpan(operation)
  tracer.inject(span, FORMAT_TEXT_MAP, headers)
  return decodeURIComponent(headers['uber-trace-id'] ?? '').endsWith(':1')
}

interface Found {
  readonly data: readonly {
    readonly processes: Readonly<Record<string, { readonly serviceName: string }>>
    readonly spans: readonly {
      readonly operationName: string
      readonly duration: number
      readonly references: readonly { readonly refType: string }[]
      readonly tags: readonly { readonly key: string; readonly value: unknown }[]
      readonly logs: readonly object[]
    }[]
  }[]
}

test('a client with the remote sampler records what the file says, also when it changes, and its spans are found', async () => {
  const shop = client('shop', 1)
  const other = client('other', 1)
  expect(isRecorded(shop)).toBe(true)
  await expect.poll(() => isRecorded(shop)).toBe(false)
  await expect.poll(() => isRecorded(other)).toBe(false)
  await writeFile(file, strategies(1))
  await expect.poll(() => isRecorded(shop)).toBe(true)
  expect(isRecorded(shop, 'GET /health')).toBe(false)
  expect(isRecorded(other)).toBe(false)

  const parent = shop.tracer.startSpan('checkout', { tags: { [Tags.SPAN_KIND]: 'server', größe: 'groß' } })
  const child = shop.tracer.startSpan('pay', { childOf: parent })
  child.log({ event: 'retry', attempt: 2 })
  child.setTag(Tags.ERROR, true)
  child.finish()
  parent.finish()
  await Promise.all([shop.close(), other.close()])
  expect([...shop.complaints, ...other.complaints]).toEqual([])

  const query = `${spoor.url.query}/api/traces?service=shop&tags=${encodeURIComponent('{"error":"true"}')}`
  const answer = await expect
    .poll(async () => ((await (await fetch(query)).json()) as Found).data)
    .toHaveLength(1)
    .then(async () => ((await (await fetch(query)).json()) as Found).data)
  const [trace] = answer
  const spans = Object.fromEntries(trace?.spans.map((span) => [span.operationName, span]) ?? [])
  expect(Object.keys(spans).sort()).toEqual(['checkout', 'pay'])
  expect(spans['checkout']?.tags).toContainEqual(expect.objectContaining({ key: 'größe', value: 'groß' }))
  expect(spans['pay']?.references).toMatchObject([{ refType: 'CHILD_OF' }])
  expect(spans['pay']?.logs).toMatchObject([
    {
      fields: [
        { key: 'event', type: 'string', value: 'retry' },
        { key: 'attempt', value: 2 },
      ],
    },
  ])
})

test('a bad file at the start: one clear line, and no start', async () => {
  const bad = join(dir, 'bad.json')
  await writeFile(bad, '{"default_strategy": {"type": "probabilistic", "param": "half"}}')
  await expect(startSpoor({ args: [`--sampling.strategies-file=${bad}`] })).rejects.toThrow(
    new RegExp(`^spoor: sampling\\.strategies-file: ${bad}: default_strategy\\.param: expected a number$`, 'm'),
  )
})
