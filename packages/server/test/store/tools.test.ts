// `spoor store` as a person runs it: the real program beside a real server, on real files; killed in the middle, too.

import { spawn } from 'node:child_process'
import { cpSync, existsSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { gzipSync } from 'node:zlib'
import { afterEach, beforeEach, expect, test } from 'vitest'
import type { Span } from '@spoor/core/model/span'
import { plainEnvironment, type Spoor, startSpoor } from '@spoor/testkit/spoor/start'
import { makeSpans } from '@spoor/testkit/storage-contract/data'
import { inOrder, throughWire } from '@spoor/testkit/storage-contract/write'
import { makeLoad } from '@spoor/testkit/trace-gen/load'
import type { CheckReport } from '../../src/storage/api/files.ts'
import { decodeTraces } from '../../src/wire/otlp/decode.ts'
import { encodeTraces } from '../../src/wire/otlp/encode.ts'
import { otlpJsonToProtobuf } from '../../src/wire/otlp/json.ts'

const MAIN = fileURLToPath(new URL('../../bin/spoor.js', import.meta.url))
/** Small heads: so that there are segments of a few spans; kept for ever, whatever their times say. */
const SERVER = ['--segments.head-spans=300', '--segments.retention=0', '--segments.reserve=0']
const NOW = BigInt(Date.now()) * 1_000_000n

let root = ''
let servers: Spoor[] = []

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'spoor-tools-'))
})

afterEach(async () => {
  for (const server of servers) await server.kill()
  servers = []
  rmSync(root, { recursive: true, force: true })
})

async function serve(dataDir: string, args: readonly string[] = SERVER): Promise<Spoor> {
  const server = await startSpoor({ dataDir, args })
  servers.push(server)
  return server
}

interface Ended {
  readonly code: number | null
  readonly stdout: Buffer
  readonly stderr: string
}

/** `until`: called with what it has written so far; true kills it. */
async function store(dir: string, args: readonly string[], until?: () => boolean): Promise<Ended> {
  const child = spawn(process.execPath, [MAIN, 'store', ...args, `--storage.dir=${dir}`, '--segments.retention=0'], {
    env: plainEnvironment(),
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const out: Buffer[] = []
  let stderr = ''
  child.stdout.on('data', (chunk: Buffer) => {
    out.push(chunk)
    if (until?.() === true) child.kill('SIGKILL')
  })
  child.stderr.setEncoding('utf8').on('data', (chunk: string) => {
    stderr += chunk
  })
  return await new Promise((resolve) => {
    child.once('close', (code) => resolve({ code, stdout: Buffer.concat(out), stderr }))
  })
}

async function good(dir: string, ...args: readonly string[]): Promise<string> {
  const { code, stdout, stderr } = await store(dir, args)
  expect(code, `${stdout.toString()}\n${stderr}`).toBe(0)
  return stdout.toString()
}

async function post(server: Spoor, spans: readonly Span[]): Promise<void> {
  for (let from = 0; from < spans.length; from += 50) {
    const answer = await fetch(`${server.url.otlpHttp}/v1/traces`, {
      method: 'POST',
      headers: { 'content-type': 'application/x-protobuf' },
      body: encodeTraces(spans.slice(from, from + 50)),
    })
    expect(answer.status).toBe(200)
    await answer.arrayBuffer()
  }
}

/** Every trace as the server gives it: OTLP bytes decoded. undefined where it has none. */
async function traceOf(server: Spoor, id: string): Promise<Span[] | undefined> {
  const answer = await fetch(`${server.url.query}/api/x/v1/traces/${id}/otlp?format=proto`)
  const bytes = new Uint8Array(await answer.arrayBuffer())
  return answer.status === 404 ? undefined : decodeTraces(bytes)
}

async function expectAll(server: Spoor, spans: readonly Span[]): Promise<void> {
  for (const id of new Set(spans.map(({ traceId }) => traceId)))
    expect(inOrder((await traceOf(server, id)) ?? [])).toEqual(inOrder(spans.filter(({ traceId }) => traceId === id)))
}

/** Services and operations that a search page would offer, and the ids that a search finds. */
async function searchAll(server: Spoor): Promise<unknown> {
  const services = (await (await fetch(`${server.url.query}/api/services`)).json()) as { data: string[] }
  const found: Record<string, string[]> = {}
  for (const service of services.data) {
    const url = `${server.url.query}/api/traces?service=${service}&limit=1500&start=0&end=9000000000000000`
    const answer = (await (await fetch(url)).json()) as { data: { traceID: string }[] }
    found[service] = answer.data.map(({ traceID }) => traceID)
  }
  return found
}

function data(seed: number, count: number): Span[] {
  return throughWire(makeSpans(seed, count, '128 bit', NOW).spans)
}

test('beside a server: check, stats, snapshot; the copy answers searches as the server does', async () => {
  const dir = join(root, 'data')
  const server = await serve(dir)
  const spans = data(1, 1000)
  await post(server, spans)
  expect(await good(dir, 'check')).toContain('no damage')
  const stats = JSON.parse(await good(dir, 'stats', '--json')) as { spans: number; traces: number }
  expect(stats).toMatchObject({ spans: 1000, traces: new Set(spans.map(({ traceId }) => traceId)).size })
  expect(await good(dir, 'stats')).toMatch(/^checkout +\d+ +[\d.]+ /m)
  const copy = join(root, 'copy')
  await good(dir, 'snapshot', copy)
  const answers = await searchAll(server)
  // What comes later is not in the copy.
  await post(server, data(2, 100))
  await server.stop()
  const restored = join(root, 'restored')
  await good(restored, 'restore', copy)
  const second = await serve(restored)
  await expectAll(second, spans)
  expect(await searchAll(second)).toEqual(answers)
}, 60_000)

test('deletion and compaction go over the socket of the server, which writes them into its log', async () => {
  const dir = join(root, 'data')
  const server = await serve(dir)
  const spans = data(3, 1000)
  await post(server, spans)
  const [first] = spans
  const id = first?.traceId ?? ''
  const said = await good(dir, 'delete', `--trace=${id}`)
  expect(said).toContain('deleted')
  expect(await traceOf(server, id)).toBeUndefined()
  expect(
    server
      .output()
      .split('\n')
      .find((line) => line.includes('audit: a deletion was ordered')),
  ).toContain(id)
  await good(dir, 'delete', '--service=checkout', '--start=2000-01-01T00:00:00Z', '--end=2100-01-01T00:00:00Z')
  await good(dir, 'compact')
  const left = spans.filter(({ traceId, resource }) => traceId !== id && resource.serviceName !== 'checkout')
  await expectAll(server, left)
  expect(server.output()).toContain('audit: spans were deleted')
  await server.kill()
  const again = await serve(dir)
  await expectAll(again, left)
  expect(await traceOf(again, id)).toBeUndefined()
}, 60_000)

test('without a server, deletion and compaction open the store themselves', async () => {
  const dir = join(root, 'data')
  const server = await serve(dir)
  const spans = data(4, 600)
  await post(server, spans)
  await server.stop()
  const id = spans[0]?.traceId ?? ''
  const { code, stderr } = await store(dir, ['delete', '--trace', id])
  expect(code).toBe(0)
  expect(stderr).toContain('audit: a deletion was ordered')
  await good(dir, 'compact')
  expect(await good(dir, 'check')).toContain('no damage')
  const again = await serve(dir)
  await expectAll(
    again,
    spans.filter(({ traceId }) => traceId !== id),
  )
  expect(await traceOf(again, id)).toBeUndefined()
}, 60_000)

test.each(['otlp-json', 'otlp-proto'])(
  'what is exported as %s and imported is the same',
  async (format) => {
    const dir = join(root, 'data')
    const server = await serve(dir)
    const spans = data(5, 900)
    await post(server, spans)
    const file = join(root, 'export')
    await good(dir, 'export', `--format=${format}`, file)
    const text = readFileSync(file)
    const bytes =
      format === 'otlp-proto'
        ? [new Uint8Array(text)]
        : text
            .toString()
            .trim()
            .split('\n')
            .map((line) => otlpJsonToProtobuf(line))
    expect(inOrder(bytes.flatMap((message) => decodeTraces(message)))).toEqual(inOrder(spans))
    // Into a folder, and into a server; compressed, too.
    const imported = join(root, 'imported')
    await good(imported, 'import', file)
    const second = await serve(imported)
    await expectAll(second, spans)
    writeFileSync(`${file}.gz`, gzipSync(text))
    const empty = join(root, 'empty')
    const third = await serve(empty, [])
    const refused = await store(empty, ['import', file])
    expect(refused).toMatchObject({ code: 1 })
    expect(refused.stderr).toContain('--to=http://HOST:4318')
    await good(empty, 'import', `${file}.gz`, `--to=${third.url.otlpHttp}`)
    await expectAll(third, spans)
  },
  90_000,
)

test('an export takes a service, a trace and a range of time', async () => {
  const dir = join(root, 'data')
  const server = await serve(dir)
  const spans = data(6, 600)
  await post(server, spans)
  const read = async (...args: readonly string[]): Promise<Span[]> => {
    const { stdout } = await store(dir, ['export', '--format=otlp-proto', ...args])
    return inOrder(decodeTraces(new Uint8Array(stdout)))
  }
  expect(await read('--service=checkout')).toEqual(
    inOrder(spans.filter(({ resource }) => resource.serviceName === 'checkout')),
  )
  const id = spans[300]?.traceId ?? ''
  expect(await read(`--trace=${id}`)).toEqual(inOrder(spans.filter(({ traceId }) => traceId === id)))
  const middle = spans[300]?.startNs ?? 0n
  expect(await read(`--start=${middle}`)).toEqual(inOrder(spans.filter(({ startNs }) => startNs >= middle)))
  expect(await read(`--end=${middle}`)).toEqual(inOrder(spans.filter(({ startNs }) => startNs <= middle)))
}, 60_000)

test('files of others: Jaeger’s API, the Collector’s frames, one document over many lines; a broken one is named', async () => {
  const dir = join(root, 'data')
  const spans = data(7, 200)
  const server = await serve(join(root, 'first'))
  await post(server, spans)
  const ids = [...new Set(spans.map(({ traceId }) => traceId))].slice(0, 5)
  const jaeger = join(root, 'jaeger.json')
  const query = ids.map((id) => `traceID=${id}`).join('&')
  writeFileSync(jaeger, await (await fetch(`${server.url.query}/api/traces?${query}&raw=true&prettyPrint=true`)).text())
  const framed = join(root, 'framed.pb')
  const frames = [spans.slice(0, 120), spans.slice(120)].flatMap((part) => {
    const length = Buffer.alloc(4)
    const message = encodeTraces(part)
    length.writeUInt32BE(message.length)
    return [length, message]
  })
  writeFileSync(framed, Buffer.concat(frames))
  await good(dir, 'import', jaeger)
  const second = await serve(dir)
  for (const id of ids) {
    const mine = (list: readonly Span[]): string[] => inOrder(list).map(({ spanId, name }) => `${spanId} ${name}`)
    expect(mine((await traceOf(second, id)) ?? [])).toEqual(mine(spans.filter(({ traceId }) => traceId === id)))
  }
  await good(join(root, 'third'), 'import', framed)
  await expectAll(await serve(join(root, 'third')), spans)
  const broken = join(root, 'broken.pb')
  writeFileSync(broken, readFileSync(framed).subarray(0, -3))
  const ended = await store(join(root, 'fourth'), ['import', broken])
  expect(ended.code).toBe(1)
  expect(ended.stderr).toContain(`${broken}, after 0 spans: the file ends in the middle of a message`)
}, 90_000)

test('a server that is killed in the middle of a snapshot and of an export harms neither', async () => {
  const dir = join(root, 'data')
  const load = makeLoad({ seed: 3, blocks: 2 })
  const server = await serve(dir, ['--segments.head-spans=2000', '--segments.retention=0'])
  const spans: Span[] = []
  for (let i = 0; i < load.requestCount; i++) {
    const { bytes } = load.request(i)
    const answer = await fetch(`${server.url.otlpHttp}/v1/traces`, {
      method: 'POST',
      headers: { 'content-type': 'application/x-protobuf' },
      body: bytes,
    })
    expect(answer.status).toBe(200)
    await answer.arrayBuffer()
    spans.push(...decodeTraces(bytes))
  }
  const copy = join(root, 'copy')
  const snapshot = store(dir, ['snapshot', copy])
  const exporting = store(dir, ['export', '--format=otlp-proto'], () => {
    // At its first bytes.
    void server.kill()
    return false
  })
  const [copied, exported] = await Promise.all([snapshot, exporting])
  expect([copied.code, exported.code], copied.stderr + exported.stderr).toEqual([0, 0])
  expect(await good(copy, 'check')).toContain('no damage')
  expect(inOrder(decodeTraces(new Uint8Array(exported.stdout)))).toEqual(inOrder(spans))
  const { stdout } = await store(copy, ['export', '--format=otlp-proto'])
  expect(inOrder(decodeTraces(new Uint8Array(stdout)))).toEqual(inOrder(spans))
}, 90_000)

test('a tool that is killed leaves nothing under the name it was given, and the next one succeeds', async () => {
  const dir = join(root, 'data')
  await good(dir, 'import', await loadFile())
  const file = join(root, 'out.json')
  const child = spawn(process.execPath, [MAIN, 'store', 'export', '--format=otlp-json', file, `--storage.dir=${dir}`], {
    stdio: 'ignore',
  })
  while (!existsSync(`${file}.unfinished`)) await new Promise((resolve) => setImmediate(resolve))
  child.kill('SIGKILL')
  await new Promise((resolve) => child.once('close', resolve))
  expect(existsSync(file)).toBe(false)
  await good(dir, 'export', '--format=otlp-json', file)
  // What a snapshot that was killed has left.
  const copy = join(root, 'copy')
  cpSync(dir, `${copy}.unfinished`, { recursive: true })
  rmSync(join(`${copy}.unfinished`, 'MANIFEST'))
  await good(dir, 'snapshot', copy)
  expect(readdirSync(root).filter((name) => name.includes('unfinished'))).toEqual([])
  expect(await good(copy, 'check')).toContain('no damage')
}, 60_000)

async function loadFile(): Promise<string> {
  const load = makeLoad({ seed: 4, blocks: 2 })
  const file = join(root, 'load.pb')
  const requests = Array.from({ length: load.requestCount }, (_, i) => load.request(i).bytes)
  writeFileSync(file, Buffer.concat(requests))
  return await Promise.resolve(file)
}

test('damage is an exit code of 1 and named', async () => {
  const dir = join(root, 'data')
  await good(dir, 'import', await loadFile())
  const [name = ''] = readdirSync(join(dir, 'segments'))
  const path = join(dir, 'segments', name)
  const bytes = readFileSync(path)
  const at = bytes.length >> 1
  bytes[at] = (bytes[at] ?? 0) ^ 1
  writeFileSync(path, bytes)
  const { code, stdout } = await store(dir, ['check'])
  expect(code).toBe(1)
  expect(stdout.toString()).toContain(`DAMAGED segments/${name}`)
  const report = await store(dir, ['check', '--json'])
  const { problems } = JSON.parse(report.stdout.toString()) as CheckReport
  expect(problems.map(({ file }) => file)).toContain(`segments/${name}`)
  const exported = await store(dir, ['export', '--format=otlp-proto', join(root, 'out')])
  expect(exported.code).toBe(1)
  expect(exported.stderr).toContain('cannot be read and is left out')
}, 60_000)

test.each<[readonly string[], string]>([
  [['chekc'], 'did you mean check?'],
  [['snapshot'], 'usage: spoor store snapshot DIR'],
  [['check', 'x'], 'unexpected x; usage: spoor store check'],
  [['stats', '--jsno'], 'unknown flag --jsno'],
  [['delete'], 'one of --trace, --service and --all'],
  [['delete', '--all', '--trace=1'], 'one of --trace, --service and --all'],
  [['delete', '--service=x'], '--service needs --start and --end'],
  [['delete', '--trace=xyz'], '--trace: xyz is no trace id'],
  [['export', '--format=csv'], 'otlp-json, otlp-proto, parquet'],
  [['export', '--format=parquet', '--start=yesterday'], '--start: yesterday is no time'],
  [['check'], 'there is no store in the folder'],
  [['compact'], 'there is no store in the folder'],
])('spoor store %j is one clear line and a failure', async (args, line) => {
  const dir = join(root, 'none')
  const { code, stderr } = await store(dir, args)
  expect(code).toBe(1)
  expect(stderr.trim().split('\n')).toHaveLength(1)
  expect(stderr).toContain(line)
  expect(existsSync(dir)).toBe(false)
})
