// The search form's fields as conditions of the text language, and conditions of a query as fields: the way between form and
// query line, on which nothing may be lost. Both mean what the server makes of Jaeger's parameters.

import { parseGoDuration, formatGoDuration } from '@spoor/core/base/time'
import type { Filter, FilterTarget } from '@spoor/core/model/filter'
import { printQuery } from '@spoor/core/model/query-print'
import { parseQuery } from '@spoor/core/model/query-text'
import { parseDuration } from './duration.ts'
import { formatLogfmt, parseLogfmt } from './logfmt.ts'
import type { SearchForm } from './search-url.ts'

/** What Jaeger 1.57 calls services without a name; the server reads them as what they stand for. */
const NAMELESS: readonly string[] = ['OTLPResourceNoServiceName', 'empty-service-name']
/** Names that mean "any" in links of Jaeger, and cannot be asked for in a field. */
const RESERVED_SERVICES: readonly string[] = ['-', '__all_services__', ...NAMELESS]
const RESERVED_OPERATIONS: readonly string[] = ['all', '__all_operations__']

const SERVICE: FilterTarget = { field: 'service' }
const NAME: FilterTarget = { field: 'name' }
const DURATION: FilterTarget = { field: 'duration' }

/** Parts that all must hold. */
function partsOf(filter: Filter | undefined): readonly Filter[] {
  if (filter === undefined) return []
  return filter.op === 'and' ? filter.args.flatMap(partsOf) : [filter]
}

function allOfParts(parts: readonly Filter[]): Filter | undefined {
  return parts.length > 1 ? { op: 'and', args: parts } : parts[0]
}

function durationPart(op: 'gte' | 'lte', text: string): Filter[] {
  if (parseDuration(text) === undefined) return []
  const value = parseGoDuration(text.trim())
  return value === 0n ? [] : [{ op, target: DURATION, value }]
}

/** What the fields ask for, without the query line. Fields that are not understood are left out. */
function fieldParts(form: SearchForm): readonly Filter[] {
  const { service, operation } = form
  const parsed = parseLogfmt(form.tags)
  const tags = 'tags' in parsed ? Object.entries(parsed.tags) : []
  return [
    ...(service === ''
      ? []
      : [{ op: 'eq' as const, target: SERVICE, value: NAMELESS.includes(service) ? '' : service }]),
    ...(operation === '' ? [] : [{ op: 'eq' as const, target: NAME, value: operation }]),
    ...durationPart('gte', form.minDuration),
    ...durationPart('lte', form.maxDuration),
    ...tags.map(([attr, value]) => ({ op: 'eq' as const, target: { attr, level: 'any' as const }, value })),
  ]
}

const NO_FIELDS = { service: '', operation: '', tags: '', minDuration: '', maxDuration: '' } as const

export function hasFields(form: SearchForm): boolean {
  return fieldParts(form).length > 0
}

/** The same search with everything in the query line; undefined where a field or the line is not understood. */
export function formToQuery(form: SearchForm): SearchForm | undefined {
  const line = parseQuery(form.q)
  if (!line.ok || 'error' in parseLogfmt(form.tags)) return undefined
  for (const text of [form.minDuration, form.maxDuration]) {
    if (text !== '' && parseDuration(text) === undefined) return undefined
  }
  const q = printQuery(allOfParts([...fieldParts(form), ...partsOf(line.filter)]))
  return { ...form, ...NO_FIELDS, q }
}

/** The form with what the part says in a field, or undefined where no free field can say it. */
function intoField(form: SearchForm, part: Filter): SearchForm | undefined {
  if (part.op !== 'eq' && part.op !== 'gte' && part.op !== 'lte') return undefined
  const { target, value, op } = part
  if ('attr' in target) {
    if (op !== 'eq' || target.level !== 'any' || target.attr === '' || target.attr === '__proto__') return undefined
    const parsed = parseLogfmt(form.tags)
    if ('error' in parsed || Object.hasOwn(parsed.tags, target.attr)) return undefined
    return { ...form, tags: formatLogfmt({ ...parsed.tags, [target.attr]: String(value) }) }
  }
  if ('trace' in target) return undefined
  if (target.field === 'duration' && op !== 'eq' && typeof value === 'bigint' && value > 0n) {
    const name = op === 'gte' ? 'minDuration' : 'maxDuration'
    return form[name] === '' ? { ...form, [name]: formatGoDuration(value) } : undefined
  }
  if (op !== 'eq' || value === '') return undefined
  const text = String(value)
  if (target.field === 'service' && form.service === '' && !RESERVED_SERVICES.includes(text))
    return { ...form, service: text }
  if (target.field === 'name' && form.operation === '' && !RESERVED_OPERATIONS.includes(text))
    return { ...form, operation: text }
  return undefined
}

/** The same search with as much as possible in the fields; the rest stays in the line. undefined where nothing moves. */
export function queryToForm(form: SearchForm): SearchForm | undefined {
  const line = parseQuery(form.q)
  if (!line.ok) return undefined
  let next = form
  const rest: Filter[] = []
  for (const part of partsOf(line.filter)) {
    const moved = intoField(next, part)
    if (moved === undefined) rest.push(part)
    else next = moved
  }
  return next === form ? undefined : { ...next, q: printQuery(allOfParts(rest)) }
}

/** One value of a facet, wanted or not. */
export interface Choice {
  readonly target: FilterTarget
  readonly value: string
  readonly not: boolean
}

function choiceFilter({ target, value, not }: Choice): Filter {
  const equal: Filter = { op: 'eq', target, value }
  return not ? { op: 'not', arg: equal } : equal
}

function sameText(a: Filter, b: Filter): boolean {
  return printQuery(a) === printQuery(b)
}

function choiceOf(part: Filter): Choice | undefined {
  const not = part.op === 'not'
  const equal = not ? part.arg : part
  return equal.op === 'eq' ? { target: equal.target, value: String(equal.value), not } : undefined
}

/** Conditions `target = value` and `not target = value` that hold for every match, from the fields and the line. */
export function choicesOf(form: SearchForm): readonly Choice[] {
  const line = parseQuery(form.q)
  const parts = [...fieldParts(form), ...(line.ok ? partsOf(line.filter) : [])]
  return parts.map(choiceOf).filter((choice) => choice !== undefined)
}

/** The form with one condition more. Text that was typed stays as it is. */
export function withChoice(form: SearchForm, choice: Choice): SearchForm {
  const part = choiceFilter(choice)
  const isField = 'field' in choice.target && (choice.target.field === 'service' || choice.target.field === 'name')
  const moved = isField ? intoField(form, part) : undefined
  if (moved !== undefined) return { ...moved, traceIds: [] }
  const line = parseQuery(form.q)
  const before = form.q.trim()
  const bracketed = line.ok && line.filter?.op === 'or' ? `(${before})` : before
  return { ...form, q: before === '' ? printQuery(part) : `${bracketed} and ${printQuery(part)}`, traceIds: [] }
}

/** The form without a condition of choicesOf. */
export function withoutChoice(form: SearchForm, choice: Choice): SearchForm {
  const part = choiceFilter(choice)
  const line = parseQuery(form.q)
  const parts = line.ok ? partsOf(line.filter) : []
  const rest = parts.filter((one) => !sameText(one, part))
  const next = rest.length === parts.length ? form : { ...form, q: printQuery(allOfParts(rest)) }
  if (!fieldParts(next).some((one) => sameText(one, part))) return next
  const { target } = choice
  if ('attr' in target) {
    const parsed = parseLogfmt(next.tags)
    const tags = 'tags' in parsed ? Object.entries(parsed.tags).filter(([key]) => key !== target.attr) : []
    return { ...next, tags: formatLogfmt(Object.fromEntries(tags)) }
  }
  return { ...next, ...('field' in target && target.field === 'service' ? { service: '' } : { operation: '' }) }
}

/** The attribute of a facet's text, `http.route` or `resource:host.name`; undefined where it is none. */
export function facetTarget(text: string): Extract<FilterTarget, { attr: string }> | undefined {
  const read = parseQuery(`exists ${text}`)
  if (!read.ok || read.filter?.op !== 'exists') return undefined
  return 'attr' in read.filter.target && read.filter.target.attr !== '' ? read.filter.target : undefined
}
