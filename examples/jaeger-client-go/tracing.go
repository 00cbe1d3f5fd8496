package main

import (
	"io"
	"net/http"

	"github.com/opentracing/opentracing-go"
	"github.com/opentracing/opentracing-go/ext"
	"github.com/uber/jaeger-client-go"
	"github.com/uber/jaeger-client-go/config"
	jaegerlog "github.com/uber/jaeger-client-go/log"
)

const customer = "customer"

// startTracing reads the JAEGER_ variables: where spans go, which are sampled, how long trace ids are. Unless
// JAEGER_SAMPLER_TYPE says otherwise every trace is sampled. Closing sends what is still waiting.
func startTracing(also ...jaeger.Reporter) (io.Closer, error) {
	cfg, err := config.FromEnv()
	if err != nil {
		return nil, err
	}
	cfg.ServiceName = "shop-go"
	if cfg.Sampler.Type == "" {
		cfg.Sampler.Type, cfg.Sampler.Param = jaeger.SamplerTypeConst, 1
	}
	cfg.Tags = append(cfg.Tags,
		opentracing.Tag{Key: "team.name", Value: "Bücher & Söhne"},
		opentracing.Tag{Key: "team.on_call", Value: true},
		opentracing.Tag{Key: "team.size", Value: 7},
		opentracing.Tag{Key: "team.load", Value: 0.75},
	)
	reporter, err := cfg.Reporter.NewReporter(cfg.ServiceName, jaeger.NewNullMetrics(), jaegerlog.StdLogger)
	if err != nil {
		return nil, err
	}
	return cfg.InitGlobalTracer("", config.MaxTagValueLength(64*1024), config.Logger(jaegerlog.NullLogger),
		config.Reporter(jaeger.NewCompositeReporter(append(also, reporter)...)))
}

// traceRequests records a span per HTTP request.
func traceRequests(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		tracer := opentracing.GlobalTracer()
		// An error means that the caller sent no trace; ext.RPCServerOption takes nil for that.
		caller, _ := tracer.Extract(opentracing.HTTPHeaders, opentracing.HTTPHeadersCarrier(r.Header))
		span := tracer.StartSpan(r.Method+" "+r.URL.Path, ext.RPCServerOption(caller))
		defer span.Finish()
		ext.HTTPMethod.Set(span, r.Method)
		ext.HTTPUrl.Set(span, r.URL.String())
		if name := span.BaggageItem(customer); name != "" {
			span.SetTag(customer, name)
		}
		recorder := &statusRecorder{ResponseWriter: w, code: http.StatusOK}
		next.ServeHTTP(recorder, r.WithContext(opentracing.ContextWithSpan(r.Context(), span)))
		ext.HTTPStatusCode.Set(span, uint16(recorder.code))
	})
}

type statusRecorder struct {
	http.ResponseWriter
	code int
}

func (r *statusRecorder) WriteHeader(code int) {
	r.code = code
	r.ResponseWriter.WriteHeader(code)
}
