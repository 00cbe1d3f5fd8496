// OTLP read and written by another library (protobufjs), from field numbers alone: the oracle for our scanner, decoder
// and encoder. Shares no code with them. Numbers from opentelemetry-proto v1.

import { toHex } from '@spoor/core/base/bytes'
import type { AnyValue, Attribute, Span } from '@spoor/core/model/span'
import protobuf from 'protobufjs'

type FieldTable = { readonly [name: string]: readonly [type: string, number: number, rule?: 'repeated'] }

function message(fields: FieldTable, oneof?: string): protobuf.IType {
  const entries = Object.entries(fields).map(([name, [type, id, rule]]) => [
    name,
    rule === undefined ? { type, id } : { type, id, rule },
  ])
  const list = Object.fromEntries(entries) as { [name: string]: protobuf.IField }
  return oneof === undefined ? { fields: list } : { fields: list, oneofs: { [oneof]: { oneof: Object.keys(fields) } } }
}

const DESCRIPTOR: protobuf.INamespace = {
  nested: {
    TracesData: message({ resourceSpans: ['ResourceSpans', 1, 'repeated'] }),
    ResourceSpans: message({
      resource: ['Resource', 1],
      scopeSpans: ['ScopeSpans', 2, 'repeated'],
      schemaUrl: ['string', 3],
    }),
    Resource: message({ attributes: ['KeyValue', 1, 'repeated'], droppedAttributesCount: ['uint32', 2] }),
    ScopeSpans: message({ scope: ['Scope', 1], spans: ['Span', 2, 'repeated'], schemaUrl: ['string', 3] }),
    Scope: message({
      name: ['string', 1],
      version: ['string', 2],
      attributes: ['KeyValue', 3, 'repeated'],
      droppedAttributesCount: ['uint32', 4],
    }),
    Span: message({
      traceId: ['bytes', 1],
      spanId: ['bytes', 2],
      traceState: ['string', 3],
      parentSpanId: ['bytes', 4],
      name: ['string', 5],
      kind: ['int32', 6],
      startTimeUnixNano: ['fixed64', 7],
      endTimeUnixNano: ['fixed64', 8],
      attributes: ['KeyValue', 9, 'repeated'],
      droppedAttributesCount: ['uint32', 10],
      events: ['Event', 11, 'repeated'],
      droppedEventsCount: ['uint32', 12],
      links: ['Link', 13, 'repeated'],
      droppedLinksCount: ['uint32', 14],
      status: ['Status', 15],
      flags: ['fixed32', 16],
    }),
    Event: message({
      timeUnixNano: ['fixed64', 1],
      name: ['string', 2],
      attributes: ['KeyValue', 3, 'repeated'],
      droppedAttributesCount: ['uint32', 4],
    }),
    Link: message({
      traceId: ['bytes', 1],
      spanId: ['bytes', 2],
      traceState: ['string', 3],
      attributes: ['KeyValue', 4, 'repeated'],
      droppedAttributesCount: ['uint32', 5],
      flags: ['fixed32', 6],
    }),
    Status: message({ message: ['string', 2], code: ['int32', 3] }),
    KeyValue: message({ key: ['string', 1], value: ['AnyValue', 2] }),
    AnyValue: message(
      {
        stringValue: ['string', 1],
        boolValue: ['bool', 2],
        intValue: ['int64', 3],
        doubleValue: ['double', 4],
        arrayValue: ['ArrayValue', 5],
        kvlistValue: ['KeyValueList', 6],
        bytesValue: ['bytes', 7],
      },
      'value',
    ),
    ArrayValue: message({ values: ['AnyValue', 1, 'repeated'] }),
    KeyValueList: message({ values: ['KeyValue', 1, 'repeated'] }),
  },
}

const TracesData = protobuf.Root.fromJSON(DESCRIPTOR).lookupType('TracesData')

interface Plain {
  readonly [name: string]: unknown
}

/** The request in which every span stands in a ResourceSpans of its own. */
export function oracleEncode(spans: readonly Span[]): Uint8Array {
  const resourceSpans = spans.map((span) => ({
    resource: {
      attributes: plainAttributes(span.resource.attributes),
      droppedAttributesCount: span.resource.droppedAttributesCount,
    },
    schemaUrl: span.resource.schemaUrl,
    scopeSpans: [
      {
        scope: {
          name: span.scope.name,
          version: span.scope.version,
          attributes: plainAttributes(span.scope.attributes),
          droppedAttributesCount: span.scope.droppedAttributesCount,
        },
        schemaUrl: span.scope.schemaUrl,
        spans: [plainSpan(span)],
      },
    ],
  }))
  return new Uint8Array(TracesData.encode(TracesData.fromObject({ resourceSpans })).finish())
}

function hexBytes(hex: string): Uint8Array {
  return Buffer.from(hex, 'hex')
}

function plainSpan(span: Span): Plain {
  return {
    traceId: hexBytes(span.traceId),
    spanId: hexBytes(span.spanId),
    traceState: span.traceState,
    parentSpanId: hexBytes(span.parentSpanId),
    name: span.name,
    kind: span.kind,
    startTimeUnixNano: span.startNs.toString(),
    endTimeUnixNano: span.endNs.toString(),
    attributes: plainAttributes(span.attributes),
    droppedAttributesCount: span.droppedAttributesCount,
    events: span.events.map((event) => ({
      ...event,
      timeUnixNano: event.timeUnixNano.toString(),
      attributes: plainAttributes(event.attributes),
    })),
    droppedEventsCount: span.droppedEventsCount,
    links: span.links.map((link) => ({
      ...link,
      traceId: hexBytes(link.traceId),
      spanId: hexBytes(link.spanId),
      attributes: plainAttributes(link.attributes),
    })),
    droppedLinksCount: span.droppedLinksCount,
    status: { code: span.statusCode, message: span.statusMessage },
    flags: span.flags,
  }
}

function plainAttributes(attributes: readonly Attribute[]): Plain[] {
  return attributes.map(({ key, value }) => ({ key, value: plainValue(value) }))
}

function plainValue(value: AnyValue): Plain {
  switch (value.type) {
    case 'empty':
      return {}
    case 'string':
      return { stringValue: value.value }
    case 'bool':
      return { boolValue: value.value }
    case 'int':
      return { intValue: value.value.toString() }
    case 'double':
      return { doubleValue: value.value }
    case 'bytes':
      return { bytesValue: value.value }
    case 'array':
      return { arrayValue: { values: value.value.map(plainValue) } }
    case 'map':
      return { kvlistValue: { values: plainAttributes(value.value) } }
  }
}

/** The spans of a request as this library understands them, every span with Resource and Scope objects of its own. */
export function oracleDecode(bytes: Uint8Array): Span[] {
  const object = TracesData.toObject(TracesData.decode(bytes), { longs: String, defaults: true, bytes: Uint8Array })
  const spans: Span[] = []
  for (const resourceSpans of children(object, 'resourceSpans')) {
    const resource = child(resourceSpans, 'resource')
    for (const scopeSpans of children(resourceSpans, 'scopeSpans')) {
      const scope = child(scopeSpans, 'scope')
      for (const span of children(scopeSpans, 'spans'))
        spans.push(modelSpan(span, resource, resourceSpans, scope, scopeSpans))
    }
  }
  return spans
}

function children(object: Plain, name: string): Plain[] {
  return (object[name] ?? []) as Plain[]
}

function child(object: Plain, name: string): Plain {
  return (object[name] ?? {}) as Plain
}

function textOf(object: Plain, name: string): string {
  return (object[name] ?? '') as string
}

function numberOf(object: Plain, name: string): number {
  return (object[name] ?? 0) as number
}

function idOf(object: Plain, name: string): string {
  const hex = toHex((object[name] ?? new Uint8Array()) as Uint8Array)
  return /^0*$/.test(hex) && name === 'parentSpanId' ? '' : hex
}

function modelSpan(span: Plain, resource: Plain, resourceSpans: Plain, scope: Plain, scopeSpans: Plain): Span {
  const attributes = modelAttributes(resource)
  const service = attributes.find(({ key }) => key === 'service.name')?.value
  return {
    traceId: idOf(span, 'traceId'),
    spanId: idOf(span, 'spanId'),
    parentSpanId: idOf(span, 'parentSpanId'),
    traceState: textOf(span, 'traceState'),
    flags: numberOf(span, 'flags'),
    name: textOf(span, 'name'),
    kind: numberOf(span, 'kind'),
    startNs: BigInt(textOf(span, 'startTimeUnixNano')),
    endNs: BigInt(textOf(span, 'endTimeUnixNano')),
    attributes: modelAttributes(span),
    droppedAttributesCount: numberOf(span, 'droppedAttributesCount'),
    events: children(span, 'events').map((event) => ({
      timeUnixNano: BigInt(textOf(event, 'timeUnixNano')),
      name: textOf(event, 'name'),
      attributes: modelAttributes(event),
      droppedAttributesCount: numberOf(event, 'droppedAttributesCount'),
    })),
    droppedEventsCount: numberOf(span, 'droppedEventsCount'),
    links: children(span, 'links').map((link) => ({
      traceId: idOf(link, 'traceId').padStart(32, '0'),
      spanId: idOf(link, 'spanId').padStart(16, '0'),
      traceState: textOf(link, 'traceState'),
      attributes: modelAttributes(link),
      droppedAttributesCount: numberOf(link, 'droppedAttributesCount'),
      flags: numberOf(link, 'flags'),
    })),
    droppedLinksCount: numberOf(span, 'droppedLinksCount'),
    statusCode: numberOf(child(span, 'status'), 'code'),
    statusMessage: textOf(child(span, 'status'), 'message'),
    resource: {
      attributes,
      droppedAttributesCount: numberOf(resource, 'droppedAttributesCount'),
      schemaUrl: textOf(resourceSpans, 'schemaUrl'),
      serviceName: service?.type === 'string' ? service.value : '',
    },
    scope: {
      name: textOf(scope, 'name'),
      version: textOf(scope, 'version'),
      attributes: modelAttributes(scope),
      droppedAttributesCount: numberOf(scope, 'droppedAttributesCount'),
      schemaUrl: textOf(scopeSpans, 'schemaUrl'),
    },
  }
}

function modelAttributes(object: Plain): Attribute[] {
  return keyValues(children(object, 'attributes'))
}

function keyValues(list: readonly Plain[]): Attribute[] {
  return list.map((entry) => ({ key: textOf(entry, 'key'), value: modelValue(child(entry, 'value')) }))
}

function modelValue(value: Plain): AnyValue {
  if (Object.hasOwn(value, 'stringValue')) return { type: 'string', value: textOf(value, 'stringValue') }
  if (Object.hasOwn(value, 'boolValue')) return { type: 'bool', value: value['boolValue'] === true }
  if (Object.hasOwn(value, 'intValue')) return { type: 'int', value: BigInt(textOf(value, 'intValue')) }
  if (Object.hasOwn(value, 'doubleValue')) return { type: 'double', value: numberOf(value, 'doubleValue') }
  if (Object.hasOwn(value, 'bytesValue')) {
    return { type: 'bytes', value: new Uint8Array(value['bytesValue'] as Uint8Array) }
  }
  if (Object.hasOwn(value, 'arrayValue')) {
    return { type: 'array', value: children(child(value, 'arrayValue'), 'values').map(modelValue) }
  }
  if (Object.hasOwn(value, 'kvlistValue')) {
    return { type: 'map', value: keyValues(children(child(value, 'kvlistValue'), 'values')) }
  }
  return { type: 'empty' }
}
