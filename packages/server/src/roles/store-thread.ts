// The `store` thread: the store's background work, where it has any.

import type { Lifecycle } from '../storage/api/store.ts'
import type { WorkerInput } from '../threads/thread.ts'
import type { RolePlan } from './plan.ts'
import { load, STORES } from './registry.ts'
import { workerHost } from './worker-host.ts'
import type { Handlers } from './worker.ts'

export async function storeThread(input: WorkerInput): Promise<Handlers> {
  const plan = input.data as RolePlan
  const host = workerHost(input, plan)
  const plugin = await load(STORES, 'store', plan.storage.name)
  const part: Lifecycle | undefined = await plugin.store?.(plan.storage.config, host)
  return {
    startStore: async () => await part?.start(),
    stopStore: async () => await part?.stop(),
    metrics: async () => await host.metrics.snapshot(),
  }
}
