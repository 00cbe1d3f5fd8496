// The tags ((field number << 3) | wire type) of the OTLP trace messages that we read and write, from
// opentelemetry-proto v1: trace.proto, common.proto, resource.proto, collector/trace/v1. Numbers only.

// ExportTraceServiceRequest, TracesData
export const RESOURCE_SPANS = 0x0a
// ResourceSpans
export const RESOURCE = 0x0a
export const SCOPE_SPANS = 0x12
// ScopeSpans
export const SCOPE = 0x0a
export const SPAN = 0x12
/** Of ResourceSpans and of ScopeSpans. */
export const SCHEMA_URL = 0x1a

// Resource
export const RESOURCE_ATTRIBUTE = 0x0a
export const RESOURCE_DROPPED = 0x10
// InstrumentationScope
export const SCOPE_NAME = 0x0a
export const SCOPE_VERSION = 0x12
export const SCOPE_ATTRIBUTE = 0x1a
export const SCOPE_DROPPED = 0x20

// Span
export const SPAN_TRACE_ID = 0x0a
export const SPAN_ID = 0x12
export const SPAN_TRACE_STATE = 0x1a
export const SPAN_PARENT_ID = 0x22
export const SPAN_NAME = 0x2a
export const SPAN_KIND = 0x30
export const SPAN_START = 0x39
export const SPAN_END = 0x41
export const SPAN_ATTRIBUTE = 0x4a
export const SPAN_DROPPED_ATTRIBUTES = 0x50
export const SPAN_EVENT = 0x5a
export const SPAN_DROPPED_EVENTS = 0x60
export const SPAN_LINK = 0x6a
export const SPAN_DROPPED_LINKS = 0x70
export const SPAN_STATUS = 0x7a
export const SPAN_FLAGS = 0x85

// Span.Event
export const EVENT_TIME = 0x09
export const EVENT_NAME = 0x12
export const EVENT_ATTRIBUTE = 0x1a
export const EVENT_DROPPED = 0x20

// Span.Link
export const LINK_TRACE_ID = 0x0a
export const LINK_SPAN_ID = 0x12
export const LINK_TRACE_STATE = 0x1a
export const LINK_ATTRIBUTE = 0x22
export const LINK_DROPPED = 0x28
export const LINK_FLAGS = 0x35

// Status
export const STATUS_MESSAGE = 0x12
export const STATUS_CODE = 0x18

// KeyValue
export const KEY = 0x0a
export const VALUE = 0x12
// AnyValue
export const VALUE_STRING = 0x0a
export const VALUE_BOOL = 0x10
export const VALUE_INT = 0x18
export const VALUE_DOUBLE = 0x21
export const VALUE_ARRAY = 0x2a
export const VALUE_MAP = 0x32
export const VALUE_BYTES = 0x3a
/** ArrayValue.values and KeyValueList.values. */
export const VALUES = 0x0a

/** Nesting that a KeyValue counts with, wherever it stands; its values nest on from there. */
export const KEY_VALUE_DEPTH = 5
