// Whole traces and Jaeger's envelope: {"data":[trace...],"total":0,"limit":0,"offset":0,"errors":null} (jaeger
// cmd/query/app/http_handler.go, structuredResponse, v1.57). Hands out the bytes in pieces of bounded size, so that an
// answer of any size is sent without being held.

import type { Adjustments } from '@spoor/core/model/adjust'
import { type SpanFields, type SpanGroup, type SpanVisitor, SpanWalker } from '../otlp/span-fields.ts'
import { writeTraceId } from './ids.ts'
import { ascii, JsonBytes } from './json-bytes.ts'
import type { KeyValue } from './key-value.ts'
import { NO_SCOPE, Processes, readScope, type ScopeText } from './processes.ts'
import { SpanWriter } from './span-writer.ts'

const TRACE = ascii('{"traceID":"')
const SPANS = ascii('","spans":[')
const PROCESSES = ascii('],"processes":')
const TRACE_END = ascii(',"warnings":null}')
const COMMA = 0x2c

/** An entry of the envelope's `errors`. */
export interface ApiError {
  readonly code?: number
  readonly msg: string
  readonly traceID?: string
}

/** What changes in a trace as a whole, from its TracesData message; undefined for traces as they were sent (raw=true). */
export type AdjustTrace = ((bytes: Uint8Array) => Adjustments) | undefined

/** Writes trace after trace into one buffer; the spans' JSON never exists as objects. */
export class TraceWriter implements SpanVisitor {
  readonly out: JsonBytes
  readonly #adjust: AdjustTrace
  readonly #walker = new SpanWalker()
  readonly #spans: SpanWriter
  #adjustments: Adjustments | undefined
  #processes: Processes
  #group: SpanGroup | undefined
  #context: { readonly scope: ScopeText; readonly adjusted: boolean }
  /** Number of the group's process; 0 until a span of the group needs it. */
  #process = 0
  #row = 0
  #count = 0
  readonly #processOf = (library: readonly KeyValue[]): number => this.#numberProcess(library)

  constructor(capacity: number, adjust: AdjustTrace, plain = false) {
    this.out = new JsonBytes(capacity)
    this.#adjust = adjust
    this.#spans = new SpanWriter(this.out, !plain)
    this.#processes = new Processes(adjust !== undefined)
    this.#context = { scope: NO_SCOPE, adjusted: adjust !== undefined }
  }

  /** `bytes` is a TracesData message with the spans of one trace. */
  trace(traceId: string, bytes: Uint8Array): void {
    const steps = this.steps(traceId, bytes)
    while (steps.next().done !== true);
  }

  /** The same in steps, between which what was written may be taken. */
  *steps(traceId: string, bytes: Uint8Array): Generator<void> {
    const { out } = this
    this.#adjustments = this.#adjust?.(bytes)
    this.#processes = new Processes(this.#context.adjusted)
    this.#row = this.#count = 0
    out.raw(TRACE)
    writeTraceId(out, Buffer.from(traceId, 'hex'), 0)
    out.raw(SPANS)
    yield* this.#walker.steps(bytes, this)
    out.raw(PROCESSES)
    this.#processes.write(out)
    out.raw(TRACE_END)
  }

  group(group: SpanGroup): void {
    this.#group = group
    this.#context = { scope: readScope(group), adjusted: this.#context.adjusted }
    this.#process = 0
  }

  span(fields: SpanFields): void {
    const adjustment = this.#adjustments?.spans.get(this.#row++)
    if (adjustment?.dropped === true) return
    if (this.#count++ > 0) this.out.byte(COMMA)
    this.#spans.write(fields, this.#context, this.#processOf, adjustment)
  }

  #numberProcess(library: readonly KeyValue[]): number {
    const group = this.#group
    if (group === undefined) return 0
    if (library.length > 0) return this.#processes.number(group, this.#context.scope, library)
    if (this.#process === 0) this.#process = this.#processes.number(group, this.#context.scope)
    return this.#process
  }
}

/** The envelope around anything small. */
export function envelope(data: unknown, total: number, errors: readonly ApiError[] | null): string {
  return JSON.stringify({ data, total, limit: 0, offset: 0, errors })
}

/** `bytes` is a TracesData message with the spans of one trace. */
export interface AnswerTrace {
  readonly traceId: string
  readonly bytes: Uint8Array
}

export interface AnswerOptions {
  readonly adjust: AdjustTrace
  /** Without the tag that says in which format a span came in, for what never came in. */
  readonly plain?: boolean
  readonly errors: readonly ApiError[]
  /** More members of the envelope, at its end. */
  readonly extra?: Readonly<Record<string, unknown>>
}

/** Bytes collected before a piece is handed on, and room for the spans that take it over that. */
const PIECE_BYTES = 1 << 20
/** Most answers are small: the first buffer grows, the others are made large at once. */
const FIRST_CAPACITY = 64 * 1024
const PIECE_CAPACITY = PIECE_BYTES + (1 << 18)

/** The envelope with traces as its data, in pieces of about a megabyte. */
export function* writeAnswer(traces: Iterable<AnswerTrace>, options: AnswerOptions): Generator<Buffer<ArrayBuffer>> {
  const writer = new TraceWriter(FIRST_CAPACITY, options.adjust, options.plain)
  const { out } = writer
  out.raw(ascii('{"data":['))
  let first = true
  for (const trace of traces) {
    if (!first) out.byte(COMMA)
    first = false
    for (const _ of writer.steps(trace.traceId, trace.bytes)) {
      if (out.at >= PIECE_BYTES) yield out.take(PIECE_CAPACITY)
    }
    if (out.at >= PIECE_BYTES) yield out.take(PIECE_CAPACITY)
  }
  out.raw(ascii('],"total":0,"limit":0,"offset":0,"errors":'))
  const errors = Buffer.from(JSON.stringify(options.errors.length > 0 ? options.errors : null))
  out.block(errors, 0, errors.length)
  for (const [key, value] of Object.entries(options.extra ?? {})) {
    out.byte(COMMA)
    out.string(key)
    out.byte(0x3a)
    const text = Buffer.from(JSON.stringify(value))
    out.block(text, 0, text.length)
  }
  out.byte(0x7d)
  yield out.take(0)
}
