// The ingest thread's part of the memory store: copies a batch's bytes, hands the copy over, and acknowledges when the query
// thread has taken it.

import { SpoorError } from '@spoor/core/base/errors'
import { caller, type Caller } from '../../threads/rpc.ts'
import type { SpanBatch } from '../../wire/otlp/span-batch.ts'
import type { StorageHost } from '../api/plugin.ts'
import type { SpanWriter, WriteResult } from '../api/store.ts'

/** Bytes handed over and not taken yet: beyond, writes are refused. */
const MAX_IN_FLIGHT = 64 << 20

export interface HandedBatch {
  readonly tenant: string
  readonly bytes: Uint8Array
}

export class MemoryWriter implements SpanWriter {
  readonly #host: StorageHost
  #query: Caller | undefined
  #inFlight = 0
  #stopped = false

  constructor(host: StorageHost) {
    this.#host = host
  }

  async start(): Promise<void> {
    this.#query ??= caller(this.#host.port('query'))
    await Promise.resolve()
  }

  async stop(): Promise<void> {
    this.#stopped = true
    await Promise.resolve()
  }

  async write(batch: SpanBatch): Promise<WriteResult> {
    if (this.#query === undefined || this.#stopped)
      throw new SpoorError('unavailable', 'store_stopped', 'the store is not running')
    const size = batch.bytes.length
    if (this.#inFlight > 0 && this.#inFlight + size > MAX_IN_FLIGHT) {
      throw new SpoorError('overloaded', 'memory_busy', 'spans come faster than they are taken', { retryAfterMs: 250 })
    }
    const bytes = Uint8Array.from(batch.bytes)
    this.#inFlight += size
    try {
      await this.#query.call('write', { tenant: batch.tenant, bytes } satisfies HandedBatch, [bytes.buffer])
    } finally {
      this.#inFlight -= size
    }
    return { stored: batch.spanCount - batch.refused.length, refused: [] }
  }
}
