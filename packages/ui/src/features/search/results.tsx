// The right side of the search page: what came back, or why nothing did.

import type { SearchAnswer, SearchOrder, TraceSummary } from '@spoor/core/api/search'
import type { InfiniteData, UseInfiniteQueryResult, UseQueryResult } from '@tanstack/react-query'
import { useMemo } from 'react'
import type { SearchParameters } from '../../api/queries.ts'
import { formatCount } from '../../base/number.ts'
import { firstOf, type RawSearch, type SearchForm } from '../../base/search-url.ts'
import { useSettings } from '../../widgets/context.tsx'
import { ErrorMessage, Message } from '../../widgets/message.tsx'
import { tracePage } from '../../widgets/local-trace.ts'
import { ResultList } from './result-list.tsx'
import { Explanation, PartialNote, ResultsHead } from './results-head.tsx'
import { ScatterView } from './scatter-view.tsx'
import { AS_FOUND, sortTraces } from './sort.ts'

function NothingFound({ form }: { form: SearchForm }) {
  const narrowed = [
    form.tags !== '' && 'tags',
    form.operation !== '' && 'operation',
    (form.minDuration !== '' || form.maxDuration !== '') && 'duration',
    form.q !== '' && 'query',
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
        <li>Values are compared whole, upper and lower case apart; a query finds parts: name =~ "cart".</li>
      </ul>
    </Message>
  )
}

export type SearchResult = UseInfiniteQueryResult<InfiniteData<SearchAnswer>>

function Searching({ onStop }: { onStop: () => void }) {
  return (
    <div className="loading searching">
      <span role="status">
        <span className="spinner" aria-hidden="true" />
        Searching…
      </span>
      <button type="button" className="button small" onClick={onStop}>
        Stop
      </button>
    </div>
  )
}

function More({ query, limit, onStop }: { query: SearchResult; limit: number; onStop: () => void }) {
  if (query.isFetchingNextPage) return <Searching onStop={onStop} />
  if (!query.hasNextPage) return null
  return (
    <p className="more-results">
      <button type="button" className="button" onClick={() => void query.fetchNextPage()}>
        Load {formatCount(limit)} more
      </button>
      {query.isFetchNextPageError && <span className="field-error"> That failed; try again.</span>}
    </p>
  )
}

function pathOf({ traceId }: TraceSummary): string {
  return tracePage(traceId, '')
}

/** What the page shows beside the search itself; in the address too. */
export interface ResultsView {
  readonly raw: RawSearch
  readonly onOrder: (order: SearchOrder) => void
  readonly onView: (change: Readonly<Record<string, string>>) => void
  readonly onStop: () => void
}

interface Props {
  readonly query: SearchResult
  readonly count: UseQueryResult<SearchAnswer>
  readonly form: SearchForm
  readonly params: SearchParameters
  readonly view: ResultsView
}

/** The traces of all pages, each once: a trace that grew between two pages may come on both. */
function tracesOf(pages: readonly SearchAnswer[]): readonly TraceSummary[] {
  if (pages.length === 1) return pages[0]?.traces ?? []
  return [...new Map(pages.flatMap(({ traces }) => traces).map((trace) => [trace.traceId, trace])).values()]
}

export function Results({ query, count, form, params, view }: Props) {
  const settings = useSettings()
  const { raw, onOrder, onView, onStop } = view
  const chosen = firstOf(raw, 'sort')
  const sort = chosen !== '' ? chosen : form.order === 'newest' && settings.sort !== '' ? settings.sort : AS_FOUND
  const { data } = query
  const traces = useMemo(() => tracesOf(data?.pages ?? []), [data])
  const sorted = useMemo(() => sortTraces(traces, sort), [traces, sort])
  if (query.isError && data === undefined)
    return <ErrorMessage error={query.error} retry={() => void query.refetch()} />
  if (data === undefined) {
    if (query.isFetching) return <Searching onStop={onStop} />
    return (
      <Message title="The search was stopped">
        <button type="button" className="button" onClick={() => void query.refetch()}>
          Search again
        </button>
      </Message>
    )
  }
  const partial = data.pages.find((page) => page.partial)
  const explained = firstOf(raw, 'explain') !== ''
  return (
    <section className="results-pane" aria-label="Search results" aria-busy={query.isFetching}>
      <ResultsHead
        shown={sorted.length}
        more={query.hasNextPage}
        count={count.data?.count}
        tookMs={data.pages.at(-1)?.tookMs ?? 0}
        order={form.order}
        onOrder={onOrder}
        sort={sort}
        onSort={(next) => onView({ sort: next })}
        explained={explained}
        onExplain={() => onView({ explain: explained ? '' : '1' })}
      />
      {explained && <Explanation params={params} />}
      {partial !== undefined && <PartialNote spent={partial.spent} />}
      {sorted.length === 0 ? (
        <NothingFound form={form} />
      ) : (
        <>
          <ScatterView traces={sorted} pathOf={pathOf} />
          <ResultList traces={sorted} pathOf={pathOf}>
            <More query={query} limit={form.limit} onStop={onStop} />
          </ResultList>
        </>
      )}
    </section>
  )
}
