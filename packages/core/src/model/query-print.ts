// Writes a filter as the text that query-text.ts reads: for links, for the page's form, for people who ask what a search
// did. The text means the same filter; values of attributes print as text, which equals at least what they equalled.

import { formatGoDuration } from '../base/time.ts'
import type { Filter, FilterScalar, FilterTarget } from './filter.ts'
import { ATTRIBUTE_LEVELS, FIELD_NAMES, KEYWORDS, NOT_BARE } from './query-names.ts'

const OPERATORS = { eq: '=', ne: '!=', gt: '>', gte: '>=', lt: '<', lte: '<=', regex: '=~' } as const

/** What binds how strongly: a part that binds less than its place gets brackets. */
const OR = 1
const AND = 2
const NOT = 3

/** '' for undefined: every span matches. */
export function printQuery(filter: Filter | undefined): string {
  return filter === undefined ? '' : print(filter, OR)
}

function print(filter: Filter, place: number): string {
  switch (filter.op) {
    case 'and':
      // Every span has a service, if an empty one: no conditions hold always, no alternatives never.
      if (filter.args.length === 0) return 'exists service'
      return list(filter.args, ' and ', AND, place)
    case 'or':
      if (filter.args.length === 0) return brackets('not exists service', NOT, place)
      return list(filter.args, ' or ', OR, place)
    case 'not':
      return `not ${print(filter.arg, NOT)}`
    case 'exists':
      return `exists ${targetText(filter.target)}`
    case 'in': {
      if (filter.values.length === 0) return print({ op: 'or', args: [] }, place)
      const values = filter.values.map((value) => valueText(filter.target, value))
      return `${targetText(filter.target)} in (${values.join(', ')})`
    }
    default: {
      const value = filter.op === 'regex' ? textValue(String(filter.value)) : valueText(filter.target, filter.value)
      return `${targetText(filter.target)} ${OPERATORS[filter.op]} ${value}`
    }
  }
}

function list(args: readonly Filter[], between: string, binds: number, place: number): string {
  const [only] = args
  if (args.length === 1 && only !== undefined) return print(only, place)
  return brackets(args.map((arg) => print(arg, binds + 1)).join(between), binds, place)
}

function brackets(text: string, binds: number, place: number): string {
  return binds < place ? `(${text})` : text
}

export function targetText(target: FilterTarget): string {
  if ('attr' in target) {
    const { attr, level } = target
    const bare = attr !== '' && !NOT_BARE.test(attr)
    if (level !== 'any') return `${level}:${bare ? attr : JSON.stringify(attr)}`
    return bare && !meansElse(attr) ? attr : JSON.stringify(attr)
  }
  for (const [name, known] of FIELD_NAMES) {
    if ('field' in target && 'field' in known && known.field === target.field) return name
    if ('trace' in target && 'trace' in known && known.trace === target.trace) return name
  }
  throw new Error('a field without a name in the language')
}

/** Whether a bare word is more than an attribute's key. */
function meansElse(word: string): boolean {
  if (KEYWORDS.has(word.toLowerCase()) || FIELD_NAMES.has(word)) return true
  return ATTRIBUTE_LEVELS.some((level) => word.startsWith(`${level}:`))
}

function valueText(target: FilterTarget, value: FilterScalar): string {
  const isDuration =
    ('field' in target && target.field === 'duration') || ('trace' in target && target.trace === 'duration')
  if (isDuration && (typeof value === 'bigint' || typeof value === 'number')) {
    return formatGoDuration(typeof value === 'bigint' ? value : BigInt(Math.floor(value)))
  }
  return textValue(String(value))
}

/** A value, in quotes where it needs them. */
export function textValue(text: string): string {
  return text === '' || NOT_BARE.test(text) ? JSON.stringify(text) : text
}
