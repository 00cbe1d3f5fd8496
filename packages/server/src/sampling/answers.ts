// Strategies as clients read them: the JSON of SamplingStrategyResponse (jaeger-idl, api_v2/sampling.proto), once with the
// type's name and once, for clients of the time before, with its number. Pure.

import type { PerOperationStrategies, Strategy } from './strategies.ts'

/** `{"strategyType":"PROBABILISTIC",…}`: /sampling of port 5778 and /api/sampling of port 14268. */
export function strategyJson(strategy: Strategy): string {
  return json(strategy, strategy.type === 'probabilistic' ? 'PROBABILISTIC' : 'RATE_LIMITING')
}

/** `{"strategyType":0,…}`: the root path of port 5778. */
export function legacyStrategyJson(strategy: Strategy): string {
  return json(strategy, strategy.type === 'probabilistic' ? 0 : 1)
}

function json(strategy: Strategy, strategyType: string | number): string {
  const { perOperation } = strategy
  return JSON.stringify({
    strategyType,
    ...(strategy.type === 'probabilistic'
      ? { probabilisticSampling: { samplingRate: strategy.samplingRate } }
      : { rateLimitingSampling: { maxTracesPerSecond: strategy.maxTracesPerSecond } }),
    ...(perOperation === undefined ? {} : { operationSampling: operationSampling(perOperation) }),
  })
}

function operationSampling({ defaultSamplingRate, operations }: PerOperationStrategies): object {
  return {
    defaultSamplingProbability: defaultSamplingRate,
    defaultLowerBoundTracesPerSecond: 0,
    perOperationStrategies: operations.map(({ operation, samplingRate }) => ({
      operation,
      probabilisticSampling: { samplingRate },
    })),
    defaultUpperBoundTracesPerSecond: 0,
  }
}
