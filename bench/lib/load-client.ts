// Runs bench/lib/grpc-load.ts as a process of its own and talks to it by lines.

import { spawn, type ChildProcess } from 'node:child_process'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'

const CLIENT = fileURLToPath(new URL('./grpc-load.ts', import.meta.url))

/** What became of the load. */
export interface Sent {
  readonly spans: number
  readonly refused: number
  readonly retries: number
  readonly seconds: number
  readonly ackP50Ms: number
  readonly ackP99Ms: number
  readonly traceIds: readonly string[]
  readonly userIds: readonly string[]
}

export interface Client {
  readonly process: ChildProcess
  /** Resolves with the client's next line. */
  nextLine(): Promise<string>
}

/** `args`: as grpc-load.ts says. */
export function startClient(args: readonly string[]): Client {
  const child = spawn(process.execPath, [CLIENT, ...args], { stdio: ['pipe', 'pipe', 'inherit'] })
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]()
  return {
    process: child,
    nextLine: async () => {
      const { value, done } = await lines.next()
      if (done === true) throw new Error('the load client ended early')
      return value
    },
  }
}
