// The plan of a store that answers every filter itself: by index where it can, and with the reference evaluator on the
// spans that remain.

import { compileFilter, type SpanTest } from '@spoor/core/model/evaluate'
import type { Plan, SearchQuery } from '../store.ts'
import { type Condition, prepare } from './conditions.ts'

/** Nothing is left to the caller. Throws as compileFilter does. */
export function planWhole(query: SearchQuery): Plan {
  if (query.filter !== undefined) compileFilter(query.filter)
  return { pushed: query.filter, residual: undefined }
}

/** What a search needs of the pushed filter: the condition for columns and hashes, and the last word on a span. */
export interface PreparedFilter {
  readonly condition: Condition | undefined
  readonly verify: SpanTest
}

export function preparePushed({ pushed }: Plan): PreparedFilter {
  if (pushed === undefined) return { condition: undefined, verify: () => true }
  return { condition: prepare(pushed), verify: compileFilter(pushed) }
}
