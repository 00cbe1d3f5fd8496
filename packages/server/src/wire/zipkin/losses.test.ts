// Holds losses.ts to the readers: for each loss, two lists that differ only in what is lost become the same OTLP, or become what
// the list says; and what stands beside it in Zipkin's own example of a span is kept.

import type { Span } from '@spoor/core/model/span'
import { describe, expect, test } from 'vitest'
import { OtlpBatchBuilder } from '../otlp/batch-builder.ts'
import { decodeTraces } from '../otlp/decode.ts'
import { ZIPKIN_LOSSES } from './losses.ts'
import { ZipkinReader } from './reader.ts'

const SPAN = {
  traceId: '5af7183fb1d4cf5f',
  parentId: '6b221d5bc9e6496c',
  id: '352bff9a74ca9ad2',
  name: 'get /api',
  timestamp: 1_556_604_172_355_737,
  duration: 1431,
}
const HERE = { serviceName: 'backend', ipv4: '192.168.99.1', port: 3306 }
const THERE = { serviceName: 'frontend', ipv6: '2001:db8::c001', port: 63_840 }

function read(encoding: 'v1-json' | 'v2-json', ...spans: readonly object[]): readonly Span[] {
  const builder = new OtlpBatchBuilder()
  new ZipkinReader(builder).addBody(new TextEncoder().encode(JSON.stringify(spans)), encoding)
  return decodeTraces(builder.finish())
}

const v2 = (change: object): readonly Span[] => read('v2-json', { ...SPAN, localEndpoint: HERE, ...change })
const v1 = (change: object): readonly Span[] => read('v1-json', { ...SPAN, ...change })

function same(a: readonly Span[], b: readonly Span[]): () => void {
  return () => {
    expect(a).toHaveLength(1)
    expect(a).toEqual(b)
  }
}

const note = (value: string, endpoint: object | undefined): object => ({ timestamp: SPAN.timestamp, value, endpoint })
const sr = note('sr', HERE)

const CASES: Readonly<Record<string, () => void>> = {
  'the mark that a span shares its id': same(v2({ shared: true }), v2({})),
  'a parent that is the span itself': same(v2({ parentId: SPAN.id }), v2({ parentId: undefined })),
  'a kind that is not one of the four': same(v2({ kind: 'server' }), v2({})),
  'a missing duration and one of 0': same(v2({ duration: 0 }), v2({ duration: undefined })),
  'a tag `error` of exactly `true`': () => {
    const [span] = v2({ tags: { error: 'true' } })
    expect(span?.statusCode).toBe(2)
    expect(span?.attributes.filter(({ key }) => key === 'error')).toEqual([
      { key: 'error', value: { type: 'bool', value: true } },
    ])
  },
  'endpoints of single annotations and tags in version 1': same(
    v1({ annotations: [sr, note('a', THERE)], binaryAnnotations: [{ key: 'k', value: 'v', endpoint: THERE }] }),
    v1({ annotations: [sr, note('a', undefined)], binaryAnnotations: [{ key: 'k', value: 'v' }] }),
  ),
  'moments of a call or message in version 1': same(
    v1({ annotations: [sr] }),
    v1({ annotations: [sr, note('ss', HERE)] }),
  ),
  'an address of 0.0.0.0 or a port of 0': same(
    v2({ localEndpoint: { serviceName: 'a', ipv4: '0.0.0.0', port: 0 } }),
    v2({ localEndpoint: { serviceName: 'a' } }),
  ),
  'an annotation without a text': same(v2({ annotations: [{ timestamp: 1, value: '' }] }), v2({})),
  'fields that no version of Zipkin defines': same(v2({ more: [{}, 1, 'x', null, true] }), v2({})),
}

describe('what is lost of Zipkin', () => {
  test('the list and the cases are the same', () => {
    expect(Object.keys(CASES)).toEqual(ZIPKIN_LOSSES.map(({ what }) => what))
  })
  test.each(Object.keys(CASES))('%s', (what) => {
    expect.hasAssertions()
    CASES[what]?.()
  })
})

test('the rest of a span is kept: names, ids, times, tags with escapes, annotations, both addresses', () => {
  const [span] = v2({
    kind: 'SERVER',
    debug: true,
    remoteEndpoint: THERE,
    tags: { 'http.path': '/a"\\\n\u00fc\u{1f680}', empty: '', 'otel.status_code': 'OK' },
    annotations: [{ timestamp: 1_556_604_172_355_800, value: 'cache "miss"' }],
  })
  expect(span).toMatchObject({
    traceId: `${'0'.repeat(16)}${SPAN.traceId}`,
    spanId: SPAN.id,
    parentSpanId: SPAN.parentId,
    name: 'get /api',
    kind: 2,
    startNs: 1_556_604_172_355_737_000n,
    endNs: 1_556_604_172_357_168_000n,
    statusCode: 1,
    events: [{ timeUnixNano: 1_556_604_172_355_800_000n, name: 'cache "miss"' }],
    resource: { serviceName: 'backend' },
  })
  const values = Object.fromEntries(
    (span?.attributes ?? []).map(({ key, value }) => [key, value.type === 'int' ? Number(value.value) : value]),
  )
  const text = (value: string): object => ({ type: 'string', value })
  expect(values).toEqual({
    'http.path': text('/a"\\\n\u00fc\u{1f680}'),
    empty: text(''),
    'otel.status_code': text('OK'),
    'net.host.ip': text('192.168.99.1'),
    'net.host.port': 3306,
    'peer.service': text('frontend'),
    'net.peer.ip': text('2001:db8::c001'),
    'net.peer.port': 63_840,
    'span.kind': text('server'),
    '@jaeger@flags': 2,
  })
})
