// What the mouse, the pen and the wheel do on the timeline. Zooming by drag happens on the ruler; the rows stay plain:
// a click selects, a click on the arrow folds, text can be selected.

import { formatDuration } from '../base/duration.ts'
import { clamp } from '../base/scale.ts'
import type { TimelineView } from './view.ts'

/** px from the timeline's left edge; −1 = none. */
export interface Cursor {
  readonly x: number
  readonly dragFrom: number
}

const NO_CURSOR: Cursor = { x: -1, dragFrom: -1 }
const LINE_PX = 40

function positionOf(target: EventTarget | null): number {
  const row = target instanceof Element ? target.closest<HTMLElement>('.tl-row') : null
  return row === null ? -1 : Number(row.dataset['position'])
}

function attachClicks(view: TimelineView, signal: AbortSignal): void {
  view.elements.rows.addEventListener(
    'click',
    (event) => {
      const position = positionOf(event.target)
      if (position < 0) return
      const onToggle = event.target instanceof Element && event.target.closest('.tl-toggle') !== null
      if (onToggle && (view.layout.size[position] ?? 1) > 1) {
        view.setCurrent(position)
        view.toggle(position)
      } else if (getSelection()?.isCollapsed !== false) view.select(position)
    },
    { signal },
  )
}

function attachWheel(view: TimelineView, signal: AbortSignal): void {
  const { root } = view.elements
  root.addEventListener(
    'wheel',
    (event) => {
      const unit = event.deltaMode === 1 ? LINE_PX : event.deltaMode === 2 ? view.rowsPerPage() * 24 : 1
      const dy = event.deltaY * unit
      if (event.ctrlKey || event.metaKey) {
        const x = event.clientX - root.getBoundingClientRect().left
        view.zoom(Math.exp(clamp(dy, -300, 300) * 0.004), clamp(view.timeAt(x), view.range.from, view.range.to))
      } else if (event.shiftKey && dy !== 0) view.pan(dy / view.barsWidth)
      else if (Math.abs(event.deltaX) > Math.abs(event.deltaY)) view.pan((event.deltaX * unit) / view.barsWidth)
      else if (view.map.scaled) view.scrollToRows(view.top + dy)
      else return
      event.preventDefault()
    },
    { passive: false, signal },
  )
}

function attachCursor(view: TimelineView, signal: AbortSignal): void {
  const { root, scroller } = view.elements
  const x = (event: PointerEvent): number => event.clientX - root.getBoundingClientRect().left
  scroller.addEventListener('pointermove', (event) => view.setCursor({ x: x(event), dragFrom: -1 }), {
    signal,
    passive: true,
  })
  scroller.addEventListener('pointerleave', () => view.setCursor(NO_CURSOR), { signal })
}

/** Dragging on the ruler zooms to what was dragged over; a double click shows everything. */
function attachRuler(view: TimelineView, signal: AbortSignal): void {
  const { root, ruler } = view.elements
  let dragFrom = -1
  const x = (event: PointerEvent): number =>
    clamp(event.clientX - root.getBoundingClientRect().left, view.nameWidth, view.nameWidth + view.barsWidth)
  ruler.addEventListener(
    'pointerdown',
    (event) => {
      if (event.button !== 0) return
      dragFrom = x(event)
      ruler.setPointerCapture(event.pointerId)
    },
    { signal },
  )
  ruler.addEventListener(
    'pointermove',
    (event) => {
      view.setCursor({ x: x(event), dragFrom })
      ruler.title = dragFrom < 0 ? '' : formatDuration(Math.abs(view.timeAt(x(event)) - view.timeAt(dragFrom)))
    },
    { signal },
  )
  ruler.addEventListener(
    'pointerup',
    (event) => {
      const [a, b] = [Math.min(dragFrom, x(event)), Math.max(dragFrom, x(event))]
      const dragged = dragFrom >= 0 && b - a > 3
      dragFrom = -1
      view.setCursor(NO_CURSOR)
      if (dragged) view.setRange(view.timeAt(a), view.timeAt(b), true)
    },
    { signal },
  )
  ruler.addEventListener('pointerleave', () => view.setCursor(NO_CURSOR), { signal })
  ruler.addEventListener('pointercancel', () => (dragFrom = -1), { signal })
  ruler.addEventListener('dblclick', () => view.resetRange(), { signal })
}

export function attachPointer(view: TimelineView, signal: AbortSignal): void {
  attachClicks(view, signal)
  attachWheel(view, signal)
  attachCursor(view, signal)
  attachRuler(view, signal)
}
