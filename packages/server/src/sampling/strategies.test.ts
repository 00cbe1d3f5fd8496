// Reading files of strategies: what they may say, what is taken with a warning, what is refused and in which words.

import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { legacyStrategyJson, strategyJson } from './answers.ts'
import { readStrategies, type Strategy } from './strategies.ts'

const DEFAULT_RATE = 0.25

/** The strategy of `service` in a file with this content. */
function strategyOf(service: string, file: unknown): Strategy {
  const { strategies } = readStrategies(JSON.stringify(file), DEFAULT_RATE)
  return strategies.services.get(service) ?? strategies.preset
}

function rates(strategy: Strategy): Record<string, number> {
  const listed = strategy.perOperation?.operations ?? []
  return Object.fromEntries(listed.map(({ operation, samplingRate }) => [operation, samplingRate]))
}

const probabilistic = (param: number): object => ({ type: 'probabilistic', param })
const operation = (name: string, param: number): object => ({ operation: name, ...probabilistic(param) })

describe('inheritance', () => {
  const file = {
    default_strategy: { ...probabilistic(0.1), operation_strategies: [operation('/health', 0), operation('/x', 0.2)] },
    service_strategies: [
      { service: 'plain', ...probabilistic(0.5) },
      { service: 'own', ...probabilistic(0.6), operation_strategies: [operation('/x', 1), operation('/y', 0.3)] },
      { service: 'limited', type: 'ratelimiting', param: 3.9 },
      { service: 'limited, own', type: 'ratelimiting', param: 3, operation_strategies: [operation('/y', 0.3)] },
    ],
  }

  test('a service without operations takes the default ones, under its own rate', () => {
    const strategy = strategyOf('plain', file)
    expect(rates(strategy)).toEqual({ '/health': 0, '/x': 0.2 })
    expect(strategy.perOperation?.defaultSamplingRate).toBe(0.5)
  })

  test("a service's own operations are stronger than the default ones", () => {
    expect(rates(strategyOf('own', file))).toEqual({ '/x': 1, '/y': 0.3, '/health': 0 })
  })

  test('a rate-limited service without operations takes none, and whole traces a second', () => {
    expect(strategyOf('limited', file)).toEqual({
      type: 'ratelimiting',
      maxTracesPerSecond: 3,
      perOperation: undefined,
    })
  })

  test('a rate-limited service with operations has the program default for all others', () => {
    const strategy = strategyOf('limited, own', file)
    expect(rates(strategy)).toEqual({ '/y': 0.3, '/health': 0, '/x': 0.2 })
    expect(strategy.perOperation?.defaultSamplingRate).toBe(DEFAULT_RATE)
  })

  test('a service that is not listed gets the default strategy', () => {
    expect(strategyOf('stranger', file)).toMatchObject({ type: 'probabilistic', samplingRate: 0.1 })
    expect(strategyOf('stranger', { service_strategies: [] })).toMatchObject({ samplingRate: DEFAULT_RATE })
    expect(strategyOf('stranger', null)).toMatchObject({ samplingRate: DEFAULT_RATE })
  })

  test('names of services are what they are, also those of every object', () => {
    expect(strategyOf('__proto__', file)).toMatchObject({ samplingRate: 0.1 })
    expect(strategyOf('constructor', file)).toMatchObject({ samplingRate: 0.1 })
  })
})

test.each([
  [{ service_strategies: [{ service: 'a', type: 'probabilistic', param: 7 }] }, /\[0\]\.param: 7 is no probability/],
  [{ service_strategies: [{ service: 'a', type: 'nonsense', param: 1 }] }, /\[0\]: the type "nonsense" is not known/],
  [{ default_strategy: { param: 1 } }, /default_strategy: no type/],
  [{ default_strategy: { type: 'ratelimiting', param: -1 } }, /-1 is no number of traces/],
  [
    { default_strategy: { ...probabilistic(1), operation_strategies: [{ operation: 'a', type: 'ratelimiting' }] } },
    /operation_strategies\[0\]: an operation cannot be ratelimiting/,
  ],
  [{ default_strategy: { ...probabilistic(1), parm: 2 } }, /default_strategy: "parm" means nothing here/],
  [{ services: [] }, /the file: "services" means nothing here/],
  [
    {
      service_strategies: [
        { service: 'a', ...probabilistic(1) },
        { service: 'a', ...probabilistic(0) },
      ],
    },
    /\[1\]: the service "a" is listed before/,
  ],
])('%j is taken with one warning', (file, warning) => {
  const { warnings } = readStrategies(JSON.stringify(file), DEFAULT_RATE)
  expect(warnings).toEqual([expect.stringMatching(warning)])
})

test.each([
  ['', /^not JSON: /],
  ['{"default_strategy":', /^not JSON: /],
  ['[]', /^the file: expected an object$/],
  ['{"default_strategy": 1}', /^default_strategy: expected an object$/],
  ['{"service_strategies": {}}', /^service_strategies: expected a list$/],
  ['{"service_strategies": [null]}', /^service_strategies\[0\]: expected an object$/],
  ['{"service_strategies": [{"service": 5}]}', /^service_strategies\[0\]\.service: expected text in quotes$/],
  ['{"default_strategy": {"type": "probabilistic", "param": "0.5"}}', /^default_strategy\.param: expected a number$/],
  ['{"default_strategy": {"param": 1e999}}', /^default_strategy\.param: the number is too large$/],
])('%j is refused in one line', (text, message) => {
  expect(() => readStrategies(text, DEFAULT_RATE)).toThrow(
    expect.objectContaining({
      kind: 'invalid',
      code: 'bad_strategies',
      message: expect.stringMatching(message) as string,
    }),
  )
  expect(() => readStrategies(text, DEFAULT_RATE)).not.toThrow(/\n/)
})

test('whatever JSON a file holds, it is read or refused, and what is read can be answered', () => {
  const name = fc.constantFrom('service', 'type', 'param', 'operation', 'operation_strategies', 'default_strategy')
  const value = fc.oneof(fc.constantFrom('probabilistic', 'ratelimiting'), fc.jsonValue())
  const entry = fc.dictionary(name, value)
  const file = fc.record({ default_strategy: entry, service_strategies: fc.array(entry) }, { requiredKeys: [] })
  fc.assert(
    fc.property(fc.oneof(file, fc.jsonValue()), (content) => {
      let strategies
      try {
        ;({ strategies } = readStrategies(JSON.stringify(content), DEFAULT_RATE))
      } catch (thrown) {
        expect(thrown).toMatchObject({ code: 'bad_strategies' })
        return
      }
      for (const strategy of [strategies.preset, ...strategies.services.values()]) {
        expect(JSON.parse(strategyJson(strategy))).toMatchObject({ strategyType: expect.any(String) as string })
        expect(JSON.parse(legacyStrategyJson(strategy))).toMatchObject({ strategyType: expect.any(Number) as number })
      }
    }),
  )
})
