// Order of the results that are on the page; which those are is the server's order. Sorting never asks again.

import type { TraceSummary } from '@spoor/core/api/search'

type Compare = (a: TraceSummary, b: TraceSummary) => number

const start: Compare = (a, b) =>
  a.startNs.length - b.startNs.length || (a.startNs < b.startNs ? -1 : a.startNs > b.startNs ? 1 : 0)
const duration: Compare = (a, b) => Number(a.durationNs) - Number(b.durationNs)
const name: Compare = (a, b) => traceName(a).localeCompare(traceName(b))
const reverse =
  (compare: Compare): Compare =>
  (a, b) =>
    compare(b, a)

/** The server's order, or that of the files. */
export const AS_FOUND = 'found'

export const SORTS: readonly { readonly value: string; readonly label: string; readonly compare: Compare }[] = [
  { value: 'recent', label: 'Most recent', compare: reverse(start) },
  { value: 'oldest', label: 'Oldest', compare: start },
  { value: 'longest', label: 'Longest', compare: reverse(duration) },
  { value: 'shortest', label: 'Shortest', compare: duration },
  { value: 'most-spans', label: 'Most spans', compare: (a, b) => b.spanCount - a.spanCount },
  { value: 'fewest-spans', label: 'Fewest spans', compare: (a, b) => a.spanCount - b.spanCount },
  { value: 'most-errors', label: 'Most errors', compare: (a, b) => b.errorCount - a.errorCount },
  { value: 'fewest-errors', label: 'Fewest errors', compare: (a, b) => a.errorCount - b.errorCount },
  { value: 'name', label: 'Name, A to Z', compare: name },
  { value: 'name-down', label: 'Name, Z to A', compare: reverse(name) },
]

export function traceName(trace: TraceSummary): string {
  return `${trace.rootService || '(no service)'}: ${trace.rootName || '(no name)'}`
}

/** An order that is not known is `recent`. */
export function sortTraces<T extends TraceSummary>(traces: readonly T[], order: string): readonly T[] {
  if (order === AS_FOUND) return traces
  const compare = SORTS.find((sort) => sort.value === order)?.compare ?? reverse(start)
  return traces.toSorted((a, b) => compare(a, b) || reverse(start)(a, b) || (a.traceId < b.traceId ? -1 : 1))
}
