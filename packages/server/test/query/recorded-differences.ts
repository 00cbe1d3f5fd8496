// Every place where Spoor's v1 answers differ from Jaeger 1.57's on purpose, with the reason. The golden tests fail on
// a difference that is not here, and on an entry here that no longer happens.

import type { Difference } from './recorded-compare.ts'
import type { Protocol } from './recorded-load.ts'

/** Also the text of a table for people: where it shows, what each says, and why Spoor says something else. */
export interface Accepted {
  readonly id: string
  readonly where: string
  readonly jaeger: string
  readonly spoor: string
  readonly reason: string
  /** Protocols of the input with which it happens; all where absent. */
  readonly only?: readonly Protocol[]
  holds(difference: Difference): boolean
}

const OTLP: readonly Protocol[] = ['otlp-protobuf', 'otlp-json']
const NAMELESS = /OTLPResourceNoServiceName|empty-service-name/
const ZERO_IDS = /dirty-zero|zero[- ]span[- ]id|zero[- ]trace[- ]id/

function warnings(value: unknown): readonly string[] {
  return Array.isArray(value) ? value.map(String) : []
}

export const ACCEPTED: readonly Accepted[] = [
  {
    id: 'removed-reference',
    where: 'warnings of a span',
    jaeger: 'a Go struct with its hidden fields',
    spoor: 'the same without the hidden fields',
    reason: 'nobody reads them',
    only: OTLP,
    holds: ({ path, jaeger, spoor }) =>
      path.endsWith('/warnings/0') && String(jaeger).replace(/ XXX_.*(?=\}$)/, '') === spoor,
  },
  {
    id: 'end-before-start',
    where: 'duration',
    jaeger: '2^64 less some',
    spoor: '0 and a warning',
    reason: 'Jaeger 2 does so',
    holds: ({ path, jaeger, spoor }) =>
      (path.endsWith('/duration') && Number(jaeger) > 2 ** 63 && spoor === 0) ||
      (path.endsWith('/warnings') && jaeger === null && String(warnings(spoor)[0]).endsWith('shown as 0')),
  },
  {
    id: 'sent-twice',
    where: 'spans of a trace',
    jaeger: 'the span twice, and a warning',
    spoor: 'the span once; raw=true shows both',
    reason: 'Jaeger does so since 1.62',
    holds: ({ path, jaeger, spoor }) =>
      (path.endsWith('sent twice #2') && spoor === undefined) ||
      (/sent twice(?: #2)?\/warnings$/.test(path) &&
        String(jaeger) === 'duplicate span IDs; skipping clock skew adjustment' &&
        spoor === null),
  },
  {
    id: 'not-finite',
    where: 'a trace with such a value',
    jaeger: '500 for the whole request',
    spoor: 'the values NaN, +Inf, -Inf as text',
    reason: 'one value must not hide a trace',
    holds: ({ request, path }) =>
      request === '/api/traces/5a00000000000002b000000000000002' && ['status', 'data', 'errors'].includes(path),
  },
  {
    id: 'start-before-1970',
    where: 'a trace with a span that starts before 1970',
    jaeger: '500 for the whole request',
    spoor: 'the span at 0, and a warning that says the time',
    reason: 'one span must not hide a trace',
    only: ['jaeger-thrift-http'],
    holds: ({ request, path }) =>
      request === '/api/traces/5a000000000000091000000000000010' && ['status', 'data', 'errors'].includes(path),
  },
  {
    id: 'negative-zero',
    where: 'value of a float64',
    jaeger: '0',
    spoor: '-0',
    reason: 'the sign was sent, and JSON has it',
    holds: ({ path, jaeger, spoor }) => path.endsWith('/value') && jaeger === 0 && Object.is(spoor, -0),
  },
  {
    id: 'bytes',
    where: 'type of bytes sent by OTLP',
    jaeger: 'string, with base64 as its text (null where there are none)',
    spoor: 'binary',
    reason: "it is what Jaeger says of its own clients' bytes, and 2.x of all",
    only: OTLP,
    holds: ({ path, jaeger, spoor }) => path.endsWith('/type') && jaeger === 'string' && spoor === 'binary',
  },
  {
    id: 'otlp-flags',
    where: 'flags of OTLP spans',
    jaeger: 'none',
    spoor: 'the sampled bit',
    reason: 'both formats share it',
    only: OTLP,
    holds: ({ path, jaeger, spoor }) => path.endsWith('/flags') && jaeger === undefined && spoor === 1,
  },
  {
    id: 'zero-ids',
    where: 'spans whose trace id or span id is zero',
    jaeger: 'shown',
    spoor: 'refused at the door, and counted',
    reason: 'OTLP calls them invalid',
    holds: ({ request, path, jaeger, spoor }) =>
      ZERO_IDS.test(request) ||
      (ZERO_IDS.test(path) && spoor === undefined) ||
      (request.includes('otlp-dirty') && path === 'total' && jaeger === 10 && spoor === 7) ||
      /^\/api\/traces\/(?:0{16}|5a00000000000006f000000000000027|5a00000000000009100000000000000e)$/.test(request),
  },
  {
    id: 'nameless-service',
    where: 'list of services',
    jaeger: 'the made-up name',
    spoor: 'not listed; the trace shows the made-up name and is found by it',
    reason: 'the name is none of any service',
    holds: ({ request, path, spoor }) =>
      (NAMELESS.test(request) && request.includes('operations')) ||
      (request === '/api/services' && NAMELESS.test(path) && spoor === undefined),
  },
  {
    id: 'nameless-operation',
    where: 'list of operations',
    jaeger: 'the empty name',
    spoor: 'not listed',
    reason: 'nobody can choose it, nor ask for it: an empty parameter means any operation',
    holds: ({ request, path, jaeger, spoor }) =>
      request.includes('dirty-empty-op') ||
      (request.includes('otlp-dirty') &&
        /^data\/(?:\{"name":"",.*)?$/.test(path) &&
        spoor === undefined &&
        jaeger !== undefined),
  },
  {
    id: 'service-not-utf8',
    where: 'list of services',
    jaeger: 'hangs once it has got one, so it was not sent there',
    spoor: 'listed, with U+FFFD',
    reason: 'strangers must not stop a server',
    holds: ({ request, path, jaeger }) =>
      request === '/api/services' && path.startsWith('data/svc') && jaeger === undefined,
  },
  {
    id: 'service-count',
    where: 'total of the list of services',
    jaeger: 'counts the nameless',
    spoor: 'does not',
    reason: 'follows from the others',
    holds: ({ request, path }) => request === '/api/services' && path === 'total',
  },
]

/** For searches: the answer's status and trace ids, or the errors. */
export const ACCEPTED_SEARCHES: readonly Accepted[] = [
  {
    id: 'search-without-service',
    where: 'GET /api/traces',
    jaeger: '400 without service',
    spoor: 'searches all services',
    reason: 'works here',
    holds: ({ request, jaeger, spoor }) =>
      !/[?&]service=./.test(request) && isStatus(jaeger, 400) && isStatus(spoor, 200) && !request.includes('traceID'),
  },
  {
    id: 'limit-error',
    where: 'error of a bad limit',
    jaeger: 'does not say which parameter is wrong',
    spoor: 'says it',
    reason: 'the caller can mend it',
    holds: ({ request, spoor }) =>
      request.includes('limit=abc') && text(spoor).includes("unable to parse param 'limit'"),
  },
  {
    id: 'bad-tags-json',
    where: 'error of bad JSON in tags',
    jaeger: "Go's words",
    spoor: "JavaScript's, after Jaeger's own beginning",
    reason: 'same error, other parser',
    holds: ({ request, spoor }) =>
      request.includes('tags=%7Bbad') && text(spoor).includes("malformed 'tags' parameter, cannot unmarshal JSON: "),
  },
  {
    id: 'checked-parameters',
    where: 'bad values of raw and start',
    jaeger: 'ignored',
    spoor: '400',
    reason: '1.76 does so',
    holds: ({ request, jaeger, spoor }) =>
      /raw=(?:nonsense|maybe)|start=x$/.test(request) && isStatus(jaeger, 200) && isStatus(spoor, 400),
  },
  {
    id: 'id-in-path',
    where: 'error of a bad trace id',
    jaeger: 'the id as the URL encodes it',
    spoor: 'the id as it was meant',
    reason: 'the caller knows that one',
    holds: ({ request, spoor }) => /traces\/(?:%20|a%2Fb)$/.test(request) && isStatus(spoor, 400),
  },
  {
    id: 'other-input',
    where: 'searches for hostname, bytes, repeated keys',
    jaeger: 'asked of thrift spans',
    spoor: 'asked of OTLP spans, which have not got them',
    reason: 'the questions were recorded once',
    holds: ({ request }) => /hostname|%22bin|%22dup%22%3A%20%22(?:second|3)/.test(request),
  },
  {
    id: 'more-levels',
    where: 'tags in a search',
    jaeger: 'span, process, logs',
    spoor: 'links, too, and the scope under its newer name',
    reason: 'more is found, nothing less',
    holds: ({ request }) => /link\.attr|otel\.scope\.name/.test(request),
  },
  {
    id: 'equal-starts',
    where: 'limit among traces that start at the same time',
    jaeger: 'any of them',
    spoor: 'by trace id',
    reason: 'the same question has the same answer',
    holds: ({ request }) => request.includes('service=id-lab') && request.includes('limit=2'),
  },
]

function isStatus(answer: unknown, status: number): boolean {
  return typeof answer === 'object' && answer !== null && 'status' in answer && answer.status === status
}

function text(answer: unknown): string {
  const errors = typeof answer === 'object' && answer !== null && 'errors' in answer ? answer.errors : undefined
  return Array.isArray(errors) ? String((errors[0] as { readonly msg?: unknown } | undefined)?.msg) : ''
}
