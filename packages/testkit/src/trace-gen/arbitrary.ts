// fast-check arbitraries for the model: every attribute type, nested arrays and maps, bytes, empty and non-ASCII names,
// duplicate keys, 64-bit trace ids, events, links, nanoseconds, dropped counts, flags, NaN and the ends of every integer.

import { toHex } from '@spoor/core/base/bytes'
import type { AnyValue, Attribute, Resource, Scope, Span, SpanEvent, SpanLink } from '@spoor/core/model/span'
import * as fc from 'fast-check'

const MOST_UINT32 = 0xffff_ffff
const MOST_UINT64 = (1n << 64n) - 1n

/** Well-formed text, often short, often empty, sometimes over 127 bytes. */
export const textArbitrary: fc.Arbitrary<string> = fc.oneof(
  fc.constantFrom('', 'a', 'true', '500', '-0', 'NaN', 'größe', '名前', '🙂', '\u0000', '\ufeffbom', '<&>\u2028'),
  fc.string({ unit: 'binary', maxLength: 20 }),
  fc.string({ unit: 'grapheme-ascii', maxLength: 20 }),
  fc.string({ unit: 'grapheme-ascii', minLength: 120, maxLength: 200 }),
)

export const keyArbitrary: fc.Arbitrary<string> = fc.oneof(
  fc.constantFrom('', 'a', 'b', 'a.b', 'error', 'event', 'span.kind', 'http.status_code', 'service.name'),
  textArbitrary,
)

const intArbitrary = fc.oneof(
  fc.bigInt({ min: -(1n << 63n), max: (1n << 63n) - 1n }),
  fc.bigInt({ min: -300n, max: 300n }),
  fc.constantFrom(0n, -1n, (1n << 63n) - 1n, -(1n << 63n), 1n << 53n, 0x8000_0000n, -0x8000_0000n),
)

const doubleArbitrary = fc.oneof(
  fc.double(),
  fc.constantFrom(0, -0, 500, 1e21, 1e-7, Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY),
)

// A copy of fast-check's array as a plain Uint8Array: deep equality then compares like with like.
const bytesArbitrary = fc.uint8Array({ maxLength: 150 }).map((bytes) => new Uint8Array(bytes))

export const plainValueArbitrary: fc.Arbitrary<AnyValue> = fc.oneof(
  { weight: 4, arbitrary: textArbitrary.map((value): AnyValue => ({ type: 'string', value })) },
  { weight: 2, arbitrary: intArbitrary.map((value): AnyValue => ({ type: 'int', value })) },
  { weight: 2, arbitrary: doubleArbitrary.map((value): AnyValue => ({ type: 'double', value })) },
  fc.boolean().map((value): AnyValue => ({ type: 'bool', value })),
  bytesArbitrary.map((value): AnyValue => ({ type: 'bytes', value })),
  fc.constant<AnyValue>({ type: 'empty' }),
)

/** Arrays and maps nest up to five deep. */
export const anyValueArbitrary: fc.Arbitrary<AnyValue> = fc.letrec<{ value: AnyValue; attribute: Attribute }>(
  (tie) => ({
    value: fc.oneof(
      { maxDepth: 5, depthIdentifier: 'value' },
      { weight: 6, arbitrary: plainValueArbitrary },
      fc.array(tie('value'), { maxLength: 4 }).map((value): AnyValue => ({ type: 'array', value })),
      fc.array(tie('attribute'), { maxLength: 4 }).map((value): AnyValue => ({ type: 'map', value })),
    ),
    attribute: fc.record({ key: keyArbitrary, value: tie('value') }, { noNullPrototype: true }),
  }),
).value

export const attributeArbitrary: fc.Arbitrary<Attribute> = fc.record(
  { key: keyArbitrary, value: anyValueArbitrary },
  { noNullPrototype: true },
)

const attributesArbitrary = fc.array(attributeArbitrary, { maxLength: 5 })
const countArbitrary = fc.oneof(fc.constant(0), fc.constantFrom(1, 127, 128, MOST_UINT32), fc.nat())

/** Of Resource's rule: the first attribute `service.name`, if it is a string. */
export function serviceNameOf(attributes: readonly Attribute[]): string {
  const found = attributes.find(({ key }) => key === 'service.name')?.value
  return found?.type === 'string' ? found.value : ''
}

export const resourceArbitrary: fc.Arbitrary<Resource> = fc
  .record(
    { attributes: attributesArbitrary, droppedAttributesCount: countArbitrary, schemaUrl: textArbitrary },
    { noNullPrototype: true },
  )
  .map((resource) => ({ ...resource, serviceName: serviceNameOf(resource.attributes) }))

export const scopeArbitrary: fc.Arbitrary<Scope> = fc.record(
  {
    name: textArbitrary,
    version: textArbitrary,
    attributes: attributesArbitrary,
    droppedAttributesCount: countArbitrary,
    schemaUrl: textArbitrary,
  },
  { noNullPrototype: true },
)

function idArbitrary(length: number): fc.Arbitrary<string> {
  return fc
    .uint8Array({ minLength: length, maxLength: length })
    .filter((bytes) => bytes.some((byte) => byte !== 0))
    .map(toHex)
}

/** 128-bit and, as jaeger-client makes them, 64-bit ids. */
export const traceIdArbitrary: fc.Arbitrary<string> = fc.oneof(
  idArbitrary(16),
  idArbitrary(8).map((id) => '0'.repeat(16) + id),
)
export const spanIdArbitrary: fc.Arbitrary<string> = idArbitrary(8)

/** Unix ns: around now, at the ends, and equal ones. */
export const timeArbitrary: fc.Arbitrary<bigint> = fc.oneof(
  fc.bigInt({ min: 1_787_220_000_000_000_000n, max: 1_787_220_000_000_001_000n }),
  fc.bigInt({ min: 0n, max: MOST_UINT64 }),
  fc.constantFrom(0n, 1n, 0xffff_ffffn, 0x1_0000_0000n, MOST_UINT64),
)

const eventArbitrary: fc.Arbitrary<SpanEvent> = fc.record(
  {
    timeUnixNano: timeArbitrary,
    name: textArbitrary,
    attributes: attributesArbitrary,
    droppedAttributesCount: countArbitrary,
  },
  { noNullPrototype: true },
)

const flagsArbitrary = fc.constantFrom(0, 1, 257, 0x300, MOST_UINT32)

const linkArbitrary: fc.Arbitrary<SpanLink> = fc.record(
  {
    traceId: traceIdArbitrary,
    spanId: spanIdArbitrary,
    traceState: textArbitrary,
    attributes: attributesArbitrary,
    droppedAttributesCount: countArbitrary,
    flags: flagsArbitrary,
  },
  { noNullPrototype: true },
)

/** A span in a given resource and scope. */
export function spanArbitrary(resource: Resource, scope: Scope): fc.Arbitrary<Span> {
  return fc.record(
    {
      traceId: traceIdArbitrary,
      spanId: spanIdArbitrary,
      parentSpanId: fc.oneof(fc.constant(''), spanIdArbitrary),
      traceState: textArbitrary,
      flags: flagsArbitrary,
      name: textArbitrary,
      kind: fc.oneof(fc.nat(5), fc.constantFrom(99, 254, 255, 256, -1, 0x7fff_ffff)),
      startNs: timeArbitrary,
      endNs: timeArbitrary,
      attributes: attributesArbitrary,
      droppedAttributesCount: countArbitrary,
      events: fc.array(eventArbitrary, { maxLength: 3 }),
      droppedEventsCount: countArbitrary,
      links: fc.array(linkArbitrary, { maxLength: 2 }),
      droppedLinksCount: countArbitrary,
      statusCode: fc.oneof(fc.nat(2), fc.constantFrom(3, 254, 300, -1)),
      statusMessage: textArbitrary,
      resource: fc.constant(resource),
      scope: fc.constant(scope),
    },
    { noNullPrototype: true },
  )
}

/** Spans as they come in one request: neighbours share resource and scope objects. */
export const spansArbitrary: fc.Arbitrary<Span[]> = fc
  .array(
    fc
      .tuple(resourceArbitrary, scopeArbitrary)
      .chain(([resource, scope]) => fc.array(spanArbitrary(resource, scope), { minLength: 1, maxLength: 3 })),
    { maxLength: 3 },
  )
  .map((groups) => groups.flat())
