// Files of OTLP/JSON in the forms that tools write. The server's own reader is held to the recorded requests elsewhere;
// here: that a document becomes spans, wrapped as it may be.

import { expect, test } from 'vitest'
import { parseExactJson } from './json-fields.ts'
import { readOtlpJson } from './otlp-json.ts'

const TRACE = '5B8EFFF798038103D269B633813FC60C'
const SPANS = `[{"scope":{"name":"lib","version":"1"},"spans":[{"traceId":"${TRACE}","spanId":"EEE19B7EC3C1B174",
  "parentSpanId":"EEE19B7EC3C1B173","name":"op","kind":"SPAN_KIND_SERVER","startTimeUnixNano":1544712660000000001,
  "endTimeUnixNano":"1544712661000000002","attributes":[{"key":"n","value":{"intValue":9007199254740993}},
  {"key":"l","value":{"arrayValue":{"values":[{"stringValue":"x"},{}]}}}],"status":{"code":2,"message":"no"},
  "events":[{"timeUnixNano":"7","name":"e"}],"links":[{"traceId":"${TRACE}","spanId":"EEE19B7EC3C1B175"}]}]}]`
const RESOURCE = `{"resource":{"attributes":[{"key":"service.name","value":{"stringValue":"shop"}}]},"scopeSpans":${SPANS}}`

test.each([
  `{"resourceSpans":[${RESOURCE}]}`,
  `{"resource_spans":[${RESOURCE.replaceAll('scopeSpans', 'scope_spans')}]}`,
  `{"batches":[${RESOURCE}]}`,
  `{"batches":[${RESOURCE.replaceAll('scopeSpans', 'instrumentationLibrarySpans').replaceAll('scope"', 'instrumentationLibrary"')}]}`,
  `{"trace":{"resourceSpans":[${RESOURCE}]}}`,
  `{"result":{"resourceSpans":[${RESOURCE}]}}`,
  `[{"resourceSpans":[${RESOURCE}]},{"resourceSpans":[]}]`,
])('form %#', (text) => {
  const traces = readOtlpJson(parseExactJson(text))
  expect(traces.map((trace) => trace.traceId)).toEqual([TRACE.toLowerCase()])
  const [span] = traces[0]?.spans ?? []
  expect(span).toMatchObject({
    spanId: 'eee19b7ec3c1b174',
    parentSpanId: 'eee19b7ec3c1b173',
    kind: 2,
    startNs: 1544712660000000001n,
    endNs: 1544712661000000002n,
    statusCode: 2,
    statusMessage: 'no',
    resource: { serviceName: 'shop' },
    scope: { name: 'lib', version: '1' },
    events: [{ timeUnixNano: 7n, name: 'e' }],
    links: [{ spanId: 'eee19b7ec3c1b175' }],
  })
  expect(span?.attributes).toEqual([
    { key: 'n', value: { type: 'int', value: 9007199254740993n } },
    { key: 'l', value: { type: 'array', value: [{ type: 'string', value: 'x' }, { type: 'empty' }] } },
  ])
})

test.each([
  ['{"data":[]}', undefined],
  ['{"resourceSpans":{}}', 'resourceSpans'],
  ['{"batches":[{"scopeSpans":[{"spans":[{"spanId":"1"}]}]}]}', 'batches[0].scopeSpans[0].spans[0].spanId'],
])('%s is refused and says where', (text, field) => {
  expect(() => readOtlpJson(parseExactJson(text))).toThrow(expect.objectContaining({ code: 'bad_json', field }))
})
