// The elements a TimelineView draws into, and the handle between names and bars. Renders once; the view does the rest.

import { memo, useSyncExternalStore, type KeyboardEvent, type PointerEvent } from 'react'
import type { TraceLayout } from '../../timeline/layout.ts'
import type { TimelineRefs, TopRow } from './use-timeline.ts'

interface Props {
  readonly refs: TimelineRefs
  readonly label: string
}

/** What the view fills: React must never touch it again. */
const Stage = memo(
  function Stage({ refs, label }: Props) {
    return (
      <div
        ref={refs.scroller}
        className="tl-scroll"
        role="treegrid"
        tabIndex={0}
        aria-label={label}
        aria-readonly="true"
      >
        <div ref={refs.spacer} className="tl-spacer" role="presentation">
          <div ref={refs.stage} className="tl-stage" role="presentation">
            <canvas ref={refs.bars} className="tl-bars" aria-hidden="true" />
            <div ref={refs.rows} className="tl-rows" role="rowgroup" />
            <canvas ref={refs.overlay} className="tl-overlay" aria-hidden="true" />
          </div>
        </div>
      </div>
    )
  },
  () => true,
)

function Handle({
  refs,
  share,
  onShare,
}: {
  refs: TimelineRefs
  share: number
  onShare: (share: number, keep: boolean) => void
}) {
  const at = (event: PointerEvent): number => {
    const box = refs.root.current?.getBoundingClientRect()
    return box === undefined ? share : Math.max(0.1, Math.min(0.8, (event.clientX - box.left) / box.width))
  }
  const onKeyDown = (event: KeyboardEvent): void => {
    const step = event.key === 'ArrowLeft' ? -0.02 : event.key === 'ArrowRight' ? 0.02 : 0
    if (step === 0) return
    event.preventDefault()
    event.stopPropagation()
    onShare(share + step, true)
  }
  return (
    <div
      className="tl-handle"
      role="separator"
      tabIndex={0}
      aria-orientation="vertical"
      aria-label="Width of the name column"
      aria-valuenow={Math.round(share * 100)}
      aria-valuemin={10}
      aria-valuemax={80}
      onKeyDown={onKeyDown}
      onDoubleClick={() => onShare(0.3, true)}
      onPointerDown={(event) => event.currentTarget.setPointerCapture(event.pointerId)}
      onPointerMove={(event) => event.currentTarget.hasPointerCapture(event.pointerId) && onShare(at(event), false)}
      onPointerUp={(event) => event.currentTarget.hasPointerCapture(event.pointerId) && onShare(at(event), true)}
    />
  )
}

interface PanelProps extends Props {
  readonly layout: TraceLayout
  /** The first visible row: its ancestors stand above the names. */
  readonly top: TopRow
  readonly share: number
  readonly onShare: (share: number, keep: boolean) => void
  readonly onAncestor: (position: number) => void
}

const MAX_PATH = 40

/** Names from the root down to the parent; the middle is left out where there are very many. */
function pathWords(layout: TraceLayout, position: number): string {
  const names: string[] = []
  for (let up = layout.parent[position] ?? -1; up >= 0 && names.length < MAX_PATH; up = layout.parent[up] ?? -1) {
    names.unshift(layout.names[layout.name[up] ?? 0] || '(no name)')
  }
  return names.length === MAX_PATH ? `… › ${names.join(' › ')}` : names.join(' › ')
}

/** The nearest ancestor of the first visible row, and how many lie above it. */
function Path({ layout, top: row, onAncestor }: Pick<PanelProps, 'layout' | 'top' | 'onAncestor'>) {
  const top = useSyncExternalStore(row.subscribe, row.get)
  const nearest = layout.parent[top] ?? -1
  const depth = layout.depth[top] ?? 0
  if (nearest < 0) return <span className="tl-title">Service and operation</span>
  const name = layout.names[layout.name[nearest] ?? 0] || '(no name)'
  return (
    <button
      type="button"
      className="text-button tl-path"
      title={`Go up: ${pathWords(layout, top)}`}
      onClick={() => onAncestor(nearest)}
    >
      <span className="muted">in {depth > 1 ? `${depth} levels › ` : ''}</span>
      {name}
    </button>
  )
}

export function TimelinePanel({ refs, label, layout, top, share, onShare, onAncestor }: PanelProps) {
  return (
    <div ref={refs.root} className="tl">
      <div className="tl-head">
        <div className="tl-head-name">
          <Path layout={layout} top={top} onAncestor={onAncestor} />
        </div>
        <div className="tl-head-ruler">
          <canvas ref={refs.ruler} className="tl-ruler" aria-hidden="true" />
        </div>
      </div>
      <Stage refs={refs} label={label} />
      <Handle refs={refs} share={share} onShare={onShare} />
    </div>
  )
}
