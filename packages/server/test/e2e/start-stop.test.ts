// One command: it says what listens where, keeps what it took over a restart, and fails in one clear line.

import { spawn } from 'node:child_process'
import { chmod, mkdtemp, rm } from 'node:fs/promises'
import { createServer } from 'node:net'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { freePorts } from '@spoor/testkit/spoor/ports'
import { plainEnvironment, startSpoor } from '@spoor/testkit/spoor/start'
import { makeTrace, postTraces, readSpanIds } from './otlp.ts'

const MAIN = fileURLToPath(new URL('../../bin/spoor.js', import.meta.url))
let folder: string

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'spoor-e2e-'))
})
afterAll(async () => {
  await rm(folder, { recursive: true, force: true })
})

interface Ended {
  readonly code: number | null
  readonly stderr: string
}

/** Runs the program until it ends by itself. */
async function runToEnd(args: readonly string[]): Promise<Ended> {
  const child = spawn(process.execPath, [MAIN, ...args], {
    env: plainEnvironment(),
    stdio: ['ignore', 'ignore', 'pipe'],
  })
  let stderr = ''
  child.stderr.setEncoding('utf8').on('data', (chunk: string) => {
    stderr += chunk
  })
  return await new Promise((resolve) => {
    child.once('close', (code) => {
      resolve({ code, stderr })
    })
  })
}

async function portFlags(): Promise<string[]> {
  const [grpc, http, query, admin] = await freePorts(4)
  return [
    `--otlp.grpc.host-port=127.0.0.1:${grpc}`,
    `--otlp.http.host-port=127.0.0.1:${http}`,
    `--query.http-server.host-port=127.0.0.1:${query}`,
    `--admin.http.host-port=127.0.0.1:${admin}`,
  ]
}

/** One line that a person can act on, and no stack trace. */
function expectOneClearLine({ code, stderr }: Ended, ...parts: readonly (string | RegExp)[]): void {
  expect(code, stderr).toBe(1)
  const lines = stderr.trim().split('\n')
  expect(lines, stderr).toHaveLength(1)
  for (const part of parts) expect(lines[0]).toMatch(part)
}

test('the start message says what listens where, where the data is and what to try', async () => {
  const spoor = await startSpoor()
  try {
    for (const port of Object.values(spoor.ports)) expect(spoor.output()).toContain(`:${port}`)
    expect(spoor.output()).toContain(spoor.dataDir)
    expect(spoor.output()).toContain('OTEL_EXPORTER_OTLP_ENDPOINT')
  } finally {
    await spoor.stop()
  }
})

test.each([
  ['SIGTERM', 'stop'],
  ['SIGINT', 'ctrl-c'],
] as const)('%s drains, ends with code 0, and a second start finds every span again', async (signal, name) => {
  const dataDir = join(folder, name)
  const first = await startSpoor({ dataDir })
  const traces = Array.from({ length: 20 }, () => makeTrace())
  const answer = await postTraces(
    first.url.otlpHttp,
    traces.map((trace) => trace.resourceSpans),
  )
  expect(answer.status).toBe(200)
  process.kill(first.pid, signal)
  expect(await first.exited).toEqual({ code: 0, signal: null })

  const second = await startSpoor({ dataDir })
  try {
    for (const { sent } of traces) {
      expect(await readSpanIds(second.url.query, sent.traceId)).toEqual(sent.spanIds.toSorted())
    }
  } finally {
    await second.stop()
  }
})

test('npm start: Ctrl-C drains, and npm ends with code 0', async (context) => {
  context.skip(process.platform === 'win32', 'Windows has no signals for process groups')
  const args = [...(await portFlags()), `--storage.dir=${join(folder, 'npm')}`]
  // Not its own set-up, which is not to run beside tests; a process group of its own, which gets the signal as that of a
  // terminal does.
  const npm = spawn('npm', ['start', '--ignore-scripts', '--', ...args], {
    cwd: fileURLToPath(new URL('../../../..', import.meta.url)),
    env: plainEnvironment(),
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let output = ''
  const ended = new Promise((resolve) => {
    npm.once('close', (code, signal) => {
      resolve({ code, signal })
    })
  })
  await new Promise<void>((resolve, reject) => {
    for (const stream of [npm.stdout, npm.stderr]) {
      stream.setEncoding('utf8').on('data', (chunk: string) => {
        output += chunk
        if (output.includes('Ctrl-C stops Spoor')) resolve()
      })
    }
    npm.once('error', reject)
    void ended.then(() => {
      reject(new Error(`npm start ended: ${output}`))
    })
  })
  process.kill(-(npm.pid ?? 0), 'SIGINT')
  expect(await ended, output).toEqual({ code: 0, signal: null })
  expect(output).toMatch(/"msg":"stopped"/)
})

test('a port in use: one clear line that names it', async () => {
  const holder = createServer()
  await new Promise<void>((resolve) => holder.listen(0, '127.0.0.1', resolve))
  const { port } = holder.address() as AddressInfo
  try {
    for (const flag of ['otlp.grpc', 'otlp.http', 'query.http-server', 'admin.http']) {
      const flags = (await portFlags()).filter((other) => !other.startsWith(`--${flag}.host-port`))
      const ended = await runToEnd([
        ...flags,
        `--${flag}.host-port=127.0.0.1:${port}`,
        `--storage.dir=${join(folder, flag)}`,
      ])
      expectOneClearLine(ended, `127.0.0.1:${port}`, /in use/)
    }
  } finally {
    holder.close()
  }
})

test('a second process on the same folder: one clear line, and the first goes on', async () => {
  const first = await startSpoor()
  try {
    const ended = await runToEnd([...(await portFlags()), `--storage.dir=${first.dataDir}`])
    expectOneClearLine(ended, first.dataDir, /in use|another/)
    const { sent, resourceSpans } = makeTrace()
    expect((await postTraces(first.url.otlpHttp, [resourceSpans])).status).toBe(200)
    expect(await readSpanIds(first.url.query, sent.traceId)).toEqual(sent.spanIds.toSorted())
  } finally {
    await first.stop()
  }
})

test('a folder that cannot be written: one clear line', async () => {
  const locked = await mkdtemp(join(tmpdir(), 'spoor-locked-'))
  await chmod(locked, 0o555)
  try {
    // Root may write anywhere: where the test runs as root, the folder lies under a file, which nobody can enter.
    const dir = process.getuid?.() === 0 ? '/dev/null/data' : join(locked, 'data')
    const ended = await runToEnd([...(await portFlags()), `--storage.dir=${dir}`])
    expectOneClearLine(ended, dir, /cannot|not writable|unwritable/i)
  } finally {
    await rm(locked, { recursive: true, force: true })
  }
})

test('an unknown flag: one clear line that names it', async () => {
  expectOneClearLine(
    await runToEnd(['--query.http-server.host-prot=:1']),
    '--query.http-server.host-prot',
    /did you mean/i,
  )
})
