// The dependencies page's address, both ways. Jaeger knows only `uiFind`; the rest is ours, named as its menus are.

import { firstOf, formatQueryString, LOOKBACKS, type RawSearch } from '../../base/search-url.ts'

export type MapView = 'graph' | 'table'

/** What the reader has clicked: a service, or the calls from one service to another. */
export type Selection =
  | { readonly kind: 'service'; readonly name: string }
  | { readonly kind: 'calls'; readonly parent: string; readonly child: string }

export interface MapState {
  readonly lookback: string
  readonly lookbackMs: number
  /** Unix ms; undefined for now. */
  readonly endTs: number | undefined
  readonly view: MapView
  /** Service whose neighbours alone are shown; empty for all. */
  readonly focal: string
  readonly depth: number
  /** Edges with fewer calls are hidden. */
  readonly min: number
  readonly find: string
  readonly selection: Selection | undefined
}

const DEFAULT_LOOKBACK = '24h'
export const DEFAULT_DEPTH = 1
export const MAX_DEPTH = 6

function positive(text: string, otherwise: number, most: number): number {
  const value = Number(text)
  return Number.isInteger(value) && value >= 1 ? Math.min(value, most) : otherwise
}

function decodeSelection(raw: RawSearch): Selection | undefined {
  const name = firstOf(raw, 'sel')
  const child = firstOf(raw, 'selTo')
  if (name === '') return undefined
  return child === '' ? { kind: 'service', name } : { kind: 'calls', parent: name, child }
}

export function decodeMap(raw: RawSearch): MapState {
  const entry = [firstOf(raw, 'lookback'), DEFAULT_LOOKBACK].flatMap((value) =>
    LOOKBACKS.filter((item) => item.value === value),
  )[0]
  const endTs = firstOf(raw, 'endTs')
  return {
    lookback: entry?.value ?? DEFAULT_LOOKBACK,
    lookbackMs: entry?.ms ?? 8.64e7,
    endTs: /^\d{1,14}$/.test(endTs) ? Number(endTs) : undefined,
    view: firstOf(raw, 'view') === 'table' ? 'table' : 'graph',
    focal: firstOf(raw, 'focal'),
    depth: positive(firstOf(raw, 'depth'), DEFAULT_DEPTH, MAX_DEPTH),
    min: positive(firstOf(raw, 'min'), 1, Number.MAX_SAFE_INTEGER),
    find: firstOf(raw, 'uiFind'),
    selection: decodeSelection(raw),
  }
}

export function selectionParameters(selection: Selection | undefined): Readonly<Record<string, string>> {
  if (selection === undefined) return { sel: '', selTo: '' }
  if (selection.kind === 'service') return { sel: selection.name, selTo: '' }
  return { sel: selection.parent, selTo: selection.child }
}

/** The address with some parameters changed; empty ones go away. */
export function mapPath(raw: RawSearch, change: Readonly<Record<string, string>>): string {
  return `/dependencies${formatQueryString({ ...raw, ...change })}`
}

/** The search for a service's traces in the same time. */
export function searchPath(state: MapState, service: string, tags: Readonly<Record<string, string>> = {}): string {
  const times =
    state.endTs === undefined ? {} : { start: (state.endTs - state.lookbackMs) * 1000, end: state.endTs * 1000 }
  const tagText = Object.keys(tags).length > 0 ? JSON.stringify(tags) : ''
  return `/search${formatQueryString({ service, lookback: state.lookback, limit: 20, tags: tagText, ...times })}`
}
