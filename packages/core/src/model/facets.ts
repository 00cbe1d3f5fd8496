// By what texts a span counts in a facet: the plain reference, which stores that count in their indexes are held to.

import { targetValues } from './evaluate.ts'
import type { FilterTarget } from './filter.ts'
import type { Span } from './span.ts'
import { valueText } from './value-text.ts'

/**
 * The distinct texts of the target's values on a span, as a condition `target = text` would find it. Kind and status give
 * their name (their number where OTLP has none); arrays their JSON text and each element.
 */
export function facetValues(target: FilterTarget, span: Span): readonly string[] {
  const values = targetValues(target, span, undefined)
  const named = 'field' in target && (target.field === 'kind' || target.field === 'status')
  const shown = named ? values.slice(-1) : values
  return [...new Set(shown.map(valueText))]
}
