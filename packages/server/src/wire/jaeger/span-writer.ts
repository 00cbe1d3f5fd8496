// One span of Jaeger's v1 JSON (jaeger model/json/model.go and model/converter/json/from_domain.go, v1.57; the meaning
// of OTLP in it as in opentelemetry-collector-contrib pkg/translator/jaeger) from the bytes of an OTLP span. "Adjusted"
// is what Jaeger's query adjusters make of it: fields of logs sorted, invalid references removed, addresses readable.
// Tags that repeat kind, status or trace state are added only where the span does not carry them itself.

import type { ProtoReader } from '../codec/protobuf.ts'
import * as field from '../otlp/fields.ts'
import { isZero, type SpanFields } from '../otlp/span-fields.ts'
import { ascii, type JsonBytes } from './json-bytes.ts'
import { compareKeys, INT, KeyValue, startsWith, STRING, writeTag, writeTextTag } from './key-value.ts'
import { type ScopeText, writeScopeTags } from './processes.ts'
import { isFollowsFrom, LinkFields } from './references.ts'
import { TagCache } from './tag-cache.ts'

const TRACE_ID = ascii('{"traceID":"')
const SPAN_ID = ascii('","spanID":"')
const FLAGS = ascii('","flags":1,"operationName":')
const OPERATION = ascii('","operationName":')
const REFERENCES = ascii(',"references":[')
const CHILD_OF = ascii('{"refType":"CHILD_OF","traceID":"')
const FOLLOWS_FROM = ascii('{"refType":"FOLLOWS_FROM","traceID":"')
const REFERENCE_END = ascii('"}')
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
const IP = ascii('ip')
const PEER_IPV4 = ascii('peer.ipv4')
const ERROR_TAG = ascii('{"key":"error","type":"bool","value":true}')
const OK_TAG = ascii('{"key":"otel.status_code","type":"string","value":"OK"}')
const NOT_OK_TAG = ascii('{"key":"otel.status_code","type":"string","value":"ERROR"}')
const FORMAT_TAG = ascii('{"key":"internal.span.format","type":"string","value":"otlp"}')
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
  [ascii('internal.span.format'), HAS_FORMAT],
]

export interface SpanContext {
  readonly process: number
  readonly scope: ScopeText
  readonly adjusted: boolean
}

export class SpanWriter {
  readonly #out: JsonBytes
  readonly #kv = new KeyValue()
  readonly #cache = new TagCache()
  readonly #link = new LinkFields()
  readonly #warnings: string[] = []

  constructor(out: JsonBytes) {
    this.#out = out
  }

  write(f: SpanFields, context: SpanContext): void {
    const out = this.#out
    this.#warnings.length = 0
    out.raw(TRACE_ID)
    writeTraceId(out, f.bytes, f.traceIdAt)
    out.raw(SPAN_ID)
    writeSpanId(out, f.bytes, f.spanIdAt)
    out.raw((f.flags & 1) === 1 ? FLAGS : OPERATION)
    out.quoted(f.bytes, f.nameAt, f.nameEnd)
    out.raw(REFERENCES)
    this.#references(f, context.adjusted)
    out.raw(START_TIME)
    out.micros(f.startLow, f.startHigh)
    out.raw(DURATION)
    this.#duration(f)
    out.raw(TAGS)
    this.#tags(f, context)
    out.raw(LOGS)
    this.#logs(f, context.adjusted)
    out.raw(PROCESS)
    out.uint(context.process)
    out.raw(WARNINGS)
    this.#writeWarnings()
    out.raw(SPAN_END)
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

  /**
   * The parent first, as CHILD_OF, then the links. A link to the parent says its type and is not repeated; all other
   * links are FOLLOWS_FROM unless their attribute `opentracing.ref_type` says child_of.
   */
  #references(f: SpanFields, adjusted: boolean): void {
    const out = this.#out
    const link = this.#link
    const start = out.at
    if (f.parentAt >= 0) {
      this.#startReference(start, this.#parentFollows(f))
      writeTraceId(out, f.bytes, f.traceIdAt)
      this.#endReference(f.bytes, f.parentAt)
    }
    for (let i = 0; i < f.links.count; i++) {
      link.read(f.reader, f.links.from(i), f.links.to(i))
      if (f.parentAt >= 0 && link.pointsAt(f.traceIdAt, f.parentAt)) continue
      if (adjusted && link.isInvalid()) {
        this.#warnings.push('a reference to trace or span id 0 was removed')
        continue
      }
      this.#startReference(start, isFollowsFrom(link))
      writeTraceId(out, f.bytes, link.traceIdAt)
      this.#endReference(f.bytes, link.spanIdAt)
    }
  }

  #parentFollows(f: SpanFields): boolean {
    let follows = false
    for (let i = 0; i < f.links.count; i++) {
      this.#link.read(f.reader, f.links.from(i), f.links.to(i))
      if (this.#link.pointsAt(f.traceIdAt, f.parentAt)) follows = isFollowsFrom(this.#link)
    }
    return follows
  }

  #startReference(first: number, follows: boolean): void {
    const out = this.#out
    if (out.at !== first) out.byte(COMMA)
    out.raw(follows ? FOLLOWS_FROM : CHILD_OF)
  }

  #endReference(bytes: Uint8Array, spanIdAt: number): void {
    this.#out.raw(SPAN_ID)
    writeSpanId(this.#out, bytes, spanIdAt)
    this.#out.raw(REFERENCE_END)
  }

  #tags(f: SpanFields, { adjusted, scope }: SpanContext): void {
    const out = this.#out
    const kv = this.#kv
    const cache = this.#cache
    const start = out.at
    if (!adjusted) writeScopeTags(out, scope)
    let has = 0
    cache.begin(f.bytes, out)
    for (let i = 0; i < f.attributes.count; i++) {
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
      writeTag(out, kv, adjusted && kv.type === INT && (kv.keyIs(IP) || kv.keyIs(PEER_IPV4)))
      const bits = ownKey(kv)
      cache.remember(slot, from, to, at, out, bits)
      has |= bits
    }
    if ((has & HAS_KIND) === 0 && f.kind > 0 && f.kind < KIND_TAGS.length) this.#tag(start, KIND_TAGS[f.kind])
    if ((has & HAS_STATUS) === 0 && f.statusCode === OK) this.#tag(start, OK_TAG)
    if ((has & HAS_STATUS) === 0 && f.statusCode === ERROR) this.#tag(start, NOT_OK_TAG)
    if ((has & HAS_ERROR) === 0 && f.statusCode === ERROR) this.#tag(start, ERROR_TAG)
    if ((has & HAS_DESCRIPTION) === 0) this.#text(start, STATUS_DESCRIPTION, f.bytes, f.statusAt, f.statusEnd)
    if ((has & HAS_STATE) === 0) this.#text(start, TRACE_STATE, f.bytes, f.stateAt, f.stateEnd)
    if ((has & HAS_FORMAT) === 0) this.#tag(start, FORMAT_TAG)
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
    out.micros(low, high)
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

/** A field `event` first, the rest by key (jaeger model/adjuster/sort_log_fields.go). */
function sortFields(fields: readonly KeyValue[]): readonly KeyValue[] {
  if (fields.length < 2) return fields
  const sorted = fields.toSorted(compareKeys)
  const event = sorted.findIndex((kv) => kv.type === STRING && kv.keyIs(EVENT))
  if (event > 0) sorted.unshift(...sorted.splice(event, 1))
  return sorted
}

function ownKey(kv: KeyValue): number {
  const length = kv.keyTo - kv.keyFrom
  if (length !== 9 && length !== 16 && length !== 5 && length !== 23 && length !== 14 && length !== 20) return 0
  for (const [key, bit] of OWN_KEYS) if (key.length === length && startsWith(kv.bytes, kv.keyFrom, key)) return bit
  return 0
}

/** 16 digits where the upper half is zero, else 32, as Jaeger prints them. */
export function writeTraceId(out: JsonBytes, bytes: Uint8Array, at: number): void {
  if (at < 0) out.raw(ZERO_ID)
  else if (isZero(bytes, at, 8)) out.hex(bytes, at + 8, 8)
  else out.hex(bytes, at, 16)
}

const ZERO_ID = ascii('0000000000000000')

function writeSpanId(out: JsonBytes, bytes: Uint8Array, at: number): void {
  if (at < 0) out.raw(ZERO_ID)
  else out.hex(bytes, at, 8)
}

function nanoseconds(low: number, high: number): string {
  return ((BigInt(high) << 32n) | BigInt(low)).toString()
}
