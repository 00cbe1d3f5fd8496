// One span of Jaeger's v1 JSON (jaeger model/json/model.go and model/converter/json/from_domain.go, v1.57; the meaning
// of OTLP in it as in opentelemetry-collector-contrib pkg/translator/jaeger) from the bytes of an OTLP span. "Adjusted"
// is what Jaeger's query adjusters make of it: fields of logs sorted, invalid references removed, addresses readable, and
// what the trace as a whole asks of the span (core, model/adjust.ts): another id or parent, times moved, warnings.
// Tags that repeat kind, status or trace state are added only where the span does not carry them itself.

import type { SpanAdjustment } from '@spoor/core/model/adjust'
import { V1_SAMPLED } from '@spoor/core/model/internal-attributes'
import type { ProtoReader } from '../codec/protobuf.ts'
import * as field from '../otlp/fields.ts'
import type { SpanFields } from '../otlp/span-fields.ts'
import { writeSpanId, writeTraceId } from './ids.ts'
import { ascii, type JsonBytes } from './json-bytes.ts'
import { compareKeys, isAddress, KeyValue, startsWith, STRING, writeTag, writeTextTag } from './key-value.ts'
import { type ScopeText, writeScopeTags } from './processes.ts'
import { type ReferenceOptions, ReferenceWriter } from './references.ts'
import { SpecialAttributes } from './special-attributes.ts'
import { TagCache } from './tag-cache.ts'

const TRACE_ID = ascii('{"traceID":"')
const SPAN_ID = ascii('","spanID":"')
const SAMPLED = ascii('","flags":1,"operationName":')
const FLAGS = ascii('","flags":')
const AFTER_FLAGS = ascii(',"operationName":')
const OPERATION = ascii('","operationName":')
const REFERENCES = ascii(',"references":[')
const START_TIME = ascii('],"startTime":')
const DURATION = ascii(',"duration":')
const TAGS = ascii(',"tags":[')
const LOGS = ascii('],"logs":[')
const TIMESTAMP = ascii('{"timestamp":')
const LOG_FIELDS = ascii(',"fields":[')
const LOG_END = ascii(']}')
const PROCESS = ascii('],"processID":"p')
const WARNINGS = ascii('","warnings":')
const SPAN_END = ascii('}')
const NULL = ascii('null')
const COMMA = 0x2c

const EVENT = ascii('event')
const ERROR_TAG = ascii('{"key":"error","type":"bool","value":true}')
const OK_TAG = ascii('{"key":"otel.status_code","type":"string","value":"OK"}')
const NOT_OK_TAG = ascii('{"key":"otel.status_code","type":"string","value":"ERROR"}')
const FORMAT = ascii('internal.span.format')
const OTLP_TAG = ascii('{"key":"internal.span.format","type":"string","value":"otlp"}')
const STATUS_DESCRIPTION = ascii('otel.status_description')
const TRACE_STATE = ascii('w3c.tracestate')
const KIND_TAGS = ['', 'internal', 'server', 'client', 'producer', 'consumer'].map((kind) =>
  ascii(`{"key":"span.kind","type":"string","value":"${kind}"}`),
)
const OK = 1
const ERROR = 2

const HAS_KIND = 1
const HAS_STATUS = 2
const HAS_ERROR = 4
const HAS_DESCRIPTION = 8
const HAS_STATE = 16
const HAS_FORMAT = 32
/** Keys that the tags made from kind, status and trace state would repeat. */
const OWN_KEYS: readonly (readonly [Uint8Array, number])[] = [
  [ascii('span.kind'), HAS_KIND],
  [ascii('otel.status_code'), HAS_STATUS],
  [ascii('error'), HAS_ERROR],
  [STATUS_DESCRIPTION, HAS_DESCRIPTION],
  [TRACE_STATE, HAS_STATE],
  [FORMAT, HAS_FORMAT],
]

export interface SpanContext {
  readonly scope: ScopeText
  readonly adjusted: boolean
}

export class SpanWriter {
  readonly #out: JsonBytes
  readonly #kv = new KeyValue()
  readonly #cache = new TagCache()
  readonly #references: ReferenceWriter
  readonly #special = new SpecialAttributes()
  readonly #warnings: string[] = []
  readonly #referenceOptions: ReferenceOptions
  #shiftNs = 0

  readonly #tellsFormat: boolean

  /** `tellsFormat`: whether spans get the tag `internal.span.format` where they do not bring it. */
  constructor(out: JsonBytes, tellsFormat: boolean) {
    this.#out = out
    this.#tellsFormat = tellsFormat
    this.#references = new ReferenceWriter(out)
    this.#referenceOptions = { adjusted: false, parentSpanId: undefined, warnings: this.#warnings }
  }

  /** The number that `process` gives for the library's tags of the span's own is written with it. */
  write(
    f: SpanFields,
    { adjusted, scope }: SpanContext,
    process: (library: readonly KeyValue[]) => number,
    adjustment: SpanAdjustment | undefined,
  ): void {
    const out = this.#out
    const special = this.#special
    special.read(f, adjusted)
    const warnings = this.#warnings
    warnings.length = 0
    if (special.warnings.length > 0) warnings.push(...special.warnings)
    if (adjustment !== undefined) warnings.push(...adjustment.warnings)
    this.#shiftNs = adjustment?.shiftNs ?? 0
    out.raw(TRACE_ID)
    writeTraceId(out, f.bytes, f.traceIdAt)
    out.raw(SPAN_ID)
    if (adjustment?.spanId === undefined) writeSpanId(out, f.bytes, f.spanIdAt)
    else out.raw(ascii(adjustment.spanId))
    this.#flags(f)
    out.quoted(f.bytes, f.nameAt, f.nameEnd)
    out.raw(REFERENCES)
    this.#referenceOptions.adjusted = adjusted
    this.#referenceOptions.parentSpanId = adjustment?.parentSpanId
    this.#references.write(f, this.#referenceOptions)
    out.raw(START_TIME)
    this.#micros(f.startLow, f.startHigh)
    out.raw(DURATION)
    this.#duration(f)
    out.raw(TAGS)
    this.#tags(f, adjusted, scope)
    out.raw(LOGS)
    this.#logs(f, adjusted)
    out.raw(PROCESS)
    out.uint(process(special.library))
    out.raw(WARNINGS)
    this.#writeWarnings()
    out.raw(SPAN_END)
  }

  /** v1's own where the span brought them, else the bit that both formats share; v1 leaves out a zero. */
  #flags(f: SpanFields): void {
    const out = this.#out
    const flags = this.#special.flags < 0 ? f.flags & V1_SAMPLED : this.#special.flags
    if (flags === 0) out.raw(OPERATION)
    else if (flags === V1_SAMPLED) out.raw(SAMPLED)
    else {
      out.raw(FLAGS)
      out.uint(flags)
      out.raw(AFTER_FLAGS)
    }
  }

  /** Unix ns as microseconds, moved as the span is; 0 before 1970. */
  #micros(low: number, high: number): void {
    if (this.#shiftNs === 0) {
      this.#out.micros(low, high)
      return
    }
    const moved = ((BigInt(high) << 32n) | BigInt(low)) + BigInt(this.#shiftNs)
    const time = moved > 0n ? BigInt.asUintN(64, moved) : 0n
    this.#out.micros(Number(time & 0xffffffffn), Number(time >> 32n))
  }

  #duration(f: SpanFields): void {
    if (f.endsBeforeStart()) {
      this.#out.byte(0x30)
      this.#warnings.push(
        (f.endLow | f.endHigh) === 0
          ? 'the span has no end time; its duration is shown as 0'
          : `the span ends before it starts (${nanoseconds(f.endLow, f.endHigh)} ns); its duration is shown as 0`,
      )
      return
    }
    const borrow = f.endLow < f.startLow ? 1 : 0
    this.#out.micros((f.endLow - f.startLow) >>> 0, f.endHigh - f.startHigh - borrow)
  }

  #tags(f: SpanFields, adjusted: boolean, scope: ScopeText): void {
    const out = this.#out
    const kv = this.#kv
    const cache = this.#cache
    const start = out.at
    if (!adjusted) writeScopeTags(out, scope)
    let has = 0
    cache.begin(f.bytes, out)
    for (let i = 0; i < f.attributes.count; i++) {
      if (this.#special.skips(i)) continue
      if (out.at !== start) out.byte(COMMA)
      const from = f.attributes.from(i)
      const to = f.attributes.to(i)
      const slot = cache.slot(f.bytes, from, to)
      if (cache.has(slot, f.bytes, from, to)) {
        has |= cache.repeat(slot, out)
        continue
      }
      const at = out.at
      kv.read(f.reader, from, to)
      writeTag(out, kv, adjusted && isAddress(kv))
      const bits = ownKey(kv)
      cache.remember(slot, from, to, at, out, bits)
      has |= bits
    }
    if ((has & HAS_FORMAT) !== 0) return
    if (scope.formatTo > scope.formatFrom) {
      if (this.#tellsFormat) this.#text(start, FORMAT, scope.bytes, scope.formatFrom, scope.formatTo)
    } else {
      this.#fieldTags(f, start, has)
      if (this.#tellsFormat) this.#tag(start, OTLP_TAG)
    }
  }

  /** What OTLP says in fields. Spans that came as v1, or were v1 when they were written to a file, have it as tags. */
  #fieldTags(f: SpanFields, start: number, has: number): void {
    if ((has & HAS_KIND) === 0 && f.kind > 0 && f.kind < KIND_TAGS.length) this.#tag(start, KIND_TAGS[f.kind])
    if ((has & HAS_STATUS) === 0 && f.statusCode === OK) this.#tag(start, OK_TAG)
    if ((has & HAS_STATUS) === 0 && f.statusCode === ERROR) this.#tag(start, NOT_OK_TAG)
    if ((has & HAS_ERROR) === 0 && f.statusCode === ERROR) this.#tag(start, ERROR_TAG)
    if ((has & HAS_DESCRIPTION) === 0) this.#text(start, STATUS_DESCRIPTION, f.bytes, f.statusAt, f.statusEnd)
    if ((has & HAS_STATE) === 0) this.#text(start, TRACE_STATE, f.bytes, f.stateAt, f.stateEnd)
  }

  #tag(first: number, tag: Uint8Array | undefined): void {
    if (tag === undefined) return
    if (this.#out.at !== first) this.#out.byte(COMMA)
    this.#out.raw(tag)
  }

  #text(first: number, key: Uint8Array, source: Uint8Array, from: number, to: number): void {
    if (to === from) return
    if (this.#out.at !== first) this.#out.byte(COMMA)
    writeTextTag(this.#out, key, source, from, to)
  }

  #logs(f: SpanFields, adjusted: boolean): void {
    const out = this.#out
    for (let i = 0; i < f.events.count; i++) {
      if (i > 0) out.byte(COMMA)
      this.#log(f.reader, f.events.from(i), f.events.to(i), adjusted)
    }
  }

  /** A Span.Event message. The name is the field `event` unless there is one. */
  #log(reader: ProtoReader, from: number, to: number, adjusted: boolean): void {
    const out = this.#out
    const fields: KeyValue[] = []
    let nameFrom = 0
    let nameTo = 0
    let low = 0
    let high = 0
    reader.pos = from
    while (reader.pos < to) {
      const tag = reader.tag(to)
      if (tag === field.EVENT_TIME) {
        reader.fixed64(to)
        low = reader.low >>> 0
        high = reader.high >>> 0
      } else if (tag === field.EVENT_NAME) {
        const length = reader.length(to)
        nameFrom = reader.pos
        nameTo = reader.pos = nameFrom + length
      } else if (tag === field.EVENT_ATTRIBUTE) {
        const end = reader.length(to) + reader.pos
        const kv = new KeyValue()
        kv.read(reader, reader.pos, end)
        fields.push(kv)
        reader.pos = end
      } else reader.skip(tag, to, 0)
    }
    out.raw(TIMESTAMP)
    this.#micros(low, high)
    out.raw(LOG_FIELDS)
    const named = nameTo > nameFrom && !fields.some((kv) => kv.keyIs(EVENT))
    if (named) writeTextTag(out, EVENT, reader.bytes, nameFrom, nameTo)
    const ordered = adjusted ? sortFields(fields) : fields
    ordered.forEach((kv, i) => {
      if (i > 0 || named) out.byte(COMMA)
      writeTag(out, kv, false)
    })
    out.raw(LOG_END)
  }

  #writeWarnings(): void {
    const out = this.#out
    if (this.#warnings.length === 0) {
      out.raw(NULL)
      return
    }
    out.byte(0x5b)
    this.#warnings.forEach((warning, i) => {
      if (i > 0) out.byte(COMMA)
      out.string(warning)
    })
    out.byte(0x5d)
  }
}

/** The first field `event` that is text, then the rest by key (jaeger model/adjuster/sort_log_fields.go). */
function sortFields(fields: readonly KeyValue[]): readonly KeyValue[] {
  if (fields.length < 2) return fields
  const event = fields.find((kv) => kv.type === STRING && kv.keyIs(EVENT))
  if (event === undefined) return fields.toSorted(compareKeys)
  return [event, ...fields.filter((kv) => kv !== event).toSorted(compareKeys)]
}

function ownKey(kv: KeyValue): number {
  const length = kv.keyTo - kv.keyFrom
  if (length !== 9 && length !== 16 && length !== 5 && length !== 23 && length !== 14 && length !== 20) return 0
  for (const [key, bit] of OWN_KEYS) if (key.length === length && startsWith(kv.bytes, kv.keyFrom, key)) return bit
  return 0
}

function nanoseconds(low: number, high: number): string {
  return ((BigInt(high) << 32n) | BigInt(low)).toString()
}
