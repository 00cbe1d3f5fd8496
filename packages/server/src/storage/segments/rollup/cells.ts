// What a rollup says: of each tenant and hour, the operations with counts, errors and durations by minute, and the calls
// between services. Cells add up: the sum over heads is what one head with all spans would have given.

import { mergeDurations } from '@spoor/core/model/duration-histogram'
import type { RedMinute, RedSeries } from '../../api/store.ts'

export type RollupMinute = RedMinute
export type RollupOperation = RedSeries

export interface RollupLink {
  readonly parent: string
  readonly child: string
  /** Below zero where calls are taken back that an earlier rollup counted. */
  readonly calls: number
  readonly errors: number
}

/** By tenant and Unix hour of the spans' start. */
export interface RollupCell {
  readonly tenant: string
  readonly hour: number
  readonly operations: readonly RollupOperation[]
  readonly links: readonly RollupLink[]
}

/** Distinct operations of a cell; the spans of further ones are counted under the empty name, kind 0, of their service. */
export const MAX_OPERATIONS = 4096
/** Distinct links of a cell; further ones are left out. */
export const MAX_LINKS = 16_384

/** What did not fit into the bounds. */
export interface Overflow {
  operations: number
  links: number
}

/** Adds cells of the same tenant and hour; other orders and groupings give the same. */
export function mergeCells(cells: readonly RollupCell[], overflow: Overflow): RollupCell[] {
  const groups = new Map<string, RollupCell[]>()
  for (const cell of cells) {
    const key = `${cell.hour}/${cell.tenant}`
    const group = groups.get(key)
    if (group === undefined) groups.set(key, [cell])
    else group.push(cell)
  }
  return [...groups.values()].map((group) => mergeGroup(group, overflow)).toSorted(compareCells)
}

export function compareCells(a: RollupCell, b: RollupCell): number {
  return a.tenant === b.tenant ? a.hour - b.hour : a.tenant < b.tenant ? -1 : 1
}

function mergeGroup(group: readonly RollupCell[], overflow: Overflow): RollupCell {
  const [first] = group as readonly [RollupCell]
  const operations = boundOperations(
    group.flatMap((cell) => cell.operations),
    overflow,
  )
  const links = new Map<string, RollupLink>()
  for (const { parent, child, calls, errors } of group.flatMap((cell) => cell.links)) {
    const key = `${parent.length}/${parent}${child}`
    const known = links.get(key)
    if (known === undefined && links.size >= MAX_LINKS) overflow.links++
    else links.set(key, { parent, child, calls: calls + (known?.calls ?? 0), errors: errors + (known?.errors ?? 0) })
  }
  return {
    tenant: first.tenant,
    hour: first.hour,
    operations,
    links: [...links.values()].filter(({ calls, errors }) => calls !== 0 || errors !== 0),
  }
}

/** Equal operations as one. */
function boundOperations(operations: readonly RollupOperation[], overflow: Overflow): RollupOperation[] {
  const found = new Map<string, { operation: RollupOperation; minutes: RollupMinute[] }>()
  for (const operation of operations) {
    let entry = found.get(operationKey(operation))
    if (entry === undefined && found.size >= MAX_OPERATIONS && operation.name !== '') {
      overflow.operations++
      const rest = { ...operation, name: '', kind: 0 }
      entry = found.get(operationKey(rest)) ?? { operation: rest, minutes: [] }
      found.set(operationKey(rest), entry)
    } else if (entry === undefined) {
      entry = { operation, minutes: [] }
      found.set(operationKey(operation), entry)
    }
    for (const minute of operation.minutes) entry.minutes.push(minute)
  }
  return [...found.values()].map(({ operation, minutes }) => ({ ...operation, minutes: addMinutes(minutes) }))
}

function operationKey({ service, name, kind }: RollupOperation): string {
  return `${kind}/${service.length}/${service}${name}`
}

/** Sorted, each minute once. */
function addMinutes(minutes: readonly RollupMinute[]): RollupMinute[] {
  const found = new Map<number, RollupMinute>()
  for (const next of minutes) {
    const known = found.get(next.minute)
    found.set(next.minute, known === undefined ? next : addMinute(known, next))
  }
  return [...found.values()].toSorted((a, b) => a.minute - b.minute)
}

function addMinute(a: RollupMinute, b: RollupMinute): RollupMinute {
  return {
    minute: a.minute,
    count: a.count + b.count,
    errors: a.errors + b.errors,
    durations: mergeDurations(a.durations, b.durations),
  }
}
