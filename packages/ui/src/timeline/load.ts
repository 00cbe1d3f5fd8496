// Loads a trace in a worker of its own; aborting ends the worker, whatever it is doing.

import { ApiError } from '../api/client.ts'
import type { TraceLayout } from './layout.ts'
import type { WorkerReply, WorkerRequest } from './protocol.ts'

export function loadTrace(
  url: string,
  signal: AbortSignal,
  onProgress: (received: number) => void,
): Promise<TraceLayout> {
  return new Promise((resolve, reject) => {
    const worker = new Worker(new URL('./trace-worker.ts', import.meta.url), { type: 'module', name: 'trace' })
    const stop = (): void => worker.terminate()
    signal.addEventListener('abort', () => {
      stop()
      reject(signal.reason as Error)
    })
    worker.addEventListener('message', (event: MessageEvent<WorkerReply>) => {
      const reply = event.data
      if (reply.type === 'progress') return onProgress(reply.received)
      stop()
      if (reply.type === 'done') resolve(reply.layout)
      else reject(new ApiError(reply.status, reply.message))
    })
    worker.addEventListener('error', (event) => {
      stop()
      reject(new ApiError(0, `The page's worker failed: ${event.message || 'its script could not be loaded'}.`))
    })
    const request: WorkerRequest = { type: 'load', url: new URL(url, document.baseURI).href }
    worker.postMessage(request)
  })
}
