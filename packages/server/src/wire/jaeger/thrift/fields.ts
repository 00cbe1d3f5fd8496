// Field ids and enum values of Jaeger's Thrift types that we read and write, from jaegertracing/jaeger-idl:
// thrift/jaeger.thrift and thrift/agent.thrift. Numbers and names only.

// Agent
export const EMIT_BATCH = 'emitBatch'
export const EMIT_ZIPKIN_BATCH = 'emitZipkinBatch'
export const ARGUMENT_BATCH = 1

// Batch
export const BATCH_PROCESS = 1
export const BATCH_SPANS = 2
export const BATCH_SEQ_NO = 3
export const BATCH_STATS = 4

// ClientStats
export const STATS_FULL_QUEUE = 1
export const STATS_TOO_LARGE = 2
export const STATS_FAILED_TO_EMIT = 3

// Process
export const PROCESS_SERVICE_NAME = 1
export const PROCESS_TAGS = 2

// Span
export const SPAN_TRACE_ID_LOW = 1
export const SPAN_TRACE_ID_HIGH = 2
export const SPAN_ID = 3
export const SPAN_PARENT_ID = 4
export const SPAN_OPERATION_NAME = 5
export const SPAN_REFERENCES = 6
export const SPAN_FLAGS = 7
export const SPAN_START_TIME = 8
export const SPAN_DURATION = 9
export const SPAN_TAGS = 10
export const SPAN_LOGS = 11

// SpanRef
export const REF_TYPE = 1
export const REF_TRACE_ID_LOW = 2
export const REF_TRACE_ID_HIGH = 3
export const REF_SPAN_ID = 4
// SpanRefType
export const CHILD_OF = 0
export const FOLLOWS_FROM = 1

// Log
export const LOG_TIMESTAMP = 1
export const LOG_FIELDS = 2

// Tag
export const TAG_KEY = 1
export const TAG_TYPE = 2
export const TAG_STRING = 3
export const TAG_DOUBLE = 4
export const TAG_BOOL = 5
export const TAG_LONG = 6
export const TAG_BINARY = 7
// TagType
export const TYPE_STRING = 0
export const TYPE_DOUBLE = 1
export const TYPE_BOOL = 2
export const TYPE_LONG = 3
export const TYPE_BINARY = 4
