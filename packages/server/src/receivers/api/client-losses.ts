// What Jaeger's clients say they have lost before anything reached us, and how many of their batches never came: each
// batch carries a number and, since 2019, totals. The names and the arithmetic are those of Jaeger's agent (v1.34,
// cmd/agent/app/reporter/client_metrics.go), so that its dashboards go on working. Bounded in clients; never per span.

import type { Metrics } from '../../telemetry/metrics.ts'

/** Totals since the client's start. */
export interface ClientTotals {
  readonly fullQueueDroppedSpans: number
  readonly tooLargeDroppedSpans: number
  readonly failedToEmitSpans: number
}

/** Of one batch, as the client wrote it. */
export interface ClientBatch {
  /** '' where the client does not say: then nothing is counted, as two clients could not be told apart. */
  readonly clientUuid: string
  readonly seqNo: number | undefined
  readonly stats: ClientTotals | undefined
}

export interface ClientLosses {
  note(batch: ClientBatch): void
}

interface Client {
  seqNo: number
  stats: ClientTotals
  seenAt: number
}

const MAX_CLIENTS = 10_000
const MAX_UUID_CHARS = 128
/** A client that was silent for so long is forgotten, as in Jaeger. */
const FORGET_MS = 3_600_000
/** A greater step is no count but nonsense, and would spoil the counters for good. */
const MAX_STEP = 10_000_000

const NOTHING_LOST: ClientTotals = { fullQueueDroppedSpans: 0, tooLargeDroppedSpans: 0, failedToEmitSpans: 0 }

/** `now`: milliseconds on a clock that only goes forward. */
export function createClientLosses(metrics: Metrics, now: () => number = () => performance.now()): ClientLosses {
  /** In the order in which they were last heard of. */
  const clients = new Map<string, Client>()
  const forget = (uuid: string): void => {
    clients.delete(uuid)
    metrics.add('jaeger_agent_client_stats_connected_clients', {}, -1)
  }
  metrics.onCollect(() => {
    const before = now() - FORGET_MS
    for (const [uuid, { seenAt }] of clients) {
      if (seenAt >= before) break
      forget(uuid)
    }
  })
  return {
    note({ clientUuid, seqNo, stats }): void {
      if (clientUuid === '' || seqNo === undefined || clientUuid.length > MAX_UUID_CHARS) return
      metrics.add('jaeger_agent_client_stats_batches_received_total', {})
      const client = clients.get(clientUuid)
      if (client === undefined) {
        // Its past is not ours to count: it may have run for days before this process.
        const [oldest] = clients.keys()
        if (clients.size >= MAX_CLIENTS && oldest !== undefined) forget(oldest)
        clients.set(clientUuid, { seqNo, stats: stats ?? NOTHING_LOST, seenAt: now() })
        metrics.add('jaeger_agent_client_stats_connected_clients', {}, 1)
        return
      }
      // Out of order: a later batch has brought, or will bring, greater totals.
      if (seqNo <= client.seqNo) return
      const step = seqNo - client.seqNo
      if (client.seqNo > 0 && step <= MAX_STEP) {
        metrics.add('jaeger_agent_client_stats_batches_sent_total', {}, step)
        if (stats !== undefined) countLost(metrics, client.stats, stats)
      }
      clients.delete(clientUuid)
      clients.set(clientUuid, { seqNo, stats: stats ?? client.stats, seenAt: now() })
    },
  }
}

function countLost(metrics: Metrics, before: ClientTotals, after: ClientTotals): void {
  const count = (cause: string, more: number): void => {
    if (more > 0 && more <= MAX_STEP) metrics.add('jaeger_agent_client_stats_spans_dropped_total', { cause }, more)
  }
  count('full-queue', after.fullQueueDroppedSpans - before.fullQueueDroppedSpans)
  count('too-large', after.tooLargeDroppedSpans - before.tooLargeDroppedSpans)
  count('send-failure', after.failedToEmitSpans - before.failedToEmitSpans)
}
