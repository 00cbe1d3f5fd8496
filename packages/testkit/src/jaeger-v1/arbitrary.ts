// fast-check arbitraries for v1 batches: as the model has them (the parent is a reference), and as clients put the same
// span on the wire.

import * as fc from 'fast-check'
import { keyArbitrary, spanIdArbitrary, textArbitrary, traceIdArbitrary } from '../trace-gen/arbitrary.ts'
import type { V1Batch, V1Log, V1Reference, V1Span, V1Tag } from './model.ts'

const MOST_INT64 = (1n << 63n) - 1n
/** Times that OTLP can hold, in microseconds. */
const MOST_MICROS = ((1n << 64n) - 1n) / 1000n

const longArbitrary = fc.oneof(
  fc.bigInt({ min: -MOST_INT64 - 1n, max: MOST_INT64 }),
  fc.bigInt({ min: -300n, max: 300n }),
  fc.constantFrom(0n, -1n, MOST_INT64, -MOST_INT64 - 1n, 1n << 31n, -(1n << 31n), 1n << 32n, 1n << 53n),
)
const binaryArbitrary = fc.uint8Array({ maxLength: 300 }).map((bytes) => new Uint8Array(bytes))

/** Keys with a meaning of their own, so that no tag may be lost to them. */
const tagKeyArbitrary: fc.Arbitrary<string> = fc.oneof(
  keyArbitrary,
  fc.constantFrom('span.kind', 'error', 'otel.status_code', 'otel.status_description', 'event', 'client-uuid', 'ip'),
)
const tagTextArbitrary: fc.Arbitrary<string> = fc.oneof(
  textArbitrary,
  fc.constantFrom('client', 'server', 'internal', 'ERROR', 'ok', 'true'),
)

export const v1TagArbitrary: fc.Arbitrary<V1Tag> = fc
  .tuple(
    tagKeyArbitrary,
    fc.oneof(
      { weight: 3, arbitrary: tagTextArbitrary.map((value) => ({ type: 'string' as const, value })) },
      fc.boolean().map((value) => ({ type: 'bool' as const, value })),
      longArbitrary.map((value) => ({ type: 'long' as const, value })),
      fc.double().map((value) => ({ type: 'double' as const, value })),
      binaryArbitrary.map((value) => ({ type: 'binary' as const, value })),
    ),
  )
  .map(([key, value]): V1Tag => ({ key, ...value }))

const tagsArbitrary = fc.array(v1TagArbitrary, { maxLength: 20 })
const microsArbitrary = fc.oneof(
  fc.bigInt({ min: 1_787_220_000_000_000n, max: 1_787_220_000_001_000n }),
  fc.bigInt({ min: 0n, max: MOST_MICROS }),
  fc.constantFrom(0n, 1n, 0xffff_ffffn, 1n << 32n, 1n << 53n, MOST_MICROS),
)
const logArbitrary: fc.Arbitrary<V1Log> = fc.record(
  { timestamp: microsArbitrary, fields: fc.array(v1TagArbitrary, { maxLength: 4 }) },
  { noNullPrototype: true },
)

/** References mostly of the span's own trace, often to the same few spans. */
function referencesArbitrary(traceId: string): fc.Arbitrary<V1Reference[]> {
  return fc.array(
    fc.record(
      {
        type: fc.constantFrom('CHILD_OF' as const, 'FOLLOWS_FROM' as const),
        traceId: fc.oneof({ weight: 3, arbitrary: fc.constant(traceId) }, traceIdArbitrary),
        spanId: fc.oneof(fc.constantFrom('00000000000000a1', '00000000000000a2', 'ffffffffffffffff'), spanIdArbitrary),
      },
      { noNullPrototype: true },
    ),
    { maxLength: 4 },
  )
}

/** As the model has it. Start and end lie where OTLP can say them; the end may lie before the start. */
export const v1SpanArbitrary: fc.Arbitrary<V1Span> = traceIdArbitrary.chain((traceId) =>
  fc
    .record(
      {
        traceId: fc.constant(traceId),
        spanId: spanIdArbitrary,
        parentSpanId: fc.constant(''),
        operationName: textArbitrary,
        references: referencesArbitrary(traceId),
        flags: fc.oneof(fc.constantFrom(0, 1, 2, 3, 8, 9, 11, 255, 0xffff_ffff), fc.nat()),
        startTime: microsArbitrary,
        end: microsArbitrary,
        tags: tagsArbitrary,
        logs: fc.array(logArbitrary, { maxLength: 3 }),
      },
      { noNullPrototype: true },
    )
    .map(({ end, ...span }) => ({ ...span, duration: end - span.startTime })),
)

export const v1BatchArbitrary: fc.Arbitrary<V1Batch> = fc.record(
  {
    serviceName: textArbitrary,
    processTags: fc.array(v1TagArbitrary, { maxLength: 5 }),
    spans: fc.array(v1SpanArbitrary, { minLength: 1, maxLength: 4 }),
  },
  { noNullPrototype: true },
)

/** The same batch as clients may send it: a first reference to the parent as reference, as parent field, or as both. */
export function onTheWire(batch: V1Batch, choice: (span: V1Span) => number): V1Batch {
  const spans = batch.spans.map((span): V1Span => {
    const [first, ...rest] = span.references
    const isParent = (other: V1Reference): boolean => other.traceId === span.traceId && other.spanId === first?.spanId
    if (first === undefined || first.type !== 'CHILD_OF' || !isParent(first)) return span
    const form = choice(span)
    if (form === 0) return span
    if (form === 1 || rest.some(isParent)) return { ...span, parentSpanId: first.spanId }
    return { ...span, parentSpanId: first.spanId, references: rest }
  })
  return { ...batch, spans }
}
