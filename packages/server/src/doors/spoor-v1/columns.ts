// A trace as the typed arrays of core/src/api/trace-columns.ts, from its stored bytes. Rows stand in the order of the
// bytes. core/src/api/make-trace-columns.ts makes the same from spans; columns.law.test.ts holds them to each other.

import { TextNumbers } from '@spoor/core/base/text-numbers'
import {
  FLAG_DEBUG,
  FLAG_ERROR,
  FLAG_FIREHOSE,
  FLAG_LINKS,
  FLAG_WARNINGS,
  LINK_CHILD_OF,
  LINK_FOLLOWS_FROM,
  LINK_UNTYPED,
  type TraceColumns,
} from '@spoor/core/api/trace-columns'
import { fromHex } from '@spoor/core/base/bytes'
import { shortTraceId } from '@spoor/core/base/ids'
import { NO_ADJUSTMENTS, type Adjustments, type SpanAdjustment } from '@spoor/core/model/adjust'
import { V1_DEBUG, V1_FIREHOSE } from '@spoor/core/model/internal-attributes'
import { KeyValue } from '../../wire/jaeger/key-value.ts'
import { LinkFields } from '../../wire/jaeger/references.ts'
import { SpecialAttributes } from '../../wire/jaeger/special-attributes.ts'
import * as field from '../../wire/otlp/fields.ts'
import { type SpanFields, type SpanGroup, type SpanVisitor, SpanWalker } from '../../wire/otlp/span-fields.ts'
import { durationNs, isError, serviceOf, startNs, textOf } from './read-fields.ts'

const NO_ID = new Uint8Array(8)
const NO_TRACE_ID = new Uint8Array(16)

class Collector implements SpanVisitor {
  readonly services = new TextNumbers()
  readonly names = new TextNumbers()
  readonly starts: bigint[] = []
  readonly durations: number[] = []
  readonly events: bigint[] = []
  readonly eventStart: number[] = [0]
  readonly service: number[] = []
  readonly name: number[] = []
  readonly kind: number[] = []
  readonly status: number[] = []
  readonly flags: number[] = []
  readonly ids: Uint8Array[] = []
  readonly shifts: number[] = []
  readonly linkStart: number[] = [0]
  readonly linkIds: Uint8Array[] = []
  readonly linkKind: number[] = []
  readonly #adjustments: Adjustments
  readonly #kv = new KeyValue()
  readonly #special = new SpecialAttributes()
  readonly #link = new LinkFields()
  #current = ''
  #row = 0

  constructor(adjustments: Adjustments) {
    this.#adjustments = adjustments
  }

  group(group: SpanGroup): void {
    this.#current = serviceOf(group, this.#kv)
  }

  span(f: SpanFields): void {
    const adjustment = this.#adjustments.spans.get(this.#row++)
    if (adjustment?.dropped === true) return
    const shift = adjustment?.shiftNs ?? 0
    const moved = BigInt(shift)
    this.shifts.push(shift)
    this.starts.push(startNs(f) + moved)
    this.durations.push(Number(durationNs(f)))
    this.service.push(this.services.number(this.#current))
    this.name.push(this.names.number(textOf(f.bytes, f.nameAt, f.nameEnd)))
    this.kind.push(Math.min(f.kind, 255))
    this.status.push(Math.min(f.statusCode, 255))
    this.flags.push(this.#flags(f, adjustment))
    const { spanId, parentSpanId } = adjustment ?? {}
    this.ids.push(idOf(f.bytes, f.spanIdAt, spanId), idOf(f.bytes, f.parentAt, parentSpanId))
    for (let i = 0; i < f.events.count; i++) this.events.push(eventTime(f, i) + moved)
    this.eventStart.push(this.events.length)
    for (let i = 0; i < f.links.count; i++) this.#addLink(f, i)
    this.linkStart.push(this.linkKind.length)
  }

  #addLink(f: SpanFields, i: number): void {
    const link = this.#link
    link.read(f.reader, f.links.from(i), f.links.to(i))
    const { traceIdAt, typed, childOf } = link
    this.linkIds.push(
      traceIdAt < 0 ? NO_TRACE_ID : f.bytes.subarray(traceIdAt, traceIdAt + 16),
      idOf(f.bytes, link.spanIdAt, undefined),
    )
    this.linkKind.push(typed ? (childOf ? LINK_CHILD_OF : LINK_FOLLOWS_FROM) : LINK_UNTYPED)
  }

  #flags(f: SpanFields, adjustment: SpanAdjustment | undefined): number {
    const special = this.#special
    special.read(f, false)
    const v1 = Math.max(special.flags, 0)
    const warned = special.warnings.length > 0 || f.endsBeforeStart() || (adjustment?.warnings.length ?? 0) > 0
    return (
      (isError(f, this.#kv) ? FLAG_ERROR : 0) |
      (f.links.count > 0 ? FLAG_LINKS : 0) |
      ((v1 & V1_DEBUG) === 0 ? 0 : FLAG_DEBUG) |
      ((v1 & V1_FIREHOSE) === 0 ? 0 : FLAG_FIREHOSE) |
      (warned ? FLAG_WARNINGS : 0)
    )
  }
}

/** The 8 bytes at an offset, or those of `instead`. */
function idOf(bytes: Uint8Array, at: number, instead: string | undefined): Uint8Array {
  if (instead !== undefined) return fromHex(instead) ?? NO_ID
  return at < 0 ? NO_ID : bytes.subarray(at, at + 8)
}

function eventTime(f: SpanFields, i: number): bigint {
  const { reader } = f
  const to = f.events.to(i)
  let time = 0n
  reader.pos = f.events.from(i)
  while (reader.pos < to) {
    const tag = reader.tag(to)
    if (tag === field.EVENT_TIME) {
      reader.fixed64(to)
      time = reader.uint64()
    } else reader.skip(tag, to, 0)
  }
  return time
}

/** `bytes` is a TracesData message; `traceId` has 32 digits. */
export function traceColumns(
  traceId: string,
  bytes: Uint8Array,
  adjustments: Adjustments = NO_ADJUSTMENTS,
): TraceColumns {
  const { clockSkew } = adjustments
  const c = new Collector(adjustments)
  new SpanWalker().walk(bytes, c)
  const first = c.starts.reduce((a, b) => (b < a ? b : a), c.starts[0] ?? 0n)
  const ids = new Uint8Array(c.ids.length * 8)
  c.ids.forEach((id, i) => ids.set(id, i * 8))
  const linkIds = new Uint8Array(c.linkKind.length * 24)
  c.linkIds.forEach((id, i) => linkIds.set(id, (i >> 1) * 24 + (i & 1) * 16))
  return {
    traceId: shortTraceId(traceId),
    spanCount: c.starts.length,
    eventCount: c.events.length,
    linkCount: c.linkKind.length,
    startNs: String(first),
    services: c.services.list,
    names: c.names.list,
    clockSkew,
    start: Float64Array.from(c.starts, (start) => Number(start - first)),
    duration: Float64Array.from(c.durations),
    eventTime: Float64Array.from(c.events, (time) => Number(time - first)),
    shift: Float64Array.from(clockSkew.shiftedSpans > 0 ? c.shifts : []),
    ids,
    service: Uint32Array.from(c.service),
    name: Uint32Array.from(c.name),
    eventStart: Uint32Array.from(c.eventStart),
    kind: Uint8Array.from(c.kind),
    status: Uint8Array.from(c.status),
    flags: Uint8Array.from(c.flags),
    linkStart: Uint32Array.from(c.linkStart),
    linkIds,
    linkKind: Uint8Array.from(c.linkKind),
  }
}
