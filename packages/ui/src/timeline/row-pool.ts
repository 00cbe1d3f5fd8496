// The few DOM rows that carry names and the accessible text of the visible spans. A row element belongs to an index
// modulo the pool's size: scrolling by k rows rewrites k elements, whatever the size of the trace.

import { serviceColorVar } from '../base/color.ts'
import { formatDuration, signedDuration } from '../base/duration.ts'
import { indent, indentIsFull, ROW_HEIGHT } from './geometry.ts'
import {
  MARK_CYCLE,
  MARK_DEBUG,
  MARK_DUPLICATE,
  MARK_ERROR,
  MARK_ERROR_BELOW,
  MARK_FIREHOSE,
  MARK_FOLLOWS,
  MARK_LINKS,
  MARK_ORPHAN,
  MARK_WARNINGS,
  spanIdAt,
  type TraceLayout,
} from './layout.ts'

export interface RowState {
  readonly layout: TraceLayout
  readonly rows: Uint32Array
  readonly collapsed: Uint8Array
  readonly selected: number
  readonly current: number
  readonly nameWidth: number
}

interface Row {
  readonly element: HTMLElement
  readonly name: HTMLElement
  readonly toggle: HTMLElement
  readonly swatch: HTMLElement
  readonly level: HTMLElement
  readonly mark: HTMLElement
  readonly service: HTMLElement
  readonly operation: HTMLElement
  readonly facts: HTMLElement
  /** Made when a span first needs them: most have neither warnings nor flags. */
  warn: HTMLElement | undefined
  flag: HTMLElement | undefined
  index: number
  position: number
}

function part(parent: HTMLElement, className: string, hidden = false): HTMLElement {
  const element = document.createElement('span')
  element.className = className
  if (hidden) element.setAttribute('aria-hidden', 'true')
  parent.append(element)
  return element
}

/** Puts a text into a badge before the service's name; without text there need not be one. */
function badge(row: Row, known: HTMLElement | undefined, className: string, text: string): HTMLElement | undefined {
  if (known === undefined && text === '') return undefined
  const element = known ?? part(row.name, className, true)
  if (known === undefined) row.service.before(element)
  if (element.textContent !== text) element.textContent = text
  return element
}

function makeRow(): Row {
  const element = document.createElement('div')
  element.className = 'tl-row'
  element.setAttribute('role', 'row')
  const name = document.createElement('div')
  name.className = 'tl-name'
  name.setAttribute('role', 'gridcell')
  const facts = document.createElement('div')
  facts.className = 'tl-facts'
  facts.setAttribute('role', 'gridcell')
  element.append(name, facts)
  return {
    element,
    name,
    facts,
    toggle: part(name, 'tl-toggle', true),
    swatch: part(name, 'tl-swatch', true),
    level: part(name, 'tl-level', true),
    mark: part(name, 'tl-mark', true),
    service: part(name, 'tl-service'),
    operation: part(name, 'tl-operation'),
    warn: undefined,
    flag: undefined,
    index: -1,
    position: -1,
  }
}

const MARK_WORDS: readonly (readonly [number, string])[] = [
  [MARK_ERROR, 'error'],
  [MARK_ERROR_BELOW, 'errors below'],
  [MARK_ORPHAN, 'parent is missing'],
  [MARK_CYCLE, 'parents form a cycle'],
  [MARK_DUPLICATE, 'span id is not unique'],
  [MARK_FOLLOWS, 'follows from its parent'],
  [MARK_LINKS, 'has links'],
  [MARK_WARNINGS, 'has warnings'],
  [MARK_DEBUG, 'debug'],
  [MARK_FIREHOSE, 'firehose'],
]

/** What the bar shows, in words. */
export function rowFacts(layout: TraceLayout, position: number): string {
  const mark = layout.marks[position] ?? 0
  const duration = layout.duration[position] ?? 0
  const share = layout.end > 0 ? (duration / layout.end) * 100 : 0
  const words = [
    `starts ${formatDuration(layout.start[position] ?? 0)}`,
    `lasts ${formatDuration(duration)}`,
    `${share >= 10 || share === 0 ? share.toFixed(0) : share.toPrecision(1)} %`,
  ]
  const events = (layout.eventStart[position + 1] ?? 0) - (layout.eventStart[position] ?? 0)
  if (events > 0) words.push(events === 1 ? '1 event' : `${events} events`)
  if (mark !== 0) for (const [bit, word] of MARK_WORDS) if ((mark & bit) !== 0) words.push(word)
  const shift = layout.shift[position] ?? 0
  if (shift !== 0) words.push(`moved by ${signedDuration(shift)} against clock skew`)
  return words.join(', ')
}

export class RowPool {
  readonly #parent: HTMLElement
  #rows: Row[] = []
  #base = 0

  constructor(parent: HTMLElement) {
    this.#parent = parent
  }

  /** Id of the element that shows the row, for aria-activedescendant. */
  static elementId(position: number): string {
    return `span-${position}`
  }

  /** Puts the rows [first, last) in place; `top` is the scroll position in px. */
  show(state: RowState, first: number, last: number, top: number): void {
    this.#resize(Math.max(0, last - first))
    if (Math.abs(first - this.#base) > 20_000) {
      this.#base = first
      this.reset()
    }
    this.#parent.style.transform = `translateY(${this.#base * ROW_HEIGHT - top}px)`
    for (let index = first; index < last; index++) {
      const row = this.#rows[index % this.#rows.length]
      if (row === undefined || row.index === index) continue
      row.element.style.top = `${(index - this.#base) * ROW_HEIGHT}px`
      row.index = index
      this.#fill(row, state, state.rows[index] ?? 0)
    }
  }

  /** Makes the next show() rewrite every row: the rows, the column or the selection changed. */
  reset(): void {
    for (const row of this.#rows) row.index = -1
  }

  /** Takes its rows out of the page. */
  clear(): void {
    this.#resize(0)
  }

  #resize(count: number): void {
    if (this.#rows.length === count) return
    while (this.#rows.length < count) {
      const row = makeRow()
      this.#rows.push(row)
      this.#parent.append(row.element)
    }
    for (const row of this.#rows.splice(count)) row.element.remove()
    this.reset()
  }

  #fill(row: Row, state: RowState, position: number): void {
    const { layout, collapsed, nameWidth } = state
    const { element } = row
    const mark = layout.marks[position] ?? 0
    const depth = layout.depth[position] ?? 0
    const parent = layout.parent[position] ?? -1
    const service = layout.services[layout.service[position] ?? 0] ?? ''
    const branch = (layout.size[position] ?? 1) > 1
    row.position = position
    element.id = RowPool.elementId(position)
    element.dataset['position'] = String(position)
    element.classList.toggle('selected', position === state.selected)
    element.classList.toggle('current', position === state.current)
    element.setAttribute('aria-level', String(depth + 1))
    element.setAttribute('aria-rowindex', String(row.index + 1))
    element.setAttribute('aria-setsize', String(parent < 0 ? layout.rootCount : layout.children[parent]))
    element.setAttribute('aria-posinset', String(layout.place[position]))
    element.setAttribute('aria-selected', String(position === state.selected))
    if (branch) element.setAttribute('aria-expanded', String(collapsed[position] !== 1))
    else element.removeAttribute('aria-expanded')
    row.name.style.paddingLeft = `${indent(depth, nameWidth)}px`
    row.toggle.dataset['state'] = branch ? (collapsed[position] === 1 ? 'closed' : 'open') : 'leaf'
    row.swatch.style.background = serviceColorVar(service)
    row.level.textContent = indentIsFull(depth, nameWidth) ? String(depth) : ''
    this.#fillMark(row, mark, collapsed[position] === 1)
    row.service.textContent = service === '' ? '(no service)' : service
    const name = layout.names[layout.name[position] ?? 0] ?? ''
    row.operation.textContent = name === '' ? '(no name)' : name
    row.name.title = `${service}: ${name}\nspan ${spanIdAt(layout, position)}`
    row.facts.textContent = rowFacts(layout, position)
  }

  #fillMark(row: Row, mark: number, closed: boolean): void {
    const state =
      (mark & MARK_ERROR) !== 0
        ? 'error'
        : (mark & MARK_ERROR_BELOW) !== 0 && closed
          ? 'below'
          : (mark & MARK_CYCLE) !== 0
            ? 'cycle'
            : (mark & MARK_ORPHAN) !== 0
              ? 'orphan'
              : ''
    row.mark.dataset['state'] = state
    const flag = (mark & MARK_DEBUG) !== 0 ? 'debug' : (mark & MARK_FIREHOSE) !== 0 ? 'firehose' : ''
    row.warn = badge(row, row.warn, 'tl-warn', (mark & MARK_WARNINGS) !== 0 ? '!' : '')
    row.flag = badge(row, row.flag, 'tl-flag', flag)
    row.mark.textContent =
      state === 'error' || state === 'below' ? '!' : state === 'cycle' ? '↻' : state === 'orphan' ? '?' : ''
  }
}
