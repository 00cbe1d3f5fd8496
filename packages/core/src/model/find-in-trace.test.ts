// Find in a trace as jaeger-ui has it: any word, in tags, logs and the process too; `-key` leaves a key out.

import { expect, test } from 'vitest'
import { NO_ADJUSTMENTS } from './adjust.ts'
import { findInTrace, findTerms } from './find-in-trace.ts'
import { EMPTY_SPAN, type Attribute, type Span } from './span.ts'

const text = (key: string, value: string): Attribute => ({ key, value: { type: 'string', value } })
const span = (id: number, part: Partial<Span>): Span => ({ ...EMPTY_SPAN, spanId: `00000000000000a${id}`, ...part })
const event = { timeUnixNano: 0n, name: 'retry', attributes: [text('reason', 'Größe passt nicht')] }
const SPANS: Span[] = [
  span(0, { name: 'GET /cart', attributes: [text('http.method', 'GET'), text('note', 'x')] }),
  span(1, { events: [{ ...event, droppedAttributesCount: 0 }] }),
  span(2, {
    resource: { ...EMPTY_SPAN.resource, serviceName: 'shop', attributes: [text('ip', '10.0.0.7')] },
    attributes: [{ key: 'port', value: { type: 'int', value: 9007199254740993n } }],
  }),
  span(3, { attributes: [{ key: 'raw', value: { type: 'bytes', value: Uint8Array.of(0xde, 0xad) } }] }),
  span(4, { statusCode: 2, statusMessage: 'Limit reached', attributes: [text('retry', 'yes')] }),
]
const found = (query: string): number[] => findInTrace(SPANS, query, NO_ADJUSTMENTS).map((id) => Number(id.at(-1)))

test.each([
  ['"nothing like it"', []],
  ['', []],
  ['-note', []],
  ['cart', [0]],
  ['http.method=get', [0]],
  ['"größe passt"', [1]],
  ['10.0.0.7', [2]],
  ['9007199254740993', [2]],
  ['dead', [3]],
  ['3q0=', [3]],
  ['limit x', [0, 4]],
  ['limit x -note', [4]],
  ['retry', [1, 4]],
  ['retry -retry', [1]],
  ['00000000000000a3', [3]],
])('%j finds %j', (query, ids) => {
  expect(found(query)).toEqual(ids)
})

test('as the trace is adjusted: copies are left out, ids are the new ones', () => {
  const change = { shiftNs: 0, warnings: [] }
  const spans = new Map([
    [1, { ...change, dropped: true }],
    [4, { ...change, dropped: false, spanId: '0000000000000001' }],
  ])
  expect(findInTrace(SPANS, 'retry', { ...NO_ADJUSTMENTS, spans })).toEqual(['0000000000000001'])
})

test('words and keys: quotes keep spaces, a lone quote is a letter, there are at most 32', () => {
  expect(findTerms('a "b c"  D" -Key "-x" -').terms).toEqual(['a', 'b c', 'd"', '-x', '-'])
  expect([...findTerms('a -Key').without]).toEqual(['key'])
  expect(findTerms('x '.repeat(100)).terms).toHaveLength(32)
})
