// Durations as Go writes and reads them (package time: ParseDuration, Duration.String), which is how Jaeger's parameters
// and flags spell them. Exact nanoseconds in a bigint; no clock in here.

import { SpoorError } from './errors.ts'

const UNITS: ReadonlyMap<string, bigint> = new Map([
  ['ns', 1n],
  ['us', 1_000n],
  ['\u00b5s', 1_000n], // micro sign
  ['\u03bcs', 1_000n], // Greek mu
  ['ms', 1_000_000n],
  ['s', 1_000_000_000n],
  ['m', 60_000_000_000n],
  ['h', 3_600_000_000_000n],
])
const MOST_NS = (1n << 63n) - 1n

/**
 * Nanoseconds of `1.2s`, `100ms`, `1h2m`, `-500us`, `0`. Throws SpoorError `invalid` `bad_duration` with Go's words.
 */
export function parseGoDuration(text: string): bigint {
  const negative = text.startsWith('-')
  let rest = negative || text.startsWith('+') ? text.slice(1) : text
  if (rest === '0') return 0n
  if (rest === '') throw badDuration('invalid duration', text)
  let total = 0n
  while (rest !== '') {
    const [number = ''] = /^(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)/.exec(rest) ?? []
    if (number === '') throw badDuration('invalid duration', text)
    rest = rest.slice(number.length)
    const [name = ''] = /^[^0-9.]*/.exec(rest) ?? []
    if (name === '') throw badDuration('missing unit in duration', text)
    const unit = UNITS.get(name)
    if (unit === undefined) throw badDuration(`unknown unit ${goQuote(name)} in duration`, text)
    rest = rest.slice(name.length)
    total += nanoseconds(number, unit)
    if (total > MOST_NS + (negative ? 1n : 0n)) throw badDuration('invalid duration', text)
  }
  return negative ? -total : total
}

/** Whole digits times the unit, plus the fraction cut to whole nanoseconds. */
function nanoseconds(number: string, unit: bigint): bigint {
  const [whole = '', fraction = ''] = number.split('.')
  const digits = fraction.slice(0, 18)
  return BigInt(whole) * unit + (BigInt(digits) * unit) / 10n ** BigInt(digits.length)
}

function goQuote(text: string): string {
  return `"${text.replaceAll(/["\\]/g, String.raw`\$&`)}"`
}

function badDuration(what: string, text: string): SpoorError {
  return new SpoorError('invalid', 'bad_duration', `time: ${what} ${goQuote(text)}`)
}

/** `72h3m0.5s`, `1.5ms`, `100\u00b5s`, `0s`: the form of Go's Duration.String. */
export function formatGoDuration(ns: bigint): string {
  if (ns === 0n) return '0s'
  if (ns < 0n) return `-${formatGoDuration(-ns)}`
  if (ns < 1_000n) return `${ns}ns`
  if (ns < 1_000_000n) return `${decimal(ns, 3)}\u00b5s`
  if (ns < 1_000_000_000n) return `${decimal(ns, 6)}ms`
  const minutes = ns / 60_000_000_000n
  const seconds = `${decimal(ns % 60_000_000_000n, 9)}s`
  if (minutes === 0n) return seconds
  return minutes < 60n ? `${minutes}m${seconds}` : `${minutes / 60n}h${minutes % 60n}m${seconds}`
}

/** value / 10^places without zeros at the end. */
function decimal(value: bigint, places: number): string {
  const digits = value.toString().padStart(places + 1, '0')
  const fraction = digits.slice(-places).replace(/0+$/, '')
  return digits.slice(0, -places) + (fraction === '' ? '' : `.${fraction}`)
}
