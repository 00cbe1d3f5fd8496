// One span as the JSON of span-detail.ts: everything that was sent, typed, in order, in nanoseconds. The server's answer
// for what is stored, and the page's for a file that was opened in the browser.

import { shortTraceId } from '../base/ids.ts'
import { isInternalAttribute, WARNINGS_ATTRIBUTE } from '../model/internal-attributes.ts'
import type { AnyValue, Attribute, Span } from '../model/span.ts'
import { base64 } from '../model/value-text.ts'
import type { AttributeJson, SpanDetail, ValueJson } from './span-detail.ts'

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
    attributes: attributes(span.attributes.filter(({ key }) => !isInternalAttribute(key))),
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
    warnings: [...sentWarnings(span), ...ownWarnings(span)],
  }
}

/** Those that came with the span. */
function sentWarnings(span: Span): string[] {
  const value = span.attributes.find(({ key }) => key === WARNINGS_ATTRIBUTE)?.value
  return value?.type === 'array' ? value.value.flatMap((item) => (item.type === 'string' ? [item.value] : [])) : []
}

function ownWarnings(span: Span): string[] {
  if (span.endNs >= span.startNs) return []
  return [span.endNs === 0n ? 'the span has no end time' : 'the span ends before it starts']
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
      return { type: 'bytes', value: base64(value.value) }
    case 'array':
      return { type: 'array', value: value.value.map(valueJson) }
    case 'map':
      return { type: 'map', value: attributes(value.value) }
  }
}
