// The parts of a span's details: what it is, events, links, resource, scope, ids.

import type { EventJson, LinkJson, ResourceJson, ScopeJson, SpanDetail } from '@spoor/core/api/span-detail'
import { useState, type ReactNode } from 'react'
import { formatDuration } from '../../base/duration.ts'
import { sameTraceId } from '../../base/ids.ts'
import { formatNs } from '../../base/time.ts'
import { useSettings } from '../../widgets/context.tsx'
import { CopyButton } from '../../widgets/copy-button.tsx'
import { Icon } from '../../widgets/icons.tsx'
import { Link } from '../../widgets/link.tsx'
import { tracePage, useLocalFile } from '../../widgets/local-trace.ts'
import { findSpanId, type TraceLayout } from '../../timeline/layout.ts'
import { Attributes, Dropped } from './attributes.tsx'
import { STATUS_LABELS } from './values.ts'

export function Section({
  title,
  count,
  open = true,
  children,
}: {
  title: string
  count?: number
  open?: boolean
  children: ReactNode
}) {
  return (
    <details className="section" open={open}>
      <summary>
        <h3>{title}</h3>
        {count !== undefined && <span className="count">{count}</span>}
      </summary>
      <div className="section-body">{children}</div>
    </details>
  )
}

export function Status({ span }: { span: SpanDetail }) {
  if (span.statusCode !== 2 && span.statusMessage === '') return null
  return (
    <div className={`status-box ${span.statusCode === 2 ? 'bad' : ''}`}>
      {span.statusCode === 2 && <Icon name="error" />}
      <p>
        <b>Status {STATUS_LABELS[span.statusCode] ?? String(span.statusCode)}</b>
        {span.statusMessage !== '' && <span className="status-message">{span.statusMessage}</span>}
      </p>
    </div>
  )
}

export function Warnings({ warnings }: { warnings: readonly string[] }) {
  if (warnings.length === 0) return null
  return (
    <ul className="warnings" aria-label="Warnings">
      {warnings.map((text, i) => (
        <li key={i}>{text}</li>
      ))}
    </ul>
  )
}

/** Nanoseconds between two Unix times in decimal text. */
function between(fromNs: string, toNs: string): number {
  return Number(BigInt(toNs) - BigInt(fromNs))
}

function signed(ns: number): string {
  return `${ns < 0 ? '−' : '+'}${formatDuration(Math.abs(ns))}`
}

function Event({
  event,
  span,
  traceStartNs,
  open,
}: {
  event: EventJson
  span: SpanDetail
  traceStartNs: string
  open: boolean
}) {
  const { zone } = useSettings()
  const inSpan = between(span.startNs, event.timeNs)
  const outside = inSpan < 0 || BigInt(event.timeNs) > BigInt(span.endNs)
  return (
    <li>
      <details open={open}>
        <summary>
          <span className="event-name">{event.name || '(no name)'}</span>
          <span className="event-time" title={formatNs(event.timeNs, zone)}>
            {signed(inSpan)}
          </span>
        </summary>
        <p className="note">
          {signed(inSpan)} in the span, {signed(between(traceStartNs, event.timeNs))} in the trace ·{' '}
          {formatNs(event.timeNs, zone)}
          {outside && <b className="warn"> outside the span’s time</b>}
        </p>
        <Attributes attributes={event.attributes} />
        <Dropped count={event.droppedAttributesCount} what="attribute" />
      </details>
    </li>
  )
}

const MANY_EVENTS = 50

export function Events({ span, traceStartNs }: { span: SpanDetail; traceStartNs: string }) {
  const [all, setAll] = useState(false)
  const shown = all ? span.events : span.events.slice(0, MANY_EVENTS)
  return (
    <>
      <ol className="events">
        {shown.map((event, i) => (
          <Event
            key={i}
            event={event}
            span={span}
            traceStartNs={traceStartNs}
            open={i < 3 || event.name === 'exception'}
          />
        ))}
      </ol>
      {shown.length < span.events.length && (
        <button type="button" className="button small" onClick={() => setAll(true)}>
          Show all {span.events.length} events
        </button>
      )}
      <Dropped count={span.droppedEventsCount} what="event" />
    </>
  )
}

function SpanLink({
  link,
  layout,
  onSpan,
}: {
  link: LinkJson
  layout: TraceLayout
  onSpan: (position: number) => void
}) {
  const file = useLocalFile()
  const here = sameTraceId(link.traceId, layout.traceId) ? findSpanId(layout, link.spanId) : -1
  const label = (
    <>
      span <code>{link.spanId}</code>
    </>
  )
  return (
    <li>
      {here >= 0 ? (
        <p>
          <button type="button" className="text-button" onClick={() => onSpan(here)}>
            {label}
          </button>{' '}
          in this trace
        </p>
      ) : (
        <p>
          <Link to={tracePage(link.traceId, file, { uiFind: link.spanId })}>
            {label} of trace <code>{link.traceId}</code>
          </Link>
        </p>
      )}
      {link.attributes.length > 0 && <Attributes attributes={link.attributes} />}
      {link.traceState !== '' && (
        <p className="note">
          Trace state <code>{link.traceState}</code>
        </p>
      )}
      <Dropped count={link.droppedAttributesCount} what="attribute" />
    </li>
  )
}

export function Links({
  span,
  layout,
  onSpan,
}: {
  span: SpanDetail
  layout: TraceLayout
  onSpan: (position: number) => void
}) {
  return (
    <>
      <ul className="links">
        {span.links.map((link, i) => (
          <SpanLink key={i} link={link} layout={layout} onSpan={onSpan} />
        ))}
      </ul>
      <Dropped count={span.droppedLinksCount} what="link" />
    </>
  )
}

export function ResourcePart({ resource, filter }: { resource: ResourceJson; filter: string }) {
  return (
    <>
      <Attributes attributes={resource.attributes} filter={filter} />
      {resource.schemaUrl !== '' && <p className="note">Schema {resource.schemaUrl}</p>}
      <Dropped count={resource.droppedAttributesCount} what="attribute" />
    </>
  )
}

export function ScopePart({ scope }: { scope: ScopeJson }) {
  return (
    <>
      <p className="scope-name">
        <b>{scope.name || '(no name)'}</b> {scope.version}
      </p>
      {scope.attributes.length > 0 && <Attributes attributes={scope.attributes} />}
      {scope.schemaUrl !== '' && <p className="note">Schema {scope.schemaUrl}</p>}
      <Dropped count={scope.droppedAttributesCount} what="attribute" />
    </>
  )
}

function Id({ label, id }: { label: string; id: string }) {
  return (
    <div>
      <dt>{label}</dt>
      <dd>
        <code>{id}</code>
        <CopyButton text={id} label={`Copy the ${label.toLowerCase()}`} />
      </dd>
    </div>
  )
}

export function Ids({ span }: { span: SpanDetail }) {
  return (
    <dl className="ids">
      <Id label="Span id" id={span.spanId} />
      {span.parentSpanId !== '' && <Id label="Parent span id" id={span.parentSpanId} />}
      <Id label="Trace id" id={span.traceId} />
      {span.traceState !== '' && (
        <div>
          <dt>Trace state</dt>
          <dd>
            <code>{span.traceState}</code>
          </dd>
        </div>
      )}
      <div>
        <dt>Flags</dt>
        <dd>
          <code>0x{span.flags.toString(16).padStart(2, '0')}</code>
        </dd>
      </div>
    </dl>
  )
}
