// What the kill test writes: known on both sides from round and number alone.

import type { Span } from '@spoor/core/model/span'
import { DEFAULT_CONFIG, type SegmentsConfig } from '../../src/storage/segments/config-types.ts'

export const SPANS_PER_BATCH = 25

/** `small`: with heads so small that there is always something to put together. */
export function killConfig(dir: string, small: boolean = false): SegmentsConfig {
  if (small) return { ...DEFAULT_CONFIG, dir, headSpans: 4000, headBytes: 300_000, cacheBytes: 16 << 20 }
  return { ...DEFAULT_CONFIG, dir, headSpans: 4000, headBytes: 8 << 20, cacheBytes: 16 << 20 }
}

function digits(value: number, length: number): string {
  return value.toString(16).padStart(length, '0')
}

export function batchTraceId(round: number, number: number): string {
  return `${digits(round + 1, 16)}${digits(number + 1, 16)}`
}

export function batchSpans(round: number, number: number): Span[] {
  const attributes = [{ key: 'service.name', value: { type: 'string', value: `round-${round}` } }] as const
  const resource = { attributes, droppedAttributesCount: 0, schemaUrl: '', serviceName: `round-${round}` }
  const scope = { name: '', version: '', attributes: [], droppedAttributesCount: 0, schemaUrl: '' }
  const startNs = 1_790_000_000_000_000_000n + BigInt(round) * 1_000_000_000n + BigInt(number)
  return Array.from({ length: SPANS_PER_BATCH }, (_, i) => ({
    traceId: batchTraceId(round, number),
    spanId: digits(i + 1, 16),
    parentSpanId: i === 0 ? '' : digits(1, 16),
    traceState: '',
    flags: 0,
    name: `step ${i % 5}`,
    kind: 1,
    startNs: startNs + BigInt(i),
    endNs: startNs + BigInt(i) + 1000n,
    attributes: [{ key: 'batch', value: { type: 'int' as const, value: BigInt(number) } }],
    droppedAttributesCount: 0,
    events: [],
    droppedEventsCount: 0,
    links: [],
    droppedLinksCount: 0,
    statusCode: 0,
    statusMessage: '',
    resource,
    scope,
  }))
}
