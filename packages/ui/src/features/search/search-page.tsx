// /search: the address is the search. Old links are made concrete (start and end) by replacing the address once.

import { useQuery } from '@tanstack/react-query'
import { lazy, Suspense, useEffect, useState } from 'react'
import { searchQuery } from '../../api/queries.ts'
import {
  allOf,
  asksForSearch,
  CUSTOM_LOOKBACK,
  decodeSearch,
  encodeSearch,
  firstOf,
  formatQueryString,
  withFreshTimes,
  type RawSearch,
  type SearchForm,
} from '../../base/search-url.ts'
import { useGo, useRawSearch, useSettingsStore, useTitle } from '../../widgets/context.tsx'
import { Icon } from '../../widgets/icons.tsx'
import { Loading } from '../../widgets/message.tsx'
import { DropTarget } from './drop-target.tsx'
import { Results } from './results.tsx'
import { emptyForm, SearchFormPanel } from './search-form.tsx'
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

/** The traces that the server has. */
function StoredPage({ raw }: { raw: RawSearch }) {
  const go = useGo()
  const store = useSettingsStore()
  const [now] = useState(Date.now)
  const [blank] = useState(() => emptyForm(now))
  const [folded, setFolded] = useState(() => isNarrow() && asksForSearch(raw))
  const form = asksForSearch(raw) ? decodeSearch(raw, now) : undefined
  const concrete = firstOf(raw, 'start') === form?.start && firstOf(raw, 'end') === form?.end
  const leadsTo = traceOfSpanParameter(raw)
  const params = form !== undefined && concrete ? encodeSearch(form) : undefined
  const query = useQuery(searchQuery(params))
  useTitle(titleOf(form))
  useEffect(() => {
    if (leadsTo !== undefined) go(leadsTo, 'replace')
    else if (form !== undefined && !concrete) {
      go(`/search${formatQueryString({ ...encodeSearch(form), ...keepEmbedding(raw) })}`, 'replace')
    }
  })
  useEffect(() => {
    if (params !== undefined) store.rememberSearch(formatQueryString(raw))
  }, [store, raw, params])
  const submit = (next: SearchForm): void => {
    const fresh = withFreshTimes(next, Date.now())
    store.addRecent(recentQuery(fresh))
    setFolded(isNarrow())
    const target = formatQueryString({ ...encodeSearch(fresh), ...keepEmbedding(raw) })
    if (target === formatQueryString({ ...encodeSearch(form ?? emptyForm(0)), ...keepEmbedding(raw) }))
      void query.refetch()
    else go(`/search${target}`)
  }
  return (
    <DropTarget className="search-page" data-folded={folded}>
      <aside className="search-side">
        <SearchTabs />
        <button type="button" className="button fold-form" aria-expanded={!folded} onClick={() => setFolded(!folded)}>
          <Icon name={folded ? 'down' : 'up'} />
          {folded ? 'Change the search' : 'Fold the form'}
        </button>
        <SearchFormPanel initial={form ?? blank} busy={query.isFetching} onSubmit={submit} />
      </aside>
      <div className="search-main">{form === undefined ? <Welcome /> : <Results query={query} form={form} />}</div>
    </DropTarget>
  )
}
