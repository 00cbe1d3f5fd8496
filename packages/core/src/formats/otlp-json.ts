// OTLP/JSON (opentelemetry-proto, docs/specification.md "JSON Protobuf Encoding") to the model's spans: the file that an
// OpenTelemetry Collector's file exporter or Tempo's API gives. Protobuf's JSON mapping, but for ids, which are
// hexadecimal. Unknown fields are ignored, null is absent. The server reads the same text straight into bytes.

import type { AnyValue, Attribute, Resource, Scope, Span, SpanEvent, SpanLink } from '../model/span.ts'
import {
  asObject,
  badJson,
  enumField,
  fieldOf,
  idField,
  LEAST_INT64,
  listField,
  MOST_INT64,
  textField,
  toBytes,
  toDouble,
  toInteger,
  uint32Field,
  uint64Field,
  type JsonObject,
  type JsonPath,
} from './json-fields.ts'
import { groupByTrace, type TraceFile } from './trace-file.ts'

/** Names of SpanKind and StatusCode by their numbers. */
export const KIND_NAMES: readonly string[] = [
  'SPAN_KIND_UNSPECIFIED',
  'SPAN_KIND_INTERNAL',
  'SPAN_KIND_SERVER',
  'SPAN_KIND_CLIENT',
  'SPAN_KIND_PRODUCER',
  'SPAN_KIND_CONSUMER',
]
export const STATUS_NAMES: readonly string[] = ['STATUS_CODE_UNSET', 'STATUS_CODE_OK', 'STATUS_CODE_ERROR']
/** Depth of arrays and maps in each other; each is four messages of protobuf, which nest 64 deep. */
const MAX_DEPTH = 16
/** Names of the list of resources: OTLP, Tempo. */
const LISTS = ['resourceSpans', 'batches']
/** Objects that hold one with such a list: Tempo's and Jaeger's second and third API. */
const WRAPPERS = ['trace', 'result']

/**
 * The traces of a parsed document (parseExactJson): TracesData, ExportTraceServiceRequest, Tempo's `batches`, any of them
 * inside `trace` or `result`, or an array of them (lines of a Collector's file). Throws SpoorError `invalid` `bad_json`
 * that names the path of the first wrong field; also where there is nothing of the kind.
 */
export function readOtlpJson(value: unknown): TraceFile[] {
  return groupByTrace(documentSpans(value, undefined))
}

function* documentSpans(value: unknown, path: JsonPath | undefined): Generator<Span> {
  if (Array.isArray(value) && path === undefined) {
    for (const [i, entry] of value.entries()) yield* documentSpans(entry, { parent: undefined, name: i })
    return
  }
  const object = asObject(value, path)
  const list = LISTS.find((name) => fieldOf(object, name) !== undefined)
  const wrapper = WRAPPERS.find((name) => fieldOf(object, name) !== undefined)
  if (list === undefined && wrapper !== undefined) {
    yield* documentSpans(fieldOf(object, wrapper), { parent: path, name: wrapper })
    return
  }
  if (list === undefined) throw badJson(path, 'no resourceSpans')
  const parent = { parent: path, name: list }
  for (const [i, entry] of listField(object, list, path).entries()) yield* resourceSpans(entry, { parent, name: i })
}

function* resourceSpans(value: unknown, path: JsonPath): Generator<Span> {
  const entry = asObject(value, path)
  const resource = readResource(entry, path)
  // Before 2022 scopes were called instrumentation libraries.
  const list = fieldOf(entry, 'scopeSpans') === undefined ? 'instrumentationLibrarySpans' : 'scopeSpans'
  const parent = { parent: path, name: list }
  for (const [i, scopeEntry] of listField(entry, list, path).entries()) {
    const scopePath = { parent, name: i }
    const group = asObject(scopeEntry, scopePath)
    const scope = readScope(group, scopePath)
    const spansPath = { parent: scopePath, name: 'spans' }
    for (const [j, span] of listField(group, 'spans', scopePath).entries()) {
      yield readSpan(span, resource, scope, { parent: spansPath, name: j })
    }
  }
}

function readResource(entry: JsonObject, parent: JsonPath): Resource {
  const path = { parent, name: 'resource' }
  const object = asObject(fieldOf(entry, 'resource'), path)
  const attributes = readOtlpAttributes(object, path)
  const name = attributes.findLast((attribute) => attribute.key === 'service.name')?.value
  return {
    attributes,
    droppedAttributesCount: uint32Field(object, 'droppedAttributesCount', path),
    schemaUrl: textField(entry, 'schemaUrl', parent),
    serviceName: name?.type === 'string' ? name.value : '',
  }
}

function readScope(entry: JsonObject, parent: JsonPath): Scope {
  const name = fieldOf(entry, 'scope') === undefined ? 'instrumentationLibrary' : 'scope'
  const path = { parent, name }
  const object = asObject(fieldOf(entry, name), path)
  return {
    name: textField(object, 'name', path),
    version: textField(object, 'version', path),
    attributes: readOtlpAttributes(object, path),
    droppedAttributesCount: uint32Field(object, 'droppedAttributesCount', path),
    schemaUrl: textField(entry, 'schemaUrl', parent),
  }
}

function readSpan(value: unknown, resource: Resource, scope: Scope, path: JsonPath): Span {
  const span = asObject(value, path)
  const statusPath = { parent: path, name: 'status' }
  const status = asObject(fieldOf(span, 'status'), statusPath)
  const parentSpanId = idField(span, 'parentSpanId', 16, path)
  return {
    traceId: idField(span, 'traceId', 32, path).padStart(32, '0'),
    spanId: idField(span, 'spanId', 16, path).padStart(16, '0'),
    parentSpanId: /^0*$/.test(parentSpanId) ? '' : parentSpanId,
    traceState: textField(span, 'traceState', path),
    flags: uint32Field(span, 'flags', path),
    name: textField(span, 'name', path),
    kind: enumField(span, 'kind', KIND_NAMES, path),
    startNs: uint64Field(span, 'startTimeUnixNano', path),
    endNs: uint64Field(span, 'endTimeUnixNano', path),
    attributes: readOtlpAttributes(span, path),
    droppedAttributesCount: uint32Field(span, 'droppedAttributesCount', path),
    events: eachOf(span, 'events', path, readEvent),
    droppedEventsCount: uint32Field(span, 'droppedEventsCount', path),
    links: eachOf(span, 'links', path, readLink),
    droppedLinksCount: uint32Field(span, 'droppedLinksCount', path),
    statusCode: enumField(status, 'code', STATUS_NAMES, statusPath),
    statusMessage: textField(status, 'message', statusPath),
    resource,
    scope,
  }
}

function eachOf<T>(object: JsonObject, name: string, path: JsonPath, read: (o: JsonObject, p: JsonPath) => T): T[] {
  const parent = { parent: path, name }
  return listField(object, name, path).map((entry, i) => {
    const at = { parent, name: i }
    return read(asObject(entry, at), at)
  })
}

function readEvent(event: JsonObject, path: JsonPath): SpanEvent {
  return {
    timeUnixNano: uint64Field(event, 'timeUnixNano', path),
    name: textField(event, 'name', path),
    attributes: readOtlpAttributes(event, path),
    droppedAttributesCount: uint32Field(event, 'droppedAttributesCount', path),
  }
}

function readLink(link: JsonObject, path: JsonPath): SpanLink {
  return {
    traceId: idField(link, 'traceId', 32, path).padStart(32, '0'),
    spanId: idField(link, 'spanId', 16, path).padStart(16, '0'),
    traceState: textField(link, 'traceState', path),
    attributes: readOtlpAttributes(link, path),
    droppedAttributesCount: uint32Field(link, 'droppedAttributesCount', path),
    flags: uint32Field(link, 'flags', path),
  }
}

/** The field `attributes` of an object: a list of KeyValue. */
export function readOtlpAttributes(object: JsonObject, path: JsonPath): Attribute[] {
  return readAttributes(listField(object, 'attributes', path), { parent: path, name: 'attributes' }, 0)
}

function readAttributes(list: readonly unknown[], parent: JsonPath, depth: number): Attribute[] {
  return list.map((value, i) => {
    const path = { parent, name: i }
    const entry = asObject(value, path)
    return {
      key: textField(entry, 'key', path),
      value: readValue(fieldOf(entry, 'value'), { parent: path, name: 'value' }, depth),
    }
  })
}

/** An AnyValue. Of several fields set, the last in the text counts, as in protobuf. */
function readValue(json: unknown, path: JsonPath, depth: number): AnyValue {
  if (depth > MAX_DEPTH) throw badJson(path, 'nested too deeply')
  const object = asObject(json, path)
  let result: AnyValue = { type: 'empty' }
  for (const [name, value] of Object.entries(object)) {
    if (value !== null) result = readVariant(name, value, { parent: path, name }, depth) ?? result
  }
  return result
}

function readVariant(name: string, value: unknown, path: JsonPath, depth: number): AnyValue | undefined {
  switch (name) {
    case 'stringValue':
    case 'string_value':
      if (typeof value !== 'string') throw badJson(path, 'expected a string')
      return { type: 'string', value }
    case 'boolValue':
    case 'bool_value':
      if (typeof value !== 'boolean') throw badJson(path, 'expected true or false')
      return { type: 'bool', value }
    case 'intValue':
    case 'int_value':
      return { type: 'int', value: toInteger(value, path, LEAST_INT64, MOST_INT64) }
    case 'doubleValue':
    case 'double_value':
      return { type: 'double', value: toDouble(value, path) }
    case 'bytesValue':
    case 'bytes_value':
      return { type: 'bytes', value: toBytes(value, path) }
    case 'arrayValue':
    case 'array_value': {
      const values = listField(asObject(value, path), 'values', path)
      const parent = { parent: path, name: 'values' }
      return { type: 'array', value: values.map((element, i) => readValue(element, { parent, name: i }, depth + 1)) }
    }
    case 'kvlistValue':
    case 'kvlist_value': {
      const values = listField(asObject(value, path), 'values', path)
      return { type: 'map', value: readAttributes(values, { parent: path, name: 'values' }, depth + 1) }
    }
    default:
      return undefined
  }
}
