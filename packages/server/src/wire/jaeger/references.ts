// A span's references in v1's order, from its parent and its links (how v1 stands in the model: core,
// formats/jaeger-json.ts). A link's type is its attribute `opentracing.ref_type`: child_of, or follows_from, also where
// there is none. Where a link that says its type names the parent, the links are the whole list. Else the parent stands
// first and the links follow; one that names the parent makes it FOLLOWS_FROM and is not repeated, as in Jaeger 1.57.

import type { ProtoReader } from '../codec/protobuf.ts'
import * as field from '../otlp/fields.ts'
import { isZero, type SpanFields } from '../otlp/span-fields.ts'
import { writeSpanId, writeTraceId } from './ids.ts'
import { ascii, JsonBytes } from './json-bytes.ts'
import { KeyValue, startsWith, STRING } from './key-value.ts'

const REF_TYPE = ascii('opentracing.ref_type')
const CHILD_OF = ascii('child_of')
const CHILD_OF_REFERENCE = ascii('{"refType":"CHILD_OF","traceID":"')
const FOLLOWS_FROM_REFERENCE = ascii('{"refType":"FOLLOWS_FROM","traceID":"')
const SPAN_ID = ascii('","spanID":"')
const REFERENCE_END = ascii('"}')
const COMMA = 0x2c
/** In a list of links' numbers: the parent. */
const PARENT = -1

/** One link: ids as offsets in its bytes, -1 where absent. The same object serves one after another. */
export class LinkFields {
  bytes: Uint8Array = new Uint8Array(0)
  traceIdAt = -1
  spanIdAt = -1
  /** Says its type. */
  typed = false
  childOf = false
  readonly #kv = new KeyValue()

  /** A Span.Link message. */
  read(reader: ProtoReader, from: number, to: number): void {
    this.bytes = reader.bytes
    this.traceIdAt = this.spanIdAt = -1
    this.typed = this.childOf = false
    reader.pos = from
    while (reader.pos < to) {
      const tag = reader.tag(to)
      if (tag !== field.LINK_TRACE_ID && tag !== field.LINK_SPAN_ID && tag !== field.LINK_ATTRIBUTE) {
        reader.skip(tag, to, 0)
        continue
      }
      const length = reader.length(to)
      const at = reader.pos
      if (tag === field.LINK_TRACE_ID) this.traceIdAt = length === 16 ? at : -1
      else if (tag === field.LINK_SPAN_ID) this.spanIdAt = length === 8 ? at : -1
      else this.#attribute(reader, at, at + length)
      reader.pos = at + length
    }
  }

  #attribute(reader: ProtoReader, from: number, to: number): void {
    const kv = this.#kv
    kv.read(reader, from, to)
    if (!kv.keyIs(REF_TYPE)) return
    this.typed = true
    this.childOf = kv.type === STRING && kv.to - kv.from === CHILD_OF.length && startsWith(kv.bytes, kv.from, CHILD_OF)
  }

  inTrace(f: SpanFields): boolean {
    return same(this.bytes, this.traceIdAt, f.traceIdAt, 16)
  }

  isParent(f: SpanFields): boolean {
    return this.inTrace(f) && same(this.bytes, this.spanIdAt, f.parentAt, 8)
  }

  namesNoTrace(): boolean {
    return this.traceIdAt < 0 || isZero(this.bytes, this.traceIdAt, 16)
  }
}

export interface ReferenceOptions {
  /** As Jaeger's adjusters have it: no reference to trace id 0, and first the one that makes the parent. */
  adjusted: boolean
  /** 16 digits that take the place of the parent's id. */
  parentSpanId: string | undefined
  /** Takes what was removed. */
  readonly warnings: string[]
}

export class ReferenceWriter {
  readonly #out: JsonBytes
  readonly #link = new LinkFields()
  /** Numbers of links, or PARENT, in the order in which they are written. */
  readonly #order: number[] = []
  /** The entry that stands for the parent. */
  #parent: number | undefined
  /** PARENT is a FOLLOWS_FROM. */
  #parentFollows = false

  constructor(out: JsonBytes) {
    this.#out = out
  }

  /** The members of the list. */
  write(f: SpanFields, options: ReferenceOptions): void {
    if (f.links.count === 0 && options.parentSpanId === undefined) {
      this.#parentAlone(f)
      return
    }
    const order = this.#order
    order.length = 0
    this.#parent = undefined
    this.#parentFollows = false
    if (f.links.count > 0) this.#links(f, options)
    if (this.#parent === undefined && (f.parentAt >= 0 || options.parentSpanId !== undefined)) {
      order.unshift(PARENT)
      this.#parent = PARENT
    } else if (options.adjusted && order.length > 1) this.#parentFirst(f)
    for (let i = 0; i < order.length; i++) {
      if (i > 0) this.#out.byte(COMMA)
      this.#reference(f, order[i] as number, options.parentSpanId)
    }
  }

  /** What nearly all spans have. */
  #parentAlone(f: SpanFields): void {
    if (f.parentAt < 0) return
    const out = this.#out
    out.raw(CHILD_OF_REFERENCE)
    writeTraceId(out, f.bytes, f.traceIdAt)
    out.raw(SPAN_ID)
    writeSpanId(out, f.bytes, f.parentAt)
    out.raw(REFERENCE_END)
  }

  #links(f: SpanFields, { adjusted, warnings }: ReferenceOptions): void {
    const whole = f.parentAt >= 0 && this.#isWholeList(f)
    for (let i = 0; i < f.links.count; i++) {
      const link = this.#read(f, i)
      if (f.parentAt >= 0 && link.isParent(f)) {
        if (whole) this.#parent ??= i
        else {
          this.#parentFollows = true
          continue
        }
      }
      if (adjusted && link.namesNoTrace()) warnings.push(removed(link))
      else this.#order.push(i)
    }
  }

  #isWholeList(f: SpanFields): boolean {
    for (let i = 0; i < f.links.count; i++) {
      const link = this.#read(f, i)
      if (link.typed && link.isParent(f)) return true
    }
    return false
  }

  /** The first CHILD_OF in the trace, else the first reference in the trace, changes places with the first. */
  #parentFirst(f: SpanFields): void {
    const order = this.#order
    let other = -1
    for (let i = 0; i < order.length; i++) {
      const link = this.#read(f, order[i] as number)
      if (!link.inTrace(f)) continue
      if (link.childOf) {
        other = i
        break
      }
      if (other < 0) other = i
    }
    if (other <= 0) return
    const first = order[0] as number
    order[0] = order[other] as number
    order[other] = first
  }

  #read(f: SpanFields, i: number): LinkFields {
    this.#link.read(f.reader, f.links.from(i), f.links.to(i))
    return this.#link
  }

  #reference(f: SpanFields, entry: number, parentSpanId: string | undefined): void {
    const out = this.#out
    const link = entry === PARENT ? undefined : this.#read(f, entry)
    const childOf = link === undefined ? !this.#parentFollows : link.childOf
    out.raw(childOf ? CHILD_OF_REFERENCE : FOLLOWS_FROM_REFERENCE)
    writeTraceId(out, f.bytes, link === undefined ? f.traceIdAt : link.traceIdAt)
    out.raw(SPAN_ID)
    if (parentSpanId !== undefined && entry === this.#parent) out.raw(ascii(parentSpanId))
    else writeSpanId(out, f.bytes, link === undefined ? f.parentAt : link.spanIdAt)
    out.raw(REFERENCE_END)
  }
}

/** Jaeger's words, without the fields that only Go's printing shows. */
function removed(link: LinkFields): string {
  const ids = new JsonBytes(64)
  writeSpanId(ids, link.bytes, link.spanIdAt)
  const type = link.childOf ? 'CHILD_OF' : 'FOLLOWS_FROM'
  return `Invalid span reference removed {TraceID:${'0'.repeat(16)} SpanID:${ids.take(0).toString()} RefType:${type}}`
}

function same(bytes: Uint8Array, a: number, b: number, length: number): boolean {
  if (a < 0 || b < 0) return false
  for (let i = 0; i < length; i++) if (bytes[a + i] !== bytes[b + i]) return false
  return true
}
