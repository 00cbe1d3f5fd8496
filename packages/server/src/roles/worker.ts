// The entry of every worker thread: builds this thread's part of the role from the plan and answers the main thread's
// control calls. Start and stop are the main thread's decisions (run.ts); nothing here acts by itself.

import { workerData } from 'node:worker_threads'
import { createBodyBudget } from '../pipeline/budget.ts'
import { createIngest } from '../pipeline/create-ingest.ts'
import type { Receiver } from '../receivers/api/receiver.ts'
import { createFileSampling } from '../sampling/file-sampling.ts'
import type { StorageHost } from '../storage/api/plugin.ts'
import type { Lifecycle, SpanWriter } from '../storage/api/store.ts'
import { createLogger } from '../telemetry/log.ts'
import { createMetrics } from '../telemetry/metrics.ts'
import { serve, type Handler } from '../threads/rpc.ts'
import type { WorkerInput } from '../threads/thread.ts'
import type { RolePlan } from './plan.ts'
import { load, RECEIVERS, STORES } from './registry.ts'
import { storagePort } from './storage-port.ts'

async function ingestThread(plan: RolePlan, host: StorageHost): Promise<Readonly<Record<string, Handler>>> {
  const store = await load(STORES, 'store', plan.storage.name)
  const writer: SpanWriter = await store.ingest(plan.storage.config, host)
  const budget = createBodyBudget(plan.bodyBudgetBytes)
  host.metrics.onCollect(() => host.metrics.set('spoor_body_budget_used_bytes', {}, budget.usedBytes))
  const ingest = createIngest(writer, host.metrics)
  const sampling = createFileSampling(plan.sampling, host.log, host.metrics)
  const receivers: Receiver[] = []
  for (const choice of plan.receivers) {
    const plugin = await load(RECEIVERS, 'receiver', choice.name)
    receivers.push(plugin.create(choice.config, { ingest, budget, sampling, metrics: host.metrics, log: host.log }))
  }
  return {
    startStore: async () => await writer.start(),
    startReceivers: async () => {
      await sampling.start()
      const listening = []
      for (const receiver of receivers) listening.push(...(await receiver.start()))
      return listening
    },
    stopReceivers: async () => {
      await Promise.all(receivers.map(async (receiver) => await receiver.stop()))
      await sampling.stop()
    },
    stopStore: async () => await writer.stop(),
  }
}

async function storeThread(plan: RolePlan, host: StorageHost): Promise<Readonly<Record<string, Handler>>> {
  const plugin = await load(STORES, 'store', plan.storage.name)
  const part: Lifecycle | undefined = await plugin.store?.(plan.storage.config, host)
  return {
    startStore: async () => await part?.start(),
    stopStore: async () => await part?.stop(),
  }
}

async function main(): Promise<void> {
  const input = workerData as WorkerInput
  const plan = input.data as RolePlan
  const metrics = createMetrics()
  const log = createLogger(input.thread, plan.log)
  const host: StorageHost = { log, metrics, port: (to) => storagePort(input.links, to) }
  const building = input.thread === 'ingest' ? ingestThread(plan, host) : storeThread(plan, host)
  const call =
    (method: string): Handler =>
    async (argument) =>
      await (await building)[method]?.(argument)
  serve(input.control, {
    startStore: call('startStore'),
    startReceivers: call('startReceivers'),
    stopReceivers: call('stopReceivers'),
    stopStore: call('stopStore'),
    metrics: async () => await metrics.snapshot(),
  })
}

await main()
