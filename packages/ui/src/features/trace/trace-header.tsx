// What a trace is, in two lines: its name and id, then the figures one looks for first.

import { useMemo, type ReactNode } from 'react'
import { serviceColorVar } from '../../base/color.ts'
import { formatDuration } from '../../base/duration.ts'
import { formatDateTime, formatRelative, nsToMs, zoneName } from '../../base/time.ts'
import { useNow, useSettings, useSettingsStore } from '../../widgets/context.tsx'
import { CopyButton } from '../../widgets/copy-button.tsx'
import { Icon } from '../../widgets/icons.tsx'
import { Link } from '../../widgets/link.tsx'
import { useLocalFile } from '../../widgets/local-trace.ts'
import { MARK_CYCLE, MARK_DEBUG, MARK_ORPHAN, MARK_WARNINGS, type TraceLayout } from '../../timeline/layout.ts'
import { ViewMenu } from './view-menu.tsx'

/** Position of the span that names the trace: the first true root, else the first row. */
export function rootPosition(layout: TraceLayout): number {
  for (let i = 0; i < layout.count; i += layout.size[i] ?? 1) {
    if (((layout.marks[i] ?? 0) & (MARK_ORPHAN | MARK_CYCLE)) === 0) return i
  }
  return 0
}

export function traceTitle(layout: TraceLayout): { service: string; name: string } {
  const root = rootPosition(layout)
  return {
    service: layout.services[layout.service[root] ?? 0] || '(no service)',
    name: layout.names[layout.name[root] ?? 0] || '(no name)',
  }
}

function Fact({
  label,
  tone,
  title,
  children,
}: {
  label: string
  tone?: 'bad' | 'warn'
  title?: string
  children: ReactNode
}) {
  return (
    <div className={`fact ${tone ?? ''}`} title={title}>
      <dt>{label}</dt>
      <dd>{children}</dd>
    </div>
  )
}

function countOf({ marks }: TraceLayout, mark: number): number {
  let count = 0
  for (const one of marks) if ((one & mark) !== 0) count++
  return count
}

function Facts({ layout, onNextError }: { layout: TraceLayout; onNextError: () => void }) {
  const { zone } = useSettings()
  const now = useNow()
  const ms = nsToMs(layout.startNs)
  const [warned, debug] = useMemo(() => [countOf(layout, MARK_WARNINGS), countOf(layout, MARK_DEBUG)], [layout])
  return (
    <dl className="facts">
      <Fact label="Start" title={formatRelative(ms, now)}>
        {formatDateTime(ms, zone)} <small>{zoneName(ms, zone)}</small>
      </Fact>
      <Fact label="Duration">{formatDuration(layout.end)}</Fact>
      <Fact label="Spans">{layout.count.toLocaleString('en')}</Fact>
      <Fact label="Services">{layout.services.length}</Fact>
      <Fact label="Depth">{layout.maxDepth}</Fact>
      <Fact label="Errors" {...(layout.errorCount > 0 ? { tone: 'bad' as const } : {})}>
        {layout.errorCount === 0 ? (
          '0'
        ) : (
          <button type="button" className="text-button" onClick={onNextError} title="Go to the next error">
            <Icon name="error" />
            {layout.errorCount.toLocaleString('en')}
          </button>
        )}
      </Fact>
      {layout.orphanCount > 0 && (
        <Fact label="Orphans" tone="warn" title="Spans whose parent is not in the trace: late, lost, or not sampled">
          {layout.orphanCount.toLocaleString('en')}
        </Fact>
      )}
      {warned > 0 && (
        <Fact label="Warnings" tone="warn" title="Spans with warnings; their details say which">
          {warned.toLocaleString('en')}
        </Fact>
      )}
      {debug > 0 && (
        <Fact label="Debug" title="Spans that were sent with the debug flag">
          {debug.toLocaleString('en')}
        </Fact>
      )}
    </dl>
  )
}

function Services({ layout, onService }: { layout: TraceLayout; onService: (name: string) => void }) {
  const order = useMemo(
    () =>
      layout.services
        .map((name, i) => ({ name, spans: layout.serviceSpans[i] ?? 0, errors: layout.serviceErrors[i] ?? 0 }))
        .toSorted((a, b) => b.spans - a.spans),
    [layout],
  )
  return (
    <ul className="pills trace-services" aria-label="Services">
      {order.slice(0, 30).map(({ name, spans, errors }) => (
        <li key={name}>
          <button type="button" className="pill" title={`Find the spans of ${name}`} onClick={() => onService(name)}>
            <i style={{ background: serviceColorVar(name) }} />
            <span className="pill-name">{name || '(no service)'}</span>
            <span className="pill-count">{spans}</span>
            {errors > 0 && (
              <span className="pill-error">
                <Icon name="error" />
                <span className="visually-hidden">{errors} errors</span>
              </span>
            )}
          </button>
        </li>
      ))}
    </ul>
  )
}

interface Props {
  readonly layout: TraceLayout
  readonly summary: boolean
  readonly onNextError: () => void
  readonly onService: (name: string) => void
}

export function TraceHeader({ layout, summary, onNextError, onService }: Props) {
  const title = traceTitle(layout)
  const { lastSearch } = useSettingsStore()
  const file = useLocalFile()
  return (
    <header className="trace-header">
      <div className="trace-title">
        {lastSearch !== '' && (
          <Link
            className="icon-button"
            to={`/search${lastSearch}`}
            aria-label="Back to the results"
            title="Back to the results"
          >
            <Icon name="back" />
          </Link>
        )}
        <h1>
          <b>{title.service}</b> {title.name}
        </h1>
        <span className="trace-id">
          <code>{layout.traceId}</code>
          <CopyButton text={layout.traceId} label="Copy trace id" />
        </span>
        {file === '' && <ViewMenu traceId={layout.traceId} />}
        {file !== '' && (
          <span className="tag" title="Read from a file in this browser; the server does not have to know it">
            file: {file}
          </span>
        )}
      </div>
      {summary && <Facts layout={layout} onNextError={onNextError} />}
      {summary && <Services layout={layout} onService={onService} />}
    </header>
  )
}
