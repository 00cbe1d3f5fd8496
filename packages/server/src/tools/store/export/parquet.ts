// Spans as a Parquet file, a row a span (docs/parquet.md has the columns). Row groups are written one after the other, so
// memory is that of one. The library is loaded only here.

import { zstdCompressSync } from 'node:zlib'
import { ByteWriter, ParquetWriter } from 'hyparquet-writer'
import { decodeTraces } from '../../../wire/otlp/decode.ts'
import type { SpanSink, WriteBytes } from './export.ts'
import { COLUMNS, type Row, type SchemaElement } from './parquet-columns.ts'

const GROUP_ROWS = 10_000

export function parquetSink(write: WriteBytes): SpanSink {
  const bytes = new ByteWriter()
  const schema: SchemaElement[] = [
    { name: 'spans', num_children: COLUMNS.length },
    ...COLUMNS.flatMap(({ schema: elements }) => [...elements]),
  ]
  const parquet = new ParquetWriter({
    writer: bytes,
    schema,
    codec: 'ZSTD',
    compressors: { ZSTD: (raw) => new Uint8Array(zstdCompressSync(raw)) },
    createdBy: 'spoor',
  })
  let rows: Row[] = []
  const flush = async (): Promise<void> => {
    if (rows.length > 0) await parquet.write({ columnData: columnsOf(rows), rowGroupSize: rows.length })
    rows = []
    await drain()
  }
  /** Gives on what the library has made; positions go on counting. */
  const drain = async (): Promise<void> => {
    const made = bytes.getBytes().slice()
    bytes.index = 0
    if (made.length > 0) await write(made)
  }
  return {
    async write({ tenant, bytes: message }): Promise<void> {
      for (const span of decodeTraces(message)) rows.push({ tenant, span })
      if (rows.length >= GROUP_ROWS) await flush()
    },
    async end(): Promise<void> {
      await flush()
      await parquet.finish()
      await drain()
    },
  }
}

/** Without indexes of pages: a column of a row group is a page or two, and they would stay in memory until the end. */
function columnsOf(rows: readonly Row[]): { name: string; data: unknown[]; offsetIndex: boolean }[] {
  return COLUMNS.map(({ name, value }) => ({ name, data: rows.map(value), offsetIndex: false }))
}
