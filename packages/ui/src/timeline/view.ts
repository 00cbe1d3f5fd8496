// The timeline: owns the scroll position, the zoom, what is collapsed and selected, and draws when something changed, at
// most once a frame. No React in here; the page hands in elements and is told what the reader did.
// Nothing that runs per frame may depend on the number of spans.

import { clamp } from '../base/scale.ts'
import {
  clampRange,
  nameColumnWidth,
  ROW_HEIGHT,
  scrollMap,
  zoomRange,
  type ScrollMap,
  type TimeRange,
} from './geometry.ts'
import type { TraceLayout } from './layout.ts'
import { attachPointer, type Cursor } from './pointer.ts'
import { paintCursorTime, paintRows, paintRuler, serviceColors, type Scene } from './painter.ts'
import { RowPool } from './row-pool.ts'
import { collapseAll, collapseOneLevel, expandOneLevel, reveal, rowIndexOf, visibleRows } from './rows.ts'
import { fitCanvas, readTheme, type CanvasTheme } from './theme.ts'

export interface TimelineElements {
  /** Holds everything; carries --name-width. */
  readonly root: HTMLElement
  /** Scrolls; the treegrid. */
  readonly scroller: HTMLElement
  readonly spacer: HTMLElement
  readonly stage: HTMLElement
  readonly rows: HTMLElement
  readonly bars: HTMLCanvasElement
  readonly overlay: HTMLCanvasElement
  readonly ruler: HTMLCanvasElement
}

export interface TimelineEvents {
  onSelect(position: number): void
  /** `settled` is false while the reader still drags. */
  onRange(range: TimeRange, settled: boolean): void
  /** First visible row changed, for the path above the rows. */
  onTop(position: number): void
}

/** px, as .tl-head in trace.css has it. */
const RULER_HEIGHT = 27

export type Fold = 'expandAll' | 'collapseAll' | 'expandOne' | 'collapseOne'

export class TimelineView {
  readonly layout: TraceLayout
  readonly elements: TimelineElements
  readonly #events: TimelineEvents
  readonly #pool: RowPool
  readonly #colors: Uint8Array
  readonly #collapsed: Uint8Array
  readonly #stop = new AbortController()
  readonly #resize: ResizeObserver
  #matches: Uint8Array
  #rows: Uint32Array
  #theme: CanvasTheme
  #range: TimeRange
  #map: ScrollMap
  #nameShare: number
  #selected = -1
  #current = -1
  #top = 0
  #topPosition = -2
  #frame = 0
  /** What the next frame must draw: the rows with their bars; the ruler and the cursor. */
  #rowsDirty = false
  #overlayDirty = false
  #cursor: Cursor = { x: -1, dragFrom: -1 }
  #width = 0
  #height = 0

  constructor(elements: TimelineElements, layout: TraceLayout, nameShare: number, events: TimelineEvents) {
    this.layout = layout
    this.elements = elements
    this.#events = events
    this.#nameShare = nameShare
    this.#pool = new RowPool(elements.rows)
    this.#colors = serviceColors(layout)
    this.#collapsed = new Uint8Array(layout.count)
    this.#matches = new Uint8Array(layout.count)
    this.#rows = visibleRows(layout, this.#collapsed)
    this.#range = { from: 0, to: Math.max(1, layout.end) }
    this.#theme = readTheme(elements.root)
    this.#map = scrollMap(this.#rows.length, 1)
    this.#resize = new ResizeObserver(() => this.#measure())
    this.#resize.observe(elements.scroller)
    elements.scroller.addEventListener('scroll', () => this.#scrolled(), { passive: true, signal: this.#stop.signal })
    attachPointer(this, this.#stop.signal)
    this.#measure()
  }

  get range(): TimeRange {
    return this.#range
  }
  get current(): number {
    return this.#current
  }
  get selected(): number {
    return this.#selected
  }
  get rows(): Uint32Array {
    return this.#rows
  }
  /** px of the name column. */
  get nameWidth(): number {
    return nameColumnWidth(this.#nameShare, this.#width)
  }
  get barsWidth(): number {
    return Math.max(1, this.#width - this.nameWidth)
  }
  get map(): ScrollMap {
    return this.#map
  }
  get top(): number {
    return this.#top
  }

  destroy(): void {
    this.#stop.abort()
    this.#resize.disconnect()
    this.#pool.clear()
    cancelAnimationFrame(this.#frame)
  }

  refreshTheme(): void {
    this.#theme = readTheme(this.elements.root)
    this.#invalidate()
  }

  setNameShare(share: number): void {
    this.#nameShare = clamp(share, 0.1, 0.8)
    this.#pool.reset()
    this.#invalidate()
  }

  isCollapsed(position: number): boolean {
    return this.#collapsed[position] === 1
  }

  toggle(position: number, closed = this.#collapsed[position] !== 1): void {
    if ((this.layout.size[position] ?? 1) <= 1) return
    this.#collapsed[position] = closed ? 1 : 0
    this.#rowsChanged()
  }

  fold(how: Fold): void {
    const keep = this.#current >= 0 ? this.#current : (this.#rows[Math.floor(this.#top / ROW_HEIGHT)] ?? 0)
    const before = rowIndexOf(this.#rows, keep) * ROW_HEIGHT - this.#top
    if (how === 'expandAll') this.#collapsed.fill(0)
    else if (how === 'collapseAll') collapseAll(this.layout, this.#collapsed)
    else if (how === 'expandOne') expandOneLevel(this.layout, this.#collapsed)
    else collapseOneLevel(this.layout, this.#collapsed)
    this.#rowsChanged()
    this.scrollToRows(rowIndexOf(this.#rows, keep) * ROW_HEIGHT - before)
  }

  setMatches(positions: Uint32Array): void {
    this.#matches = new Uint8Array(this.layout.count)
    for (const position of positions) this.#matches[position] = 1
    this.#invalidate()
  }

  /** Marks a span as the one whose details are open; −1 for none. */
  setSelected(position: number): void {
    if (this.#selected === position) return
    this.#selected = position
    if (position >= 0) this.setCurrent(position)
    this.#pool.reset()
    this.#invalidate()
  }

  /** The row that keyboard movement starts from. */
  setCurrent(position: number): void {
    this.#current = position
    const { scroller } = this.elements
    if (position >= 0) scroller.setAttribute('aria-activedescendant', RowPool.elementId(position))
    else scroller.removeAttribute('aria-activedescendant')
    this.#pool.reset()
    this.#invalidate()
  }

  select(position: number): void {
    this.#events.onSelect(position)
  }

  /** Brings a span into view, opening what hides it; in the middle where it was not visible. */
  reveal(position: number): void {
    if (reveal(this.layout, this.#collapsed, position)) this.#rowsChanged()
    const y = rowIndexOf(this.#rows, position) * ROW_HEIGHT
    if (y < this.#top || y + ROW_HEIGHT > this.#top + this.#height) this.scrollToRows(y - this.#height / 2)
    const from = this.layout.start[position] ?? 0
    const to = from + (this.layout.duration[position] ?? 0)
    if (to < this.#range.from || from > this.#range.to) {
      const width = this.#range.to - this.#range.from
      this.setRange(from - width / 4, from + (width * 3) / 4, true)
    }
  }

  /** Moves the current row by `count` rows, or to a row by its index. */
  moveTo(index: number): void {
    const clamped = clamp(index, 0, this.#rows.length - 1)
    const position = this.#rows[clamped]
    if (position === undefined) return
    this.setCurrent(position)
    const y = clamped * ROW_HEIGHT
    if (y < this.#top) this.scrollToRows(y)
    else if (y + ROW_HEIGHT > this.#top + this.#height) this.scrollToRows(y + ROW_HEIGHT - this.#height)
  }

  currentIndex(): number {
    return this.#current < 0 ? -1 : rowIndexOf(this.#rows, this.#current)
  }

  rowsPerPage(): number {
    return Math.max(1, Math.floor(this.#height / ROW_HEIGHT) - 1)
  }

  scrollToRows(top: number): void {
    this.#top = clamp(top, 0, Math.max(0, this.#rows.length * ROW_HEIGHT - this.#height))
    this.elements.scroller.scrollTop = this.#map.toScroll(this.#top)
    this.#invalidate()
  }

  setRange(from: number, to: number, settled: boolean): void {
    const range = clampRange(from, to, this.layout.end)
    if (range.from === this.#range.from && range.to === this.#range.to && !settled) return
    this.#range = range
    this.#events.onRange(range, settled)
    this.#invalidate()
  }

  zoom(factor: number, anchor = (this.#range.from + this.#range.to) / 2): void {
    const { from, to } = zoomRange(this.#range, factor, anchor, this.layout.end)
    this.setRange(from, to, true)
  }

  pan(share: number): void {
    const by = (this.#range.to - this.#range.from) * share
    this.setRange(this.#range.from + by, this.#range.to + by, true)
  }

  resetRange(): void {
    this.setRange(0, this.layout.end, true)
  }

  /** Time at x px from the timeline's left edge. */
  timeAt(x: number): number {
    return this.#range.from + ((x - this.nameWidth) / this.barsWidth) * (this.#range.to - this.#range.from)
  }

  setCursor(cursor: Cursor): void {
    this.#cursor = cursor
    this.#overlayDirty = true
    this.#schedule()
  }

  #rowsChanged(): void {
    this.#rows = visibleRows(this.layout, this.#collapsed)
    this.#pool.reset()
    this.#remap()
    this.#invalidate()
  }

  #measure(): void {
    this.#width = this.elements.stage.clientWidth || this.elements.scroller.clientWidth
    this.#height = this.elements.scroller.clientHeight
    this.#pool.reset()
    this.#remap()
    this.#invalidate()
  }

  #remap(): void {
    const { scroller, spacer, stage } = this.elements
    this.#map = scrollMap(this.#rows.length, this.#height)
    spacer.style.height = `${Math.max(this.#map.spacerHeight, this.#height)}px`
    stage.style.height = `${this.#height}px`
    scroller.setAttribute('aria-rowcount', String(this.#rows.length))
    this.#top = clamp(this.#top, 0, Math.max(0, this.#rows.length * ROW_HEIGHT - this.#height))
  }

  #scrolled(): void {
    const { scrollTop } = this.elements.scroller
    // A position that we set ourselves comes back rounded: keep the finer one.
    if (Math.abs(this.#map.toScroll(this.#top) - scrollTop) < 1) return
    this.#top = this.#map.toRows(scrollTop)
    this.#rowsDirty = true
    this.#schedule()
  }

  #invalidate(): void {
    this.#rowsDirty = true
    this.#overlayDirty = true
    this.#schedule()
  }

  #schedule(): void {
    if (this.#frame === 0 && !this.#stop.signal.aborted) this.#frame = requestAnimationFrame(() => this.#draw())
  }

  #draw(): void {
    this.#frame = 0
    if (this.#rowsDirty) this.#drawRows()
    if (this.#overlayDirty) {
      this.#drawRuler()
      this.#drawOverlay()
    }
    this.#rowsDirty = false
    this.#overlayDirty = false
  }

  #drawRows(): void {
    const { elements, nameWidth } = this
    elements.root.style.setProperty('--name-width', `${nameWidth}px`)
    const first = Math.floor(this.#top / ROW_HEIGHT)
    const last = Math.min(this.#rows.length, Math.ceil((this.#top + this.#height) / ROW_HEIGHT))
    const state = {
      layout: this.layout,
      rows: this.#rows,
      collapsed: this.#collapsed,
      selected: this.#selected,
      current: this.#current,
      nameWidth,
    }
    this.#pool.show(state, first, last, this.#top)
    const scene: Scene = {
      ...state,
      theme: this.#theme,
      colors: this.#colors,
      matches: this.#matches,
      range: this.#range,
      top: this.#top,
      width: this.#width,
      height: this.#height,
    }
    const bars = fitCanvas(elements.bars, this.#width, this.#height)
    if (bars !== undefined) paintRows(bars, scene)
    const topPosition = this.#rows[first] ?? -1
    if (topPosition !== this.#topPosition) this.#events.onTop((this.#topPosition = topPosition))
  }

  #drawRuler(): void {
    const { barsWidth } = this
    const context = fitCanvas(this.elements.ruler, barsWidth, RULER_HEIGHT)
    if (context === undefined) return
    paintRuler(context, this.#theme, this.#range, barsWidth, RULER_HEIGHT)
    const x = this.#cursor.x - this.nameWidth
    if (this.#cursor.x < 0 || x < 0) return
    paintCursorTime(context, this.#theme, x, barsWidth, RULER_HEIGHT, this.timeAt(this.#cursor.x))
  }

  /** The cursor line and a zoom selection in the making: never repaints the bars. */
  #drawOverlay(): void {
    const context = fitCanvas(this.elements.overlay, this.#width, this.#height)
    if (context === undefined) return
    context.clearRect(0, 0, this.#width, this.#height)
    const { x, dragFrom } = this.#cursor
    if (x < this.nameWidth) return
    if (dragFrom >= 0) {
      context.fillStyle = this.#theme.shade
      context.fillRect(Math.min(x, dragFrom), 0, Math.abs(x - dragFrom), this.#height)
    }
    context.fillStyle = this.#theme.accent
    context.fillRect(Math.round(x), 0, 1, this.#height)
  }
}
