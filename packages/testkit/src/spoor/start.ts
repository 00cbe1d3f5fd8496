// Starts the real program (packages/server/bin/spoor.js) as a child process on free ports with a data folder of its own,
// waits until it says that it is healthy, and stops it. For tests that go through everything. Must never share a process,
// a port or a folder with another test, and never leave a process behind, whatever happens to the test.

import { spawn, type ChildProcess } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { freePorts } from './ports.ts'

const MAIN = fileURLToPath(new URL('../../../server/bin/spoor.js', import.meta.url))
/** Every listener of the all-in-one; a new listener is added here, or tests running side by side fight over its default. */
const HOST_PORT_FLAGS = {
  otlpGrpc: 'otlp.grpc.host-port',
  otlpHttp: 'otlp.http.host-port',
  jaegerHttp: 'collector.http-server.host-port',
  samplingHttp: 'http-server.host-port',
  jaegerCompact: 'processor.jaeger-compact.server-host-port',
  jaegerBinary: 'processor.jaeger-binary.server-host-port',
  zipkinHttp: 'collector.zipkin.host-port',
  zipkinCompact: 'processor.zipkin-compact.server-host-port',
  query: 'query.http-server.host-port',
  admin: 'admin.http.host-port',
} as const
const LISTENERS = Object.keys(HOST_PORT_FLAGS) as Listener[]
/** What the program gets of our own environment: nothing that could be an option of it. */
const INHERITED = /^(PATH|HOME|TMPDIR|TEMP|TMP|LANG|LC_.*|TZ|SYSTEMROOT|COMSPEC|PATHEXT|NODE_.*)$/i
const POLL_MS = 20
const MAX_OUTPUT_CHARS = 4 * 1024 * 1024
const START_ATTEMPTS = 3

export type Listener = keyof typeof HOST_PORT_FLAGS

export interface SpoorOptions {
  /** Flags after ours, so that they win: `['--log-level=debug']`; a role goes first: `['query']`. */
  readonly args?: readonly string[]
  /** Its environment, beside PATH and the like: variables of this process that could be options do not reach it. */
  readonly env?: Readonly<Record<string, string>>
  /** A folder that outlives the process (to start on it again); absent: a temporary one, removed after the stop. */
  readonly dataDir?: string
  /** Milliseconds until healthy, and again from SIGTERM to the end. Default 30,000. */
  readonly deadlineMs?: number
  /** Another program in place of the server's main.ts. */
  readonly main?: string
}

export interface Exit {
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
}

export interface Spoor {
  readonly pid: number
  readonly ports: Readonly<Record<Listener, number>>
  /** `http://127.0.0.1:port`, no slash at the end. */
  readonly url: Readonly<Record<Listener, string>>
  readonly dataDir: string
  /** Milliseconds from spawn to the first healthy answer. */
  readonly readyMs: number
  /** Settles when the process has ended, by whatever hand; never rejects. */
  readonly exited: Promise<Exit>
  /** All it wrote to stdout and stderr so far, in order of arrival (the last 4 Mi characters). */
  output(): string
  /** SIGTERM and wait. Throws, with the output, unless it ended with code 0. The second call does nothing. */
  stop(): Promise<void>
  /** SIGKILL and wait: the crash. Keeps a given data folder as it is. */
  kill(): Promise<void>
}

/** This process' environment without anything that could be an option of Spoor, for programs that a test starts. */
export function plainEnvironment(): Record<string, string | undefined> {
  return Object.fromEntries(Object.entries(process.env).filter(([name]) => INHERITED.test(name)))
}

/** Throws, with all output, where the process ends or the deadline passes before it is healthy. */
export async function startSpoor(options: SpoorOptions = {}): Promise<Spoor> {
  const dataDir = options.dataDir ?? (await mkdtemp(join(tmpdir(), 'spoor-')))
  const removeData = async (): Promise<void> => {
    if (options.dataDir === undefined) await rm(dataDir, { recursive: true, force: true })
  }
  for (let attempt = 1; ; attempt++) {
    const child = await spawnOnFreePorts(options, dataDir)
    try {
      const readyMs = await waitHealthy(child, options.deadlineMs ?? 30_000)
      return spoorOf(child, dataDir, readyMs, options.deadlineMs ?? 30_000, removeData)
    } catch (thrown) {
      await child.end('SIGKILL')
      // Somebody took a port between freePorts and the bind: the one failure that says nothing about the program.
      if (attempt < START_ATTEMPTS && /EADDRINUSE|address already in use|port .* in use/i.test(child.output())) continue
      await removeData()
      throw thrown
    }
  }
}

interface Child {
  readonly process: ChildProcess
  readonly pid: number
  readonly ports: Record<Listener, number>
  readonly exited: Promise<Exit>
  hasExited(): boolean
  output(): string
  end(signal: NodeJS.Signals): Promise<Exit>
}

async function spawnOnFreePorts(options: SpoorOptions, dataDir: string): Promise<Child> {
  const free = await freePorts(LISTENERS.length)
  const ports = Object.fromEntries(LISTENERS.map((name, i) => [name, free[i]])) as Record<Listener, number>
  const [first, ...others] = options.args ?? []
  const role = first !== undefined && !first.startsWith('-') ? [first] : []
  const args = [
    ...role,
    ...LISTENERS.map((name) => `--${HOST_PORT_FLAGS[name]}=127.0.0.1:${ports[name]}`),
    `--storage.dir=${dataDir}`,
    ...(role.length === 0 && first !== undefined ? [first] : []),
    ...others,
  ]
  const child = spawn(process.execPath, [options.main ?? MAIN, ...args], {
    env: { ...plainEnvironment(), ...options.env },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  return watch(child, ports)
}

function watch(child: ChildProcess, ports: Record<Listener, number>): Child {
  let output = ''
  const collect = (chunk: string): void => {
    output = (output + chunk).slice(-MAX_OUTPUT_CHARS)
  }
  child.stdout?.setEncoding('utf8').on('data', collect)
  child.stderr?.setEncoding('utf8').on('data', collect)
  const killWithUs = (): void => {
    child.kill('SIGKILL')
  }
  process.once('exit', killWithUs)
  let ended = false
  const exited = new Promise<Exit>((resolve) => {
    const settle = (exit: Exit): void => {
      ended = true
      process.removeListener('exit', killWithUs)
      resolve(exit)
    }
    child.once('error', (error) => {
      collect(`could not start: ${error.message}\n`)
      settle({ code: null, signal: null })
    })
    // 'close' and not 'exit': the pipes are read to their end, so that the last words are in the output.
    child.once('close', (code, signal) => {
      settle({ code, signal })
    })
  })
  return {
    process: child,
    pid: child.pid ?? -1,
    ports,
    exited,
    hasExited: () => ended,
    output: () => output,
    end: (signal) => {
      if (!ended) child.kill(signal)
      return exited
    },
  }
}

async function waitHealthy(child: Child, deadlineMs: number): Promise<number> {
  const started = performance.now()
  const health = `http://127.0.0.1:${child.ports.admin}/`
  while (!child.hasExited()) {
    const left = deadlineMs - (performance.now() - started)
    if (left <= 0) throw new Error(`Spoor was not healthy after ${deadlineMs} ms. Its output:\n${child.output()}`)
    if (await answersOk(health, left)) return performance.now() - started
    await Promise.race([delay(POLL_MS), child.exited])
  }
  const { code, signal } = await child.exited
  throw new Error(`Spoor ended before it was healthy (code ${code}, signal ${signal}). Its output:\n${child.output()}`)
}

async function answersOk(url: string, timeoutMs: number): Promise<boolean> {
  try {
    const answer = await fetch(url, { signal: AbortSignal.timeout(Math.ceil(timeoutMs)) })
    await answer.arrayBuffer()
    return answer.status === 200
  } catch {
    return false // Nobody listens yet.
  }
}

function spoorOf(
  child: Child,
  dataDir: string,
  readyMs: number,
  deadlineMs: number,
  removeData: () => Promise<void>,
): Spoor {
  const url = Object.fromEntries(LISTENERS.map((name) => [name, `http://127.0.0.1:${child.ports[name]}`]))
  let stopping: Promise<void> | undefined
  const stop = async (): Promise<void> => {
    const ended = child.end('SIGTERM')
    const late = new AbortController()
    const timeout = delay(deadlineMs, undefined, { signal: late.signal }).catch(() => undefined)
    const exit = await Promise.race([ended, timeout])
    late.abort()
    await child.end('SIGKILL')
    await removeData()
    if (exit === undefined)
      throw new Error(`Spoor did not end ${deadlineMs} ms after SIGTERM. Its output:\n${child.output()}`)
    if (exit.code !== 0) {
      throw new Error(`Spoor ended with code ${exit.code}, signal ${exit.signal}. Its output:\n${child.output()}`)
    }
  }
  const kill = async (): Promise<void> => {
    await child.end('SIGKILL')
    await removeData()
  }
  return {
    pid: child.pid,
    ports: child.ports,
    url: url as Record<Listener, string>,
    dataDir,
    readyMs,
    exited: child.exited,
    output: child.output,
    stop: () => (stopping ??= stop()),
    kill: () => (stopping ??= kill()),
  }
}
