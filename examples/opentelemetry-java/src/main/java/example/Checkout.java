package example;

import static io.opentelemetry.api.common.AttributeKey.booleanArrayKey;
import static io.opentelemetry.api.common.AttributeKey.doubleArrayKey;
import static io.opentelemetry.api.common.AttributeKey.longArrayKey;
import static io.opentelemetry.api.common.AttributeKey.stringArrayKey;
import static io.opentelemetry.api.common.AttributeKey.valueKey;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import io.opentelemetry.api.common.Attributes;
import io.opentelemetry.api.common.KeyValue;
import io.opentelemetry.api.common.Value;
import io.opentelemetry.api.trace.Span;
import io.opentelemetry.api.trace.SpanContext;
import io.opentelemetry.api.trace.SpanKind;
import io.opentelemetry.api.trace.StatusCode;
import io.opentelemetry.api.trace.Tracer;
import io.opentelemetry.context.Context;
import io.opentelemetry.context.Scope;
import io.opentelemetry.context.propagation.TextMapGetter;
import io.opentelemetry.context.propagation.TextMapPropagator;
import io.opentelemetry.sdk.OpenTelemetrySdk;
import io.opentelemetry.sdk.trace.SpanProcessor;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.util.List;

/**
 * A checkout service. Serves POST /checkout on PORT (8085); with --once it serves one request that it makes itself, prints
 * what it sent as one line of JSON, and exits.
 */
public final class Checkout {
  private static final TextMapGetter<HttpExchange> HEADERS =
      new TextMapGetter<>() {
        @Override
        public Iterable<String> keys(HttpExchange exchange) {
          return exchange.getRequestHeaders().keySet();
        }

        @Override
        public String get(HttpExchange exchange, String key) {
          return exchange.getRequestHeaders().getFirst(key);
        }
      };

  private final Tracer tracer;
  private final TextMapPropagator propagator;

  private Checkout(OpenTelemetrySdk sdk) {
    tracer = sdk.getTracer("checkout", "1.4.2");
    propagator = sdk.getPropagators().getTextMapPropagator();
  }

  /** Stock is reserved in a trace of its own; the checkout that uses it links to it. */
  private SpanContext reserveStock() {
    Span span =
        tracer
            .spanBuilder("reserve stock")
            .setNoParent()
            .setSpanKind(SpanKind.PRODUCER)
            .setAttribute("messaging.destination.name", "stock")
            .startSpan();
    span.end();
    return span.getSpanContext();
  }

  private void chargeCard(SpanContext reservation) {
    Attributes why = Attributes.builder().put("link.order", 1).put("link.reason", "reserved").build();
    Span span = tracer.spanBuilder("charge card").addLink(reservation, why).startSpan();
    try (Scope ignored = span.makeCurrent()) {
      span.setAttribute("order.id", "Bestellung-4711 ☕")
          .setAttribute("order.coupon", "")
          .setAttribute("order.express", true)
          .setAttribute("order.items", 3)
          .setAttribute("order.user_id", 9007199254740993L)
          .setAttribute("order.total", 59.99)
          .setAttribute("order.weight", 2.0)
          .setAttribute(stringArrayKey("order.skus"), List.of("A-1", "ß-2"))
          .setAttribute(booleanArrayKey("order.gift"), List.of(true, false))
          .setAttribute(longArrayKey("order.quantities"), List.of(1L, -2L))
          .setAttribute(doubleArrayKey("order.prices"), List.of(19.99, 20.5))
          .setAttribute(valueKey("order.signature"), Value.of(new byte[] {0, (byte) 255, 16}))
          .setAttribute(
              valueKey("order.address"),
              Value.of(
                  KeyValue.of("city", Value.of("Zürich")),
                  KeyValue.of("geo", Value.of(Value.of(47.37), Value.of(8.54))),
                  KeyValue.of("zip", Value.of(8001))));
      span.addEvent(
          "cache miss",
          Attributes.builder().put("cache.key", "price:A-1").put("cache.ratio", 0.5).put("cache.tried", 2).build());
      throw new IllegalStateException("Karte abgelehnt: Limit 50 €");
    } catch (IllegalStateException declined) {
      span.recordException(declined);
      span.setStatus(StatusCode.ERROR, declined.getMessage());
    } finally {
      span.end();
    }
  }

  private void sendReceipt() {
    tracer.spanBuilder("send receipt").startSpan().setStatus(StatusCode.OK).end();
  }

  private void serve(HttpExchange exchange) throws IOException {
    Context caller = propagator.extract(Context.root(), exchange, HEADERS);
    Span span =
        tracer
            .spanBuilder("POST /checkout")
            .setParent(caller)
            .setSpanKind(SpanKind.SERVER)
            .setAttribute("http.request.method", exchange.getRequestMethod())
            .setAttribute("http.route", "/checkout")
            .startSpan();
    try (Scope ignored = span.makeCurrent()) {
      chargeCard(reserveStock());
      sendReceipt();
      span.setAttribute("http.response.status_code", 402);
    } finally {
      span.end(); // Before the answer, so that the caller finds it ended.
    }
    exchange.sendResponseHeaders(402, -1);
    exchange.close();
  }

  /** Asks the service for a checkout as its customers do; returns the trace of that. */
  private String buy(URI url) throws IOException, InterruptedException {
    Span buy = tracer.spanBuilder("buy").startSpan();
    try (Scope outer = buy.makeCurrent()) {
      Span span = tracer.spanBuilder("POST").setSpanKind(SpanKind.CLIENT).startSpan();
      span.setAttribute("url.full", url.toString());
      try (Scope inner = span.makeCurrent()) {
        HttpRequest.Builder request = HttpRequest.newBuilder(url).POST(HttpRequest.BodyPublishers.noBody());
        propagator.inject(Context.current(), request, (builder, key, value) -> builder.header(key, value));
        var response = HttpClient.newHttpClient().send(request.build(), HttpResponse.BodyHandlers.discarding());
        span.setAttribute("http.response.status_code", response.statusCode());
      } finally {
        span.end();
      }
    } finally {
      buy.end();
    }
    return buy.getSpanContext().getTraceId();
  }

  public static void main(String[] args) throws IOException, InterruptedException {
    boolean once = List.of(args).contains("--once");
    Recorder recorder = new Recorder();
    OpenTelemetrySdk sdk = Telemetry.start(once ? recorder : SpanProcessor.composite());
    Checkout checkout = new Checkout(sdk);
    int port = once ? 0 : Integer.parseInt(System.getenv().getOrDefault("PORT", "8085"));
    HttpServer server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), port), 0);
    server.createContext("/checkout", checkout::serve);
    server.start();
    URI url = URI.create("http://localhost:" + server.getAddress().getPort() + "/checkout");
    if (!once) {
      System.out.println("curl -X POST " + url);
      Runtime.getRuntime().addShutdownHook(new Thread(sdk::close));
      return;
    }
    String traceId = checkout.buy(url);
    server.stop(0);
    sdk.close();
    System.out.println(recorder.line(traceId));
  }
}
