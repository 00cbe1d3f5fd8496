// The graph's tools: what its nodes are coloured by, and what a node stands for.

import { useMemo } from 'react'
import { formatCount } from '../../base/number.ts'
import { MAX_DRAWN_NODES } from '../../graph/layout.ts'
import type { TraceLayout } from '../../timeline/layout.ts'
import { GROUPINGS, nodeCount, type Grouping } from '../../timeline/trace-graph.ts'
import { COLOURS, type Colour, type GraphState } from './url-state.ts'

export const COLOUR_WORDS: Readonly<Record<Colour, string>> = { service: 'Service', time: 'Time', self: 'Self time' }
export const GROUPING_WORDS: Readonly<Record<Grouping, string>> = {
  spans: 'Spans',
  paths: 'Paths of operations',
  operations: 'Operations',
  services: 'Services',
}

interface Props {
  readonly layout: TraceLayout
  readonly state: GraphState
  readonly onChange: (part: Readonly<Record<string, string>>) => void
}

export function GraphTools({ layout, state, onChange }: Props) {
  const counts = useMemo(() => GROUPINGS.map((grouping) => nodeCount(layout, grouping)), [layout])
  return (
    <span className="tool-group graph-choices">
      <label className="map-choice">
        Colour
        <select
          value={state.colour}
          onChange={({ target }) => onChange({ color: target.value === 'service' ? '' : target.value })}
        >
          {COLOURS.map((colour) => (
            <option key={colour} value={colour}>
              {COLOUR_WORDS[colour]}
            </option>
          ))}
        </select>
      </label>
      <label className="map-choice">
        Nodes
        <select value={state.grouping ?? ''} onChange={({ target }) => onChange({ group: target.value })}>
          <option value="">Automatic</option>
          {GROUPINGS.map((grouping, i) => (
            <option key={grouping} value={grouping} disabled={(counts[i] ?? 0) > MAX_DRAWN_NODES}>
              {GROUPING_WORDS[grouping]} ({formatCount(counts[i] ?? 0)})
            </option>
          ))}
        </select>
      </label>
    </span>
  )
}
