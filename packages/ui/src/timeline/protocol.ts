// Messages between the page and the worker that loads a trace.

import type { TraceLayout } from './layout.ts'

export interface WorkerRequest {
  readonly type: 'load'
  /** Absolute address of the columns. */
  readonly url: string
}

export type WorkerReply =
  | { readonly type: 'progress'; readonly received: number }
  | { readonly type: 'done'; readonly layout: TraceLayout }
  | { readonly type: 'failed'; readonly status: number; readonly message: string }
