// What OTLP answers once a batch went through: empty where every span was stored, else a partial success with how many
// spans were refused and why (ExportTraceServiceResponse of opentelemetry/proto/collector/trace/v1/trace_service.proto).

import { BinaryWriter } from '@bufbuild/protobuf/wire'
import type { IngestResult } from '../../pipeline/ingest.ts'
import { reasonCounts } from '../../pipeline/create-ingest.ts'

const NOTHING = new Uint8Array(0)

/** For people: `3 of 10 spans refused: trace_id_zero (2), span_id_length (1)`. */
export function partialSuccessMessage(result: IngestResult): string {
  const refused = result.refused.length
  const reasons = [...reasonCounts(result.refused)].map(([reason, count]) => `${reason} (${count})`)
  return `${refused} of ${result.stored + refused} spans refused: ${reasons.join(', ')}`
}

export function exportResponse(result: IngestResult): Uint8Array {
  if (result.refused.length === 0) return NOTHING
  const writer = new BinaryWriter()
  writer.tag(1, 2).fork()
  writer.tag(1, 0).int64(result.refused.length)
  writer.tag(2, 2).string(partialSuccessMessage(result))
  return writer.join().finish()
}

export function exportResponseJson(result: IngestResult): string {
  if (result.refused.length === 0) return '{}'
  const rejectedSpans = String(result.refused.length) // 64-bit integers are text in protobuf's JSON
  return JSON.stringify({ partialSuccess: { rejectedSpans, errorMessage: partialSuccessMessage(result) } })
}
