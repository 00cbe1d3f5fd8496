// Differences in lists, searches, dependencies, and in how wrong questions are answered.

import { REFERENCE } from '../recordings.ts'
import { ALL, type Entry, isError } from './difference.ts'

const MADE_UP = /OTLPResourceNoServiceName|(?:empty|missing)-service-name|service-name-wrong-type/
/** Wrong questions, and how Spoor's answer begins. */
const MENDED: readonly (readonly [RegExp, string])[] = [
  [/limit=abc/, 'unable to parse param \'limit\': strconv.ParseInt: parsing "abc"'],
  [/tags=%7Bbad|tags=$/, "malformed 'tags' parameter, cannot unmarshal JSON: "],
  [/tags=%5B|tags=%7B%22http\.status_code%22%3A200%7D/, "malformed 'tags' parameter, "],
  [/traces\/(?:%20|a%2Fb)/, 'strconv.ParseUint: parsing "'],
]
const OTLP_SCENES = /otlp-(?:lab|twin|dirty)/
const LINK = /^data\/\{"parent":"(.*)","child":"(.*)","callCount":\d+\}$/

function message(value: unknown): string {
  return String(value).replace(/^\d+ /, '')
}

export const QUESTIONS: readonly Entry[] = [
  {
    id: 'nameless-services',
    where: 'services, operations and dependencies of services without a name',
    jaeger: 'a name each for missing, empty and wrong; empty in 1.17',
    spoor: 'one name for all, empty-service-name; OTLPResourceNoServiceName asks for the same',
    reason: 'lists that agree with searches; all these names are made up',
    versions: ALL,
    holds: ({ request, path, version }) =>
      (MADE_UP.test(request) && request.includes('operations')) ||
      (path.startsWith('data/') && MADE_UP.test(path) && !request.includes('/api/traces/')) ||
      (MADE_UP.test(request) && path.startsWith('data/')) ||
      (version === '1.17' && request.startsWith('GET /api/services') && path === 'data/') ||
      (request.includes('/api/dependencies') &&
        LINK.exec(path)
          ?.slice(1)
          .some((name) => name === '') === true),
  },
  {
    id: 'nameless-operations',
    where: 'list of operations',
    jaeger: 'the empty name',
    spoor: 'not listed',
    reason: 'nobody can choose it, nor ask for it: an empty parameter means any operation',
    versions: ALL,
    holds: ({ request, path, spoor }) =>
      request.includes('dirty-empty-op') ||
      (request.includes('operations') && /^data\/(?:\{"name":"",.*)?$/.test(path) && spoor === undefined),
  },
  {
    id: 'service-not-utf8',
    where: 'a service name that is not UTF-8',
    jaeger: 'the process dies or stops answering (1.17, 1.57)',
    spoor: 'taken, and listed with U+FFFD',
    reason: 'strangers must not stop a server',
    versions: ALL,
    holds: ({ request, path, jaeger }) =>
      request.startsWith('i-utf8-service') ||
      (request === 'GET /api/services' && path.startsWith('data/svc') && jaeger === undefined),
  },
  {
    id: 'operation-kinds',
    where: '/api/operations: spanKind where the span has none',
    jaeger: 'empty; 1.17: empty for all, and no other kinds',
    spoor: 'unspecified, as in 1.57',
    reason: 'one API has one form',
    versions: ['1.17', '1.76', '2.13'],
    holds: ({ request, path }) => request.includes('/api/operations') && /^data(?:\/\{.*)?$/.test(path),
  },
  {
    id: 'search-without-service',
    where: 'GET /api/traces without service',
    jaeger: '400',
    spoor: 'searches all services',
    reason: 'works here',
    versions: ALL,
    holds: ({ request, path, jaeger, spoor }) =>
      path === 'status' &&
      request.includes('/api/traces?') &&
      message(jaeger) === "parameter 'service' is required" &&
      String(spoor).startsWith('200'),
  },
  {
    id: 'finds-more',
    where: 'search by bytes, attributes of links, either name of a scope',
    jaeger: 'not found, or by one name only',
    spoor: 'found',
    reason: 'more is found, nothing less',
    versions: ALL,
    holds: ({ request, path, jaeger }) =>
      /%22bin|link\.attr|otel\.(?:scope|library)\.name/.test(request) &&
      path.startsWith('data/') &&
      jaeger === undefined,
  },
  {
    id: 'finds-v1-tags',
    where:
      'search by tags that 2.x does not keep as tags: span.kind, error, otel.status_*, event, hostname, w3c.tracestate',
    jaeger: 'not found',
    spoor: 'found, as in 1.57',
    reason: 'old links and alerts go on',
    versions: ['2.13'],
    holds: ({ request, path, jaeger }) =>
      /tags=%7B%22(?:span\.kind|error|otel\.status_|event|dup|hostname|w3c\.tracestate)/.test(request) &&
      path.startsWith('data/') &&
      jaeger === undefined,
  },
  {
    id: 'limit-bounds',
    where: 'a limit of 0, below it, or above what the memory store may hold',
    jaeger: '500',
    spoor: '100 traces for 0 and below, as in 1.57; a large limit is taken',
    reason: 'one API has one form',
    versions: ['2.13'],
    holds: ({ request, path, jaeger }) =>
      /limit=(?:0|-1|1000000)$/.test(request) && path === 'status' && String(jaeger).startsWith('500'),
  },
  {
    id: 'checked-parameters',
    where: 'bad values of raw and start',
    jaeger: 'ignored',
    spoor: '400, as in 1.76',
    reason: 'who asks for something gets it or hears why not',
    versions: ['1.17', '1.57'],
    holds: ({ request, path, spoor }) =>
      path === 'status' && /raw=(?:nonsense|maybe)|start=x$/.test(request) && String(spoor).startsWith('400'),
  },
  {
    id: 'error-words',
    where: 'texts of errors of the query API',
    jaeger: "Go's words, without the name of a bad limit, the id as the URL encodes it",
    spoor: "the same beginning, then JavaScript's words; the parameter; the id as it was meant",
    reason: 'same error, other parser, and the caller can mend it',
    versions: ALL,
    holds: ({ request, path, spoor, version }) =>
      path === 'errors/0/msg' &&
      (version !== REFERENCE || MENDED.some(([asked, told]) => asked.test(request) && String(spoor).startsWith(told))),
  },
  {
    id: 'error-type',
    where: 'Content-Type of errors of the query API',
    jaeger: 'text/plain, though the body is JSON',
    spoor: 'application/json',
    reason: 'it is JSON',
    versions: ALL,
    holds: ({ path, jaeger, spoor }) =>
      path === 'type' && String(jaeger).startsWith('text/plain') && spoor === 'application/json',
  },
  {
    id: 'unknown-paths',
    where: 'unknown paths below /api and /static, two slashes in a row',
    jaeger: "the UI's page, plain text, or a redirect",
    spoor: '404 and an error in JSON; 400 for an empty trace id; an empty service is the one without a name',
    reason: 'a program that asks for a wrong path should hear so',
    versions: ALL,
    holds: ({ request, spoor }) =>
      (/ \/api\/(?:unknown|quality-metrics|deep-dependencies|metrics\/nothing|services\/$|traces\/$)/.test(request) &&
        isError(spoor)) ||
      / \/api\/(?:$|services\/\/|traces\/[0-9a-f]+\/$)|\/static\/nope/.test(request),
  },
  {
    id: 'methods',
    where: 'methods that a path has not',
    jaeger: "HEAD is 405; in 2.13 every other method gets the UI's page",
    spoor: 'HEAD is answered as GET, without a body; others are 405',
    reason: 'HTTP',
    versions: ALL,
    holds: ({ request, path }) =>
      path === 'status' &&
      /^(?:HEAD|POST|OPTIONS|DELETE) \/api\/(?:services|traces)|GET \/api\/transform/.test(request),
  },
  {
    id: 'archive',
    where: '/api/archive',
    jaeger: 'archives (1.57), or says that no archive is set up',
    spoor: '404',
    reason: 'not there yet',
    versions: ALL,
    holds: ({ request, path }) => request.includes('/api/archive/') && (path === 'status' || path === 'errors/0/msg'),
  },
  {
    id: 'archive-counts-twice',
    where: '/api/dependencies after a trace was archived',
    jaeger: 'its calls count twice: the memory store keeps the copy among the others',
    spoor: 'once',
    reason: 'a call is a call',
    versions: ['1.57'],
    holds: ({ request, path, group }) =>
      group === 'search' && request.includes('/api/dependencies') && /"shop-(?:web|cart)"/.test(path),
  },
  {
    id: 'calls-to-self',
    where: '/api/dependencies',
    jaeger: 'calls of a service to itself count',
    spoor: 'they do not, as in 1.x',
    reason: 'a graph of who calls whom',
    versions: ['2.13'],
    holds: ({ request, path }) => {
      const [, parent, child] = (request.includes('/api/dependencies') && LINK.exec(path)) || []
      return parent !== undefined && parent === child
    },
  },
  {
    id: 'dependency-range',
    where: '/api/dependencies without endTs, with a lookback of 0 or less',
    jaeger: '1.17: 400 without endTs, and 0 means all; 2.13: 500 below 0',
    spoor: 'up to now, and nothing, as in 1.57',
    reason: 'one API has one form',
    versions: ['1.17', '2.13'],
    holds: ({ request }) => /\/api\/dependencies(?:\?lookback=3600000$|$|\?.*lookback=(?:0|-5)$)/.test(request),
  },
  {
    id: 'metrics',
    where: '/api/metrics',
    jaeger: "400 for wrong parameters, 501 otherwise; the UI's page in 1.17",
    spoor: '501 always',
    reason: 'not there yet',
    versions: ALL,
    holds: ({ request, path, spoor }) =>
      request.includes('/api/metrics/') && path === 'status' && String(spoor).startsWith('501'),
  },
  {
    id: 'transform',
    where: 'POST /api/transform of bad JSON',
    jaeger: "500; the UI's page in 1.17, which has none",
    spoor: '400, as in 1.76',
    reason: 'the document is wrong, not the server',
    versions: ['1.17', '1.57'],
    holds: ({ request, path }) => request.includes('/api/transform') && path === 'status',
  },
  {
    id: 'no-otlp',
    where: 'everything sent by OTLP',
    jaeger: '1.17 has no OTLP receiver',
    spoor: 'there',
    reason: 'OTLP came with 1.35',
    versions: ['1.17'],
    holds: ({ request, path, group, jaeger }) =>
      (group === 'search' && (OTLP_SCENES.test(request) || OTLP_SCENES.test(path))) ||
      (group === 'receiver-errors' &&
        (jaeger === 'UNAVAILABLE' ||
          (request.includes('traces/5a0000000000000e5') && String(jaeger).startsWith('404')))),
  },
  {
    id: 'zero-id-hides',
    where: 'search, once a span with a trace id of zeros has come',
    jaeger: "2.13's memory store finds no older trace any more",
    spoor: 'finds them',
    reason: 'the span was refused',
    versions: ['2.13'],
    holds: ({ request, path, group, jaeger }) =>
      group !== 'search' && request.includes('/api/traces?') && path.startsWith('data') && jaeger === undefined,
  },
  {
    id: 'limit-order',
    where: 'which traces a limit leaves',
    jaeger: 'the newest, any of those that start at the same time; 2.13: the last that came',
    spoor: 'the newest by start, then by trace id',
    reason: 'the same question has the same answer',
    versions: ALL,
    holds: ({ request, path, version }) =>
      request.includes('limit=2') &&
      path.startsWith('data/') &&
      (request.includes('service=id-lab') || version === '2.13'),
  },
]
