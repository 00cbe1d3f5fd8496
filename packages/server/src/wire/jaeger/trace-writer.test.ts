// The writer over many spans: what it remembers from one span to the next must never show.

import { BinaryWriter } from '@bufbuild/protobuf/wire'
import type { AnyValue } from '@spoor/core/model/span'
import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { createAdjuster } from '../../query/adjust/trace-shape.ts'
import { encodeTraces } from '../otlp/encode.ts'
import { makeSpan, spanId } from '../../../test/query/spans.ts'
import { TraceWriter, writeAnswer } from './trace-writer.ts'

const adjust = createAdjuster(0)
const TRACE_ID = '5a00000000000001a000000000000001'

interface V1Trace {
  readonly spans: readonly { readonly spanID: string; readonly tags: readonly unknown[] }[]
}

/** With room for all, or with output that has to grow. */
function tagsBySpan(bytes: Uint8Array, capacity = 1 << 16): ReadonlyMap<string, readonly unknown[]> {
  const writer = new TraceWriter(capacity, adjust)
  writer.trace(TRACE_ID, bytes)
  const { spans } = JSON.parse(writer.out.take(0).toString()) as V1Trace
  return new Map(spans.map((span) => [span.spanID, span.tags]))
}

const value: fc.Arbitrary<AnyValue> = fc.oneof(
  fc.constant<AnyValue>({ type: 'empty' }),
  fc
    .constantFrom('', 'a', 'b', '"', 'ü', '0123456789', '0923456789', '0183456789')
    .map((text): AnyValue => ({ type: 'string', value: text })),
  fc.boolean().map((bool): AnyValue => ({ type: 'bool', value: bool })),
  fc.integer({ min: 0, max: 3 }).map((int): AnyValue => ({ type: 'int', value: BigInt(int) })),
)
const key = fc.constantFrom('', 'a', 'ip', 'span.kind', 'error', 'otel.status_code', 'http.route')

test('a span looks the same among others as alone', () => {
  fc.assert(
    fc.property(fc.array(fc.array(fc.record({ key, value }), { maxLength: 6 }), { maxLength: 12 }), (lists) => {
      const spans = lists.map((attributes, i) => makeSpan({ spanId: spanId(i), attributes, kind: 2, statusCode: 2 }))
      const together = tagsBySpan(encodeTraces(spans))
      expect(tagsBySpan(encodeTraces(spans), 16)).toEqual(together)
      for (const span of spans)
        expect(together.get(span.spanId)).toEqual(tagsBySpan(encodeTraces([span])).get(span.spanId))
    }),
    { numRuns: 300 },
  )
})

test('an attribute of no bytes at all is one with an empty key and value', () => {
  const writer = new BinaryWriter()
  writer.tag(1, 2).fork().tag(2, 2).fork().tag(2, 2).fork()
  writer.tag(9, 2).fork().tag(1, 2).string('a').join()
  writer.tag(9, 2).bytes(new Uint8Array(0)).tag(9, 2).bytes(new Uint8Array(0))
  const tags = [...tagsBySpan(writer.join().join().join().finish()).values()][0]
  const empty = { key: '', type: 'string', value: '' }
  expect(tags?.slice(0, 3)).toEqual([{ ...empty, key: 'a' }, empty, empty])
})

test('a large trace comes in pieces that together are the answer', () => {
  const pad = 'x'.repeat(700)
  const spans = Array.from({ length: 5000 }, (_, i) =>
    makeSpan({
      spanId: spanId(i),
      attributes: ['same', pad].map((text) => ({ key: 'pad', value: { type: 'string', value: text } })),
    }),
  )
  const pieces = [...writeAnswer([{ traceId: TRACE_ID, bytes: encodeTraces(spans) }], { adjust, errors: [] })]
  expect(pieces.length).toBeGreaterThan(4)
  expect(Math.max(...pieces.map((piece) => piece.length))).toBeLessThan(1.5 * 2 ** 20)
  const { data } = JSON.parse(Buffer.concat(pieces).toString()) as { readonly data: readonly V1Trace[] }
  expect(data[0]?.spans.map((span) => span.spanID)).toEqual(spans.map((span) => span.spanId))
  expect(data[0]?.spans.every((span) => JSON.stringify(span.tags).includes(pad) && span.tags.length === 3)).toBe(true)
})

test('stored bytes that are damaged are our fault, not the asker’s', () => {
  const bytes = encodeTraces([makeSpan()])
  const writer = new TraceWriter(16, adjust)
  expect(() => writer.trace(TRACE_ID, bytes.subarray(0, bytes.length - 3))).toThrow(
    expect.objectContaining({ kind: 'internal', code: 'stored_bytes' }),
  )
})
