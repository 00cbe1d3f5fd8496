"""What the program sent, as one line of JSON in the words of Jaeger's API, so that a reader can compare it with what a tracing
system shows. A program of yours does not need this."""

import json

from jaeger_client import thrift
from jaeger_client.reporter import BaseReporter
from jaeger_client.thrift_gen.jaeger.ttypes import SpanRefType, TagType


class Recorder(BaseReporter):
    """Remembers what it hands on to another reporter."""

    def __init__(self, reporter):
        self.reporter = reporter
        self.spans = []

    def set_process(self, service_name, tags, max_length):
        self.process = thrift.make_process(service_name, tags, max_length)
        self.reporter.set_process(service_name, tags, max_length)

    def report_span(self, span):
        self.spans.append(span)
        self.reporter.report_span(span)

    def close(self):
        return self.reporter.close()

    def line(self):
        batch = thrift.make_jaeger_batch(self.spans, self.process)
        process = {"serviceName": batch.process.serviceName, "tags": _tags(batch.process.tags)}
        return json.dumps({"spans": [{**_span(span), "process": process} for span in batch.spans]})


def _span(span):
    references = [
        {
            "refType": SpanRefType._VALUES_TO_NAMES[reference.refType],
            "traceID": _trace_id(reference),
            "spanID": _id(reference.spanId),
        }
        for reference in span.references or []
    ]
    return {
        "traceID": _trace_id(span),
        "spanID": _id(span.spanId),
        "parentSpanID": _id(span.parentSpanId) if span.parentSpanId else "",
        "operationName": span.operationName,
        "flags": span.flags,
        "references": references,
        "startTime": span.startTime,
        "duration": span.duration,
        "tags": _tags(span.tags),
        "logs": [{"timestamp": log.timestamp, "fields": _tags(log.fields)} for log in span.logs],
    }


def _id(number):
    return f"{number & (1 << 64) - 1:016x}"


def _trace_id(ids):
    """16 digits unless the id has more than 64 bits."""
    return (_id(ids.traceIdHigh) if ids.traceIdHigh else "") + _id(ids.traceIdLow)


def _tags(tags):
    return [{"key": tag.key, **_value(tag)} for tag in tags]


def _value(tag):
    """Integers as text: JSON's numbers end at 2^53."""
    if tag.vType == TagType.BOOL:
        return {"type": "bool", "value": tag.vBool}
    if tag.vType == TagType.LONG:
        return {"type": "int64", "value": str(tag.vLong)}
    if tag.vType == TagType.DOUBLE:
        return {"type": "float64", "value": tag.vDouble}
    return {"type": "string", "value": tag.vStr}
