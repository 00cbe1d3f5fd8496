// What the program sent, as one line of JSON in the words of Jaeger's API, so that a reader can compare it with what a
// tracing system shows. A program of yours does not need this.

package main

import (
	"encoding/json"
	"os"
	"sort"
	"strconv"
	"sync"
	"time"

	"go.opencensus.io/trace"
)

type recorder struct {
	mu    sync.Mutex
	spans []any
}

func (r *recorder) ExportSpan(span *trace.SpanData) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.spans = append(r.spans, spanJSON(span))
}

func (r *recorder) print() error {
	r.mu.Lock()
	defer r.mu.Unlock()
	encoder := json.NewEncoder(os.Stdout)
	encoder.SetEscapeHTML(false)
	return encoder.Encode(map[string]any{"spans": r.spans})
}

func spanJSON(span *trace.SpanData) any {
	// The exporter has no span.kind; it puts the kind in front of the name, and the status into tags.
	prefix := map[int]string{trace.SpanKindClient: "Sent.", trace.SpanKindServer: "Recv."}[span.SpanKind]
	tags := append(tagsJSON(span.Attributes),
		tagJSON("status.code", int64(span.Status.Code)), tagJSON("status.message", span.Status.Message))
	if span.Status.Code != 0 {
		tags = append(tags, tagJSON("error", true))
	}
	logs := []any{}
	for _, annotation := range span.Annotations {
		logs = append(logs, map[string]any{
			"timestamp": micros(annotation.Time),
			"fields":    append(tagsJSON(annotation.Attributes), tagJSON("message", annotation.Message)),
		})
	}
	parent := ""
	if span.ParentSpanID != (trace.SpanID{}) {
		parent = span.ParentSpanID.String()
	}
	return map[string]any{
		"traceID":       span.TraceID.String(),
		"spanID":        span.SpanID.String(),
		"parentSpanID":  parent,
		"operationName": prefix + span.Name,
		"flags":         span.TraceOptions,
		"references":    []any{},
		"startTime":     micros(span.StartTime),
		"duration":      span.EndTime.Sub(span.StartTime).Microseconds(),
		"tags":          tags,
		"logs":          logs,
		"process":       map[string]any{"serviceName": "demo", "tags": []any{}},
	}
}

func micros(t time.Time) int64 { return t.UnixNano() / 1000 }

func tagsJSON(attributes map[string]any) []any {
	tags := []any{}
	for key, value := range attributes {
		tags = append(tags, tagJSON(key, value))
	}
	sort.Slice(tags, func(i, j int) bool { return tags[i].(tag).Key < tags[j].(tag).Key })
	return tags
}

type tag struct {
	Key   string `json:"key"`
	Type  string `json:"type"`
	Value any    `json:"value"`
}

// tagJSON writes integers as text: JSON's numbers end at 2^53.
func tagJSON(key string, value any) tag {
	switch value := value.(type) {
	case bool:
		return tag{key, "bool", value}
	case int64:
		return tag{key, "int64", strconv.FormatInt(value, 10)}
	case float64:
		return tag{key, "float64", value}
	default:
		return tag{key, "string", value}
	}
}
