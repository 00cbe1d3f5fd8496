// The overview above the timeline: the whole trace as one small picture, the zoom as a window in it. Dragging on the
// picture zooms, dragging an edge moves it, dragging the window's middle (when zoomed) pans.

import { clamp } from '../base/scale.ts'
import type { TimeRange } from './geometry.ts'
import type { MinimapBins } from './layout.ts'
import { CELL_ERROR } from './minimap-bins.ts'
import { fitCanvas, readTheme, type CanvasTheme } from './theme.ts'

const EDGE_PX = 6

type Drag =
  | { readonly kind: 'new'; readonly from: number }
  | { readonly kind: 'from' }
  | { readonly kind: 'to' }
  | { readonly kind: 'pan'; readonly grab: number }

/** Colours as bytes, whatever notation the browser knows them in. */
function colorBytes(colors: readonly string[]): Uint8ClampedArray {
  const canvas = document.createElement('canvas')
  canvas.width = colors.length
  canvas.height = 1
  const context = canvas.getContext('2d', { willReadFrequently: true })
  if (context === null) return new Uint8ClampedArray(colors.length * 4)
  colors.forEach((color, i) => {
    context.fillStyle = color
    context.fillRect(i, 0, 1, 1)
  })
  return context.getImageData(0, 0, colors.length, 1).data
}

function picture(bins: MinimapBins, theme: CanvasTheme): HTMLCanvasElement {
  const canvas = document.createElement('canvas')
  canvas.width = bins.width
  canvas.height = bins.height
  const bytes = colorBytes([...theme.palette, theme.error])
  const context = canvas.getContext('2d')
  const image = context?.createImageData(bins.width, bins.height)
  if (context === null || image === undefined) return canvas
  for (let i = 0; i < bins.cells.length; i++) {
    const cell = bins.cells[i] ?? 0
    if (cell === 0) continue
    const color = (Math.min(cell, CELL_ERROR) - 1) * 4
    for (let c = 0; c < 4; c++) image.data[i * 4 + c] = bytes[color + c] ?? 0
  }
  context.putImageData(image, 0, 0)
  return canvas
}

export class Minimap {
  readonly #canvas: HTMLCanvasElement
  readonly #bins: MinimapBins
  readonly #end: number
  readonly #onRange: (from: number, to: number, settled: boolean) => void
  readonly #stop = new AbortController()
  readonly #resize: ResizeObserver
  #theme: CanvasTheme
  #picture: HTMLCanvasElement
  #range: TimeRange
  #drag: Drag | undefined
  #frame = 0

  constructor(
    canvas: HTMLCanvasElement,
    bins: MinimapBins,
    end: number,
    onRange: (from: number, to: number, settled: boolean) => void,
  ) {
    this.#canvas = canvas
    this.#bins = bins
    this.#end = Math.max(1, end)
    this.#onRange = onRange
    this.#range = { from: 0, to: this.#end }
    this.#theme = readTheme(canvas.parentElement ?? document.body)
    this.#picture = picture(bins, this.#theme)
    this.#resize = new ResizeObserver(() => this.#schedule())
    this.#resize.observe(canvas.parentElement ?? canvas)
    const { signal } = this.#stop
    canvas.addEventListener('pointerdown', (event) => this.#down(event), { signal })
    canvas.addEventListener('pointermove', (event) => this.#move(event), { signal })
    canvas.addEventListener('pointerup', (event) => this.#up(event), { signal })
    canvas.addEventListener('dblclick', () => this.#onRange(0, this.#end, true), { signal })
  }

  destroy(): void {
    this.#stop.abort()
    this.#resize.disconnect()
    cancelAnimationFrame(this.#frame)
  }

  refreshTheme(): void {
    this.#theme = readTheme(this.#canvas.parentElement ?? document.body)
    this.#picture = picture(this.#bins, this.#theme)
    this.#schedule()
  }

  setRange(range: TimeRange): void {
    this.#range = range
    this.#schedule()
  }

  get #width(): number {
    return Math.max(1, this.#canvas.parentElement?.clientWidth ?? 1)
  }

  #timeAt(event: PointerEvent): number {
    const x = event.clientX - this.#canvas.getBoundingClientRect().left
    return clamp(x / this.#width, 0, 1) * this.#end
  }

  #zoomed(): boolean {
    return this.#range.to - this.#range.from < this.#end * 0.999
  }

  #hit(time: number): Drag {
    const edge = (EDGE_PX / this.#width) * this.#end
    if (!this.#zoomed()) return { kind: 'new', from: time }
    if (Math.abs(time - this.#range.from) < edge) return { kind: 'from' }
    if (Math.abs(time - this.#range.to) < edge) return { kind: 'to' }
    const inside = time > this.#range.from && time < this.#range.to
    return inside ? { kind: 'pan', grab: time - this.#range.from } : { kind: 'new', from: time }
  }

  #down(event: PointerEvent): void {
    if (event.button !== 0) return
    this.#drag = this.#hit(this.#timeAt(event))
    this.#canvas.setPointerCapture(event.pointerId)
  }

  #move(event: PointerEvent): void {
    const time = this.#timeAt(event)
    if (this.#drag === undefined) {
      const { kind } = this.#hit(time)
      this.#canvas.style.cursor = kind === 'new' ? 'crosshair' : kind === 'pan' ? 'grab' : 'ew-resize'
    } else this.#apply(this.#drag, time, false)
  }

  #up(event: PointerEvent): void {
    const drag = this.#drag
    this.#drag = undefined
    if (drag !== undefined) this.#apply(drag, this.#timeAt(event), true)
  }

  #apply(drag: Drag, time: number, settled: boolean): void {
    const { from, to } = this.#range
    if (drag.kind === 'pan') this.#onRange(time - drag.grab, time - drag.grab + to - from, settled)
    else if (drag.kind === 'from') this.#onRange(Math.min(time, to), to, settled)
    else if (drag.kind === 'to') this.#onRange(from, Math.max(time, from), settled)
    else if (Math.abs(time - drag.from) > (3 / this.#width) * this.#end) {
      this.#onRange(Math.min(time, drag.from), Math.max(time, drag.from), settled)
    }
  }

  #schedule(): void {
    if (this.#frame === 0 && !this.#stop.signal.aborted) this.#frame = requestAnimationFrame(() => this.#draw())
  }

  #draw(): void {
    this.#frame = 0
    const width = this.#width
    const height = this.#canvas.parentElement?.clientHeight ?? 60
    const context = fitCanvas(this.#canvas, width, height)
    if (context === undefined) return
    context.clearRect(0, 0, width, height)
    context.imageSmoothingEnabled = false
    context.drawImage(this.#picture, 0, 2, width, height - 4)
    if (!this.#zoomed()) return
    const [x0, x1] = [(this.#range.from / this.#end) * width, (this.#range.to / this.#end) * width]
    context.globalAlpha = 0.72
    context.fillStyle = this.#theme.background
    context.fillRect(0, 0, x0, height)
    context.fillRect(x1, 0, width - x1, height)
    context.globalAlpha = 1
    context.fillStyle = this.#theme.accent
    context.fillRect(Math.round(x0) - 1, 0, 2, height)
    context.fillRect(Math.round(x1) - 1, 0, 2, height)
  }
}
