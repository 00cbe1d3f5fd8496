// The text form of a filter, which people type and links carry: `service = cart and duration > 100ms and not error = true`.
// Conditions stand side by side for `and`, so Jaeger's tags in logfmt (`http.status_code=500 user="a b"`) are queries too.
// docs/search.md describes it for users; query-print.ts writes it. Never throws on what somebody typed.

import { toError } from '../base/errors.ts'
import { parseGoDuration } from '../base/time.ts'
import type { AttributeLevel, CompareOp, Filter, FilterScalar, FilterTarget } from './filter.ts'
import { ATTRIBUTE_LEVELS, ENUM_VALUES, FIELD_NAMES, KEYWORDS } from './query-names.ts'
import { type Token, tokenize } from './query-tokens.ts'

export const MAX_QUERY_LENGTH = 16_384
const MAX_DEPTH = 32
const MAX_CONDITIONS = 256

export type QueryText =
  /** `filter` is undefined where the text is empty: every span matches. */
  | { readonly ok: true; readonly filter: Filter | undefined }
  /** `at`: UTF-16 units from the start of the text; `message` says what was expected there. */
  | { readonly ok: false; readonly at: number; readonly message: string }

export function parseQuery(text: string): QueryText {
  if (text.length > MAX_QUERY_LENGTH) {
    return { ok: false, at: MAX_QUERY_LENGTH, message: `longer than ${MAX_QUERY_LENGTH} characters` }
  }
  try {
    return { ok: true, filter: new Parser(tokenize(text)).whole() }
  } catch (thrown) {
    if (thrown instanceof QueryError) return { ok: false, at: thrown.at, message: thrown.message }
    throw thrown
  }
}

/** Internal to the parser: where it stopped and why. */
class QueryError extends Error {
  readonly at: number
  constructor(at: number, message: string) {
    super(message)
    this.at = at
  }
}

const OPERATORS: ReadonlyMap<string, CompareOp> = new Map([
  ['=', 'eq'],
  ['==', 'eq'],
  ['!=', 'ne'],
  ['>', 'gt'],
  ['>=', 'gte'],
  ['<', 'lt'],
  ['<=', 'lte'],
  ['=~', 'regex'],
])
const NOT_MATCHING = '!~'

class Parser {
  readonly #tokens: readonly Token[]
  #at = 0
  #depth = 0
  #conditions = 0

  constructor(tokens: readonly Token[]) {
    this.#tokens = tokens
  }

  whole(): Filter | undefined {
    if (this.#peek().kind === 'end') return undefined
    const filter = this.#or()
    const rest = this.#peek()
    if (rest.kind !== 'end') throw new QueryError(rest.at, rest.text === ')' ? 'this ) closes nothing' : 'unexpected')
    return filter
  }

  #peek(): Token {
    return this.#tokens[this.#at] as Token
  }

  #next(): Token {
    const token = this.#peek()
    if (token.kind !== 'end') this.#at++
    return token
  }

  #isWord(word: string): boolean {
    const { kind, text } = this.#peek()
    return kind === 'word' && text.toLowerCase() === word
  }

  #take(word: string): boolean {
    if (!this.#isWord(word)) return false
    this.#at++
    return true
  }

  #or(): Filter {
    const args = [this.#and()]
    while (this.#take('or')) args.push(this.#and())
    return args.length === 1 ? (args[0] as Filter) : { op: 'or', args }
  }

  #and(): Filter {
    const args = [this.#unary()]
    for (;;) {
      if (!this.#take('and')) {
        const { kind, text } = this.#peek()
        if (kind === 'end' || text === ')' || this.#isWord('or')) break
      }
      args.push(this.#unary())
    }
    return args.length === 1 ? (args[0] as Filter) : { op: 'and', args }
  }

  #unary(): Filter {
    if (++this.#depth > MAX_DEPTH) throw new QueryError(this.#peek().at, `nested deeper than ${MAX_DEPTH}`)
    try {
      if (this.#take('not')) return { op: 'not', arg: this.#unary() }
      if (this.#peek().text === '(' && this.#peek().kind === 'mark') return this.#group()
      if (++this.#conditions > MAX_CONDITIONS) {
        throw new QueryError(this.#peek().at, `more than ${MAX_CONDITIONS} conditions`)
      }
      if (this.#take('exists')) return { op: 'exists', target: this.#target() }
      return this.#condition()
    } finally {
      this.#depth--
    }
  }

  #group(): Filter {
    const open = this.#next()
    const inner = this.#or()
    if (this.#next().text !== ')') throw new QueryError(open.at, 'this ( is not closed')
    return inner
  }

  #condition(): Filter {
    const target = this.#target()
    if (this.#take('in')) return { op: 'in', target, values: this.#values(target) }
    const token = this.#next()
    if (token.kind === 'operator' && token.text === NOT_MATCHING) {
      const value = this.#value(target, 'regex')
      return {
        op: 'and',
        args: [
          { op: 'exists', target },
          { op: 'not', arg: { op: 'regex', target, value } },
        ],
      }
    }
    const op = token.kind === 'operator' ? OPERATORS.get(token.text) : undefined
    if (op === undefined) throw new QueryError(token.at, 'expected one of = != > >= < <= =~ !~ in')
    return { op, target, value: this.#value(target, op) }
  }

  #values(target: FilterTarget): readonly FilterScalar[] {
    const open = this.#next()
    if (open.text !== '(' || open.kind !== 'mark') throw new QueryError(open.at, 'expected ( and a list of values')
    const values = [this.#value(target, 'eq')]
    for (;;) {
      const { text, kind, at } = this.#next()
      if (kind === 'mark' && text === ')') return values
      if (kind !== 'mark' || text !== ',') throw new QueryError(at, 'expected , or )')
      values.push(this.#value(target, 'eq'))
    }
  }

  #target(): FilterTarget {
    const { kind, text, at, end } = this.#next()
    if (kind === 'string') return { attr: text, level: 'any' }
    if (kind !== 'word') throw new QueryError(at, 'expected a field or an attribute')
    if (KEYWORDS.has(text.toLowerCase())) throw new QueryError(at, `expected a field or an attribute, not "${text}"`)
    const field = FIELD_NAMES.get(text)
    if (field !== undefined) return field
    const colon = text.indexOf(':')
    const level = text.slice(0, colon)
    if (colon < 0 || !isLevel(level)) return { attr: text, level: 'any' }
    if (colon < text.length - 1) return { attr: text.slice(colon + 1), level }
    const key = this.#next()
    if (key.kind !== 'string' || key.at !== end) throw new QueryError(end, `expected an attribute key after "${text}"`)
    return { attr: key.text, level }
  }

  #value(target: FilterTarget, op: CompareOp): FilterScalar {
    const { kind, text, at } = this.#next()
    if (kind !== 'word' && kind !== 'string') throw new QueryError(at, 'expected a value')
    if (op === 'regex' || 'attr' in target) return text
    const name = 'field' in target ? target.field : `trace.${target.trace}`
    switch (name) {
      case 'duration':
      case 'trace.duration':
        return durationOf(text, at)
      case 'start':
        return timeOf(text, at)
      case 'trace.spanCount':
      case 'trace.errorCount':
        if (!/^\d{1,18}$/.test(text)) throw new QueryError(at, 'expected a whole number')
        return BigInt(text)
      case 'kind':
      case 'status':
        return enumOf(ENUM_VALUES[name], text, at)
      default:
        return text
    }
  }
}

function isLevel(text: string): text is AttributeLevel {
  return ATTRIBUTE_LEVELS.some((level) => level === text)
}

function durationOf(text: string, at: number): bigint {
  try {
    return parseGoDuration(text)
  } catch (thrown) {
    throw new QueryError(at, `expected a duration such as 100ms or 1.5s (${toError(thrown).message})`)
  }
}

/** A date in ISO 8601, or Unix nanoseconds. */
function timeOf(text: string, at: number): bigint {
  if (/^\d{1,19}$/.test(text)) return BigInt(text)
  const ms = Date.parse(text)
  if (Number.isNaN(ms)) throw new QueryError(at, 'expected a time such as 2026-08-20T10:00:00Z, or Unix nanoseconds')
  return BigInt(ms) * 1_000_000n
}

function enumOf(names: readonly string[], text: string, at: number): string {
  const name = text.toLowerCase()
  if (!names.includes(name) && !/^\d{1,3}$/.test(name)) {
    throw new QueryError(at, `expected one of ${names.join(', ')}`)
  }
  return name
}
