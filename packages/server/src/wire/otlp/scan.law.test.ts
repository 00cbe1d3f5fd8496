// The laws of the wire: bytes, columns and spans say the same, whoever wrote the bytes and however they ordered and
// padded them.

import { createRandom } from '@spoor/testkit/trace-gen/random'
import { spansArbitrary } from '@spoor/testkit/trace-gen/arbitrary'
import { batchMeaning, checkBounds } from '@spoor/testkit/wire-law/batch-check'
import { oracleDecode, oracleEncode } from '@spoor/testkit/wire-law/otlp-oracle'
import { encodeVariant } from '@spoor/testkit/wire-law/otlp-variants'
import { durationNs, type Attribute, type Span } from '@spoor/core/model/span'
import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { decodeSpans, decodeTraces } from './decode.ts'
import { encodeTraces } from './encode.ts'
import { attributeHashes, hashText, keyHash } from './hash.ts'
import { otlpJsonToProtobuf, spansToOtlpJson } from './json.ts'
import { scanOtlp } from './scan.ts'
import { ROW_IRREGULAR, type SpanBatch } from './span-batch.ts'

const RUNS = { numRuns: 150 }

test('spans come back from their bytes as they were', () => {
  fc.assert(
    fc.property(spansArbitrary, (spans) => {
      const batch = scanOtlp(encodeTraces(spans))
      checkBounds(batch)
      expect(batch.refused).toEqual([])
      expect([...batch.rowFlags]).toEqual(spans.map(() => 0))
      expect(decodeSpans(batch)).toStrictEqual(spans)
    }),
    RUNS,
  )
})

test('spans of one group share their resource and scope objects', () => {
  fc.assert(
    fc.property(spansArbitrary, (spans) => {
      const decoded = decodeTraces(encodeTraces(spans))
      decoded.forEach((span, i) => {
        const next = decoded[i + 1]
        if (next === undefined || spans[i]?.resource !== spans[i + 1]?.resource) return
        expect(next.resource).toBe(span.resource)
        expect(next.scope).toBe(span.scope)
      })
    }),
    RUNS,
  )
})

test('another protobuf library reads what we write and writes what we read', () => {
  fc.assert(
    fc.property(spansArbitrary, (spans) => {
      expect(oracleDecode(encodeTraces(spans))).toStrictEqual(spans)
      expect(decodeTraces(oracleEncode(spans))).toStrictEqual(spans)
    }),
    RUNS,
  )
})

test('OTLP/JSON says the same as OTLP protobuf', () => {
  fc.assert(
    fc.property(spansArbitrary, (spans) => {
      expect(decodeTraces(otlpJsonToProtobuf(spansToOtlpJson(spans)))).toStrictEqual(spans)
    }),
    RUNS,
  )
})

test('the columns say what the spans say', () => {
  fc.assert(
    fc.property(spansArbitrary, (spans) => {
      const batch = scanOtlp(encodeTraces(spans), { tenant: 'a' })
      expect(batch.tenant).toBe('a')
      expect(batch.spanCount).toBe(spans.length)
      spans.forEach((span, row) => expect(columnsOf(batch, row)).toEqual(expectedColumns(span)))
    }),
    RUNS,
  )
})

test('order, padding, unknown fields and repetition change nothing but ROW_IRREGULAR', () => {
  fc.assert(
    fc.property(
      spansArbitrary,
      fc.integer(),
      fc.constantFrom(0, 0.2, 1),
      fc.constantFrom(0, 0.2, 1),
      (spans, seed, pad, odd) => {
        const plain = scanOtlp(
          encodeVariant(spans, { random: createRandom(seed), shuffle: 0, pad: 0, unknown: 0, repeat: 0 }),
        )
        const options = { random: createRandom(seed), shuffle: 0.5, pad, unknown: odd, repeat: odd }
        const variant = scanOtlp(encodeVariant(spans, options))
        checkBounds(variant)
        expect(batchMeaning(variant)).toEqual(batchMeaning(plain))
        expect(decodeSpans(variant)).toStrictEqual(spans)
        if (odd === 1) expect([...variant.rowFlags]).toEqual(spans.map(() => ROW_IRREGULAR))
        if (odd === 0) expect([...variant.rowFlags]).toEqual(spans.map(() => 0))
      },
    ),
    RUNS,
  )
})

test('bytes may lie anywhere in a buffer, shared memory included', () => {
  fc.assert(
    fc.property(spansArbitrary, fc.nat(9), (spans, shift) => {
      const bytes = encodeTraces(spans)
      const expected = batchMeaning(scanOtlp(bytes))
      for (const buffer of [new ArrayBuffer(bytes.length + 16), new SharedArrayBuffer(bytes.length + 16)]) {
        const view = new Uint8Array(buffer, shift, bytes.length)
        view.set(bytes)
        const batch = scanOtlp(view)
        expect(batchMeaning(batch)).toEqual(expected)
        expect(decodeSpans(batch)).toStrictEqual(spans)
      }
    }),
    { numRuns: 50 },
  )
})

function columnsOf(batch: SpanBatch, row: number): unknown {
  const words = (column: Uint32Array): bigint =>
    new BigUint64Array(column.buffer, column.byteOffset, batch.spanCount)[row] ?? -1n
  const group = batch.resources.nameHash[batch.resource[row] ?? 0]
  return {
    ids: Buffer.from(batch.ids.buffer, batch.ids.byteOffset + row * 32, 32).toString('hex'),
    name: Buffer.from(batch.bytes).toString(
      'utf8',
      batch.nameOffset[row],
      (batch.nameOffset[row] ?? 0) + (batch.nameLength[row] ?? 0),
    ),
    nameHash: batch.nameHash[row],
    kind: batch.kind[row],
    status: batch.status[row],
    start: words(batch.start),
    duration: words(batch.duration),
    serviceHash: group,
    hashes: [...batch.hashes.subarray(batch.hashStart[row], batch.hashStart[row + 1])].toSorted((a, b) => a - b),
  }
}

function expectedColumns(span: Span): unknown {
  const byte = (value: number): number => (value < 0 || value > 254 ? 255 : value)
  const names = span.events
    .filter(({ name }) => name !== '')
    .map(({ name }): Attribute => ({ key: 'event', value: { type: 'string', value: name } }))
  const parts = [...span.events, ...span.links].flatMap(({ attributes }) => attributes)
  const attributes = [...span.attributes, ...parts, ...names]
  return {
    ids: span.traceId + span.spanId + span.parentSpanId.padStart(16, '0'),
    name: span.name,
    nameHash: hashText(span.name),
    kind: byte(span.kind),
    status: byte(span.statusCode),
    start: span.startNs,
    duration: durationNs(span),
    serviceHash: keyHash(span.resource.serviceName),
    hashes: attributes.flatMap(({ key, value }) => attributeHashes(key, value)).toSorted((a, b) => a - b),
  }
}
