// Puts a head's rows into the order of a segment: by tenant, stray last, then traces by their newest start, newest first,
// then the spans of a trace by start. Leaves out rows that were deleted, and all but one of equal spans. Typed arrays only: a
// head has a hundred thousand rows.

import { findDuplicates } from './lifecycle/duplicates.ts'
import type { Hides } from './lifecycle/tombstones.ts'
import { NO_ROW } from './format.ts'
import { type Head, ROW_STRAY } from './head.ts'
import type { Scratch } from './scratch.ts'

/** Pieces (tenant, stray, trace) in segment order. Rows of piece p: rows[pieceStart[p] .. pieceStart[p + 1]). */
export interface RowOrder {
  /** Only those that stay. */
  readonly rows: Uint32Array
  readonly pieceStart: Uint32Array
  readonly pieces: number
  /** Rows left out because an equal span is there. */
  readonly duplicates: number
}

/** Lives as long as `scratch` keeps what it gave. */
export function orderRows(head: Head, count: number, scratch: Scratch, hides?: Hides): RowOrder {
  const { pieceOf, pieces, first, found } = findPieces(head, count, scratch, hides)
  const counts = scratch.words(pieces + 1)
  for (let row = 0; row < count; row++) {
    const piece = pieceOf[row] as number
    if (piece !== NO_ROW) counts[piece + 1] = (counts[piece + 1] as number) + 1
  }
  for (let i = 0; i < pieces; i++) counts[i + 1] = (counts[i + 1] as number) + (counts[i] as number)
  const rows = scratch.words(found)
  const next = scratch.words(pieces + 1)
  next.set(counts)
  for (let row = 0; row < count; row++) {
    const piece = pieceOf[row] as number
    if (piece === NO_ROW) continue
    rows[next[piece] as number] = row
    next[piece] = (next[piece] as number) + 1
  }
  const twice = new Set<number>()
  for (let i = 0; i < pieces; i++) {
    const from = counts[i] as number
    const to = counts[i + 1] as number
    if (to - from < 2) continue
    sortByStart(head.start, rows, from, to)
    findDuplicates(head, rows, from, to, twice)
  }
  return arrange(head, rows, { counts, first, pieces, twice }, scratch)
}

interface Pieces {
  readonly pieceOf: Uint32Array
  readonly pieces: number
  /** A row of each piece. */
  readonly first: Uint32Array
  /** Rows that are in a piece. */
  readonly found: number
}

function findPieces(head: Head, count: number, scratch: Scratch, hides: Hides | undefined): Pieces {
  const { ids, rowFlags } = head
  let size = 1024
  while (size < count * 2) size *= 2
  const table = scratch.signed(size, -1)
  const pieceOf = scratch.words(count)
  const first = scratch.words(count)
  let pieces = 0
  let found = 0
  for (let row = 0; row < count; row++) {
    if (hides?.(row) === true) {
      pieceOf[row] = NO_ROW
      continue
    }
    found++
    const at = row * 8
    const tenant = head.tenantOf(row)
    const stray = (rowFlags[row] as number) & ROW_STRAY
    let hash = Math.imul((ids[at] as number) ^ Math.imul(ids[at + 1] as number, 0x85ebca77), 0x9e3779b1)
    hash = Math.imul(hash ^ (ids[at + 2] as number) ^ (hash >>> 15), 0xc2b2ae3d)
    hash = Math.imul(hash ^ (ids[at + 3] as number) ^ (tenant << 3) ^ stray ^ (hash >>> 13), 0x27d4eb2f)
    let slot = (hash ^ (hash >>> 16)) & (size - 1)
    for (;;) {
      const piece = table[slot] as number
      if (piece < 0) {
        table[slot] = pieces
        first[pieces] = row
        pieceOf[row] = pieces++
        break
      }
      const other = first[piece] as number
      if (
        sameTrace(ids, at, other * 8) &&
        head.tenantOf(other) === tenant &&
        ((rowFlags[other] as number) & ROW_STRAY) === stray
      ) {
        pieceOf[row] = piece
        break
      }
      slot = (slot + 1) & (size - 1)
    }
  }
  return { pieceOf, pieces, first, found }
}

function sameTrace(ids: Uint32Array, a: number, b: number): boolean {
  return ids[a] === ids[b] && ids[a + 1] === ids[b + 1] && ids[a + 2] === ids[b + 2] && ids[a + 3] === ids[b + 3]
}

/** Sorts rows[from..to) by start; rows that start together keep their order. */
function sortByStart(start: Uint32Array, rows: Uint32Array, from: number, to: number): void {
  if (to - from > 64) {
    rows.subarray(from, to).sort((a, b) => compareStart(start, a, b) || a - b)
    return
  }
  for (let i = from + 1; i < to; i++) {
    const row = rows[i] as number
    let at = i
    while (at > from && compareStart(start, rows[at - 1] as number, row) > 0) {
      rows[at] = rows[at - 1] as number
      at--
    }
    rows[at] = row
  }
}

export function compareStart(start: Uint32Array, a: number, b: number): number {
  const high = (start[a * 2 + 1] as number) - (start[b * 2 + 1] as number)
  return high === 0 ? (start[a * 2] as number) - (start[b * 2] as number) : high
}

interface Sorted {
  /** Where each piece begins in the rows, and the end. */
  readonly counts: Uint32Array
  readonly first: Uint32Array
  readonly pieces: number
  /** Rows to leave out; at least one row of each piece stays. */
  readonly twice: ReadonlySet<number>
}

function arrange(head: Head, rows: Uint32Array, sorted: Sorted, scratch: Scratch): RowOrder {
  const { counts, first, pieces, twice } = sorted
  const order = scratch.words(pieces)
  for (let i = 0; i < pieces; i++) order[i] = i
  order.sort((a, b) => {
    const x = first[a] as number
    const y = first[b] as number
    const tenants = head.tenantOf(x) - head.tenantOf(y)
    if (tenants !== 0) return tenants
    const stray = ((head.rowFlags[x] as number) & ROW_STRAY) - ((head.rowFlags[y] as number) & ROW_STRAY)
    if (stray !== 0) return stray
    const newest = compareStart(
      head.start,
      rows[(counts[b + 1] as number) - 1] as number,
      rows[(counts[a + 1] as number) - 1] as number,
    )
    return newest === 0 ? a - b : newest
  })
  const arranged = scratch.words(rows.length - twice.size)
  const pieceStart = scratch.words(pieces + 1)
  let at = 0
  for (let i = 0; i < pieces; i++) {
    const piece = order[i] as number
    const end = counts[piece + 1] as number
    for (let from = counts[piece] as number; from < end; from++) {
      const row = rows[from] as number
      if (twice.size === 0 || !twice.has(row)) arranged[at++] = row
    }
    pieceStart[i + 1] = at
  }
  return { rows: arranged, pieceStart, pieces, duplicates: twice.size }
}
