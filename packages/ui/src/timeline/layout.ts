// A trace laid out for drawing: every column in pre-order (a parent stands before its children, a subtree is one run of
// positions). Made in the worker, handed over without a copy, read by everything that draws. Never changed afterwards.

import { shortTraceId } from '@spoor/core/base/ids'
import type { ClockSkew } from '@spoor/core/model/adjust'
import { hexAt } from '../base/ids.ts'

export const MARK_ERROR = 1
/** Some span below, at any depth, is an error. */
export const MARK_ERROR_BELOW = 2
/** The parent is named but not in the trace. */
export const MARK_ORPHAN = 4
/** Its parents led back to itself; cut here. */
export const MARK_CYCLE = 8
/** Another span of the trace has the same span id. */
export const MARK_DUPLICATE = 16
export const MARK_LINKS = 32
export const MARK_WARNINGS = 64
/** Jaeger's flags of a v1 span. */
export const MARK_DEBUG = 128
export const MARK_FIREHOSE = 256
/** Its reference to the parent is a FollowsFrom: the parent did not wait for it. */
export const MARK_FOLLOWS = 512

export interface TraceLayout {
  readonly traceId: string
  /** Unix ns in decimal text; all times count from here, in ns. */
  readonly startNs: string
  readonly services: readonly string[]
  readonly names: readonly string[]
  readonly count: number
  readonly start: Float64Array
  readonly duration: Float64Array
  /** Earliest start and latest end within the subtree. */
  readonly subtreeStart: Float64Array
  readonly subtreeEnd: Float64Array
  readonly eventTime: Float64Array
  readonly ids: Uint8Array
  readonly service: Uint32Array
  readonly name: Uint32Array
  readonly eventStart: Uint32Array
  /** Position of the parent, −1 for roots. */
  readonly parent: Int32Array
  readonly depth: Uint32Array
  /** Spans in the subtree, itself included. */
  readonly size: Uint32Array
  /** Number of direct children, and this span's place (from 1) among its siblings. */
  readonly children: Uint32Array
  readonly place: Uint32Array
  readonly kind: Uint8Array
  readonly status: Uint8Array
  readonly marks: Uint16Array
  /** Links grouped by span as events are, without those that only name the parent. */
  readonly linkStart: Uint32Array
  /** Position of the span they lead to, −1 where it is not in the trace. */
  readonly linkTarget: Int32Array
  /** 24 bytes a link: trace id, then span id. */
  readonly linkIds: Uint8Array
  /** LINK_CHILD_OF, LINK_FOLLOWS_FROM, LINK_UNTYPED of core/api/trace-columns. */
  readonly linkKind: Uint8Array
  readonly clockSkew: ClockSkew
  /** ns by which clock skew moved the span; no entry at all where none was moved. */
  readonly shift: Float64Array
  /** Latest end of all spans. */
  readonly end: number
  readonly maxDepth: number
  readonly rootCount: number
  readonly errorCount: number
  readonly orphanCount: number
  /** Spans and errors of each service, by its number. */
  readonly serviceSpans: Uint32Array
  readonly serviceErrors: Uint32Array
  readonly minimap: MinimapBins
}

/** A picture of the whole trace: 0 = nothing, 1 … 20 = palette step + 1, 21 = error. Row by row. */
export interface MinimapBins {
  readonly width: number
  readonly height: number
  readonly cells: Uint8Array
}

/** Buffers to transfer with a layout. */
export function transferables(layout: TraceLayout): ArrayBuffer[] {
  const arrays: ArrayBufferView[] = Object.values(layout).filter((value) => ArrayBuffer.isView(value))
  const buffers = new Set([...arrays, layout.minimap.cells].map((array) => array.buffer))
  return [...buffers].filter((buffer) => buffer instanceof ArrayBuffer)
}

export function spanIdAt(layout: TraceLayout, position: number): string {
  return hexAt(layout.ids, position * 16, 8)
}

/** Empty where the span names no parent. */
export function parentIdAt(layout: TraceLayout, position: number): string {
  const id = hexAt(layout.ids, position * 16 + 8, 8)
  return /^0+$/.test(id) ? '' : id
}

/** Where a link leads; 16 digits for a trace id of 64 bits. */
export function linkAt(layout: TraceLayout, link: number): { readonly traceId: string; readonly spanId: string } {
  const { linkIds } = layout
  return { traceId: shortTraceId(hexAt(linkIds, link * 24, 16)), spanId: hexAt(linkIds, link * 24 + 16, 8) }
}

/** First position whose span id is `id` (1 to 16 hex digits), or −1. */
export function findSpanId(layout: TraceLayout, id: string): number {
  if (!/^[0-9a-f]{1,16}$/i.test(id)) return -1
  const padded = id.padStart(16, '0')
  const bytes = Array.from({ length: 8 }, (_, i) => parseInt(padded.slice(i * 2, i * 2 + 2), 16))
  for (let position = 0; position < layout.count; position++) {
    let i = 0
    while (i < 8 && layout.ids[position * 16 + i] === bytes[i]) i++
    if (i === 8) return position
  }
  return -1
}
