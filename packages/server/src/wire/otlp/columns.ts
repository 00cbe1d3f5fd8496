// The memory of a batch's columns: one allocation for all columns of the rows, one for each group table, sized by a count
// of the messages. Nothing here reads OTLP.

import type { GroupTable } from './span-batch.ts'

/** The columns of SpanBatch that the scanner fills, beside the hashes. */
export interface RowColumns {
  readonly ids: Uint32Array
  readonly start: Uint32Array
  readonly duration: Uint32Array
  readonly offset: Uint32Array
  readonly length: Uint32Array
  readonly resource: Uint32Array
  readonly scope: Uint32Array
  readonly nameOffset: Uint32Array
  readonly nameLength: Uint32Array
  readonly nameHash: Uint32Array
  readonly hashStart: Uint32Array
  readonly kind: Uint8Array
  readonly status: Uint8Array
  readonly rowFlags: Uint8Array
}

const WORD_COLUMNS = 20 // of them eight for ids, two each for start and duration
const BYTE_COLUMNS = 3

/** Columns for `rows` spans, all zero. */
export function allocateRows(rows: number): RowColumns {
  const buffer = new ArrayBuffer((rows * WORD_COLUMNS + 1) * 4 + rows * BYTE_COLUMNS)
  let at = 0
  const words = (count: number): Uint32Array => {
    const column = new Uint32Array(buffer, at, count)
    at += count * 4
    return column
  }
  const bytes = (): Uint8Array => {
    const column = new Uint8Array(buffer, at, rows)
    at += rows
    return column
  }
  // The pairs first: a BigUint64Array over them needs a multiple of eight.
  return {
    ids: words(rows * 8),
    start: words(rows * 2),
    duration: words(rows * 2),
    offset: words(rows),
    length: words(rows),
    resource: words(rows),
    scope: words(rows),
    nameOffset: words(rows),
    nameLength: words(rows),
    nameHash: words(rows),
    hashStart: words(rows + 1),
    kind: bytes(),
    status: bytes(),
    rowFlags: bytes(),
  }
}

/** A GroupTable whose hashes are still to come. */
export interface GroupColumns extends GroupTable {
  hashes: Uint32Array
}

/** A table for `count` groups, all zero. */
export function allocateGroups(count: number): GroupColumns {
  const buffer = new ArrayBuffer((count * 8 + 1) * 4)
  const words = (index: number, length: number): Uint32Array => new Uint32Array(buffer, index * count * 4, length)
  return {
    count,
    offset: words(0, count),
    length: words(1, count),
    schemaOffset: words(2, count),
    schemaLength: words(3, count),
    nameOffset: words(4, count),
    nameLength: words(5, count),
    nameHash: words(6, count),
    hashStart: words(7, count + 1),
    hashes: new Uint32Array(0),
  }
}
