// Every place where Spoor's v1 answers differ from Jaeger 1.57's on purpose, with the reason. The golden tests fail on
// a difference that is not here, and on an entry here that no longer happens.

import type { Difference } from './recorded-compare.ts'

export interface Accepted {
  readonly name: string
  readonly reason: string
  holds(difference: Difference): boolean
}

const NAMELESS = /OTLPResourceNoServiceName|empty-service-name/
const ZERO_IDS = /dirty-zero|zero[- ]span[- ]id|zero[- ]trace[- ]id/

function warnings(value: unknown): readonly string[] {
  return Array.isArray(value) ? value.map(String) : []
}

export const ACCEPTED: readonly Accepted[] = [
  {
    name: 'words of a removed reference',
    reason: '1.57 prints a Go struct with what is inside it; Spoor leaves out its hidden fields',
    holds: ({ path, jaeger, spoor }) =>
      path.endsWith('/warnings/0') && String(jaeger).replace(/ XXX_.*(?=\}$)/, '') === spoor,
  },
  {
    name: 'end before start',
    reason: '1.57 shows a duration of 2^64 less some; Spoor shows 0 and warns, as Jaeger 2 does',
    holds: ({ path, jaeger, spoor }) =>
      (path.endsWith('/duration') && Number(jaeger) > 2 ** 63 && spoor === 0) ||
      (path.endsWith('/warnings') && jaeger === null && String(warnings(spoor)[0]).endsWith('shown as 0')),
  },
  {
    name: 'a span sent twice',
    reason: '1.57 shows it twice and warns; Spoor shows it once, as Jaeger does since 1.62 (raw=true shows both)',
    holds: ({ path, jaeger, spoor }) =>
      (path.endsWith('sent twice #2') && spoor === undefined) ||
      (/sent twice(?: #2)?\/warnings$/.test(path) &&
        String(jaeger) === 'duplicate span IDs; skipping clock skew adjustment' &&
        spoor === null),
  },
  {
    name: 'NaN and infinities',
    reason: '1.57 answers the whole request with 500; Spoor writes NaN, +Inf, -Inf as text',
    holds: ({ request, path }) =>
      request === '/api/traces/5a00000000000002b000000000000002' && ['status', 'data', 'errors'].includes(path),
  },
  {
    name: 'negative zero',
    reason: 'the sign is part of the double that was sent; JSON has it',
    holds: ({ path, jaeger, spoor }) => path.endsWith('/value') && jaeger === 0 && Object.is(spoor, -0),
  },
  {
    name: 'type of bytes',
    reason: '1.57 calls base64 text a string; Spoor says binary, as Jaeger does for its own clients and 2.x for all',
    holds: ({ path, jaeger, spoor }) => path.endsWith('/type') && jaeger === 'string' && spoor === 'binary',
  },
  {
    name: 'sampled flag',
    reason: '1.57 drops the flags of OTLP spans; Spoor shows the sampled bit, which both formats share',
    holds: ({ path, jaeger, spoor }) => path.endsWith('/flags') && jaeger === undefined && spoor === 1,
  },
  {
    name: 'zero ids',
    reason: 'OTLP calls spans with an id of zero invalid: Spoor refuses them at the door and says so',
    holds: ({ request, path, jaeger, spoor }) =>
      ZERO_IDS.test(request) ||
      (ZERO_IDS.test(path) && spoor === undefined) ||
      (request.includes('otlp-dirty') && path === 'total' && jaeger === 10 && spoor === 7) ||
      /^\/api\/traces\/(?:0{16}|5a00000000000006f000000000000027|5a00000000000009100000000000000e)$/.test(request),
  },
  {
    name: 'services without a name',
    reason: 'a service without a name is not listed; its traces show the names of 1.57 and are found by them',
    holds: ({ request, path, spoor }) =>
      (NAMELESS.test(request) && request.includes('operations')) ||
      (request === '/api/services' && NAMELESS.test(path) && spoor === undefined),
  },
  {
    name: 'operations without a name',
    reason: 'nobody can choose the empty name in a list, nor ask for it: an empty parameter means any operation',
    holds: ({ request, path, jaeger, spoor }) =>
      request.includes('dirty-empty-op') ||
      (request.includes('otlp-dirty') &&
        /^data\/(?:\{"name":"",.*)?$/.test(path) &&
        spoor === undefined &&
        jaeger !== undefined),
  },
  {
    name: 'a service name that is not UTF-8',
    reason: '1.57 hangs on it, so it was not sent there',
    holds: ({ request, path, jaeger }) =>
      request === '/api/services' && path.startsWith('data/svc') && jaeger === undefined,
  },
  {
    name: 'number of services',
    reason: 'follows from the three before',
    holds: ({ request, path }) => request === '/api/services' && path === 'total',
  },
]

/** For searches: the answer's status and trace ids, or the errors. */
export const ACCEPTED_SEARCHES: readonly Accepted[] = [
  {
    name: 'search without a service',
    reason: 'works in Spoor',
    holds: ({ request, jaeger, spoor }) =>
      !/[?&]service=./.test(request) && isStatus(jaeger, 400) && isStatus(spoor, 200) && !request.includes('traceID'),
  },
  {
    name: 'limit is named',
    reason: "1.57's error for a bad limit does not say which parameter is wrong",
    holds: ({ request, spoor }) =>
      request.includes('limit=abc') && text(spoor).includes("unable to parse param 'limit'"),
  },
  {
    name: 'words about bad JSON',
    reason: "JavaScript's words for the same error, after Jaeger's own beginning",
    holds: ({ request, spoor }) =>
      request.includes('tags=%7Bbad') && text(spoor).includes("malformed 'tags' parameter, cannot unmarshal JSON: "),
  },
  {
    name: 'parameters checked since 1.76',
    reason: '1.57 ignores these; 1.76 refuses them, as Spoor does',
    holds: ({ request, jaeger, spoor }) =>
      /raw=(?:nonsense|maybe)|start=x$/.test(request) && isStatus(jaeger, 200) && isStatus(spoor, 400),
  },
  {
    name: 'ids in paths',
    reason: 'the error shows the id as it was meant, not as the URL encodes it',
    holds: ({ request, spoor }) => /traces\/(?:%20|a%2Fb)$/.test(request) && isStatus(spoor, 400),
  },
  {
    name: 'another input',
    reason: 'the questions were asked of thrift spans, where hostname, bytes and repeated keys are what OTLP has not',
    holds: ({ request }) => /hostname|%22bin|%22dup%22%3A%20%22(?:second|3)/.test(request),
  },
  {
    name: 'more levels are searched',
    reason: 'Spoor also searches links, and the scope under its newer name',
    holds: ({ request }) => /link\.attr|otel\.scope\.name/.test(request),
  },
  {
    name: 'which of many',
    reason: 'of traces that start at the same time 1.57 takes any; Spoor goes by trace id',
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
