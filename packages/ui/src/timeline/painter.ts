// Draws the bars, their labels, event ticks, grid and tree guides of the visible rows onto one canvas, and the ruler onto
// another. Knows no DOM events and keeps no state: everything comes in, pixels go out.

import { serviceColorIndex, textOn } from '../base/color.ts'
import { formatDuration, formatTick } from '../base/duration.ts'
import { niceStep, ticks } from '../base/scale.ts'
import { indent, ROW_HEIGHT, type TimeRange } from './geometry.ts'
import { MARK_ERROR, MARK_ERROR_BELOW, type TraceLayout } from './layout.ts'
import type { CanvasTheme } from './theme.ts'

const BAR_TOP = 6
const BAR_HEIGHT = 12
const MIN_BAR = 2
const LABEL_CHAR = 6.4
const MAX_TICKS_PER_BAR = 200

export interface Scene {
  readonly layout: TraceLayout
  readonly theme: CanvasTheme
  /** Palette step of each service of the layout. */
  readonly colors: Uint8Array
  readonly rows: Uint32Array
  readonly collapsed: Uint8Array
  readonly matches: Uint8Array
  readonly selected: number
  readonly range: TimeRange
  /** px: the rows' scroll position, the name column, the whole canvas. */
  readonly top: number
  readonly nameWidth: number
  readonly width: number
  readonly height: number
}

export function serviceColors(layout: TraceLayout): Uint8Array {
  return Uint8Array.from(layout.services, serviceColorIndex)
}

function rowSpan(scene: Scene): { first: number; last: number } {
  const first = Math.floor(scene.top / ROW_HEIGHT)
  return { first, last: Math.min(scene.rows.length, Math.ceil((scene.top + scene.height) / ROW_HEIGHT)) }
}

function gridSteps(range: TimeRange, width: number): { step: number; at: number[] } {
  const step = niceStep(range.to - range.from, Math.max(2, Math.floor(width / 130)))
  return { step, at: ticks(range.from, range.to, step) }
}

function drawGrid(context: CanvasRenderingContext2D, scene: Scene): void {
  const width = scene.width - scene.nameWidth
  const scale = width / (scene.range.to - scene.range.from)
  context.fillStyle = scene.theme.line
  for (const tick of gridSteps(scene.range, width).at) {
    context.fillRect(Math.round(scene.nameWidth + (tick - scene.range.from) * scale), 0, 1, scene.height)
  }
}

/** One upright line per level, joined over the rows that lie below it. */
function drawGuides(context: CanvasRenderingContext2D, scene: Scene): void {
  const { layout, rows, nameWidth } = scene
  const { first, last } = rowSpan(scene)
  context.fillStyle = scene.theme.line
  const openAt: number[] = [] // y where the line at this x began
  const openX: number[] = []
  const close = (keep: number, y: number): void => {
    while (openX.length > keep) {
      const [x, from] = [openX.pop() ?? 0, openAt.pop() ?? 0]
      context.fillRect(x, from, 1, y - from)
    }
  }
  for (let index = first; index < last; index++) {
    const depth = layout.depth[rows[index] ?? 0] ?? 0
    const y = index * ROW_HEIGHT - scene.top
    const levels: number[] = []
    for (let level = 0, before = -9; level < depth && level < 80; level++) {
      const x = Math.round(indent(level, nameWidth)) + 13
      if (x - before >= 3) levels.push((before = x))
    }
    if (levels.length < openX.length) close(levels.length, y)
    for (let i = openX.length; i < levels.length; i++) {
      openX.push(levels[i] ?? 0)
      openAt.push(y)
    }
  }
  close(0, last * ROW_HEIGHT - scene.top)
}

function drawEvents(context: CanvasRenderingContext2D, scene: Scene, position: number, y: number, scale: number): void {
  const { layout, nameWidth, range } = scene
  const from = layout.eventStart[position] ?? 0
  const to = Math.min(layout.eventStart[position + 1] ?? 0, from + MAX_TICKS_PER_BAR)
  context.fillStyle = scene.theme.text
  for (let e = from; e < to; e++) {
    const x = nameWidth + ((layout.eventTime[e] ?? 0) - range.from) * scale
    if (x >= nameWidth && x <= scene.width) context.fillRect(Math.round(x), y + BAR_TOP - 3, 1, BAR_HEIGHT + 6)
  }
}

function drawLabel(
  context: CanvasRenderingContext2D,
  scene: Scene,
  text: string,
  x0: number,
  x1: number,
  y: number,
  color: number,
): void {
  const width = text.length * LABEL_CHAR + 10
  context.fillStyle = scene.theme.muted
  const middle = y + ROW_HEIGHT / 2 + 0.5
  if (x1 + width <= scene.width) {
    context.textAlign = 'left'
    context.fillText(text, x1 + 6, middle)
  } else if (x0 - width >= scene.nameWidth) {
    context.textAlign = 'right'
    context.fillText(text, x0 - 6, middle)
  } else {
    const right = Math.min(x1, scene.width)
    const top = y + BAR_TOP
    const left = right - text.length * LABEL_CHAR - 10
    // Over the hatch of a failed span the text could not be read.
    context.fillStyle = scene.theme.palette[color] ?? scene.theme.muted
    context.fillRect(Math.max(x0, left), top, right - Math.max(x0, left), BAR_HEIGHT)
    context.textAlign = 'right'
    context.fillStyle = textOn(color, scene.theme.dark)
    context.fillText(text, right - 6, middle)
  }
}

function drawHatch(context: CanvasRenderingContext2D, color: string, x0: number, y: number, width: number): void {
  context.save()
  context.beginPath()
  context.rect(x0, y, width, BAR_HEIGHT)
  context.clip()
  context.strokeStyle = color
  context.lineWidth = 1.5
  context.beginPath()
  for (let x = x0 - BAR_HEIGHT - (x0 % 9); x < x0 + width; x += 9) {
    context.moveTo(x, y + BAR_HEIGHT)
    context.lineTo(x + BAR_HEIGHT, y)
  }
  context.stroke()
  context.restore()
}

/** Where a span that clock skew has moved stood as it was sent: a dashed outline, and a line to where it stands now. */
function drawUnshifted(
  context: CanvasRenderingContext2D,
  scene: Scene,
  position: number,
  y: number,
  scale: number,
): void {
  const shift = scene.layout.shift[position] ?? 0
  if (shift === 0) return
  const { nameWidth, width, range, layout, theme } = scene
  const clip = (x: number): number => Math.max(nameWidth, Math.min(width, x))
  const at = nameWidth + ((layout.start[position] ?? 0) - range.from) * scale
  const sent = at - shift * scale
  const length = Math.max((layout.duration[position] ?? 0) * scale, MIN_BAR)
  context.save()
  context.strokeStyle = theme.warn
  context.lineWidth = 1
  context.setLineDash([3, 2])
  const [x0, x1] = [clip(sent), clip(sent + length)]
  if (x1 > x0) context.strokeRect(x0 + 0.5, y + BAR_TOP + 1.5, x1 - x0 - 1, BAR_HEIGHT - 3)
  context.beginPath()
  context.moveTo(clip(sent), y + BAR_TOP + BAR_HEIGHT / 2 + 0.5)
  context.lineTo(clip(at), y + BAR_TOP + BAR_HEIGHT / 2 + 0.5)
  context.stroke()
  context.restore()
}

function drawRow(context: CanvasRenderingContext2D, scene: Scene, position: number, y: number, scale: number): void {
  const { layout, nameWidth, range, theme } = scene
  const mark = layout.marks[position] ?? 0
  const start = layout.start[position] ?? 0
  const duration = layout.duration[position] ?? 0
  if (scene.matches[position] === 1 && position !== scene.selected) {
    context.fillStyle = theme.shade
    context.fillRect(0, y, scene.width, ROW_HEIGHT)
  }
  const raw0 = nameWidth + (start - range.from) * scale
  const raw1 = Math.max(nameWidth + (start + duration - range.from) * scale, raw0 + MIN_BAR)
  const [x0, x1] = [Math.max(nameWidth, raw0), Math.min(scene.width, raw1)]
  const top = y + BAR_TOP
  if (scene.collapsed[position] === 1) {
    const from = Math.max(nameWidth, nameWidth + ((layout.subtreeStart[position] ?? 0) - range.from) * scale)
    const to = Math.min(scene.width, nameWidth + ((layout.subtreeEnd[position] ?? 0) - range.from) * scale)
    context.fillStyle = (mark & MARK_ERROR_BELOW) !== 0 ? theme.error : theme.muted
    if (to > from) context.fillRect(from, y + ROW_HEIGHT - 4, to - from, 2)
  }
  if (layout.shift.length > 0) drawUnshifted(context, scene, position, y, scale)
  if (x1 <= nameWidth || x0 >= scene.width) {
    // Outside the zoom: an arrow says on which side.
    context.fillStyle = theme.muted
    context.textAlign = x1 <= nameWidth ? 'left' : 'right'
    context.fillText(x1 <= nameWidth ? '‹' : '›', x1 <= nameWidth ? nameWidth + 4 : scene.width - 4, y + ROW_HEIGHT / 2)
    return
  }
  const color = scene.colors[layout.service[position] ?? 0] ?? 0
  context.fillStyle = theme.palette[color] ?? theme.muted
  context.fillRect(x0, top, x1 - x0, BAR_HEIGHT)
  if ((mark & MARK_ERROR) !== 0) {
    drawHatch(context, theme.error, x0, top, x1 - x0)
    context.fillStyle = theme.error
    context.fillRect(x0, top + BAR_HEIGHT, Math.max(x1 - x0, 3), 2)
  }
  drawEvents(context, scene, position, y, scale)
  drawLabel(context, scene, formatDuration(duration), x0, x1, y, color)
}

/** Everything below the ruler. */
export function paintRows(context: CanvasRenderingContext2D, scene: Scene): void {
  context.clearRect(0, 0, scene.width, scene.height)
  drawGrid(context, scene)
  drawGuides(context, scene)
  const { first, last } = rowSpan(scene)
  const scale = (scene.width - scene.nameWidth) / (scene.range.to - scene.range.from)
  context.font = scene.theme.font
  context.textBaseline = 'middle'
  for (let index = first; index < last; index++) {
    drawRow(context, scene, scene.rows[index] ?? 0, index * ROW_HEIGHT - scene.top, scale)
  }
}

/** Labels of the grid; `width` is that of the bars' column. */
export function paintRuler(
  context: CanvasRenderingContext2D,
  theme: CanvasTheme,
  range: TimeRange,
  width: number,
  height: number,
): void {
  context.clearRect(0, 0, width, height)
  const { step, at } = gridSteps(range, width)
  const scale = width / (range.to - range.from)
  context.font = theme.font
  context.textBaseline = 'middle'
  context.textAlign = 'left'
  for (const tick of at) {
    const x = Math.round((tick - range.from) * scale)
    context.fillStyle = theme.lineStrong
    context.fillRect(x, height - 7, 1, 7)
    const text = formatTick(tick, step)
    context.fillStyle = theme.muted
    if (x + 5 + text.length * LABEL_CHAR < width) context.fillText(text, x + 5, height / 2)
  }
}

/** The pointer's time, over the ruler's own labels. `x` counts from the ruler's left edge. */
export function paintCursorTime(
  context: CanvasRenderingContext2D,
  theme: CanvasTheme,
  x: number,
  width: number,
  height: number,
  time: number,
): void {
  const text = formatDuration(time)
  const textWidth = text.length * LABEL_CHAR + 10
  const left = Math.max(0, Math.min(width - textWidth, x - textWidth / 2))
  context.fillStyle = theme.accent
  context.fillRect(left, 5, textWidth, height - 10)
  context.fillStyle = theme.background
  context.textAlign = 'center'
  context.fillText(text, left + textWidth / 2, height / 2)
}
