// The port from this thread to another, asked for by name.

import type { MessagePort } from 'node:worker_threads'
import type { Links, ThreadName } from '../threads/thread.ts'

export function portTo(links: Links, to: ThreadName): MessagePort {
  const port = links[to]
  if (port === undefined) throw new Error(`this thread has no port to ${to}`)
  return port
}
