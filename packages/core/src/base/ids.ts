// Trace and span ids as text. Inside, a trace id has 32 lower-case hex digits and a span id 16; people and old clients
// leave out leading zeros and write upper case.

const ZERO_HALF = '0000000000000000'

/** 1 to 32 hex digits of any case as 32 lower-case ones, or undefined where the text is something else. */
export function normalizeTraceId(text: string): string | undefined {
  return /^[0-9a-fA-F]{1,32}$/.test(text) ? text.toLowerCase().padStart(32, '0') : undefined
}

/** 1 to 16 hex digits of any case as 16 lower-case ones, or undefined where the text is something else. */
export function normalizeSpanId(text: string): string | undefined {
  return /^[0-9a-fA-F]{1,16}$/.test(text) ? text.toLowerCase().padStart(16, '0') : undefined
}

/** The trace id as Jaeger's v1 API prints it: 16 digits where the upper half is zero, else 32. Takes 32 digits. */
export function shortTraceId(traceId: string): string {
  return traceId.startsWith(ZERO_HALF) ? traceId.slice(16) : traceId
}
