// What the program sent, as one line of JSON: every ended span with typed values, so that a reader can compare it with
// what a tracing system shows. A program of yours does not need this.
'use strict'

exports.Recorder = class {
  #spans = []

  onStart() {}

  onEnd(span) {
    this.#spans.push(span)
  }

  forceFlush() {
    return Promise.resolve()
  }

  shutdown() {
    return Promise.resolve()
  }

  line(traceId) {
    return JSON.stringify({ traceId, spans: this.#spans.map(spanJson) })
  }
}

function spanJson(span) {
  return {
    traceId: span.spanContext().traceId,
    spanId: span.spanContext().spanId,
    parentSpanId: span.parentSpanContext?.spanId ?? '',
    traceState: span.spanContext().traceState?.serialize() ?? '',
    name: span.name,
    kind: span.kind + 1, // The API counts from 0 (internal), OTLP from 1.
    startNs: nanos(span.startTime),
    endNs: nanos(span.endTime),
    attributes: attributesJson(span.attributes),
    droppedAttributesCount: span.droppedAttributesCount,
    events: span.events.map((event) => ({
      timeNs: nanos(event.time),
      name: event.name,
      attributes: attributesJson(event.attributes ?? {}),
      droppedAttributesCount: event.droppedAttributesCount ?? 0,
    })),
    droppedEventsCount: span.droppedEventsCount,
    links: span.links.map((link) => ({
      traceId: link.context.traceId,
      spanId: link.context.spanId,
      traceState: link.context.traceState?.serialize() ?? '',
      attributes: attributesJson(link.attributes ?? {}),
      droppedAttributesCount: link.droppedAttributesCount ?? 0,
    })),
    droppedLinksCount: span.droppedLinksCount,
    statusCode: span.status.code,
    statusMessage: span.status.message ?? '',
    resource: { attributes: attributesJson(span.resource.attributes), schemaUrl: span.resource.schemaUrl ?? '' },
    scope: {
      name: span.instrumentationScope.name,
      version: span.instrumentationScope.version ?? '',
      schemaUrl: span.instrumentationScope.schemaUrl ?? '',
    },
  }
}

function nanos([seconds, nanoseconds]) {
  return String(BigInt(seconds) * 1_000_000_000n + BigInt(nanoseconds))
}

function attributesJson(attributes) {
  return Object.entries(attributes).map(([key, value]) => ({ key, value: valueJson(value) }))
}

/** JavaScript has one kind of number: a whole one travels as int, any other as double. */
function valueJson(value) {
  if (value === null) return { type: 'empty' }
  if (typeof value === 'string') return { type: 'string', value }
  if (typeof value === 'boolean') return { type: 'bool', value }
  if (typeof value === 'number') {
    return Number.isInteger(value) ? { type: 'int', value: String(value) } : { type: 'double', value }
  }
  if (value instanceof Uint8Array) return { type: 'bytes', value: Buffer.from(value).toString('base64') }
  if (Array.isArray(value)) return { type: 'array', value: value.map(valueJson) }
  return { type: 'map', value: attributesJson(value) }
}
