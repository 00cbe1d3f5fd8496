// The pages' side of opened files: starts the worker when it is first needed, asks it, and tells who listens. One instance,
// made in main.tsx and handed down by context.

import type { SpanDetail } from '@spoor/core/api/span-detail'
import { ApiError } from '../api/client.ts'
import type { TraceLayout } from '../timeline/layout.ts'
import {
  USUAL_ADJUSTMENTS,
  type AdjustOptions,
  type FilesAnswer,
  type FilesRequest,
  type Numbered,
  type OpenedState,
} from './protocol.ts'

/** `busy` counts requests that change what is open and are under way. */
export interface FilesView extends OpenedState {
  readonly busy: number
  /** Why the worker cannot be had. */
  readonly failure: string
}

interface Waiting {
  readonly resolve: (answer: FilesAnswer) => void
  readonly reject: (error: ApiError) => void
}

const NOT_OPEN = 'No file that is open in this browser has this trace.'

export class Files {
  #view: FilesView = { files: [], traces: [], busy: 0, failure: '' }
  #worker: Worker | undefined
  #number = 0
  readonly #waiting = new Map<number, Waiting>()
  readonly #listeners = new Set<() => void>()

  get = (): FilesView => this.#view

  subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  /** Brings back what earlier visits left open; cheap where that is done. */
  restore(): void {
    if (this.#worker === undefined) void this.#start()
  }

  async open(files: readonly File[]): Promise<void> {
    if (files.length > 0) await this.#change({ type: 'open', files })
  }

  async close(names: readonly string[]): Promise<void> {
    await this.#change({ type: 'close', names })
  }

  /** Throws ApiError 404 where no open file has the trace. */
  async layout(traceId: string, adjust: AdjustOptions = USUAL_ADJUSTMENTS): Promise<TraceLayout> {
    const answer = await this.#ask({ type: 'layout', traceId, adjust })
    if (answer.type !== 'layout' || answer.layout === undefined) throw new ApiError(404, NOT_OPEN)
    return answer.layout
  }

  async spans(
    traceId: string,
    spanId: string,
    adjust: AdjustOptions = USUAL_ADJUSTMENTS,
  ): Promise<readonly SpanDetail[]> {
    const answer = await this.#ask({ type: 'spans', traceId, spanId, adjust })
    if (answer.type !== 'spans' || answer.spans === undefined) throw new ApiError(404, NOT_OPEN)
    return answer.spans
  }

  /** Ids of the spans that say something of the text, also in tags and logs. */
  async find(traceId: string, text: string, adjust: AdjustOptions = USUAL_ADJUSTMENTS): Promise<readonly string[]> {
    const answer = await this.#ask({ type: 'find', traceId, text, adjust })
    if (answer.type !== 'found' || answer.spanIds === undefined) throw new ApiError(404, NOT_OPEN)
    return answer.spanIds
  }

  async #change(request: FilesRequest): Promise<void> {
    this.#set({ busy: this.#view.busy + 1, failure: '' })
    try {
      const answer = await this.#ask(request)
      if (answer.type === 'state') this.#set(answer.state)
    } catch (error) {
      this.#set({ failure: error instanceof Error ? error.message : String(error) })
    } finally {
      this.#set({ busy: this.#view.busy - 1 })
    }
  }

  #set(change: Partial<FilesView>): void {
    this.#view = { ...this.#view, ...change }
    for (const listener of this.#listeners) listener()
  }

  /** The worker's first work is always what earlier visits left. */
  async #start(): Promise<void> {
    const worker = new Worker(new URL('./files-worker.ts', import.meta.url), { type: 'module', name: 'files' })
    this.#worker = worker
    worker.addEventListener('message', ({ data }: MessageEvent<Numbered<FilesAnswer>>) => {
      const waiting = this.#waiting.get(data.number)
      this.#waiting.delete(data.number)
      if (data.body.type === 'failed') waiting?.reject(new ApiError(0, data.body.message))
      else waiting?.resolve(data.body)
    })
    worker.addEventListener('error', (event) => {
      worker.terminate()
      this.#worker = undefined
      const why = event.message || 'its script could not be loaded, or it ran out of memory'
      for (const { reject } of this.#waiting.values()) reject(new ApiError(0, `The page's worker failed: ${why}.`))
      this.#waiting.clear()
    })
    await this.#change({ type: 'restore' })
  }

  #ask(request: FilesRequest): Promise<FilesAnswer> {
    if (this.#worker === undefined) void this.#start()
    return new Promise((resolve, reject) => {
      const number = ++this.#number
      this.#waiting.set(number, { resolve, reject })
      const message: Numbered<FilesRequest> = { number, body: request }
      this.#worker?.postMessage(message)
    })
  }
}
