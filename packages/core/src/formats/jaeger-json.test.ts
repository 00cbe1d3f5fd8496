// Files of Jaeger's UI JSON: what each part becomes in the model, and what is said of a file that is wrong.

import { expect, test } from 'vitest'
import type { Span, SpanLink } from '../model/span.ts'
import { readJaegerJson, referencesOf } from './jaeger-json.ts'
import { parseExactJson } from './json-fields.ts'

const TRACE = '5a0000000000000a'
const LONG = `0000000000000000${TRACE}`

function file(span: object, process: object = { serviceName: 'shop', tags: [] }): unknown {
  const whole = {
    traceID: TRACE,
    spanID: 'a1',
    processID: 'p1',
    startTime: 5,
    duration: 7,
    operationName: 'op',
    ...span,
  }
  return { data: [{ traceID: TRACE, spans: [whole], processes: { p1: process } }] }
}

function read(span: object, process?: object): Span {
  const [trace] = readJaegerJson(file(span, process))
  const [first] = trace?.spans ?? []
  if (first === undefined) throw new Error('no span')
  return first
}

function link(spanId: string, type: string, traceId: string = LONG): SpanLink {
  const attributes = [{ key: 'opentracing.ref_type', value: { type: 'string' as const, value: type } }]
  return { traceId, spanId: spanId.padStart(16, '0'), traceState: '', attributes, droppedAttributesCount: 0, flags: 0 }
}

test('ids get their zeros, microseconds become nanoseconds, the process becomes the resource', () => {
  const span = read({ flags: 1 }, { serviceName: 'shop', tags: [{ key: 'ip', type: 'string', value: '10.0.0.1' }] })
  expect(span).toMatchObject({ traceId: LONG, spanId: '00000000000000a1', name: 'op', startNs: 5000n, endNs: 12000n })
  expect(span.flags).toBe(1)
  expect(span.resource.serviceName).toBe('shop')
  expect(span.resource.attributes).toEqual([
    { key: 'service.name', value: { type: 'string', value: 'shop' } },
    { key: 'ip', value: { type: 'string', value: '10.0.0.1' } },
  ])
})

test('tags of every type, exact, in order, duplicates kept', () => {
  const text = `[{"key":"s","type":"string","value":"Grüße"},{"key":"b","type":"bool","value":true},
    {"key":"i","type":"int64","value":"9223372036854775807"},{"key":"i","type":"int64","value":-9223372036854775808},
    {"key":"n","value":9007199254740993},{"key":"f","type":"float64","value":2},{"key":"inf","type":"float64","value":"+Inf"},
    {"key":"x","type":"binary","value":"AAEC/v8="},{"key":"e","type":"binary","value":null}]`
  const tags = parseExactJson(text)
  expect(read({ tags }).attributes.map(({ key, value }) => [key, value])).toEqual([
    ['s', { type: 'string', value: 'Grüße' }],
    ['b', { type: 'bool', value: true }],
    ['i', { type: 'int', value: 9223372036854775807n }],
    ['i', { type: 'int', value: -9223372036854775808n }],
    ['n', { type: 'int', value: 9007199254740993n }],
    ['f', { type: 'double', value: 2 }],
    ['inf', { type: 'double', value: Number.POSITIVE_INFINITY }],
    ['x', { type: 'bytes', value: Uint8Array.of(0, 1, 2, 254, 255) }],
    ['e', { type: 'bytes', value: new Uint8Array(0) }],
  ])
})

test('tags with a meaning set the field and stay', () => {
  const tags = [
    { key: 'span.kind', type: 'string', value: 'server' },
    { key: 'error', type: 'bool', value: true },
    { key: 'otel.status_description', type: 'string', value: 'no stock' },
    { key: 'w3c.tracestate', type: 'string', value: 'a=1' },
  ]
  const span = read({ tags })
  expect(span).toMatchObject({ kind: 2, statusCode: 2, statusMessage: 'no stock', traceState: 'a=1' })
  expect(span.attributes).toHaveLength(4)
})

test('flags beside sampled and warnings are internal attributes', () => {
  const span = read({ flags: 11, warnings: ['first', 'second'] })
  expect(span.flags).toBe(1)
  expect(span.attributes).toEqual([
    { key: '@jaeger@flags', value: { type: 'int', value: 11n } },
    {
      key: '@jaeger@warnings',
      value: {
        type: 'array',
        value: [
          { type: 'string', value: 'first' },
          { type: 'string', value: 'second' },
        ],
      },
    },
  ])
})

test.each([
  ['first', ['event', 'a'], 'x', ['event', 'a']],
  ['not first', ['a', 'event'], 'x', ['a', 'event']],
  ['twice', ['event', 'event'], 'x', ['event', 'event']],
  ['absent', ['a'], '', ['a']],
])('a log whose field event is %s', (_case, keys, name, left) => {
  const fields = keys.map((key) => ({ key, type: 'string', value: 'x' }))
  const [event] = read({ logs: [{ timestamp: 3, fields }] }).events
  expect(event?.timeUnixNano).toBe(3000n)
  expect(event?.name).toBe(name)
  expect(event?.attributes.map((field) => field.key)).toEqual(left)
})

const OTHER = 'b'.repeat(32)
test.each<
  [what: string, references: [type: string, span: string, trace?: string][], parent: string, links: SpanLink[]]
>([
  ['none', [], '', []],
  ['a parent', [['CHILD_OF', '1']], '1', []],
  [
    'a parent and more',
    [
      ['CHILD_OF', '1'],
      ['FOLLOWS_FROM', '2'],
    ],
    '1',
    [link('2', 'follows_from')],
  ],
  ['follows alone', [['FOLLOWS_FROM', '1']], '1', [link('1', 'follows_from')]],
  [
    'the parent later',
    [
      ['FOLLOWS_FROM', '2'],
      ['CHILD_OF', '1'],
    ],
    '1',
    [link('2', 'follows_from'), link('1', 'child_of')],
  ],
  [
    'the same twice',
    [
      ['CHILD_OF', '1'],
      ['CHILD_OF', '1'],
    ],
    '1',
    [link('1', 'child_of'), link('1', 'child_of')],
  ],
  ['another trace', [['CHILD_OF', '9', OTHER]], '', [link('9', 'child_of', OTHER)]],
])('references: %s', (_what, list, parent, links) => {
  const references = list.map(([refType, spanID, traceID = TRACE]) => ({ refType, traceID, spanID }))
  const span = read({ references })
  expect(span.parentSpanId).toBe(parent === '' ? '' : parent.padStart(16, '0'))
  expect(span.links).toEqual(links)
  const back = referencesOf(span).map(({ followsFrom, spanId, traceId }) => [followsFrom, spanId, traceId])
  expect(back).toEqual(list.map(([type, id, trace = LONG]) => [type === 'FOLLOWS_FROM', id.padStart(16, '0'), trace]))
})

test('the parent field of old files is a reference', () => {
  expect(read({ parentSpanID: '1' })).toMatchObject({ parentSpanId: '0000000000000001', links: [] })
})

test('an answer, its list, one trace: all are read, and spans are grouped by trace', () => {
  const whole = file({}) as { data: unknown[] }
  for (const form of [whole, whole.data, whole.data[0]]) {
    expect(readJaegerJson(form).map((trace) => [trace.traceId, trace.spans.length])).toEqual([[LONG, 1]])
  }
  expect(readJaegerJson([...whole.data, ...whole.data])[0]?.spans).toHaveLength(2)
})

test.each<[value: unknown, place: string]>([
  [{ data: null }, 'data'],
  [{ resourceSpans: [] }, 'spans'],
  [file({ spanID: 'zz' }), 'data[0].spans[0].spanID'],
  [file({ processID: 'p2' }), 'data[0].spans[0].processID'],
  [file({ tags: [{ key: 'a', type: 'int64', value: '1.5' }] }), 'data[0].spans[0].tags[0].value'],
  [
    file({ logs: [{ timestamp: 1, fields: [{ key: 'a', type: 'map', value: 1 }] }] }),
    'data[0].spans[0].logs[0].fields[0].type',
  ],
  [file({ references: [{ refType: 'X' }] }), 'data[0].spans[0].references[0].refType'],
])('a wrong file says where: %#', (value, place) => {
  expect(() => readJaegerJson(value)).toThrow(
    expect.objectContaining({ kind: 'invalid', code: 'bad_json', field: place }),
  )
})
