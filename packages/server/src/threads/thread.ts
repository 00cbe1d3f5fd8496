// Worker threads of the one process: which there are, how they are started and joined by ports. Knows nothing of what
// runs on them. A thread that dies takes the process with it (the supervisor restarts it); none may fail quietly.

import { MessageChannel, type MessagePort, Worker } from 'node:worker_threads'
import { caller, type Caller } from './rpc.ts'

/** `query` is the main thread: doors, UI, admin. The others are workers; `udp` runs only where something asks for it. */
export type ThreadName = 'ingest' | 'query' | 'store' | 'udp'

export const THREAD_NAMES: readonly ThreadName[] = ['ingest', 'query', 'store', 'udp']

/** One thread's ports to the other threads. */
export type Links = Readonly<Partial<Record<ThreadName, MessagePort>>>

/** A port between every two threads. */
export function createLinks(): Readonly<Record<ThreadName, Links>> {
  const made: Record<ThreadName, Partial<Record<ThreadName, MessagePort>>> = {
    ingest: {},
    query: {},
    store: {},
    udp: {},
  }
  for (const [i, one] of THREAD_NAMES.entries()) {
    for (const other of THREAD_NAMES.slice(i + 1)) {
      const channel = new MessageChannel()
      made[one][other] = channel.port1
      made[other][one] = channel.port2
    }
  }
  return made
}

/**
 * Bound of a worker's young generation. Workers make little garbage that lives; V8's own 48 MiB only keeps memory that
 * was touched once at start-up.
 */
const YOUNG_MIB = 12

export interface WorkerInput {
  readonly thread: ThreadName
  readonly links: Links
  /** Plain data for the entry module. */
  readonly data: unknown
  /** Calls from the main thread arrive here; see rpc.ts. */
  readonly control: MessagePort
}

export interface Thread extends Caller {
  /** Resolves when the thread has ended. */
  end(): Promise<void>
}

/** Starts `entry` (a module that reads WorkerInput from workerData). `onDeath` is told of an end nobody asked for. */
export function startThread(
  thread: ThreadName,
  entry: URL,
  links: Links,
  data: unknown,
  onDeath: (thread: ThreadName, error: Error) => void,
): Thread {
  const control = new MessageChannel()
  const input: WorkerInput = { thread, links, data, control: control.port2 }
  const ports = THREAD_NAMES.map((name) => links[name]).filter((port) => port !== undefined)
  const worker = new Worker(entry, {
    name: `spoor-${thread}`,
    workerData: input,
    transferList: [control.port2, ...ports],
    resourceLimits: { maxYoungGenerationSizeMb: YOUNG_MIB },
  })
  let ending = false
  const gone = new Promise<void>((resolve) => {
    worker.on('error', (error: Error) => {
      if (!ending) onDeath(thread, error)
    })
    worker.on('exit', (code) => {
      if (!ending) onDeath(thread, new Error(`the ${thread} thread ended with code ${code}`))
      resolve()
    })
  })
  const calls = caller(control.port1)
  return {
    call: calls.call,
    async end(): Promise<void> {
      ending = true
      await worker.terminate()
      await gone
    },
  }
}
