// The server's probes of itself: every few seconds a span of a tenant that nobody can ask for goes through spool and head as any
// other, and is looked for by a search and by its id, as any other. What it measures is what a user waits for between the
// acknowledgement of a span and its first appearance. One probe at a time; a failed one is counted and never ends anything.

import { setTimeout as delay } from 'node:timers/promises'
import { toError } from '@spoor/core/base/errors'
import { PROBE_TENANT } from '../storage/api/probe.ts'
import type { SpanReader } from '../storage/api/store.ts'
import type { Logger } from '../telemetry/log.ts'
import type { Metrics } from '../telemetry/metrics.ts'

/** A span that was stored. */
export interface Probe {
  readonly traceId: string
  readonly startNs: bigint
  /** From writing to the acknowledgement. */
  readonly ackSeconds: number
  /** process.hrtime.bigint() of the acknowledgement. */
  readonly acknowledgedAt: bigint
}

export interface ProberHost {
  /** Stores a probe; rejects where the store refuses it. */
  readonly write: () => Promise<Probe>
  readonly reader: SpanReader
  readonly metrics: Metrics
  readonly log: Logger
  readonly intervalMs: number
  /** How long a span may stay unseen before it counts as lost; 10 s where not given. */
  readonly deadlineMs?: number
}

export interface Prober {
  start(): void
  stop(): Promise<void>
}

const DEADLINE_MS = 10_000
const LOOK_AGAIN_MS = 2

/** Does nothing where the interval is 0. */
export function createProber(host: ProberHost): Prober {
  const stopped = new AbortController()
  let running: Promise<void> | undefined
  return {
    start(): void {
      if (host.intervalMs > 0) running ??= probeUntil(host, stopped.signal)
    },
    async stop(): Promise<void> {
      stopped.abort()
      await running
    },
  }
}

async function probeUntil(host: ProberHost, stopped: AbortSignal): Promise<void> {
  while (await pause(host.intervalMs, stopped)) await probe(host, stopped)
}

/** False where it was ended early. */
async function pause(ms: number, stopped: AbortSignal): Promise<boolean> {
  try {
    await delay(ms, undefined, { signal: stopped, ref: false })
    return true
  } catch {
    return false // Only the signal ends it.
  }
}

async function probe(host: ProberHost, stopped: AbortSignal): Promise<void> {
  const { metrics, log } = host
  let written: Probe
  try {
    written = await host.write()
  } catch (thrown) {
    if (stopped.aborted) return
    metrics.add('spoor_probes_total', { result: 'refused' })
    log.debug('a probe was not stored', { error: toError(thrown).message })
    return
  }
  metrics.observe('spoor_probe_ack_seconds', {}, written.ackSeconds)
  const found = await look(host, written, stopped)
  if (found) {
    const seconds = Number(process.hrtime.bigint() - written.acknowledgedAt) / 1e9
    metrics.observe('spoor_probe_searchable_seconds', {}, seconds)
    metrics.add('spoor_probes_total', { result: 'found' })
  } else if (!stopped.aborted) {
    metrics.add('spoor_probes_total', { result: 'lost' })
    log.warn('a span that was acknowledged was not found by a search', { traceId: written.traceId })
  }
}

/** Looks until it is found or the deadline has passed. */
async function look(
  { reader, deadlineMs = DEADLINE_MS, log }: ProberHost,
  probe: Probe,
  stopped: AbortSignal,
): Promise<boolean> {
  const end = performance.now() + deadlineMs
  while (!stopped.aborted) {
    try {
      if (await isFound(reader, probe)) return true
    } catch (thrown) {
      log.debug('a probe could not be looked for', { error: toError(thrown).message })
    }
    if (performance.now() > end) return false
    await pause(LOOK_AGAIN_MS, stopped)
  }
  return false
}

async function isFound(reader: SpanReader, { traceId, startNs }: Probe): Promise<boolean> {
  const query = { tenant: PROBE_TENANT, filter: undefined, startMinNs: startNs, startMaxNs: startNs }
  let searched = false
  for await (const group of reader.candidates(query, reader.plan(query)))
    if (group.some((candidate) => candidate.traceId === traceId)) searched = true
  if (!searched) return false
  for await (const trace of reader.traces(PROBE_TENANT, [traceId])) return trace.traceId === traceId
  return false
}
