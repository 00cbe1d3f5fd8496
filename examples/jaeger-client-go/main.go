// Command shop is a service of 2019, traced with OpenTracing and jaeger-client-go.
//
// It serves POST /checkout on PORT (8086). With -once it serves requests that it makes itself, prints what it sent as one
// line of JSON, and exits.
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
	"strings"
	"time"

	"github.com/opentracing/opentracing-go"
	"github.com/opentracing/opentracing-go/ext"
	otlog "github.com/opentracing/opentracing-go/log"
	"github.com/uber/jaeger-client-go"
)

// reserveStock happens in a trace of its own; charging the card follows from it.
func reserveStock() opentracing.SpanContext {
	span := opentracing.StartSpan("reserve stock", ext.SpanKindProducer)
	defer span.Finish()
	return span.Context()
}

func chargeCard(request, reservation opentracing.SpanContext) opentracing.SpanContext {
	span := opentracing.StartSpan("charge card", opentracing.ChildOf(request), opentracing.FollowsFrom(reservation))
	defer span.Finish()
	span.SetTag("order.id", "Bestellung-4711 ☕")
	span.SetTag("order.coupon", "")
	span.SetTag("order.express", true)
	span.SetTag("order.items", 3)
	span.SetTag("order.user_id", int64(9007199254740993))
	span.SetTag("order.total", 59.99)
	span.SetTag("order.weight", 2.0)
	span.SetTag("order.signature", []byte{0, 255, 16})
	span.SetTag("order.note", strings.Repeat("Bücher ", 3750))
	span.LogFields(otlog.Event("cache miss"), otlog.String("cache.key", "price:A-1"), otlog.Int("cache.tried", 2),
		otlog.Float64("cache.ratio", 0.5), otlog.Bool("cache.stale", false))
	ext.LogError(span, errors.New("Karte abgelehnt: Limit 50 €"))
	return span.Context()
}

// sendReceipt does not belong to the request any more: it only follows from the charge.
func sendReceipt(charge opentracing.SpanContext) {
	opentracing.StartSpan("send receipt", opentracing.FollowsFrom(charge)).Finish()
}

func checkout(w http.ResponseWriter, r *http.Request) {
	request := opentracing.SpanFromContext(r.Context()).Context()
	sendReceipt(chargeCard(request, reserveStock()))
	http.Error(w, "card declined", http.StatusPaymentRequired)
}

// buy asks the service for a checkout as its customers do; false: the sampler did not choose this trace.
func buy(url string) (bool, error) {
	tracer := opentracing.GlobalTracer()
	span := tracer.StartSpan("buy", ext.SpanKindRPCClient)
	defer span.Finish()
	if !span.Context().(jaeger.SpanContext).IsSampled() {
		return false, nil
	}
	span.SetBaggageItem(customer, "Zoë")
	request, err := http.NewRequest(http.MethodPost, url, nil)
	if err != nil {
		return true, err
	}
	err = tracer.Inject(span.Context(), opentracing.HTTPHeaders, opentracing.HTTPHeadersCarrier(request.Header))
	if err != nil {
		return true, err
	}
	return true, send(request)
}

// askForHelp sends a request as support does to find its trace again: sampled whatever the sampler says, and marked.
func askForHelp(url string) error {
	request, err := http.NewRequest(http.MethodPost, url, nil)
	if err != nil {
		return err
	}
	request.Header.Set(jaeger.JaegerDebugHeader, "support-case-7")
	return send(request)
}

// refund is a trace that the program itself wants to have, whatever the sampler says.
func refund() {
	span := opentracing.StartSpan("refund")
	defer span.Finish()
	ext.SamplingPriority.Set(span, 1)
}

// audit is to be kept, but not to be found by its tags: Jaeger's firehose. No other client has it.
func audit() {
	span := opentracing.StartSpan("audit")
	defer span.Finish()
	jaeger.EnableFirehose(span.(*jaeger.Span))
}

func send(request *http.Request) error {
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	_, err = io.Copy(io.Discard, response.Body)
	return err
}

// callOnce waits until the sampler chooses a trace: a remote one has to hear from Spoor first.
func callOnce(url string) error {
	for deadline := time.Now().Add(20 * time.Second); ; time.Sleep(20 * time.Millisecond) {
		if sampled, err := buy(url); err != nil {
			return err
		} else if sampled {
			break
		} else if time.Now().After(deadline) {
			return errors.New("no trace was sampled for 20 seconds")
		}
	}
	refund()
	audit()
	return askForHelp(url)
}

func run(once bool) error {
	recorder := &recorder{}
	port := cmp.Or(os.Getenv("PORT"), "8086")
	var also []jaeger.Reporter
	if once {
		port, also = "0", append(also, recorder)
	}
	tracing, err := startTracing(also...)
	if err != nil {
		return err
	}
	listener, err := net.Listen("tcp", net.JoinHostPort("localhost", port))
	if err != nil {
		return err
	}
	mux := http.NewServeMux()
	mux.HandleFunc("POST /checkout", checkout)
	server := &http.Server{Handler: traceRequests(mux)}
	go server.Serve(listener)
	url := fmt.Sprintf("http://%s/checkout", listener.Addr())
	if once {
		err = callOnce(url)
	} else {
		fmt.Println("curl -X POST", url)
		ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
		defer stop()
		<-ctx.Done()
	}
	err = errors.Join(err, server.Shutdown(context.Background()), tracing.Close())
	if err != nil || !once {
		return err
	}
	return recorder.print()
}

func main() {
	once := flag.Bool("once", false, "serve requests of our own, print what was sent, exit")
	flag.Parse()
	if err := run(*once); err != nil {
		log.Fatal(err)
	}
}
