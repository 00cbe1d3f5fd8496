// Ties a TimelineView and its minimap to the life of a component.

import { useEffect, useRef, useState, type RefObject } from 'react'
import { useSettings, useSettingsStore } from '../../widgets/context.tsx'
import { useThemeVersion } from '../../widgets/theme-version.ts'
import type { TimeRange } from '../../timeline/geometry.ts'
import type { TraceLayout } from '../../timeline/layout.ts'
import { Minimap } from '../../timeline/minimap.ts'
import { TimelineView, type TimelineElements } from '../../timeline/view.ts'

export interface TimelineRefs {
  readonly root: RefObject<HTMLDivElement | null>
  readonly scroller: RefObject<HTMLDivElement | null>
  readonly spacer: RefObject<HTMLDivElement | null>
  readonly stage: RefObject<HTMLDivElement | null>
  readonly rows: RefObject<HTMLDivElement | null>
  readonly bars: RefObject<HTMLCanvasElement | null>
  readonly overlay: RefObject<HTMLCanvasElement | null>
  readonly ruler: RefObject<HTMLCanvasElement | null>
  readonly minimap: RefObject<HTMLCanvasElement | null>
}

export function useTimelineRefs(): TimelineRefs {
  return {
    root: useRef(null),
    scroller: useRef(null),
    spacer: useRef(null),
    stage: useRef(null),
    rows: useRef(null),
    bars: useRef(null),
    overlay: useRef(null),
    ruler: useRef(null),
    minimap: useRef(null),
  }
}

function elementsOf(refs: TimelineRefs): TimelineElements | undefined {
  const [root, scroller, spacer, stage, rows, bars, overlay, ruler] = [
    refs.root.current,
    refs.scroller.current,
    refs.spacer.current,
    refs.stage.current,
    refs.rows.current,
    refs.bars.current,
    refs.overlay.current,
    refs.ruler.current,
  ]
  if (root === null || scroller === null || spacer === null || stage === null) return undefined
  if (rows === null || bars === null || overlay === null || ruler === null) return undefined
  return { root, scroller, spacer, stage, rows, bars, overlay, ruler }
}

interface Handlers {
  onSelect(position: number): void
  onRange(range: TimeRange): void
}

/** The first visible row's position: changes with every row that is scrolled by, so only who shows it listens. */
export class TopRow {
  #position = 0
  readonly #listeners = new Set<() => void>()

  get = (): number => this.#position

  subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  set = (position: number): void => {
    this.#position = position
    for (const listener of this.#listeners) listener()
  }
}

export interface Timeline {
  readonly view: TimelineView | undefined
  readonly range: TimeRange
  readonly top: TopRow
  readonly setNameShare: (share: number, keep: boolean) => void
}

export function useTimeline(refs: TimelineRefs, layout: TraceLayout, handlers: Handlers): Timeline {
  const { nameColumn } = useSettings()
  const store = useSettingsStore()
  const theme = useThemeVersion()
  const latest = useRef(handlers)
  const minimap = useRef<Minimap>(undefined)
  const [view, setView] = useState<TimelineView>()
  const [range, setRange] = useState<TimeRange>({ from: 0, to: Math.max(1, layout.end) })
  const [top] = useState(() => new TopRow())
  useEffect(() => {
    latest.current = handlers
  })
  useEffect(() => {
    const elements = elementsOf(refs)
    if (elements === undefined) return
    const made = new TimelineView(elements, layout, store.get().nameColumn, {
      onSelect: (position) => latest.current.onSelect(position),
      onTop: top.set,
      onRange: (next, settled) => {
        minimap.current?.setRange(next)
        setRange(next)
        if (settled) latest.current.onRange(next)
      },
    })
    const canvas = refs.minimap.current
    const map =
      canvas === null
        ? undefined
        : new Minimap(canvas, layout.minimap, layout.end, (from, to, settled) => made.setRange(from, to, settled))
    minimap.current = map
    setView(made)
    return () => {
      made.destroy()
      map?.destroy()
    }
    // The refs are the same objects for the life of the component.
  }, [layout]) // oxlint-disable-line react-hooks/exhaustive-deps
  useEffect(() => {
    view?.refreshTheme()
    minimap.current?.refreshTheme()
  }, [view, theme])
  useEffect(() => {
    view?.setNameShare(nameColumn)
  }, [view, nameColumn])
  const setNameShare = (share: number, keep: boolean): void => {
    if (keep) store.set({ nameColumn: Math.max(0.1, Math.min(0.8, share)) })
    else view?.setNameShare(share)
  }
  return { view, range, top, setNameShare }
}
