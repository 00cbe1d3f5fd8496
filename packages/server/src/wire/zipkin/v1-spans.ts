// A span of Zipkin's version 1 into an OTLP batch builder, in the two ways in which Jaeger shows them: what comes to port 9411
// as 1.57 does (opentelemetry-collector-contrib pkg/translator/zipkin/zipkinv1), and what comes to an agent's port 5775 or by
// TChannel as Jaeger's own converter does (model/converter/thrift/zipkin/to_domain.go and its sanitizers). Where the first
// loses what the second keeps (addresses of the other side, services named by plain annotations, the second half of a span
// with all four moments), it is kept in both.

import type { ByteSource } from '../codec/byte-source.ts'
import type { OtlpBatchBuilder } from '../otlp/batch-builder.ts'
import {
  ANNOTATION,
  CLIENT_RECEIVE,
  CLIENT_SEND,
  type Endpoint,
  MESSAGE_RECEIVE,
  MESSAGE_SEND,
  SERVER_RECEIVE,
  SERVER_SEND,
  TAG,
  type ZipkinDraft,
} from './draft.ts'
import { ascii } from './json-fields.ts'
import { equals } from './meaning.ts'
import { SpanHead } from './span-head.ts'
import { AgentTags, CollectorTags, type V1Tags } from './v1-tags.ts'

export type ZipkinV1Style = 'collector' | 'agent'

/** OTLP's kind by the core annotation; the first of a span counts. */
const KINDS: readonly number[] = [0, 3, 3, 2, 2, 4, 5]
const CLIENT = 3
const SERVER = 2
/** Core annotations, as a set of bits, that are no events. */
const RPC = (1 << CLIENT_SEND) | (1 << CLIENT_RECEIVE) | (1 << SERVER_SEND) | (1 << SERVER_RECEIVE)
const CORE = RPC | (1 << MESSAGE_SEND) | (1 << MESSAGE_RECEIVE)
const LOCAL_COMPONENT = ascii('lc')
const NEGATIVE_DURATION = 'errNegativeDuration'
const WORD = 0x1_0000_0000

export class ZipkinV1Spans {
  private readonly builder: OtlpBatchBuilder
  private readonly draft: ZipkinDraft
  private readonly style: ZipkinV1Style
  private readonly head: SpanHead
  private readonly tags: V1Tags
  /** Of the span: by core number, the cell of the first such annotation, or -1. */
  private readonly moments = new Int32Array(7)
  private firstCore = 0
  // µs
  private startLow = 0
  private startHigh = 0
  private durationLow = 0
  private durationHigh = 0
  private negativeDuration = ''

  constructor(builder: OtlpBatchBuilder, draft: ZipkinDraft, style: ZipkinV1Style) {
    this.builder = builder
    this.draft = draft
    this.style = style
    // An agent sends on by gRPC what it got, and its collector says so.
    this.head = new SpanHead(builder, style === 'agent' ? 'proto' : 'zipkin')
    this.tags = style === 'agent' ? new AgentTags(builder, draft) : new CollectorTags(builder, draft)
  }

  /** Of the request or packet that is being read. */
  get resourceCount(): number {
    return this.head.resourceCount
  }

  begin(source: ByteSource): void {
    this.head.begin(source)
  }

  /** Writes the span that stands in the draft; two where it has both halves of a call. */
  write(): void {
    const { draft, head } = this
    this.findMoments()
    this.resource()
    this.findTimes()
    head.startSpan(draft, this.startLow, this.startHigh, this.durationLow, this.durationHigh)
    this.tags.write()
    if (this.negativeDuration !== '') this.builder.stringAttribute(NEGATIVE_DURATION, this.negativeDuration)
    if ((this.startLow | this.startHigh) === 0) head.noStart()
    const kind = KINDS[this.firstCore] as number
    head.kind(kind)
    this.tags.writeStatus()
    if (this.style === 'agent') this.tags.writeEvents(head, RPC)
    else head.events(draft, CORE)
    head.endSpan(draft)
    if (this.has(CLIENT_SEND) && this.has(SERVER_RECEIVE)) this.otherHalf(kind === CLIENT ? SERVER : CLIENT)
  }

  private has(core: number): boolean {
    return (this.moments[core] as number) >= 0
  }

  private findMoments(): void {
    const { annotations, annotationCount } = this.draft
    const { moments } = this
    moments.fill(-1)
    this.firstCore = 0
    for (let at = 0; at < annotationCount * ANNOTATION; at += ANNOTATION) {
      const core = annotations[at + 5] as number
      if (core === 0) continue
      if ((moments[core] as number) < 0) moments[core] = at
      if (this.firstCore === 0) this.firstCore = core
    }
  }

  private resource(): void {
    const { draft, head, tags } = this
    const core = this.coreEndpoint()
    const endpoint = core ?? this.otherEndpoint()
    const offset = endpoint?.serviceOffset ?? 0
    const length = endpoint?.serviceLength ?? 0
    // Addresses and process tags may differ between spans of a service: then each gets a resource, and readers merge them.
    if (head.isOpen(offset, length) && !tags.changesResource(draft, core, endpoint)) return
    head.startResource(offset, length)
    tags.writeResource(core, endpoint)
    head.startScope()
  }

  /** The endpoint with a name of the first moment of a call or message that has one. */
  private coreEndpoint(): Endpoint | undefined {
    const { annotations, annotationCount } = this.draft
    for (let at = 0; at < annotationCount * ANNOTATION; at += ANNOTATION) {
      if (annotations[at + 5] === 0) continue
      const endpoint = this.named(annotations[at + 4] as number)
      if (endpoint !== undefined) return endpoint
    }
    return undefined
  }

  /** Of the local component, else of any annotation, else of any tag, last of one that names the other side. */
  private otherEndpoint(): Endpoint | undefined {
    const { annotations, annotationCount, source, tags, tagCount } = this.draft
    let ofTag: Endpoint | undefined
    let ofAddress: Endpoint | undefined
    for (let at = 0; at < tagCount * TAG; at += TAG) {
      const endpoint = this.named(tags[at + 5] as number)
      if (endpoint === undefined) continue
      if (equals(source.bytes, tags[at] as number, tags[at + 1] as number, LOCAL_COMPONENT)) return endpoint
      if (this.tags.isAddress(at)) ofAddress ??= endpoint
      else ofTag ??= endpoint
    }
    for (let at = 0; at < annotationCount * ANNOTATION; at += ANNOTATION) {
      const endpoint = this.named(annotations[at + 4] as number)
      if (endpoint !== undefined) return endpoint
    }
    return ofTag ?? ofAddress
  }

  private named(index: number): Endpoint | undefined {
    const endpoint = index < 0 ? undefined : this.draft.endpoints[index]
    return endpoint === undefined || endpoint.serviceLength === 0 ? undefined : endpoint
  }

  /** As they came; what is missing, from the first and the last annotation. */
  private findTimes(): void {
    const { draft } = this
    this.negativeDuration = ''
    this.startLow = draft.startLow
    this.startHigh = draft.startHigh
    this.durationLow = draft.durationLow
    this.durationHigh = draft.durationHigh
    const noStart = (this.startLow | this.startHigh) === 0
    if (draft.hasDuration && draft.durationHigh < 0) {
      this.negativeDuration = String((BigInt(draft.durationHigh) << 32n) | BigInt(draft.durationLow >>> 0))
      this.setDuration(1)
    } else if (!noStart && !draft.hasDuration) this.setDuration(this.style === 'agent' ? this.annotated() || 1 : 0)
    if (!noStart) return
    const first = this.extreme(-1)
    if (first >= 0) {
      this.startLow = draft.annotations[first] as number
      this.startHigh = draft.annotations[first + 1] as number
    }
    if (!draft.hasDuration) this.setDuration(this.annotated() || (this.style === 'agent' ? 1 : 0))
  }

  private setDuration(micros: number): void {
    this.durationLow = micros | 0
    this.durationHigh = Math.floor(micros / WORD)
  }

  /** µs from the first annotation to the last. */
  private annotated(): number {
    const first = this.extreme(-1)
    return first < 0 ? 0 : Math.min(this.micros(this.extreme(1)) - this.micros(first), Number.MAX_SAFE_INTEGER)
  }

  /** The cell of the first (-1) or last (1) annotation in time; -1: there is none. */
  private extreme(side: number): number {
    const { annotations, annotationCount } = this.draft
    let found = -1
    for (let at = 0; at < annotationCount * ANNOTATION; at += ANNOTATION) {
      if (annotations[at + 3] === 0) continue
      if (found < 0 || (this.micros(at) - this.micros(found)) * side > 0) found = at
    }
    return found
  }

  private micros(at: number): number {
    const { annotations } = this.draft
    return (annotations[at + 1] as number) * WORD + ((annotations[at] as number) >>> 0)
  }

  /** The half that the first span does not stand for, with its own moments and the same process. */
  private otherHalf(kind: number): void {
    const { draft, head, moments } = this
    const begin = moments[kind === SERVER ? SERVER_RECEIVE : CLIENT_SEND] as number
    const end = moments[kind === SERVER ? SERVER_SEND : CLIENT_RECEIVE] as number
    this.setDuration(end < 0 ? 0 : Math.max(this.micros(end) - this.micros(begin), 0))
    const low = draft.annotations[begin] as number
    const high = draft.annotations[begin + 1] as number
    head.startSpan(draft, low, high, this.durationLow, this.durationHigh)
    head.kind(kind)
    head.endSpan(draft)
  }
}
