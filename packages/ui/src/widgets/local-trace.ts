// Where the trace on the page comes from: the server, or a file that is open in this browser. The address says so:
// `/trace/ID?local=FILE`.

import { useQuery } from '@tanstack/react-query'
import { useEffect, useState } from 'react'
import { findSpanIds, loadNamedSpans, loadSpanDetail } from '../api/queries.ts'
import { firstOf, formatQueryString } from '../base/search-url.ts'
import type { AdjustOptions } from '../files/protocol.ts'
import { useFiles, useRawSearch } from './context.tsx'

const SETTLE_MS = 250

/** Name of the file that the address names, or empty for the server. */
export function useLocalFile(): string {
  return firstOf(useRawSearch(), 'local')
}

/** Whether clock skew is corrected, as the address has it: `on`, `off`, or empty for what the server does by itself. */
export function useClockSkew(): string {
  const text = firstOf(useRawSearch(), 'clockSkew')
  return text === 'on' || text === 'off' ? text : ''
}

/** The largest shift of a file's spans: as in the server, a clock that is off by more than a day is no skew. */
const ON_NS = 86_400e9

/** The same for files, which are read in the browser. */
export function adjustOptions(clockSkew: string): AdjustOptions {
  return { raw: false, maxSkewNs: clockSkew === 'on' ? ON_NS : 0 }
}

/** Address of a trace; `file` is empty for the server's. */
export function tracePage(traceId: string, file: string, parameters: Readonly<Record<string, string>> = {}): string {
  return `/trace/${encodeURIComponent(traceId)}${formatQueryString({ ...parameters, local: file })}`
}

/** All that is known of the spans with an id, from where the trace is from. */
export function useSpanDetail(traceId: string, spanId: string) {
  const file = useLocalFile()
  const files = useFiles()
  const skew = useClockSkew()
  return useQuery({
    queryKey: ['span', traceId, spanId, file, skew],
    queryFn: ({ signal }) =>
      file === '' ? loadSpanDetail(traceId, spanId, skew, signal) : files.spans(traceId, spanId, adjustOptions(skew)),
    staleTime: 60_000,
  })
}

/** Ids of the spans of a trace that say something of the text; it must stand still for a moment before it is asked for. */
export function useSpansThatSay(traceId: string, text: string) {
  const file = useLocalFile()
  const files = useFiles()
  const skew = useClockSkew()
  const [settled, setSettled] = useState(text)
  useEffect(() => {
    const timer = setTimeout(() => setSettled(text), SETTLE_MS)
    return () => clearTimeout(timer)
  }, [text])
  const query = useQuery({
    queryKey: ['find', traceId, settled, file, skew],
    queryFn: ({ signal }) =>
      file === '' ? findSpanIds(traceId, settled, skew, signal) : files.find(traceId, settled, adjustOptions(skew)),
    enabled: settled.trim() !== '',
    staleTime: 60_000,
    retry: false,
  })
  const asked = settled.trim() !== ''
  return {
    spanIds: settled === text && asked ? query.data : undefined,
    waiting: text.trim() !== '' && (settled !== text || query.isFetching),
    failed: asked && query.isError,
  }
}

/** Services and names of spans in other traces, as far as they are known. */
export function useNamedSpans(refs: readonly { readonly traceId: string; readonly spanId: string }[]) {
  const file = useLocalFile()
  const files = useFiles()
  const query = useQuery({
    queryKey: ['named', refs, file],
    queryFn: async ({ signal }) => {
      if (file === '') return await loadNamedSpans(refs, signal)
      const found = await Promise.allSettled(refs.map(({ traceId, spanId }) => files.spans(traceId, spanId)))
      return found.flatMap((one) =>
        one.status === 'rejected'
          ? []
          : one.value.slice(0, 1).map(({ traceId, spanId, name, resource }) => ({
              traceId,
              spanId,
              name,
              service: resource.serviceName,
            })),
      )
    },
    enabled: refs.length > 0,
    staleTime: 60_000,
    retry: false,
  })
  return query.data ?? []
}
