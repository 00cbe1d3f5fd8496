// Command demo is a service of 2019: an HTTP server and a gRPC server, both traced with OpenCensus, whose spans go to
// Jaeger's ports by OpenCensus' own exporter for Jaeger.
//
// It serves GET /hello on :8090 and helloworld.Greeter on :8091. With -once it calls both itself, prints what it sent as
// one line of JSON, and exits.
package main

import (
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

	"contrib.go.opencensus.io/exporter/jaeger"
	"go.opencensus.io/trace"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials/insecure"
	pb "google.golang.org/grpc/examples/helloworld/helloworld"
	"google.golang.org/grpc/status"
)

type greeter struct {
	pb.UnimplementedGreeterServer
}

func (greeter) SayHello(ctx context.Context, request *pb.HelloRequest) (*pb.HelloReply, error) {
	span := trace.FromContext(ctx)
	span.AddAttributes(
		trace.StringAttribute("guest.name", request.Name),
		trace.Int64Attribute("guest.id", 9007199254740993),
		trace.Float64Attribute("guest.score", 0.75),
		trace.BoolAttribute("guest.known", false),
	)
	span.Annotate([]trace.Attribute{
		trace.StringAttribute("list", "gäste"),
		trace.Int64Attribute("tried", 2),
	}, "guest not found")
	return nil, status.Errorf(codes.NotFound, "no guest %s ☕", request.Name)
}

func hello(w http.ResponseWriter, r *http.Request) {
	_, span := trace.StartSpan(r.Context(), "render")
	defer span.End()
	fmt.Fprintln(w, "hello")
}

// visit calls both servers as a customer would, within one trace.
func visit(ctx context.Context, url, target string) error {
	ctx, span := trace.StartSpan(ctx, "visit")
	defer span.End()
	client := http.Client{Transport: tracedTransport{http.DefaultTransport}}
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return err
	}
	response, err := client.Do(request)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	if _, err := io.Copy(io.Discard, response.Body); err != nil {
		return err
	}
	connection, err := grpc.NewClient(target, grpc.WithTransportCredentials(insecure.NewCredentials()),
		grpc.WithUnaryInterceptor(traceCalls))
	if err != nil {
		return err
	}
	defer connection.Close()
	_, err = pb.NewGreeterClient(connection).SayHello(ctx, &pb.HelloRequest{Name: "Zoë"})
	if status.Code(err) != codes.NotFound {
		return fmt.Errorf("the greeter knows the guest? %w", err)
	}
	return nil
}

func run(agent, collector string, once bool) error {
	je, err := jaeger.NewExporter(jaeger.Options{
		AgentEndpoint:     agent,
		CollectorEndpoint: collector,
		ServiceName:       "demo",
	})
	if err != nil {
		return err
	}
	trace.RegisterExporter(je)
	trace.ApplyConfig(trace.Config{DefaultSampler: trace.AlwaysSample()})

	httpPort, grpcPort := "8090", "8091"
	if once {
		httpPort, grpcPort = "0", "0"
	}
	httpListener, err := net.Listen("tcp", "localhost:"+httpPort)
	if err != nil {
		return err
	}
	grpcListener, err := net.Listen("tcp", "localhost:"+grpcPort)
	if err != nil {
		return err
	}
	mux := http.NewServeMux()
	mux.HandleFunc("/hello", hello)
	httpServer := &http.Server{Handler: traceRequests(mux)}
	go httpServer.Serve(httpListener)
	grpcServer := grpc.NewServer(grpc.UnaryInterceptor(traceHandlers))
	pb.RegisterGreeterServer(grpcServer, greeter{})
	go grpcServer.Serve(grpcListener)

	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	url, target := fmt.Sprintf("http://%s/hello", httpListener.Addr()), grpcListener.Addr().String()
	recorder := &recorder{}
	if once {
		trace.RegisterExporter(recorder)
		err = visit(ctx, url, target)
	} else {
		fmt.Println("curl", url)
		<-ctx.Done()
	}
	grpcServer.GracefulStop()
	err = errors.Join(err, httpServer.Shutdown(context.Background()))
	je.Flush()
	if err != nil || !once {
		return err
	}
	return recorder.print()
}

func main() {
	agent := flag.String("agent", "localhost:6831", "UDP address of Jaeger's agent")
	collector := flag.String("collector", "http://localhost:14268/api/traces", "Jaeger's collector; empty: use the agent")
	once := flag.Bool("once", false, "call both servers once, print what was sent, exit")
	flag.Parse()
	if err := run(*agent, *collector, *once); err != nil {
		log.Fatal(err)
	}
}
