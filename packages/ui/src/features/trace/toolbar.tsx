// Buttons for what keys and dragging do too (WCAG 2.5.7): fold, zoom, pan, find.

import type { ReactNode } from 'react'
import { formatDuration } from '../../base/duration.ts'
import { Icon, type IconName } from '../../shell/icons.tsx'
import type { TimeRange } from '../../timeline/geometry.ts'
import type { TimelineView } from '../../timeline/view.ts'

function Tool({ icon, label, keys, onClick }: { icon: IconName; label: string; keys: string; onClick: () => void }) {
  return (
    <button type="button" className="icon-button" aria-label={label} title={`${label} (${keys})`} onClick={onClick}>
      <Icon name={icon} />
    </button>
  )
}

export function Toolbar({ view, range, end, children }: {
  view: TimelineView | undefined
  range: TimeRange
  end: number
  children: ReactNode
}) {
  const zoomed = range.to - range.from < end * 0.9999
  return (
    <div className="trace-toolbar" role="toolbar" aria-label="Timeline">
      {children}
      <span className="tool-group">
        <span className="tool-label" aria-hidden="true">Rows</span>
        <Tool icon="expand" label="Expand all" keys="[" onClick={() => view?.fold('expandAll')} />
        <Tool icon="more" label="Expand one level" keys="o" onClick={() => view?.fold('expandOne')} />
        <Tool icon="less" label="Collapse one level" keys="p" onClick={() => view?.fold('collapseOne')} />
        <Tool icon="collapse" label="Collapse all" keys="]" onClick={() => view?.fold('collapseAll')} />
      </span>
      <span className="tool-group zoom-tools">
        <span className="tool-label" aria-hidden="true">Zoom</span>
        <button type="button" className="icon-button" aria-label="Zoom in" title="Zoom in (↑)" onClick={() => view?.zoom(0.6)}>+</button>
        <button type="button" className="icon-button" aria-label="Zoom out" title="Zoom out (↓)" onClick={() => view?.zoom(1 / 0.6)}>−</button>
        <button type="button" className="icon-button" aria-label="Pan left" title="Pan left (a)" onClick={() => view?.pan(-0.25)}>‹</button>
        <button type="button" className="icon-button" aria-label="Pan right" title="Pan right (d)" onClick={() => view?.pan(0.25)}>›</button>
        {zoomed && (
          <button type="button" className="button small" title="Show the whole trace (0)" onClick={() => view?.resetRange()}>
            <Icon name="fit" />{formatDuration(range.from)} – {formatDuration(range.to)}
          </button>
        )}
      </span>
    </div>
  )
}
