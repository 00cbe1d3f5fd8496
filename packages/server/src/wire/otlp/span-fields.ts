// Reads a stored TracesData message (opentelemetry-proto v1, trace.proto) span by span without making an object of any:
// one SpanFields is filled again and again with where things lie. For writers that turn bytes into other bytes; whoever
// needs objects uses decode.ts. Takes fields in every order and skips the unknown; bytes that are not protobuf throw.

import { SpoorError } from '@spoor/core/base/errors'
import { ProtoReader, WIRE_BYTES } from '../codec/protobuf.ts'
import * as field from './fields.ts'

/** Spans from one step to the next. */
const STEP_SPANS = 64
const EMPTY = new ProtoReader(new Uint8Array(0))

/** Offsets of [from, to) pairs of a repeated field; grows and is used again. */
export class Ranges {
  at: Int32Array = new Int32Array(32)
  count = 0

  add(from: number, to: number): void {
    if (this.count * 2 === this.at.length) {
      const grown = new Int32Array(this.at.length * 2)
      grown.set(this.at)
      this.at = grown
    }
    this.at[this.count * 2] = from
    this.at[this.count * 2 + 1] = to
    this.count++
  }

  from(i: number): number {
    return this.at[i * 2] as number
  }

  to(i: number): number {
    return this.at[i * 2 + 1] as number
  }
}

/** Where one span's parts lie in `bytes`. Offsets of texts are [At, End); -1 for an id that is absent. */
export class SpanFields {
  /** For reading the parts: set its `pos` first. */
  reader: ProtoReader = EMPTY
  bytes: Uint8Array = EMPTY.bytes
  /** The Span message: [from, to). */
  from = 0
  to = 0
  traceIdAt = -1
  spanIdAt = -1
  parentAt = -1
  stateAt = 0
  stateEnd = 0
  nameAt = 0
  nameEnd = 0
  kind = 0
  flags = 0
  startLow = 0
  startHigh = 0
  endLow = 0
  endHigh = 0
  statusCode = 0
  statusAt = 0
  statusEnd = 0
  readonly attributes: Ranges = new Ranges()
  readonly events: Ranges = new Ranges()
  readonly links: Ranges = new Ranges()

  reset(reader: ProtoReader): void {
    this.reader = reader
    this.bytes = reader.bytes
    this.traceIdAt = this.spanIdAt = this.parentAt = -1
    this.stateAt = this.stateEnd = this.nameAt = this.nameEnd = 0
    this.kind = this.flags = 0
    this.startLow = this.startHigh = this.endLow = this.endHigh = 0
    this.statusCode = this.statusAt = this.statusEnd = 0
    this.attributes.count = this.events.count = this.links.count = 0
  }

  /** The span is named with an end before its start, or with no end at all. */
  endsBeforeStart(): boolean {
    return this.endHigh < this.startHigh || (this.endHigh === this.startHigh && this.endLow < this.startLow)
  }
}

/** Resource and scope of the spans that follow: message ranges, empty where absent. */
export interface SpanGroup {
  readonly reader: ProtoReader
  readonly bytes: Uint8Array
  readonly resourceFrom: number
  readonly resourceTo: number
  readonly scopeFrom: number
  readonly scopeTo: number
}

export interface SpanVisitor {
  /** Called once for each ScopeSpans, before its spans. */
  group(group: SpanGroup): void
  /** `fields` is the same object for every span: copy what is kept. */
  span(fields: SpanFields): void
}

/** Visits every span of a TracesData message in the order of the bytes. */
export class SpanWalker {
  readonly #fields = new SpanFields()

  walk(bytes: Uint8Array, visitor: SpanVisitor): void {
    const steps = this.steps(bytes, visitor)
    while (steps.next().done !== true);
  }

  /** The same in steps of some spans, for whoever hands on what he made of them in between. */
  *steps(bytes: Uint8Array, visitor: SpanVisitor): Generator<void> {
    try {
      const reader = new ProtoReader(bytes)
      for (const [from, to] of children(reader, 0, bytes.length, field.RESOURCE_SPANS)) {
        yield* this.#resource(reader, from, to, visitor)
      }
    } catch (error) {
      if (!(error instanceof SpoorError) || error.code !== 'bad_protobuf') throw error
      const message = `a stored trace cannot be read: ${error.message}`
      throw new SpoorError('internal', 'stored_bytes', message, { cause: error })
    }
  }

  *#resource(reader: ProtoReader, from: number, to: number, visitor: SpanVisitor): Generator<void> {
    const [resourceFrom, resourceTo] = children(reader, from, to, field.RESOURCE).at(-1) ?? [0, 0]
    for (const [at, end] of children(reader, from, to, field.SCOPE_SPANS)) {
      const [scopeFrom, scopeTo] = children(reader, at, end, field.SCOPE).at(-1) ?? [0, 0]
      visitor.group({ reader, bytes: reader.bytes, resourceFrom, resourceTo, scopeFrom, scopeTo })
      yield* this.#spans(reader, at, end, visitor)
    }
  }

  *#spans(reader: ProtoReader, from: number, to: number, visitor: SpanVisitor): Generator<void> {
    let untilStep = STEP_SPANS
    reader.pos = from
    while (reader.pos < to) {
      const tag = reader.tag(to)
      if (tag === field.SPAN) {
        const end = reader.length(to) + reader.pos
        this.#span(reader, end)
        visitor.span(this.#fields)
        reader.pos = end
        if (--untilStep === 0) {
          untilStep = STEP_SPANS
          yield
        }
      } else reader.skip(tag, to, 0)
    }
  }

  /** The Span message that starts at the reader. */
  #span(reader: ProtoReader, to: number): void {
    const f = this.#fields
    f.reset(reader)
    f.from = reader.pos
    f.to = to
    while (reader.pos < to) {
      const tag = reader.tag(to)
      if (tag === field.SPAN_ATTRIBUTE) range(reader, to, f.attributes)
      else if (tag === field.SPAN_START) {
        reader.fixed64(to)
        f.startLow = reader.low >>> 0
        f.startHigh = reader.high >>> 0
      } else if (tag === field.SPAN_END) {
        reader.fixed64(to)
        f.endLow = reader.low >>> 0
        f.endHigh = reader.high >>> 0
      } else if (tag === field.SPAN_KIND) {
        reader.varint(to)
        f.kind = reader.low >>> 0
      } else if (tag === field.SPAN_EVENT) range(reader, to, f.events)
      else if (tag === field.SPAN_LINK) range(reader, to, f.links)
      else if (tag === field.SPAN_FLAGS) f.flags = reader.fixed32(to) >>> 0
      else if ((tag & 7) === WIRE_BYTES) this.#bytesField(reader, tag, to)
      else reader.skip(tag, to, 0)
    }
  }

  #bytesField(reader: ProtoReader, tag: number, to: number): void {
    const f = this.#fields
    const length = reader.length(to)
    const at = reader.pos
    const end = at + length
    if (tag === field.SPAN_TRACE_ID) f.traceIdAt = length === 16 ? at : -1
    else if (tag === field.SPAN_ID) f.spanIdAt = length === 8 ? at : -1
    else if (tag === field.SPAN_PARENT_ID) f.parentAt = length === 8 && !isZero(f.bytes, at, 8) ? at : -1
    else if (tag === field.SPAN_NAME) {
      f.nameAt = at
      f.nameEnd = end
    } else if (tag === field.SPAN_TRACE_STATE) {
      f.stateAt = at
      f.stateEnd = end
    } else if (tag === field.SPAN_STATUS) this.#status(reader, end)
    reader.pos = end
  }

  #status(reader: ProtoReader, to: number): void {
    const f = this.#fields
    while (reader.pos < to) {
      const tag = reader.tag(to)
      if (tag === field.STATUS_CODE) {
        reader.varint(to)
        f.statusCode = reader.low >>> 0
      } else if (tag === field.STATUS_MESSAGE) {
        const length = reader.length(to)
        f.statusAt = reader.pos
        f.statusEnd = reader.pos + length
        reader.pos += length
      } else reader.skip(tag, to, 0)
    }
  }
}

/** Ranges of the messages in the field of this tag. */
function children(reader: ProtoReader, from: number, to: number, wanted: number): (readonly [number, number])[] {
  const found: (readonly [number, number])[] = []
  reader.pos = from
  while (reader.pos < to) {
    const tag = reader.tag(to)
    if (tag === wanted) {
      const length = reader.length(to)
      found.push([reader.pos, reader.pos + length])
      reader.pos += length
    } else reader.skip(tag, to, 0)
  }
  return found
}

function range(reader: ProtoReader, limit: number, into: Ranges): void {
  const length = reader.length(limit)
  into.add(reader.pos, reader.pos + length)
  reader.pos += length
}

export function isZero(bytes: Uint8Array, at: number, length: number): boolean {
  for (let i = at; i < at + length; i++) if (bytes[i] !== 0) return false
  return true
}
