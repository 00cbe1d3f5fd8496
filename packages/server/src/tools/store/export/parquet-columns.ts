// The columns of an exported Parquet file: docs/parquet.md tells them to people. Adding one is no break; renaming one is.

import type { ParquetWriter } from 'hyparquet-writer'
import type { AnyValue, Attribute, Span } from '@spoor/core/model/span'
import { valueText } from '@spoor/core/model/value-text'

export type SchemaElement = ConstructorParameters<typeof ParquetWriter>[0]['schema'][number]

export interface Row {
  readonly tenant: string
  readonly span: Span
}

export interface Column {
  readonly name: string
  readonly schema: readonly SchemaElement[]
  value(row: Row): unknown
}

type Repetition = 'REQUIRED' | 'OPTIONAL' | 'REPEATED'

function text(name: string, repetition_type: Repetition = 'REQUIRED'): SchemaElement {
  return { name, type: 'BYTE_ARRAY', converted_type: 'UTF8', logical_type: { type: 'STRING' }, repetition_type }
}

function int64(name: string): SchemaElement {
  return { name, type: 'INT64', repetition_type: 'REQUIRED' }
}

function int32(name: string, repetition_type: Repetition = 'REQUIRED'): SchemaElement {
  return { name, type: 'INT32', repetition_type }
}

/** UTC, ns. */
function time(name: string): SchemaElement {
  const logical_type = { type: 'TIMESTAMP', isAdjustedToUTC: true, unit: 'NANOS' } as const
  return { name, type: 'INT64', logical_type, repetition_type: 'REQUIRED' }
}

function map(name: string): SchemaElement[] {
  return [
    { name, converted_type: 'MAP', logical_type: { type: 'MAP' }, num_children: 1, repetition_type: 'REQUIRED' },
    { name: 'key_value', num_children: 2, repetition_type: 'REPEATED' },
    text('key'),
    text('value', 'OPTIONAL'),
  ]
}

function listOf(name: string, fields: readonly (readonly SchemaElement[])[]): SchemaElement[] {
  return [
    { name, converted_type: 'LIST', logical_type: { type: 'LIST' }, num_children: 1, repetition_type: 'REQUIRED' },
    { name: 'list', num_children: 1, repetition_type: 'REPEATED' },
    { name: 'element', num_children: fields.length, repetition_type: 'REQUIRED' },
    ...fields.flat(),
  ]
}

function column(element: SchemaElement, value: (span: Span) => unknown): Column {
  return { name: element.name, schema: [element], value: ({ span }) => value(span) }
}

/** Text of each attribute by its key; of equal keys the first. */
function mapOf(attributes: readonly Attribute[]): Map<string, string> {
  const found = new Map<string, string>()
  for (const { key, value } of attributes) if (!found.has(key)) found.set(key, valueText(value))
  return found
}

function find(attributes: readonly Attribute[], keys: readonly string[]): AnyValue | undefined {
  for (const key of keys) {
    const found = attributes.find((attribute) => attribute.key === key)
    if (found !== undefined) return found.value
  }
  return undefined
}

/** The first of the keys that the span has, as text; null where it has none. */
function attributeColumn(name: string, ...keys: readonly string[]): Column {
  return column(text(name, 'OPTIONAL'), ({ attributes }) => {
    const value = find(attributes, keys)
    return value === undefined ? null : valueText(value)
  })
}

function resourceColumn(name: string, ...keys: readonly string[]): Column {
  return column(text(name, 'OPTIONAL'), ({ resource }) => {
    const value = find(resource.attributes, keys)
    return value === undefined ? null : valueText(value)
  })
}

const KINDS = ['UNSPECIFIED', 'INTERNAL', 'SERVER', 'CLIENT', 'PRODUCER', 'CONSUMER']
const STATUSES = ['UNSET', 'OK', 'ERROR']
const MAX_INT64 = (1n << 63n) - 1n

/** Times beyond the year 2262 do not fit. */
function fit(ns: bigint): bigint {
  return ns > MAX_INT64 ? MAX_INT64 : ns
}

function statusCode(span: Span): number | null {
  const value = find(span.attributes, ['http.response.status_code', 'http.status_code'])
  const number = value === undefined ? Number.NaN : Number(valueText(value))
  return Number.isInteger(number) && number >= 0 && number < 1000 ? number : null
}

export const COLUMNS: readonly Column[] = [
  { name: 'tenant', schema: [text('tenant')], value: ({ tenant }) => tenant },
  column(text('trace_id'), ({ traceId }) => traceId),
  column(text('span_id'), ({ spanId }) => spanId),
  column(text('parent_span_id', 'OPTIONAL'), ({ parentSpanId }) => (parentSpanId === '' ? null : parentSpanId)),
  column(text('service_name'), ({ resource }) => resource.serviceName),
  column(text('name'), ({ name }) => name),
  column(text('kind'), ({ kind }) => KINDS[kind] ?? String(kind)),
  column(time('start_time'), ({ startNs }) => fit(startNs)),
  column(time('end_time'), ({ endNs }) => fit(endNs)),
  column(int64('duration_ns'), ({ startNs, endNs }) => (endNs > startNs ? fit(endNs - startNs) : 0n)),
  column(text('status_code'), ({ statusCode: code }) => STATUSES[code] ?? String(code)),
  column(text('status_message', 'OPTIONAL'), ({ statusMessage }) => (statusMessage === '' ? null : statusMessage)),
  resourceColumn('service_version', 'service.version'),
  resourceColumn('service_namespace', 'service.namespace'),
  resourceColumn('deployment_environment', 'deployment.environment.name', 'deployment.environment'),
  attributeColumn('http_method', 'http.request.method', 'http.method'),
  { name: 'http_status_code', schema: [int32('http_status_code', 'OPTIONAL')], value: ({ span }) => statusCode(span) },
  attributeColumn('http_route', 'http.route'),
  attributeColumn('rpc_service', 'rpc.service'),
  attributeColumn('rpc_method', 'rpc.method'),
  attributeColumn('db_system', 'db.system.name', 'db.system'),
  attributeColumn('messaging_system', 'messaging.system'),
  attributeColumn('peer_service', 'peer.service', 'service.peer.name'),
  { name: 'attributes', schema: map('attributes'), value: ({ span }) => mapOf(span.attributes) },
  {
    name: 'resource_attributes',
    schema: map('resource_attributes'),
    value: ({ span }) => mapOf(span.resource.attributes),
  },
  column(text('scope_name', 'OPTIONAL'), ({ scope }) => (scope.name === '' ? null : scope.name)),
  column(text('scope_version', 'OPTIONAL'), ({ scope }) => (scope.version === '' ? null : scope.version)),
  { name: 'scope_attributes', schema: map('scope_attributes'), value: ({ span }) => mapOf(span.scope.attributes) },
  {
    name: 'events',
    schema: listOf('events', [[time('time')], [text('name')], map('attributes')]),
    value: ({ span }) =>
      span.events.map(({ timeUnixNano, name, attributes }) => ({
        time: fit(timeUnixNano),
        name,
        attributes: mapOf(attributes),
      })),
  },
  {
    name: 'links',
    schema: listOf('links', [[text('trace_id')], [text('span_id')], [text('trace_state')], map('attributes')]),
    value: ({ span }) =>
      span.links.map(({ traceId, spanId, traceState, attributes }) => ({
        trace_id: traceId,
        span_id: spanId,
        trace_state: traceState,
        attributes: mapOf(attributes),
      })),
  },
  column(text('trace_state', 'OPTIONAL'), ({ traceState }) => (traceState === '' ? null : traceState)),
  column(int64('flags'), ({ flags }) => BigInt(flags)),
  column(int64('dropped_attributes_count'), ({ droppedAttributesCount }) => BigInt(droppedAttributesCount)),
  column(int64('dropped_events_count'), ({ droppedEventsCount }) => BigInt(droppedEventsCount)),
  column(int64('dropped_links_count'), ({ droppedLinksCount }) => BigInt(droppedLinksCount)),
]
