// What the parts of worker threads share: this thread's log, metrics and ports.

import type { StorageHost } from '../storage/api/plugin.ts'
import { createLogger } from '../telemetry/log.ts'
import { createMetrics } from '../telemetry/metrics.ts'
import type { WorkerInput } from '../threads/thread.ts'
import type { RolePlan } from './plan.ts'
import { portTo } from './port-to.ts'

export function workerHost({ thread, links }: WorkerInput, plan: RolePlan): StorageHost {
  return { log: createLogger(thread, plan.log), metrics: createMetrics(), port: (to) => portTo(links, to) }
}
