package main

import (
	"context"
	"net/http"

	"contrib.go.opencensus.io/exporter/jaeger/propagation"
	"go.opencensus.io/trace"
	binary "go.opencensus.io/trace/propagation"
	"google.golang.org/grpc"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"
)

// The name of gRPC's trace header as OpenCensus and gRPC agreed it.
const grpcTraceHeader = "grpc-trace-bin"

var uberTraceID propagation.HTTPFormat

// traceRequests records a span per HTTP request.
func traceRequests(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		ctx, span := startServerSpan(r)
		defer span.End()
		span.AddAttributes(
			trace.StringAttribute("http.method", r.Method),
			trace.StringAttribute("http.path", r.URL.Path),
		)
		recorder := &statusRecorder{ResponseWriter: w, code: http.StatusOK}
		next.ServeHTTP(recorder, r.WithContext(ctx))
		span.AddAttributes(trace.Int64Attribute("http.status_code", int64(recorder.code)))
	})
}

func startServerSpan(r *http.Request) (context.Context, *trace.Span) {
	kind := trace.WithSpanKind(trace.SpanKindServer)
	if caller, ok := uberTraceID.SpanContextFromRequest(r); ok {
		return trace.StartSpanWithRemoteParent(r.Context(), r.URL.Path, caller, kind)
	}
	return trace.StartSpan(r.Context(), r.URL.Path, kind)
}

type statusRecorder struct {
	http.ResponseWriter
	code int
}

func (r *statusRecorder) WriteHeader(code int) {
	r.code = code
	r.ResponseWriter.WriteHeader(code)
}

// tracedTransport records a span per request that we make, and tells the server of it.
type tracedTransport struct{ next http.RoundTripper }

func (t tracedTransport) RoundTrip(r *http.Request) (*http.Response, error) {
	ctx, span := trace.StartSpan(r.Context(), r.URL.Path, trace.WithSpanKind(trace.SpanKindClient))
	defer span.End()
	r = r.Clone(ctx)
	uberTraceID.SpanContextToRequest(span.SpanContext(), r)
	return t.next.RoundTrip(r)
}

// traceHandlers is the gRPC server's interceptor: a span per call, with the status that the caller gets.
func traceHandlers(
	ctx context.Context, request any, info *grpc.UnaryServerInfo, handler grpc.UnaryHandler,
) (any, error) {
	kind := trace.WithSpanKind(trace.SpanKindServer)
	headers, _ := metadata.FromIncomingContext(ctx)
	var span *trace.Span
	if caller, ok := callerOf(headers); ok {
		ctx, span = trace.StartSpanWithRemoteParent(ctx, info.FullMethod, caller, kind)
	} else {
		ctx, span = trace.StartSpan(ctx, info.FullMethod, kind)
	}
	defer span.End()
	response, err := handler(ctx, request)
	span.SetStatus(statusOf(err))
	return response, err
}

func callerOf(headers metadata.MD) (trace.SpanContext, bool) {
	values := headers.Get(grpcTraceHeader)
	if len(values) == 0 {
		return trace.SpanContext{}, false
	}
	return binary.FromBinary([]byte(values[0]))
}

// traceCalls is the gRPC client's interceptor.
func traceCalls(ctx context.Context, method string, request, reply any, connection *grpc.ClientConn,
	invoke grpc.UnaryInvoker, options ...grpc.CallOption,
) error {
	ctx, span := trace.StartSpan(ctx, method, trace.WithSpanKind(trace.SpanKindClient))
	defer span.End()
	ctx = metadata.AppendToOutgoingContext(ctx, grpcTraceHeader, string(binary.Binary(span.SpanContext())))
	err := invoke(ctx, method, request, reply, connection, options...)
	span.SetStatus(statusOf(err))
	return err
}

// OpenCensus has gRPC's codes.
func statusOf(err error) trace.Status {
	return trace.Status{Code: int32(status.Code(err)), Message: status.Convert(err).Message()}
}
