// Sizes and mappings of the timeline: indentation, scrolling beyond what a browser can scroll, time to pixels.

import { clamp } from '../base/scale.ts'

export const ROW_HEIGHT = 24
/** Browsers stop near 16.7 M px (Firefox) and 33 M px (Chromium). */
export const MAX_SCROLL_HEIGHT = 16_000_000

/** Indentation of a depth in px: 12, then 6, then 3 a level, and never more than 35 % of the column. */
export function indent(depth: number, columnWidth: number): number {
  const wanted = 12 * Math.min(depth, 8) + 6 * clamp(depth - 8, 0, 16) + 3 * Math.max(0, depth - 24)
  return Math.min(wanted, maxIndent(columnWidth))
}

function maxIndent(columnWidth: number): number {
  return Math.floor(columnWidth * 0.35)
}

/** True where the indentation no longer tells the depth, so that the row prints it. */
export function indentIsFull(depth: number, columnWidth: number): boolean {
  return depth > 0 && indent(depth, columnWidth) >= maxIndent(columnWidth)
}

/** Scroll position of the element ↔ px into the rows; one to one until the rows are taller than the browser can scroll. */
export interface ScrollMap {
  readonly spacerHeight: number
  readonly scaled: boolean
  toRows(scrollTop: number): number
  toScroll(rowsTop: number): number
}

export function scrollMap(rowCount: number, viewHeight: number, limit = MAX_SCROLL_HEIGHT): ScrollMap {
  const rowsHeight = rowCount * ROW_HEIGHT
  const spacerHeight = Math.min(rowsHeight, Math.max(limit, viewHeight))
  const rowsRange = Math.max(0, rowsHeight - viewHeight)
  const scrollRange = Math.max(0, spacerHeight - viewHeight)
  const factor = scrollRange > 0 ? rowsRange / scrollRange : 1
  return {
    spacerHeight,
    scaled: factor > 1,
    toRows: (scrollTop) => clamp(scrollTop * factor, 0, rowsRange),
    toScroll: (rowsTop) => clamp(rowsTop, 0, rowsRange) / factor,
  }
}

/** Width of the name column in px for its share of the whole; names and bars both keep room on a narrow screen. */
export function nameColumnWidth(share: number, width: number): number {
  return Math.round(clamp(share * width, Math.min(170, width * 0.5), Math.max(80, width - 100)))
}

/** A stretch of time in ns after the trace's start. */
export interface TimeRange {
  readonly from: number
  readonly to: number
}

/** Within [0, end], and never so narrow that numbers run out (1 ns, or 2^-40 of the trace). */
export function clampRange(from: number, to: number, end: number): TimeRange {
  const narrowest = Math.max(1, end * 2 ** -40)
  const width = clamp(to - from, Math.min(narrowest, Math.max(end, 1)), Math.max(end, 1))
  const start = clamp(from, 0, Math.max(0, end - width))
  return { from: start, to: start + width }
}

/** Range after zooming by `factor` (below 1 = closer) so that the time at `anchor` stays where it is. */
export function zoomRange(range: TimeRange, factor: number, anchor: number, end: number): TimeRange {
  const from = anchor - (anchor - range.from) * factor
  return clampRange(from, from + (range.to - range.from) * factor, end)
}
