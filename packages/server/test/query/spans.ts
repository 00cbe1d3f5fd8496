// Small spans for tests, and a store of them.

import type { Span } from '@spoor/core/model/span'
import { encodeTraces } from '../../src/wire/otlp/encode.ts'
import { scanOtlp } from '../../src/wire/otlp/scan.ts'
import { ArrayReader, type ArrayReaderOptions } from './array-reader.ts'

/** 2026-08-20T10:00:00Z */
export const T0 = 1_787_220_000_000_000_000n

export function makeSpan(change: Partial<Span> & { readonly service?: string } = {}): Span {
  const { service = 'shop', ...span } = change
  const startNs = span.startNs ?? T0
  return {
    traceId: '5a00000000000001a000000000000001',
    spanId: '00000000000000a1',
    parentSpanId: '',
    traceState: '',
    flags: 0,
    name: 'op',
    kind: 0,
    startNs,
    endNs: startNs + 1_000_000n,
    attributes: [],
    droppedAttributesCount: 0,
    events: [],
    droppedEventsCount: 0,
    links: [],
    droppedLinksCount: 0,
    statusCode: 0,
    statusMessage: '',
    resource: {
      attributes: [{ key: 'service.name', value: { type: 'string', value: service } }],
      droppedAttributesCount: 0,
      schemaUrl: '',
      serviceName: service,
    },
    scope: { name: '', version: '', attributes: [], droppedAttributesCount: 0, schemaUrl: '' },
    ...span,
  }
}

export function traceId(n: number): string {
  return n.toString(16).padStart(32, '5a000000000000010000000000000000')
}

export function spanId(n: number): string {
  return (n + 1).toString(16).padStart(16, '0')
}

export function storeOf(spans: readonly Span[], options: ArrayReaderOptions = {}): ArrayReader {
  const reader = new ArrayReader(options)
  reader.add(scanOtlp(encodeTraces(spans)))
  return reader
}
