// One span as the JSON of span-detail.ts: everything that was sent, typed, in order, in nanoseconds. The server's answer
// for what is stored, and the page's for a file that was opened in the browser.

import { shortTraceId } from '../base/ids.ts'
import type { SpanAdjustment } from '../model/adjust.ts'
import {
  FORMAT_ATTRIBUTE,
  isInternalAttribute,
  V1_DEBUG,
  V1_FIREHOSE,
  v1Flags,
  v1Warnings,
} from '../model/internal-attributes.ts'
import type { AnyValue, Attribute, Span } from '../model/span.ts'
import { base64 } from '../model/value-text.ts'
import type { AttributeJson, SpanDetail, ValueJson } from './span-detail.ts'

export function spanDetail(span: Span): SpanDetail {
  const { resource, scope } = span
  const flags = v1Flags(span.attributes) ?? 0
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
    debug: (flags & V1_DEBUG) !== 0,
    firehose: (flags & V1_FIREHOSE) !== 0,
    format: formatOf(span),
    shiftNs: '0',
    resource: { ...resource, attributes: attributes(resource.attributes) },
    scope: { ...scope, attributes: attributes(scope.attributes) },
    warnings: [...v1Warnings(span.attributes), ...ownWarnings(span)],
  }
}

/** The same as the trace's adjustments have it; undefined where they leave the span alone. */
export function adjustedDetail(span: Span, adjustment: SpanAdjustment | undefined): SpanDetail {
  const detail = spanDetail(span)
  if (adjustment === undefined) return detail
  const { spanId = detail.spanId, parentSpanId = detail.parentSpanId, shiftNs } = adjustment
  const warnings = [...v1Warnings(span.attributes), ...adjustment.warnings, ...ownWarnings(span)]
  return { ...detail, spanId, parentSpanId, shiftNs: String(shiftNs), warnings }
}

function formatOf({ scope }: Span): string {
  const value = scope.attributes.find(({ key }) => key === FORMAT_ATTRIBUTE)?.value
  return value?.type === 'string' ? value.value : ''
}

function ownWarnings(span: Span): string[] {
  if (span.endNs >= span.startNs) return []
  return [span.endNs === 0n ? 'the span has no end time' : 'the span ends before it starts']
}

/** What is no tag has a field of its own. */
function attributes(list: readonly Attribute[]): AttributeJson[] {
  return list.filter(({ key }) => !isInternalAttribute(key)).map(({ key, value }) => ({ key, value: valueJson(value) }))
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
      return { type: 'double', value: doubleJson(value.value) }
    case 'bytes':
      return { type: 'bytes', value: base64(value.value) }
    case 'array':
      return { type: 'array', value: value.value.map(valueJson) }
    case 'map':
      return { type: 'map', value: attributes(value.value) }
  }
}

/** As text where JSON has no number for it: it would write −0 as 0. */
function doubleJson(value: number): number | string {
  if (Object.is(value, -0)) return '-0'
  return Number.isFinite(value) ? value : String(value)
}
