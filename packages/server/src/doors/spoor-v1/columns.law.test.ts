// One trace, two ways: from the store's bytes (this folder) and from spans (core/src/api, for files that are opened in the
// browser). Whatever the spans, both show the same.

import { makeTraceColumns } from '@spoor/core/api/make-trace-columns'
import { makeTraceSummary } from '@spoor/core/api/make-trace-summary'
import {
  decodeTraceColumns,
  encodeTraceColumns,
  FLAG_DEBUG,
  FLAG_ERROR,
  FLAG_LINKS,
  LINK_CHILD_OF,
  LINK_FOLLOWS_FROM,
  LINK_UNTYPED,
} from '@spoor/core/api/trace-columns'
import { FLAGS_ATTRIBUTE } from '@spoor/core/model/internal-attributes'
import { adjustSpans } from '@spoor/core/model/adjust-spans'
import { EMPTY_SPAN, type Attribute, type Span } from '@spoor/core/model/span'
import { spansArbitrary } from '@spoor/testkit/trace-gen/arbitrary'
import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { createAdjuster } from '../../query/adjust/trace-shape.ts'
import { decodeTraces } from '../../wire/otlp/decode.ts'
import { encodeTraces } from '../../wire/otlp/encode.ts'
import { traceColumns } from './columns.ts'
import { Summarizer } from './summary.ts'

const TRACE_ID = '4bf92f3577b34da6a3ce929d0e0e4736'
const MAX_SKEW_NS = 1e9
const REF_TYPE = 'opentracing.ref_type'
const TYPES: readonly Attribute[][] = [
  [],
  [{ key: REF_TYPE, value: { type: 'string', value: 'child_of' } }],
  [{ key: REF_TYPE, value: { type: 'string', value: 'follows_from' } }],
  [{ key: REF_TYPE, value: { type: 'int', value: 7n } }],
]
const flags = fc.oneof(fc.constant([]), fc.constantFrom(1n, 2n, 3n, 8n, 10n).map(flagsAttribute))

function flagsAttribute(value: bigint): Attribute[] {
  return [{ key: FLAGS_ATTRIBUTE, value: { type: 'int', value } }]
}

function expectSame(spans: readonly Span[]): void {
  const bytes = encodeTraces(spans)
  const decoded = decodeTraces(bytes)
  expect(decoded.length).toBe(spans.length)
  expect(makeTraceColumns(TRACE_ID, decoded)).toEqual(traceColumns(TRACE_ID, bytes))
  const adjusted = makeTraceColumns(TRACE_ID, decoded, adjustSpans(decoded, MAX_SKEW_NS))
  expect(adjusted).toEqual(traceColumns(TRACE_ID, bytes, createAdjuster(MAX_SKEW_NS)(bytes)))
  const chunk = { traceId: TRACE_ID, bytes, spanCount: spans.length }
  expect(makeTraceSummary(TRACE_ID, decoded)).toEqual(new Summarizer().summarize(chunk))
}

test('columns and summaries of any spans are the same from bytes and from spans', () => {
  const trace = fc.tuple(spansArbitrary, flags).map(([spans, extra]) =>
    spans.map((span, i) => ({
      ...span,
      traceId: TRACE_ID,
      // Some with a parent that is there, some that make a cycle.
      parentSpanId: i % 3 === 1 ? (spans[i + 1]?.spanId ?? spans[0]?.spanId ?? '') : span.parentSpanId,
      attributes: [...span.attributes, ...extra],
      links: span.links.map((link, at) => ({ ...link, attributes: [...link.attributes, ...(TYPES[at % 4] ?? [])] })),
    })),
  )
  fc.assert(fc.property(trace, expectSame))
})

test('errors, links and debug become flags', () => {
  const flagged = (part: Partial<Span>): number | undefined =>
    makeTraceColumns(TRACE_ID, [{ ...EMPTY_SPAN, spanId: '00000000000000a1', ...part }]).flags[0]
  expect(flagged({})).toBe(0)
  expect(flagged({ statusCode: 2 })).toBe(FLAG_ERROR)
  expect(flagged({ attributes: [{ key: 'error', value: { type: 'string', value: 'true' } }] })).toBe(FLAG_ERROR)
  expect(flagged({ attributes: flagsAttribute(3n) })).toBe(FLAG_DEBUG)
  expect(flagged({ attributes: flagsAttribute(1n) })).toBe(0)
  const link = { traceId: TRACE_ID, spanId: '00000000000000a2', traceState: '', attributes: [], flags: 0 }
  expect(flagged({ links: [{ ...link, droppedAttributesCount: 0 }] })).toBe(FLAG_LINKS)
})

test('links keep where they lead and what they are, through the bytes of an answer', () => {
  const linkOf = (traceId: string, spanId: string, attributes: Attribute[]): Span['links'][number] => ({
    traceId,
    spanId,
    traceState: '',
    attributes,
    flags: 0,
    droppedAttributesCount: 0,
  })
  const other = '000000000000000000000000000000ab'
  const links = TYPES.map((type, i) => linkOf(i % 2 === 0 ? TRACE_ID : other, `00000000000000a${i}`, type))
  const span = (id: string, part: Partial<Span>): Span => ({ ...EMPTY_SPAN, traceId: TRACE_ID, spanId: id, ...part })
  const spans = [span('00000000000000f1', {}), span('00000000000000f2', { links })]
  const sent = encodeTraceColumns(traceColumns(TRACE_ID, encodeTraces(spans)))
  const columns = decodeTraceColumns(sent.buffer as ArrayBuffer)
  expect([...columns.linkStart]).toEqual([0, 0, 4])
  expect([...columns.linkKind]).toEqual([LINK_UNTYPED, LINK_CHILD_OF, LINK_FOLLOWS_FROM, LINK_FOLLOWS_FROM])
  const ids = Buffer.from(columns.linkIds).toString('hex')
  expect(ids).toBe(links.map((link) => link.traceId + link.spanId).join(''))
})
