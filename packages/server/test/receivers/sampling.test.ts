// Every recorded question about sampling and baggage to Jaeger 1.57, asked of Spoor's two ports with the same file of
// strategies: status, headers and body are the same to the byte.

import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { createTestHost, type TestHost } from '@spoor/testkit/receiver-contract/host'
import { createSink } from '@spoor/testkit/receiver-contract/sink'
import type { Receiver } from '../../src/receivers/api/receiver.ts'
import { createJaegerHttpReceiver } from '../../src/receivers/jaeger-http/receiver.ts'
import { createSamplingHttpReceiver } from '../../src/receivers/sampling-http/receiver.ts'
import { createFileSampling, type FileSampling } from '../../src/sampling/file-sampling.ts'

interface Exchange {
  readonly request: string
  readonly port: 5778 | 14268
  readonly requestHeaders?: Readonly<Record<string, string>>
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
}

const GOLDEN = join(import.meta.dirname, '../golden')
const EXCHANGES = JSON.parse(readFileSync(join(GOLDEN, 'answers/sampling.json'), 'utf8')) as readonly Exchange[]
const LISTEN = { host: '127.0.0.1', port: 0 }
const LIMITS = { maxBodyBytes: 1 << 20, readHeaderTimeoutMs: 2000, readTimeoutMs: 10_000, idleTimeoutMs: 120_000 }

let host: TestHost
let sampling: FileSampling
let receivers: readonly Receiver[] = []
const addresses: Record<number, string> = {}

beforeAll(async () => {
  const base = createTestHost(createSink())
  const strategiesFile = join(GOLDEN, 'inputs/sampling/strategies.json')
  const config = { strategiesFile, reloadIntervalMs: 0, defaultSamplingRate: 0.001 }
  sampling = createFileSampling(config, { ...base.log, warn() {} }, base.metrics)
  host = { ...base, sampling }
  const agent = createSamplingHttpReceiver({ listen: LISTEN }, host)
  const collector = createJaegerHttpReceiver({ listen: LISTEN, ...LIMITS }, host)
  receivers = [agent, collector]
  await sampling.start()
  for (const [port, receiver] of [
    [5778, agent],
    [14268, collector],
  ] as const) {
    addresses[port] = (await receiver.start())[0]?.address ?? ''
  }
})
afterAll(async () => {
  await Promise.all(receivers.map(async (receiver) => await receiver.stop()))
  await sampling.stop()
})

test('answers as Jaeger, to the byte', async () => {
  expect(EXCHANGES.length).toBe(42)
  for (const { request, port, requestHeaders = {}, status, headers, body } of EXCHANGES) {
    const [method = '', path = ''] = request.split(/ (.*)/)
    const answer = await fetch(`http://${addresses[port]}${path}`, { method, headers: requestHeaders })
    const told = Object.fromEntries(
      ['content-type', 'x-content-type-options'].flatMap((name) => {
        const value = answer.headers.get(name)
        return value === null ? [] : [[name, value]]
      }),
    )
    expect({ request, port, status: answer.status, headers: told, body: await answer.text() }).toEqual({
      request,
      port,
      status,
      headers,
      body,
    })
  }
})

test('good and bad answers are counted under the names that Jaeger gave them', async () => {
  const good = EXCHANGES.filter(({ status }) => status === 200)
  const agent = good.filter(({ port }) => port === 5778)
  const legacy = agent.filter(({ request }) => request.startsWith('GET /?'))
  const requests = 'jaeger_agent_http_server_requests_total'
  expect(await host.count(requests, { type: 'sampling-legacy' })).toBe(legacy.length)
  expect(await host.count(requests, { type: 'sampling' })).toBe(agent.length - legacy.length)
  expect(await host.count('jaeger_collector_http_server_requests_total')).toBe(good.length - agent.length)
  const failed = EXCHANGES.filter(({ port, status }) => port === 5778 && status === 500)
  expect(await host.count('jaeger_agent_http_server_errors_total', { status: '5xx' })).toBe(failed.length)
})

test('a service name may hold anything that a URL can carry', async () => {
  for (const service of ['größe & co', 'a/b?c=d#e', '😀', 'x'.repeat(8000)]) {
    const answer = await fetch(`http://${addresses[5778]}/sampling?service=${encodeURIComponent(service)}`)
    expect([answer.status, await answer.json()]).toMatchObject([200, { strategyType: 'PROBABILISTIC' }])
  }
})
