// Holds losses.ts to the writer: for each loss two spans that differ only in what is lost give the same v1 JSON, or
// give what the list says.

import type { AnyValue, Attribute, Span, SpanEvent, SpanLink } from '@spoor/core/model/span'
import { describe, expect, test } from 'vitest'
import { createAdjuster } from '../../query/adjust/trace-shape.ts'
import { encodeTraces } from '../otlp/encode.ts'
import { V1_LOSSES } from './losses.ts'
import { TraceWriter } from './trace-writer.ts'

const adjust = createAdjuster(0)
const TRACE_ID = '5a00000000000001a000000000000001'

const BASE: Span = {
  traceId: TRACE_ID,
  spanId: '00000000000000a1',
  parentSpanId: '',
  traceState: '',
  flags: 0,
  name: 'base',
  kind: 0,
  startNs: 1_000_000_000n,
  endNs: 1_005_000_000n,
  attributes: [],
  droppedAttributesCount: 0,
  events: [],
  droppedEventsCount: 0,
  links: [],
  droppedLinksCount: 0,
  statusCode: 0,
  statusMessage: '',
  resource: {
    attributes: [text('service.name', 'shop')],
    droppedAttributesCount: 0,
    schemaUrl: '',
    serviceName: 'shop',
  },
  scope: { name: 'scope', version: '1', attributes: [], droppedAttributesCount: 0, schemaUrl: '' },
}
const EVENT: SpanEvent = { timeUnixNano: 1_001_000_000n, name: 'event', attributes: [], droppedAttributesCount: 0 }
const LINK: SpanLink = {
  traceId: '5a00000000000001a000000000000002',
  spanId: '00000000000000b1',
  traceState: '',
  attributes: [],
  droppedAttributesCount: 0,
  flags: 0,
}

function text(key: string, value: string): Attribute {
  return { key, value: { type: 'string', value } }
}

interface V1Span {
  readonly duration: number
  readonly startTime: number
  readonly operationName: string
  readonly references: readonly { readonly refType: string; readonly spanID: string }[]
  readonly tags: readonly { readonly key: string; readonly type: string; readonly value: unknown }[]
  readonly logs: readonly { readonly fields: readonly { readonly key: string; readonly value: unknown }[] }[]
  readonly warnings: readonly string[] | null
}

function v1(change: Partial<Span>): V1Span {
  const writer = new TraceWriter(16, adjust)
  writer.trace(TRACE_ID, encodeTraces([{ ...BASE, ...change }]))
  const trace = JSON.parse(writer.out.take(0).toString()) as { readonly spans: readonly V1Span[] }
  const span = trace.spans[0]
  if (span === undefined) throw new Error('no span was written')
  return span
}

/** The value of attribute `a` as v1 shows it: type and value. */
function shown(value: AnyValue): readonly unknown[] {
  const tag = v1({ attributes: [{ key: 'a', value }] }).tags[0]
  return [tag?.type, tag?.value]
}

function same(a: Partial<Span>, b: Partial<Span>): () => void {
  return () => expect(v1(a)).toEqual(v1(b))
}

const CASES: Readonly<Record<string, () => void>> = {
  'nanoseconds of start, duration and event times': same(
    { startNs: 1_000_000_999n, endNs: 1_005_000_999n, events: [{ ...EVENT, timeUnixNano: 1_001_000_999n }] },
    { events: [EVENT] },
  ),
  'an end before the start, or none': () => {
    for (const endNs of [0n, 999_999_999n]) {
      const { duration, warnings } = v1({ endNs })
      expect(duration).toBe(0)
      expect(warnings?.[0]).toMatch(/shown as 0$/)
    }
  },
  'dropped counts of attributes, events and links': same(
    { droppedAttributesCount: 1, droppedEventsCount: 2, droppedLinksCount: 3 },
    {},
  ),
  'attributes, trace state and flags of links': same(
    { links: [{ ...LINK, attributes: [text('a', 'b')], traceState: 'x=y', flags: 1, droppedAttributesCount: 1 }] },
    { links: [LINK] },
  ),
  'whether a reference was the parent or a link': () => {
    const link = { ...LINK, attributes: [text('opentracing.ref_type', 'child_of')] }
    const { references } = v1({ parentSpanId: '00000000000000a0', links: [link] })
    expect(references.map(({ refType, spanID }) => [refType, spanID])).toEqual([
      ['CHILD_OF', '00000000000000a0'],
      ['CHILD_OF', '00000000000000b1'],
    ])
  },
  'a link to the parent': () => {
    const link = { ...LINK, traceId: TRACE_ID, spanId: '00000000000000a0' }
    const { references } = v1({ parentSpanId: '00000000000000a0', links: [link] })
    expect(references.map(({ refType, spanID }) => [refType, spanID])).toEqual([['FOLLOWS_FROM', '00000000000000a0']])
  },
  'attributes of the scope': same(
    { scope: { ...BASE.scope, attributes: [text('a', 'b')], droppedAttributesCount: 1 } },
    {},
  ),
  'schema URLs': same(
    { scope: { ...BASE.scope, schemaUrl: 'https://a' }, resource: { ...BASE.resource, schemaUrl: 'https://b' } },
    {},
  ),
  'trace flags beside the sampled bit': same({ flags: 0x303 }, { flags: 1 }),
  'arrays and maps': () => {
    const one: AnyValue = { type: 'int', value: 1n }
    expect(shown({ type: 'array', value: [one, { type: 'string', value: '"' }] })).toEqual(['string', '[1,"\\""]'])
    expect(shown({ type: 'map', value: [{ key: 'k', value: one }] })).toEqual(['string', '{"k":1}'])
  },
  'an empty value': () => expect(shown({ type: 'empty' })).toEqual(shown({ type: 'string', value: '' })),
  'NaN and infinities': () => {
    expect(shown({ type: 'double', value: Number.NaN })).toEqual(['float64', 'NaN'])
    expect(shown({ type: 'double', value: Infinity })).toEqual(['float64', '+Inf'])
    expect(shown({ type: 'double', value: -Infinity })).toEqual(['float64', '-Inf'])
    expect(shown({ type: 'double', value: 1.5 })).toEqual(['float64', 1.5])
  },
  'whole numbers beyond 2^53': () => {
    expect(shown({ type: 'int', value: 2n ** 53n })).toEqual(['int64', '9007199254740992'])
    expect(shown({ type: 'int', value: -(2n ** 63n) })).toEqual(['int64', '-9223372036854775808'])
    expect(shown({ type: 'int', value: 2n ** 53n - 1n })).toEqual(['int64', 9007199254740991])
    expect(shown({ type: 'int', value: 1n - 2n ** 53n })).toEqual(['int64', -9007199254740991])
  },
  'the name of an event that has an attribute `event`': () => {
    const { logs } = v1({
      events: [{ ...EVENT, attributes: [text('z', 'y'), text('event', 'other'), text('b', 'c')] }],
    })
    expect(logs[0]?.fields.map(({ key, value }) => [key, value])).toEqual([
      ['event', 'other'],
      ['b', 'c'],
      ['z', 'y'],
    ])
  },
  'an event without a name and one named with the empty string': () => {
    expect(v1({ events: [{ ...EVENT, name: '' }] }).logs[0]?.fields).toEqual([])
  },
  'span kinds and status codes that OTLP does not define': same({ kind: 99, statusCode: 7 }, {}),
  'kind, status or trace state beside an attribute of the v1 tag': () => {
    const attributes = ['span.kind', 'otel.status_code', 'error', 'otel.status_description', 'w3c.tracestate'].map(
      (key) => text(key, 'own'),
    )
    const { tags } = v1({ attributes, kind: 2, statusCode: 2, statusMessage: 'sent', traceState: 'a=b' })
    expect(tags.filter(({ key }) => key !== 'internal.span.format').map(({ value }) => value)).toEqual(
      Array(5).fill('own'),
    )
  },
  'bytes that are not UTF-8 in texts': () => {
    const bytes = encodeTraces([{ ...BASE, name: 'xq\u0001e' }])
    bytes[Buffer.from(bytes).indexOf('xq') + 2] = 0xff
    const writer = new TraceWriter(16, adjust)
    writer.trace(TRACE_ID, bytes)
    expect(writer.out.take(0).toString()).toContain('"operationName":"xq\ufffde"')
  },
}

describe('what v1 cannot say', () => {
  test('the list and the cases are the same', () => {
    expect(Object.keys(CASES)).toEqual(V1_LOSSES.map(({ what }) => what))
  })
  test.each(Object.keys(CASES))('%s', (what) => {
    expect.hasAssertions()
    CASES[what]?.()
  })
})
