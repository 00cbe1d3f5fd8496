// Buttons for what keys and dragging do too (WCAG 2.5.7): fold, zoom, pan, find.

import type { ReactNode } from 'react'
import { formatDuration } from '../../base/duration.ts'
import { Icon, type IconName } from '../../widgets/icons.tsx'
import type { TimeRange } from '../../timeline/geometry.ts'
import type { TimelineView } from '../../timeline/view.ts'
import type { TraceViewName } from './url-state.ts'

interface ToolProps {
  /** An icon's name, or a sign to print. */
  readonly icon: IconName | '+' | '−' | '‹' | '›'
  readonly label: string
  readonly keys: string
  readonly onClick: () => void
}

function Tool({ icon, label, keys, onClick }: ToolProps) {
  const sign = icon === '+' || icon === '−' || icon === '‹' || icon === '›'
  return (
    <button type="button" className="icon-button" aria-label={label} title={`${label} (${keys})`} onClick={onClick}>
      {sign ? icon : <Icon name={icon} />}
    </button>
  )
}

function Label({ children }: { children: string }) {
  return (
    <span className="tool-label" aria-hidden="true">
      {children}
    </span>
  )
}

interface Props {
  readonly view: TimelineView | undefined
  readonly range: TimeRange
  readonly end: number
}

const VIEWS: readonly (readonly [TraceViewName, string, string])[] = [
  ['timeline', 'Timeline', 't'],
  ['graph', 'Graph', 'g'],
]

/** The two views of a trace: when things happened, and what led to what. */
function Views({ shown, onShow }: { shown: TraceViewName; onShow: (view: TraceViewName) => void }) {
  return (
    <span className="tool-group views" role="group" aria-label="View">
      {VIEWS.map(([name, label, key]) => (
        <button
          key={name}
          type="button"
          className="chip"
          aria-pressed={shown === name}
          title={`${label} (${key})`}
          onClick={() => onShow(name)}
        >
          {label}
        </button>
      ))}
    </span>
  )
}

interface ToolbarProps {
  readonly shown: TraceViewName
  readonly onShow: (view: TraceViewName) => void
  readonly find: ReactNode
  /** The view's own tools. */
  readonly children: ReactNode
}

export function Toolbar({ shown, onShow, find, children }: ToolbarProps) {
  return (
    <div className="trace-toolbar" role="toolbar" aria-label="Trace">
      <Views shown={shown} onShow={onShow} />
      {find}
      {children}
    </div>
  )
}

export function TimelineTools({ view, range, end }: Props) {
  const zoomed = range.to - range.from < end * 0.9999
  return (
    <>
      <span className="tool-group">
        <Label>Rows</Label>
        <Tool icon="expand" label="Expand all" keys="[" onClick={() => view?.fold('expandAll')} />
        <Tool icon="more" label="Expand one level" keys="o" onClick={() => view?.fold('expandOne')} />
        <Tool icon="less" label="Collapse one level" keys="p" onClick={() => view?.fold('collapseOne')} />
        <Tool icon="collapse" label="Collapse all" keys="]" onClick={() => view?.fold('collapseAll')} />
      </span>
      <span className="tool-group zoom-tools">
        <Label>Zoom</Label>
        <Tool icon="+" label="Zoom in" keys="↑" onClick={() => view?.zoom(0.6)} />
        <Tool icon="−" label="Zoom out" keys="↓" onClick={() => view?.zoom(1 / 0.6)} />
        <Tool icon="‹" label="Pan left" keys="a" onClick={() => view?.pan(-0.25)} />
        <Tool icon="›" label="Pan right" keys="d" onClick={() => view?.pan(0.25)} />
        {zoomed && (
          <button
            type="button"
            className="button small"
            title="Show the whole trace (0)"
            onClick={() => view?.resetRange()}
          >
            <Icon name="fit" />
            {formatDuration(range.from)} – {formatDuration(range.to)}
          </button>
        )}
      </span>
    </>
  )
}
