// Where the drawing stands in its window: a scale and an offset in pixels. Pure arithmetic.

import { clamp } from '../base/scale.ts'
import type { Point } from './layout.ts'

export interface Viewport extends Point {
  readonly scale: number
}

export interface Size {
  readonly width: number
  readonly height: number
}

const MIN_SCALE = 0.04
const MAX_SCALE = 3
/** A drawing is not made smaller than this by itself: names must stay readable. */
const READABLE_SCALE = 0.8
const PADDING = 8

function scaleToFit(drawing: Size, window: Size): number {
  const across = (window.width - 2 * PADDING) / Math.max(1, drawing.width)
  const down = (window.height - 2 * PADDING) / Math.max(1, drawing.height)
  return clamp(Math.min(across, down), MIN_SCALE, 1.25)
}

/** The whole drawing, in the middle. */
export function fit(drawing: Size, window: Size): Viewport {
  const scale = scaleToFit(drawing, window)
  return {
    scale,
    x: (window.width - drawing.width * scale) / 2,
    y: (window.height - drawing.height * scale) / 2,
  }
}

/** The whole drawing where it can be read so, else its readable part around `focus`. */
export function start(drawing: Size, window: Size, focus: Point): Viewport {
  const whole = fit(drawing, window)
  if (whole.scale >= READABLE_SCALE) return whole
  return centre({ ...whole, scale: READABLE_SCALE }, drawing, window, focus)
}

/** Brings a point of the drawing to the middle, without showing more emptiness than needed. */
export function centre(viewport: Viewport, drawing: Size, window: Size, point: Point): Viewport {
  const { scale } = viewport
  const along = (at: number, size: number, room: number): number =>
    size * scale <= room
      ? (room - size * scale) / 2
      : clamp(room / 2 - at * scale, room - size * scale - PADDING, PADDING)
  return {
    scale,
    x: along(point.x, drawing.width, window.width),
    y: along(point.y, drawing.height, window.height),
  }
}

/** Whether a point of the drawing is in sight. */
export function isInside({ x, y, scale }: Viewport, window: Size, point: Point): boolean {
  const [across, down] = [x + point.x * scale, y + point.y * scale]
  return across >= 0 && across <= window.width && down >= 0 && down <= window.height
}

/** Zooms by a factor; what is at `at` in the window stays there. */
export function zoomAt(viewport: Viewport, factor: number, at: Point): Viewport {
  const scale = clamp(viewport.scale * factor, MIN_SCALE, MAX_SCALE)
  const ratio = scale / viewport.scale
  return { scale, x: at.x - (at.x - viewport.x) * ratio, y: at.y - (at.y - viewport.y) * ratio }
}

/** Moves, but never so far that nothing of the drawing is left in the window. */
export function pan(viewport: Viewport, dx: number, dy: number, drawing: Size, window: Size): Viewport {
  const keep = 40
  const { scale } = viewport
  return {
    scale,
    x: clamp(viewport.x + dx, keep - drawing.width * scale, window.width - keep),
    y: clamp(viewport.y + dy, keep - drawing.height * scale, window.height - keep),
  }
}
