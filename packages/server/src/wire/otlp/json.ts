// OTLP/JSON (opentelemetry-proto, docs/specification.md "JSON Protobuf Encoding") to OTLP bytes and from the model's
// spans. Protobuf's JSON mapping, but for ids, which are hexadecimal. Unknown fields are ignored, null is absent.

import { Buffer } from 'node:buffer'
import {
  asObject,
  badJson,
  enumField,
  fieldOf,
  idField,
  listField,
  parseExactJson,
  textField,
  uint32Field,
  uint64Field,
  type JsonObject,
  type JsonPath,
} from '@spoor/core/formats/json-fields'
import { KIND_NAMES, readOtlpAttributes, STATUS_NAMES } from '@spoor/core/formats/otlp-json'
import type { AnyValue, Attribute, Resource, Scope, Span } from '@spoor/core/model/span'
import { base64 } from '@spoor/core/model/value-text'
import { textOf } from '../codec/text.ts'
import { OtlpBatchBuilder } from './batch-builder.ts'

/**
 * The request as protobuf bytes. Throws SpoorError `invalid` `bad_json` that names the path of the first wrong field.
 */
export function otlpJsonToProtobuf(json: string | Uint8Array): Uint8Array<ArrayBuffer> {
  const text = typeof json === 'string' ? json : textOf(json, 0, json.length)
  const request = parseExactJson(text)
  if (request === undefined) throw badJson(undefined, 'empty body')
  const builder = new OtlpBatchBuilder(text.length)
  listField(asObject(request, undefined), 'resourceSpans', undefined).forEach((entry, i) => {
    writeResourceSpans(builder, entry, { parent: { parent: undefined, name: 'resourceSpans' }, name: i })
  })
  return builder.finish()
}

function writeResourceSpans(builder: OtlpBatchBuilder, value: unknown, path: JsonPath): void {
  const entry = asObject(value, path)
  const resourcePath = { parent: path, name: 'resource' }
  const resource = asObject(fieldOf(entry, 'resource'), resourcePath)
  const dropped = uint32Field(resource, 'droppedAttributesCount', resourcePath)
  builder.startResource(textField(entry, 'schemaUrl', path), dropped)
  writeAttributes(builder, resource, resourcePath)
  listField(entry, 'scopeSpans', path).forEach((scopeSpans, i) => {
    writeScopeSpans(builder, scopeSpans, { parent: { parent: path, name: 'scopeSpans' }, name: i })
  })
}

function writeScopeSpans(builder: OtlpBatchBuilder, value: unknown, path: JsonPath): void {
  const entry = asObject(value, path)
  const scopePath = { parent: path, name: 'scope' }
  const scope = asObject(fieldOf(entry, 'scope'), scopePath)
  const name = textField(scope, 'name', scopePath)
  const version = textField(scope, 'version', scopePath)
  const dropped = uint32Field(scope, 'droppedAttributesCount', scopePath)
  builder.startScope(name, version, textField(entry, 'schemaUrl', path), dropped)
  writeAttributes(builder, scope, scopePath)
  listField(entry, 'spans', path).forEach((span, i) => {
    writeSpan(builder, span, { parent: { parent: path, name: 'spans' }, name: i })
  })
}

function writeSpan(builder: OtlpBatchBuilder, value: unknown, path: JsonPath): void {
  const span = asObject(value, path)
  const parent = id(span, 'parentSpanId', 8, path)
  builder.startSpan(
    id(span, 'traceId', 16, path),
    id(span, 'spanId', 8, path),
    parent.length === 0 ? undefined : parent,
    textField(span, 'name', path),
  )
  builder.traceState(textField(span, 'traceState', path))
  builder.kind(enumField(span, 'kind', KIND_NAMES, path))
  builder.times(uint64Field(span, 'startTimeUnixNano', path), uint64Field(span, 'endTimeUnixNano', path))
  writeAttributes(builder, span, path)
  writeEvents(builder, listField(span, 'events', path), { parent: path, name: 'events' })
  writeLinks(builder, listField(span, 'links', path), { parent: path, name: 'links' })
  builder.dropped(
    uint32Field(span, 'droppedAttributesCount', path),
    uint32Field(span, 'droppedEventsCount', path),
    uint32Field(span, 'droppedLinksCount', path),
  )
  const statusPath = { parent: path, name: 'status' }
  const status = asObject(fieldOf(span, 'status'), statusPath)
  builder.status(enumField(status, 'code', STATUS_NAMES, statusPath), textField(status, 'message', statusPath))
  builder.flags(uint32Field(span, 'flags', path))
}

function writeEvents(builder: OtlpBatchBuilder, events: readonly unknown[], parent: JsonPath): void {
  events.forEach((value, i) => {
    const path = { parent, name: i }
    const event = asObject(value, path)
    const dropped = uint32Field(event, 'droppedAttributesCount', path)
    builder.startEvent(uint64Field(event, 'timeUnixNano', path), textField(event, 'name', path), dropped)
    writeAttributes(builder, event, path)
    builder.endPart()
  })
}

function writeLinks(builder: OtlpBatchBuilder, links: readonly unknown[], parent: JsonPath): void {
  links.forEach((value, i) => {
    const path = { parent, name: i }
    const link = asObject(value, path)
    builder.startLink(
      id(link, 'traceId', 16, path),
      id(link, 'spanId', 8, path),
      textField(link, 'traceState', path),
      uint32Field(link, 'flags', path),
      uint32Field(link, 'droppedAttributesCount', path),
    )
    writeAttributes(builder, link, path)
    builder.endPart()
  })
}

function writeAttributes(builder: OtlpBatchBuilder, object: JsonObject, path: JsonPath): void {
  for (const attribute of readOtlpAttributes(object, path)) builder.attribute(attribute)
}

/** The bytes of an id; none where it is absent. */
function id(object: JsonObject, name: string, bytes: number, path: JsonPath): Uint8Array {
  return Buffer.from(idField(object, name, bytes * 2, path), 'hex')
}

/** The spans as one OTLP/JSON document; neighbours with the same resource and scope objects are grouped. */
export function spansToOtlpJson(spans: readonly Span[]): string {
  const resourceSpans: { resource: Resource; scopes: { scope: Scope; spans: Span[] }[] }[] = []
  for (const span of spans) {
    let group = resourceSpans.at(-1)
    if (group?.resource !== span.resource) {
      group = { resource: span.resource, scopes: [] }
      resourceSpans.push(group)
    }
    const scope = group.scopes.at(-1)
    if (scope?.scope === span.scope) scope.spans.push(span)
    else group.scopes.push({ scope: span.scope, spans: [span] })
  }
  return JSON.stringify({
    resourceSpans: resourceSpans.map(({ resource, scopes }) => ({
      resource: { attributes: attributesJson(resource.attributes), ...droppedJson(resource) },
      scopeSpans: scopes.map((group) => scopeSpansJson(group.scope, group.spans)),
      ...(resource.schemaUrl === '' ? {} : { schemaUrl: resource.schemaUrl }),
    })),
  })
}

function scopeSpansJson(scope: Scope, spans: readonly Span[]): unknown {
  const { name, version, attributes, schemaUrl } = scope
  return {
    scope: { name, version, attributes: attributesJson(attributes), ...droppedJson(scope) },
    spans: spans.map(spanJson),
    ...(schemaUrl === '' ? {} : { schemaUrl }),
  }
}

function droppedJson(object: { readonly droppedAttributesCount: number }): object {
  return object.droppedAttributesCount === 0 ? {} : { droppedAttributesCount: object.droppedAttributesCount }
}

function spanJson(span: Span): unknown {
  return {
    traceId: span.traceId,
    spanId: span.spanId,
    traceState: span.traceState,
    parentSpanId: span.parentSpanId,
    flags: span.flags,
    name: span.name,
    kind: span.kind,
    startTimeUnixNano: String(span.startNs),
    endTimeUnixNano: String(span.endNs),
    attributes: attributesJson(span.attributes),
    droppedAttributesCount: span.droppedAttributesCount,
    events: span.events.map((event) => ({
      timeUnixNano: String(event.timeUnixNano),
      name: event.name,
      attributes: attributesJson(event.attributes),
      ...droppedJson(event),
    })),
    droppedEventsCount: span.droppedEventsCount,
    links: span.links.map((link) => ({ ...link, attributes: attributesJson(link.attributes) })),
    droppedLinksCount: span.droppedLinksCount,
    status: { message: span.statusMessage, code: span.statusCode },
  }
}

function attributesJson(attributes: readonly Attribute[]): unknown[] {
  return attributes.map(({ key, value }) => ({ key, value: valueJson(value) }))
}

function valueJson(value: AnyValue): unknown {
  switch (value.type) {
    case 'empty':
      return {}
    case 'string':
      return { stringValue: value.value }
    case 'bool':
      return { boolValue: value.value }
    case 'int':
      return { intValue: String(value.value) }
    case 'double':
      return {
        doubleValue:
          Number.isFinite(value.value) && !Object.is(value.value, -0) ? value.value : doubleWord(value.value),
      }
    case 'bytes':
      return { bytesValue: base64(value.value) }
    case 'array':
      return { arrayValue: { values: value.value.map(valueJson) } }
    case 'map':
      return { kvlistValue: { values: attributesJson(value.value) } }
  }
}

/** What JSON has no number for. */
function doubleWord(value: number): string {
  return Object.is(value, -0) ? '-0' : String(value)
}
