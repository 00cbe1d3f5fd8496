// OTLP's trace service as descriptors, for server reflection alone (opentelemetry/proto/…/v1/*.proto, 1.x). Spans on the hot
// path are read by wire/otlp, never through these.

import type { FileTable } from '../api/proto-files.ts'

const COMMON = 'opentelemetry.proto.common.v1'
const RESOURCE = 'opentelemetry.proto.resource.v1'
const TRACE = 'opentelemetry.proto.trace.v1'
const COLLECTOR = 'opentelemetry.proto.collector.trace.v1'
const COMMON_PATH = 'opentelemetry/proto/common/v1/common.proto'
const RESOURCE_PATH = 'opentelemetry/proto/resource/v1/resource.proto'
const TRACE_PATH = 'opentelemetry/proto/trace/v1/trace.proto'

const COMMON_FILE: FileTable = {
  path: COMMON_PATH,
  package: COMMON,
  messages: {
    AnyValue: {
      fields: [
        '1 string string_value value',
        '2 bool bool_value value',
        '3 int64 int_value value',
        '4 double double_value value',
        `5 .${COMMON}.ArrayValue array_value value`,
        `6 .${COMMON}.KeyValueList kvlist_value value`,
        '7 bytes bytes_value value',
      ],
    },
    ArrayValue: { fields: [`1 .${COMMON}.AnyValue[] values`] },
    KeyValueList: { fields: [`1 .${COMMON}.KeyValue[] values`] },
    KeyValue: { fields: ['1 string key', `2 .${COMMON}.AnyValue value`] },
    InstrumentationScope: {
      fields: [
        '1 string name',
        '2 string version',
        `3 .${COMMON}.KeyValue[] attributes`,
        '4 uint32 dropped_attributes_count',
      ],
    },
  },
}

const RESOURCE_FILE: FileTable = {
  path: RESOURCE_PATH,
  package: RESOURCE,
  imports: [COMMON_PATH],
  messages: {
    Resource: { fields: [`1 .${COMMON}.KeyValue[] attributes`, '2 uint32 dropped_attributes_count'] },
  },
}

const TRACE_FILE: FileTable = {
  path: TRACE_PATH,
  package: TRACE,
  imports: [COMMON_PATH, RESOURCE_PATH],
  messages: {
    ResourceSpans: {
      fields: [`1 .${RESOURCE}.Resource resource`, `2 .${TRACE}.ScopeSpans[] scope_spans`, '3 string schema_url'],
    },
    ScopeSpans: {
      fields: [`1 .${COMMON}.InstrumentationScope scope`, `2 .${TRACE}.Span[] spans`, '3 string schema_url'],
    },
    Span: {
      fields: [
        '1 bytes trace_id',
        '2 bytes span_id',
        '3 string trace_state',
        '4 bytes parent_span_id',
        '16 fixed32 flags',
        '5 string name',
        `6 .enum:${TRACE}.Span.SpanKind kind`,
        '7 fixed64 start_time_unix_nano',
        '8 fixed64 end_time_unix_nano',
        `9 .${COMMON}.KeyValue[] attributes`,
        '10 uint32 dropped_attributes_count',
        `11 .${TRACE}.Span.Event[] events`,
        '12 uint32 dropped_events_count',
        `13 .${TRACE}.Span.Link[] links`,
        '14 uint32 dropped_links_count',
        `15 .${TRACE}.Status status`,
      ],
      messages: {
        Event: {
          fields: [
            '1 fixed64 time_unix_nano',
            '2 string name',
            `3 .${COMMON}.KeyValue[] attributes`,
            '4 uint32 dropped_attributes_count',
          ],
        },
        Link: {
          fields: [
            '1 bytes trace_id',
            '2 bytes span_id',
            '3 string trace_state',
            `4 .${COMMON}.KeyValue[] attributes`,
            '5 uint32 dropped_attributes_count',
            '6 fixed32 flags',
          ],
        },
      },
      enums: {
        SpanKind: [
          'SPAN_KIND_UNSPECIFIED',
          'SPAN_KIND_INTERNAL',
          'SPAN_KIND_SERVER',
          'SPAN_KIND_CLIENT',
          'SPAN_KIND_PRODUCER',
          'SPAN_KIND_CONSUMER',
        ],
      },
    },
    Status: {
      fields: ['2 string message', `3 .enum:${TRACE}.Status.StatusCode code`],
      enums: { StatusCode: ['STATUS_CODE_UNSET', 'STATUS_CODE_OK', 'STATUS_CODE_ERROR'] },
    },
  },
}

const SERVICE_FILE: FileTable = {
  path: 'opentelemetry/proto/collector/trace/v1/trace_service.proto',
  package: COLLECTOR,
  imports: [TRACE_PATH],
  messages: {
    ExportTraceServiceRequest: { fields: [`1 .${TRACE}.ResourceSpans[] resource_spans`] },
    ExportTraceServiceResponse: { fields: [`1 .${COLLECTOR}.ExportTracePartialSuccess partial_success`] },
    ExportTracePartialSuccess: { fields: ['1 int64 rejected_spans', '2 string error_message'] },
  },
  services: {
    TraceService: {
      Export: {
        input: `.${COLLECTOR}.ExportTraceServiceRequest`,
        output: `.${COLLECTOR}.ExportTraceServiceResponse`,
      },
    },
  },
}

export const EXPORT_PATH: string = `/${COLLECTOR}.TraceService/Export`

/** Imports before their users. */
export const OTLP_TRACE_FILES: readonly FileTable[] = [COMMON_FILE, RESOURCE_FILE, TRACE_FILE, SERVICE_FILE]
