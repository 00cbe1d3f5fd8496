// Command checkout is a small shop service whose requests are traced with OpenTelemetry.
//
// It serves POST /checkout on PORT (8085). With -once it serves one request that it makes itself, prints what it sent as
// one line of JSON, and exits.
package main

import (
	"cmp"
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"os"
	"os/signal"

	"go.opentelemetry.io/contrib/instrumentation/net/http/otelhttp"
	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/trace"
)

var tracer = otel.Tracer("checkout", trace.WithInstrumentationVersion("1.4.2"))

// reserveStock happens in a trace of its own; the checkout that uses the reservation links to it.
func reserveStock(ctx context.Context) trace.SpanContext {
	_, span := tracer.Start(ctx, "reserve stock", trace.WithNewRoot(), trace.WithSpanKind(trace.SpanKindProducer),
		trace.WithAttributes(attribute.String("messaging.destination.name", "stock")))
	defer span.End()
	return span.SpanContext()
}

func chargeCard(ctx context.Context, reservation trace.SpanContext) {
	_, span := tracer.Start(ctx, "charge card", trace.WithLinks(trace.Link{
		SpanContext: reservation,
		Attributes:  []attribute.KeyValue{attribute.Int("link.order", 1), attribute.String("link.reason", "reserved")},
	}))
	defer span.End()
	span.SetAttributes(
		attribute.String("order.id", "Bestellung-4711 ☕"),
		attribute.String("order.coupon", ""),
		attribute.Bool("order.express", true),
		attribute.Int("order.items", 3),
		attribute.Int64("order.user_id", 9007199254740993),
		attribute.Float64("order.total", 59.99),
		attribute.Float64("order.weight", 2),
		attribute.StringSlice("order.skus", []string{"A-1", "ß-2"}),
		attribute.BoolSlice("order.gift", []bool{true, false}),
		attribute.IntSlice("order.quantities", []int{1, -2}),
		attribute.Float64Slice("order.prices", []float64{19.99, 20.5}),
		attribute.ByteSlice("order.signature", []byte{0, 255, 16}),
		attribute.Map("order.address",
			attribute.String("city", "Zürich"),
			attribute.Float64Slice("geo", []float64{47.37, 8.54}),
			attribute.Int("zip", 8001)),
	)
	span.AddEvent("cache miss", trace.WithAttributes(
		attribute.String("cache.key", "price:A-1"), attribute.Float64("cache.ratio", 0.5), attribute.Int("cache.tried", 2)))
	err := errors.New("Karte abgelehnt: Limit 50 €")
	span.RecordError(err, trace.WithStackTrace(true))
	span.SetStatus(codes.Error, err.Error())
}

func sendReceipt(ctx context.Context) {
	_, span := tracer.Start(ctx, "send receipt")
	defer span.End()
	span.SetStatus(codes.Ok, "")
}

func checkout(w http.ResponseWriter, r *http.Request) {
	chargeCard(r.Context(), reserveStock(r.Context()))
	sendReceipt(r.Context())
	http.Error(w, "card declined", http.StatusPaymentRequired)
}

// buy asks the service for a checkout as its customers do, and returns the trace of that.
func buy(ctx context.Context, url string) (trace.TraceID, error) {
	ctx, span := tracer.Start(ctx, "buy")
	defer span.End()
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, url, nil)
	if err != nil {
		return trace.TraceID{}, err
	}
	client := http.Client{Transport: otelhttp.NewTransport(http.DefaultTransport)}
	response, err := client.Do(request)
	if err != nil {
		return trace.TraceID{}, err
	}
	defer response.Body.Close()
	_, err = io.Copy(io.Discard, response.Body)
	return span.SpanContext().TraceID(), err
}

func run(once bool) error {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	recorder := &recorder{}
	telemetry, err := startTelemetry(ctx, recorder)
	if err != nil {
		return err
	}
	port := cmp.Or(os.Getenv("PORT"), "8085")
	if once {
		port = "0"
	}
	listener, err := net.Listen("tcp", net.JoinHostPort("localhost", port))
	if err != nil {
		return err
	}
	mux := http.NewServeMux()
	mux.HandleFunc("POST /checkout", checkout)
	server := &http.Server{Handler: otelhttp.NewHandler(mux, "checkout")}
	go server.Serve(listener)
	url := fmt.Sprintf("http://%s/checkout", listener.Addr())
	if !once {
		fmt.Println("curl -X POST", url)
		<-ctx.Done()
		return errors.Join(server.Shutdown(context.Background()), telemetry.Shutdown(context.Background()))
	}
	traceID, err := buy(ctx, url)
	if err := errors.Join(err, server.Shutdown(ctx), telemetry.Shutdown(ctx)); err != nil {
		return err
	}
	return recorder.print(traceID)
}

func main() {
	once := flag.Bool("once", false, "serve one request of our own, print what was sent, exit")
	flag.Parse()
	if err := run(*once); err != nil {
		log.Fatal(err)
	}
}
