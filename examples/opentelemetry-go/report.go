// What the program sent, as one line of JSON: every ended span with typed values, so that a reader can compare it with
// what a tracing system shows. A program of yours does not need this.

package main

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"os"
	"strconv"
	"sync"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/trace"
)

type recorder struct {
	mu    sync.Mutex
	spans []any
}

func (r *recorder) OnStart(context.Context, sdktrace.ReadWriteSpan) {}
func (r *recorder) Shutdown(context.Context) error                  { return nil }
func (r *recorder) ForceFlush(context.Context) error                { return nil }

func (r *recorder) OnEnd(span sdktrace.ReadOnlySpan) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.spans = append(r.spans, spanJSON(span))
}

func (r *recorder) print(id trace.TraceID) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	encoder := json.NewEncoder(os.Stdout)
	encoder.SetEscapeHTML(false)
	return encoder.Encode(map[string]any{"traceId": id, "spans": r.spans})
}

func spanJSON(span sdktrace.ReadOnlySpan) any {
	events := []any{}
	for _, event := range span.Events() {
		events = append(events, map[string]any{
			"timeNs":                 nanos(event.Time),
			"name":                   event.Name,
			"attributes":             attributesJSON(event.Attributes),
			"droppedAttributesCount": event.DroppedAttributeCount,
		})
	}
	links := []any{}
	for _, link := range span.Links() {
		links = append(links, map[string]any{
			"traceId":                link.SpanContext.TraceID(),
			"spanId":                 link.SpanContext.SpanID(),
			"traceState":             link.SpanContext.TraceState().String(),
			"attributes":             attributesJSON(link.Attributes),
			"droppedAttributesCount": link.DroppedAttributeCount,
		})
	}
	parent := ""
	if span.Parent().SpanID().IsValid() {
		parent = span.Parent().SpanID().String()
	}
	// The API counts unset, error, ok; OTLP counts unset, ok, error.
	status := map[codes.Code]int{codes.Unset: 0, codes.Ok: 1, codes.Error: 2}[span.Status().Code]
	return map[string]any{
		"traceId":                span.SpanContext().TraceID(),
		"spanId":                 span.SpanContext().SpanID(),
		"parentSpanId":           parent,
		"traceState":             span.SpanContext().TraceState().String(),
		"name":                   span.Name(),
		"kind":                   span.SpanKind(),
		"startNs":                nanos(span.StartTime()),
		"endNs":                  nanos(span.EndTime()),
		"attributes":             attributesJSON(span.Attributes()),
		"droppedAttributesCount": span.DroppedAttributes(),
		"events":                 events,
		"droppedEventsCount":     span.DroppedEvents(),
		"links":                  links,
		"droppedLinksCount":      span.DroppedLinks(),
		"statusCode":             status,
		"statusMessage":          span.Status().Description,
		"resource": map[string]any{
			"attributes": attributesJSON(span.Resource().Attributes()),
			"schemaUrl":  span.Resource().SchemaURL(),
		},
		"scope": map[string]any{
			"name":      span.InstrumentationScope().Name,
			"version":   span.InstrumentationScope().Version,
			"schemaUrl": span.InstrumentationScope().SchemaURL,
		},
	}
}

func nanos(t time.Time) string { return strconv.FormatInt(t.UnixNano(), 10) }

func attributesJSON(attributes []attribute.KeyValue) []any {
	list := []any{}
	for _, kv := range attributes {
		list = append(list, map[string]any{"key": kv.Key, "value": valueJSON(kv.Value)})
	}
	return list
}

func valueJSON(value attribute.Value) any {
	switch value.Type() {
	case attribute.STRING:
		return typed("string", value.AsString())
	case attribute.BOOL:
		return typed("bool", value.AsBool())
	case attribute.INT64:
		return typed("int", strconv.FormatInt(value.AsInt64(), 10))
	case attribute.FLOAT64:
		return typed("double", value.AsFloat64())
	case attribute.BYTESLICE:
		return typed("bytes", base64.StdEncoding.EncodeToString(value.AsByteSlice()))
	case attribute.MAP:
		return typed("map", attributesJSON(value.AsMap()))
	case attribute.STRINGSLICE:
		return arrayJSON(value.AsStringSlice(), attribute.StringValue)
	case attribute.BOOLSLICE:
		return arrayJSON(value.AsBoolSlice(), attribute.BoolValue)
	case attribute.INT64SLICE:
		return arrayJSON(value.AsInt64Slice(), attribute.Int64Value)
	case attribute.FLOAT64SLICE:
		return arrayJSON(value.AsFloat64Slice(), attribute.Float64Value)
	case attribute.SLICE:
		return arrayJSON(value.AsSlice(), func(v attribute.Value) attribute.Value { return v })
	}
	return map[string]any{"type": "empty"}
}

func typed(name string, value any) any { return map[string]any{"type": name, "value": value} }

func arrayJSON[T any](values []T, of func(T) attribute.Value) any {
	list := []any{}
	for _, value := range values {
		list = append(list, valueJSON(of(value)))
	}
	return typed("array", list)
}
