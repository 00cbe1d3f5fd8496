// The law of the v1 dialect: what a client sends in thrift, by either protocol and in whatever form, is what a v1 door can
// say again; and how packets gather in one builder.

import { packetBytes, batchBytes } from '@spoor/testkit/jaeger-v1/thrift'
import { onTheWire, v1BatchArbitrary } from '@spoor/testkit/jaeger-v1/arbitrary'
import { v1Batches } from '@spoor/testkit/jaeger-v1/spans'
import type { V1Batch } from '@spoor/testkit/jaeger-v1/model'
import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { OtlpBatchBuilder } from '../../otlp/batch-builder.ts'
import { decodeSpans } from '../../otlp/decode.ts'
import { ROW_IRREGULAR } from '../../otlp/span-batch.ts'
import { scanOtlp } from '../../otlp/scan.ts'
import { JaegerThriftReader, type ThriftProtocol } from './reader.ts'

const protocolArbitrary = fc.constantFrom<ThriftProtocol>('compact', 'binary')

function readBack(bytes: Uint8Array): V1Batch[] {
  const batch = scanOtlp(bytes)
  expect(batch.refused).toEqual([])
  const regular = batch.rowFlags.subarray(0, batch.spanCount)
  expect(regular.every((flags) => (flags & ROW_IRREGULAR) === 0)).toBe(true)
  return v1Batches(decodeSpans(batch))
}

test('what a jaeger-client sent is what a v1 door can say', () => {
  const forms = fc.infiniteStream(fc.nat(2))
  fc.assert(
    fc.property(v1BatchArbitrary, protocolArbitrary, fc.boolean(), forms, (batch, protocol, isPacket, form) => {
      const builder = new OtlpBatchBuilder()
      const reader = new JaegerThriftReader(builder)
      const sent = onTheWire(batch, () => Number(form.next().value))
      if (isPacket) reader.addPacket(packetBytes(sent, protocol), protocol)
      else reader.addBatch(batchBytes(sent, protocol), protocol)
      expect(readBack(builder.finish())).toEqual([batch])
    }),
    { numRuns: 300 },
  )
})

test('packets of both protocols gather in one builder, which serves again after clear()', () => {
  const builder = new OtlpBatchBuilder()
  const reader = new JaegerThriftReader(builder)
  const packets = fc.array(fc.tuple(v1BatchArbitrary, protocolArbitrary), { minLength: 1, maxLength: 4 })
  fc.assert(
    fc.property(packets, (list) => {
      builder.clear()
      let spanCount = 0
      for (const [batch, protocol] of list) {
        spanCount += reader.addPacket(packetBytes(batch, protocol), protocol).spanCount
      }
      expect(builder.spanCount).toBe(spanCount)
      expect(readBack(builder.view())).toEqual(list.map(([batch]) => batch))
    }),
    { numRuns: 60 },
  )
})
