// The few numbers a span that adjusting a trace needs (core, model/adjust.ts), from the trace's stored bytes: no object a
// span is made.

import { addressText } from '@spoor/core/model/adjust-spans'
import { adjustTrace, Scratch, type Adjustments, type TraceShape } from '@spoor/core/model/adjust'
import { KeyValue } from '../../wire/jaeger/key-value.ts'
import { ascii } from '../../wire/jaeger/json-bytes.ts'
import * as field from '../../wire/otlp/fields.ts'
import { type SpanFields, type SpanGroup, type SpanVisitor, SpanWalker } from '../../wire/otlp/span-fields.ts'

const IP = ascii('ip')
const TWO_32 = 2 ** 32
/** Most spans are larger; where they are not, the arrays grow. */
const USUAL_SPAN_BYTES = 256
const MOST_KIND = 255

/**
 * What adjusts one trace after another; `maxSkewNs` as in adjustTrace. It takes a TracesData message with the spans of one
 * trace, and keeps memory for the largest that it saw: one for each request.
 */
export function createAdjuster(maxSkewNs: number): (bytes: Uint8Array) => Adjustments {
  const shape = new BytesShape()
  const walker = new SpanWalker()
  const scratch = new Scratch()
  return (bytes) => {
    shape.begin(bytes.length)
    walker.walk(bytes, shape)
    return adjustTrace(shape, maxSkewNs, scratch)
  }
}

class BytesShape implements TraceShape, SpanVisitor {
  count = 0
  ids: Uint32Array = new Uint32Array(0)
  parents: Uint32Array = new Uint32Array(0)
  starts: Uint32Array = new Uint32Array(0)
  durations: Float64Array = new Float64Array(0)
  kinds: Uint8Array = new Uint8Array(0)
  hosts: Uint32Array = new Uint32Array(0)
  /** Where each span's message lies, and its group's number. */
  #ranges: Uint32Array = new Uint32Array(0)
  readonly #groups: SpanGroup[] = []
  readonly #hosts = new Map<string, number>()
  readonly #kv = new KeyValue()
  #host = 0

  /** Forgets the trace before; another of so many bytes comes. */
  begin(bytes: number): void {
    this.count = 0
    this.#groups.length = 0
    this.#hosts.clear()
    const usual = Math.ceil(bytes / USUAL_SPAN_BYTES) + 1
    if (this.kinds.length < usual) this.#grow(usual)
  }

  group(group: SpanGroup): void {
    this.#groups.push(group)
    const text = hostOf(group, this.#kv)
    if (text === '') {
      this.#host = 0
      return
    }
    const number = this.#hosts.get(text) ?? this.#hosts.size + 1
    this.#hosts.set(text, number)
    this.#host = number
  }

  span(f: SpanFields): void {
    const i = this.count++
    if (i === this.kinds.length) this.#grow(i * 2)
    word64(f, f.spanIdAt, this.ids, i)
    word64(f, f.parentAt, this.parents, i)
    this.starts[i * 2] = f.startHigh
    this.starts[i * 2 + 1] = f.startLow
    this.durations[i] = f.endsBeforeStart() ? 0 : (f.endHigh - f.startHigh) * TWO_32 + (f.endLow - f.startLow)
    this.kinds[i] = Math.min(f.kind, MOST_KIND)
    this.hosts[i] = this.#host
    this.#ranges[i * 3] = f.from
    this.#ranges[i * 3 + 1] = f.to
    this.#ranges[i * 3 + 2] = this.#groups.length - 1
  }

  #grow(capacity: number): void {
    this.ids = copied(this.ids, new Uint32Array(capacity * 2))
    this.parents = copied(this.parents, new Uint32Array(capacity * 2))
    this.starts = copied(this.starts, new Uint32Array(capacity * 2))
    this.durations = copied(this.durations, new Float64Array(capacity))
    this.kinds = copied(this.kinds, new Uint8Array(capacity))
    this.hosts = copied(this.hosts, new Uint32Array(capacity))
    this.#ranges = copied(this.#ranges, new Uint32Array(capacity * 3))
  }

  content(span: number): string {
    const at = span * 3
    const group = this.#groups[this.#ranges[at + 2] as number] as SpanGroup
    const { bytes, resourceFrom, resourceTo, scopeFrom, scopeTo } = group
    const part = (from: number, to: number): string =>
      `${to - from} ${Buffer.from(bytes.buffer, bytes.byteOffset + from, to - from).toString('latin1')}`
    const whole = part(this.#ranges[at] as number, this.#ranges[at + 1] as number)
    return part(resourceFrom, resourceTo) + part(scopeFrom, scopeTo) + whole
  }
}

function copied<T extends Uint32Array | Float64Array | Uint8Array>(from: T, into: T): T {
  into.set(from)
  return into
}

/** The 8 bytes at an offset as two words; zero where there are none. */
function word64(f: SpanFields, at: number, into: Uint32Array, i: number): void {
  into[i * 2] = at < 0 ? 0 : word32(f.bytes, at)
  into[i * 2 + 1] = at < 0 ? 0 : word32(f.bytes, at + 4)
}

function word32(bytes: Uint8Array, at: number): number {
  const upper = ((bytes[at] as number) << 24) | ((bytes[at + 1] as number) << 16)
  return (upper | ((bytes[at + 2] as number) << 8) | (bytes[at + 3] as number)) >>> 0
}

/** The process' first attribute `ip` (text, whole number or bytes) as text; '' where there is none. */
function hostOf(group: SpanGroup, kv: KeyValue): string {
  const { reader, resourceTo } = group
  reader.pos = group.resourceFrom
  while (reader.pos < resourceTo) {
    const tag = reader.tag(resourceTo)
    if (tag !== field.RESOURCE_ATTRIBUTE) {
      reader.skip(tag, resourceTo, 0)
      continue
    }
    const end = reader.length(resourceTo) + reader.pos
    kv.read(reader, reader.pos, end)
    if (kv.keyIs(IP)) return addressText(kv.anyValue())
    reader.pos = end
  }
  return ''
}
