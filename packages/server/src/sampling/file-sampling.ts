// Strategies from the file that --sampling.strategies-file names, read at the start and again every interval. A bad file
// at the start is refused; one that turns bad later leaves the strategies as they were, is logged once and counted.

import { SpoorError, toError } from '@spoor/core/base/errors'
import type { Logger } from '../telemetry/log.ts'
import type { Metrics } from '../telemetry/metrics.ts'
import type { SamplingConfig } from './config.ts'
import type { Sampling } from './sampling.ts'
import { strategySource, type StrategySource } from './source.ts'
import { presetStrategies, readStrategies } from './strategies.ts'

export interface FileSampling extends Sampling {
  /** Rejects with SpoorError `invalid` or `unavailable`, in one line that names the file. */
  start(): Promise<void>
  stop(): Promise<void>
}

/** Of a file that is wrong all over, so many lines are logged. */
const MAX_WARNINGS = 20

export function createFileSampling(config: SamplingConfig, log: Logger, metrics: Metrics): FileSampling {
  const { strategiesFile, reloadIntervalMs, defaultSamplingRate } = config
  const source = strategiesFile === '' ? undefined : strategySource(strategiesFile)
  const stopping = new AbortController()
  let strategies = presetStrategies(defaultSamplingRate)
  let text: string | undefined
  let complaint: string | undefined
  let timer: NodeJS.Timeout | undefined
  let loading: Promise<void> = Promise.resolve()

  async function load(from: StrategySource): Promise<void> {
    const found = await from.read(stopping.signal)
    // 503 while nothing was read yet: the defaults serve; later: what was read goes on serving.
    if (found === undefined || found === text) return
    try {
      const { strategies: read, warnings } = readStrategies(found, defaultSamplingRate)
      strategies = read
      text = found
      log.info('sampling strategies read', { file: from.name, services: read.services.size })
      for (const warning of warnings.slice(0, MAX_WARNINGS)) log.warn(`sampling strategies: ${warning}`)
    } catch (thrown) {
      const { message } = toError(thrown)
      throw new SpoorError('invalid', 'bad_strategies', `${from.name}: ${message}`, { cause: thrown })
    }
  }

  async function reload(from: StrategySource): Promise<void> {
    try {
      await load(from)
      complaint = undefined
    } catch (thrown) {
      if (stopping.signal.aborted) return
      const { message } = toError(thrown)
      metrics.add('spoor_sampling_reload_failures_total', {})
      if (message !== complaint) log.warn('sampling strategies stay as they were', { why: message })
      complaint = message
    }
  }

  function reloadLater(from: StrategySource): void {
    timer = setTimeout(() => {
      loading = reload(from).then(() => {
        if (!stopping.signal.aborted) reloadLater(from)
      })
    }, reloadIntervalMs).unref()
  }

  return {
    async start(): Promise<void> {
      if (source === undefined) return
      try {
        await load(source)
      } catch (thrown) {
        if (!(thrown instanceof SpoorError)) throw thrown
        throw new SpoorError(thrown.kind, thrown.code, `sampling.strategies-file: ${thrown.message}`, { cause: thrown })
      }
      if (reloadIntervalMs > 0) reloadLater(source)
    },
    async stop(): Promise<void> {
      stopping.abort()
      clearTimeout(timer)
      await loading
    },
    strategyFor: (service) => strategies.services.get(service) ?? strategies.preset,
  }
}
