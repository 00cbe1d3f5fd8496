"""What the program sent, as one line of JSON: every ended span with typed values, so that a reader can compare it with
what a tracing system shows. A program of yours does not need this."""

import base64
import json
from collections.abc import Mapping

from opentelemetry.sdk.trace import SpanProcessor
from opentelemetry.trace import format_span_id, format_trace_id


class Recorder(SpanProcessor):
    def __init__(self):
        self.spans = []

    def on_end(self, span):
        self.spans.append(span)

    def line(self, trace_id):
        spans = [span_json(span) for span in self.spans]
        return json.dumps({"traceId": format_trace_id(trace_id), "spans": spans})


def span_json(span):
    return {
        "traceId": format_trace_id(span.context.trace_id),
        "spanId": format_span_id(span.context.span_id),
        "parentSpanId": format_span_id(span.parent.span_id) if span.parent else "",
        "traceState": span.context.trace_state.to_header(),
        "name": span.name,
        "kind": span.kind.value + 1,  # The API counts from 0 (internal), OTLP from 1.
        "startNs": str(span.start_time),
        "endNs": str(span.end_time),
        "attributes": attributes_json(span.attributes),
        "droppedAttributesCount": span.dropped_attributes,
        "events": [
            {
                "timeNs": str(event.timestamp),
                "name": event.name,
                "attributes": attributes_json(event.attributes),
                "droppedAttributesCount": event.dropped_attributes,
            }
            for event in span.events
        ],
        "droppedEventsCount": span.dropped_events,
        "links": [
            {
                "traceId": format_trace_id(link.context.trace_id),
                "spanId": format_span_id(link.context.span_id),
                "traceState": link.context.trace_state.to_header(),
                "attributes": attributes_json(link.attributes),
                "droppedAttributesCount": link.dropped_attributes,
            }
            for link in span.links
        ],
        "droppedLinksCount": span.dropped_links,
        "statusCode": span.status.status_code.value,
        "statusMessage": span.status.description or "",
        "resource": {
            "attributes": attributes_json(span.resource.attributes),
            "schemaUrl": span.resource.schema_url,
        },
        "scope": {
            "name": span.instrumentation_scope.name,
            "version": span.instrumentation_scope.version or "",
            "schemaUrl": span.instrumentation_scope.schema_url or "",
        },
    }


def attributes_json(attributes):
    return [{"key": key, "value": value_json(value)} for key, value in (attributes or {}).items()]


def value_json(value):
    match value:
        case None:
            return {"type": "empty"}
        case str():
            return {"type": "string", "value": value}
        case bool():
            return {"type": "bool", "value": value}
        case int():
            return {"type": "int", "value": str(value)}
        case float():
            return {"type": "double", "value": value}
        case bytes():
            return {"type": "bytes", "value": base64.b64encode(value).decode()}
        case Mapping():
            return {"type": "map", "value": attributes_json(value)}
    return {"type": "array", "value": [value_json(element) for element in value]}
