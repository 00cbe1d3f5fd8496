// POST /api/transform: an OTLP/JSON document as Jaeger's traces, as its UI asks for of files that people open. Stores nothing.

import { SpoorError, toError } from '@spoor/core/base/errors'
import { groupByTrace } from '@spoor/core/formats/trace-file'
import { decodeTraces } from '../../wire/otlp/decode.ts'
import { encodeTraces } from '../../wire/otlp/encode.ts'
import { otlpJsonToProtobuf } from '../../wire/otlp/json.ts'

/** Bytes of a document: it is held several times over while it is turned. */
export const MAX_TRANSFORM_BYTES: number = 16 * 1024 * 1024

/** The document's traces, in the order in which they appear. Throws SpoorError `invalid` in Jaeger's words. */
export function tracesOfDocument(body: unknown): { readonly traceId: string; readonly bytes: Uint8Array }[] {
  const document = Buffer.isBuffer(body) ? body : Buffer.alloc(0)
  try {
    const traces = groupByTrace(decodeTraces(otlpJsonToProtobuf(document)))
    return traces.map(({ traceId, spans }) => ({ traceId, bytes: encodeTraces(spans) }))
  } catch (error) {
    if (!(error instanceof SpoorError) || error.kind !== 'invalid') throw error
    const message = `cannot unmarshal OTLP : ${toError(error).message}`
    throw new SpoorError('invalid', error.code, message, { cause: error })
  }
}
