// /trace/{id}: loads the trace in a worker and shows it, or says plainly why it cannot.

import { keepPreviousData, useQuery, useQueryClient } from '@tanstack/react-query'
import { useParams } from '@tanstack/react-router'
import { useEffect } from 'react'
import { ApiError } from '../../api/client.ts'
import { columnsPath } from '../../api/queries.ts'
import { serverUrl } from '../../base/base-path.ts'
import { findTraceId } from '../../base/ids.ts'
import { useFiles, useGo, useRawSearch, useTitle } from '../../widgets/context.tsx'
import { Link } from '../../widgets/link.tsx'
import { LostTrace } from './lost-trace.tsx'
import { adjustOptions, useClockSkew, useLocalFile } from '../../widgets/local-trace.ts'
import { ErrorMessage, Loading, Message, NotYetPage } from '../../widgets/message.tsx'
import { loadTrace } from '../../timeline/load.ts'
import { traceTitle } from './trace-header.tsx'
import { TraceView } from './trace-view.tsx'
import { tracePath } from './url-state.ts'

function formatBytes(bytes: number): string {
  return bytes < 1e6 ? `${Math.round(bytes / 1e3)} KB` : `${(bytes / 1e6).toFixed(1)} MB`
}

function useTrace(id: string, file: string, clockSkew: string) {
  const files = useFiles()
  const client = useQueryClient()
  const progressKey = ['trace-progress', id]
  const progress = useQuery<number>({ queryKey: progressKey, queryFn: () => 0, enabled: false })
  const trace = useQuery({
    queryKey: ['trace', id, file, clockSkew],
    queryFn: ({ signal }) => {
      if (file !== '') return files.layout(id, adjustOptions(clockSkew))
      return loadTrace(serverUrl(columnsPath(id, clockSkew)), signal, (received) =>
        client.setQueryData(progressKey, received),
      )
    },
    staleTime: Infinity,
    gcTime: 60_000,
    structuralSharing: false,
    // Until the corrected times are here the sent ones stay, and the other way round.
    placeholderData: keepPreviousData,
  })
  return { trace, received: progress.data ?? 0 }
}

function NoSuchTrace({ id, detail, retry }: { id: string; detail: string; retry: () => void }) {
  return (
    <Message title="This trace is not here" tone="error">
      <p className="detail">
        <code>{id}</code>
      </p>
      <p className="muted">{detail}</p>
      <ul>
        <li>Spans may still be on their way: a program sends them in batches, often every 5 seconds.</li>
        <li>It may have been sampled out, or be older than the time that traces are kept.</li>
        <li>The id may have been cut: it has 32 (or 16) hexadecimal digits.</li>
      </ul>
      <p>
        <button type="button" className="button primary" onClick={retry}>
          Look again
        </button>{' '}
        <Link className="button" to="/search">
          Search for traces
        </Link>
      </p>
    </Message>
  )
}

function OneTrace({ id, given }: { id: string; given: string }) {
  const file = useLocalFile()
  const clockSkew = useClockSkew()
  const { trace, received } = useTrace(id, file, clockSkew)
  const raw = useRawSearch()
  const go = useGo()
  const layout = trace.data
  const title = layout === undefined ? undefined : traceTitle(layout)
  useTitle(title === undefined ? `Trace ${id}` : `${title.service}: ${title.name}`)
  const client = useQueryClient()
  useEffect(() => {
    if (layout === undefined || layout.traceId === given) return
    client.setQueryData(['trace', layout.traceId, file, clockSkew], layout)
    go(tracePath(layout.traceId, raw, {}), 'replace')
  }, [client, layout, file, clockSkew, given, raw, go])
  if (layout !== undefined) return <TraceView key={layout.traceId} layout={layout} />
  const retry = (): void => void trace.refetch()
  if (trace.isError && !trace.isFetching) {
    const missing = trace.error instanceof ApiError && trace.error.status === 404
    if (missing && file !== '') return <LostTrace id={id} file={file} retry={retry} />
    return missing ? (
      <NoSuchTrace id={id} detail={trace.error.message} retry={retry} />
    ) : (
      <ErrorMessage error={trace.error} retry={retry} />
    )
  }
  return (
    <div className="page-center">
      <Loading what={`Loading the trace…${received > 0 ? ` ${formatBytes(received)}` : ''}`} />
      <p className="slow-note">
        <Link to="/search">Search for another one</Link>
      </p>
    </div>
  )
}

export function TracePage() {
  const params: unknown = useParams({ strict: false })
  const { traceId = '' } = params as { traceId?: string }
  const file = useLocalFile()
  if (traceId.includes('...')) return <NotYetPage what="Comparing traces" />
  return <OneTrace key={`${traceId} ${file}`} id={findTraceId(traceId) ?? traceId} given={traceId} />
}
