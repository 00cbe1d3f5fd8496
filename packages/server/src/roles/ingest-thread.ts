// The `ingest` thread: receivers, and the store's part that takes what they bring.

import { createBodyBudget } from '../pipeline/budget.ts'
import { createIngest } from '../pipeline/create-ingest.ts'
import { writeProbe } from '../pipeline/probe.ts'
import type { Receiver } from '../receivers/api/receiver.ts'
import { udpSocketsOver } from '../receivers/api/udp-sockets.ts'
import { createFileSampling } from '../sampling/file-sampling.ts'
import type { SpanWriter } from '../storage/api/store.ts'
import type { WorkerInput } from '../threads/thread.ts'
import type { RolePlan } from './plan.ts'
import { portTo } from './port-to.ts'
import { load, RECEIVERS, STORES } from './registry.ts'
import { workerHost } from './worker-host.ts'
import type { Handlers } from './worker.ts'

export async function ingestThread(input: WorkerInput): Promise<Handlers> {
  const plan = input.data as RolePlan
  const host = workerHost(input, plan)
  const { log, metrics } = host
  const store = await load(STORES, 'store', plan.storage.name)
  const writer: SpanWriter = await store.ingest(plan.storage.config, host)
  const budget = createBodyBudget(plan.bodyBudgetBytes)
  metrics.onCollect(() => metrics.set('spoor_body_budget_used_bytes', {}, budget.usedBytes))
  const ingest = createIngest(writer, metrics)
  const sampling = createFileSampling(plan.sampling, log, metrics)
  const udp = udpSocketsOver(portTo(input.links, 'udp'))
  const receivers: Receiver[] = []
  for (const choice of plan.receivers) {
    const plugin = await load(RECEIVERS, 'receiver', choice.name)
    receivers.push(plugin.create(choice.config, { ingest, budget, sampling, udp, metrics, log }))
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
    probe: async () => await writeProbe(writer),
    stopStore: async () => await writer.stop(),
    metrics: async () => await metrics.snapshot(),
  }
}
