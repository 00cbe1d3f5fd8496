// A loaded trace: header, overview, timeline or graph, details. The address holds what is selected, searched and zoomed.

import {
  lazy,
  Suspense,
  useCallback,
  useDeferredValue,
  useEffect,
  useMemo,
  useRef,
  useState,
  type RefObject,
} from 'react'
import { firstOf, type RawSearch } from '../../base/search-url.ts'
import { useGo, useRawSearch, useSettings } from '../../widgets/context.tsx'
import { isTyping } from '../../widgets/keys.ts'
import { Loading } from '../../widgets/message.tsx'
import { useSpansThatSay } from '../../widgets/local-trace.ts'
import { findSpans, withSpanIds } from '../../timeline/find.ts'
import { MARK_ERROR, spanIdAt, type TraceLayout } from '../../timeline/layout.ts'
import type { TimelineView } from '../../timeline/view.ts'
import { Inspector } from '../inspector/inspector.tsx'
import { FindBox } from './find-box.tsx'
import { GraphTools } from './graph-tools.tsx'
import { traceKey, type KeyActions } from './keyboard.ts'
import { SkewNote } from './skew-note.tsx'
import { TimelinePanel } from './timeline-panel.tsx'
import { TimelineTools, Toolbar } from './toolbar.tsx'
import { TraceHeader } from './trace-header.tsx'
import {
  decodeGraph,
  decodeRange,
  decodeView,
  encodeRange,
  selectedPosition,
  tracePath,
  type TraceViewName,
} from './url-state.ts'
import { useTimeline, useTimelineRefs, type TimelineRefs } from './use-timeline.ts'

const SETTLE_MS = 250

/** Most readers never open it. */
const GraphPanel = lazy(async () => ({ default: (await import('./graph-panel.tsx')).GraphPanel }))

/** Changes parameters of the address; the last of a quick row of changes wins. */
function useParameters(layout: TraceLayout) {
  const go = useGo()
  const raw = useRawSearch()
  const latest = useRef<RawSearch>(raw)
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined)
  useEffect(() => {
    latest.current = raw
  }, [raw])
  useEffect(() => () => clearTimeout(timer.current), [])
  const change = useCallback(
    (part: Readonly<Record<string, string>>, how: 'push' | 'replace') => {
      latest.current = { ...latest.current, ...part }
      go(tracePath(layout.traceId, latest.current, {}), how)
    },
    [go, layout],
  )
  const changeSoon = useCallback(
    (part: Readonly<Record<string, string>>) => {
      latest.current = { ...latest.current, ...part }
      clearTimeout(timer.current)
      timer.current = setTimeout(() => change({}, 'replace'), SETTLE_MS)
    },
    [change],
  )
  return { raw, change, changeSoon }
}

function useFind(layout: TraceLayout, view: TimelineView | undefined, initial: string, onText: (text: string) => void) {
  const [text, setText] = useState(initial)
  const [at, setAt] = useState(-1)
  const deferred = useDeferredValue(text)
  const { spanIds, waiting, failed } = useSpansThatSay(layout.traceId, text)
  const named = useMemo(() => findSpans(layout, deferred), [layout, deferred])
  const matches = useMemo(() => withSpanIds(layout, named, spanIds ?? []), [layout, named, spanIds])
  useEffect(() => {
    view?.setMatches(matches)
  }, [view, matches])
  const change = (next: string): void => {
    setText(next)
    setAt(-1)
    onText(next)
  }
  /** Position of the match one step on from the current row, wrapping around. */
  const step = (by: 1 | -1): number => {
    // In a large trace the marks may still lag behind what was typed; a step never does.
    const list = deferred === text ? matches : withSpanIds(layout, findSpans(layout, text), spanIds ?? [])
    if (list.length === 0) return -1
    const from = view?.current ?? -1
    let next =
      by > 0 ? list.findIndex((position) => position > from) : list.findLastIndex((position) => position < from)
    if (next < 0) next = by > 0 ? 0 : list.length - 1
    setAt(next)
    return list[next] ?? -1
  }
  const state: 'done' | 'waiting' | 'failed' = waiting ? 'waiting' : failed ? 'failed' : 'done'
  return { text, at, matches, state, change, step }
}

function nextError(layout: TraceLayout, from: number): number {
  for (let i = 1; i <= layout.count; i++) {
    const position = (Math.max(from, -1) + i) % layout.count
    if (((layout.marks[position] ?? 0) & MARK_ERROR) !== 0) return position
  }
  return -1
}

function useKeys(view: TimelineView | undefined, actions: KeyActions): void {
  const { shortcuts } = useSettings()
  const latest = useRef(actions)
  useEffect(() => {
    latest.current = actions
  })
  useEffect(() => {
    if (view === undefined) return
    const onKey = (event: KeyboardEvent): void => {
      const find = (event.ctrlKey || event.metaKey) && event.key.toLowerCase() === 'b'
      if (isTyping(event) && !find) return
      if (traceKey(event, view, latest.current, shortcuts)) event.preventDefault()
    }
    document.addEventListener('keydown', onKey)
    return () => document.removeEventListener('keydown', onKey)
  }, [view, shortcuts])
}

/** Follows the address: the selected span is marked and in view, the zoom is the link's. */
function useFollow(layout: TraceLayout, view: TimelineView | undefined, raw: RawSearch): number {
  const selected = useMemo(() => selectedPosition(layout, raw), [layout, raw])
  const range = firstOf(raw, 't')
  useEffect(() => {
    if (view === undefined || encodeRange(view.range, layout.end) === range) return
    const wanted = decodeRange(range, layout.end)
    if (wanted !== undefined) view.setRange(wanted.from, wanted.to, true)
    else if (range === '') view.resetRange()
  }, [view, layout, range])
  useEffect(() => {
    if (view === undefined) return
    view.setSelected(selected)
    if (selected >= 0) view.reveal(selected)
  }, [view, selected])
  return selected
}

/** The state of the page and what can be done to it. */
function useTraceView(layout: TraceLayout, refs: TimelineRefs, findInput: RefObject<HTMLInputElement | null>) {
  const { raw, change, changeSoon } = useParameters(layout)
  const shown = decodeView(raw)
  const graphKeys = useRef<(key: string) => boolean>(undefined)
  const show = (next: TraceViewName): void => {
    if (next !== shown) change({ view: next === 'timeline' ? '' : next }, 'push')
  }
  const select = (position: number, how: 'push' | 'replace' = 'push'): void =>
    change({ span: position < 0 ? (firstOf(raw, 'uiFind') === '' ? '' : 'none') : spanIdAt(layout, position) }, how)
  const timeline = useTimeline(refs, layout, {
    onSelect: (position) => select(position),
    onRange: (next) => changeSoon({ t: encodeRange(next, layout.end) }),
  })
  const { view } = timeline
  const selected = useFollow(layout, view, raw)
  const find = useFind(layout, view, firstOf(raw, 'uiFind'), (text) => {
    // Details that are open because uiFind named their span stay open when the text changes.
    changeSoon(selected >= 0 ? { uiFind: text, span: spanIdAt(layout, selected) } : { uiFind: text })
  })
  const goTo = (position: number): void => {
    if (position < 0 || view === undefined) return
    view.setCurrent(position)
    view.reveal(position)
    if (selected >= 0) select(position, 'replace')
  }
  useKeys(view, {
    select: (position) => select(position, selected >= 0 ? 'replace' : 'push'),
    find: () => findInput.current?.select(),
    clear: () => {
      if (selected >= 0) select(-1)
      else if (find.text !== '') find.change('')
    },
    show,
    graph: shown === 'graph' ? (key) => graphKeys.current?.(key) === true : undefined,
  })
  const flag = (name: string): boolean => firstOf(raw, name) === '1'
  return { timeline, selected, find, select, goTo, flag, raw, change, shown, show, graphKeys }
}

export function TraceView({ layout }: { layout: TraceLayout }) {
  const refs = useTimelineRefs()
  const findInput = useRef<HTMLInputElement>(null)
  const { nameColumn } = useSettings()
  const trace = useTraceView(layout, refs, findInput)
  const { timeline, selected, find, select, goTo, flag, raw, change, shown } = trace
  const { view, range, top, setNameShare } = timeline
  const inGraph = shown === 'graph'
  const graph = decodeGraph(raw)
  const findBox = { text: find.text, count: find.matches.length, at: find.at, state: find.state, onText: find.change }
  const panel = { refs, layout, top, share: nameColumn, onShare: setNameShare, onAncestor: goTo }
  return (
    <div className="trace-page">
      {!flag('uiTimelineCollapseTitle') && (
        <TraceHeader
          layout={layout}
          summary={!flag('uiTimelineHideSummary')}
          onNextError={() => goTo(nextError(layout, view?.current ?? -1))}
          onService={(name) => find.change(`"${name}"`)}
        />
      )}
      {!flag('uiTimelineHideMinimap') && (
        <div className={`minimap ${inGraph ? 'away' : ''}`}>
          <canvas ref={refs.minimap} role="img" aria-label="Overview of the trace; zoom by the toolbar or by keys" />
        </div>
      )}
      <Toolbar
        shown={shown}
        onShow={trace.show}
        find={<FindBox ref={findInput} {...findBox} onStep={(step) => goTo(find.step(step))} />}
      >
        {inGraph ? (
          <GraphTools layout={layout} state={graph} onChange={(part) => change(part, 'replace')} />
        ) : (
          <TimelineTools view={view} range={range} end={layout.end} />
        )}
      </Toolbar>
      <SkewNote layout={layout} onChange={(clockSkew) => change({ clockSkew }, 'push')} />
      <div className="trace-body">
        <div className="trace-views">
          <div className={`trace-timeline ${inGraph ? 'away' : ''}`} inert={inGraph}>
            <TimelinePanel {...panel} label="Spans of the trace" />
          </div>
          {inGraph && (
            <Suspense fallback={<Loading what="Drawing…" />}>
              <GraphPanel
                layout={layout}
                state={graph}
                matches={find.matches}
                finding={find.text.trim() !== ''}
                selected={selected}
                keysRef={trace.graphKeys}
                onSelect={(position) => select(position, selected >= 0 ? 'replace' : 'push')}
              />
            </Suspense>
          )}
        </div>
        {selected >= 0 && (
          <Inspector
            layout={layout}
            position={selected}
            onClose={() => select(-1)}
            onSpan={(position) => select(position)}
          />
        )}
      </div>
    </div>
  )
}
