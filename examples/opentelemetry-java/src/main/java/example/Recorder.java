package example;

import io.opentelemetry.api.common.Attributes;
import io.opentelemetry.api.common.KeyValue;
import io.opentelemetry.api.common.Value;
import io.opentelemetry.context.Context;
import io.opentelemetry.sdk.trace.ReadWriteSpan;
import io.opentelemetry.sdk.trace.ReadableSpan;
import io.opentelemetry.sdk.trace.SpanProcessor;
import io.opentelemetry.sdk.trace.data.SpanData;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CopyOnWriteArrayList;

/**
 * What the program sent, as one line of JSON: every ended span with typed values, so that a reader can compare it with
 * what a tracing system shows. A program of yours does not need this.
 */
final class Recorder implements SpanProcessor {
  private final List<SpanData> spans = new CopyOnWriteArrayList<>();

  @Override
  public void onStart(Context parent, ReadWriteSpan span) {}

  @Override
  public boolean isStartRequired() {
    return false;
  }

  @Override
  public void onEnd(ReadableSpan span) {
    spans.add(span.toSpanData());
  }

  @Override
  public boolean isEndRequired() {
    return true;
  }

  String line(String traceId) {
    return json(Map.of("traceId", traceId, "spans", spans.stream().map(Recorder::span).toList()));
  }

  private static Map<String, Object> span(SpanData span) {
    Map<String, Object> out = new TreeMap<>();
    out.put("traceId", span.getTraceId());
    out.put("spanId", span.getSpanId());
    out.put("parentSpanId", span.getParentSpanContext().isValid() ? span.getParentSpanId() : "");
    out.put("traceState", "");
    out.put("name", span.getName());
    out.put("kind", span.getKind().ordinal() + 1); // The API counts from 0 (internal), OTLP from 1.
    out.put("startNs", Long.toString(span.getStartEpochNanos()));
    out.put("endNs", Long.toString(span.getEndEpochNanos()));
    out.put("attributes", attributes(span.getAttributes()));
    out.put("droppedAttributesCount", span.getTotalAttributeCount() - span.getAttributes().size());
    out.put("events", span.getEvents().stream().map(event -> Map.of(
        "timeNs", Long.toString(event.getEpochNanos()),
        "name", event.getName(),
        "attributes", attributes(event.getAttributes()),
        "droppedAttributesCount", event.getDroppedAttributesCount())).toList());
    out.put("droppedEventsCount", span.getTotalRecordedEvents() - span.getEvents().size());
    out.put("links", span.getLinks().stream().map(link -> Map.of(
        "traceId", link.getSpanContext().getTraceId(),
        "spanId", link.getSpanContext().getSpanId(),
        "traceState", "",
        "attributes", attributes(link.getAttributes()),
        "droppedAttributesCount", link.getTotalAttributeCount() - link.getAttributes().size())).toList());
    out.put("droppedLinksCount", span.getTotalRecordedLinks() - span.getLinks().size());
    out.put("statusCode", span.getStatus().getStatusCode().ordinal());
    out.put("statusMessage", span.getStatus().getDescription());
    out.put("resource", Map.of(
        "attributes", attributes(span.getResource().getAttributes()),
        "schemaUrl", orEmpty(span.getResource().getSchemaUrl())));
    var scope = span.getInstrumentationScopeInfo();
    out.put("scope", Map.of(
        "name", scope.getName(),
        "version", orEmpty(scope.getVersion()),
        "schemaUrl", orEmpty(scope.getSchemaUrl())));
    return out;
  }

  private static String orEmpty(String text) {
    return text == null ? "" : text;
  }

  private static List<Object> attributes(Attributes attributes) {
    List<Object> out = new ArrayList<>();
    attributes.forEach((key, value) -> out.add(Map.of("key", key.getKey(), "value", value(value))));
    return out;
  }

  private static Map<String, Object> value(Object value) {
    if (value instanceof Value<?> wrapped) return value(wrapped.getValue());
    if (value instanceof String) return typed("string", value);
    if (value instanceof Boolean) return typed("bool", value);
    if (value instanceof Long) return typed("int", value.toString());
    if (value instanceof Double) return typed("double", value);
    if (value instanceof ByteBuffer bytes) {
      return typed("bytes", Base64.getEncoder().encodeToString(copy(bytes)));
    }
    if (value instanceof List<?> list) {
      boolean map = !list.isEmpty() && list.get(0) instanceof KeyValue;
      return typed(map ? "map" : "array", list.stream().map(map ? Recorder::keyValue : Recorder::value).toList());
    }
    return Map.of("type", "empty");
  }

  private static Map<String, Object> keyValue(Object pair) {
    KeyValue keyValue = (KeyValue) pair;
    return Map.of("key", keyValue.getKey(), "value", value(keyValue.getValue()));
  }

  private static Map<String, Object> typed(String type, Object value) {
    return Map.of("type", type, "value", value);
  }

  private static byte[] copy(ByteBuffer buffer) {
    byte[] bytes = new byte[buffer.remaining()];
    buffer.duplicate().get(bytes);
    return bytes;
  }

  /** ASCII only, so that no console's encoding can spoil it. */
  private static String json(Object value) {
    if (value instanceof Map<?, ?> map) {
      List<String> members = new ArrayList<>();
      map.forEach((key, member) -> members.add(json(key) + ":" + json(member)));
      return "{" + String.join(",", members) + "}";
    }
    if (value instanceof List<?> list) return "[" + String.join(",", list.stream().map(Recorder::json).toList()) + "]";
    if (!(value instanceof String text)) return value.toString();
    StringBuilder out = new StringBuilder("\"");
    for (char c : text.toCharArray()) {
      boolean plain = c >= 0x20 && c < 0x7f && c != '"' && c != '\\';
      out.append(plain ? String.valueOf(c) : String.format(Locale.ROOT, "\\u%04x", (int) c));
    }
    return out.append('"').toString();
  }
}
