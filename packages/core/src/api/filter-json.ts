// A filter as JSON, for programs: the tree of model/filter.ts as it is, for example
// {"op":"and","args":[{"op":"eq","target":{"field":"service"},"value":"cart"},
//  {"op":"gt","target":{"field":"duration"},"value":{"int":"100000000"}}]}.
// Integers that a JSON number cannot hold are {"int":"decimal digits"}; durations and times are nanoseconds. What comes in
// is a stranger's: depth and size are bounded, and a refusal names the place.

import { SpoorError } from '../base/errors.ts'
import type {
  AttributeLevel,
  CompareOp,
  Filter,
  FilterScalar,
  FilterTarget,
  SpanField,
  TraceField,
} from '../model/filter.ts'

const MAX_DEPTH = 32
const MAX_CONDITIONS = 256
const MAX_VALUES = 1000
const MAX_TEXT = 16_384

const COMPARE: readonly CompareOp[] = ['eq', 'ne', 'gt', 'gte', 'lt', 'lte', 'regex']
const LEVELS: readonly AttributeLevel[] = ['span', 'resource', 'scope', 'event', 'link', 'any']
const FIELDS: readonly SpanField[] = ['service', 'name', 'kind', 'status', 'duration', 'start']
const TRACE_FIELDS: readonly TraceField[] = ['duration', 'spanCount', 'errorCount', 'rootService', 'rootName']

type Members = Readonly<Record<string, unknown>>

/** Throws SpoorError `invalid` `bad_filter`, whose message begins with the place: `filter.args[1].value`. */
export function readFilterJson(value: unknown): Filter {
  return new Reader().filter(value, 'filter', 0)
}

export function writeFilterJson(filter: Filter): unknown {
  switch (filter.op) {
    case 'and':
    case 'or':
      return { op: filter.op, args: filter.args.map(writeFilterJson) }
    case 'not':
      return { op: 'not', arg: writeFilterJson(filter.arg) }
    case 'exists':
      return filter
    case 'in':
      return { ...filter, values: filter.values.map(scalarJson) }
    default:
      return { ...filter, value: scalarJson(filter.value) }
  }
}

function scalarJson(value: FilterScalar): unknown {
  return typeof value === 'bigint' ? { int: String(value) } : value
}

class Reader {
  #conditions = 0

  filter(value: unknown, at: string, depth: number): Filter {
    if (depth > MAX_DEPTH) throw bad(at, `nested deeper than ${MAX_DEPTH}`)
    const members = membersOf(value, at)
    const { op } = members
    switch (op) {
      case 'and':
      case 'or': {
        const args = listOf(members['args'], `${at}.args`, MAX_CONDITIONS)
        return { op, args: args.map((arg, i) => this.filter(arg, `${at}.args[${i}]`, depth + 1)) }
      }
      case 'not':
        return { op, arg: this.filter(members['arg'], `${at}.arg`, depth + 1) }
      default:
        if (++this.#conditions > MAX_CONDITIONS) throw bad(at, `more than ${MAX_CONDITIONS} conditions`)
        return condition(members, at)
    }
  }
}

function condition(members: Members, at: string): Filter {
  const { op } = members
  const target = targetOf(members['target'], `${at}.target`)
  if (op === 'exists') return { op, target }
  if (op === 'in') {
    const values = listOf(members['values'], `${at}.values`, MAX_VALUES)
    return { op, target, values: values.map((value, i) => scalarOf(value, `${at}.values[${i}]`)) }
  }
  const compare = COMPARE.find((known) => known === op)
  if (compare === undefined) throw bad(`${at}.op`, `expected and, or, not, exists, in or one of ${COMPARE.join(', ')}`)
  return { op: compare, target, value: scalarOf(members['value'], `${at}.value`) }
}

function targetOf(value: unknown, at: string): FilterTarget {
  const members = membersOf(value, at)
  if ('field' in members) return { field: nameOf(FIELDS, members['field'], `${at}.field`) }
  if ('trace' in members) return { trace: nameOf(TRACE_FIELDS, members['trace'], `${at}.trace`) }
  const { attr, level = 'any' } = members
  if (typeof attr !== 'string' || attr.length > MAX_TEXT) throw bad(at, 'expected one of field, trace and attr')
  return { attr, level: nameOf(LEVELS, level, `${at}.level`) }
}

function nameOf<T extends string>(names: readonly T[], value: unknown, at: string): T {
  const name = names.find((known) => known === value)
  if (name === undefined) throw bad(at, `expected one of ${names.join(', ')}`)
  return name
}

function scalarOf(value: unknown, at: string): FilterScalar {
  if (typeof value === 'boolean') return value
  if (typeof value === 'number' && Number.isFinite(value)) return value
  if (typeof value === 'string' && value.length <= MAX_TEXT) return value
  if (typeof value === 'object' && value !== null && 'int' in value) {
    const { int } = value
    if (typeof int === 'string' && /^-?\d{1,40}$/.test(int)) return BigInt(int)
  }
  throw bad(at, 'expected a text, a number, true, false or {"int":"digits"}')
}

function membersOf(value: unknown, at: string): Members {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw bad(at, 'expected an object')
  return value as Members
}

function listOf(value: unknown, at: string, most: number): readonly unknown[] {
  if (!Array.isArray(value)) throw bad(at, 'expected a list')
  if (value.length > most) throw bad(at, `more than ${most} entries`)
  return value
}

function bad(at: string, message: string): SpoorError {
  return new SpoorError('invalid', 'bad_filter', `${at}: ${message}`, { field: 'filter' })
}
