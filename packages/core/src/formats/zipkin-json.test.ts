// Zipkin's JSON v2: the example of its specification's words, in every field, and what is wrong named by its place.

import { expect, test } from 'vitest'
import { FLAGS_ATTRIBUTE } from '../model/internal-attributes.ts'
import { readZipkinJson } from './zipkin-json.ts'

const CLIENT = {
  traceId: '5982FE77008310CC',
  id: '90394f6bcffb5d13',
  parentId: 'bd7a977555f6b982',
  kind: 'CLIENT',
  name: 'get /api',
  timestamp: 1472470996199000,
  duration: 207000,
  localEndpoint: { serviceName: 'frontend', ipv4: '127.0.0.1', port: 8080 },
  remoteEndpoint: { serviceName: 'backend', ipv4: '192.168.99.101', port: 9000 },
  annotations: [{ timestamp: 1472470996238000, value: 'ws' }],
  tags: { 'http.path': '/api', error: 'timeout' },
  debug: true,
}

test('a span in every field', () => {
  const [trace] = readZipkinJson([CLIENT])
  expect(trace?.traceId).toBe('00000000000000005982fe77008310cc')
  expect(trace?.spans).toMatchObject([
    {
      spanId: '90394f6bcffb5d13',
      parentSpanId: 'bd7a977555f6b982',
      kind: 3,
      name: 'get /api',
      startNs: 1_472_470_996_199_000_000n,
      endNs: 1_472_470_996_406_000_000n,
      attributes: [
        { key: 'http.path', value: { type: 'string', value: '/api' } },
        { key: 'error', value: { type: 'string', value: 'timeout' } },
        { key: 'peer.service', value: { type: 'string', value: 'backend' } },
        { key: 'peer.ipv4', value: { type: 'string', value: '192.168.99.101' } },
        { key: 'peer.port', value: { type: 'int', value: 9000n } },
        { key: FLAGS_ATTRIBUTE, value: { type: 'int', value: 3n } },
      ],
      events: [{ timeUnixNano: 1_472_470_996_238_000_000n, name: 'ws' }],
      statusCode: 2,
      statusMessage: 'timeout',
      resource: {
        serviceName: 'frontend',
        attributes: [
          { key: 'service.name', value: { type: 'string', value: 'frontend' } },
          { key: 'ip', value: { type: 'string', value: '127.0.0.1' } },
        ],
      },
    },
  ])
})

test('the least there can be, lists of traces, and spans that share an id', () => {
  expect(
    readZipkinJson([[{ traceId: 'a', id: 'b' }], [{ traceId: 'c', id: 'b' }]]).map(({ traceId }) => traceId),
  ).toEqual(['0000000000000000000000000000000a', '0000000000000000000000000000000c'])
  const server = { ...CLIENT, kind: 'SERVER', shared: true, tags: { error: 'false' } }
  const [trace] = readZipkinJson([CLIENT, server])
  expect(trace?.spans.map(({ spanId, kind, statusCode }) => [spanId, kind, statusCode])).toEqual([
    ['90394f6bcffb5d13', 3, 2],
    ['90394f6bcffb5d13', 2, 0],
  ])
})

test.each([
  [[{ traceId: 'x', id: '1' }], 'bad JSON at [0].traceId: expected up to 32 hexadecimal digits'],
  [[{ traceId: '1' }], 'bad JSON at [0].id: expected up to 16 hexadecimal digits'],
  [[CLIENT, { ...CLIENT, duration: -1 }], 'bad JSON at [1].duration: integer out of range'],
  [[[{ ...CLIENT, tags: { a: {} } }]], 'bad JSON at [0][0].tags.a: expected a string'],
  [[3], 'bad JSON at [0]: expected an object'],
])('%j is refused with its place', (value, message) => {
  expect(() => readZipkinJson(value)).toThrow(message)
})
