// Find within one trace, by the words that stand in the box of the trace page: the same in the server (stored spans) and in
// the browser (opened files). A span matches where any term is part of something it says, in any case; `-key` leaves tags
// of that key out (jaeger-ui, utils/filter-spans).

import { toHex } from '../base/bytes.ts'
import type { Adjustments } from './adjust.ts'
import type { Attribute, Resource, Span } from './span.ts'
import { valueText } from './value-text.ts'

/** More words than these are not looked at: bounds what one request costs. */
const MAX_TERMS = 32
const ID_PREFIX = /^[0-9a-f]{6,16}$/

export interface FindTerms {
  /** Lower case; a span matches where any of them does. */
  readonly terms: readonly string[]
  /** Keys of tags that are not looked at, lower case. */
  readonly without: ReadonlySet<string>
}

/** `a "b c" -key` → terms `a` and `b c`, without `key`. */
export function findTerms(query: string): FindTerms {
  const terms: string[] = []
  const without = new Set<string>()
  for (const [, quoted, plain = ''] of query.toLowerCase().matchAll(/"([^"]*)"?|(\S+)/g)) {
    if (terms.length + without.size === MAX_TERMS) break
    const term = (quoted ?? plain).trim()
    if (quoted === undefined && plain.length > 1 && plain.startsWith('-')) without.add(plain.slice(1))
    else if (term !== '') terms.push(term)
  }
  return { terms, without }
}

/** Ids of the spans that match, each once, in the order of the spans; as `adjustments` have them. */
export function findInTrace(spans: readonly Span[], query: string, { spans: changes }: Adjustments): string[] {
  const find = findTerms(query)
  if (find.terms.length === 0) return []
  const resources = new Map<Resource, boolean>()
  const found = new Set<string>()
  spans.forEach((span, row) => {
    const change = changes.get(row)
    const id = change?.spanId ?? span.spanId
    if (change?.dropped === true || found.has(id)) return
    let hit = resources.get(span.resource)
    if (hit === undefined) {
      hit = hasText(find, span.resource.serviceName) || inAttributes(find, span.resource.attributes)
      resources.set(span.resource, hit)
    }
    if (hit || find.terms.some((term) => ID_PREFIX.test(term) && id.startsWith(term)) || inSpan(find, span))
      found.add(id)
  })
  return [...found]
}

function hasText({ terms }: FindTerms, text: string): boolean {
  if (text === '') return false
  const lower = text.toLowerCase()
  return terms.some((term) => lower.includes(term))
}

function inSpan(find: FindTerms, span: Span): boolean {
  return (
    hasText(find, span.name) ||
    hasText(find, span.statusMessage) ||
    hasText(find, span.scope.name) ||
    inAttributes(find, span.attributes) ||
    span.events.some((event) => hasText(find, event.name) || inAttributes(find, event.attributes)) ||
    span.links.some((link) => hasText(find, link.spanId) || hasText(find, link.traceId))
  )
}

/** In a key, a value, or across both as `key=value`. */
function inAttributes(find: FindTerms, attributes: readonly Attribute[]): boolean {
  return attributes.some(({ key, value }) => {
    if (find.without.size > 0 && find.without.has(key.toLowerCase())) return false
    if (hasText(find, `${key}=${valueText(value)}`)) return true
    return value.type === 'bytes' && hasText(find, toHex(value.value))
  })
}
