// What every SpanBatch must satisfy, whatever bytes it came from, and what its rows say in a form that can be compared.

import type { SpanBatch } from 'spoor/wire/otlp/span-batch'

/** Throws where a column points outside the bytes or a list is out of order. */
export function checkBounds(batch: SpanBatch): void {
  const { bytes, spanCount } = batch
  const inside = (what: string, offset: number | undefined, length: number | undefined): void => {
    if (offset === undefined || length === undefined || offset + length > bytes.length) {
      throw new Error(`${what} at ${offset} + ${length} is outside ${bytes.length} bytes`)
    }
  }
  for (let row = 0; row < spanCount; row++) {
    inside('span', batch.offset[row], batch.length[row])
    inside('name', batch.nameOffset[row], batch.nameLength[row])
    if ((batch.resource[row] ?? Infinity) >= batch.resources.count) throw new Error(`row ${row}: no such resource`)
    if ((batch.scope[row] ?? Infinity) >= batch.scopes.count) throw new Error(`row ${row}: no such scope`)
  }
  checkStarts(batch.hashStart, spanCount, batch.hashes.length)
  for (const table of [batch.resources, batch.scopes]) {
    for (let i = 0; i < table.count; i++) {
      inside('group', table.offset[i], table.length[i])
      inside('schema', table.schemaOffset[i], table.schemaLength[i])
      inside('group name', table.nameOffset[i], table.nameLength[i])
    }
    checkStarts(table.hashStart, table.count, table.hashes.length)
  }
  for (const { row } of batch.refused) if (row >= spanCount) throw new Error(`refused row ${row} of ${spanCount}`)
}

function checkStarts(starts: Uint32Array, count: number, end: number): void {
  if (starts[0] !== 0 || starts[count] !== end)
    throw new Error(`hashStart runs from ${starts[0]} to ${starts[count]}, not to ${end}`)
  for (let i = 0; i < count; i++) if ((starts[i] ?? 0) > (starts[i + 1] ?? 0)) throw new Error('hashStart goes back')
}

function text(batch: SpanBatch, offset: number | undefined = 0, length: number | undefined = 0): string {
  return Buffer.from(batch.bytes.subarray(offset, offset + length)).toString('latin1')
}

function sortedHashes(
  table: { readonly hashes: Uint32Array; readonly hashStart: Uint32Array },
  index: number,
): number[] {
  return [...table.hashes.subarray(table.hashStart[index], table.hashStart[index + 1])].toSorted((a, b) => a - b)
}

function group(batch: SpanBatch, which: 'resources' | 'scopes', index: number): unknown {
  const table = batch[which]
  return {
    schema: text(batch, table.schemaOffset[index], table.schemaLength[index]),
    name: text(batch, table.nameOffset[index], table.nameLength[index]),
    nameHash: table.nameHash[index],
    hashes: sortedHashes(table, index),
  }
}

/** All that the columns say of a row, but for offsets, lengths and ROW_IRREGULAR; hashes in order of size. */
export function rowMeaning(batch: SpanBatch, row: number): unknown {
  return {
    ids: [...batch.ids.subarray(row * 8, row * 8 + 8)],
    name: text(batch, batch.nameOffset[row], batch.nameLength[row]),
    nameHash: batch.nameHash[row],
    kind: batch.kind[row],
    status: batch.status[row],
    start: [...batch.start.subarray(row * 2, row * 2 + 2)],
    duration: [...batch.duration.subarray(row * 2, row * 2 + 2)],
    hashes: sortedHashes(batch, row),
    reasons: batch.refused.filter((refused) => refused.row === row).map((refused) => refused.reason),
    resource: group(batch, 'resources', batch.resource[row] ?? 0),
    scope: group(batch, 'scopes', batch.scope[row] ?? 0),
  }
}

export function batchMeaning(batch: SpanBatch): unknown[] {
  return Array.from({ length: batch.spanCount }, (_, row) => rowMeaning(batch, row))
}
