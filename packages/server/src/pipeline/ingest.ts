// The way in for every receiver: counts what came, hands the batch to the store, counts what became of it. One call per
// batch, never per span. The books it keeps: received = stored + refused(reason) + in flight.

import type { RefusedRow, SpanBatch } from '../wire/otlp/span-batch.ts'

export interface IngestSource {
  /** The receiver plugin's name: `otlp-grpc`. */
  readonly receiver: string
  /** Jaeger's label values: format `otlp`, transport `grpc` or `http`. */
  readonly format: string
  readonly transport: string
}

export interface IngestResult {
  readonly stored: number
  readonly refused: readonly RefusedRow[]
}

export interface Ingest {
  /**
   * Rejects with SpoorError `overloaded` or `unavailable` (retryAfterMs set) where nothing of the batch was stored. For
   * senders that cannot be told to come again there is `patience`: the batch waits for the store until the signal is
   * aborted, and is counted once, whatever the number of attempts.
   */
  accept(batch: SpanBatch, source: IngestSource, patience?: AbortSignal): Promise<IngestResult>
}
