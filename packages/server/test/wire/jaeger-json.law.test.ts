// The law of v1 at its JSON door: what a jaeger-client sent in thrift is what the raw answer says, and what reading that
// answer as a file gives; and the same for OTLP spans that a file brought.

import { readJaegerJson } from '@spoor/core/formats/jaeger-json'
import { parseExactJson } from '@spoor/core/formats/json-fields'
import { v1BatchArbitrary } from '@spoor/testkit/jaeger-v1/arbitrary'
import type { V1Batch, V1Span, V1Tag } from '@spoor/testkit/jaeger-v1/model'
import { v1Batches } from '@spoor/testkit/jaeger-v1/spans'
import { batchBytes } from '@spoor/testkit/jaeger-v1/thrift'
import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { JaegerThriftReader } from '../../src/wire/jaeger/thrift/reader.ts'
import { TraceWriter } from '../../src/wire/jaeger/trace-writer.ts'
import { OtlpBatchBuilder } from '../../src/wire/otlp/batch-builder.ts'
import { decodeSpans } from '../../src/wire/otlp/decode.ts'
import { encodeTraces } from '../../src/wire/otlp/encode.ts'
import { scanOtlp } from '../../src/wire/otlp/scan.ts'

const FORMAT = 'internal.span.format'
const FORMAT_TAG: V1Tag = { key: FORMAT, type: 'string', value: 'jaeger' }

/** The raw JSON of each span's trace, one after another, read as files. */
function throughJson(bytes: Uint8Array): V1Batch[] {
  const spans = decodeSpans(scanOtlp(bytes)).flatMap((span) => {
    const writer = new TraceWriter(1024, undefined)
    writer.trace(span.traceId, encodeTraces([span]))
    return readJaegerJson(parseExactJson(writer.out.take(0).toString())).flatMap((trace) => trace.spans)
  })
  return v1Batches(spans)
}

/** As JSON can say it: no negative duration, no service without a name; and what the server adds. */
function asAnswered(batch: V1Batch): V1Batch[] {
  const serviceName = batch.serviceName === '' ? 'empty-service-name' : batch.serviceName
  return batch.spans.map((span): V1Batch => {
    const own = span.tags.some(({ key }) => key === FORMAT)
    const shown: V1Span = { ...span, duration: span.duration < 0n ? 0n : span.duration }
    return {
      serviceName,
      processTags: batch.processTags,
      spans: [{ ...shown, tags: own ? span.tags : [...span.tags, FORMAT_TAG] }],
    }
  })
}

test('v1 in, v1 JSON out, file in: nothing is lost', () => {
  fc.assert(
    fc.property(v1BatchArbitrary, (batch) => {
      const builder = new OtlpBatchBuilder()
      new JaegerThriftReader(builder).addBatch(batchBytes(batch, 'binary'), 'binary')
      expect(throughJson(builder.finish())).toEqual(asAnswered(batch))
    }),
    { numRuns: 300 },
  )
})

test('a value of 30 KB, integers at the ends, and text of every kind come out as they went in', () => {
  const tags: V1Tag[] = [
    { key: 'long', type: 'string', value: 'ü🚀'.repeat(5000) },
    { key: 'most', type: 'long', value: (1n << 63n) - 1n },
    { key: 'least', type: 'long', value: -(1n << 63n) },
    { key: 'over', type: 'long', value: (1n << 53n) + 1n },
    { key: 'bytes', type: 'binary', value: Uint8Array.from({ length: 30_000 }, (_, i) => i & 255) },
    { key: 'Größe "\\\u0000\u2028<&>', type: 'string', value: '' },
    { key: 'none', type: 'binary', value: new Uint8Array(0) },
  ]
  const span: V1Span = {
    traceId: '00000000000000005a00000000000001',
    spanId: '00000000000000a1',
    parentSpanId: '',
    operationName: 'op',
    references: [],
    flags: 3,
    startTime: 1_787_220_000_000_000n,
    duration: 5n,
    tags,
    logs: [{ timestamp: 1_787_220_000_000_001n, fields: tags }],
  }
  const batch = { serviceName: 'shop', processTags: tags, spans: [span] }
  const builder = new OtlpBatchBuilder()
  new JaegerThriftReader(builder).addBatch(batchBytes(batch, 'binary'), 'binary')
  const bytes = builder.finish()
  expect(throughJson(bytes)).toEqual(asAnswered(batch))
  const writer = new TraceWriter(16, undefined)
  writer.trace(span.traceId, encodeTraces(decodeSpans(scanOtlp(bytes))))
  expect(writer.out.take(0).toString()).toMatch(
    /^{"traceID":"5a00000000000001","spans":\[{"traceID":"5a00000000000001",/,
  )
})
