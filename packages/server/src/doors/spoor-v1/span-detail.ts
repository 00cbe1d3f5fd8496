// One span as the JSON of core/src/api/span-detail.ts: everything that was sent, typed, in order, in nanoseconds.

import type { AttributeJson, SpanDetail, ValueJson } from '@spoor/core/api/span-detail'
import { shortTraceId } from '@spoor/core/base/ids'
import type { AnyValue, Attribute, Span } from '@spoor/core/model/span'

export function spanDetail(span: Span): SpanDetail {
  const { resource, scope } = span
  return {
    traceId: shortTraceId(span.traceId),
    spanId: span.spanId,
    parentSpanId: span.parentSpanId,
    traceState: span.traceState,
    flags: span.flags,
    name: span.name,
    kind: span.kind,
    startNs: String(span.startNs),
    endNs: String(span.endNs),
    attributes: attributes(span.attributes),
    droppedAttributesCount: span.droppedAttributesCount,
    events: span.events.map(({ timeUnixNano, ...event }) => ({
      ...event,
      timeNs: String(timeUnixNano),
      attributes: attributes(event.attributes),
    })),
    droppedEventsCount: span.droppedEventsCount,
    links: span.links.map((link) => ({
      ...link,
      traceId: shortTraceId(link.traceId),
      attributes: attributes(link.attributes),
    })),
    droppedLinksCount: span.droppedLinksCount,
    statusCode: span.statusCode,
    statusMessage: span.statusMessage,
    resource: { ...resource, attributes: attributes(resource.attributes) },
    scope: { ...scope, attributes: attributes(scope.attributes) },
    warnings:
      span.endNs < span.startNs
        ? [span.endNs === 0n ? 'the span has no end time' : 'the span ends before it starts']
        : [],
  }
}

function attributes(list: readonly Attribute[]): AttributeJson[] {
  return list.map(({ key, value }) => ({ key, value: valueJson(value) }))
}

function valueJson(value: AnyValue): ValueJson {
  switch (value.type) {
    case 'empty':
    case 'string':
    case 'bool':
      return value
    case 'int':
      return { type: 'int', value: String(value.value) }
    case 'double':
      return { type: 'double', value: Number.isFinite(value.value) ? value.value : String(value.value) }
    case 'bytes':
      return { type: 'bytes', value: Buffer.from(value.value).toString('base64') }
    case 'array':
      return { type: 'array', value: value.value.map(valueJson) }
    case 'map':
      return { type: 'map', value: attributes(value.value) }
  }
}
