// Keys of the trace page: Jaeger's on the whole page, and those of a tree grid while the rows have the focus.

import type { TimelineView } from '../../timeline/view.ts'
import type { TraceViewName } from './url-state.ts'

export interface KeyActions {
  select(position: number): void
  find(): void
  clear(): void
  show(view: TraceViewName): void
  /** Keys of the graph, where it is shown; true where the key was one of them. */
  readonly graph: ((key: string) => boolean) | undefined
}

const ZOOM = 0.85
const ZOOM_FAST = 0.5
const PAN = 0.08
const PAN_FAST = 0.5

/** The next row (from the current one) whose bar lies within the zoom. */
function stepVisible(view: TimelineView, step: 1 | -1): void {
  const { rows, layout, range } = view
  let index = view.currentIndex()
  if (index < 0) index = Math.floor(view.top / 24) - (step > 0 ? 1 : 0)
  for (index += step; index >= 0 && index < rows.length; index += step) {
    const position = rows[index] ?? 0
    const start = layout.start[position] ?? 0
    if (start <= range.to && start + (layout.duration[position] ?? 0) >= range.from) return view.moveTo(index)
  }
}

function pageKey(event: KeyboardEvent, view: TimelineView): (() => void) | undefined {
  const fast = event.shiftKey
  const pan = fast ? PAN_FAST : PAN
  const zoom = fast ? ZOOM_FAST : ZOOM
  const page = view.rowsPerPage() * 24 * 0.8
  switch (event.key.length === 1 ? event.key.toLowerCase() : event.key) {
    case 's':
      return () => view.scrollToRows(view.top + page)
    case 'w':
      return () => view.scrollToRows(view.top - page)
    case 'f':
      return () => stepVisible(view, 1)
    case 'b':
      return () => stepVisible(view, -1)
    case 'a':
    case 'ArrowLeft':
      return () => view.pan(-pan)
    case 'd':
    case 'ArrowRight':
      return () => view.pan(pan)
    case 'ArrowUp':
    case '+':
    case '=':
      return () => view.zoom(zoom)
    case 'ArrowDown':
    case '-':
      return () => view.zoom(1 / zoom)
    case '0':
      return () => view.resetRange()
    case ']':
      return () => view.fold('collapseAll')
    case '[':
      return () => view.fold('expandAll')
    case 'p':
      return () => view.fold('collapseOne')
    case 'o':
      return () => view.fold('expandOne')
    default:
      return undefined
  }
}

function openOrChild(view: TimelineView): void {
  const { current } = view
  if (view.isCollapsed(current)) view.toggle(current, false)
  else if ((view.layout.size[current] ?? 1) > 1) view.moveTo(view.currentIndex() + 1)
}

function closeOrParent(view: TimelineView): void {
  const { current, layout } = view
  if (!view.isCollapsed(current) && (layout.size[current] ?? 1) > 1) view.toggle(current, true)
  else if ((layout.parent[current] ?? -1) >= 0) {
    view.setCurrent(layout.parent[current] ?? -1)
    view.moveTo(view.currentIndex())
  }
}

function gridKey(event: KeyboardEvent, view: TimelineView, actions: KeyActions): (() => void) | undefined {
  if (event.shiftKey) return undefined
  const index = view.currentIndex()
  switch (event.key) {
    case 'ArrowDown':
      return () => view.moveTo(index + 1)
    case 'ArrowUp':
      return () => view.moveTo(Math.max(0, index - 1))
    case 'ArrowRight':
      return () => openOrChild(view)
    case 'ArrowLeft':
      return () => closeOrParent(view)
    case 'Home':
      return () => view.moveTo(0)
    case 'End':
      return () => view.moveTo(view.rows.length - 1)
    case 'PageDown':
      return () => view.moveTo(index + view.rowsPerPage())
    case 'PageUp':
      return () => view.moveTo(Math.max(0, index - view.rowsPerPage()))
    case 'Enter':
    case ' ':
      return () => view.current >= 0 && actions.select(view.current)
    default:
      return undefined
  }
}

const MOVES = new Set(['ArrowDown', 'ArrowUp', 'Home', 'End', 'PageDown', 'PageUp'])

const VIEW_KEYS: ReadonlyMap<string, TraceViewName> = new Map([
  ['t', 'timeline'],
  ['g', 'graph'],
])

function graphKey(event: KeyboardEvent, actions: KeyActions, singleKeys: boolean): boolean {
  if (event.key === 'Escape') {
    actions.clear()
    return true
  }
  const onControl = event.target instanceof HTMLElement && event.target.closest('button, a, summary, select') !== null
  return singleKeys && !(onControl && event.key.startsWith('Arrow')) && actions.graph?.(event.key) === true
}

/** True where the key was meant for the page; the caller then stops the browser's own meaning. */
export function traceKey(event: KeyboardEvent, view: TimelineView, actions: KeyActions, singleKeys: boolean): boolean {
  if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === 'b') {
    actions.find()
    return true
  }
  if (event.ctrlKey || event.metaKey || event.altKey) return false
  const toView = singleKeys ? VIEW_KEYS.get(event.key.toLowerCase()) : undefined
  if (toView !== undefined && event.key.length === 1) {
    actions.show(toView)
    return true
  }
  if (actions.graph !== undefined) return graphKey(event, actions, singleKeys)
  const inGrid = document.activeElement === view.elements.scroller
  if (event.key === 'Escape') {
    if (inGrid && view.selected < 0) view.elements.scroller.blur()
    actions.clear()
    return true
  }
  const onControl =
    event.target instanceof HTMLElement && event.target.closest('button, a, summary, [role=separator]') !== null
  const inGridKey = inGrid ? gridKey(event, view, actions) : undefined
  if (inGridKey !== undefined) {
    inGridKey()
    // Open details follow the keyboard.
    if (MOVES.has(event.key) && view.selected >= 0) actions.select(view.current)
    return true
  }
  if (onControl && (event.key === 'Enter' || event.key === ' ' || event.key.startsWith('Arrow'))) return false
  if (event.key === 'Enter' && view.current >= 0 && singleKeys) {
    actions.select(view.current)
    return true
  }
  const inPageKey = singleKeys ? pageKey(event, view) : undefined
  inPageKey?.()
  return inPageKey !== undefined
}
