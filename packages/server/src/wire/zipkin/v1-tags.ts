// Binary annotations of Zipkin's version 1, and what of them is said of the process, in Jaeger's two ways: as its collector
// shows what comes to port 9411, and as its agent's converter does. See v1-spans.ts.

import { STATUS_ERROR } from '@spoor/core/model/span'
import { textOf } from '../codec/text.ts'
import type { OtlpBatchBuilder } from '../otlp/batch-builder.ts'
import { ipv4Text, ipv6Text } from './address.ts'
import { AddressAttribute, boolAttribute, PortAttribute } from './attributes.ts'
import { ANNOTATION, BOOL, BYTES, DOUBLE, type Endpoint, INT, TAG, TEXT, type ZipkinDraft } from './draft.ts'
import { ascii } from './json-fields.ts'
import { equals, TagMeaning } from './meaning.ts'
import type { SpanHead } from './span-head.ts'

export interface V1Tags {
  /** Whether the tag that begins at cell `at` names the other side of a call or message. */
  isAddress(at: number): boolean
  /** Whether the span needs another resource than the one that was written last, which has the same service. */
  changesResource(draft: ZipkinDraft, core: Endpoint | undefined, endpoint: Endpoint | undefined): boolean
  /** The open resource's attributes beside the name; `core`: where the service's own moments took place. */
  writeResource(core: Endpoint | undefined, endpoint: Endpoint | undefined): void
  write(): void
  writeStatus(): void
  writeEvents(head: SpanHead, without: number): void
}

const ADDRESSES: readonly Uint8Array[] = ['sa', 'ca', 'ma'].map(ascii)
const LOCAL_COMPONENT = ascii('lc')
const ERROR = ascii('error')
const OPEN_OBJECT = 0x7b
/** Of annotations that may be JSON; longer ones stay text. */
const MAX_JSON = 65_536
/** What the agent moves to the process, by its name there. */
const PROCESS_TAGS: readonly (readonly [Uint8Array, string])[] = [
  [ascii('jaegerClient'), 'jaeger.version'],
  [ascii('jaeger.hostname'), 'hostname'],
  [ascii('jaeger.version'), 'jaeger.version'],
]
const TRUE_ERROR = boolAttribute('error', true)
const FALSE_ERROR = boolAttribute('error', false)

function isAddress({ source, tags }: ZipkinDraft, at: number): boolean {
  return tags[at + 1] === 2 && ADDRESSES.some((key) => equals(source.bytes, tags[at] as number, 2, key))
}

function isKey({ source, tags }: ZipkinDraft, at: number, key: Uint8Array): boolean {
  return equals(source.bytes, tags[at] as number, tags[at + 1] as number, key)
}

function endpointOf({ endpoints, tags }: ZipkinDraft, at: number): Endpoint | undefined {
  const index = tags[at + 5] as number
  return index < 0 ? undefined : endpoints[index]
}

/** Writes the tag that begins at cell `at`, the local component under its newer name. */
function writeTag(builder: OtlpBatchBuilder, draft: ZipkinDraft, at: number): void {
  const { source, tags } = draft
  const key = tags[at] as number
  const keyLength = tags[at + 1] as number
  const a = tags[at + 3] as number
  const b = tags[at + 4] as number
  switch (tags[at + 2]) {
    case BYTES:
      builder.bytesRange(source, key, keyLength, a, b)
      return
    case BOOL:
      builder.boolRange(source, key, keyLength, a !== 0)
      return
    case INT:
      builder.intRange(source, key, keyLength, a, b)
      return
    case DOUBLE:
      builder.doubleRange(source, key, keyLength, a, b)
      return
    default:
      if (isKey(draft, at, LOCAL_COMPONENT)) builder.textAttribute('component', source, a, b)
      else builder.stringRange(source, key, keyLength, a, b)
  }
}

/** As port 9411 of Jaeger 1.57, with the other side's address as in version 2. */
export class CollectorTags implements V1Tags {
  private readonly builder: OtlpBatchBuilder
  private readonly draft: ZipkinDraft
  private readonly meaning: TagMeaning
  private readonly peerIp = new AddressAttribute('net.peer.ip')
  private readonly peerPort = new PortAttribute('net.peer.port')
  /** The process tags of the open resource. */
  private address = ''

  constructor(builder: OtlpBatchBuilder, draft: ZipkinDraft) {
    this.builder = builder
    this.draft = draft
    this.meaning = new TagMeaning(builder, draft)
  }

  isAddress(at: number): boolean {
    return isAddress(this.draft, at)
  }

  changesResource(_draft: ZipkinDraft, core: Endpoint | undefined): boolean {
    return addressText(core) !== this.address
  }

  writeResource(core: Endpoint | undefined, endpoint: Endpoint | undefined): void {
    const { builder } = this
    this.address = addressText(core)
    if (endpoint === undefined) builder.stringAttribute('service.name', 'unknown-service')
    if (core === undefined) return
    if (core.ipv4 !== 0) builder.stringAttribute('ipv4', ipv4Text(core.ipv4))
    if (core.hasIpv6) builder.stringAttribute('ipv6', ipv6Text(core.ipv6))
    if (core.port !== 0) builder.stringAttribute('port', String(core.port))
  }

  write(): void {
    const { builder, draft, meaning } = this
    const { source, tagCount } = draft
    meaning.begin()
    let peer: Endpoint | undefined
    for (let at = 0; at < tagCount * TAG; at += TAG) {
      if (!meaning.look(at)) continue
      if (isAddress(draft, at)) peer ??= endpointOf(draft, at)
      writeTag(builder, draft, at)
    }
    if (peer === undefined) return
    if (peer.serviceLength > 0) builder.textAttribute('peer.service', source, peer.serviceOffset, peer.serviceLength)
    this.peerIp.write(builder, peer)
    this.peerPort.write(builder, peer.port)
  }

  writeStatus(): void {
    this.meaning.write()
  }

  writeEvents(head: SpanHead, without: number): void {
    head.events(this.draft, without)
  }
}

/** Nearly always the one of the span before. */
function addressText(endpoint: Endpoint | undefined): string {
  if (endpoint === undefined) return ''
  const { hasIpv6, ipv4, ipv6, port } = endpoint
  return `${ipv4} ${port} ${hasIpv6 ? ipv6.join('.') : ''}`
}

/** As Jaeger's agent, with what its sanitizers do. */
export class AgentTags implements V1Tags {
  private readonly builder: OtlpBatchBuilder
  private readonly draft: ZipkinDraft
  private readonly peerPort = new PortAttribute('peer.port')
  private hasError = false
  private resource = ''

  constructor(builder: OtlpBatchBuilder, draft: ZipkinDraft) {
    this.builder = builder
    this.draft = draft
  }

  isAddress(at: number): boolean {
    return isAddress(this.draft, at)
  }

  changesResource(draft: ZipkinDraft, _core: Endpoint | undefined, endpoint: Endpoint | undefined): boolean {
    return this.resourceText(draft, endpoint) !== this.resource
  }

  private resourceText(draft: ZipkinDraft, endpoint: Endpoint | undefined): string {
    let text = String(endpoint?.ipv4 ?? '')
    for (let at = 0; at < draft.tagCount * TAG; at += TAG) {
      const key = processKey(draft, at)
      if (key !== undefined) text += `\0${key}\0${valueText(draft, at)}`
    }
    return text
  }

  writeResource(_core: Endpoint | undefined, endpoint: Endpoint | undefined): void {
    const { builder, draft } = this
    this.resource = this.resourceText(draft, endpoint)
    if (endpoint === undefined) builder.stringAttribute('service.name', 'unknown-service-name')
    for (let at = 0; at < draft.tagCount * TAG; at += TAG) {
      const key = processKey(draft, at)
      if (key !== undefined) builder.stringAttribute(key, valueText(draft, at))
    }
    const ipv4 = endpoint?.ipv4 ?? 0
    if (ipv4 !== 0) builder.intAttribute('ip', BigInt(ipv4 >>> 0))
  }

  write(): void {
    const { builder, draft } = this
    this.hasError = false
    let message = -1
    for (let at = 0; at < draft.tagCount * TAG; at += TAG) {
      if (processKey(draft, at) !== undefined) continue
      if (isAddress(draft, at)) this.peer(endpointOf(draft, at))
      else if (isKey(draft, at, ERROR)) {
        if (this.error(at)) message = at
      } else writeTag(builder, draft, at)
    }
    if (message < 0) return
    const { source, tags } = draft
    builder.textAttribute('error.message', source, tags[message + 3] as number, tags[message + 4] as number)
  }

  /** Writes `error` as a boolean; true where the text says more and is not empty. */
  private error(at: number): boolean {
    const { builder, draft } = this
    const { tags } = draft
    const kind = tags[at + 2]
    const text = kind === TEXT ? valueText(draft, at).toLowerCase() : ''
    const isError = kind === BOOL ? tags[at + 3] !== 0 : text !== 'false'
    const tag = isError ? TRUE_ERROR : FALSE_ERROR
    this.hasError ||= isError
    builder.rawAttribute(tag, 0, tag.length)
    return kind === TEXT && text !== '' && text !== 'true' && text !== 'false'
  }

  private peer(endpoint: Endpoint | undefined): void {
    if (endpoint === undefined) return
    const { builder, draft } = this
    builder.textAttribute('peer.service', draft.source, endpoint.serviceOffset, endpoint.serviceLength)
    if (endpoint.ipv4 !== 0) builder.intAttribute('peer.ipv4', BigInt(endpoint.ipv4 >>> 0))
    if (endpoint.hasIpv6) builder.bytesAttribute('peer.ipv6', endpoint.ipv6)
    this.peerPort.write(builder, endpoint.port)
  }

  writeStatus(): void {
    if (this.hasError) this.builder.status(STATUS_ERROR)
  }

  /** An annotation that is a JSON object of texts is a log with those fields, as old clients sent them. */
  writeEvents(head: SpanHead, without: number): void {
    const { builder, draft } = this
    const { annotations, annotationCount, source } = draft
    for (let at = 0; at < annotationCount * ANNOTATION; at += ANNOTATION) {
      const offset = annotations[at + 2] as number
      const length = annotations[at + 3] as number
      if ((without & (1 << (annotations[at + 5] as number))) !== 0 || length === 0) continue
      head.startEvent(draft, at)
      const fields = fieldsOf(source.bytes, offset, length)
      if (fields === undefined) builder.eventName(source, offset, length)
      else for (const [key, value] of fields) builder.stringAttribute(key, value)
      builder.endPart()
    }
  }
}

function processKey(draft: ZipkinDraft, at: number): string | undefined {
  const length = draft.tags[at + 1] as number
  if (length !== 12 && length !== 15 && length !== 14) return undefined
  return PROCESS_TAGS.find(([key]) => isKey(draft, at, key))?.[1]
}

function valueText({ source, tags }: ZipkinDraft, at: number): string {
  const a = tags[at + 3] as number
  const b = tags[at + 4] as number
  switch (tags[at + 2]) {
    case TEXT:
    case BYTES:
      return textOf(source.bytes, a, b)
    case INT:
      return String((BigInt(b) << 32n) | BigInt(a >>> 0))
    case BOOL:
      return String(a !== 0)
    default:
      return String(new Float64Array(Int32Array.of(a, b).buffer)[0])
  }
}

function fieldsOf(
  bytes: Uint8Array,
  offset: number,
  length: number,
): readonly (readonly [string, string])[] | undefined {
  if (bytes[offset] !== OPEN_OBJECT || length > MAX_JSON) return undefined
  const value = parsed(textOf(bytes, offset, length))
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return undefined
  const entries = Object.entries(value)
  const fields = entries.flatMap(([key, text]) => (typeof text === 'string' ? [[key, text] as const] : []))
  return fields.length === entries.length ? fields : undefined
}

/** undefined where it is no JSON: then the text is what it is. */
function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
