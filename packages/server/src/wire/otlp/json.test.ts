// OTLP/JSON as clients really write it, and what is wrong with it in words. Forms and verdicts are those of a real
// Collector receiver.

import type { AnyValue, Span } from '@spoor/core/model/span'
import { expect, test } from 'vitest'
import { decodeTraces } from './decode.ts'
import { otlpJsonToProtobuf } from './json.ts'

const IDS = '"traceId":"5A0000000000000E5000000000000002","spanId":"500000000000000a"'

function request(fields: string): string {
  return `{"resourceSpans":[{"resource":{},"scopeSpans":[{"spans":[{${IDS}${fields}}]}]}]}`
}

function only(json: string): Span {
  const [span] = decodeTraces(otlpJsonToProtobuf(json))
  if (span === undefined) throw new Error('no span')
  return span
}

function valueOf(value: string): AnyValue | undefined {
  return only(request(`,"attributes":[{"key":"n","value":${value}}]`)).attributes[0]?.value
}

test('ids are hexadecimal of any case', () => {
  expect(only(request(''))).toMatchObject({ traceId: '5a0000000000000e5000000000000002', spanId: '500000000000000a' })
})

test('64-bit integers are exact as text and as numbers', () => {
  const text = only(request(',"startTimeUnixNano":"1787220001000000001","endTimeUnixNano":1787220001005000003'))
  expect(text).toMatchObject({ startNs: 1_787_220_001_000_000_001n, endNs: 1_787_220_001_005_000_003n })
  expect(valueOf('{"intValue":-9223372036854775808}')).toEqual({ type: 'int', value: -(1n << 63n) })
  expect(valueOf('{"intValue":"9223372036854775807"}')).toEqual({ type: 'int', value: (1n << 63n) - 1n })
  expect(valueOf('{"intValue":7}')).toEqual({ type: 'int', value: 7n })
  expect(valueOf('{"doubleValue":12345678901234567890}')).toEqual({
    type: 'double',
    value: Number('12345678901234567890'),
  })
})

test('enums come by number and by name', () => {
  expect(only(request(',"kind":"SPAN_KIND_SERVER","status":{"code":"STATUS_CODE_ERROR"}'))).toMatchObject({
    kind: 2,
    statusCode: 2,
  })
  expect(only(request(',"kind":99,"status":{"code":1}'))).toMatchObject({ kind: 99, statusCode: 1 })
})

test('doubles come as words, bytes as base64 of either alphabet', () => {
  expect(valueOf('{"doubleValue":"NaN"}')).toEqual({ type: 'double', value: Number.NaN })
  expect(valueOf('{"doubleValue":"-Infinity"}')).toEqual({ type: 'double', value: Number.NEGATIVE_INFINITY })
  expect(valueOf('{"doubleValue":"1.5"}')).toEqual({ type: 'double', value: 1.5 })
  expect(valueOf('{"bytesValue":"+/8="}')).toEqual({ type: 'bytes', value: Uint8Array.of(0xfb, 0xff) })
  expect(valueOf('{"bytesValue":"-_8"}')).toEqual({ type: 'bytes', value: Uint8Array.of(0xfb, 0xff) })
})

test('null is absent, unknown fields are ignored, snake_case is accepted, the last of two values counts', () => {
  expect(only(request(',"attributes":null,"parentSpanId":null,"someday":{"a":[1]}'))).toMatchObject({
    attributes: [],
    parentSpanId: '',
  })
  expect(only(request(',"start_time_unix_nano":"5","parent_span_id":"5000000000000009"'))).toMatchObject({
    startNs: 5n,
    parentSpanId: '5000000000000009',
  })
  expect(valueOf('{"intValue":"1","stringValue":"s"}')).toEqual({ type: 'string', value: 's' })
  expect(valueOf('{"stringValue":"","someday":1}')).toEqual({ type: 'string', value: '' })
  expect(valueOf('{}')).toEqual({ type: 'empty' })
})

test.each(['{}', 'null', '{"resourceSpans":null}', '{"resource_spans":[]}', '{"unknown":{"a":[1]}}'])(
  '%s is an empty request',
  (json) => {
    expect(otlpJsonToProtobuf(Buffer.from(json))).toHaveLength(0)
  },
)

test.each([
  ['', undefined],
  ['{', undefined],
  ['[]', undefined],
  ['"x"', undefined],
  ['{"resourceSpans":{}}', 'resourceSpans'],
  ['{"resourceSpans":[5]}', 'resourceSpans[0]'],
  [request(',"traceId":"zz"'), 'resourceSpans[0].scopeSpans[0].spans[0].traceId'],
  [request(',"traceId":"5a"'), 'resourceSpans[0].scopeSpans[0].spans[0].traceId'],
  [request(',"spanId":"UAAAAAAAAAM="'), 'resourceSpans[0].scopeSpans[0].spans[0].spanId'],
  [request(',"name":5'), 'resourceSpans[0].scopeSpans[0].spans[0].name'],
  [request(',"kind":"2x"'), 'resourceSpans[0].scopeSpans[0].spans[0].kind'],
  [request(',"kind":"2"'), 'resourceSpans[0].scopeSpans[0].spans[0].kind'],
  [request(',"flags":-1'), 'resourceSpans[0].scopeSpans[0].spans[0].flags'],
  [request(',"startTimeUnixNano":"1.5"'), 'resourceSpans[0].scopeSpans[0].spans[0].startTimeUnixNano'],
  [request(',"startTimeUnixNano":"-5"'), 'resourceSpans[0].scopeSpans[0].spans[0].startTimeUnixNano'],
  [request(',"events":[{},{"name":{}}]'), 'resourceSpans[0].scopeSpans[0].spans[0].events[1].name'],
  [
    request(',"attributes":[{"key":"n","value":{"intValue":"99999999999999999999"}}]'),
    'resourceSpans[0].scopeSpans[0].spans[0].attributes[0].value.intValue',
  ],
  [
    request(',"attributes":[{"key":"n","value":{"bytesValue":"***"}}]'),
    'resourceSpans[0].scopeSpans[0].spans[0].attributes[0].value.bytesValue',
  ],
  [
    request(',"attributes":[{"key":"n","value":{"arrayValue":{"values":[{"boolValue":1}]}}}]'),
    'resourceSpans[0].scopeSpans[0].spans[0].attributes[0].value.arrayValue.values[0].boolValue',
  ],
])('%s is bad_json and names the path', (json, path) => {
  const error: unknown = expect.objectContaining({ kind: 'invalid', code: 'bad_json', field: path })
  expect(() => otlpJsonToProtobuf(json)).toThrow(error)
  if (path !== undefined) expect(() => otlpJsonToProtobuf(json)).toThrow(path)
})

test('deep nesting is refused, not a stack overflow', () => {
  const deep = `${'{"arrayValue":{"values":['.repeat(20_000)}{}${']}}'.repeat(20_000)}`
  expect(() => valueOf(deep)).toThrow(expect.objectContaining({ code: 'bad_json' }))
})
