// The scatter plot of results: time across, duration up, errors red, size by spans. Layout and hit test are pure; the
// component only owns the canvas.

import type { TraceSummary } from '@spoor/core/api/search'
import { formatTick } from '../../base/duration.ts'
import { clockStep, niceStep, ticks } from '../../base/scale.ts'
import { formatDateTime, nsToMs, zoneName, type Zone } from '../../base/time.ts'
import type { CanvasTheme } from '../../timeline/theme.ts'

const LEFT = 58
const RIGHT = 14
/** Room for the switch of the scale, which would cover the slowest traces. */
const TOP = 36
const BOTTOM = 24

export interface Dot {
  readonly x: number
  readonly y: number
  readonly radius: number
  readonly trace: TraceSummary
}

export interface ScatterPlot {
  readonly width: number
  readonly height: number
  readonly log: boolean
  readonly fromMs: number
  readonly toMs: number
  readonly low: number
  readonly high: number
  /** Errors last, so that they lie on top. */
  readonly dots: readonly Dot[]
}

function yOf(plot: Omit<ScatterPlot, 'dots'>, ns: number): number {
  const inner = plot.height - TOP - BOTTOM
  const share = plot.log
    ? Math.log(Math.max(ns, plot.low) / plot.low) / Math.max(1e-9, Math.log(plot.high / plot.low))
    : ns / plot.high
  return TOP + inner * (1 - share)
}

function xOf(plot: Omit<ScatterPlot, 'dots'>, ms: number): number {
  return LEFT + ((ms - plot.fromMs) / Math.max(1e-6, plot.toMs - plot.fromMs)) * (plot.width - LEFT - RIGHT)
}

export function layOutScatter(
  traces: readonly TraceSummary[],
  width: number,
  height: number,
  log: boolean,
): ScatterPlot {
  let [fromMs, toMs, low, high] = [Infinity, -Infinity, Infinity, 1000]
  for (const trace of traces) {
    const ms = nsToMs(trace.startNs)
    const ns = Number(trace.durationNs)
    fromMs = Math.min(fromMs, ms)
    toMs = Math.max(toMs, ms)
    low = Math.min(low, Math.max(1000, ns))
    high = Math.max(high, ns)
  }
  if (!(toMs > fromMs)) [fromMs, toMs] = [fromMs - 500, fromMs + 500]
  const margin = (toMs - fromMs) * 0.02
  const base = {
    width,
    height,
    log,
    fromMs: fromMs - margin,
    toMs: toMs + margin,
    low: log ? 10 ** Math.floor(Math.log10(low)) : 0,
    high: log ? Math.max(10 ** Math.ceil(Math.log10(high)), 10 * 10 ** Math.floor(Math.log10(low))) : high * 1.06,
  }
  const dots = traces.map((trace) => ({
    x: xOf(base, nsToMs(trace.startNs)),
    y: yOf(base, Number(trace.durationNs)),
    radius: Math.min(11, 3 + Math.log2(1 + trace.spanCount) * 0.6),
    trace,
  }))
  return { ...base, dots: dots.sort((a, b) => Math.sign(a.trace.errorCount) - Math.sign(b.trace.errorCount)) }
}

/** The dot under the pointer, the topmost first. */
export function hitDot(plot: ScatterPlot, x: number, y: number): Dot | undefined {
  return plot.dots.findLast((dot) => (dot.x - x) ** 2 + (dot.y - y) ** 2 <= (dot.radius + 3) ** 2)
}

function drawAxes(context: CanvasRenderingContext2D, plot: ScatterPlot, theme: CanvasTheme, zone: Zone): void {
  const { width, height } = plot
  context.font = theme.font
  context.textBaseline = 'middle'
  context.textAlign = 'right'
  const step = niceStep(plot.high - plot.low, 4)
  const decades = Math.round(Math.log10(plot.high / Math.max(1, plot.low)))
  const marks = plot.log ? Array.from({ length: decades + 1 }, (_, i) => plot.low * 10 ** i) : ticks(0, plot.high, step)
  for (const ns of marks) {
    const y = Math.round(yOf(plot, ns))
    context.fillStyle = theme.line
    context.fillRect(LEFT, y, width - LEFT - RIGHT, 1)
    context.fillStyle = theme.muted
    context.fillText(formatTick(ns, plot.log ? ns : step), LEFT - 8, y)
  }
  const spanMs = plot.toMs - plot.fromMs
  const timeStep = spanMs > 4000 ? clockStep(spanMs, Math.max(2, Math.floor(width / 150))) : niceStep(spanMs, 5)
  // Whole hours and days are those of the zone, not of UTC.
  const shift = zone === 'utc' ? 0 : new Date(plot.toMs).getTimezoneOffset() * 60_000
  context.textAlign = 'center'
  for (const shifted of ticks(plot.fromMs - shift, plot.toMs - shift, timeStep)) {
    const ms = shifted + shift
    const x = Math.round(xOf(plot, ms))
    const text = formatDateTime(ms, zone)
    const label =
      timeStep >= 8.64e7
        ? text.slice(5, 10)
        : timeStep >= 6e4
          ? text.slice(11, 16)
          : text.slice(11, timeStep < 1000 ? 23 : 19)
    context.fillStyle = theme.line
    context.fillRect(x, TOP, 1, height - TOP - BOTTOM)
    context.fillStyle = theme.muted
    if (x > LEFT + 10 && x < width - RIGHT - 20) context.fillText(label, x, height - BOTTOM / 2)
  }
  context.textAlign = 'left'
  context.fillText(zoneName(plot.toMs, zone), 4, height - BOTTOM / 2)
}

export function drawScatter(
  context: CanvasRenderingContext2D,
  plot: ScatterPlot,
  theme: CanvasTheme,
  zone: Zone,
  hovered: Dot | undefined,
): void {
  context.clearRect(0, 0, plot.width, plot.height)
  drawAxes(context, plot, theme, zone)
  for (const dot of plot.dots) {
    const failed = dot.trace.errorCount > 0
    context.beginPath()
    context.arc(dot.x, dot.y, dot.radius, 0, Math.PI * 2)
    context.globalAlpha = dot.trace.traceId === hovered?.trace.traceId ? 1 : failed ? 0.75 : 0.5
    context.fillStyle = failed ? theme.error : theme.accent
    context.fill()
    context.globalAlpha = 1
    context.lineWidth = dot.trace.traceId === hovered?.trace.traceId ? 2 : 1
    context.strokeStyle = failed ? theme.error : theme.accent
    context.stroke()
  }
}
