// The words of the text language: what the parser knows, the printer quotes around, and the page offers.

import { SPAN_KIND_NAMES } from './span.ts'
import type { AttributeLevel, FilterTarget } from './filter.ts'

export const KEYWORDS: ReadonlySet<string> = new Set(['and', 'or', 'not', 'in', 'exists'])

/** In the order in which they are offered. `any` is what a key without a level means. */
export const ATTRIBUTE_LEVELS: readonly AttributeLevel[] = ['span', 'resource', 'scope', 'event', 'link', 'any']

/** Fields by their names in the language; where two names mean the same, the first is printed. */
export const FIELD_NAMES: ReadonlyMap<string, FilterTarget> = new Map<string, FilterTarget>([
  ['service', { field: 'service' }],
  ['name', { field: 'name' }],
  ['operation', { field: 'name' }],
  ['kind', { field: 'kind' }],
  ['status', { field: 'status' }],
  ['duration', { field: 'duration' }],
  ['start', { field: 'start' }],
  ['trace.duration', { trace: 'duration' }],
  ['trace.spans', { trace: 'spanCount' }],
  ['trace.errors', { trace: 'errorCount' }],
  ['root.service', { trace: 'rootService' }],
  ['root.name', { trace: 'rootName' }],
])

export const ENUM_VALUES: Readonly<Record<'kind' | 'status', readonly string[]>> = {
  kind: SPAN_KIND_NAMES,
  status: ['unset', 'ok', 'error'],
}

/** Characters that a word without quotes cannot have. */
export const NOT_BARE: RegExp = /[\s(),"=<>!~]/
