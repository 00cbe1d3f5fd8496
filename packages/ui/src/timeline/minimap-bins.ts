// The overview picture of a whole trace, binned once in the worker: drawing it costs the same for 10 spans and 100,000.

import { PALETTE_SIZE, serviceColorIndex } from '../base/color.ts'
import { MARK_ERROR, type MinimapBins, type TraceLayout } from './layout.ts'

export const CELL_ERROR = PALETTE_SIZE + 1
const WIDTH = 1200
const HEIGHT = 60

type Input = Pick<TraceLayout, 'count' | 'start' | 'duration' | 'service' | 'services' | 'marks' | 'end'>

export function minimapBins(layout: Input, width = WIDTH, height = HEIGHT): MinimapBins {
  const { count, start, duration, service, marks, end } = layout
  const cells = new Uint8Array(width * height)
  const colors = layout.services.map((name) => serviceColorIndex(name) + 1)
  const scale = end > 0 ? width / end : 0
  const thickness = Math.max(1, Math.min(6, Math.floor(height / Math.max(1, count)) - 1))
  const paint = (i: number, color: number): void => {
    const y = Math.min(height - 1, Math.floor((i * height) / count))
    const from = Math.min(width - 1, Math.max(0, Math.floor((start[i] ?? 0) * scale)))
    const to = Math.min(width, Math.max(from + 2, Math.ceil(((start[i] ?? 0) + (duration[i] ?? 0)) * scale)))
    for (let row = y; row < Math.min(height, y + thickness); row++)
      cells.fill(color, row * width + from, row * width + to)
  }
  for (let i = 0; i < count; i++) paint(i, colors[service[i] ?? 0] ?? 1)
  for (let i = 0; i < count; i++) if (((marks[i] ?? 0) & MARK_ERROR) !== 0) paint(i, CELL_ERROR)
  return { width, height, cells }
}
