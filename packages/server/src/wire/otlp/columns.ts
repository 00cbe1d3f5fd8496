// The columns of a batch, sized by a count of the messages. Nothing here reads OTLP.

import type { ColumnMemory } from './column-memory.ts'
import type { GroupTable } from './span-batch.ts'

const NO_HASHES = new Uint32Array(0)

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

/** Columns for `rows` spans, all zero. */
export function allocateRows(rows: number, memory: ColumnMemory): RowColumns {
  return {
    ids: memory.words(rows * 8),
    start: memory.words(rows * 2),
    duration: memory.words(rows * 2),
    offset: memory.words(rows),
    length: memory.words(rows),
    resource: memory.words(rows),
    scope: memory.words(rows),
    nameOffset: memory.words(rows),
    nameLength: memory.words(rows),
    nameHash: memory.words(rows),
    hashStart: memory.words(rows + 1),
    kind: memory.bytes(rows),
    status: memory.bytes(rows),
    rowFlags: memory.bytes(rows),
  }
}

/** A GroupTable whose hashes are still to come. */
export interface GroupColumns extends GroupTable {
  hashes: Uint32Array
}

/** A table for `count` groups, all zero. */
export function allocateGroups(count: number, memory: ColumnMemory): GroupColumns {
  return {
    count,
    offset: memory.words(count),
    length: memory.words(count),
    schemaOffset: memory.words(count),
    schemaLength: memory.words(count),
    nameOffset: memory.words(count),
    nameLength: memory.words(count),
    nameHash: memory.words(count),
    hashStart: memory.words(count + 1),
    hashes: NO_HASHES,
  }
}
