// What the program sent, as one line of JSON in the words of Jaeger's API, so that a reader can compare it with what a
// tracing system shows. A program of yours does not need this.

package main

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"os"
	"strconv"
	"sync"

	"github.com/uber/jaeger-client-go"
	thrift "github.com/uber/jaeger-client-go/thrift-gen/jaeger"
)

type recorder struct {
	mu    sync.Mutex
	spans []any
}

func (r *recorder) Close() {}

func (r *recorder) Report(span *jaeger.Span) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.spans = append(r.spans, spanJSON(jaeger.BuildJaegerThrift(span), jaeger.BuildJaegerProcessThrift(span)))
}

func (r *recorder) print() error {
	r.mu.Lock()
	defer r.mu.Unlock()
	encoder := json.NewEncoder(os.Stdout)
	encoder.SetEscapeHTML(false)
	return encoder.Encode(map[string]any{"spans": r.spans})
}

func spanJSON(span *thrift.Span, process *thrift.Process) any {
	references := []any{}
	for _, reference := range span.References {
		references = append(references, map[string]any{
			"refType": reference.RefType.String(),
			"traceID": traceID(reference.TraceIdHigh, reference.TraceIdLow),
			"spanID":  spanID(reference.SpanId),
		})
	}
	logs := []any{}
	for _, entry := range span.Logs {
		logs = append(logs, map[string]any{"timestamp": entry.Timestamp, "fields": tagsJSON(entry.Fields)})
	}
	parent := ""
	if span.ParentSpanId != 0 {
		parent = spanID(span.ParentSpanId)
	}
	return map[string]any{
		"traceID":       traceID(span.TraceIdHigh, span.TraceIdLow),
		"spanID":        spanID(span.SpanId),
		"parentSpanID":  parent,
		"operationName": span.OperationName,
		"flags":         span.Flags,
		"references":    references,
		"startTime":     span.StartTime,
		"duration":      span.Duration,
		"tags":          tagsJSON(span.Tags),
		"logs":          logs,
		"process":       map[string]any{"serviceName": process.ServiceName, "tags": tagsJSON(process.Tags)},
	}
}

func spanID(id int64) string { return fmt.Sprintf("%016x", uint64(id)) }

// traceID has 16 digits unless the id has more than 64 bits.
func traceID(high, low int64) string {
	if high == 0 {
		return spanID(low)
	}
	return spanID(high) + spanID(low)
}

func tagsJSON(tags []*thrift.Tag) []any {
	out := []any{}
	for _, tag := range tags {
		name, value := valueJSON(tag)
		out = append(out, map[string]any{"key": tag.Key, "type": name, "value": value})
	}
	return out
}

// valueJSON writes integers as text: JSON's numbers end at 2^53.
func valueJSON(tag *thrift.Tag) (string, any) {
	switch tag.VType {
	case thrift.TagType_BOOL:
		return "bool", tag.GetVBool()
	case thrift.TagType_LONG:
		return "int64", strconv.FormatInt(tag.GetVLong(), 10)
	case thrift.TagType_DOUBLE:
		return "float64", tag.GetVDouble()
	case thrift.TagType_BINARY:
		return "binary", base64.StdEncoding.EncodeToString(tag.VBinary)
	default:
		return "string", tag.GetVStr()
	}
}
