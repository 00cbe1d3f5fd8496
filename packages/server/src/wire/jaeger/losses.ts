// What Jaeger's v1 JSON cannot say of an OTLP span, so that nobody takes an answer of /api/traces for the whole truth.
// GET /api/x/v1/traces/{id}/spans/{spanId} has all of it. The test of this folder holds the list to the writer.

export interface Loss {
  /** What OTLP says. */
  readonly what: string
  /** What becomes of it in v1. */
  readonly becomes: string
}

export const V1_LOSSES: readonly Loss[] = [
  { what: 'nanoseconds of start, duration and event times', becomes: 'microseconds, rounded down' },
  { what: 'an end before the start, or none', becomes: 'duration 0 and a warning' },
  { what: 'dropped counts of attributes, events and links', becomes: 'nothing' },
  { what: 'attributes, trace state and flags of links', becomes: 'the reference type alone' },
  { what: 'whether a reference was the parent or a link', becomes: 'the parent stands first' },
  { what: 'a link to the parent', becomes: 'the type of the reference to the parent' },
  { what: 'attributes of the scope', becomes: 'nothing' },
  { what: 'schema URLs', becomes: 'nothing' },
  { what: 'trace flags beside the sampled bit', becomes: 'nothing' },
  { what: 'arrays and maps', becomes: 'strings of JSON text' },
  { what: 'an empty value', becomes: 'the empty string' },
  { what: 'NaN and infinities', becomes: 'the strings NaN, +Inf, -Inf with the type float64' },
  { what: 'whole numbers beyond 2^53', becomes: 'strings of digits with the type int64' },
  { what: 'the name of an event that has an attribute `event`', becomes: 'nothing' },
  { what: 'an event without a name and one named with the empty string', becomes: 'the same' },
  { what: 'span kinds and status codes that OTLP does not define', becomes: 'nothing' },
  { what: 'kind, status or trace state beside an attribute of the v1 tag', becomes: 'the attribute' },
  { what: 'bytes that are not UTF-8 in texts', becomes: 'U+FFFD for each' },
]
