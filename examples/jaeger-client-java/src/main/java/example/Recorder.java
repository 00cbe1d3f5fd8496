package example;

import io.jaegertracing.internal.JaegerSpan;
import io.jaegertracing.internal.exceptions.SenderException;
import io.jaegertracing.spi.Sender;
import io.jaegertracing.thrift.internal.reporters.protocols.JaegerThriftSpanConverter;
import io.jaegertracing.thriftjava.Log;
import io.jaegertracing.thriftjava.Span;
import io.jaegertracing.thriftjava.SpanRef;
import io.jaegertracing.thriftjava.Tag;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;

/**
 * What the program sent, as one line of JSON in the words of Jaeger's API, so that a reader can compare it with what a
 * tracing system shows. A program of yours does not need this.
 */
final class Recorder {
  private final List<Object> spans = new CopyOnWriteArrayList<>();

  /** Remembers what goes to the sender. */
  Sender before(Sender sender) {
    return new Sender() {
      @Override
      public int append(JaegerSpan span) throws SenderException {
        spans.add(json(span));
        return sender.append(span);
      }

      @Override
      public int flush() throws SenderException {
        return sender.flush();
      }

      @Override
      public int close() throws SenderException {
        return sender.close();
      }
    };
  }

  String line() {
    return json(Map.of("spans", spans));
  }

  private static Map<String, Object> json(JaegerSpan reported) {
    Span span = JaegerThriftSpanConverter.convertSpan(reported);
    Map<String, Object> out = new HashMap<>();
    out.put("traceID", traceId(span.getTraceIdHigh(), span.getTraceIdLow()));
    out.put("spanID", id(span.getSpanId()));
    out.put("parentSpanID", span.getParentSpanId() == 0 ? "" : id(span.getParentSpanId()));
    out.put("operationName", span.getOperationName());
    out.put("flags", span.getFlags());
    out.put("references", orEmpty(span.getReferences()).stream().map(Recorder::reference).toList());
    out.put("startTime", span.getStartTime());
    out.put("duration", span.getDuration());
    out.put("tags", tags(span.getTags()));
    out.put("logs", orEmpty(span.getLogs()).stream().map(Recorder::log).toList());
    List<Tag> processTags = JaegerThriftSpanConverter.buildTags(reported.getTracer().tags());
    out.put("process", Map.of("serviceName", reported.getServiceName(), "tags", tags(processTags)));
    return out;
  }

  private static Map<String, Object> reference(SpanRef reference) {
    return Map.of(
        "refType", reference.getRefType().name(),
        "traceID", traceId(reference.getTraceIdHigh(), reference.getTraceIdLow()),
        "spanID", id(reference.getSpanId()));
  }

  private static Map<String, Object> log(Log log) {
    return Map.of("timestamp", log.getTimestamp(), "fields", tags(log.getFields()));
  }

  private static <T> List<T> orEmpty(List<T> list) {
    return list == null ? List.of() : list;
  }

  private static String id(long id) {
    return String.format(Locale.ROOT, "%016x", id);
  }

  /** 16 digits unless the id has more than 64 bits. */
  private static String traceId(long high, long low) {
    return high == 0 ? id(low) : id(high) + id(low);
  }

  private static List<Object> tags(List<Tag> tags) {
    List<Object> out = new ArrayList<>();
    for (Tag tag : tags) {
      out.add(
          switch (tag.getVType()) {
            case BOOL -> tag(tag, "bool", tag.isVBool());
            case LONG -> tag(tag, "int64", Long.toString(tag.getVLong())); // JSON's numbers end at 2^53.
            case DOUBLE -> tag(tag, "float64", tag.getVDouble());
            default -> tag(tag, "string", tag.getVStr());
          });
    }
    return out;
  }

  private static Map<String, Object> tag(Tag tag, String type, Object value) {
    return Map.of("key", tag.getKey(), "type", type, "value", value);
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
