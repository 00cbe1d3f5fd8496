package example;

import io.opentelemetry.api.common.Attributes;
import io.opentelemetry.sdk.OpenTelemetrySdk;
import io.opentelemetry.sdk.autoconfigure.AutoConfiguredOpenTelemetrySdk;
import io.opentelemetry.sdk.resources.Resource;
import io.opentelemetry.sdk.trace.SpanProcessor;
import java.util.Map;

/**
 * Starts OpenTelemetry. Spans go out by the protocol in OTEL_EXPORTER_OTLP_PROTOCOL (grpc, http/protobuf) to the endpoint
 * in OTEL_EXPORTER_OTLP_ENDPOINT.
 */
final class Telemetry {
  private Telemetry() {}

  /** The running SDK; close() sends what is still waiting. */
  static OpenTelemetrySdk start(SpanProcessor more) {
    Resource resource =
        Resource.create(
            Attributes.builder()
                .put("service.name", "checkout-java")
                .put("service.version", "1.4.2")
                .put("team.name", "Bücher & Söhne")
                .put("team.on_call", true)
                .put("team.size", 7)
                .put("team.load", 0.75)
                .build());
    return AutoConfiguredOpenTelemetrySdk.builder()
        .addPropertiesSupplier(
            () ->
                Map.of(
                    "otel.exporter.otlp.protocol", "http/protobuf",
                    "otel.metrics.exporter", "none",
                    "otel.logs.exporter", "none"))
        .addResourceCustomizer((found, config) -> found.merge(resource))
        .addTracerProviderCustomizer((provider, config) -> provider.addSpanProcessor(more))
        .disableShutdownHook()
        .build()
        .getOpenTelemetrySdk();
  }
}
