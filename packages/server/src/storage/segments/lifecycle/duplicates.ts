// Finds equal spans among the rows of a trace that are about to be sealed. Equal spans start at the same time, so they stand
// side by side once the rows are in order: most traces cost one comparison a span.

import { idKey, sameSpan } from '../../api/same-span.ts'
import type { Head } from '../head.ts'

/** Rows with one start up to this many are compared each with each. */
const FEW = 8
/** Different spans with one id that are compared with: nobody has more, but for somebody who wants to keep us busy. */
const MAX_ALIKE = 16

/** Rows [from, to) are of one tenant and trace, ordered by start. Adds to `twice` all but the first of equal spans. */
export function findDuplicates(head: Head, rows: Uint32Array, from: number, to: number, twice: Set<number>): void {
  const { start } = head
  let first = from
  for (let i = from + 1; i <= to; i++) {
    if (i < to) {
      const a = (rows[first] as number) * 2
      const b = (rows[i] as number) * 2
      if (start[a] === start[b] && start[a + 1] === start[b + 1]) continue
    }
    if (i - first > FEW) amongMany(head, rows, first, i, twice)
    else if (i - first > 1) amongFew(head, rows, first, i, twice)
    first = i
  }
}

function amongFew(head: Head, rows: Uint32Array, from: number, to: number, twice: Set<number>): void {
  for (let i = from + 1; i < to; i++) {
    for (let j = from; j < i; j++) {
      const earlier = rows[j] as number
      if (twice.has(earlier) || !isSame(head, earlier, rows[i] as number)) continue
      twice.add(rows[i] as number)
      break
    }
  }
}

function amongMany(head: Head, rows: Uint32Array, from: number, to: number, twice: Set<number>): void {
  const bySpanId = new Map<number, number[]>()
  for (let i = from; i < to; i++) {
    const row = rows[i] as number
    const key = idKey(head.ids[row * 8 + 4] as number, head.ids[row * 8 + 5] as number)
    const known = bySpanId.get(key)
    if (known === undefined) bySpanId.set(key, [row])
    else if (known.some((earlier) => isSame(head, earlier, row))) twice.add(row)
    else if (known.length < MAX_ALIKE) known.push(row)
  }
}

/** Rows of one tenant and trace that start together. */
function isSame(head: Head, a: number, b: number): boolean {
  const { ids, resource, scope, nameHash, kind, duration, bytes, offset, length } = head
  if (ids[a * 8 + 4] !== ids[b * 8 + 4] || ids[a * 8 + 5] !== ids[b * 8 + 5]) return false
  if (resource[a] !== resource[b] || scope[a] !== scope[b] || nameHash[a] !== nameHash[b]) return false
  if (kind[a] !== kind[b] || duration[a * 2] !== duration[b * 2]) return false
  const x = offset[a] as number
  const y = offset[b] as number
  return sameSpan(bytes.subarray(x, x + (length[a] as number)), bytes.subarray(y, y + (length[b] as number)))
}
