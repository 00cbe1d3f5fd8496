// The parts of a span's details: what it is, events, resource, scope, ids.

import type { EventJson, ResourceJson, ScopeJson, SpanDetail } from '@spoor/core/api/span-detail'
import { useState, type ReactNode } from 'react'
import { signedDuration } from '../../base/duration.ts'
import { formatNs } from '../../base/time.ts'
import { useSettings } from '../../widgets/context.tsx'
import { CopyButton } from '../../widgets/copy-button.tsx'
import { Icon } from '../../widgets/icons.tsx'
import { Attributes, Dropped } from './attributes.tsx'
import { STATUS_LABELS, valueText } from './values.ts'

export function Section({
  title,
  also,
  count,
  open = true,
  children,
}: {
  title: string
  /** What OpenTracing and Jaeger call it. */
  also?: string
  count?: number
  open?: boolean
  children: ReactNode
}) {
  return (
    <details className="section" open={open}>
      <summary>
        <h3>{title}</h3>
        {also !== undefined && <span className="also">{also}</span>}
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

/** A log without a name: its first field says most. */
function eventName({ name, attributes }: EventJson): string {
  const [first] = attributes
  return name || (first === undefined ? '(no name)' : `${first.key}=${valueText(first.value).slice(0, 120)}`)
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
          <span className="event-name">{eventName(event)}</span>
          <span className="event-time" title={formatNs(event.timeNs, zone)}>
            {signedDuration(inSpan)}
          </span>
        </summary>
        <p className="note">
          {signedDuration(inSpan)} in the span,{' '}
          {signedDuration(between(traceStartNs, event.timeNs) + Number(span.shiftNs))} in the trace ·{' '}
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

/** Jaeger's flags of a v1 span, in words. */
export function V1Flags({ span }: { span: SpanDetail }) {
  return (
    <>
      {span.debug && (
        <span className="tag" title="Sent with the debug flag: sampled whatever the sampler said">
          debug
        </span>
      )}
      {span.firehose && (
        <span className="tag" title="Sent with the firehose flag: not indexed by Jaeger's stores">
          firehose
        </span>
      )}
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
          <V1Flags span={span} />
        </dd>
      </div>
    </dl>
  )
}
