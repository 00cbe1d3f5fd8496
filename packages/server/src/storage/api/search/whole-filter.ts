// The plan of a store that answers every filter itself: by index where it can, and with the reference evaluator on the
// spans that remain.

import { compileFilter, type SpanTest } from '@spoor/core/model/evaluate'
import { asksTrace, withoutTrace } from '@spoor/core/model/filter'
import type { Plan, SearchQuery } from '../store.ts'
import { type Condition, prepare } from './conditions.ts'

/** Only what asks about the whole trace is left to the caller. Throws as compileFilter does. */
export function planWhole({ filter }: SearchQuery): Plan {
  if (filter !== undefined) compileFilter(filter)
  if (filter === undefined || !asksTrace(filter)) return { pushed: filter, residual: undefined }
  return { pushed: withoutTrace(filter), residual: filter }
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
