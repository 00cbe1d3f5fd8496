package example;

import io.jaegertracing.Configuration;
import io.jaegertracing.Configuration.SamplerConfiguration;
import io.jaegertracing.Configuration.SenderConfiguration;
import io.jaegertracing.internal.JaegerTracer;
import io.jaegertracing.spi.Sender;
import java.util.function.UnaryOperator;

/**
 * Starts jaeger-client by the JAEGER_ variables: where spans go, which traces are sampled, how long trace ids are. Unless
 * JAEGER_SAMPLER_TYPE says otherwise, all are sampled.
 */
final class Tracing {
  private Tracing() {}

  /** The tracer; close() sends what is still waiting. */
  static JaegerTracer start(UnaryOperator<Sender> wrap) {
    Configuration configuration = Configuration.fromEnv("shop-java");
    SamplerConfiguration sampler = configuration.getSampler();
    if (sampler.getType() == null) sampler.withType("const").withParam(1);
    SenderConfiguration sender = configuration.getReporter().getSenderConfiguration();
    configuration.getReporter().withSender(wrapped(sender, wrap));
    return configuration
        .getTracerBuilder()
        .withTag("team.name", "Bücher & Söhne")
        .withTag("team.on_call", true)
        .withTag("team.size", 7)
        .withTag("team.load", 0.75)
        .build();
  }

  private static SenderConfiguration wrapped(SenderConfiguration configuration, UnaryOperator<Sender> wrap) {
    return new SenderConfiguration() {
      @Override
      public Sender getSender() {
        return wrap.apply(configuration.getSender());
      }
    };
  }
}
