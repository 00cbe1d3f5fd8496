// The reference evaluator: whether one span satisfies a filter. Every store's answers are held to it. Plain and slow on
// purpose; a store that needs speed answers from its index and lets this decide about what is left.
//
// How values compare:
// - Text equals every value it can mean (valuesOfText): `500` is the string, the integer and the double. A number equals
//   integers and doubles of the same value, a boolean equals booleans.
// - Arrays equal by their JSON text or by any element; maps by their JSON text, their entries as `key.sub`.
// - `ne` holds where the attribute is there and no value of it is equal.
// - gt, gte, lt, lte compare as numbers where both sides are numbers (text counts if it is one), else as text in the
//   order of code points. NaN is in no order.
// - `regex` is RE2's, not anchored, on the value's text.
// Virtual tags count as span attributes.

import { RE2JS } from 're2js'
import { SpoorError, toError } from '../base/errors.ts'
import type { AttributeLevel, CompareOp, Filter, FilterScalar, FilterTarget, SpanField, TraceField } from './filter.ts'
import { durationNs, type Attribute, type Span } from './span.ts'
import type { TraceStats } from './trace-stats.ts'
import { compareText, doubleOfText, eachSearchable, valuesOfText, valueText, type PlainValue } from './value-text.ts'
import { virtualTag } from './virtual-tags.ts'

/** Longest pattern of `regex`, in UTF-16 units. */
export const MAX_PATTERN_LENGTH = 1024

/** The event name is searched as this attribute. */
const EVENT_NAME_KEY = 'event'
const STATUS_NAMES = ['unset', 'ok', 'error']
const KIND_NAMES = ['unspecified', 'internal', 'server', 'client', 'producer', 'consumer']

/** `trace`: the numbers of the span's trace. Without them every condition on the trace is false, `ne` too. */
export type SpanTest = (span: Span, trace?: TraceStats) => boolean
type ValueTest = (value: PlainValue) => boolean

/** Whether the span satisfies the filter. For many spans, compile once. Throws as compileFilter does. */
export function evaluate(filter: Filter, span: Span, trace?: TraceStats): boolean {
  return compileFilter(filter)(span, trace)
}

/** The filter as a function. Throws SpoorError `invalid` `bad_regex` on a pattern that is no RE2 or too long. */
export function compileFilter(filter: Filter): SpanTest {
  switch (filter.op) {
    case 'and': {
      const tests = filter.args.map(compileFilter)
      return (span, trace) => tests.every((test) => test(span, trace))
    }
    case 'or': {
      const tests = filter.args.map(compileFilter)
      return (span, trace) => tests.some((test) => test(span, trace))
    }
    case 'not': {
      const test = compileFilter(filter.arg)
      return (span, trace) => !test(span, trace)
    }
    case 'exists':
      return (span, trace) => targetValues(filter.target, span, trace).length > 0
    case 'in': {
      const tests = filter.values.map(equalTo)
      return (span, trace) =>
        targetValues(filter.target, span, trace).some((value) => tests.some((test) => test(value)))
    }
    case 'ne': {
      const equal = equalTo(filter.value)
      return (span, trace) => {
        const values = targetValues(filter.target, span, trace)
        return values.length > 0 && !values.some(equal)
      }
    }
    default: {
      const test = comparison(filter.op, filter.value)
      return (span, trace) => targetValues(filter.target, span, trace).some(test)
    }
  }
}

function comparison(op: Exclude<CompareOp, 'ne'>, operand: FilterScalar): ValueTest {
  switch (op) {
    case 'eq':
      return equalTo(operand)
    case 'regex':
      return matching(operand)
    case 'gt':
      return ordered(operand, (order) => order > 0)
    case 'gte':
      return ordered(operand, (order) => order >= 0)
    case 'lt':
      return ordered(operand, (order) => order < 0)
    case 'lte':
      return ordered(operand, (order) => order <= 0)
  }
}

function equalTo(operand: FilterScalar): ValueTest {
  if (typeof operand === 'boolean') return (value) => value.type === 'bool' && value.value === operand
  if (typeof operand !== 'string') return (value) => isNumber(value) && numericOrder(value.value, operand) === 0
  const meanings = valuesOfText(operand)
  return (value) => meanings.some((meaning) => samePlainValue(meaning, value))
}

/** Same type and content; all NaNs are one, and -0 is 0. */
export function samePlainValue(a: PlainValue, b: PlainValue): boolean {
  if (a.type === 'bytes' && b.type === 'bytes') {
    return a.value.length === b.value.length && a.value.every((byte, i) => byte === b.value[i])
  }
  if (a.type === 'double' && b.type === 'double') {
    return a.value === b.value || (Number.isNaN(a.value) && Number.isNaN(b.value))
  }
  if (a.type === 'empty' || b.type === 'empty') return a.type === b.type
  return a.type === b.type && a.value === b.value
}

type NumberValue = Extract<PlainValue, { readonly type: 'int' | 'double' }>

function isNumber(value: PlainValue): value is NumberValue {
  return value.type === 'int' || value.type === 'double'
}

/** Exact also between a bigint and a double. NaN where there is no order. */
function numericOrder(a: number | bigint, b: number | bigint): number {
  if (a < b) return -1
  if (a > b) return 1
  // eslint-disable-next-line eslint/eqeqeq -- 500n and 500 are the same number
  return a == b ? 0 : Number.NaN
}

function ordered(operand: FilterScalar, holds: (order: number) => boolean): ValueTest {
  const number = numberOf(operand)
  const text = String(operand)
  return (value) => {
    if (value.type === 'empty') return false
    if (number !== undefined && isNumber(value)) return holds(numericOrder(value.value, number))
    return holds(compareText(valueText(value), text))
  }
}

function numberOf(operand: FilterScalar): number | bigint | undefined {
  if (typeof operand === 'boolean') return undefined
  if (typeof operand !== 'string') return operand
  return /^-?[0-9]{1,40}$/.test(operand) ? BigInt(operand) : doubleOfText(operand)
}

function matching(operand: FilterScalar): ValueTest {
  const pattern = String(operand)
  if (pattern.length > MAX_PATTERN_LENGTH) {
    throw new SpoorError('invalid', 'bad_regex', `regular expression longer than ${MAX_PATTERN_LENGTH} characters`)
  }
  try {
    const compiled = RE2JS.compile(pattern)
    return (value) => value.type !== 'empty' && compiled.matcher(valueText(value)).find()
  } catch (error) {
    throw new SpoorError('invalid', 'bad_regex', `not a regular expression: ${toError(error).message}`, {
      cause: error,
    })
  }
}

/** Every plain value that the target has on the span. Kind and status have two: the number, and the name. */
export function targetValues(target: FilterTarget, span: Span, trace: TraceStats | undefined): PlainValue[] {
  if ('trace' in target) return trace === undefined ? [] : [traceValue(target.trace, trace)]
  return 'field' in target ? fieldValues(target.field, span) : attributeValues(target.attr, target.level, span)
}

function traceValue(field: TraceField, trace: TraceStats): PlainValue {
  switch (field) {
    case 'duration':
      return { type: 'int', value: trace.endNs - trace.startNs }
    case 'spanCount':
    case 'errorCount':
      return { type: 'int', value: BigInt(trace[field]) }
    case 'rootService':
    case 'rootName':
      return { type: 'string', value: trace[field] }
  }
}

function fieldValues(field: SpanField, span: Span): PlainValue[] {
  switch (field) {
    case 'service':
      return [{ type: 'string', value: span.resource.serviceName }]
    case 'name':
      return [{ type: 'string', value: span.name }]
    case 'kind':
      return enumValues(span.kind, KIND_NAMES)
    case 'status':
      return enumValues(span.statusCode, STATUS_NAMES)
    case 'duration':
      return [{ type: 'int', value: durationNs(span) }]
    case 'start':
      return [{ type: 'int', value: span.startNs }]
  }
}

/** The number, and the name in lower case. */
function enumValues(number: number, names: readonly string[]): PlainValue[] {
  const name = names[number]
  const values: PlainValue[] = [{ type: 'int', value: BigInt(number) }]
  if (name !== undefined) values.push({ type: 'string', value: name })
  return values
}

function attributeValues(key: string, level: AttributeLevel, span: Span): PlainValue[] {
  const found: PlainValue[] = []
  const collect = (attributes: readonly Attribute[]): void => {
    for (const attribute of attributes) {
      eachSearchable(attribute.key, attribute.value, (path, value) => {
        if (path === key) found.push(value)
      })
    }
  }
  const any = level === 'any'
  if (any || level === 'span') {
    collect(span.attributes)
    const virtual = virtualTag(key)?.read(span)
    if (virtual !== undefined) collect([{ key, value: virtual }])
  }
  if (any || level === 'resource') collect(span.resource.attributes)
  if (any || level === 'scope') collect(span.scope.attributes)
  if (any || level === 'event') {
    for (const event of span.events) {
      collect(event.attributes)
      if (event.name !== '') collect([{ key: EVENT_NAME_KEY, value: { type: 'string', value: event.name } }])
    }
  }
  if (any || level === 'link') for (const link of span.links) collect(link.attributes)
  return found
}
