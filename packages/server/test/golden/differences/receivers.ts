// Differences in what receivers say, and in answers about sampling.

import { ALL, type Entry, SINCE_157, SINCE_176 } from './difference.ts'

const THRIFT = 'POST /api/traces'
const OTLP = 'POST /v1/traces'

export const RECEIVERS: readonly Entry[] = [
  {
    id: 'thrift-words',
    where: '14268: text of the 400 for a body that is no Batch',
    jaeger: "its thrift library's words",
    spoor: 'the same beginning, then what is wrong and at which byte',
    reason: 'same error, other parser',
    versions: ALL,
    holds: ({ request, path, jaeger, spoor }) =>
      request.startsWith(THRIFT) &&
      path === 'text' &&
      [jaeger, spoor].every((text) => String(text).startsWith('Unable to process request body: ')),
  },
  {
    id: 'thrift-gzip',
    where: '14268: Content-Encoding: gzip',
    jaeger: '400',
    spoor: 'taken, as in 2.x; deflate and zstd as well',
    reason: 'clients may compress',
    versions: ['1.17', '1.57', '1.76'],
    holds: ({ request, path, spoor }) => request.startsWith(THRIFT) && path === 'status' && spoor === '202',
  },
  {
    id: 'otlp-words',
    where: '4318: text of the error',
    jaeger: "its libraries' words",
    spoor: 'what is wrong, and where in the document',
    reason: 'same error, other parser',
    versions: SINCE_157,
    holds: ({ request, path, jaeger, spoor }) =>
      request.startsWith(OTLP) &&
      (path === 'message' || (path === 'text' && String(jaeger).length > 2 && String(spoor).length > 2)),
  },
  {
    id: 'otlp-success',
    where: '4318 and 4317: a good answer',
    jaeger: 'an empty partialSuccess',
    spoor: 'an empty message',
    reason: 'as the specification says for full success',
    versions: SINCE_157,
    holds: ({ request, path, jaeger, spoor }) =>
      (request.startsWith(OTLP) && path === 'partialSuccess' && spoor === undefined) ||
      (path === 'text' && jaeger === '\n\0' && spoor === '') ||
      (path === 'bodyHex' && jaeger === '0a00' && spoor === ''),
  },
  {
    id: 'otlp-lenient',
    where: '4318: times in JSON as floats; Content-Encoding: identity',
    jaeger: '400',
    spoor: 'taken',
    reason: 'what they mean is clear',
    versions: SINCE_157,
    holds: ({ request, path, jaeger, spoor }) =>
      request.startsWith(OTLP) &&
      path === 'status' &&
      String(spoor).startsWith('200') &&
      /can not decode float as int|Encoding: identity/.test(String(jaeger)),
  },
  {
    id: 'otlp-grpc-malformed',
    where: '4317: a message that is no protobuf',
    jaeger: 'INTERNAL',
    spoor: 'INVALID_ARGUMENT',
    reason: 'the message is wrong, not the server, and a client must not send it again',
    versions: SINCE_157,
    holds: ({ path, jaeger, spoor }) => path === 'code' && jaeger === 'INTERNAL' && spoor === 'INVALID_ARGUMENT',
  },
  {
    id: 'sampling-5778',
    where: '5778',
    jaeger: 'nobody listens: the agent is gone',
    spoor: 'answers as 1.57',
    reason: 'clients still ask',
    versions: ['1.76'],
    holds: ({ group, jaeger }) => group === 'sampling' && jaeger === 'nobody listens',
  },
  {
    id: 'sampling-paths',
    where: '14268 /api/sampling and /api/baggageRestrictions, other paths and methods of 5778',
    jaeger: '14268 has no such paths; 5778 answers any path and method with a strategy (2.13)',
    spoor: 'answers as 1.57',
    reason: 'clients still ask',
    versions: SINCE_176,
    holds: ({ group, path }) => group === 'sampling' && path === 'status',
  },
  {
    id: 'sampling-numbers',
    where: 'strategyType',
    jaeger: 'a number at every path',
    spoor: 'its name at /sampling, a number at /, as in 1.57',
    reason: 'clients of each age get what they read',
    versions: ['2.13'],
    holds: ({ group, path }) => group === 'sampling' && path === 'strategyType',
  },
  {
    id: 'sampling-operations',
    where: 'operationSampling and its defaults',
    jaeger: "1.17 gives the default's probability, not the service's; newer ones give it to rate-limited services, too",
    spoor: 'as in 1.57',
    reason: 'one API has one form',
    versions: ['1.17', '1.76', '2.13'],
    holds: ({ group, path }) => group === 'sampling' && path.startsWith('operationSampling'),
  },
  {
    id: 'sampling-unknown-type',
    where: 'a strategy of unknown type',
    jaeger: 'a probability of 1',
    spoor: 'the default, as in 1.57',
    reason: 'a mistake must not record everything',
    versions: ['2.13'],
    holds: ({ group, path }) => group === 'sampling' && path.startsWith('probabilisticSampling'),
  },
]
