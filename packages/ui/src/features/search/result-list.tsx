// The results, virtualised: 1,500 of them are as light as 15.

import type { ServiceCount, TraceSummary } from '@spoor/core/api/search'
import { useVirtualizer } from '@tanstack/react-virtual'
import { useRef, type ReactNode } from 'react'
import { serviceColorVar } from '../../base/color.ts'
import { formatDuration } from '../../base/duration.ts'
import { counted, formatCount } from '../../base/number.ts'
import { formatDateTime, formatRelative, formatShort, nsToMs } from '../../base/time.ts'
import { useNow, useSettings } from '../../widgets/context.tsx'
import { CopyButton } from '../../widgets/copy-button.tsx'
import { Icon } from '../../widgets/icons.tsx'
import { Link } from '../../widgets/link.tsx'
import { traceName } from './sort.ts'

const ROW_PX = 78
const MAX_PILLS = 7

function Pill({ service }: { service: ServiceCount }) {
  const errors = service.errorCount > 0 ? `, ${service.errorCount} with errors` : ''
  return (
    <li className="pill" title={`${service.name}: ${counted(service.spanCount, 'span')}${errors}`}>
      <i style={{ background: serviceColorVar(service.name) }} />
      <span className="pill-name">{service.name || '(no service)'}</span>
      <span className="pill-count">{formatCount(service.spanCount)}</span>
      {service.errorCount > 0 && (
        <span className="pill-error">
          <Icon name="error" />
          <span className="visually-hidden">{service.errorCount} with errors</span>
        </span>
      )}
    </li>
  )
}

interface ResultProps {
  readonly trace: TraceSummary
  readonly path: string
  readonly share: number
  readonly now: number
}

function Result({ trace, path, share, now }: ResultProps) {
  const { zone } = useSettings()
  const ms = nsToMs(trace.startNs)
  const hidden = trace.services.length - MAX_PILLS
  return (
    <article className="result">
      <h3>
        <Link className="result-link" to={path}>
          <b>{trace.rootService || '(no service)'}</b> {trace.rootName || '(no name)'}
        </Link>
      </h3>
      <span className="result-duration">{formatDuration(Number(trace.durationNs))}</span>
      <div className="result-bar" aria-hidden="true">
        <i style={{ width: `${Math.max(0.3, share * 100)}%` }} />
      </div>
      <ul className="pills">
        {trace.services.slice(0, MAX_PILLS).map((service) => (
          <Pill key={service.name} service={service} />
        ))}
        {hidden > 0 && <li className="pill rest">+{hidden}</li>}
      </ul>
      <p className="result-facts">
        {trace.services.length > 3 && <span>{trace.services.length} services</span>}
        <span>{counted(trace.spanCount, 'span')}</span>
        {trace.errorCount > 0 && (
          <span className="bad">
            <Icon name="error" />
            {counted(trace.errorCount, 'error')}
          </span>
        )}
        {trace.orphanCount > 0 && (
          <span
            className="warn"
            title={`${counted(trace.orphanCount, 'span names', 'spans name')} a parent that is not here`}
          >
            incomplete
          </span>
        )}
      </p>
      <p className="result-id">
        <code>{trace.traceId}</code>
        <CopyButton text={trace.traceId} label="Copy trace id" />
      </p>
      <p className="result-time" title={formatDateTime(ms, zone)}>
        <time dateTime={new Date(ms).toISOString()}>{formatShort(ms, now, zone)}</time>
        <span>{formatRelative(ms, now)}</span>
      </p>
    </article>
  )
}

export interface TracesProps<T extends TraceSummary> {
  readonly traces: readonly T[]
  /** Address of a trace's page. */
  readonly pathOf: (trace: T) => string
}

/** `children` stand below the last trace. */
export function ResultList<T extends TraceSummary>({
  traces,
  pathOf,
  children,
}: TracesProps<T> & { readonly children?: ReactNode }) {
  const scroller = useRef<HTMLDivElement>(null)
  const now = useNow()
  const longest = traces.reduce((max, trace) => Math.max(max, Number(trace.durationNs)), 1)
  const list = useVirtualizer({
    count: traces.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => ROW_PX,
    getItemKey: (i) => traces[i]?.traceId ?? i,
    overscan: 6,
  })
  return (
    <div ref={scroller} className="result-scroll" tabIndex={0} role="region" aria-label="Results">
      <ol className="results" style={{ height: list.getTotalSize() }}>
        {list.getVirtualItems().map((item) => {
          const trace = traces[item.index]
          return (
            trace && (
              <li
                key={item.key}
                ref={list.measureElement}
                data-index={item.index}
                aria-setsize={traces.length}
                aria-posinset={item.index + 1}
                aria-label={traceName(trace)}
                style={{ transform: `translateY(${item.start}px)` }}
              >
                <Result trace={trace} path={pathOf(trace)} share={Number(trace.durationNs) / longest} now={now} />
              </li>
            )
          )
        })}
      </ol>
      {children}
    </div>
  )
}
