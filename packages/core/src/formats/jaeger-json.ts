// Jaeger's UI JSON (jaeger model/json/model.go, v1.57): what /api/traces answers and people keep as files, to the
// model's spans. How v1 stands in the model (every v1 decoder does the same, so that v1 comes out as it went in):
//
// - Tags of span and process stay attributes, in place, order and number; `span.kind`, `error`, `otel.status_code`,
//   `otel.status_description` and `w3c.tracestate` also set the field of their meaning; the last of a key counts, and any
//   error=true makes an error. Where the format is known it is the scope's FORMAT_ATTRIBUTE; files have it as a tag.
// - The service is the resource's first attribute, `service.name`.
// - A log's fields are an event's attributes; the first that is a string `event` is also its name.
// - References: the parent is the first CHILD_OF in the trace, else the first FOLLOWS_FROM. If the list starts with
//   CHILD_OF the parent and names it no more, that one is the parent alone and the rest are links; else all are links.
//   A link says its type in the attribute `opentracing.ref_type`; v1 decoders always write it. One without (OTLP's own) is
//   FOLLOWS_FROM, and does not make the links the whole list: if it names the parent, it is the parent's type.
// - Flags beside `sampled`, and warnings, are internal attributes (model/internal-attributes.ts), after the tags.
//
// Must never lose a digit of an int64: numbers over 2^53 come as text or, from parseExactJson, as bigint.

import { FLAGS_ATTRIBUTE, V1_SAMPLED, WARNINGS_ATTRIBUTE } from '../model/internal-attributes.ts'
import {
  EMPTY_SPAN,
  SPAN_KIND_NAMES,
  STATUS_ERROR,
  STATUS_OK,
  STATUS_UNSET,
  type AnyValue,
  type Attribute,
  type Resource,
  type Span,
  type SpanEvent,
  type SpanLink,
} from '../model/span.ts'
import {
  asObject,
  badJson,
  LEAST_INT64,
  listField,
  MOST_INT64,
  textField,
  toBytes,
  toDouble,
  toInteger,
  uint32Field,
  type JsonObject,
  type JsonPath,
} from './json-fields.ts'
import { groupByTrace, type TraceFile } from './trace-file.ts'

/** Link attribute of a reference's type: OpenTelemetry's OpenTracing compatibility. */
export const REF_TYPE = 'opentracing.ref_type'
const EVENT = 'event'
const STATUS_CODES: ReadonlyMap<string, number> = new Map([
  ['OK', STATUS_OK],
  ['ERROR', STATUS_ERROR],
])

/**
 * The traces of a parsed document: an answer `{"data":[...]}`, an array of traces, or one trace. Throws SpoorError
 * `invalid` `bad_json` that names the path of the first wrong field; also where there is no trace.
 */
export function readJaegerJson(value: unknown): TraceFile[] {
  const spans: Span[] = []
  for (const [trace, path] of tracesOf(value)) readTrace(trace, path, spans)
  return groupByTrace(spans)
}

function tracesOf(value: unknown): (readonly [JsonObject, JsonPath | undefined])[] {
  if (Array.isArray(value)) return value.map((entry, i) => traceAt(entry, { parent: undefined, name: i }))
  const document = asObject(value, undefined)
  if (document['data'] === undefined) return [traceAt(document, undefined)]
  const parent = { parent: undefined, name: 'data' }
  const { data } = document
  if (data === null || typeof data !== 'object') throw badJson(parent, 'no traces')
  if (!Array.isArray(data)) return [traceAt(data, parent)]
  return data.map((entry, i) => traceAt(entry, { parent, name: i }))
}

function traceAt(value: unknown, path: JsonPath | undefined): readonly [JsonObject, JsonPath | undefined] {
  const trace = asObject(value, path)
  if (!Array.isArray(trace['spans'])) throw badJson({ parent: path, name: 'spans' }, 'expected a list')
  return [trace, path]
}

function readTrace(trace: JsonObject, path: JsonPath | undefined, into: Span[]): void {
  const processesPath = { parent: path, name: 'processes' }
  const processes = new Map<string, Resource>()
  for (const [id, process] of Object.entries(asObject(trace['processes'], processesPath))) {
    processes.set(id, readProcess(process, { parent: processesPath, name: id }))
  }
  const parent = { parent: path, name: 'spans' }
  listField(trace, 'spans', path).forEach((value, i) => {
    const spanPath = { parent, name: i }
    into.push(readSpan(asObject(value, spanPath), processes, textField(trace, 'traceID', path), spanPath))
  })
}

function readProcess(value: unknown, path: JsonPath): Resource {
  const process = asObject(value, path)
  const serviceName = textField(process, 'serviceName', path)
  const tags = readTags(process, 'tags', path)
  return {
    attributes: [{ key: 'service.name', value: { type: 'string', value: serviceName } }, ...tags],
    droppedAttributesCount: 0,
    schemaUrl: '',
    serviceName,
  }
}

function readSpan(span: JsonObject, processes: Map<string, Resource>, ofTrace: string, path: JsonPath): Span {
  const traceId = readId(span['traceID'] ?? ofTrace, 32, { parent: path, name: 'traceID' })
  const tags = readTags(span, 'tags', path)
  const startUs = micros(span, 'startTime', path)
  const flags = uint32Field(span, 'flags', path)
  return {
    ...EMPTY_SPAN,
    traceId,
    spanId: readId(span['spanID'], 16, { parent: path, name: 'spanID' }),
    ...placeReferences(readReferences(span, traceId, path), traceId),
    ...meaningOf(tags),
    flags: flags & V1_SAMPLED,
    name: textField(span, 'operationName', path),
    startNs: startUs * 1000n,
    endNs: (startUs + micros(span, 'duration', path)) * 1000n,
    attributes: [...tags, ...internalAttributes(flags, readWarnings(span, path))],
    events: listField(span, 'logs', path).map((log, i) =>
      readLog(log, { parent: { parent: path, name: 'logs' }, name: i }),
    ),
    resource: processOf(span, processes, path),
  }
}

function processOf(span: JsonObject, processes: Map<string, Resource>, path: JsonPath): Resource {
  if (span['process'] !== undefined && span['process'] !== null) {
    return readProcess(span['process'], { parent: path, name: 'process' })
  }
  const id = textField(span, 'processID', path)
  const process = processes.get(id)
  if (process === undefined) throw badJson({ parent: path, name: 'processID' }, `no process ${JSON.stringify(id)}`)
  return process
}

/** Hex digits of any case; leading zeros may be missing. */
function readId(value: unknown, digits: number, path: JsonPath): string {
  if (typeof value !== 'string' || value.length > digits || !/^[0-9a-fA-F]+$/.test(value)) {
    throw badJson(path, `expected up to ${digits} hexadecimal digits`)
  }
  return value.toLowerCase().padStart(digits, '0')
}

const MOST_MICROS = ((1n << 64n) - 1n) / 1000n

/**
 * Microseconds. Go prints a negative number of them as one near 2^64; what has no place in 64 bits of nanoseconds counts
 * as 0, so that one broken span does not shut the file.
 */
function micros(object: JsonObject, name: string, parent: JsonPath): bigint {
  const value = object[name]
  if (value === undefined || value === null) return 0n
  const found = toInteger(value, { parent, name }, LEAST_INT64, 1n << 64n)
  return found >= 0n && found <= MOST_MICROS ? found : 0n
}

function readWarnings(span: JsonObject, path: JsonPath): string[] {
  const parent = { parent: path, name: 'warnings' }
  return listField(span, 'warnings', path).map((warning, i) => {
    if (typeof warning !== 'string') throw badJson({ parent, name: i }, 'expected a string')
    return warning
  })
}

/** Flags and warnings as the model carries them. */
export function internalAttributes(flags: number, warnings: readonly string[]): Attribute[] {
  const found: Attribute[] = []
  if ((flags & ~V1_SAMPLED) !== 0) found.push({ key: FLAGS_ATTRIBUTE, value: { type: 'int', value: BigInt(flags) } })
  if (warnings.length > 0) {
    const value = warnings.map((warning): AnyValue => ({ type: 'string', value: warning }))
    found.push({ key: WARNINGS_ATTRIBUTE, value: { type: 'array', value } })
  }
  return found
}

export interface Reference {
  readonly followsFrom: boolean
  readonly traceId: string
  readonly spanId: string
}

function readReferences(span: JsonObject, traceId: string, path: JsonPath): Reference[] {
  const parent = { parent: path, name: 'references' }
  const references = listField(span, 'references', path).map((value, i): Reference => {
    const at = { parent, name: i }
    const reference = asObject(value, at)
    const type = textField(reference, 'refType', at)
    if (type !== 'CHILD_OF' && type !== 'FOLLOWS_FROM') throw badJson({ parent: at, name: 'refType' }, 'unknown type')
    return {
      followsFrom: type === 'FOLLOWS_FROM',
      traceId: readId(reference['traceID'], 32, { parent: at, name: 'traceID' }),
      spanId: readId(reference['spanID'], 16, { parent: at, name: 'spanID' }),
    }
  })
  // Before references there was a parent.
  const old = span['parentSpanID']
  if (typeof old !== 'string' || /^0*$/.test(old)) return references
  const spanId = readId(old, 16, { parent: path, name: 'parentSpanID' })
  if (references.some((reference) => reference.traceId === traceId && reference.spanId === spanId)) return references
  return [{ followsFrom: false, traceId, spanId }, ...references]
}

/** Parent and links for a list of references; see the head of this file. */
export function placeReferences(
  references: readonly Reference[],
  traceId: string,
): Pick<Span, 'parentSpanId' | 'links'> {
  const inTrace = references.filter((reference) => reference.traceId === traceId && !/^0*$/.test(reference.spanId))
  const parent = inTrace.find((reference) => !reference.followsFrom) ?? inTrace[0]
  if (parent === undefined) return { parentSpanId: '', links: references.map(linkOf) }
  const named = inTrace.filter((reference) => reference.spanId === parent.spanId)
  const alone = references[0] === parent && !parent.followsFrom && named.length === 1
  return { parentSpanId: parent.spanId, links: (alone ? references.slice(1) : references).map(linkOf) }
}

function linkOf({ traceId, spanId, followsFrom }: Reference): SpanLink {
  const value: AnyValue = { type: 'string', value: followsFrom ? 'follows_from' : 'child_of' }
  const attributes = [{ key: REF_TYPE, value }]
  return { traceId, spanId, traceState: '', attributes, droppedAttributesCount: 0, flags: 0 }
}

/** The span's references in v1's order: the reverse of placeReferences. */
export function referencesOf(span: Span): Reference[] {
  const { traceId, parentSpanId } = span
  const links = span.links.map((link) => {
    const type = link.attributes.findLast((attribute) => attribute.key === REF_TYPE)?.value
    const followsFrom = !(type?.type === 'string' && type.value === 'child_of')
    const isParent = link.traceId === traceId && link.spanId === parentSpanId
    const reference: Reference = { followsFrom, traceId: link.traceId, spanId: link.spanId }
    return { reference, isParent, typed: type !== undefined }
  })
  if (parentSpanId === '' || links.some((link) => link.isParent && link.typed)) {
    return links.map((link) => link.reference)
  }
  const parent: Reference = { followsFrom: links.some((link) => link.isParent), traceId, spanId: parentSpanId }
  return [parent, ...links.filter((link) => !link.isParent).map((link) => link.reference)]
}

function readLog(value: unknown, path: JsonPath): SpanEvent {
  const log = asObject(value, path)
  return eventOf(micros(log, 'timestamp', path) * 1000n, readTags(log, 'fields', path))
}

/** A log as an event: all fields stay, and the first that is a string `event` is also the name. */
export function eventOf(timeUnixNano: bigint, fields: readonly Attribute[]): SpanEvent {
  const event = fields.find((field) => field.key === EVENT && field.value.type === 'string')?.value
  const name = event?.type === 'string' ? event.value : ''
  return { timeUnixNano, name, attributes: fields, droppedAttributesCount: 0 }
}

/** What the tags say of the fields that OTLP has for them. */
export function meaningOf(
  tags: readonly Attribute[],
): Pick<Span, 'kind' | 'statusCode' | 'statusMessage' | 'traceState'> {
  const found = { kind: 0, statusCode: STATUS_UNSET, statusMessage: '', traceState: '' }
  let isError = false
  for (const { key, value } of tags) {
    const text = value.type === 'string' ? value.value : ''
    if (key === 'error') isError ||= text === 'true' || (value.type === 'bool' && value.value)
    else if (text === '') continue
    else if (key === 'span.kind') found.kind = Math.max(SPAN_KIND_NAMES.indexOf(text), 0) || found.kind
    else if (key === 'otel.status_code') found.statusCode = STATUS_CODES.get(text.toUpperCase()) ?? found.statusCode
    else if (key === 'otel.status_description') found.statusMessage = text
    else if (key === 'w3c.tracestate') found.traceState = text
  }
  return isError ? { ...found, statusCode: STATUS_ERROR } : found
}

function readTags(object: JsonObject, name: string, parent: JsonPath): Attribute[] {
  const listPath = { parent, name }
  return listField(object, name, parent).map((value, i) => {
    const path = { parent: listPath, name: i }
    const tag = asObject(value, path)
    return { key: textField(tag, 'key', path), value: readValue(tag, path) }
  })
}

/** The types of model/json/model.go; without one, as in hand-written files, the JSON type says it. */
function readValue(tag: JsonObject, parent: JsonPath): AnyValue {
  const path = { parent, name: 'value' }
  const { value } = tag
  switch (textField(tag, 'type', parent).toLowerCase()) {
    case 'string':
      return { type: 'string', value: readText(value, path) }
    case 'bool':
      if (String(value) !== 'true' && String(value) !== 'false') throw badJson(path, 'expected true or false')
      return { type: 'bool', value: String(value) === 'true' }
    case 'int64':
      return { type: 'int', value: toInteger(value, path, LEAST_INT64, MOST_INT64) }
    case 'float64':
      return { type: 'double', value: readDouble(value, path) }
    case 'binary':
      return { type: 'bytes', value: value === null ? new Uint8Array(0) : toBytes(value, path) }
    case '':
      return untyped(value, path)
    default:
      throw badJson({ parent, name: 'type' }, 'unknown type')
  }
}

function readText(value: unknown, path: JsonPath): string {
  if (value === null) return ''
  if (typeof value !== 'string') throw badJson(path, 'expected a string')
  return value
}

function untyped(value: unknown, path: JsonPath): AnyValue {
  switch (typeof value) {
    case 'string':
      return { type: 'string', value }
    case 'boolean':
      return { type: 'bool', value }
    case 'bigint':
      return { type: 'int', value: toInteger(value, path, LEAST_INT64, MOST_INT64) }
    case 'number':
      return Number.isInteger(value) ? { type: 'int', value: BigInt(value) } : { type: 'double', value }
    default:
      throw badJson(path, 'expected a string, a number, true or false')
  }
}

/** Also the words that Go and this server write where JSON has no number. */
function readDouble(value: unknown, path: JsonPath): number {
  if (value === '+Inf') return Number.POSITIVE_INFINITY
  if (value === '-Inf') return Number.NEGATIVE_INFINITY
  return toDouble(value, path)
}
