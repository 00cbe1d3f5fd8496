// One Span struct to one OTLP span, written into the builder as it is read: no object, closure or string a span. Fields
// come in the order of their ids from every known library; a span in another order is read twice.

import type { SpoorError } from '@spoor/core/base/errors'
import { FLAGS_ATTRIBUTE, V1_SAMPLED, WARNINGS_ATTRIBUTE } from '@spoor/core/model/internal-attributes'
import { type AnyValue, STATUS_ERROR, STATUS_OK } from '@spoor/core/model/span'
import { badThrift, T_I32, T_I64, T_LIST, T_STOP, T_STRING, type ThriftReader } from '../../codec/thrift.ts'
import type { OtlpBatchBuilder } from '../../otlp/batch-builder.ts'
import * as field from './fields.ts'
import { References } from './references.ts'
import type { Tag } from './tag.ts'
import { microsToNanos, signed64 } from './times.ts'

// Local names: the compiler folds a module's own constants, but loads those of another module each time.
const {
  LOG_FIELDS,
  LOG_TIMESTAMP,
  SPAN_DURATION,
  SPAN_FLAGS,
  SPAN_ID,
  SPAN_LOGS,
  SPAN_OPERATION_NAME,
  SPAN_PARENT_ID,
  SPAN_REFERENCES,
  SPAN_START_TIME,
  SPAN_TAGS,
  SPAN_TRACE_ID_HIGH,
  SPAN_TRACE_ID_LOW,
  TYPE_BOOL,
  TYPE_STRING,
} = field

const REQUIRED_NAMES: readonly (readonly [number, string])[] = [
  [SPAN_TRACE_ID_LOW, 'traceIdLow'],
  [SPAN_TRACE_ID_HIGH, 'traceIdHigh'],
  [SPAN_ID, 'spanId'],
  [SPAN_PARENT_ID, 'parentSpanId'],
  [SPAN_OPERATION_NAME, 'operationName'],
  [SPAN_FLAGS, 'flags'],
  [SPAN_START_TIME, 'startTime'],
  [SPAN_DURATION, 'duration'],
]
const REQUIRED = REQUIRED_NAMES.reduce((bits, [id]) => bits | (1 << id), 0)
/** All required fields but name and flags are i64. */
const LONGS = REQUIRED & ~((1 << SPAN_OPERATION_NAME) | (1 << SPAN_FLAGS))
const WORD = 0x1_0000_0000
const SPAN_DEPTH = 5
const LOG_DEPTH = 7

const MOVED = 'cannot be stored and moved to the nearest time between 1970 and 2554'
const KIND_KEY = ascii('span.kind')
const ERROR_KEY = ascii('error')
const STATUS_KEY = ascii('otel.status_code')
const DESCRIPTION_KEY = ascii('otel.status_description')
const EVENT_KEY = ascii('event')
// Numbers that the compiler folds: an array's length is loaded each time.
const ERROR_LENGTH = 5
const KIND_LENGTH = 9
const STATUS_LENGTH = 16
const DESCRIPTION_LENGTH = 23
const TRUE = ascii('true')
/** Clears the bit that makes a letter a small one. */
const UPPER = 0xdf
const OK = ascii('OK')
const ERROR = ascii('ERROR')
/** By OTLP's number; nothing is 0. */
const KINDS: readonly Uint8Array[] = ['?', 'internal', 'server', 'client', 'producer', 'consumer'].map(ascii)

function ascii(text: string): Uint8Array {
  return new TextEncoder().encode(text)
}

export class SpanTranscoder {
  private readonly builder: OtlpBatchBuilder
  private readonly tag: Tag
  private readonly references = new References()
  private readonly reader: ThriftReader
  /** Trace id, span id and parent, as OtlpBatchBuilder.startSpanWords takes them. */
  private readonly ids = new Int32Array(8)
  private readonly times = new Int32Array(4)
  private readonly logTime = new Int32Array(2)
  private seen = 0
  /** The span is open in the builder: all up to the tags is written. */
  private begun = false
  private firstLink = 0
  private nameOffset = 0
  private nameLength = 0
  private flags = 0
  private startLow = 0
  private startHigh = 0
  private durationLow = 0
  private durationHigh = 0
  /** Where lists that came too early lie: -1 none. */
  private tagsAt = -1
  private logsAt = -1
  private kind = 0
  private errorTag = false
  private statusTag = 0
  private descriptionOffset = 0
  private descriptionLength = 0
  private movedLogs = 0
  private readonly warnings: string[] = []

  constructor(builder: OtlpBatchBuilder, reader: ThriftReader, tag: Tag) {
    this.builder = builder
    this.reader = reader
    this.tag = tag
  }

  /** The Span struct at the reader's position. */
  span(): void {
    const { reader } = this
    const start = reader.pos
    if (this.read(false)) return
    if (this.begun) this.builder.dropSpan()
    reader.pos = start
    this.read(true)
  }

  /** False where a field came after a list that needs it: then again with `late`, which reads tags and logs last. */
  private read(late: boolean): boolean {
    const { reader } = this
    this.clear()
    const begun = reader.structBegin()
    for (;;) {
      const id = reader.fieldHeader()
      const type = reader.fieldType
      if (type === T_STOP) break
      if (id >= SPAN_TAGS ? !this.later(id, type, late) : !this.early(id, type)) {
        reader.structEnd(begun)
        return false
      }
    }
    reader.structEnd(begun)
    if (!this.begun) this.begin()
    const end = reader.pos
    if (this.tagsAt >= 0) this.tags(this.tagsAt)
    if (this.logsAt >= 0) this.logs(this.logsAt)
    reader.pos = end
    this.finish()
    return true
  }

  private clear(): void {
    this.references.clear()
    this.warnings.length = 0
    this.seen = this.flags = this.kind = this.statusTag = 0
    this.begun = this.errorTag = false
    this.tagsAt = this.logsAt = -1
    this.descriptionLength = 0
    this.movedLogs = 0
  }

  /** A field up to the duration. */
  private early(id: number, type: number): boolean {
    const { reader } = this
    if (this.begun) return false
    if (type === T_I64 && id > 0 && (LONGS & (1 << id)) !== 0) {
      reader.i64()
      this.long(id, reader.low, reader.high)
    } else if (type === T_STRING && id === SPAN_OPERATION_NAME) {
      reader.string()
      this.nameOffset = reader.offset
      this.nameLength = reader.length
    } else if (type === T_I32 && id === SPAN_FLAGS) this.flags = reader.i32()
    else if (type === T_LIST && id === SPAN_REFERENCES) {
      this.once(id)
      this.references.read(reader, reader.structListHeader())
      return true
    } else {
      reader.skip(type, SPAN_DEPTH)
      return true
    }
    this.seen |= 1 << id
    return true
  }

  private long(id: number, low: number, high: number): void {
    const { ids } = this
    if (id === SPAN_START_TIME) {
      this.startLow = low
      this.startHigh = high
    } else if (id === SPAN_DURATION) {
      this.durationLow = low
      this.durationHigh = high
    } else {
      const at = id === SPAN_TRACE_ID_LOW ? 2 : id === SPAN_TRACE_ID_HIGH ? 0 : id === SPAN_ID ? 4 : 6
      ids[at] = high
      ids[at + 1] = low
    }
  }

  /** A field from the tags on. */
  private later(id: number, type: number, late: boolean): boolean {
    const { reader } = this
    if (type !== T_LIST || id > SPAN_LOGS) {
      reader.skip(type, SPAN_DEPTH)
      return true
    }
    this.once(id)
    if (late) {
      if (id === SPAN_TAGS) this.tagsAt = reader.pos
      else this.logsAt = reader.pos
      reader.skip(type, SPAN_DEPTH)
      return true
    }
    if (!this.begun) {
      if ((this.seen & REQUIRED) !== REQUIRED) return false
      this.begin()
    }
    if (id === SPAN_TAGS) this.tags(reader.pos)
    else this.logs(reader.pos)
    return true
  }

  private once(id: number): void {
    const bit = 1 << id
    if ((this.seen & bit) !== 0) throw badThrift('thrift_repeated_field', `field ${id} of a span stands twice`)
    this.seen |= bit
  }

  /** Opens the span in the builder and writes all up to its tags. */
  private begin(): void {
    const { ids, times } = this
    if ((this.seen & REQUIRED) !== REQUIRED) throw this.missing()
    this.begun = true
    this.firstLink = this.references.resolve(ids)
    const { startLow, startHigh, durationLow, durationHigh } = this
    const from = startHigh < 0 ? 0 : startLow >>> 0
    const sum = from + (durationLow >>> 0)
    const endHigh = Math.max(startHigh, 0) + durationHigh + (sum >= WORD ? 1 : 0)
    const startFits = microsToNanos(startLow, startHigh, times, 0)
    const endFits = microsToNanos(sum | 0, endHigh, times, 2)
    if (!startFits) this.warnings.push(`start ${signed64(startLow, startHigh)} µs ${MOVED}`)
    if (!endFits) this.warnings.push(`duration ${signed64(durationLow, durationHigh)} µs: the end ${MOVED}`)
    this.builder.startSpanWords(ids, this.reader.source, this.nameOffset, this.nameLength, times)
  }

  private missing(): SpoorError {
    const missing = REQUIRED_NAMES.find(([id]) => (this.seen & (1 << id)) === 0)
    return badThrift('thrift_missing_field', `a span without ${missing?.[1] ?? 'fields'}`)
  }

  private tags(at: number): void {
    const { builder, reader, tag } = this
    reader.pos = at
    const count = reader.structListHeader()
    for (let i = 0; i < count; i++) {
      tag.read(reader)
      tag.write(builder)
      this.meaning(tag)
    }
  }

  /** What a tag says of kind and status, as in opentelemetry-collector-contrib pkg/translator/jaeger. */
  private meaning(tag: Tag): void {
    switch (tag.keyLength) {
      case ERROR_LENGTH:
        if (tag.keyIs(ERROR_KEY)) this.errorTag ||= (tag.type === TYPE_BOOL && tag.bool) || tag.textIs(TRUE)
        return
      case KIND_LENGTH:
        if (!tag.keyIs(KIND_KEY)) return
        for (let kind = 1; kind < KINDS.length; kind++) if (tag.textIs(KINDS[kind] ?? EVENT_KEY)) this.kind = kind
        return
      case STATUS_LENGTH:
        if (!tag.keyIs(STATUS_KEY)) return
        if (tag.textIs(ERROR, UPPER)) this.statusTag = STATUS_ERROR
        else if (tag.textIs(OK, UPPER)) this.statusTag = STATUS_OK
        return
      case DESCRIPTION_LENGTH:
        if (tag.type !== TYPE_STRING || !tag.keyIs(DESCRIPTION_KEY)) return
        this.descriptionOffset = tag.textOffset
        this.descriptionLength = tag.textLength
    }
  }

  private logs(at: number): void {
    const { reader } = this
    reader.pos = at
    const count = reader.structListHeader()
    for (let i = 0; i < count; i++) this.log()
  }

  private log(): void {
    const { builder, reader } = this
    let timed = false
    let fieldsAt = -1
    let open = false
    const begun = reader.structBegin()
    for (;;) {
      const id = reader.fieldHeader()
      const type = reader.fieldType
      if (type === T_STOP) break
      if (id === LOG_TIMESTAMP && type === T_I64 && !timed) {
        reader.i64()
        if (!microsToNanos(reader.low, reader.high, this.logTime, 0)) this.movedLogs++
        timed = true
      } else if (id === LOG_FIELDS && type === T_LIST && fieldsAt < 0) {
        fieldsAt = reader.pos
        open = timed
        if (timed) this.event(fieldsAt)
        else reader.skip(type, LOG_DEPTH)
      } else reader.skip(type, LOG_DEPTH)
    }
    reader.structEnd(begun)
    if (!timed || fieldsAt < 0) throw badThrift('thrift_missing_field', 'a log without timestamp or fields')
    if (!open) {
      const end = reader.pos
      this.event(fieldsAt)
      reader.pos = end
    }
    builder.endPart()
  }

  /** Opens an event whose fields lie at `at`. */
  private event(at: number): void {
    const { builder, reader, tag } = this
    builder.startEventWords(this.logTime[0] ?? 0, this.logTime[1] ?? 0)
    reader.pos = at
    const count = reader.structListHeader()
    let named = false
    for (let i = 0; i < count; i++) {
      tag.read(reader)
      if (!named && tag.type === TYPE_STRING && tag.keyIs(EVENT_KEY)) {
        named = true
        builder.eventName(reader.source, tag.textOffset, tag.textLength)
      }
      tag.write(builder)
    }
  }

  private finish(): void {
    const { builder, flags, kind, movedLogs, warnings } = this
    if ((flags & ~V1_SAMPLED) !== 0) builder.intAttribute(FLAGS_ATTRIBUTE, BigInt(flags >>> 0))
    if (movedLogs > 0) warnings.push(`${movedLogs} log timestamps ${MOVED}`)
    if (warnings.length > 0) {
      const value = warnings.map((text): AnyValue => ({ type: 'string', value: text }))
      builder.attribute({ key: WARNINGS_ATTRIBUTE, value: { type: 'array', value } })
    }
    this.references.writeLinks(builder, this.firstLink)
    builder.kind(kind)
    const code = this.errorTag ? STATUS_ERROR : this.statusTag
    if (code !== 0) builder.statusRange(code, this.reader.source, this.descriptionOffset, this.descriptionLength)
    builder.flags(flags & V1_SAMPLED)
  }
}
