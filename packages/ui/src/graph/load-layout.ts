// Asks a worker of its own for a layout; aborting, or a graph that takes too long, ends the worker.

import type { GraphLayout, LayoutReply, LayoutRequest } from './layout.ts'

const MAX_MS = 20_000

/** Where a graph is too tangled to lay out in time. */
export class LayoutTimeout extends Error {
  constructor() {
    super('Working out where everything goes took too long.')
    this.name = 'LayoutTimeout'
  }
}

export function loadLayout(request: LayoutRequest, signal: AbortSignal): Promise<GraphLayout> {
  return new Promise((resolve, reject) => {
    const worker = new Worker(new URL('./layout-worker.ts', import.meta.url), { type: 'module', name: 'graph' })
    const timer = setTimeout(() => end(() => reject(new LayoutTimeout())), MAX_MS)
    const end = (settle: () => void): void => {
      clearTimeout(timer)
      worker.terminate()
      settle()
    }
    signal.addEventListener('abort', () => end(() => reject(signal.reason as Error)))
    worker.addEventListener('message', ({ data }: MessageEvent<LayoutReply>) =>
      end(() => (data.type === 'done' ? resolve(data.layout) : reject(new Error(data.message)))),
    )
    worker.addEventListener('error', (event) =>
      end(() => reject(new Error(`The page's worker failed: ${event.message || 'its script could not be loaded'}.`))),
    )
    worker.postMessage(request)
  })
}
