// Numbered spans (spans.ts) in OTLP's JSON: ids in hex, 64-bit integers as text.

import type { NumberedSpan } from './spans.ts'

/** An ExportTraceServiceRequest in JSON with the spans of encodeNumbered. */
export function numberedJson(spans: readonly NumberedSpan[], service = 'numbered'): string {
  const resource = { attributes: [attribute('service.name', service)] }
  return JSON.stringify({ resourceSpans: [{ resource, scopeSpans: [{ spans: spans.map(spanJson) }] }] })
}

function spanJson({ number, bad }: NumberedSpan): object {
  const start = 1_790_000_000_000_000_000n + BigInt(number)
  return {
    traceId: bad ? '0'.repeat(32) : (0xabcd0000 + (number % 1000)).toString(16).padEnd(32, '0'),
    spanId: `50000000${number.toString(16).padStart(8, '0')}`,
    name: `operation-${number % 7}`,
    kind: 2,
    startTimeUnixNano: String(start),
    endTimeUnixNano: String(start + 1_000_000n),
    attributes: [attribute('http.request.method', 'GET'), attribute('url.path', `/items/${number}`)],
  }
}

function attribute(key: string, value: string): object {
  return { key, value: { stringValue: value } }
}
