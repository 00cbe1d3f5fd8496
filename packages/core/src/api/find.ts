// GET {base}/api/x/v1/traces/{traceId}/find?q=…: ids of the spans of a trace that say something of it, in their attributes
// and events and in those of their resource too. Takes `raw` and `clockSkew` as the columns do (trace-columns.ts).

import * as v from 'valibot'

export interface FindAnswer {
  /** Of the spans that match, as the columns have them; each id once. */
  spanIds: string[]
}

export const findAnswerSchema: v.GenericSchema<FindAnswer> = v.object({ spanIds: v.array(v.string()) })
