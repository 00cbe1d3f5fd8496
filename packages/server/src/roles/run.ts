// Starts a role in order, on its threads, and stops it in reverse. Storage before receivers, so that nothing is taken that
// cannot be kept; the admin port first and last, so that health tells the truth in between.

import { versionInfo } from '../cli/version.ts'
import type { AdminHost } from '../doors/admin/index.ts'
import { createAdminServer } from '../doors/admin/index.ts'
import { createHealth } from '../doors/admin/health.ts'
import { createQueryServer, type BoundDoor } from '../doors/api/query-server.ts'
import { createProber, type Probe } from '../query/prober.ts'
import { createQueryService } from '../query/query-service.ts'
import type { Listening } from '../receivers/api/receiver.ts'
import { createLogger, type Logger } from '../telemetry/log.ts'
import { createMetrics, renderMetrics, type Metrics, type MetricsSnapshot } from '../telemetry/metrics.ts'
import { watchProcess } from '../telemetry/process.ts'
import { createLinks, startThread, type Thread, type ThreadName } from '../threads/thread.ts'
import type { RolePlan } from './plan.ts'
import { DOORS, load, RECEIVERS, STORES } from './registry.ts'
import { portTo } from './port-to.ts'

export interface RunningRole {
  readonly listening: readonly Listening[]
  readonly storageDescription: string
  /** Receivers first, then what they handed over, then the doors. */
  stop(): Promise<void>
}

const WORKER = new URL('../../bin/thread.js', import.meta.url)

/** Rejects, with everything stopped again, where a part cannot start. `onDeath`: a thread ended that nobody stopped. */
export async function startRole(
  plan: RolePlan,
  log: Logger,
  onDeath: (part: ThreadName, error: Error) => void,
): Promise<RunningRole> {
  const withUdp = plan.receivers.some(({ name }) => RECEIVERS[name]?.udp === true)
  const links = createLinks()
  // The workers load their code while this thread loads its own.
  const ingest = startThread('ingest', WORKER, links.ingest, plan, onDeath)
  const background = startThread('store', WORKER, links.store, plan, onDeath)
  const threads = [ingest, background]
  // It serves the ingest thread alone, and what it counts is in that one's metrics.
  const udp = withUdp ? startThread('udp', WORKER, links.udp, plan, onDeath) : undefined
  const metrics = createMetrics()
  watchProcess(metrics, { version: versionInfo().version, startedAt: performance.timeOrigin / 1000 })
  const store = await load(STORES, 'store', plan.storage.name)
  const storageLog = createLogger('storage', plan.log)
  const reader = await store.query(plan.storage.config, {
    log: storageLog,
    metrics,
    port: (to) => portTo(links.query, to),
  })
  const health = createHealth()
  const admin = createAdminServer(plan.admin, { health, log, scrape: scraper(metrics, threads) } satisfies AdminHost)
  const query = createQueryService(reader, metrics, plan.queryHttp)
  const doors = createQueryServer(plan.queryHttp, await loadDoors(plan), { query, metrics, log })

  const prober = createProber({
    write: async () => (await ingest.call('probe')) as Probe,
    reader,
    metrics,
    log: createLogger('prober', plan.log),
    // A store in memory would lose a trace of somebody for each.
    intervalMs: reader.capabilities().durable ? plan.prober.intervalMs : 0,
  })

  const stop = async (): Promise<void> => {
    health.unavailable()
    await prober.stop()
    await ingest.call('stopReceivers')
    await ingest.call('stopStore')
    await background.call('stopStore')
    await doors.stop()
    await reader.stop()
    await Promise.all([...threads, udp].map(async (thread) => await thread?.end()))
    await admin.stop()
  }
  try {
    const adminAt = await admin.start()
    await Promise.all([reader.start(), background.call('startStore'), ingest.call('startStore')])
    const [queryAt, receiversAt] = await Promise.all([doors.start(), ingest.call('startReceivers')])
    health.ready()
    prober.start()
    const listening = [queryAt, ...(receiversAt as Listening[]), adminAt]
    return { listening, storageDescription: plan.storageDescription, stop }
  } catch (thrown) {
    await stop().catch((error: unknown) => log.debug('while giving up', { error: String(error) }))
    throw thrown
  }
}

async function loadDoors(plan: RolePlan): Promise<BoundDoor[]> {
  return await Promise.all(
    plan.doors.map(async ({ name, config }) => ({ plugin: await load(DOORS, 'door', name), config })),
  )
}

function scraper(metrics: Metrics, threads: readonly Thread[]): () => Promise<string> {
  return async () => {
    const others = threads.map(async (thread) => (await thread.call('metrics')) as MetricsSnapshot)
    return await renderMetrics(await Promise.all([metrics.snapshot(), ...others]))
  }
}
