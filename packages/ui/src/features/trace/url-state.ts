// The trace page's address: the selected span, the zoom, what is searched for. Jaeger knows only uiFind.

import { firstOf, formatQueryString, type RawSearch } from '../../base/search-url.ts'
import { clampRange, type TimeRange } from '../../timeline/geometry.ts'
import { findSpanId, type TraceLayout } from '../../timeline/layout.ts'
import { GROUPINGS, type Grouping } from '../../timeline/trace-graph.ts'

/** `t=FROM-TO`: µs after the trace's start, with decimals. Undefined where it is none. */
export function decodeRange(text: string, end: number): TimeRange | undefined {
  const match = /^(\d+(?:\.\d+)?)-(\d+(?:\.\d+)?)$/.exec(text)
  if (match === null) return undefined
  const [from, to] = [Number(match[1]) * 1000, Number(match[2]) * 1000]
  return to > from && from < end ? clampRange(from, to, end) : undefined
}

/** Empty where the range is the whole trace. */
export function encodeRange(range: TimeRange, end: number): string {
  if (range.from <= 0 && range.to >= end) return ''
  const digits = range.to - range.from < 10_000 ? 3 : range.to - range.from < 1e7 ? 1 : 0
  const micros = (ns: number): string => String(Number((ns / 1000).toFixed(digits)))
  return `${micros(range.from)}-${micros(range.to)}`
}

/** Position of the span a link names: `span`, or `uiFind` where it is a span id (Jaeger's deep link). −1 for none. */
export function selectedPosition(layout: TraceLayout, raw: RawSearch): number {
  const span = firstOf(raw, 'span')
  if (span === 'none') return -1
  if (span !== '') return findSpanId(layout, span)
  const first = firstOf(raw, 'uiFind').trim().split(/\s+/)[0] ?? ''
  return first.length === 16 ? findSpanId(layout, first) : -1
}

export type TraceViewName = 'timeline' | 'graph'
/** What the nodes of the graph are coloured by. */
export const COLOURS = ['service', 'time', 'self'] as const
export type Colour = (typeof COLOURS)[number]

export interface GraphState {
  readonly colour: Colour
  /** Undefined: as fine as can be taken in. */
  readonly grouping: Grouping | undefined
}

export function decodeView(raw: RawSearch): TraceViewName {
  return firstOf(raw, 'view') === 'graph' ? 'graph' : 'timeline'
}

export function decodeGraph(raw: RawSearch): GraphState {
  const colour = firstOf(raw, 'color')
  const grouping = firstOf(raw, 'group')
  return {
    colour: COLOURS.find((one) => one === colour) ?? 'service',
    grouping: GROUPINGS.find((one) => one === grouping),
  }
}

/** The address with some parameters changed; empty ones go away. */
export function tracePath(traceId: string, raw: RawSearch, change: Readonly<Record<string, string>>): string {
  return `/trace/${encodeURIComponent(traceId)}${formatQueryString({ ...raw, ...change })}`
}
