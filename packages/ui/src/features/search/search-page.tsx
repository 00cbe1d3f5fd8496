// /search: the address is the search. Old links are made concrete (start and end) by replacing the address once.

import { useInfiniteQuery, useQuery, useQueryClient } from '@tanstack/react-query'
import { lazy, Suspense, useEffect, useState } from 'react'
import { countQuery, searchQuery } from '../../api/queries.ts'
import { formToQuery, hasFields, queryToForm } from '../../base/search-filter.ts'
import {
  allOf,
  asksForSearch,
  CUSTOM_LOOKBACK,
  decodeSearch,
  emptyForm,
  encodeSearch,
  firstOf,
  formatQueryString,
  searchParameters,
  withFreshTimes,
  type RawSearch,
  type SearchForm,
} from '../../base/search-url.ts'
import { useGo, useRawSearch, useSettingsStore, useTitle } from '../../widgets/context.tsx'
import { Icon } from '../../widgets/icons.tsx'
import { Loading, Message } from '../../widgets/message.tsx'
import { DropTarget } from './drop-target.tsx'
import { checkForm } from './check-form.ts'
import { Facets } from './facets.tsx'
import { QueryLine } from './query-line.tsx'
import { Results, type ResultsView } from './results.tsx'
import { SearchFormPanel, type Change } from './search-form.tsx'
import { SearchTabs } from './search-tabs.tsx'
import { Welcome } from './welcome.tsx'

/** Where an old `span=SPANID@TRACEID` link leads. */
function traceOfSpanParameter(raw: RawSearch): string | undefined {
  const match = /^(.*)@([^@]+)$/.exec(allOf(raw, 'span')[0] ?? '')
  if (match?.[2] === undefined) return undefined
  return `/trace/${encodeURIComponent(match[2])}${formatQueryString({ uiFind: match[1]?.trim() })}`
}

function keepEmbedding(raw: RawSearch): Record<string, string> {
  const names = ['uiEmbed', 'uiTheme', 'uiSearchHideGraph'].filter((name) => firstOf(raw, name) !== '')
  return Object.fromEntries(names.map((name) => [name, firstOf(raw, name)]))
}

/** A recent search is kept without its times, unless they are the point of it. */
function recentQuery(form: SearchForm): string {
  const params = encodeSearch(form)
  return formatQueryString(form.lookback === CUSTOM_LOOKBACK ? params : { ...params, start: '', end: '' })
}

function titleOf(form: SearchForm | undefined): string {
  if (form === undefined) return 'Search'
  return [form.service || 'All services', form.operation].filter((item) => item !== '').join(' ')
}

/** How the results are shown, which a changed search keeps while it is only made concrete. */
function keepView(raw: RawSearch): Record<string, string> {
  return { ...keepEmbedding(raw), sort: firstOf(raw, 'sort'), explain: firstOf(raw, 'explain') }
}

/** A link whose query is no query: nothing is searched for. */
function NotUnderstood() {
  return (
    <Message title="This query is not understood" tone="error">
      <p>Nothing was searched. The query above says what is wrong.</p>
    </Message>
  )
}

/** As in search.css: the form then stands above the results and can be folded. */
function isNarrow(): boolean {
  return matchMedia('(max-width: 800px)').matches
}

const FilesPage = lazy(async () => ({ default: (await import('./files-page.tsx')).FilesPage }))

export function SearchPage() {
  const raw = useRawSearch()
  if (firstOf(raw, 'view') !== 'files') return <StoredPage raw={raw} />
  return (
    <Suspense fallback={<Loading what="Loading the page…" />}>
      <FilesPage />
    </Suspense>
  )
}

/** The form as it is typed. Another address replaces it, and the focus stays where it is. */
function useDraft(initial: SearchForm): [SearchForm, Change] {
  const [form, setForm] = useState(initial)
  const identity = JSON.stringify(initial)
  const [from, setFrom] = useState(identity)
  if (identity !== from) {
    setFrom(identity)
    setForm(initial)
  }
  return [form, (part) => setForm((before) => ({ ...before, ...part, traceIds: [] }))]
}

/** Between form and query line; neither way loses anything. */
function SwitchButtons({ form, change }: { form: SearchForm; change: Change }) {
  const query = hasFields(form) ? formToQuery(form) : undefined
  const fields = queryToForm(form)
  return (
    <div className="query-switch">
      {query !== undefined && (
        <button type="button" className="text-button" onClick={() => change(query)}>
          Write the form as a query
        </button>
      )}
      {fields !== undefined && (
        <button type="button" className="text-button" onClick={() => change(fields)}>
          Put it into the form
        </button>
      )}
    </div>
  )
}

/** The search that the address asks for: its form, and its parameters where they are complete and make sense. */
function useAddress(raw: RawSearch) {
  const [now] = useState(Date.now)
  const [blank] = useState(() => emptyForm(now))
  const form = asksForSearch(raw) ? decodeSearch(raw, now) : undefined
  const concrete = firstOf(raw, 'start') === form?.start && firstOf(raw, 'end') === form?.end
  const valid = form !== undefined && checkForm(form).q === undefined
  return { form, blank, concrete, params: valid && concrete ? searchParameters(form) : undefined }
}

function addressOf(form: SearchForm, kept: Readonly<Record<string, string>>): string {
  return formatQueryString({ ...encodeSearch(form), ...kept })
}

/** Replaces the address of an old link: by that of the trace it names, or by the search with its times, `vague` until then. */
function useOldLinks(raw: RawSearch, vague: SearchForm | undefined): void {
  const go = useGo()
  const leadsTo = traceOfSpanParameter(raw)
  useEffect(() => {
    if (leadsTo !== undefined) go(leadsTo, 'replace')
    else if (vague !== undefined) go(`/search${addressOf(vague, keepView(raw))}`, 'replace')
  })
}

/** Keys of queries that follow a search. */
const COUNTED = ['count', 'facets']

/** The traces that the server has. */
function StoredPage({ raw }: { raw: RawSearch }) {
  const go = useGo()
  const store = useSettingsStore()
  const client = useQueryClient()
  const [folded, setFolded] = useState(() => isNarrow() && asksForSearch(raw))
  const { form, blank, concrete, params } = useAddress(raw)
  const [draft, change] = useDraft(form ?? blank)
  const query = useInfiniteQuery(searchQuery(params))
  const found = query.data !== undefined && !query.isFetching
  const count = useQuery({ ...countQuery(params), enabled: params !== undefined && found })
  useTitle(titleOf(form))
  useOldLinks(raw, concrete ? undefined : form)
  useEffect(() => {
    if (params !== undefined) store.rememberSearch(formatQueryString(raw))
  }, [store, raw, params])
  const visit = (next: SearchForm): void => {
    // An order of the loaded ones that was chosen for another search would hide this one's.
    go(`/search${addressOf(next, { ...keepView(raw), sort: '' })}`)
  }
  const submit = (): void => {
    if (Object.keys(checkForm(draft)).length > 0) return
    const fresh = withFreshTimes(draft, Date.now())
    store.addRecent(recentQuery(fresh))
    setFolded(isNarrow())
    if (form === undefined || addressOf(fresh, {}) !== addressOf(form, {})) return visit(fresh)
    // They follow once the search has its answer.
    for (const what of COUNTED) void client.invalidateQueries({ queryKey: [what], refetchType: 'none' })
    void query.refetch()
  }
  const stop = (): void => {
    for (const what of ['search', ...COUNTED]) void client.cancelQueries({ queryKey: [what] })
  }
  const view: ResultsView = {
    raw,
    onOrder: (order) => visit({ ...(form ?? draft), order }),
    onView: (part) => {
      if (part['sort'] !== undefined) store.set({ sort: part['sort'] })
      go(`/search${formatQueryString({ ...raw, ...part })}`, 'replace')
    },
    onStop: stop,
  }
  return (
    <DropTarget className="search-page" data-folded={folded}>
      <aside className="search-side">
        <SearchTabs />
        <button type="button" className="button fold-form" aria-expanded={!folded} onClick={() => setFolded(!folded)}>
          <Icon name={folded ? 'down' : 'up'} />
          {folded ? 'Change the search' : 'Fold the form'}
        </button>
        <SearchFormPanel form={draft} change={change} busy={query.isFetching} onSubmit={submit} />
        {form !== undefined && params !== undefined && (
          <Facets form={form} params={params} ready={found && !count.isFetching} onChange={visit} />
        )}
      </aside>
      <div className="search-main">
        <div className="query-bar">
          <QueryLine form={draft} change={change} onSubmit={submit} />
          <SwitchButtons form={draft} change={change} />
        </div>
        {form === undefined ? (
          <Welcome />
        ) : params === undefined ? (
          concrete && <NotUnderstood />
        ) : (
          <Results query={query} count={count} form={form} params={params} view={view} />
        )}
      </div>
    </DropTarget>
  )
}
