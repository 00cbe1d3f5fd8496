// The port between two threads' parts of the store, asked for by name.

import type { MessagePort } from 'node:worker_threads'
import type { StoreThread } from '../storage/api/plugin.ts'
import type { Links } from '../threads/thread.ts'

export function storagePort(links: Links, to: StoreThread): MessagePort {
  const port = links[to]
  if (port === undefined) throw new Error(`this thread has no port to ${to}`)
  return port
}
