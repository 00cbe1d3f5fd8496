// The rows of one trace in numbers, from columns: what core/model/trace-stats.ts says of its spans.

import { toHex } from '@spoor/core/base/bytes'
import type { TraceStats } from '@spoor/core/model/trace-stats'
import type { HeldBatch } from './batch.ts'

export interface TraceNumbers extends TraceStats {
  readonly rootCertain: boolean
  /** False where a span id is there twice. */
  readonly countsCertain: boolean
}

interface Root {
  readonly batch: HeldBatch
  readonly row: number
}

export function rowsInNumbers(
  parts: readonly { readonly batch: HeldBatch; readonly rows: readonly number[] }[],
): TraceNumbers {
  const ids = new Set<bigint>()
  let [spanCount, errorCount, startNs, endNs] = [0, 0, (1n << 64n) - 1n, 0n]
  let rootCertain = true
  for (const { batch, rows } of parts) {
    for (const row of rows) {
      const { id, isRegular, durationNs } = batch.idsOf(row)
      const start = batch.startNs(row)
      ids.add(id)
      spanCount++
      if (!isRegular) rootCertain = false
      if (batch.isError(row)) errorCount++
      if (start < startNs) startNs = start
      if (start + durationNs > endNs) endNs = start + durationNs
    }
  }
  const root = rootOf(parts, ids)
  return {
    startNs,
    endNs,
    spanCount,
    errorCount,
    rootService: root?.batch.serviceOf(root.row) ?? '',
    rootName: root?.batch.nameOf(root.row) ?? '',
    rootCertain,
    countsCertain: ids.size === spanCount,
  }
}

/** The first to start of those whose parent is not there; of all, where each has its parent. */
function rootOf(
  parts: readonly { readonly batch: HeldBatch; readonly rows: readonly number[] }[],
  ids: ReadonlySet<bigint>,
): Root | undefined {
  let root: Root | undefined
  let rootless: Root | undefined
  for (const { batch, rows } of parts) {
    for (const row of rows) {
      const here = { batch, row }
      if (rootless === undefined || isEarlier(here, rootless)) rootless = here
      if (ids.has(batch.idsOf(row).parent)) continue
      if (root === undefined || isEarlier(here, root)) root = here
    }
  }
  return root ?? rootless
}

function isEarlier(a: Root, b: Root): boolean {
  const [x, y] = [a.batch.startNs(a.row), b.batch.startNs(b.row)]
  return x === y ? idText(a) < idText(b) : x < y
}

function idText({ batch, row }: Root): string {
  return toHex(batch.idBytes(row))
}
