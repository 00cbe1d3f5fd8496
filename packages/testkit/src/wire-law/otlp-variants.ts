// The same spans in other valid bytes: fields in any order, padded tags, varints and lengths, unknown fields of every
// wire type, singular fields said twice, messages in parts. What a request means must not hang on any of it.

import type { AnyValue, Attribute, Resource, Scope, Span } from '@spoor/core/model/span'
import type { Random } from '../trace-gen/random.ts'

export interface VariantOptions {
  readonly random: Random
  /** Probabilities from 0 to 1. */
  readonly shuffle: number
  readonly pad: number
  readonly unknown: number
  readonly repeat: number
}

type Payload = { readonly varint: bigint } | { readonly fixed: Uint8Array } | { readonly bytes: Uint8Array }
interface Field {
  readonly number: number
  readonly payload: Payload
  /** Fields of the same number keep their order; singular ones may be said twice. */
  readonly singular: boolean
}

/** A request with one ResourceSpans for neighbours of one resource object, and so for scopes. */
export function encodeVariant(spans: readonly Span[], options: VariantOptions): Uint8Array {
  return new Encoder(options).request(spans)
}

class Encoder {
  private readonly options: VariantOptions

  constructor(options: VariantOptions) {
    this.options = options
  }

  request(spans: readonly Span[]): Uint8Array {
    const groups = groupBy(spans, (span) => span.resource)
    return this.message(groups.map((group) => repeated(1, this.resourceSpans(group))))
  }

  private resourceSpans(spans: readonly Span[]): Uint8Array {
    const resource = spans[0]?.resource
    if (resource === undefined) return new Uint8Array()
    const scopes = groupBy(spans, (span) => span.scope).map((group) => repeated(2, this.scopeSpans(group)))
    return this.message([...this.parts(1, this.resourceFields(resource)), ...scopes, ...text(3, resource.schemaUrl)])
  }

  private scopeSpans(spans: readonly Span[]): Uint8Array {
    const scope = spans[0]?.scope
    if (scope === undefined) return new Uint8Array()
    const list = spans.map((span) => repeated(2, this.span(span)))
    return this.message([...this.parts(1, this.scopeFields(scope)), ...list, ...text(3, scope.schemaUrl)])
  }

  private resourceFields(resource: Resource): Field[] {
    return [...this.attributes(1, resource.attributes), ...varint(2, BigInt(resource.droppedAttributesCount))]
  }

  private scopeFields(scope: Scope): Field[] {
    const { name, version, attributes, droppedAttributesCount } = scope
    return [
      ...text(1, name),
      ...text(2, version),
      ...this.attributes(3, attributes),
      ...varint(4, BigInt(droppedAttributesCount)),
    ]
  }

  private span(span: Span): Uint8Array {
    const events = span.events.map((event) => {
      const own = [...fixed64(1, event.timeUnixNano), ...text(2, event.name), ...this.attributes(3, event.attributes)]
      return repeated(11, this.message([...own, ...varint(4, BigInt(event.droppedAttributesCount))]))
    })
    const links = span.links.map((link) => {
      const ids = [single(1, hex(link.traceId)), single(2, hex(link.spanId)), ...text(3, link.traceState)]
      const rest = [...varint(5, BigInt(link.droppedAttributesCount)), ...fixed32(6, link.flags)]
      return repeated(13, this.message([...ids, ...this.attributes(4, link.attributes), ...rest]))
    })
    const status = [...text(2, span.statusMessage), ...varint(3, BigInt(span.statusCode))]
    return this.message([
      single(1, hex(span.traceId)),
      single(2, hex(span.spanId)),
      ...text(3, span.traceState),
      ...(span.parentSpanId === '' ? [] : [single(4, hex(span.parentSpanId))]),
      ...text(5, span.name),
      ...varint(6, BigInt(span.kind)),
      ...fixed64(7, span.startNs),
      ...fixed64(8, span.endNs),
      ...this.attributes(9, span.attributes),
      ...varint(10, BigInt(span.droppedAttributesCount)),
      ...events,
      ...varint(12, BigInt(span.droppedEventsCount)),
      ...links,
      ...varint(14, BigInt(span.droppedLinksCount)),
      ...(status.length === 0 ? [] : this.parts(15, status)),
      ...fixed32(16, span.flags),
    ])
  }

  private attributes(number: number, attributes: readonly Attribute[]): Field[] {
    return attributes.map((attribute) => repeated(number, this.keyValue(attribute)))
  }

  private keyValue({ key, value }: Attribute): Uint8Array {
    return this.message([...text(1, key), ...this.parts(2, this.valueFields(value))])
  }

  /** One field, but for arrays and maps in parts. */
  private valueFields(value: AnyValue): Field[] {
    switch (value.type) {
      case 'empty':
        return []
      case 'string':
        return [single(1, Buffer.from(value.value))]
      case 'bool':
        return [{ number: 2, payload: { varint: value.value ? 1n : 0n }, singular: true }]
      case 'int':
        return [{ number: 3, payload: { varint: value.value }, singular: true }]
      case 'double': {
        const bytes = Buffer.alloc(8)
        bytes.writeDoubleLE(value.value)
        return [{ number: 4, payload: { fixed: bytes }, singular: true }]
      }
      case 'bytes':
        return [single(7, value.value)]
      case 'array':
        return this.parts(
          5,
          value.value.map((element) => repeated(1, this.message(this.valueFields(element)))),
        )
      case 'map':
        return this.parts(
          6,
          value.value.map((entry) => repeated(1, this.keyValue(entry))),
        )
    }
  }

  /** A singular message field, sometimes said as two messages that merge to it. */
  private parts(number: number, fields: readonly Field[]): Field[] {
    const { random, repeat } = this.options
    const cut = random.chance(repeat) ? random.below(fields.length + 1) : fields.length
    const list = [{ number, payload: { bytes: this.message(fields.slice(0, cut)) }, singular: false }]
    if (cut < fields.length) list.push({ number, payload: { bytes: this.message(fields.slice(cut)) }, singular: false })
    return list
  }

  private message(fields: readonly Field[]): Uint8Array {
    const { random, shuffle, unknown, repeat } = this.options
    let list = [...fields]
    for (const field of fields) if (field.singular && random.chance(repeat)) list.unshift(this.older(field))
    if (random.chance(shuffle)) list = this.mix(list)
    const chunks: Uint8Array[] = []
    for (const field of list) {
      if (random.chance(unknown)) chunks.push(this.unknown(0))
      chunks.push(this.field(field))
    }
    if (random.chance(unknown)) chunks.push(this.unknown(0))
    return Buffer.concat(chunks)
  }

  /** Another value of the same field, to be overruled by the one that follows. */
  private older(field: Field): Field {
    const { payload } = field
    if ('varint' in payload) return { ...field, payload: { varint: payload.varint === 1n ? 0n : 1n } }
    if ('fixed' in payload) return { ...field, payload: { fixed: payload.fixed.map((byte) => byte ^ 0xff) } }
    return { ...field, payload: { bytes: Buffer.from('older') } }
  }

  /** Any order in which fields of one number keep theirs. */
  private mix(fields: readonly Field[]): Field[] {
    const queues = new Map<number, Field[]>()
    for (const field of fields) queues.set(field.number, [...(queues.get(field.number) ?? []), field])
    const mixed: Field[] = []
    while (mixed.length < fields.length) {
      const queue = this.options.random.pick([...queues.values()].filter((list) => list.length > 0))
      const next = queue.shift()
      if (next !== undefined) mixed.push(next)
    }
    return mixed
  }

  private field({ number, payload }: Field): Uint8Array {
    if ('varint' in payload) return Buffer.concat([this.varint(BigInt(number * 8)), this.varint(payload.varint)])
    if ('fixed' in payload) {
      const wire = payload.fixed.length === 8 ? 1 : 5
      return Buffer.concat([this.varint(BigInt(number * 8 + wire)), payload.fixed])
    }
    const { bytes } = payload
    return Buffer.concat([this.varint(BigInt(number * 8 + 2)), this.varint(BigInt(bytes.length)), bytes])
  }

  private varint(value: bigint): Uint8Array {
    const bytes: number[] = []
    let rest = BigInt.asUintN(64, value)
    do {
      bytes.push(Number(rest & 0x7fn) | 0x80)
      rest >>= 7n
    } while (rest > 0n)
    const { random, pad } = this.options
    // A tag has 32 bits and so at most five bytes with most readers; four more are fine for small values.
    if (random.chance(pad)) for (let i = random.below(3); i >= 0 && bytes.length < 10; i--) bytes.push(0x80)
    bytes.push((bytes.pop() ?? 0) & 0x7f)
    return Uint8Array.from(bytes)
  }

  /** A field that no OTLP message has, of any wire type; groups hold more of them. */
  private unknown(depth: number): Uint8Array {
    const { random } = this.options
    const number = 500 + random.below(20_000)
    const tag = (wire: number): Uint8Array => this.varint(BigInt(number * 8 + wire))
    switch (random.below(depth < 3 ? 5 : 4)) {
      case 0:
        return Buffer.concat([tag(0), this.varint(BigInt(random.word()) << 31n)])
      case 1:
        return Buffer.concat([tag(1), Buffer.alloc(8, random.below(256))])
      case 2: {
        const length = random.below(200)
        return Buffer.concat([tag(2), this.varint(BigInt(length)), Buffer.alloc(length, random.below(256))])
      }
      case 3:
        return Buffer.concat([tag(5), Buffer.alloc(4, random.below(256))])
      default:
        return Buffer.concat([tag(3), this.unknown(depth + 1), this.unknown(depth + 1), tag(4)])
    }
  }
}

function groupBy(spans: readonly Span[], key: (span: Span) => Resource | Scope): Span[][] {
  const groups: Span[][] = []
  let last: Resource | Scope | undefined
  for (const span of spans) {
    if (groups.length === 0 || key(span) !== last) groups.push([])
    last = key(span)
    groups.at(-1)?.push(span)
  }
  return groups
}

function hex(id: string): Uint8Array {
  return Buffer.from(id, 'hex')
}

function single(number: number, bytes: Uint8Array): Field {
  return { number, payload: { bytes }, singular: true }
}

function repeated(number: number, bytes: Uint8Array): Field {
  return { number, payload: { bytes }, singular: false }
}

function text(number: number, value: string): Field[] {
  return value === '' ? [] : [single(number, Buffer.from(value))]
}

function varint(number: number, value: bigint): Field[] {
  return value === 0n ? [] : [{ number, payload: { varint: value }, singular: true }]
}

function fixed64(number: number, value: bigint): Field[] {
  if (value === 0n) return []
  const bytes = Buffer.alloc(8)
  bytes.writeBigUInt64LE(value)
  return [{ number, payload: { fixed: bytes }, singular: true }]
}

function fixed32(number: number, value: number): Field[] {
  if (value === 0) return []
  const bytes = Buffer.alloc(4)
  bytes.writeUInt32LE(value)
  return [{ number, payload: { fixed: bytes }, singular: true }]
}
