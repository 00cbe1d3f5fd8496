// The one Ingest: from a scanned batch to the store's acknowledgement, with the books of ingest.ts kept on the way. It costs
// a pass over the batch's resource column and a few counters, whatever the number of spans. It holds no batch after the
// store has answered, and has no queue: what bounds it is the receivers' body budget.

import { isRetryable, SpoorError } from '@spoor/core/base/errors'
import type { SpanWriter, WriteResult } from '../storage/api/store.ts'
import type { Metrics } from '../telemetry/metrics.ts'
import type { RefusedRow, SpanBatch } from '../wire/otlp/span-batch.ts'
import type { Ingest, IngestResult, IngestSource } from './ingest.ts'

/** Distinct services that get a label of their own, and what stands for the rest: Jaeger's numbers and names. */
const MAX_SERVICE_LABELS = 4000
const OTHER_SERVICES = 'other-services'
const UNKNOWN_SERVICE = '__unknown'
/** A label is cut here: names come from strangers. */
const MAX_LABEL_BYTES = 256
/** Between two attempts, where the store names no time. */
const DEFAULT_RETRY_MS = 1000

export function createIngest(writer: SpanWriter, metrics: Metrics): Ingest {
  const labelOf = createServiceLabels()
  let inFlightSpans = 0
  metrics.onCollect(() => metrics.set('spoor_ingest_in_flight_spans', {}, inFlightSpans))

  async function write(batch: SpanBatch, source: IngestSource, patience?: AbortSignal): Promise<IngestResult> {
    const writable = batch.spanCount - batch.refused.length
    if (writable === 0) return { stored: 0, refused: batch.refused }
    inFlightSpans += writable
    const began = performance.now()
    try {
      const { stored, refused } = await writePatiently(writer, batch, patience)
      return { stored, refused: refused.length === 0 ? batch.refused : [...batch.refused, ...refused] }
    } finally {
      inFlightSpans -= writable
      metrics.observe('spoor_ingest_ack_seconds', { receiver: source.receiver }, (performance.now() - began) / 1000)
    }
  }

  return {
    async accept(batch, source, patience): Promise<IngestResult> {
      const { receiver, format, transport } = source
      const counts = countResources(batch)
      const services = new Map<string, number>()
      for (let i = 0; i < batch.resources.count; i++) {
        const count = counts[i] ?? 0
        if (count > 0) {
          const svc = labelOf(batch, i)
          services.set(svc, (services.get(svc) ?? 0) + count)
        }
      }
      for (const [svc, count] of services) {
        metrics.add('jaeger_collector_spans_received_total', { svc, format, transport }, count)
      }
      try {
        const result = await write(batch, source, patience)
        if (result.stored > 0) metrics.add('spoor_spans_stored_total', { receiver }, result.stored)
        countRefused(metrics, receiver, result.refused)
        countSaved(metrics, services, refusedByService(batch, result.refused, labelOf))
        return result
      } catch (thrown) {
        const reason = thrown instanceof SpoorError ? thrown.code : 'internal'
        countRefused(metrics, receiver, batch.refused)
        metrics.add('spoor_spans_refused_total', { receiver, reason }, batch.spanCount - batch.refused.length)
        countSaved(metrics, services, services)
        throw thrown
      }
    },
  }
}

async function writePatiently(writer: SpanWriter, batch: SpanBatch, patience?: AbortSignal): Promise<WriteResult> {
  for (;;) {
    const lastTime = patience === undefined || patience.aborted
    try {
      return await writer.write(batch)
    } catch (thrown) {
      if (lastTime || !isRetryable(thrown)) throw thrown
      await pause((thrown as SpoorError).retryAfterMs ?? DEFAULT_RETRY_MS, patience)
    }
  }
}

/** Ends early where the signal is aborted. */
async function pause(ms: number, until: AbortSignal): Promise<void> {
  await new Promise<void>((resolve) => {
    const end = (): void => {
      clearTimeout(timer)
      until.removeEventListener('abort', end)
      resolve()
    }
    const timer = setTimeout(end, ms)
    until.addEventListener('abort', end)
    if (until.aborted) end()
  })
}

type LabelOf = (batch: SpanBatch, resource: number) => string

function createServiceLabels(): LabelOf {
  const known = new Set<string>()
  const decoder = new TextDecoder()
  return (batch, resource) => {
    const offset = batch.resources.nameOffset[resource] ?? 0
    const length = Math.min(batch.resources.nameLength[resource] ?? 0, MAX_LABEL_BYTES)
    if (length === 0) return UNKNOWN_SERVICE
    const name = decoder.decode(batch.bytes.subarray(offset, offset + length))
    if (known.has(name)) return name
    if (known.size >= MAX_SERVICE_LABELS) return OTHER_SERVICES
    known.add(name)
    return name
  }
}

/** Spans of each resource. */
function countResources(batch: SpanBatch): Uint32Array {
  const counts = new Uint32Array(batch.resources.count)
  for (let row = 0; row < batch.spanCount; row++) {
    const resource = batch.resource[row] ?? 0
    counts[resource] = (counts[resource] ?? 0) + 1
  }
  return counts
}

function refusedByService(batch: SpanBatch, refused: readonly RefusedRow[], labelOf: LabelOf): Map<string, number> {
  const counts = new Map<string, number>()
  for (const { row } of refused) {
    const svc = labelOf(batch, batch.resource[row] ?? 0)
    counts.set(svc, (counts.get(svc) ?? 0) + 1)
  }
  return counts
}

function countRefused(metrics: Metrics, receiver: string, refused: readonly RefusedRow[]): void {
  for (const [reason, count] of reasonCounts(refused)) {
    metrics.add('spoor_spans_refused_total', { receiver, reason }, count)
  }
}

/** Jaeger's counter of what became of each service's spans: `failed` of `received` did not reach the store. */
function countSaved(
  metrics: Metrics,
  received: ReadonlyMap<string, number>,
  failed: ReadonlyMap<string, number>,
): void {
  for (const [svc, count] of received) {
    const err = failed.get(svc) ?? 0
    if (count > err) metrics.add('jaeger_collector_spans_saved_by_svc_total', { svc, result: 'ok' }, count - err)
    if (err > 0) metrics.add('jaeger_collector_spans_saved_by_svc_total', { svc, result: 'err' }, err)
  }
}

/** How many rows each reason refused, in order of appearance. */
export function reasonCounts(refused: readonly RefusedRow[]): Map<string, number> {
  const counts = new Map<string, number>()
  for (const { reason } of refused) counts.set(reason, (counts.get(reason) ?? 0) + 1)
  return counts
}
