package example;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import io.jaegertracing.internal.JaegerSpanContext;
import io.jaegertracing.internal.JaegerTracer;
import io.opentracing.References;
import io.opentracing.Span;
import io.opentracing.SpanContext;
import io.opentracing.propagation.Format;
import io.opentracing.propagation.TextMapAdapter;
import io.opentracing.tag.Tags;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.UnaryOperator;

/**
 * A shop service. Serves POST /checkout on PORT (8086); with --once it serves requests that it makes itself, prints what it
 * sent as one line of JSON, and exits.
 */
public final class Shop {
  private final JaegerTracer tracer;

  private Shop(JaegerTracer tracer) {
    this.tracer = tracer;
  }

  /** Stock is reserved in a trace of its own; charging the card follows from it. */
  private SpanContext reserveStock() {
    Span span = tracer.buildSpan("reserve stock").withTag(Tags.SPAN_KIND, Tags.SPAN_KIND_PRODUCER).start();
    span.finish();
    return span.context();
  }

  private SpanContext chargeCard(SpanContext request, SpanContext reservation) {
    Span span =
        tracer
            .buildSpan("charge card")
            .asChildOf(request)
            .addReference(References.FOLLOWS_FROM, reservation)
            .start();
    span.setTag("order.id", "Bestellung-4711 ☕");
    span.setTag("order.coupon", "");
    span.setTag("order.express", true);
    span.setTag("order.items", 3);
    span.setTag("order.user_id", 9007199254740993L);
    span.setTag("order.total", 59.99);
    span.setTag("order.weight", 2.0);
    span.setTag("order.note", "Bücher ".repeat(3750));
    span.log(
        Map.of(
            "event", "cache miss",
            "cache.key", "price:A-1",
            "cache.tried", 2,
            "cache.ratio", 0.5,
            "cache.stale", false));
    try {
      throw new IllegalStateException("Karte abgelehnt: Limit 50 €");
    } catch (IllegalStateException declined) {
      Tags.ERROR.set(span, true);
      span.log(
          Map.of(
              "event", "error",
              "error.kind", declined.getClass().getName(),
              "message", declined.getMessage(),
              "stack", declined.getStackTrace()[0].toString()));
    } finally {
      span.finish();
    }
    return span.context();
  }

  /** Does not belong to the request any more: it only follows from the charge. */
  private void sendReceipt(SpanContext charge) {
    tracer.buildSpan("send receipt").addReference(References.FOLLOWS_FROM, charge).start().finish();
  }

  /** Records a span per HTTP request. */
  private void serve(HttpExchange exchange) throws IOException {
    Map<String, String> headers = new HashMap<>();
    exchange.getRequestHeaders().forEach((name, values) -> headers.put(name, values.get(0)));
    String method = exchange.getRequestMethod();
    Span span =
        tracer
            .buildSpan(method + " " + exchange.getRequestURI())
            .asChildOf(tracer.extract(Format.Builtin.HTTP_HEADERS, new TextMapAdapter(headers)))
            .withTag(Tags.SPAN_KIND, Tags.SPAN_KIND_SERVER)
            .withTag(Tags.HTTP_METHOD, method)
            .withTag(Tags.HTTP_URL, exchange.getRequestURI().toString())
            .start();
    String customer = span.getBaggageItem("customer");
    if (customer != null) span.setTag("customer", customer);
    sendReceipt(chargeCard(span.context(), reserveStock()));
    Tags.HTTP_STATUS.set(span, 402);
    span.finish(); // Before the answer, so that the caller finds it ended.
    exchange.sendResponseHeaders(402, -1);
    exchange.close();
  }

  /** Asks the service for a checkout as its customers do; false: the sampler did not choose this trace. */
  private boolean buy(URI url) throws IOException, InterruptedException {
    Span span = tracer.buildSpan("buy").withTag(Tags.SPAN_KIND, Tags.SPAN_KIND_CLIENT).start();
    boolean sampled = ((JaegerSpanContext) span.context()).isSampled();
    if (sampled) {
      span.setBaggageItem("customer", "Zoë");
      Map<String, String> headers = new HashMap<>();
      tracer.inject(span.context(), Format.Builtin.HTTP_HEADERS, new TextMapAdapter(headers));
      checkout(url, headers);
    }
    span.finish();
    return sampled;
  }

  /** A trace that the program itself wants to have, whatever the sampler says. */
  private void refund() {
    Span span = tracer.buildSpan("refund").start();
    Tags.SAMPLING_PRIORITY.set(span, 1);
    span.finish();
  }

  private static void checkout(URI url, Map<String, String> headers) throws IOException, InterruptedException {
    HttpRequest.Builder request = HttpRequest.newBuilder(url).POST(HttpRequest.BodyPublishers.noBody());
    headers.forEach(request::header);
    HttpClient.newHttpClient().send(request.build(), HttpResponse.BodyHandlers.discarding());
  }

  private void callOnce(URI url) throws IOException, InterruptedException {
    // A remote sampler has to hear from Spoor first.
    for (long deadline = System.nanoTime() + 20_000_000_000L; !buy(url); Thread.sleep(20)) {
      if (System.nanoTime() > deadline) throw new IllegalStateException("no trace was sampled for 20 seconds");
    }
    refund();
    // As support does to find its trace again: sampled whatever the sampler says, and marked.
    checkout(url, Map.of("jaeger-debug-id", "support-case-7"));
  }

  public static void main(String[] args) throws IOException, InterruptedException {
    boolean once = List.of(args).contains("--once");
    Recorder recorder = new Recorder();
    JaegerTracer tracer = Tracing.start(once ? recorder::before : UnaryOperator.identity());
    Shop shop = new Shop(tracer);
    int port = once ? 0 : Integer.parseInt(System.getenv().getOrDefault("PORT", "8086"));
    HttpServer server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), port), 0);
    server.createContext("/checkout", shop::serve);
    server.start();
    URI url = URI.create("http://localhost:" + server.getAddress().getPort() + "/checkout");
    if (!once) {
      System.out.println("curl -X POST " + url);
      return; // The client closes its tracer when the JVM ends.
    }
    shop.callOnce(url);
    server.stop(0);
    tracer.close();
    System.out.println(recorder.line());
  }
}
