// Where the trace on the page comes from: the server, or a file that is open in this browser. The address says so:
// `/trace/ID?local=FILE`.

import { useQuery } from '@tanstack/react-query'
import { loadSpanDetail } from '../api/queries.ts'
import { firstOf, formatQueryString } from '../base/search-url.ts'
import { useFiles, useRawSearch } from './context.tsx'

/** Name of the file that the address names, or empty for the server. */
export function useLocalFile(): string {
  return firstOf(useRawSearch(), 'local')
}

/** Address of a trace; `file` is empty for the server's. */
export function tracePage(traceId: string, file: string, parameters: Readonly<Record<string, string>> = {}): string {
  return `/trace/${encodeURIComponent(traceId)}${formatQueryString({ ...parameters, local: file })}`
}

/** All that is known of the spans with an id, from where the trace is from. */
export function useSpanDetail(traceId: string, spanId: string) {
  const file = useLocalFile()
  const files = useFiles()
  return useQuery({
    queryKey: ['span', traceId, spanId, file],
    queryFn: ({ signal }) => (file === '' ? loadSpanDetail(traceId, spanId, signal) : files.spans(traceId, spanId)),
    staleTime: 60_000,
  })
}
