// The bar above the map: time, find, neighbourhood, threshold, drawing or table.

import { useEffect, useId, useState, type ReactNode } from 'react'
import { LOOKBACKS } from '../../base/search-url.ts'
import { formatDateTime } from '../../base/time.ts'
import type { ServiceGraph } from '../../graph/model.ts'
import { useSettings } from '../../widgets/context.tsx'
import type { Change } from './dependencies-page.tsx'
import { DEFAULT_DEPTH, MAX_DEPTH, type MapState } from './url-state.ts'

const SETTLE_MS = 250
const THRESHOLDS = [1, 10, 100, 1000, 10_000, 100_000]

function Choice({ label, children }: { label: string; children: (id: string) => ReactNode }) {
  const id = useId()
  return (
    <div className="map-choice">
      <label htmlFor={id}>{label}</label>
      {children(id)}
    </div>
  )
}

/** Typing shows at once and reaches the address when it rests. */
function FindField({ find, change }: { find: string; change: Change }) {
  const [text, setText] = useState(find)
  const [from, setFrom] = useState(find)
  if (from !== find) {
    setFrom(find)
    setText(find)
  }
  useEffect(() => {
    if (text === find) return
    const timer = setTimeout(() => change({ uiFind: text }, 'replace'), SETTLE_MS)
    return () => clearTimeout(timer)
  }, [text, find, change])
  return (
    <Choice label="Find">
      {(id) => (
        <input
          id={id}
          type="search"
          value={text}
          placeholder="Service name"
          spellCheck={false}
          autoComplete="off"
          onChange={(event) => setText(event.target.value)}
        />
      )}
    </Choice>
  )
}

function Around({ graph, state, change }: { graph: ServiceGraph; state: MapState; change: Change }) {
  return (
    <>
      <Choice label="Around">
        {(id) => (
          <select
            id={id}
            value={state.focal}
            onChange={(event) => change({ focal: event.target.value, depth: '' }, 'push')}
          >
            <option value="">All services</option>
            {state.focal !== '' && !graph.nodes.some(({ name }) => name === state.focal) && (
              <option value={state.focal}>{state.focal} (not here)</option>
            )}
            {graph.nodes.map(({ name }) => (
              <option key={name} value={name}>
                {name || '(no service)'}
              </option>
            ))}
          </select>
        )}
      </Choice>
      {state.focal !== '' && (
        <Choice label="Hops">
          {(id) => (
            <select
              id={id}
              value={state.depth}
              onChange={(event) =>
                change({ depth: event.target.value === String(DEFAULT_DEPTH) ? '' : event.target.value }, 'push')
              }
            >
              {Array.from({ length: MAX_DEPTH }, (_, i) => (
                <option key={i} value={i + 1}>
                  {i + 1}
                </option>
              ))}
            </select>
          )}
        </Choice>
      )}
    </>
  )
}

interface Props {
  /** Undefined while it loads. */
  readonly graph: ServiceGraph | undefined
  readonly state: MapState
  readonly busy: boolean
  readonly change: Change
  readonly onRefresh: () => void
}

export function Controls({ graph, state, busy, change, onRefresh }: Props) {
  const { zone } = useSettings()
  const thresholds = THRESHOLDS.includes(state.min) ? THRESHOLDS : [...THRESHOLDS, state.min].toSorted((a, b) => a - b)
  return (
    <div className="map-controls">
      <h1>Dependencies</h1>
      <Choice label="Lookback">
        {(id) => (
          <select id={id} value={state.lookback} onChange={(event) => change({ lookback: event.target.value }, 'push')}>
            {LOOKBACKS.map(({ value, label }) => (
              <option key={value} value={value}>
                {label}
              </option>
            ))}
          </select>
        )}
      </Choice>
      {state.endTs !== undefined && (
        <button
          type="button"
          className="chip"
          title="Look at now instead"
          onClick={() => change({ endTs: '' }, 'push')}
        >
          up to {formatDateTime(state.endTs, zone).slice(0, 19)} ×
        </button>
      )}
      {graph !== undefined && graph.nodes.length > 0 && (
        <>
          <FindField find={state.find} change={change} />
          <Around graph={graph} state={state} change={change} />
          <Choice label="Calls">
            {(id) => (
              <select
                id={id}
                value={state.min}
                onChange={(event) => change({ min: event.target.value === '1' ? '' : event.target.value }, 'push')}
              >
                {thresholds.map((value) => (
                  <option key={value} value={value}>
                    {value === 1 ? 'Any number' : `At least ${value.toLocaleString('en')}`}
                  </option>
                ))}
              </select>
            )}
          </Choice>
          <div className="map-views" role="group" aria-label="View">
            {(['graph', 'table'] as const).map((view) => (
              <button
                key={view}
                type="button"
                className="chip"
                aria-pressed={state.view === view}
                onClick={() => change({ view: view === 'graph' ? '' : view }, 'push')}
              >
                {view === 'graph' ? 'Graph' : 'Table'}
              </button>
            ))}
          </div>
        </>
      )}
      <button type="button" className="button" disabled={busy} onClick={onRefresh}>
        {busy ? 'Loading…' : 'Refresh'}
      </button>
    </div>
  )
}
