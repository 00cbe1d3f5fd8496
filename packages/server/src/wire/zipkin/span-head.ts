// What all of Zipkin's spans have in common when they become OTLP: one resource for each change of service, ids, name and
// times. A request of one service, as clients send it, makes one resource.

import { FLAGS_ATTRIBUTE, FORMAT_ATTRIBUTE, V1_DEBUG, WARNINGS_ATTRIBUTE } from '@spoor/core/model/internal-attributes'
import type { AnyValue } from '@spoor/core/model/span'
import { ByteSource } from '../codec/byte-source.ts'
import { microsToNanos, signed64 } from '../jaeger/thrift/times.ts'
import type { OtlpBatchBuilder } from '../otlp/batch-builder.ts'
import { boolAttribute, textAttribute } from './attributes.ts'
import { ANNOTATION, type ZipkinDraft } from './draft.ts'

const WORD = 0x1_0000_0000
const MOVED = 'cannot be stored and moved to the nearest time between 1970 and 2554'
/** As opentelemetry-collector-contrib says that a span brought no start. */
const NO_START = boolAttribute('otel.zipkin.absentField.startTime', true)
/** By OTLP's number. */
const KINDS: readonly Uint8Array[] = ['internal', 'internal', 'server', 'client', 'producer', 'consumer'].map((kind) =>
  textAttribute('span.kind', kind),
)

export class SpanHead {
  private readonly builder: OtlpBatchBuilder
  private readonly format: string
  private source = new ByteSource(new Uint8Array(0))
  private open = false
  private serviceOffset = 0
  private serviceLength = 0
  /** Start and end in ns. */
  private readonly times = new Int32Array(4)
  private readonly eventTime = new Int32Array(2)
  private readonly warnings: string[] = []
  private movedEvents = 0
  /** Resources of the request. */
  resourceCount: number = 0

  constructor(builder: OtlpBatchBuilder, format: string) {
    this.builder = builder
    this.format = format
  }

  /** Of a new request or packet: it shares no resource with the one before. */
  begin(source: ByteSource): void {
    this.source = source
    this.open = false
    this.resourceCount = 0
  }

  /** Whether the open resource has that service's name. */
  isOpen(offset: number, length: number): boolean {
    if (!this.open || length !== this.serviceLength) return false
    const { bytes } = this.source
    const { serviceOffset } = this
    if (offset === serviceOffset) return true
    for (let i = 0; i < length; i++) if (bytes[offset + i] !== bytes[serviceOffset + i]) return false
    return true
  }

  /** Opens a resource; none has a name where `length` is 0. Its other attributes may follow. */
  startResource(offset: number, length: number): void {
    const { builder } = this
    this.open = true
    this.resourceCount++
    this.serviceOffset = offset
    this.serviceLength = length
    builder.startResource()
    if (length > 0) builder.textAttribute('service.name', this.source, offset, length)
  }

  startScope(): void {
    this.builder.startScope('')
    this.builder.stringAttribute(FORMAT_ATTRIBUTE, this.format)
  }

  /** Opens the span: µs as words, the duration not negative. */
  startSpan(draft: ZipkinDraft, startLow: number, startHigh: number, low: number, high: number): void {
    const { times, warnings } = this
    const { ids } = draft
    warnings.length = this.movedEvents = 0
    // A span that is its own parent is a root.
    if (ids[6] === ids[4] && ids[7] === ids[5]) ids[6] = ids[7] = 0
    const from = startHigh < 0 ? 0 : startLow >>> 0
    const sum = from + (low >>> 0)
    const endHigh = Math.max(startHigh, 0) + high + (sum >= WORD ? 1 : 0)
    if (!microsToNanos(startLow, startHigh, times, 0)) {
      warnings.push(`start ${signed64(startLow, startHigh)} µs ${MOVED}`)
    }
    if (!microsToNanos(sum | 0, endHigh, times, 2))
      warnings.push(`duration ${signed64(low, high)} µs: the end ${MOVED}`)
    this.builder.startSpanWords(ids, this.source, draft.nameOffset, draft.nameLength, times)
  }

  noStart(): void {
    this.builder.rawAttribute(NO_START, 0, NO_START.length)
  }

  /** The span's kind, and the tag that says it; nothing for 0. */
  kind(kind: number): void {
    const tag = KINDS[kind]
    if (kind === 0 || tag === undefined) return
    this.builder.kind(kind)
    this.builder.rawAttribute(tag, 0, tag.length)
  }

  /** Opens an event for the annotation that begins at cell `at`. */
  startEvent({ annotations }: ZipkinDraft, at: number): void {
    const { builder, eventTime } = this
    if (!microsToNanos(annotations[at] ?? 0, annotations[at + 1] ?? 0, eventTime, 0)) this.movedEvents++
    builder.startEventWords(eventTime[0] ?? 0, eventTime[1] ?? 0)
  }

  /** Annotations as events, but for those whose core number is among `without` (a set of bits). */
  events(draft: ZipkinDraft, without: number): void {
    const { annotations, annotationCount, source } = draft
    for (let at = 0; at < annotationCount * ANNOTATION; at += ANNOTATION) {
      const length = annotations[at + 3] as number
      if ((without & (1 << (annotations[at + 5] as number))) !== 0 || length === 0) continue
      this.startEvent(draft, at)
      this.builder.eventName(source, annotations[at + 2] as number, length)
      this.builder.endPart()
    }
  }

  /** What remains to be said of the span: debug, and what could not be kept as it was. */
  endSpan(draft: ZipkinDraft): void {
    const { builder, warnings, movedEvents } = this
    if (draft.debug) builder.intAttribute(FLAGS_ATTRIBUTE, BigInt(V1_DEBUG))
    if (movedEvents > 0) warnings.push(`${movedEvents} timestamps of annotations ${MOVED}`)
    if (warnings.length === 0) return
    const value = warnings.map((text): AnyValue => ({ type: 'string', value: text }))
    builder.attribute({ key: WARNINGS_ATTRIBUTE, value: { type: 'array', value } })
  }
}
