// Differences in spans and traces.

import { ALL, type Entry, SINCE_157, SINCE_176, textOf } from './difference.ts'

const NOT_FINITE = /traces\/5a0000000000000(?:2b000000000000002|e5000000000000001)/
const BEFORE_1970 = 'traces/5a000000000000091000000000000010'
const ZERO_IDS = /dirty-zero|zero[- ]span[- ]id|zero[- ]trace[- ]id|i-zero-|\/0{16}$/
const ZERO_TRACES =
  /traces\/(?:0{16}|5a00000000000006f00000000000002[67]|5a00000000000009100000000000000[ef]|5a000000000000091000000000000011)/
const NEGATIVE = /Negative duration detected/
const SKEW = /clock skew adjustment|timestamps were adjusted/
const REPLACED = /invalid-(?:tag-key|span-name)|\uFFFD/

export const TRACES: readonly Entry[] = [
  {
    id: 'removed-reference',
    where: 'warnings: a reference without ids',
    jaeger: 'a Go struct with its hidden fields',
    spoor: 'the same without the hidden fields',
    reason: 'nobody reads them',
    versions: SINCE_157,
    holds: ({ path, jaeger, spoor }) =>
      /\/warnings\/\d$/.test(path) && String(jaeger).replace(/ XXX_.*(?=\}$)/, '') === spoor,
  },
  {
    id: 'end-before-start',
    where: 'a span that ends before it starts, or has no end',
    jaeger: 'a duration of 2^64 less some; 1.76 shows 0 without a warning for its own clients',
    spoor: 'a duration of 0, and a warning',
    reason: 'a number that nobody meant spoils every sum; what was sent stays in the store',
    versions: ['1.17', '1.57', '1.76'],
    holds: ({ path, jaeger, spoor }) =>
      (path.endsWith('/duration') && Number(jaeger) > 2 ** 63 && spoor === 0) ||
      (path.endsWith('/warnings') && jaeger === null && textOf(spoor).endsWith('shown as 0')),
  },
  {
    id: 'end-before-start-words',
    where: 'the same, and spans of no duration',
    jaeger: 'a warning in words of its own, also where end and start are equal',
    spoor: 'its warning, only where the end is before the start or missing',
    reason: 'an instant is a good span',
    versions: SINCE_176,
    holds: ({ path, jaeger, spoor }) =>
      /\/warnings(?:\/0)?$/.test(path) &&
      NEGATIVE.test(textOf(jaeger)) &&
      (spoor === null || textOf(spoor).endsWith('shown as 0')),
  },
  {
    id: 'negative-duration-tag',
    where: "a negative duration sent by Jaeger's own clients",
    jaeger: 'a binary tag InvalidNegativeDuration with a warning in base64',
    spoor: 'the warning, as a warning',
    reason: 'tags are what the client sent',
    versions: ['1.76'],
    holds: ({ path }) => path.endsWith('/tags/InvalidNegativeDuration'),
  },
  {
    id: 'sent-twice',
    where: 'a span that was sent twice',
    jaeger: 'the span twice (1.57 and older), with a warning; since 1.76 twice only with `raw=true`',
    spoor: 'the span once',
    reason: 'a request that is sent again after a lost answer is stored once',
    versions: ALL,
    holds: ({ path, jaeger, spoor }) =>
      (path.endsWith('sent twice #2') && spoor === undefined) ||
      (/sent twice(?: #2)?\/warnings$/.test(path) && SKEW.test(textOf(jaeger)) && spoor === null),
  },
  {
    id: 'not-finite',
    where: 'a trace with NaN or an infinity in a tag',
    jaeger: '500 for the whole request; 1.17: an empty answer',
    spoor: 'the values as the texts NaN, +Inf, -Inf',
    reason: 'one value must not hide a trace',
    versions: ALL,
    holds: ({ request, path, jaeger, spoor }) =>
      NOT_FINITE.test(request) &&
      ((path === 'status' && String(jaeger).startsWith('500') && String(spoor).startsWith('200')) ||
        !path.includes('/') ||
        jaeger === undefined),
  },
  {
    id: 'start-before-1970',
    where: 'a span that starts before 1970',
    jaeger: '500 for the whole trace, or the span is lost (UDP); 1.17 and 2.13: a start in the year 584,000',
    spoor: 'the span at 0, and a warning that says the time',
    reason: 'one span must not hide a trace',
    versions: ALL,
    holds: ({ request, path, spoor }) =>
      (request.includes(BEFORE_1970) && (path !== 'status' || String(spoor).startsWith('200'))) ||
      (request.includes('dirty-time') && path.includes('start negative')),
  },
  {
    id: 'negative-zero',
    where: 'value of a float64',
    jaeger: '0',
    spoor: '-0',
    reason: 'the sign was sent, and JSON has it',
    versions: ['1.17', '1.57', '1.76'],
    holds: ({ path, jaeger, spoor }) => path.endsWith('/value') && jaeger === 0 && Object.is(spoor, -0),
  },
  {
    id: 'bytes',
    where: 'type of bytes sent by OTLP',
    jaeger: 'string, with base64 as its text',
    spoor: 'binary',
    reason: "it is what Jaeger says of its own clients' bytes, and later versions of all",
    versions: ['1.57'],
    holds: ({ path, jaeger, spoor }) => path.endsWith('/type') && jaeger === 'string' && spoor === 'binary',
  },
  {
    id: 'flags',
    where: 'flags of a span',
    jaeger: 'none for OTLP; 2.13: none at all, so no debug and firehose either',
    spoor: 'the flags as sent; of OTLP the sampled bit',
    reason: 'both formats share it',
    versions: SINCE_157,
    holds: ({ path, jaeger, spoor, version }) =>
      path.endsWith('/flags') && jaeger === undefined && (spoor === 1 || version === '2.13'),
  },
  {
    id: 'zero-ids',
    where: 'spans whose trace id or span id is zero',
    jaeger: 'taken and shown',
    spoor: 'refused at the door, with a reason, and counted',
    reason: 'OTLP and OpenTracing call them invalid, and what finds a trace must be its own',
    versions: ALL,
    holds: ({ request, path, jaeger }) =>
      (ZERO_TRACES.test(request) && (path === 'status' || path === 'errors/0/msg')) ||
      ((ZERO_IDS.test(request) || ZERO_IDS.test(path)) && jaeger !== undefined),
  },
  {
    id: 'span-format',
    where: 'tag internal.span.format',
    jaeger: 'absent; 1.76: `@jaeger@format` for spans of its own clients, none for others',
    spoor: 'proto, jaeger or otlp, as in 1.57',
    reason: 'it says how a span came',
    versions: SINCE_176,
    holds: ({ path, jaeger, spoor }) =>
      (path.endsWith('/internal.span.format') && jaeger === undefined) ||
      (path.endsWith('/@jaeger@format') && spoor === undefined),
  },
  {
    id: 'scope-tags',
    where: "an OTLP scope's name and version",
    jaeger: 'otel.scope.* on the span',
    spoor: 'otel.library.*, on the process (with `raw=true` on the span), as in 1.57',
    reason: 'one API has one form; searches find both names',
    versions: SINCE_176,
    holds: ({ path }) => /\/tags\/otel\.(?:scope|library)\.(?:name|version)$/.test(path),
  },
  {
    id: 'service-name-missing',
    where: 'name of a service without one',
    jaeger: 'empty (1.17); missing-service-name, service-name-wrong-type, empty-service-name',
    spoor: 'OTLPResourceNoServiceName for an empty resource, empty-service-name otherwise, as in 1.57',
    reason: 'all are made up',
    versions: ['1.17', '1.76', '2.13'],
    holds: ({ path, spoor }) =>
      path.endsWith('/process/serviceName') && /OTLPResourceNoServiceName|empty-service-name/.test(String(spoor)),
  },
  {
    id: 'not-utf8',
    where: 'names, keys and values that are not UTF-8',
    jaeger: 'invalid-span-name, invalid-tag-key-1 and the bytes as binary',
    spoor: 'U+FFFD in place of each bad byte, as in 1.57',
    reason: 'what can be read stays readable',
    versions: SINCE_176,
    holds: ({ path, spoor }) => REPLACED.test(path) || textOf(spoor).includes('\uFFFD') || path.endsWith('/bad/type'),
  },
  {
    id: 'renamed-tags',
    where: "process tags of Jaeger's own clients",
    jaeger: 'hostname becomes host.name, jaeger.version becomes opencensus.exporterversion',
    spoor: 'as sent',
    reason: 'what was sent is what is shown',
    versions: ['2.13'],
    holds: ({ path }) => /\/process\/tags\/(?:host\.?name|jaeger\.version|opencensus\.exporterversion)$/.test(path),
  },
  {
    id: 'status-tag',
    where: 'spans of clients of Jaeger with error=true',
    jaeger: 'a tag otel.status_code is added',
    spoor: 'as sent',
    reason: 'what was sent is what is shown; a search for otel.status_code=ERROR finds them',
    versions: ['2.13'],
    holds: ({ path, spoor }) => path.endsWith('/tags/otel.status_code') && spoor === undefined,
  },
  {
    id: 'repeated-keys',
    where: 'tags and fields with the same key',
    jaeger: 'one of them',
    spoor: 'all of them, in order',
    reason: 'what was sent is what is shown',
    versions: ['2.13'],
    holds: ({ path }) => /\/(?:tags|fields)\/(?:dup|event|n)(?: #\d)?(?:\/(?:type|value))?$/.test(path),
  },
  {
    id: 'repeated-reference',
    where: 'a reference that stands twice',
    jaeger: 'once',
    spoor: 'as sent',
    reason: 'what was sent is what is shown',
    versions: ['2.13'],
    holds: ({ path, jaeger }) => /\/references\/.* #2$/.test(path) && jaeger === undefined,
  },
  {
    id: 'same-id-warning',
    where: 'warnings of different spans with the same id',
    jaeger: 'says on any one of them that clocks cannot be compared',
    spoor: 'says it on the second, as 1.57',
    reason: 'the same question has the same answer',
    versions: ['2.13'],
    holds: ({ path, jaeger, spoor }) =>
      /same id (?:one|two)\/warnings$/.test(path) && SKEW.test(textOf(jaeger) + textOf(spoor)),
  },
  {
    id: 'large-integers',
    where: 'an int64 beyond 2^53',
    jaeger: 'a number, which JavaScript rounds',
    spoor: 'its digits as a string, as since 1.18',
    reason: 'exact in every language',
    versions: ['1.17'],
    holds: ({ path, jaeger, spoor }) =>
      path.endsWith('/value') && typeof jaeger === 'number' && /^-?\d{16,}$/.test(String(spoor)),
  },
  {
    id: 'empty-binary',
    where: 'binary of no bytes',
    jaeger: 'an empty string',
    spoor: 'null, as in 1.57',
    reason: 'one API has one form',
    versions: ['1.17'],
    holds: ({ path, jaeger, spoor }) => path.endsWith('bin.empty/value') && jaeger === '' && spoor === null,
  },
  {
    id: 'clock-skew',
    where: 'start times, times of logs, warnings',
    jaeger: 'clock skew is always adjusted',
    spoor: 'off, with a warning that says by how much, as in 1.57; a button in the UI turns it on',
    reason: 'times are shown as sent unless somebody asks',
    versions: ['1.17'],
    holds: ({ path, jaeger, spoor }) =>
      /\/(?:startTime|timestamp)$/.test(path) ||
      (/\/warnings(?:\/\d)?$/.test(path) && SKEW.test(textOf(jaeger) + textOf(spoor))),
  },
  {
    id: 'address-as-number',
    where: 'process tag `ip` sent as a number',
    jaeger: 'written as an address',
    spoor: 'the number, as in 1.57',
    reason: 'one API has one form',
    versions: ['1.17'],
    holds: ({ path }) => /\/process\/tags\/ip\/(?:type|value)$/.test(path),
  },
]
