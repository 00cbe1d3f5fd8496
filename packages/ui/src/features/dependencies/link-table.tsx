// The same services and calls as a table: for screen readers, for sorting, and where a drawing would be a tangle.

import { useMemo, useState } from 'react'
import { serviceColorVar } from '../../base/color.ts'
import { counted, formatCount, formatShare } from '../../base/number.ts'
import { errorShare, type DependencyEdge, type ServiceGraph } from '../../graph/model.ts'
import { Icon } from '../../widgets/icons.tsx'
import type { Selection } from './url-state.ts'

type Column = 'parent' | 'child' | 'calls' | 'errors' | 'share'

const COLUMNS: readonly { readonly id: Column; readonly label: string; readonly number: boolean }[] = [
  { id: 'parent', label: 'Caller', number: false },
  { id: 'child', label: 'Called service', number: false },
  { id: 'calls', label: 'Calls', number: true },
  { id: 'errors', label: 'Errors', number: true },
  { id: 'share', label: 'Error share', number: true },
]
/** Rows that are made at first: a browser slows down over many thousands. */
const FIRST_ROWS = 500

function compare(a: DependencyEdge, b: DependencyEdge, by: Column): number {
  if (by === 'parent') return a.parent.localeCompare(b.parent) || a.child.localeCompare(b.child)
  if (by === 'child') return a.child.localeCompare(b.child) || a.parent.localeCompare(b.parent)
  if (by === 'calls') return a.callCount - b.callCount
  if (by === 'errors') return a.errorCount - b.errorCount
  return errorShare(a) - errorShare(b)
}

interface Sort {
  readonly by: Column
  readonly down: boolean
}

interface Props {
  readonly graph: ServiceGraph
  readonly matches: ReadonlySet<string>
  readonly find: string
  readonly selection: Selection | undefined
  readonly onSelect: (selection: Selection | undefined) => void
}

function Head({ sort, onSort }: { sort: Sort; onSort: (sort: Sort) => void }) {
  return (
    <thead>
      <tr>
        {COLUMNS.map(({ id, label, number }) => (
          <th
            key={id}
            scope="col"
            className={number ? 'number' : ''}
            aria-sort={sort.by !== id ? 'none' : sort.down ? 'descending' : 'ascending'}
          >
            <button type="button" onClick={() => onSort({ by: id, down: sort.by === id ? !sort.down : number })}>
              {label}
              {sort.by === id && <Icon name={sort.down ? 'down' : 'up'} />}
            </button>
          </th>
        ))}
      </tr>
    </thead>
  )
}

function Service({ name, onSelect }: { name: string; onSelect: Props['onSelect'] }) {
  return (
    <button type="button" className="text-button" onClick={() => onSelect({ kind: 'service', name })}>
      <i className="swatch" style={{ background: serviceColorVar(name) }} />
      {name || '(no service)'}
    </button>
  )
}

export function LinkTable({ graph, matches, find, selection, onSelect }: Props) {
  const [sort, setSort] = useState<Sort>({ by: 'calls', down: true })
  const [all, setAll] = useState(false)
  const rows = useMemo(() => {
    const kept = graph.edges.filter(
      ({ parent, child }) => find.trim() === '' || matches.has(parent) || matches.has(child),
    )
    const sign = sort.down ? -1 : 1
    return kept.toSorted((a, b) => sign * compare(a, b, sort.by) || compare(a, b, 'parent'))
  }, [graph, matches, find, sort])
  const shown = all ? rows : rows.slice(0, FIRST_ROWS)
  const most = rows.reduce((max, { callCount }) => Math.max(max, callCount), 1)
  const chosen = (edge: DependencyEdge): boolean =>
    selection?.kind === 'calls' && selection.parent === edge.parent && selection.child === edge.child
  return (
    <div className="map-table" tabIndex={0} role="region" aria-label="Calls between services">
      <table>
        <caption className="visually-hidden">Calls between services</caption>
        <Head sort={sort} onSort={setSort} />
        <tbody>
          {shown.map((edge) => (
            <tr key={`${edge.parent}\n${edge.child}`} className={chosen(edge) ? 'chosen' : ''}>
              <td>
                <Service name={edge.parent} onSelect={onSelect} />
              </td>
              <td>
                <Service name={edge.child} onSelect={onSelect} />
              </td>
              <td className="number calls">
                <i aria-hidden="true" style={{ width: `${(edge.callCount / most) * 100}%` }} />
                <button
                  type="button"
                  className="text-button"
                  aria-label={`${counted(edge.callCount, 'call')}, details`}
                  onClick={() => onSelect({ kind: 'calls', parent: edge.parent, child: edge.child })}
                >
                  {formatCount(edge.callCount)}
                </button>
              </td>
              <td className={edge.errorCount > 0 ? 'number bad' : 'number'}>{formatCount(edge.errorCount)}</td>
              <td className={edge.errorCount > 0 ? 'number bad' : 'number'}>{formatShare(errorShare(edge))}</td>
            </tr>
          ))}
        </tbody>
      </table>
      {rows.length === 0 && <p className="none">No service has “{find}” in its name.</p>}
      {shown.length < rows.length && (
        <p>
          <button type="button" className="button" onClick={() => setAll(true)}>
            Show all {formatCount(rows.length)} rows
          </button>
        </p>
      )}
    </div>
  )
}
