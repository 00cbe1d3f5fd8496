// Zipkin's JSON v2 (openzipkin/zipkin-api, zipkin2-api.yaml) to the model's spans: what Zipkin's API and UI give as files.
//
// - Tags are string attributes. A tag `error` means an error, its text the message; `false` does not.
// - Annotations are events, named by their text.
// - The local endpoint is the resource: its service name, and its address as `ip`. The remote one is `peer.service`,
//   `peer.ipv4`, `peer.ipv6` and `peer.port`, which is what OpenTracing calls them.
// - `debug` is v1's flag of that name. A shared span keeps its id: two spans of one id, told apart by their kind.

import { V1_DEBUG, V1_SAMPLED } from '../model/internal-attributes.ts'
import {
  EMPTY_SPAN,
  STATUS_ERROR,
  STATUS_UNSET,
  type AnyValue,
  type Attribute,
  type Resource,
  type Span,
} from '../model/span.ts'
import { internalAttributes } from './jaeger-json.ts'
import {
  asObject,
  badJson,
  fieldOf,
  listField,
  MOST_INT64,
  textField,
  toInteger,
  type JsonObject,
  type JsonPath,
} from './json-fields.ts'
import { groupByTrace, type TraceFile } from './trace-file.ts'

const KINDS: ReadonlyMap<string, number> = new Map([
  ['SERVER', 2],
  ['CLIENT', 3],
  ['PRODUCER', 4],
  ['CONSUMER', 5],
])

/**
 * The traces of a parsed document (parseExactJson): a list of spans, or a list of traces that are lists of spans, or one
 * span. Throws SpoorError `invalid` `bad_json` that names the path of the first wrong field.
 */
export function readZipkinJson(value: unknown): TraceFile[] {
  return groupByTrace(documentSpans(value))
}

function* documentSpans(value: unknown): Generator<Span> {
  const top: readonly unknown[] = Array.isArray(value) ? value : [value]
  for (const [i, entry] of top.entries()) {
    const path: JsonPath = { parent: undefined, name: i }
    if (!Array.isArray(entry)) yield readSpan(asObject(entry, path), path)
    else for (const [j, span] of entry.entries()) yield readSpan(asObject(span, path), { parent: path, name: j })
  }
}

function readSpan(span: JsonObject, path: JsonPath): Span {
  const startNs = micros(span, 'timestamp', path) * 1000n
  const tags = readTags(span, path)
  const error = tags.find(({ key }) => key === 'error')?.value
  const failed = error?.type === 'string' && error.value !== 'false'
  const remote = asObject(fieldOf(span, 'remoteEndpoint'), { parent: path, name: 'remoteEndpoint' })
  const remotePath = { parent: path, name: 'remoteEndpoint' }
  return {
    ...EMPTY_SPAN,
    traceId: readId(span, 'traceId', 32, path),
    spanId: readId(span, 'id', 16, path),
    parentSpanId: fieldOf(span, 'parentId') === undefined ? '' : readId(span, 'parentId', 16, path),
    name: textField(span, 'name', path),
    kind: KINDS.get(textField(span, 'kind', path)) ?? 0,
    startNs,
    endNs: startNs + micros(span, 'duration', path) * 1000n,
    attributes: [
      ...tags,
      ...endpointTags(remote, remotePath),
      ...internalAttributes(span['debug'] === true ? V1_SAMPLED | V1_DEBUG : V1_SAMPLED, []),
    ],
    events: listField(span, 'annotations', path).map((value, i) => {
      const at = { parent: { parent: path, name: 'annotations' }, name: i }
      const annotation = asObject(value, at)
      return {
        timeUnixNano: micros(annotation, 'timestamp', at) * 1000n,
        name: textField(annotation, 'value', at),
        attributes: [],
        droppedAttributesCount: 0,
      }
    }),
    statusCode: failed ? STATUS_ERROR : STATUS_UNSET,
    statusMessage: failed && error.value !== 'true' ? error.value : '',
    resource: readResource(span, path),
  }
}

function text(key: string, value: string): Attribute {
  return { key, value: { type: 'string', value } }
}

/** Text as it is; what should be text and is a number or a boolean, as JSON writes it. */
function readTags(span: JsonObject, parent: JsonPath): Attribute[] {
  const path = { parent, name: 'tags' }
  return Object.entries(asObject(fieldOf(span, 'tags'), path)).map(([key, value]) => {
    if (typeof value === 'string') return text(key, value)
    if (typeof value !== 'number' && typeof value !== 'bigint' && typeof value !== 'boolean') {
      throw badJson({ parent: path, name: key }, 'expected a string')
    }
    return text(key, String(value))
  })
}

function endpointTags(endpoint: JsonObject, path: JsonPath): Attribute[] {
  const found = (['serviceName', 'ipv4', 'ipv6'] as const).flatMap((name) => {
    const value = textField(endpoint, name, path)
    return value === '' ? [] : [text(name === 'serviceName' ? 'peer.service' : `peer.${name}`, value)]
  })
  const port = fieldOf(endpoint, 'port')
  if (port === undefined) return found
  const value: AnyValue = { type: 'int', value: toInteger(port, { parent: path, name: 'port' }, 0n, 65_535n) }
  return [...found, { key: 'peer.port', value }]
}

function readResource(span: JsonObject, parent: JsonPath): Resource {
  const path = { parent, name: 'localEndpoint' }
  const endpoint = asObject(fieldOf(span, 'localEndpoint'), path)
  const serviceName = textField(endpoint, 'serviceName', path)
  const address = textField(endpoint, 'ipv4', path) || textField(endpoint, 'ipv6', path)
  const attributes = [text('service.name', serviceName), ...(address === '' ? [] : [text('ip', address)])]
  return { attributes, droppedAttributesCount: 0, schemaUrl: '', serviceName }
}

/** Hex digits of any case; leading zeros may be missing. */
function readId(object: JsonObject, name: string, digits: number, path: JsonPath): string {
  const value = textField(object, name, path)
  if (value.length > digits || !/^[0-9a-fA-F]+$/.test(value)) {
    throw badJson({ parent: path, name }, `expected up to ${digits} hexadecimal digits`)
  }
  return value.toLowerCase().padStart(digits, '0')
}

/** Microseconds; 0 where they are absent. */
function micros(object: JsonObject, name: string, path: JsonPath): bigint {
  const value = fieldOf(object, name)
  return value === undefined ? 0n : toInteger(value, { parent: path, name }, 0n, MOST_INT64 / 1000n)
}
