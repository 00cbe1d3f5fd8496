// The search page before any search: recent searches, and how to send the first span where there is none.

import { useQuery } from '@tanstack/react-query'
import { servicesQuery } from '../../api/queries.ts'
import { serviceColorVar } from '../../base/color.ts'
import { decodeSearch, LOOKBACKS, parseQueryString } from '../../base/search-url.ts'
import { formatDateTime } from '../../base/time.ts'
import { useSettings, useSettingsStore } from '../../widgets/context.tsx'
import { CopyButton } from '../../widgets/copy-button.tsx'
import { Link } from '../../widgets/link.tsx'
import { ErrorMessage, Message } from '../../widgets/message.tsx'

function HowToSend() {
  const host = location.hostname
  const lines = `export OTEL_EXPORTER_OTLP_ENDPOINT=http://${host}:4318\nexport OTEL_EXPORTER_OTLP_PROTOCOL=http/protobuf\nexport OTEL_SERVICE_NAME=my-service`
  return (
    <>
      <p>Point an OpenTelemetry program at this server, start it, and search again:</p>
      <div className="code-block">
        <pre tabIndex={0} aria-label="Environment variables">
          {lines}
        </pre>
        <CopyButton text={lines} label="Copy" />
      </div>
      <p className="muted">OTLP over gRPC is on port 4317, over HTTP on 4318, unless this server was told otherwise.</p>
    </>
  )
}

const QUICK = [
  ['Everything of the last hour', '?lookback=1h&limit=50'],
  ['Errors of the last hour', `?lookback=1h&limit=50&tags=${encodeURIComponent('{"error":"true"}')}`],
  ['Slower than one second, last hour', '?lookback=1h&limit=50&minDuration=1s'],
  ['The longest of the last hour', '?lookback=1h&limit=50&order=duration'],
  [
    'Failed calls that took over 100 ms, last hour',
    `?lookback=1h&limit=50&q=${encodeURIComponent('kind = client and status = error and duration > 100ms')}`,
  ],
] as const

const MAX_SERVICES = 60

function Starts({ services }: { services: readonly string[] }) {
  return (
    <section className="recent" aria-labelledby="starts-title">
      <h2 id="starts-title">Begin here</h2>
      <ul>
        {QUICK.map(([label, query]) => (
          <li key={query}>
            <Link to={`/search${query}`}>{label}</Link>
          </li>
        ))}
      </ul>
      <h2>Services</h2>
      <p className="service-links">
        {services.slice(0, MAX_SERVICES).map((name) => (
          <Link key={name} className="pill" to={`/search?lookback=1h&service=${encodeURIComponent(name)}`}>
            <i style={{ background: serviceColorVar(name) }} />
            <span className="pill-name">{name}</span>
          </Link>
        ))}
        {services.length > MAX_SERVICES && (
          <span className="muted">and {services.length - MAX_SERVICES} more in the form</span>
        )}
      </p>
    </section>
  )
}

function Recent({ query }: { query: string }) {
  const { zone } = useSettings()
  const form = decodeSearch(parseQueryString(query), Date.now())
  const lookback =
    LOOKBACKS.find((item) => item.value === form.lookback)?.label ??
    `${formatDateTime(Number(form.start) / 1000, zone).slice(0, 19)} to ${formatDateTime(Number(form.end) / 1000, zone).slice(0, 19)}`
  const duration = [
    form.minDuration && `over ${form.minDuration}`,
    form.maxDuration && `under ${form.maxDuration}`,
  ].filter(Boolean)
  return (
    <li>
      <Link to={`/search${query}`}>
        <b>{form.service || 'Any service'}</b>
        {form.operation !== '' && <span>{form.operation}</span>}
        {form.tags !== '' && <code>{form.tags}</code>}
        {form.q !== '' && <code>{form.q}</code>}
        {duration.length > 0 && <span>{duration.join(', ')}</span>}
        <span className="muted">{lookback}</span>
      </Link>
    </li>
  )
}

export function Welcome() {
  const services = useQuery(servicesQuery())
  const { recent } = useSettings()
  const store = useSettingsStore()
  if (services.isError) return <ErrorMessage error={services.error} retry={() => void services.refetch()} />
  if (services.data?.length === 0)
    return (
      <Message title="No spans have arrived yet">
        <HowToSend />
      </Message>
    )
  return (
    <div className="welcome">
      <h1>Find traces</h1>
      <p>
        Every field is optional: without a service, all of them are searched. A trace id, a <code>traceparent</code> or
        a link goes into the box at the top.
      </p>
      {recent.length > 0 && (
        <section className="recent" aria-labelledby="recent-title">
          <h2 id="recent-title">Recent searches</h2>
          <ul>
            {recent.map((query) => (
              <Recent key={query} query={query} />
            ))}
          </ul>
          <button type="button" className="button small" onClick={() => store.set({ recent: [] })}>
            Forget them
          </button>
        </section>
      )}
      {services.data !== undefined && <Starts services={services.data} />}
      <details className="sending">
        <summary>How to send spans here</summary>
        <HowToSend />
      </details>
    </div>
  )
}
