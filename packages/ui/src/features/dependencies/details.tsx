// What is known of the chosen service or of the chosen calls, and the ways on: its traces, its neighbours.

import type { ReactNode } from 'react'
import { serviceColorVar } from '../../base/color.ts'
import { counted, formatCount, formatShare } from '../../base/number.ts'
import { errorShare, type DependencyEdge, type ServiceGraph } from '../../graph/model.ts'
import { Icon } from '../../widgets/icons.tsx'
import { Link } from '../../widgets/link.tsx'
import { searchPath, type MapState, type Selection } from './url-state.ts'

const FAILED = { error: 'true' }

interface Props {
  readonly graph: ServiceGraph
  readonly state: MapState
  readonly selection: Selection
  readonly onSelect: (selection: Selection | undefined) => void
  readonly onFocus: (service: string) => void
}

function nameOf(service: string): string {
  return service || '(no service)'
}

function Fact({ label, bad = false, children }: { label: string; bad?: boolean; children: ReactNode }) {
  return (
    <div>
      <dt>{label}</dt>
      <dd className={bad ? 'bad' : ''}>{children}</dd>
    </div>
  )
}

/** How often, over the time looked at. */
function rate(calls: number, lookbackMs: number): string {
  const perSecond = calls / (lookbackMs / 1000)
  if (perSecond >= 1) return `${perSecond < 10 ? perSecond.toFixed(1) : formatCount(Math.round(perSecond))} a second`
  if (perSecond >= 1 / 60) return `${(perSecond * 60).toFixed(1)} a minute`
  return `${(perSecond * 3600).toFixed(1)} an hour`
}

function Neighbours({
  title,
  edges,
  other,
  onSelect,
}: {
  title: string
  edges: readonly DependencyEdge[]
  other: 'parent' | 'child'
  onSelect: Props['onSelect']
}) {
  return (
    <section>
      <h3>
        {title} <small>{edges.length}</small>
      </h3>
      {edges.length === 0 ? (
        <p className="none">none</p>
      ) : (
        <ul className="map-neighbours">
          {edges
            .toSorted((a, b) => b.callCount - a.callCount)
            .map((edge) => (
              <li key={edge[other]}>
                <button
                  type="button"
                  onClick={() => onSelect({ kind: 'calls', parent: edge.parent, child: edge.child })}
                >
                  <i className="swatch" style={{ background: serviceColorVar(edge[other]) }} />
                  <span>{nameOf(edge[other])}</span>
                  <span className="muted">{formatCount(edge.callCount)}</span>
                  <span className="share bad">{edge.errorCount > 0 && formatShare(errorShare(edge))}</span>
                </button>
              </li>
            ))}
        </ul>
      )}
    </section>
  )
}

function ServiceDetails({ graph, state, name, onSelect, onFocus }: Omit<Props, 'selection'> & { name: string }) {
  const node = graph.nodes.find((item) => item.name === name)
  const callers = graph.edges.filter(({ child }) => child === name)
  const callees = graph.edges.filter(({ parent }) => parent === name)
  return (
    <>
      <div className="map-actions">
        <Link className="button primary" to={searchPath(state, name)}>
          <Icon name="search" />
          Its traces
        </Link>
        <Link className="button" to={searchPath(state, name, FAILED)}>
          With errors
        </Link>
        {state.focal !== name && node !== undefined && (
          <button type="button" className="button" onClick={() => onFocus(name)}>
            Only its neighbours
          </button>
        )}
      </div>
      {node === undefined ? (
        <p className="none">This service called nobody and was called by nobody in this time.</p>
      ) : (
        <>
          <dl className="map-facts">
            <Fact label="Called">{counted(node.callsIn, 'time')}</Fact>
            <Fact label="With errors" bad={node.errorsIn > 0}>
              {formatCount(node.errorsIn)},{' '}
              {formatShare(errorShare({ callCount: node.callsIn, errorCount: node.errorsIn }))}
            </Fact>
            <Fact label="Calls others">{counted(node.callsOut, 'time')}</Fact>
            <Fact label="With errors" bad={node.errorsOut > 0}>
              {formatCount(node.errorsOut)},{' '}
              {formatShare(errorShare({ callCount: node.callsOut, errorCount: node.errorsOut }))}
            </Fact>
          </dl>
          <Neighbours title="Called by" edges={callers} other="parent" onSelect={onSelect} />
          <Neighbours title="Calls" edges={callees} other="child" onSelect={onSelect} />
        </>
      )}
    </>
  )
}

function CallDetails({
  graph,
  state,
  parent,
  child,
  onSelect,
}: Omit<Props, 'selection' | 'onFocus'> & { parent: string; child: string }) {
  const edge = graph.edges.find((item) => item.parent === parent && item.child === child)
  const toChild = graph.nodes.find(({ name }) => name === child)?.callsIn ?? 0
  if (edge === undefined) return <p className="none">No such calls in this time.</p>
  return (
    <>
      <dl className="map-facts">
        <Fact label="Calls">{formatCount(edge.callCount)}</Fact>
        <Fact label="On average">{rate(edge.callCount, state.lookbackMs)}</Fact>
        <Fact label="With errors" bad={edge.errorCount > 0}>
          {formatCount(edge.errorCount)}, {formatShare(errorShare(edge))}
        </Fact>
        <Fact label={`Of all calls of ${nameOf(child)}`}>
          {formatShare(toChild > 0 ? edge.callCount / toChild : 0)}
        </Fact>
      </dl>
      <div className="map-actions">
        <Link className="button" to={searchPath(state, child)}>
          Traces of {nameOf(child)}
        </Link>
        {edge.errorCount > 0 && (
          <Link className="button" to={searchPath(state, child, FAILED)}>
            Its errors
          </Link>
        )}
        <Link className="button" to={searchPath(state, parent)}>
          Traces of {nameOf(parent)}
        </Link>
      </div>
      <div className="map-actions">
        {[parent, child].map((name) => (
          <button key={name} type="button" className="chip" onClick={() => onSelect({ kind: 'service', name })}>
            <i className="swatch" style={{ background: serviceColorVar(name) }} />
            About {nameOf(name)}
          </button>
        ))}
      </div>
    </>
  )
}

export function Details({ selection, onSelect, ...rest }: Props) {
  const service = selection.kind === 'service' ? selection.name : selection.child
  return (
    <aside className="map-details" aria-label="Details">
      <header>
        <i className="swatch" style={{ background: serviceColorVar(service) }} />
        <h2>
          {selection.kind === 'service'
            ? nameOf(selection.name)
            : `${nameOf(selection.parent)} → ${nameOf(selection.child)}`}
        </h2>
        <button
          type="button"
          className="icon-button"
          aria-label="Close details"
          title="Close (Esc)"
          onClick={() => onSelect(undefined)}
        >
          <Icon name="close" />
        </button>
      </header>
      {selection.kind === 'service' ? (
        <ServiceDetails {...rest} name={selection.name} onSelect={onSelect} />
      ) : (
        <CallDetails {...rest} parent={selection.parent} child={selection.child} onSelect={onSelect} />
      )}
    </aside>
  )
}
