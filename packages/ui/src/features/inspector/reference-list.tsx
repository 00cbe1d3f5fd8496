// What a span refers to: spans of this trace, to jump to; of other traces, to open; and what is in neither.

import type { SpanDetail } from '@spoor/core/api/span-detail'
import type { NamedSpan } from '@spoor/core/api/named-spans'
import { useMemo, useState } from 'react'
import { serviceColorVar } from '../../base/color.ts'
import { sameTraceId } from '../../base/ids.ts'
import { Link } from '../../widgets/link.tsx'
import { tracePage, useLocalFile, useNamedSpans } from '../../widgets/local-trace.ts'
import { findSpanId, type TraceLayout } from '../../timeline/layout.ts'
import { Attributes, Dropped } from './attributes.tsx'
import { referencesOf, type Reference } from './references.ts'

interface Props {
  readonly span: SpanDetail
  readonly layout: TraceLayout
  readonly onSpan: (position: number) => void
}

/** More are shown when asked for, and their names are not looked up. */
const MANY = 20

function Name({ service, name }: { service: string; name: string }) {
  return (
    <>
      <i className="swatch" style={{ background: serviceColorVar(service) }} />
      <b>{service || '(no service)'}</b> {name || '(no name)'}
    </>
  )
}

function Target({ reference, named, layout, onSpan }: Omit<Props, 'span'> & ItemProps) {
  const file = useLocalFile()
  const { traceId, spanId } = reference
  const inTrace = sameTraceId(traceId, layout.traceId)
  const at = inTrace ? findSpanId(layout, spanId) : -1
  const id = (
    <>
      span <code>{spanId}</code>
    </>
  )
  if (at >= 0) {
    return (
      <p>
        <button type="button" className="text-button" onClick={() => onSpan(at)}>
          <Name
            service={layout.services[layout.service[at] ?? 0] ?? ''}
            name={layout.names[layout.name[at] ?? 0] ?? ''}
          />
        </button>{' '}
        <small>{id} in this trace</small>
      </p>
    )
  }
  if (inTrace) {
    return (
      <p>
        {id} <span className="warn">is missing from this trace</span>
      </p>
    )
  }
  return (
    <p>
      <Link to={tracePage(traceId, file, { uiFind: spanId })}>
        {named !== undefined && (
          <>
            <Name service={named.service} name={named.name} />{' '}
          </>
        )}
        {id} of trace <code>{traceId}</code>
      </Link>
    </p>
  )
}

interface ItemProps {
  readonly reference: Reference
  readonly named: NamedSpan | undefined
}

function Item(props: Omit<Props, 'span'> & ItemProps) {
  const { reference } = props
  const { link } = reference
  return (
    <li>
      <span className={`ref-type ${reference.type}`}>{reference.type}</span>
      <Target {...props} />
      {reference.attributes.length > 0 && <Attributes attributes={reference.attributes} />}
      {link !== undefined && link.traceState !== '' && (
        <p className="note">
          Trace state <code>{link.traceState}</code>
        </p>
      )}
      <Dropped count={link?.droppedAttributesCount ?? 0} what="attribute" />
    </li>
  )
}

export function ReferenceList({ span, layout, onSpan }: Props) {
  const [all, setAll] = useState(false)
  const references = useMemo(() => referencesOf(span), [span])
  const elsewhere = useMemo(
    () =>
      references
        .filter(({ traceId }) => !sameTraceId(traceId, layout.traceId) && !/^0*$/.test(traceId))
        .slice(0, MANY)
        .map(({ traceId, spanId }) => ({ traceId, spanId })),
    [references, layout],
  )
  const named = useNamedSpans(elsewhere)
  const nameOf = ({ traceId, spanId }: Reference): NamedSpan | undefined =>
    named.find((one) => one.spanId === spanId && sameTraceId(one.traceId, traceId))
  const shown = all ? references : references.slice(0, MANY)
  return (
    <>
      <ul className="links">
        {shown.map((reference, i) => (
          <Item key={i} reference={reference} named={nameOf(reference)} layout={layout} onSpan={onSpan} />
        ))}
      </ul>
      {shown.length < references.length && (
        <button type="button" className="button small" onClick={() => setAll(true)}>
          Show all {references.length}
        </button>
      )}
      <Dropped count={span.droppedLinksCount} what="link" />
    </>
  )
}
