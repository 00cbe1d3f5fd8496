// A span of Zipkin's version 2 into an OTLP batch builder, as Jaeger 1.57 shows it (opentelemetry-collector-contrib
// pkg/translator/zipkin/zipkinv2): service to resource, addresses to net.host.* and net.peer.*, annotations to events. The
// two halves of a shared span both stay; whoever shows a trace tells them apart by their kinds (core, model/adjust.ts).

import type { ByteSource } from '../codec/byte-source.ts'
import type { OtlpBatchBuilder } from '../otlp/batch-builder.ts'
import { AddressAttribute, PortAttribute } from './attributes.ts'
import { TAG, type ZipkinDraft } from './draft.ts'
import { TagMeaning } from './meaning.ts'
import { SpanHead } from './span-head.ts'

export class ZipkinV2Spans {
  private readonly builder: OtlpBatchBuilder
  private readonly draft: ZipkinDraft
  private readonly head: SpanHead
  private readonly meaning: TagMeaning
  private readonly hostIp = new AddressAttribute('net.host.ip')
  private readonly hostPort = new PortAttribute('net.host.port')
  private readonly peerIp = new AddressAttribute('net.peer.ip')
  private readonly peerPort = new PortAttribute('net.peer.port')

  constructor(builder: OtlpBatchBuilder, draft: ZipkinDraft) {
    this.builder = builder
    this.draft = draft
    this.head = new SpanHead(builder, 'zipkin')
    this.meaning = new TagMeaning(builder, draft)
  }

  /** Of the request or packet that is being read. */
  get resourceCount(): number {
    return this.head.resourceCount
  }

  begin(source: ByteSource): void {
    this.head.begin(source)
  }

  /** Writes the span that stands in the draft. */
  write(): void {
    const { builder, draft, head, meaning } = this
    const { local, remote, source } = draft
    if (!head.isOpen(local.serviceOffset, local.serviceLength)) {
      head.startResource(local.serviceOffset, local.serviceLength)
      head.startScope()
    }
    head.startSpan(draft, draft.startLow, draft.startHigh, draft.durationLow, draft.durationHigh)
    this.tags()
    this.hostIp.write(builder, local)
    this.hostPort.write(builder, local.port)
    if (remote.serviceLength > 0) {
      builder.textAttribute('peer.service', source, remote.serviceOffset, remote.serviceLength)
    }
    this.peerIp.write(builder, remote)
    this.peerPort.write(builder, remote.port)
    if ((draft.startLow | draft.startHigh) === 0) head.noStart()
    if (draft.kind !== 0) head.kind(draft.kind)
    else builder.kind(meaning.kind)
    meaning.write()
    head.events(draft, 0)
    head.endSpan(draft)
  }

  private tags(): void {
    const { builder, draft, meaning } = this
    const { source, tags, tagCount } = draft
    meaning.begin()
    for (let at = 0; at < tagCount * TAG; at += TAG) {
      if (!meaning.look(at)) continue
      const key = tags[at] as number
      builder.stringRange(source, key, tags[at + 1] as number, tags[at + 3] as number, tags[at + 4] as number)
    }
  }
}
