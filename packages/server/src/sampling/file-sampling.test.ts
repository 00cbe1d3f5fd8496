// The file of strategies as it lives on disk or behind a URL: read at the start, read again, turned bad, gone and back.

import { mkdir, mkdtemp, rename, rm, writeFile } from 'node:fs/promises'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { once } from 'node:events'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { createMetrics, type Metrics } from '../telemetry/metrics.ts'
import type { Logger } from '../telemetry/log.ts'
import { createFileSampling, type FileSampling } from './file-sampling.ts'

const RELOAD_MS = 100

let dir: string
let file: string
let complaints: string[]
let metrics: Metrics
let sampling: FileSampling | undefined
let server: Server | undefined

beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'spoor-sampling-'))
  file = join(dir, 'strategies.json')
  complaints = []
  metrics = createMetrics()
})
afterEach(async () => {
  await sampling?.stop()
  server?.closeAllConnections()
  server?.close()
  sampling = undefined
  server = undefined
  await rm(dir, { recursive: true, force: true })
})

async function start(strategiesFile: string, reloadIntervalMs = 0): Promise<FileSampling> {
  const complain = (message: string, fields?: object): void => {
    complaints.push(`${message} ${JSON.stringify(fields)}`)
  }
  const log: Logger = { debug() {}, info() {}, warn: complain, error: complain }
  sampling = createFileSampling({ strategiesFile, reloadIntervalMs, defaultSamplingRate: 0.001 }, log, metrics)
  await sampling.start()
  return sampling
}

function content(rate: number): string {
  return JSON.stringify({ default_strategy: { type: 'probabilistic', param: rate } })
}

function rateOf(from: FileSampling): number {
  const strategy = from.strategyFor('any')
  return strategy.type === 'probabilistic' ? strategy.samplingRate : -1
}

async function failures(): Promise<number> {
  const found = (await metrics.snapshot()).find(({ name }) => name === 'spoor_sampling_reload_failures_total')
  return found?.values[0]?.value ?? 0
}

/** Answers every request as `answers` says at that time. */
async function serveStrategies(answers: { status: number; body: string; authorization?: string }): Promise<string> {
  server = createServer((request, response) => {
    answers.authorization = request.headers.authorization ?? ''
    response.writeHead(answers.status).end(answers.body)
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  return `127.0.0.1:${(server.address() as AddressInfo).port}/strategies?token=secret`
}

test('a file that changes is read again; one that turns bad leaves what was, is logged once and counted', async () => {
  await writeFile(file, content(0.5))
  const running = await start(file, RELOAD_MS)
  expect(rateOf(running)).toBe(0.5)
  await writeFile(join(dir, 'next'), content(0.75))
  await rename(join(dir, 'next'), file)
  await expect.poll(() => rateOf(running)).toBe(0.75)
  await writeFile(file, '{"default_strategy": ')
  await expect.poll(failures).toBeGreaterThanOrEqual(3)
  expect(rateOf(running)).toBe(0.75)
  expect(complaints).toEqual([expect.stringContaining(file)])
  await rm(file)
  await expect.poll(() => complaints.length).toBe(2)
  expect(rateOf(running)).toBe(0.75)
  await writeFile(file, content(1))
  await expect.poll(() => rateOf(running)).toBe(1)
  expect(complaints.length).toBe(2)
})

test('without an interval a file is read once', async () => {
  await writeFile(file, content(0.5))
  const running = await start(file)
  await writeFile(file, content(1))
  const again = await start(file)
  expect([rateOf(running), rateOf(again)]).toEqual([0.5, 1])
})

test.each([
  ['a file that is not there', () => Promise.resolve(), /: cannot read .*strategies\.json: ENOENT/],
  ['a folder', async () => await mkdir(file), /it is no file/],
  ['a file that is not JSON', async () => await writeFile(file, 'default: 1'), /strategies\.json: not JSON/],
  [
    'a file over the limit',
    async () => await writeFile(file, ' '.repeat(5_000_000)),
    /over the limit of 4194304 bytes/,
  ],
])('%s is refused at the start, in one line that names it', async (_, make, message) => {
  await make()
  const refusal: unknown = await start(file).catch((thrown: unknown) => thrown)
  expect((refusal as Error).message).toMatch(message)
  expect((refusal as Error).message).toMatch(/^sampling\.strategies-file: [^\n]+$/)
})

test('a URL is read like a file, with the user and password that it names', async () => {
  const answers = { status: 200, body: content(0.5), authorization: '' }
  const running = await start(`http://me:p%40ss@${await serveStrategies(answers)}`, RELOAD_MS)
  expect(rateOf(running)).toBe(0.5)
  expect(answers.authorization).toBe(`Basic ${Buffer.from('me:p@ss').toString('base64')}`)
  answers.body = content(1)
  await expect.poll(() => rateOf(running)).toBe(1)
  answers.status = 404
  await expect.poll(() => complaints.length).toBe(1)
  expect(complaints[0]).toContain('status 404')
  expect(complaints[0]).not.toMatch(/p@ss|p%40ss|secret/)
  expect(rateOf(running)).toBe(1)
})

test('a URL that answers 503 has no strategies yet: the default serves until it has', async () => {
  const answers = { status: 503, body: '' }
  const running = await start(`http://${await serveStrategies(answers)}`, RELOAD_MS)
  expect(rateOf(running)).toBe(0.001)
  Object.assign(answers, { status: 200, body: content(0.5) })
  await expect.poll(() => rateOf(running)).toBe(0.5)
})

test('a URL that answers without end is refused at the limit', async () => {
  const url = await serveStrategies({ status: 200, body: ' '.repeat(5_000_000) })
  await expect(start(`http://${url}`)).rejects.toThrow(/over the limit of 4194304 bytes/)
})

test('nobody at the URL: one line that says so, without what is secret in it', async () => {
  const refusal: unknown = await start('http://me:pass@127.0.0.1:9/x?token=1').catch((thrown: unknown) => thrown)
  expect((refusal as Error).message).toMatch(/cannot read http:\/\/127\.0\.0\.1:9\/x: /)
})
