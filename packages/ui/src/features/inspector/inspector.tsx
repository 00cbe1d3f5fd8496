// Everything known of the selected span, docked beside the timeline (a sheet below it where the window is narrow).

import type { SpanDetail } from '@spoor/core/api/span-detail'
import { useEffect, useRef, useState, type KeyboardEvent, type PointerEvent } from 'react'
import { basePath } from '../../base/base-path.ts'
import { serviceColorVar } from '../../base/color.ts'
import { formatDuration, signedDuration } from '../../base/duration.ts'
import { formatNs } from '../../base/time.ts'
import { useSettings, useSettingsStore } from '../../widgets/context.tsx'
import { CopyButton } from '../../widgets/copy-button.tsx'
import { Icon } from '../../widgets/icons.tsx'
import { tracePage, useLocalFile, useSpanDetail } from '../../widgets/local-trace.ts'
import { ErrorMessage, Loading } from '../../widgets/message.tsx'
import { MARK_CYCLE, MARK_ORPHAN, spanIdAt, type TraceLayout } from '../../timeline/layout.ts'
import { Attributes, Dropped } from './attributes.tsx'
import { ReferenceList } from './reference-list.tsx'
import { referencesOf, speaksOpenTracing } from './references.ts'
import { Events, Ids, ResourcePart, ScopePart, Section, Status, V1Flags, Warnings } from './sections.tsx'
import { KIND_LABELS, spanJson } from './values.ts'

interface Props {
  readonly layout: TraceLayout
  readonly position: number
  readonly onClose: () => void
  readonly onSpan: (position: number) => void
}

/** Of several spans with one id, the one in that row: same start, then same kind. */
function bestMatch(spans: readonly SpanDetail[], layout: TraceLayout, position: number): number {
  const start = BigInt(layout.startNs) + BigInt(Math.round(layout.start[position] ?? 0))
  const score = (span: SpanDetail): number =>
    (BigInt(span.startNs) + BigInt(span.shiftNs) === start ? 2 : 0) +
    (span.kind === layout.kind[position] ? 1 : 0) +
    (span.resource.serviceName === layout.services[layout.service[position] ?? 0] ? 1 : 0)
  let best = 0
  spans.forEach((span, i) => {
    const other = spans[best]
    if (other !== undefined && score(span) > score(other)) best = i
  })
  return best
}

function Summary({ layout, position, onSpan }: Omit<Props, 'onClose'>) {
  const { zone } = useSettings()
  const start = layout.start[position] ?? 0
  const duration = layout.duration[position] ?? 0
  const parent = layout.parent[position] ?? -1
  const mark = layout.marks[position] ?? 0
  const children = layout.children[position] ?? 0
  const below = (layout.size[position] ?? 1) - 1
  const share = layout.end > 0 ? (duration / layout.end) * 100 : 0
  const shift = layout.shift[position] ?? 0
  const startNs = BigInt(layout.startNs) + BigInt(Math.round(start))
  return (
    <dl className="summary">
      <div>
        <dt>Duration</dt>
        <dd>
          {formatDuration(duration)}{' '}
          <small>{share >= 9.95 ? share.toFixed(0) : share.toPrecision(2)} % of the trace</small>
        </dd>
      </div>
      <div>
        <dt>Start</dt>
        <dd>
          +{formatDuration(start)} <small>{formatNs(String(startNs), zone)}</small>
        </dd>
      </div>
      {shift !== 0 && (
        <div className="shifted">
          <dt>Clock skew</dt>
          <dd>
            moved by {signedDuration(shift)} <small>sent as {formatNs(String(startNs - BigInt(shift)), zone)}</small>
          </dd>
        </div>
      )}
      <div>
        <dt>Kind</dt>
        <dd>{KIND_LABELS[layout.kind[position] ?? 0] ?? String(layout.kind[position])}</dd>
      </div>
      <div>
        <dt>Parent</dt>
        <dd>
          {parent >= 0 ? (
            <button type="button" className="text-button" onClick={() => onSpan(parent)}>
              {layout.names[layout.name[parent] ?? 0] || '(no name)'}
            </button>
          ) : (mark & MARK_ORPHAN) !== 0 ? (
            <span className="warn">missing from this trace</span>
          ) : (mark & MARK_CYCLE) !== 0 ? (
            <span className="warn">its parents form a cycle</span>
          ) : (
            'none: a root'
          )}
        </dd>
      </div>
      <div>
        <dt>Children</dt>
        <dd>
          {children === 0 ? (
            'none'
          ) : (
            <>
              {children} <small>{below > children && `${below} spans below`}</small>
            </>
          )}
        </dd>
      </div>
    </dl>
  )
}

const FILTER_FROM = 8

function Detail({
  span,
  layout,
  onSpan,
}: {
  span: SpanDetail
  layout: TraceLayout
  onSpan: (position: number) => void
}) {
  const [filter, setFilter] = useState('')
  const total = span.attributes.length + span.resource.attributes.length
  const openTracing = speaksOpenTracing(span)
  const references = referencesOf(span).length
  return (
    <>
      {(span.debug || span.firehose) && (
        <p className="v1-flags">
          <V1Flags span={span} />
        </p>
      )}
      <Status span={span} />
      <Warnings warnings={span.warnings} />
      {total >= FILTER_FROM && (
        <input
          type="text"
          className="attribute-filter"
          value={filter}
          placeholder={`Filter ${total} attributes`}
          aria-label="Filter attributes"
          spellCheck={false}
          onChange={(event) => setFilter(event.target.value)}
        />
      )}
      <Section title="Attributes" also="tags" count={span.attributes.length}>
        <Attributes attributes={span.attributes} filter={filter} />
        <Dropped count={span.droppedAttributesCount} what="attribute" />
      </Section>
      {(span.events.length > 0 || span.droppedEventsCount > 0) && (
        <Section title="Events" also="logs" count={span.events.length}>
          <Events span={span} traceStartNs={layout.startNs} />
        </Section>
      )}
      {(references > 0 || span.droppedLinksCount > 0) && (
        <Section title={openTracing ? 'References' : 'Links'} count={references}>
          <ReferenceList span={span} layout={layout} onSpan={onSpan} />
        </Section>
      )}
      <Section title="Resource" also="process tags" count={span.resource.attributes.length}>
        <ResourcePart resource={span.resource} filter={filter} />
      </Section>
      {(span.scope.name !== '' || span.scope.version !== '' || span.scope.attributes.length > 0) && (
        <Section title="Scope">
          <ScopePart scope={span.scope} />
        </Section>
      )}
      <Section title="Ids">
        <Ids span={span} />
      </Section>
    </>
  )
}

function Loaded({ layout, position, onSpan, spans }: Omit<Props, 'onClose'> & { spans: readonly SpanDetail[] }) {
  const best = bestMatch(spans, layout, position)
  const [chosen, setChosen] = useState<number>()
  const at = chosen ?? best
  const span = spans[at]
  if (span === undefined) return <p className="none">The server has no details of this span.</p>
  return (
    <>
      {spans.length > 1 && (
        <div className="same-id" role="group" aria-label="Spans with this id">
          <span>{spans.length} spans share this id:</span>
          {spans.map((other, i) => (
            <button key={i} type="button" className="chip" aria-pressed={i === at} onClick={() => setChosen(i)}>
              {other.resource.serviceName || '(no service)'} {KIND_LABELS[other.kind] ?? ''}
            </button>
          ))}
        </div>
      )}
      <Detail span={span} layout={layout} onSpan={onSpan} />
      <div className="inspector-actions">
        <CopyButton text={() => spanJson(span)} label="Copy JSON" words="Copy JSON" />
      </div>
    </>
  )
}

function WidthHandle() {
  const { inspectorWidth } = useSettings()
  const store = useSettingsStore()
  const set = (width: number): void =>
    store.set({ inspectorWidth: Math.round(Math.max(280, Math.min(1200, innerWidth - 320, width))) })
  const onKeyDown = (event: KeyboardEvent): void => {
    const step = event.key === 'ArrowLeft' ? 20 : event.key === 'ArrowRight' ? -20 : 0
    if (step === 0) return
    event.preventDefault()
    event.stopPropagation()
    set(inspectorWidth + step)
  }
  const drag = (event: PointerEvent): void => {
    if (event.currentTarget.hasPointerCapture(event.pointerId)) set(innerWidth - event.clientX)
  }
  return (
    <div
      className="inspector-handle"
      role="separator"
      tabIndex={0}
      aria-orientation="vertical"
      aria-label="Width of the details"
      aria-valuenow={inspectorWidth}
      aria-valuemin={280}
      aria-valuemax={1200}
      onKeyDown={onKeyDown}
      onPointerMove={drag}
      onPointerDown={(event) => event.currentTarget.setPointerCapture(event.pointerId)}
    />
  )
}

export function Inspector({ layout, position, onClose, onSpan }: Props) {
  const { inspectorWidth } = useSettings()
  const spanId = spanIdAt(layout, position)
  const file = useLocalFile()
  const query = useSpanDetail(layout.traceId, spanId)
  const body = useRef<HTMLDivElement>(null)
  const service = layout.services[layout.service[position] ?? 0] ?? ''
  const link = `${location.origin}${basePath()}${tracePage(layout.traceId, file, { uiFind: spanId }).slice(1)}`
  useEffect(() => {
    // In braces: newer browsers return a promise here, which React would take for a clean-up.
    body.current?.scrollTo({ top: 0 })
  }, [position])
  return (
    <aside
      className="inspector"
      aria-label="Span details"
      style={{ '--inspector-width': `${inspectorWidth}px` } as object}
    >
      <WidthHandle />
      <header>
        <i className="swatch" style={{ background: serviceColorVar(service) }} />
        <div>
          <p className="inspector-service">{service || '(no service)'}</p>
          <h2>{layout.names[layout.name[position] ?? 0] || '(no name)'}</h2>
        </div>
        <CopyButton text={link} label="Copy a link to this span" icon="link" />
        <button type="button" className="icon-button" aria-label="Close details" title="Close (Esc)" onClick={onClose}>
          <Icon name="close" />
        </button>
      </header>
      <div ref={body} className="inspector-body" tabIndex={0} role="region" aria-label="Details">
        <Summary layout={layout} position={position} onSpan={onSpan} />
        {query.isError ? (
          <ErrorMessage error={query.error} retry={() => void query.refetch()} />
        ) : query.data === undefined ? (
          <Loading what="Loading details…" />
        ) : (
          <Loaded key={position} layout={layout} position={position} onSpan={onSpan} spans={query.data} />
        )}
      </div>
    </aside>
  )
}
