// Sampling strategies as clients are told them, and how they are read from Jaeger's file of strategies. Pure. Follows
// Jaeger 1.57 also where that surprises: a rate out of range is passed on, an unknown type becomes the default.
// (Format: jaegertracing.io/docs/1.57/sampling/#file-based-sampling-configuration.)

import { SpoorError, toError } from '@spoor/core/base/errors'

export interface OperationStrategy {
  readonly operation: string
  /** Probability, 0 to 1. */
  readonly samplingRate: number
}

export interface PerOperationStrategies {
  /** For operations that are not listed. */
  readonly defaultSamplingRate: number
  /** Each operation once. */
  readonly operations: readonly OperationStrategy[]
}

export type Strategy = {
  readonly perOperation: PerOperationStrategies | undefined
} & (
  | { readonly type: 'probabilistic'; readonly samplingRate: number }
  | { readonly type: 'ratelimiting'; readonly maxTracesPerSecond: number }
)

export interface Strategies {
  /** For services that are not listed. */
  readonly preset: Strategy
  readonly services: ReadonlyMap<string, Strategy>
}

export interface ReadStrategies {
  readonly strategies: Strategies
  /** What is most likely a slip, but was taken: one line each. */
  readonly warnings: readonly string[]
}

/** What everybody is told where there is no file. */
export function presetStrategies(defaultSamplingRate: number): Strategies {
  return { preset: probabilistic(defaultSamplingRate), services: new Map() }
}

/**
 * Reads the text of a file: `{default_strategy, service_strategies}`; `null` is no strategies. Throws SpoorError
 * `invalid`, code `bad_strategies`, in one line that says where in the file the fault is.
 */
export function readStrategies(text: string, defaultSamplingRate: number): ReadStrategies {
  const root = fieldsOf(parseJson(text), 'the file')
  const reader: Reader = { defaultSamplingRate, warnings: [] }
  warnUnknown(root, ['default_strategy', 'service_strategies'], 'the file', reader)
  const preset =
    (root['default_strategy'] ?? null) === null
      ? probabilistic(defaultSamplingRate)
      : readService(fieldsOf(root['default_strategy'], 'default_strategy'), 'default_strategy', reader)
  const services = new Map<string, Strategy>()
  for (const [i, each] of listOf(root['service_strategies'], 'service_strategies').entries()) {
    const where = `service_strategies[${i}]`
    const fields = fieldsOf(each, where)
    const service = textOf(fields['service'], `${where}.service`)
    if (services.has(service)) reader.warnings.push(`${where}: the service ${JSON.stringify(service)} is listed before`)
    services.set(service, inherit(readService(fields, where, reader), preset.perOperation))
  }
  return { strategies: { preset, services }, warnings: reader.warnings }
}

interface Reader {
  readonly defaultSamplingRate: number
  readonly warnings: string[]
}

type Fields = Readonly<Record<string, unknown>>

function probabilistic(samplingRate: number): Strategy {
  return { type: 'probabilistic', samplingRate, perOperation: undefined }
}

const STRATEGY_FIELDS = ['type', 'param']

function readService(fields: Fields, where: string, reader: Reader): Strategy {
  warnUnknown(fields, ['service', 'operation_strategies', ...STRATEGY_FIELDS], where, reader)
  const strategy = readStrategy(fields, where, reader)
  const listed = listOf(fields['operation_strategies'], `${where}.operation_strategies`)
  if (listed.length === 0) return strategy
  const operations = new Map<string, OperationStrategy>()
  for (const [i, each] of listed.entries()) {
    const at = `${where}.operation_strategies[${i}]`
    const entry = fieldsOf(each, at)
    warnUnknown(entry, ['operation', ...STRATEGY_FIELDS], at, reader)
    const operation = textOf(entry['operation'], `${at}.operation`)
    const own = readStrategy(entry, at, reader)
    if (own.type === 'probabilistic') operations.set(operation, { operation, samplingRate: own.samplingRate })
    else reader.warnings.push(`${at}: an operation cannot be ratelimiting; it is left to the service's own strategy`)
  }
  const defaultSamplingRate = strategy.type === 'probabilistic' ? strategy.samplingRate : reader.defaultSamplingRate
  return { ...strategy, perOperation: { defaultSamplingRate, operations: [...operations.values()] } }
}

function readStrategy(fields: Fields, where: string, { defaultSamplingRate, warnings }: Reader): Strategy {
  const type = textOf(fields['type'], `${where}.type`)
  const param = numberOf(fields['param'], `${where}.param`)
  if (type === 'probabilistic') {
    if (param < 0 || param > 1) warnings.push(`${where}.param: ${param} is no probability from 0 to 1`)
    return probabilistic(param)
  }
  if (type === 'ratelimiting') {
    if (param < 0) warnings.push(`${where}.param: ${param} is no number of traces a second`)
    const maxTracesPerSecond = Math.trunc(Math.min(Math.max(param, -MAX_INT32), MAX_INT32))
    return { type, maxTracesPerSecond, perOperation: undefined }
  }
  const told = type === '' ? 'no type' : `the type ${JSON.stringify(type)} is not known`
  warnings.push(`${where}: ${told}, so it samples as the default, with probability ${defaultSamplingRate}`)
  return probabilistic(defaultSamplingRate)
}

const MAX_INT32 = 2 ** 31 - 1

/**
 * The default's operations hold for every service, but for those the service lists itself. A rate-limited service without
 * operations of its own takes none: clients that are told of operations forget the limit.
 */
function inherit(own: Strategy, preset: PerOperationStrategies | undefined): Strategy {
  if (preset === undefined) return own
  if (own.perOperation === undefined) {
    if (own.type === 'ratelimiting') return own
    return { ...own, perOperation: { ...preset, defaultSamplingRate: own.samplingRate } }
  }
  const listed = new Set(own.perOperation.operations.map(({ operation }) => operation))
  const inherited = preset.operations.filter(({ operation }) => !listed.has(operation))
  return { ...own, perOperation: { ...own.perOperation, operations: [...own.perOperation.operations, ...inherited] } }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text) ?? {}
  } catch (thrown) {
    throw bad(`not JSON: ${toError(thrown).message.replaceAll(/\s+/g, ' ')}`)
  }
}

function bad(message: string): SpoorError {
  return new SpoorError('invalid', 'bad_strategies', message)
}

function fieldsOf(value: unknown, where: string): Fields {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw bad(`${where}: expected an object`)
  return value as Fields
}

function listOf(value: unknown, where: string): readonly unknown[] {
  if (value === undefined || value === null) return []
  if (!Array.isArray(value)) throw bad(`${where}: expected a list`)
  return value
}

/** Absent is empty, as in Jaeger. */
function textOf(value: unknown, where: string): string {
  if (value === undefined || value === null) return ''
  if (typeof value !== 'string') throw bad(`${where}: expected text in quotes`)
  return value
}

/** Absent is 0, as in Jaeger. */
function numberOf(value: unknown, where: string): number {
  if (value === undefined || value === null) return 0
  if (typeof value !== 'number') throw bad(`${where}: expected a number`)
  if (!Number.isFinite(value)) throw bad(`${where}: the number is too large`)
  return value
}

function warnUnknown(fields: Fields, known: readonly string[], where: string, { warnings }: Reader): void {
  for (const name of Object.keys(fields)) {
    if (!known.includes(name)) warnings.push(`${where}: ${JSON.stringify(name)} means nothing here`)
  }
}
