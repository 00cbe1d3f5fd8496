// What the simulation writes. Each batch has services and a span name of its own, so that counts and calls between services
// say of each batch whether it was counted, and how often.

import { EMPTY_SPAN, type Attribute, type Resource, type Span } from '@spoor/core/model/span'
import { throughWire } from '@spoor/testkit/storage-contract/write'
import type { Random } from '@spoor/testkit/trace-gen/random'
import { encodeTraces } from '../../src/wire/otlp/encode.ts'

export const TENANTS = ['', 'blue', 'green'] as const

export interface Batch {
  readonly number: number
  readonly tenant: string
  /** Of its own spans; one more may be of the trace of `after`. */
  readonly traceId: string
  /** A batch that its first span continues. */
  readonly after: Batch | undefined
  /** As a store gives them back. */
  readonly spans: readonly Span[]
  readonly bytes: Uint8Array
  readonly sentMs: number
}

function hex(value: number, digits: number): string {
  return value.toString(16).padStart(digits, '0')
}

function service(name: string): Resource {
  const attributes: Attribute[] = [{ key: 'service.name', value: { type: 'string', value: name } }]
  return { ...EMPTY_SPAN.resource, attributes, serviceName: name }
}

/** Calls from `caller` to `callee`, and one from the batch before, where there is one. */
export function namesOf(number: number): { readonly caller: string; readonly callee: string; readonly name: string } {
  return { caller: `caller ${number}`, callee: `callee ${number}`, name: `op ${number}` }
}

export function makeBatch(random: Random, number: number, after: Batch | undefined, nowMs: number): Batch {
  const tenant = after?.tenant ?? random.pick(TENANTS)
  const { caller, callee, name } = namesOf(number)
  const traceId = hex(0xace, 16) + hex(number + 1, 16)
  // Now and then from a clock that is days behind.
  const startMs = nowMs - random.below(5000) - (random.chance(0.1) ? 172_800_000 : 0)
  const failed = random.chance(0.3)
  const spans: Span[] = Array.from({ length: 3 + random.below(7) }, (_, i) => {
    const startNs = BigInt(startMs + i) * 1_000_000n
    return {
      ...EMPTY_SPAN,
      traceId,
      spanId: hex((number + 1) * 256 + i, 16),
      parentSpanId: i === 0 ? '' : hex((number + 1) * 256, 16),
      name,
      kind: 1,
      startNs,
      endNs: startNs + BigInt(random.below(1_000_000)),
      statusCode: failed && i === 1 ? 2 : 0,
      attributes: [
        { key: 'n', value: { type: 'int', value: BigInt(number * 1000 + i) } },
        { key: 'text', value: { type: 'string', value: 'x'.repeat(random.below(60)) } },
      ],
      resource: service(i === 0 ? caller : callee),
    }
  })
  const first = spans[0]
  if (after !== undefined && first !== undefined) {
    const parent = after.spans[0]
    spans.push({
      ...first,
      spanId: hex((number + 1) * 256 + 255, 16),
      traceId: after.traceId,
      parentSpanId: parent?.spanId ?? '',
    })
  }
  const bytes = encodeTraces(spans)
  return { number, tenant, traceId, after, spans: throughWire(spans), bytes, sentMs: nowMs }
}

export function keyOf(tenant: string, { traceId, spanId }: Span): string {
  return `${tenant}/${traceId}/${spanId}`
}
