// /dependencies: which services there are and who calls whom, as a drawing or as a table. The address holds all choices.

import { useQuery } from '@tanstack/react-query'
import { useCallback, useEffect, useMemo, useRef } from 'react'
import { dependenciesQuery, servicesQuery } from '../../api/queries.ts'
import { counted, formatCount } from '../../base/number.ts'
import { LOOKBACKS, type RawSearch } from '../../base/search-url.ts'
import { atLeast, makeGraph, matchingServices, neighbourhood, type ServiceGraph } from '../../graph/model.ts'
import { MAX_DRAWN_EDGES, MAX_DRAWN_NODES } from '../../graph/layout.ts'
import { useGo, useRawSearch, useTitle } from '../../widgets/context.tsx'
import { Link } from '../../widgets/link.tsx'
import { ErrorMessage, Loading, Message } from '../../widgets/message.tsx'
import { Controls } from './controls.tsx'
import { Details } from './details.tsx'
import { GraphPanel } from './graph-panel.tsx'
import { LinkTable } from './link-table.tsx'
import { decodeMap, mapPath, selectionParameters, type MapState, type Selection } from './url-state.ts'

function NothingCalled({ state, onLookback }: { state: MapState; onLookback: (lookback: string) => void }) {
  const services = useQuery(servicesQuery())
  const names = services.data ?? []
  const label = LOOKBACKS.find(({ value }) => value === state.lookback)?.label.toLowerCase() ?? state.lookback
  // The last hours are others where the time ends before now.
  const time = state.endTs === undefined ? label : `${label.replace('last ', '')} looked at`
  return (
    <Message title={`No calls between services in the ${time}`}>
      <p>A call is counted where a span’s parent is a span of another service, by the time at which the span starts.</p>
      <ul>
        {names.length === 0 && <li>No service has sent spans yet.</li>}
        {names.length === 1 && <li>Only one service has sent spans: {names[0]}.</li>}
        {names.length > 1 && <li>{names.length} services have sent spans.</li>}
        <li>Services only meet where they pass the trace context on.</li>
      </ul>
      <p>
        {state.lookback !== '7d' && (
          <button type="button" className="button" onClick={() => onLookback('7d')}>
            Look at the last 7 days
          </button>
        )}{' '}
        <Link className="button" to="/search">
          Search for traces
        </Link>
      </p>
    </Message>
  )
}

/** What is shown of the whole, by the state of the page. */
function useShown(graph: ServiceGraph, { focal, depth, min }: MapState): ServiceGraph {
  return useMemo(() => {
    const known = graph.nodes.some(({ name }) => name === focal)
    return atLeast(known ? neighbourhood(graph, focal, depth) : graph, min, focal)
  }, [graph, focal, depth, min])
}

function Body({ graph, state, change }: { graph: ServiceGraph; state: MapState; change: Change }) {
  const shown = useShown(graph, state)
  const matches = useMemo(() => matchingServices(shown, state.find), [shown, state.find])
  const select = useCallback(
    (selection: Selection | undefined) => change(selectionParameters(selection), 'push'),
    [change],
  )
  const focus = useCallback(
    (name: string) => change({ focal: name, ...selectionParameters(undefined) }, 'push'),
    [change],
  )
  const tooMany = shown.nodes.length > MAX_DRAWN_NODES || shown.edges.length > MAX_DRAWN_EDGES
  const empty = shown.edges.length === 0 && state.min > 1
  return (
    <div className="map-body">
      <div className="map-main">
        <p className="map-count" role="status">
          {counted(shown.nodes.length, 'service')}, {counted(shown.edges.length, 'connection')}
          {shown.edges.length < graph.edges.length && ` of ${formatCount(graph.edges.length)}`}
          {state.find !== '' && `, ${matches.size} found`}
        </p>
        {empty ? (
          <Message title={`No connection has ${formatCount(state.min)} calls`}>
            <p>Lower the least number of calls.</p>
          </Message>
        ) : state.view === 'table' ? (
          <LinkTable graph={shown} matches={matches} find={state.find} selection={state.selection} onSelect={select} />
        ) : tooMany ? (
          <Message title="Too many services to draw at once">
            <p>
              Choose a service under “Around” to see its neighbours, hide connections with few calls, or{' '}
              <button type="button" className="text-button" onClick={() => change({ view: 'table' }, 'push')}>
                see them all in a table
              </button>
              .
            </p>
          </Message>
        ) : (
          <GraphPanel graph={shown} matches={matches} state={state} onSelect={select} />
        )}
      </div>
      {state.selection !== undefined && (
        <Details graph={graph} state={state} selection={state.selection} onSelect={select} onFocus={focus} />
      )}
    </div>
  )
}

export type Change = (part: Readonly<Record<string, string>>, how: 'push' | 'replace') => void

function useChange(raw: RawSearch): Change {
  const go = useGo()
  const latest = useRef(raw)
  useEffect(() => {
    latest.current = raw
  }, [raw])
  return useCallback((part, how) => go(mapPath(latest.current, part), how), [go])
}

export function DependenciesPage() {
  const raw = useRawSearch()
  const state = useMemo(() => decodeMap(raw), [raw])
  const change = useChange(raw)
  const query = useQuery(dependenciesQuery(state.endTs, state.lookbackMs))
  const graph = useMemo(() => (query.data === undefined ? undefined : makeGraph(query.data)), [query.data])
  useTitle('Dependencies')
  return (
    <div className="map-page">
      <Controls
        graph={graph}
        state={state}
        busy={query.isFetching}
        change={change}
        onRefresh={() => void query.refetch()}
      />
      {graph === undefined ? (
        query.isError && !query.isFetching ? (
          <ErrorMessage error={query.error} retry={() => void query.refetch()} />
        ) : (
          <Loading what="Loading the services and their calls…" />
        )
      ) : graph.nodes.length === 0 ? (
        <NothingCalled state={state} onLookback={(lookback) => change({ lookback }, 'push')} />
      ) : (
        <Body graph={graph} state={state} change={change} />
      )}
    </div>
  )
}
