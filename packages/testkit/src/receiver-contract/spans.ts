// Numbered spans: each carries its number in its span id, so that whoever ends up with a span can say which one it is. The
// encoder is independent of the scanner under test (a general protobuf writer, field numbers from OTLP's own tables).

import { BinaryWriter } from '@bufbuild/protobuf/wire'
import type { SpanBatch } from 'spoor/wire/otlp/span-batch'

export interface NumberedSpan {
  /** From 1 to 2^32 - 1. */
  readonly number: number
  /** With a trace id of zeros, which every receiver must refuse, and only this span of its request. */
  readonly bad: boolean
}

/** Numbers `from` to `from + count - 1`; every `badEvery`th is bad (0: none). */
export function numberedSpans(from: number, count: number, badEvery = 0): readonly NumberedSpan[] {
  return Array.from({ length: count }, (_, i) => {
    const number = from + i
    return { number, bad: badEvery > 0 && number % badEvery === 0 }
  })
}

/** An ExportTraceServiceRequest: one resource, one scope, a span of about 150 bytes for each number. */
export function encodeNumbered(spans: readonly NumberedSpan[], service = 'numbered'): Uint8Array {
  const writer = new BinaryWriter()
  writer.tag(1, 2).fork() // ResourceSpans
  writer.tag(1, 2).fork() // resource
  attribute(writer, 1, 'service.name', service)
  writer.join()
  writer.tag(2, 2).fork() // ScopeSpans
  for (const span of spans) encodeSpan(writer, span)
  return writer.join().join().finish()
}

function encodeSpan(writer: BinaryWriter, { number, bad }: NumberedSpan): void {
  const start = 1_790_000_000_000_000_000n + BigInt(number)
  const traceId = new Uint8Array(16)
  if (!bad) new DataView(traceId.buffer).setUint32(0, 0xabcd0000 + (number % 1000))
  writer.tag(2, 2).fork()
  writer.tag(1, 2).bytes(traceId)
  writer.tag(2, 2).bytes(spanId(number))
  writer.tag(5, 2).string(`operation-${number % 7}`)
  writer.tag(6, 0).int32(2)
  writer.tag(7, 1).fixed64(start)
  writer.tag(8, 1).fixed64(start + 1_000_000n)
  attribute(writer, 9, 'http.request.method', 'GET')
  attribute(writer, 9, 'url.path', `/items/${number}`)
  writer.join()
}

function spanId(number: number): Uint8Array {
  const id = new Uint8Array(8)
  const view = new DataView(id.buffer)
  view.setUint32(0, 0x50000000)
  view.setUint32(4, number)
  return id
}

function attribute(writer: BinaryWriter, field: number, key: string, value: string): void {
  writer.tag(field, 2).fork()
  writer.tag(1, 2).string(key)
  writer.tag(2, 2).fork().tag(1, 2).string(value).join()
  writer.join()
}

/** The number of a row of a scanned batch. */
export function numberOf(batch: SpanBatch, row: number): number {
  // Eight words a span, bytes as on the wire: words 4 and 5 are the span id.
  const view = new DataView(batch.ids.buffer, batch.ids.byteOffset, batch.ids.byteLength)
  return view.getUint32((row * 8 + 5) * 4)
}
