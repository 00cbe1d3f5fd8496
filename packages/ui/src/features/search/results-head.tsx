// The line above the results: how many, how quickly, in which order, and what the search did.

import type { SearchAnswer, SearchOrder, SpentBudget } from '@spoor/core/api/search'
import { useQuery } from '@tanstack/react-query'
import * as v from 'valibot'
import { explainQuery, type SearchParameters } from '../../api/queries.ts'
import { formatDuration } from '../../base/duration.ts'
import { counted, formatCount } from '../../base/number.ts'
import { Loading } from '../../widgets/message.tsx'
import { AS_FOUND, SORTS } from './sort.ts'

const ORDERS: readonly (readonly [value: SearchOrder, label: string])[] = [
  ['newest', 'Newest first'],
  ['duration', 'Longest first'],
  ['spans', 'Most spans first'],
  ['errors', 'Most errors first'],
]

const SPENT: Readonly<Record<SpentBudget, string>> = {
  time: 'it had used up its time',
  bytes: 'it had read as many bytes as one search may',
  traces: 'it had looked into as many traces as one search may',
}

interface SortProps {
  readonly value: string
  readonly onChange: (sort: string) => void
  /** Whether the order of the answer is one to choose. */
  readonly found?: boolean
}

export function SortChoice({ value, onChange, found = false }: SortProps) {
  return (
    <label className="sort">
      {found ? 'Sort loaded' : 'Sort'}
      <select value={value} onChange={(event) => onChange(event.target.value)}>
        {found && <option value={AS_FOUND}>As found</option>}
        {SORTS.map((item) => (
          <option key={item.value} value={item.value}>
            {item.label}
          </option>
        ))}
      </select>
    </label>
  )
}

/** Why an answer is not all of it. */
export function PartialNote({ spent }: { spent: SpentBudget | undefined }) {
  return (
    <p className="partial-note" role="status">
      <strong>Partial.</strong> The search stopped when {spent === undefined ? 'it met a bound' : SPENT[spent]}. What is
      here matches; there may be more. A shorter time range or one more condition makes it whole.
    </p>
  )
}

const explainSchema = v.object({
  query: v.string(),
  candidates: v.number(),
  rejected: v.number(),
  rechecked: v.boolean(),
  findMs: v.number(),
  readMs: v.number(),
  checkMs: v.number(),
  stats: v.object({
    segments: v.number(),
    segmentsPruned: v.number(),
    blocks: v.number(),
    blocksPruned: v.number(),
    bytesRead: v.number(),
  }),
})

export function Explanation({ params }: { params: SearchParameters }) {
  const { data, isPending, isError } = useQuery(explainQuery(params))
  if (isPending) return <Loading what="Searching once more…" />
  const parsed = v.safeParse(explainSchema, data?.explain)
  if (isError || !parsed.success) return <p className="explanation muted">The server did not explain.</p>
  const { query, candidates, rejected, rechecked, findMs, readMs, checkMs, stats } = parsed.output
  const ms = (value: number): string => (value === 0 ? '0 ms' : formatDuration(value * 1e6))
  const facts: readonly (readonly [string, string])[] = [
    ['Segments looked into', `${formatCount(stats.segments)}, ruled out ${formatCount(stats.segmentsPruned)}`],
    ['Blocks looked into', `${formatCount(stats.blocks)}, ruled out ${formatCount(stats.blocksPruned)}`],
    ['Bytes read', formatCount(stats.bytesRead)],
    ['Candidates', `${counted(candidates, 'trace')}, turned down ${formatCount(rejected)}`],
    ['Spans evaluated again', rechecked ? 'yes' : 'no'],
    ['Time', `find ${ms(findMs)}, read ${ms(readMs)}, check ${ms(checkMs)}`],
  ]
  return (
    <div className="explanation">
      <code>{query === '' ? '(no condition)' : query}</code>
      <dl>
        {facts.map(([name, value]) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd>{value}</dd>
          </div>
        ))}
      </dl>
    </div>
  )
}

function title(shown: number, more: boolean, count: SearchAnswer['count']): string {
  if (!more) return counted(shown, 'trace')
  if (count === undefined || (!count.exact && count.traces <= shown)) return `${formatCount(shown)} traces and more`
  return `${formatCount(shown)} of ${formatCount(count.traces)}${count.exact ? '' : ' or more'} traces`
}

interface Props {
  readonly shown: number
  readonly more: boolean
  readonly count: SearchAnswer['count']
  readonly tookMs: number
  readonly order: SearchOrder
  readonly onOrder: (order: SearchOrder) => void
  readonly sort: string
  readonly onSort: (sort: string) => void
  readonly explained: boolean
  readonly onExplain: () => void
}

export function ResultsHead(props: Props) {
  const { shown, more, count, tookMs, order, onOrder, sort, onSort, explained, onExplain } = props
  return (
    <div className="results-head">
      <h1 aria-live="polite">{title(shown, more, count)}</h1>
      <span className="muted">
        {count !== undefined &&
          shown > 0 &&
          (count.exact || count.traces > shown) &&
          `${counted(count.spans, 'matching span')}${count.exact ? '' : ' or more'}, `}
        in {tookMs < 1 ? '< 1' : Math.round(tookMs)} ms
      </span>
      <button type="button" className="text-button" aria-expanded={explained} onClick={onExplain}>
        Explain
      </button>
      <div className="orders">
        <label className="sort" title="Which of all matching traces come first">
          Order
          <select
            value={order}
            onChange={(event) => onOrder(ORDERS.find(([value]) => value === event.target.value)?.[0] ?? 'newest')}
          >
            {ORDERS.map(([value, label]) => (
              <option key={value} value={value}>
                {label}
              </option>
            ))}
          </select>
        </label>
        <SortChoice value={sort} onChange={onSort} found />
      </div>
    </div>
  )
}
