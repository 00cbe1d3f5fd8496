// A span writer for receivers' tests: remembers the number of every span it took or refused, and answers as it is told.

import { crc32 } from 'node:zlib'
import { SpoorError } from '@spoor/core/base/errors'
import type { SpanWriter, WriteResult } from 'spoor/storage/api/store'
import { ROW_REFUSED, type RefusedRow, type SpanBatch } from 'spoor/wire/otlp/span-batch'
import { numberOf } from './spans.ts'

export type SinkMode =
  | 'ok'
  | 'transient' // two of three batches: overloaded or unavailable, try again
  | 'permanent' // refuses every row for ever
  | 'mixed' // refuses every third number, and one of three batches for now
  | 'held' // answers only once release() is called, the last come first

export interface Sink extends SpanWriter {
  mode: SinkMode
  /** Numbers in the order in which they were taken. */
  readonly accepted: number[]
  readonly refused: number[]
  /** Batches that wait for release(). */
  readonly held: number
  /** Resolves once `count` batches wait. */
  waitForHeld(count: number): Promise<void>
  /** Answers the batches that wait and those to come. */
  release(): void
}

export const SINK_REASON = 'sink_says_no'

export function createSink(): Sink {
  let calls = 0
  let waiting: (() => void)[] = []
  let watchers: { readonly count: number; readonly resolve: () => void }[] = []
  const sink: Sink = {
    mode: 'ok',
    accepted: [],
    refused: [],
    get held(): number {
      return waiting.length
    },
    waitForHeld(count): Promise<void> {
      if (waiting.length >= count) return Promise.resolve()
      return new Promise((resolve) => {
        watchers.push({ count, resolve })
      })
    },
    release(): void {
      sink.mode = 'ok'
      const all = waiting.reverse()
      waiting = []
      for (const answer of all) answer()
    },
    start: () => Promise.resolve(),
    stop: () => Promise.resolve(),
    async write(batch): Promise<WriteResult> {
      calls += 1
      failForNow(sink.mode, calls)
      if (sink.mode === 'held') {
        const sum = crc32(batch.bytes)
        await new Promise<void>((resolve) => {
          waiting.push(resolve)
          for (const watcher of watchers) if (waiting.length >= watcher.count) watcher.resolve()
          watchers = watchers.filter(({ count }) => waiting.length < count)
        })
        if (crc32(batch.bytes) !== sum)
          throw new Error('the receiver reused the bytes of a batch before it was answered')
      }
      return take(sink, batch)
    },
  }
  return sink
}

function failForNow(mode: SinkMode, calls: number): void {
  if ((mode === 'transient' || mode === 'mixed') && calls % 3 === 1) {
    throw new SpoorError('overloaded', 'queue_full', 'the queue is full, try again', { retryAfterMs: 20 })
  }
  if (mode === 'transient' && calls % 3 === 2) {
    throw new SpoorError('unavailable', 'store_down', 'the store is down, try again', { retryAfterMs: 30 })
  }
}

function take(sink: Sink, batch: SpanBatch): WriteResult {
  const refused: RefusedRow[] = []
  let stored = 0
  for (let row = 0; row < batch.spanCount; row++) {
    if (((batch.rowFlags[row] ?? 0) & ROW_REFUSED) !== 0) continue
    const number = numberOf(batch, row)
    if (sink.mode === 'permanent' || (sink.mode === 'mixed' && number % 3 === 0)) {
      refused.push({ row, reason: SINK_REASON })
      sink.refused.push(number)
    } else {
      stored += 1
      sink.accepted.push(number)
    }
  }
  return { stored, refused }
}
