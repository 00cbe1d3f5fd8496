// The scatter plot on the page. Its words for those who cannot see it are a summary; its twin is the list below.

import type { TraceSummary } from '@spoor/core/api/search'
import { useEffect, useMemo, useRef, useState, type PointerEvent } from 'react'
import { formatDuration } from '../../base/duration.ts'
import { counted } from '../../base/number.ts'
import { formatDateTime, nsToMs } from '../../base/time.ts'
import { useGo, useSettings } from '../../widgets/context.tsx'
import { useThemeVersion } from '../../widgets/theme-version.ts'
import { fitCanvas, readTheme } from '../../timeline/theme.ts'
import { drawScatter, hitDot, layOutScatter, type Dot } from './scatter.ts'
import type { TracesProps } from './result-list.tsx'
import { traceName } from './sort.ts'

const HEIGHT = 190

function Tooltip({ dot, width }: { dot: Dot; width: number }) {
  const { zone } = useSettings()
  const { trace } = dot
  const right = dot.x > width / 2
  const style = right
    ? { right: width - dot.x + 14, top: Math.max(4, dot.y - 40) }
    : { left: dot.x + 14, top: Math.max(4, dot.y - 40) }
  return (
    <div className="chart-tip" style={style}>
      <strong>{traceName(trace)}</strong>
      <span>
        {formatDuration(Number(trace.durationNs))} · {counted(trace.spanCount, 'span')}
        {trace.errorCount > 0 && ` · ${counted(trace.errorCount, 'error')}`}
      </span>
      <span>{formatDateTime(nsToMs(trace.startNs), zone)}</span>
    </div>
  )
}

function summary(traces: readonly TraceSummary[]): string {
  const durations = traces.map((trace) => Number(trace.durationNs))
  const failed = traces.filter((trace) => trace.errorCount > 0).length
  const [low, high] = [durations.reduce((a, b) => Math.min(a, b)), durations.reduce((a, b) => Math.max(a, b))]
  return (
    `Scatter plot of ${counted(traces.length, 'trace')} by start and duration, from ${formatDuration(low)} to ` +
    `${formatDuration(high)}, ${failed} with errors. The list below has the same traces.`
  )
}

export function ScatterView<T extends TraceSummary>({ traces, pathOf }: TracesProps<T>) {
  const box = useRef<HTMLDivElement>(null)
  const canvas = useRef<HTMLCanvasElement>(null)
  const [width, setWidth] = useState(0)
  const [log, setLog] = useState(false)
  const [hovered, setHovered] = useState<Dot>()
  const { zone } = useSettings()
  const theme = useThemeVersion()
  const go = useGo()
  useEffect(() => {
    const observer = new ResizeObserver(([entry]) => setWidth(Math.floor(entry?.contentRect.width ?? 0)))
    if (box.current !== null) observer.observe(box.current)
    return () => observer.disconnect()
  }, [])
  const plot = useMemo(() => layOutScatter(traces, width, HEIGHT, log), [traces, width, log])
  useEffect(() => {
    if (canvas.current === null || box.current === null || width === 0) return
    const context = fitCanvas(canvas.current, width, HEIGHT)
    if (context !== undefined) drawScatter(context, plot, readTheme(box.current), zone, hovered)
  }, [plot, zone, hovered, width, theme])
  const at = (event: PointerEvent<HTMLCanvasElement>): Dot | undefined => {
    const rect = event.currentTarget.getBoundingClientRect()
    return hitDot(plot, event.clientX - rect.left, event.clientY - rect.top)
  }
  return (
    <div ref={box} className="scatter">
      <canvas
        ref={canvas}
        role="img"
        aria-label={summary(traces)}
        data-hover={hovered !== undefined}
        onPointerMove={(event) => setHovered(at(event))}
        onPointerLeave={() => setHovered(undefined)}
        onPointerUp={(event) => {
          const dot = at(event)
          const trace = traces.find(({ traceId }) => traceId === dot?.trace.traceId)
          if (trace !== undefined) go(pathOf(trace))
        }}
      />
      <button type="button" className="chip scatter-log" aria-pressed={log} onClick={() => setLog(!log)}>
        Log scale
      </button>
      {hovered !== undefined && <Tooltip dot={hovered} width={width} />}
    </div>
  )
}
