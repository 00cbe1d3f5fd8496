// What the process costs and which build it is, under the names that Prometheus clients use. Runs on one thread only: the
// figures are the whole process's, and snapshots of threads add up.

import type { Metrics } from './metrics.ts'

export interface BuildInfo {
  readonly version: string
  /** Unix time in seconds. */
  readonly startedAt: number
}

export function watchProcess(metrics: Metrics, build: BuildInfo): void {
  let countedSeconds = 0
  metrics.onCollect(() => {
    const { user, system } = process.cpuUsage()
    const seconds = (user + system) / 1e6
    metrics.add('process_cpu_seconds_total', {}, seconds - countedSeconds)
    countedSeconds = seconds
    metrics.set('process_resident_memory_bytes', {}, process.memoryUsage.rss())
    metrics.set('process_start_time_seconds', {}, build.startedAt)
    metrics.set('jaeger_build_info', { version: build.version, revision: '', build_date: '' }, 1)
  })
}
