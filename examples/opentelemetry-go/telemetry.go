package main

import (
	"context"
	"fmt"
	"os"

	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/exporters/otlp/otlptrace"
	"go.opentelemetry.io/otel/exporters/otlp/otlptrace/otlptracegrpc"
	"go.opentelemetry.io/otel/exporters/otlp/otlptrace/otlptracehttp"
	"go.opentelemetry.io/otel/propagation"
	"go.opentelemetry.io/otel/sdk/resource"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
)

// startTelemetry sends spans by the protocol in OTEL_EXPORTER_OTLP_PROTOCOL (grpc, http/protobuf) to the endpoint in
// OTEL_EXPORTER_OTLP_ENDPOINT. Its Shutdown sends what is still waiting.
func startTelemetry(ctx context.Context, more sdktrace.SpanProcessor) (*sdktrace.TracerProvider, error) {
	exporter, err := newExporter(ctx)
	if err != nil {
		return nil, err
	}
	res, err := resource.New(ctx, resource.WithTelemetrySDK(), resource.WithHost(), resource.WithProcessPID(),
		resource.WithAttributes(
			attribute.String("service.name", "checkout-go"),
			attribute.String("service.version", "1.4.2"),
			attribute.String("team.name", "Bücher & Söhne"),
			attribute.Bool("team.on_call", true),
			attribute.Int("team.size", 7),
			attribute.Float64("team.load", 0.75),
		))
	if err != nil {
		return nil, err
	}
	provider := sdktrace.NewTracerProvider(
		sdktrace.WithBatcher(exporter), sdktrace.WithSpanProcessor(more), sdktrace.WithResource(res))
	otel.SetTracerProvider(provider)
	otel.SetTextMapPropagator(propagation.TraceContext{})
	return provider, nil
}

func newExporter(ctx context.Context) (*otlptrace.Exporter, error) {
	var grpc []otlptracegrpc.Option
	var http []otlptracehttp.Option
	if os.Getenv("OTEL_EXPORTER_OTLP_ENDPOINT") == "" {
		// Left to itself the SDK would speak TLS to localhost; it takes http:// from an endpoint that is given.
		grpc = append(grpc, otlptracegrpc.WithInsecure())
		http = append(http, otlptracehttp.WithInsecure())
	}
	switch protocol := os.Getenv("OTEL_EXPORTER_OTLP_PROTOCOL"); protocol {
	case "grpc":
		return otlptracegrpc.New(ctx, grpc...)
	case "http/protobuf", "":
		return otlptracehttp.New(ctx, http...)
	default:
		return nil, fmt.Errorf("OTEL_EXPORTER_OTLP_PROTOCOL is %s", protocol)
	}
}
