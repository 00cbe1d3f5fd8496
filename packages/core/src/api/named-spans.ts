// GET {base}/api/x/v1/spans?ref=TRACEID:SPANID&ref=…: what the spans are called that a trace refers to and that are in other
// traces. Those that are not stored are left out: a reference to what nobody sent is no error.

import * as v from 'valibot'

/** References that one request may name. */
export const MAX_REFS = 20

export interface NamedSpan {
  /** 16 digits where the upper half is zero. */
  traceId: string
  spanId: string
  service: string
  name: string
}

export interface NamedSpansAnswer {
  spans: NamedSpan[]
}

export const namedSpansAnswerSchema: v.GenericSchema<NamedSpansAnswer> = v.object({
  spans: v.array(v.object({ traceId: v.string(), spanId: v.string(), service: v.string(), name: v.string() })),
})
