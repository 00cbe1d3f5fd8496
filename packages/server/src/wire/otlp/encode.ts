// The model's spans to OTLP bytes. For tests, exports and stores that keep rows; receivers write with the batch builder.

import { fromHex } from '@spoor/core/base/bytes'
import type { AnyValue, Attribute, Resource, Scope, Span } from '@spoor/core/model/span'
import { samePlainValue } from '@spoor/core/model/evaluate'
import { OtlpBatchBuilder } from './batch-builder.ts'

const NO_BYTES = new Uint8Array(0)

/**
 * One TracesData (= ExportTraceServiceRequest) message. Neighbouring spans whose resources (and scopes) are the same
 * object or equal share one ResourceSpans (and ScopeSpans).
 */
export function encodeTraces(spans: readonly Span[]): Uint8Array<ArrayBuffer> {
  const builder = new OtlpBatchBuilder()
  let resource: Resource | undefined
  let scope: Scope | undefined
  for (const span of spans) {
    if (resource === undefined || !sameResource(resource, span.resource)) {
      resource = span.resource
      scope = undefined
      builder.startResource(resource.schemaUrl, resource.droppedAttributesCount)
      for (const attribute of resource.attributes) builder.attribute(attribute)
    }
    if (scope === undefined || !sameScope(scope, span.scope)) {
      scope = span.scope
      builder.startScope(scope.name, scope.version, scope.schemaUrl, scope.droppedAttributesCount)
      for (const attribute of scope.attributes) builder.attribute(attribute)
    }
    encodeSpan(builder, span)
  }
  return builder.finish()
}

function idBytes(hex: string): Uint8Array {
  return fromHex(hex) ?? NO_BYTES
}

/** Adds one span to the builder's open scope. */
export function encodeSpan(builder: OtlpBatchBuilder, span: Span): void {
  const parent = span.parentSpanId === '' ? undefined : idBytes(span.parentSpanId)
  builder.startSpan(idBytes(span.traceId), idBytes(span.spanId), parent, span.name)
  builder.traceState(span.traceState)
  builder.kind(span.kind)
  builder.times(span.startNs, span.endNs)
  for (const attribute of span.attributes) builder.attribute(attribute)
  for (const event of span.events) {
    builder.startEvent(event.timeUnixNano, event.name, event.droppedAttributesCount)
    for (const attribute of event.attributes) builder.attribute(attribute)
    builder.endPart()
  }
  for (const link of span.links) {
    const { traceState, flags, droppedAttributesCount } = link
    builder.startLink(idBytes(link.traceId), idBytes(link.spanId), traceState, flags, droppedAttributesCount)
    for (const attribute of link.attributes) builder.attribute(attribute)
    builder.endPart()
  }
  builder.dropped(span.droppedAttributesCount, span.droppedEventsCount, span.droppedLinksCount)
  builder.status(span.statusCode, span.statusMessage)
  builder.flags(span.flags)
}

function sameResource(a: Resource, b: Resource): boolean {
  if (a === b) return true
  const same = a.schemaUrl === b.schemaUrl && a.droppedAttributesCount === b.droppedAttributesCount
  return same && sameAttributes(a.attributes, b.attributes)
}

function sameScope(a: Scope, b: Scope): boolean {
  if (a === b) return true
  const same = a.name === b.name && a.version === b.version && a.schemaUrl === b.schemaUrl
  return same && a.droppedAttributesCount === b.droppedAttributesCount && sameAttributes(a.attributes, b.attributes)
}

function sameAttributes(a: readonly Attribute[], b: readonly Attribute[]): boolean {
  return (
    a.length === b.length &&
    a.every((entry, i) => {
      const other = b[i]
      return other !== undefined && entry.key === other.key && sameValue(entry.value, other.value)
    })
  )
}

function sameValue(a: AnyValue, b: AnyValue): boolean {
  if (a.type === 'array') return b.type === 'array' && sameValues(a.value, b.value)
  if (a.type === 'map') return b.type === 'map' && sameAttributes(a.value, b.value)
  if (b.type === 'array' || b.type === 'map') return false
  if (a.type === 'double' && b.type === 'double') return Object.is(a.value, b.value)
  return samePlainValue(a, b)
}

function sameValues(a: readonly AnyValue[], b: readonly AnyValue[]): boolean {
  return (
    a.length === b.length &&
    a.every((value, i) => {
      const other = b[i]
      return other !== undefined && sameValue(value, other)
    })
  )
}
