// The right side of the search page: what came back, or why nothing did.

import type { SearchAnswer, TraceSummary } from '@spoor/core/api/search'
import type { UseQueryResult } from '@tanstack/react-query'
import { useMemo } from 'react'
import type { SearchForm } from '../../base/search-url.ts'
import { useSettings, useSettingsStore } from '../../widgets/context.tsx'
import { ErrorMessage, Loading, Message } from '../../widgets/message.tsx'
import { tracePage } from '../../widgets/local-trace.ts'
import { ResultList } from './result-list.tsx'
import { ScatterView } from './scatter-view.tsx'
import { SORTS, sortTraces } from './sort.ts'

function NothingFound({ form }: { form: SearchForm }) {
  const narrowed = [
    form.tags !== '' && 'tags',
    form.operation !== '' && 'operation',
    (form.minDuration !== '' || form.maxDuration !== '') && 'duration',
  ].filter((item) => item !== false)
  return (
    <Message title="No trace matches">
      <p>
        Nothing was found {form.service === '' ? 'in any service' : `for the service ${form.service}`} in this time
        range.
      </p>
      <ul>
        <li>Look further back: a span counts by its own start time.</li>
        {narrowed.length > 0 && (
          <li>Take away a condition ({narrowed.join(', ')}): all of them must hold on one span.</li>
        )}
        <li>Tags compare whole values, and know upper and lower case.</li>
      </ul>
    </Message>
  )
}

export function SortChoice() {
  const { sort } = useSettings()
  const store = useSettingsStore()
  return (
    <label className="sort">
      Sort
      <select value={sort} onChange={(event) => store.set({ sort: event.target.value })}>
        {SORTS.map((item) => (
          <option key={item.value} value={item.value}>
            {item.label}
          </option>
        ))}
      </select>
    </label>
  )
}

function pathOf({ traceId }: TraceSummary): string {
  return tracePage(traceId, '')
}

function Head({ answer, limit }: { answer: SearchAnswer; limit: number }) {
  const count = answer.traces.length
  return (
    <div className="results-head">
      <h1 aria-live="polite">
        {count} {count === 1 ? 'trace' : 'traces'}
      </h1>
      <span className="muted">in {answer.tookMs < 1 ? '< 1' : Math.round(answer.tookMs)} ms</span>
      {count >= limit && (
        <span className="tag" title="Raise the limit or narrow the search to see others">
          limit reached
        </span>
      )}
      {answer.partial && (
        <span className="tag warn" title="The search used up its budget before it had seen everything">
          partial: there may be more
        </span>
      )}
      <SortChoice />
    </div>
  )
}

export function Results({ query, form }: { query: UseQueryResult<SearchAnswer>; form: SearchForm }) {
  const { sort } = useSettings()
  const sorted = useMemo(() => sortTraces(query.data?.traces ?? [], sort), [query.data, sort])
  if (query.isError) return <ErrorMessage error={query.error} retry={() => void query.refetch()} />
  if (query.data === undefined) return <Loading what="Searching…" />
  return (
    <section className="results-pane" aria-label="Search results" aria-busy={query.isFetching}>
      <Head answer={query.data} limit={form.limit} />
      {sorted.length === 0 ? (
        <NothingFound form={form} />
      ) : (
        <>
          <ScatterView traces={sorted} pathOf={pathOf} />
          <ResultList traces={sorted} pathOf={pathOf} />
        </>
      )}
    </section>
  )
}
