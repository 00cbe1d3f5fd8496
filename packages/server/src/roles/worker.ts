// The entry of every worker thread: loads the part of the role that belongs to this thread, and nothing of the others.
// Start and stop are the main thread's decisions (run.ts); nothing here acts by itself.

import { workerData } from 'node:worker_threads'
import { serve, type Handler } from '../threads/rpc.ts'
import type { ThreadName, WorkerInput } from '../threads/thread.ts'

/** Answers to the main thread's calls, by name. */
export type Handlers = Readonly<Record<string, Handler>>

type Build = (input: WorkerInput) => Promise<Handlers>

const PARTS: Readonly<Record<Exclude<ThreadName, 'query'>, () => Promise<Build>>> = {
  ingest: async () => (await import('./ingest-thread.ts')).ingestThread,
  store: async () => (await import('./store-thread.ts')).storeThread,
  udp: async () => (await import('./udp-thread.ts')).udpThread,
}

const input = workerData as WorkerInput
if (input.thread === 'query') throw new Error('the query thread is the main thread')
const build = await PARTS[input.thread]()
// Calls that came meanwhile wait in the port.
serve(input.control, await build(input))
