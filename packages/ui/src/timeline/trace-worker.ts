// The worker: fetches a trace's columns, lays them out, hands the arrays over. The page's thread never sees the bytes.

import { decodeTraceColumns } from '@spoor/core/api/trace-columns'
import { ApiError, fetchChecked } from '../api/client.ts'
import { transferables } from './layout.ts'
import type { WorkerReply, WorkerRequest } from './protocol.ts'
import { layOut } from './tree.ts'

const scope = self as unknown as {
  postMessage(message: WorkerReply, transfer?: Transferable[]): void
  addEventListener(type: 'message', listener: (event: MessageEvent<WorkerRequest>) => void): void
}

/** The whole body, reporting progress; a stream that ends early throws. */
async function readBody(response: Response): Promise<ArrayBuffer> {
  const reader = response.body?.getReader()
  if (reader === undefined) return await response.arrayBuffer()
  const parts: Uint8Array[] = []
  let received = 0
  let reported = 0
  for (let part = await reader.read(); !part.done; part = await reader.read()) {
    parts.push(part.value)
    received += part.value.length
    if (received - reported > 262_144) {
      reported = received
      scope.postMessage({ type: 'progress', received })
    }
  }
  const whole = new Uint8Array(received)
  let at = 0
  for (const part of parts) {
    whole.set(part, at)
    at += part.length
  }
  return whole.buffer
}

async function load(url: string): Promise<void> {
  try {
    const response = await fetchChecked(url, new AbortController().signal)
    const columns = decodeTraceColumns(await readBody(response))
    if (columns.spanCount === 0) throw new ApiError(404, 'The trace has no spans.')
    const layout = layOut(columns)
    scope.postMessage({ type: 'done', layout }, transferables(layout))
  } catch (error) {
    const status = error instanceof ApiError ? error.status : 0
    const text = error instanceof Error ? error.message : String(error)
    const message = error instanceof ApiError ? text : `The trace could not be read to its end (${text}).`
    scope.postMessage({ type: 'failed', status, message })
  }
}

scope.addEventListener('message', (event) => void load(event.data.url))
