// What a receiver gets from the program around it, for tests: the real ingest pipeline, budget and metrics over a sink, and
// a log that remembers, so that a test can say that nothing was logged.

import { createBodyBudget } from 'spoor/pipeline/budget'
import { createIngest } from 'spoor/pipeline/create-ingest'
import type { ReceiverHost } from 'spoor/receivers/api/receiver'
import { openUdpSocket } from 'spoor/receivers/api/udp-socket'
import { presetStrategies } from 'spoor/sampling/strategies'
import type { SpanWriter } from 'spoor/storage/api/store'
import type { Logger } from 'spoor/telemetry/log'
import { createMetrics } from 'spoor/telemetry/metrics'
import type { MetricName } from 'spoor/telemetry/names'

export interface TestHost extends ReceiverHost {
  /** Lines of level warn and error. */
  readonly complaints: string[]
  /** The sum of a metric's series whose labels include these. */
  count(name: MetricName, labels?: Readonly<Record<string, string>>): Promise<number>
}

interface Series {
  readonly name: string
  readonly values: readonly { readonly value: number; readonly labels: Readonly<Record<string, unknown>> }[]
}

export function createTestHost(sink: SpanWriter, budgetBytes: number = 64 * 1024 * 1024): TestHost {
  const metrics = createMetrics()
  const complaints: string[] = []
  const complain = (message: string, fields?: object): void => {
    complaints.push(`${message} ${JSON.stringify(fields)}`)
  }
  const log: Logger = { debug() {}, info() {}, warn: complain, error: complain }
  return {
    ingest: createIngest(sink, metrics),
    budget: createBodyBudget(budgetBytes),
    udp: { open: openUdpSocket },
    sampling: { strategyFor: () => presetStrategies(0.001).preset },
    metrics,
    log,
    complaints,
    async count(name, labels = {}): Promise<number> {
      const series = (await metrics.snapshot()) as readonly Series[]
      const values = series.find((each) => each.name === name)?.values ?? []
      const matches = values.filter((each) => Object.entries(labels).every(([key, text]) => each.labels[key] === text))
      return matches.reduce((sum, each) => sum + each.value, 0)
    },
  }
}
