// One Zipkin span as any of its encodings says it, in numbers and places: readers fill it, writers turn it into OTLP. Used
// again for every span, so that a request makes no objects. Texts are places in the bytes that are being read. It must
// never grow by what a request claims, only by what was read.

import { ByteSource } from '../codec/byte-source.ts'

/** What a value is, and what stands in its two cells. */
export const TEXT = 0 // offset, length
export const BYTES = 1 // offset, length
export const BOOL = 2 // 1 or 0
export const INT = 3 // low word, high word
export const DOUBLE = 4 // low word, high word of its bits

/** Cells of a tag or binary annotation: key offset, key length, kind of value, its two cells, endpoint or -1. */
export const TAG = 6
/** Cells of an annotation: µs low, µs high, value offset, value length, endpoint or -1, which of the core ones. */
export const ANNOTATION = 6

/** Annotations that stand for moments of a call or message; 0 is none of them. */
export const CLIENT_SEND = 1
export const CLIENT_RECEIVE = 2
export const SERVER_SEND = 3
export const SERVER_RECEIVE = 4
export const MESSAGE_SEND = 5
export const MESSAGE_RECEIVE = 6
const C = 0x63
const M = 0x6d
const R = 0x72
const S = 0x73

/** Cells of tags, and of annotations, that outlive their span. */
const KEPT_CELLS = 64 * 1024
/** Endpoints that one span may have; further ones are read and forgotten, as only the first that fits is ever used. */
const MAX_ENDPOINTS = 1024

export class Endpoint {
  serviceOffset: number = 0
  serviceLength: number = 0
  /** Signed 32 bits; 0: none. */
  ipv4: number = 0
  hasIpv6: boolean = false
  readonly ipv6: Uint8Array = new Uint8Array(16)
  /** 0: none. */
  port: number = 0

  clear(): void {
    this.serviceOffset = this.serviceLength = this.ipv4 = this.port = 0
    this.hasIpv6 = false
  }
}

export class ZipkinDraft {
  source: ByteSource = new ByteSource(new Uint8Array(0))
  /** Trace id, span id and parent, as OtlpBatchBuilder.startSpanWords takes them. */
  readonly ids: Int32Array = new Int32Array(8)
  hasTraceId: boolean = false
  hasId: boolean = false
  nameOffset: number = 0
  nameLength: number = 0
  /** OTLP's number. */
  kind: number = 0
  debug: boolean = false
  /** µs; absent and 0 are the same in all of Zipkin. */
  startLow: number = 0
  startHigh: number = 0
  hasDuration: boolean = false
  durationLow: number = 0
  durationHigh: number = 0
  readonly local: Endpoint = new Endpoint()
  readonly remote: Endpoint = new Endpoint()
  tags: Int32Array = new Int32Array(32 * TAG)
  tagCount: number = 0
  annotations: Int32Array = new Int32Array(16 * ANNOTATION)
  annotationCount: number = 0
  /** Of annotations; the first `endpointCount` are in use. */
  readonly endpoints: Endpoint[] = []
  endpointCount: number = 0
  /** The number of the last one that was added; -1 where there was no room for it. */
  lastEndpoint: number = -1
  private readonly spare = new Endpoint()

  clear(): void {
    this.ids.fill(0)
    this.hasTraceId = this.hasId = this.debug = this.hasDuration = false
    this.nameOffset = this.nameLength = this.kind = 0
    this.startLow = this.startHigh = this.durationLow = this.durationHigh = 0
    this.tagCount = this.annotationCount = this.endpointCount = 0
    if (this.tags.length > KEPT_CELLS) this.tags = new Int32Array(32 * TAG)
    if (this.annotations.length > KEPT_CELLS) this.annotations = new Int32Array(16 * ANNOTATION)
    this.local.clear()
    this.remote.clear()
  }

  /** µs from 0 to 2^53. */
  setStart(micros: number): void {
    this.startLow = micros | 0
    this.startHigh = Math.floor(micros / 0x1_0000_0000)
  }

  /** µs from 0 to 2^53. */
  setDuration(micros: number): void {
    this.hasDuration = true
    this.durationLow = micros | 0
    this.durationHigh = Math.floor(micros / 0x1_0000_0000)
  }

  addTag(key: number, keyLength: number, kind: number, a: number, b: number, endpoint: number): void {
    const at = this.tagCount * TAG
    if (at === this.tags.length) this.tags = doubled(this.tags)
    const { tags } = this
    tags[at] = key
    tags[at + 1] = keyLength
    tags[at + 2] = kind
    tags[at + 3] = a
    tags[at + 4] = b
    tags[at + 5] = endpoint
    this.tagCount++
  }

  addAnnotation(low: number, high: number, value: number, length: number, endpoint: number): void {
    const at = this.annotationCount * ANNOTATION
    if (at === this.annotations.length) this.annotations = doubled(this.annotations)
    const { annotations } = this
    annotations[at] = low
    annotations[at + 1] = high
    annotations[at + 2] = value
    annotations[at + 3] = length
    annotations[at + 4] = endpoint
    annotations[at + 5] = length === 2 ? this.core(value) : 0
    this.annotationCount++
  }

  /** An empty one, to be filled; then lastEndpoint is its number. */
  addEndpoint(): Endpoint {
    if (this.endpointCount === MAX_ENDPOINTS) {
      this.lastEndpoint = -1
      this.spare.clear()
      return this.spare
    }
    let endpoint = this.endpoints[this.endpointCount]
    if (endpoint === undefined) {
      endpoint = new Endpoint()
      this.endpoints.push(endpoint)
    }
    this.lastEndpoint = this.endpointCount++
    endpoint.clear()
    return endpoint
  }

  private core(value: number): number {
    const { bytes } = this.source
    const second = bytes[value + 1]
    if (second !== S && second !== R) return 0
    switch (bytes[value]) {
      case C:
        return second === S ? CLIENT_SEND : CLIENT_RECEIVE
      case S:
        return second === S ? SERVER_SEND : SERVER_RECEIVE
      case M:
        return second === S ? MESSAGE_SEND : MESSAGE_RECEIVE
      default:
        return 0
    }
  }
}

function doubled(cells: Int32Array): Int32Array {
  const grown = new Int32Array(cells.length * 2)
  grown.set(cells)
  return grown
}
