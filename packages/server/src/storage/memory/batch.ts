// A batch held in memory: its bytes and columns, which of its rows are still there, and how it is searched.

import type { SpanTest } from '@spoor/core/model/evaluate'
import type { Span } from '@spoor/core/model/span'
import { SpanDecoder } from '../../wire/otlp/decode.ts'
import { type GroupTable, ROW_IRREGULAR, ROW_REFUSED, type SpanBatch } from '../../wire/otlp/span-batch.ts'
import { MinuteClock, MINUTES_AN_HOUR } from '../api/links/minutes.ts'
import { RowErrors } from '../api/links/row-errors.ts'
import { type CallRow, readCallRow } from '../api/links/trace-calls.ts'
import { bind, type Condition, NO, type RowTest, YES } from '../api/search/conditions.ts'
import { joinWords, type Source } from '../api/search/merge.ts'
import { BatchLeaves, RowSource, selectRows, textAt, type TimeRange, traceIdAt, within } from '../api/search/rows.ts'
import type { GroupBytes, TraceBuilder } from '../api/search/trace-builder.ts'

/** Bytes of columns a span has, beside its hashes. */
const COLUMN_BYTES = 80

export interface MemorySearch {
  readonly condition: Condition | undefined
  readonly verify: SpanTest
  readonly range: TimeRange
}

export interface BatchOperation {
  readonly service: string
  readonly name: string
  readonly kind: number
}

export class HeldBatch {
  readonly #batch: SpanBatch
  /** 1 where the row's trace has gone or the row was refused. */
  readonly #dead: Uint8Array
  readonly #newest: number
  /** What it takes of the ring's bytes. */
  readonly bytes: number
  readonly traces: Map<string, number[]> = new Map()
  readonly operations: Map<string, BatchOperation> = new Map()
  liveTraces: number = 0
  #errors: RowErrors | undefined
  #decoder: SpanDecoder | undefined

  constructor(batch: SpanBatch) {
    this.#batch = batch
    this.#dead = new Uint8Array(batch.spanCount)
    this.bytes = batch.bytes.length + batch.spanCount * COLUMN_BYTES + batch.hashes.length * 4
    let newest = 0
    for (let row = 0; row < batch.spanCount; row++) {
      if (((batch.rowFlags[row] as number) & ROW_REFUSED) !== 0) {
        this.#dead[row] = 1
        continue
      }
      this.#list(row)
      if (isNewer(batch.start, row, newest) || this.#dead[newest] === 1) newest = row
    }
    this.#newest = newest
  }

  #list(row: number): void {
    const { bytes, resources, resource, ids, nameOffset, nameLength } = this.#batch
    const traceId = traceIdAt(ids, row * 8)
    const rows = this.traces.get(traceId)
    if (rows === undefined) this.traces.set(traceId, [row])
    else rows.push(row)
    const group = resource[row] as number
    const service = textAt(bytes, resources.nameOffset[group] as number, resources.nameLength[group] as number)
    const name = textAt(bytes, nameOffset[row] as number, nameLength[row] as number)
    const kind = this.#batch.kind[row] as number
    this.operations.set(JSON.stringify([service, name, kind]), { service, name, kind })
  }

  /** Which of these rows are of a service and start in the range. */
  ofService(rows: readonly number[], service: string, range: TimeRange): number[] {
    const { bytes, resources, resource, start } = this.#batch
    return rows.filter((row) => {
      const group = resource[row] as number
      const name = textAt(bytes, resources.nameOffset[group] as number, resources.nameLength[group] as number)
      return name === service && within(start, row, range)
    })
  }

  kill(rows: readonly number[]): void {
    for (const row of rows) this.#dead[row] = 1
  }

  /** undefined where all its rows start before the time range. */
  source(search: MemorySearch): Source | undefined {
    const { range } = search
    const { start } = this.#batch
    const low = start[this.#newest * 2] as number
    const high = start[this.#newest * 2 + 1] as number
    if (high < range.minHigh || (high === range.minHigh && low < range.minLow)) return undefined
    const capped = high > range.maxHigh || (high === range.maxHigh && low > range.maxLow)
    return new RowSource({
      origin: 0,
      boundLow: capped ? range.maxLow : low,
      boundHigh: capped ? range.maxHigh : high,
      open: () => this.#open(search),
    })
  }

  #open({ condition, verify, range }: MemorySearch): ReturnType<ConstructorParameters<typeof RowSource>[0]['open']> {
    const batch = this.#batch
    const dead = this.#dead
    const bound: RowTest = condition === undefined ? YES : bind(condition, new BatchLeaves(batch))
    const test: RowTest = (row) => (dead[row] === 1 ? NO : typeof bound === 'number' ? bound : bound(row))
    const decoder = new SpanDecoder(batch)
    return {
      view: {
        start: batch.start,
        test,
        traceId: (row) => traceIdAt(batch.ids, row * 8),
        verify: (row) => verify(decoder.span(row)),
      },
      rows: selectRows(batch.start, test, range, 0, batch.spanCount),
    }
  }

  /** Whether a row matches; the last word is the evaluator's. */
  matcher({ condition, verify, range }: MemorySearch): (row: number) => boolean {
    const batch = this.#batch
    const test: RowTest = condition === undefined ? YES : bind(condition, new BatchLeaves(batch))
    return (row) => {
      if (this.#dead[row] === 1 || !within(batch.start, row, range)) return false
      const verdict = typeof test === 'number' ? test : test(row)
      return verdict === YES || (verdict !== NO && verify(this.span(row)))
    }
  }

  span(row: number): Span {
    this.#decoder ??= new SpanDecoder(this.#batch)
    return this.#decoder.span(row)
  }

  startNs(row: number): bigint {
    const { start } = this.#batch
    return joinWords(start[row * 2] as number, start[row * 2 + 1] as number)
  }

  /** Ids as numbers; a parent of 0 is none. */
  idsOf(row: number): {
    readonly id: bigint
    readonly parent: bigint
    readonly durationNs: bigint
    readonly isRegular: boolean
  } {
    const { ids, duration, rowFlags } = this.#batch
    const at = row * 8
    return {
      id: joinWords(ids[at + 4] as number, ids[at + 5] as number),
      parent: joinWords(ids[at + 6] as number, ids[at + 7] as number),
      durationNs: joinWords(duration[row * 2] as number, duration[row * 2 + 1] as number),
      isRegular: ((rowFlags[row] as number) & ROW_IRREGULAR) === 0,
    }
  }

  /** The span id's eight bytes. */
  idBytes(row: number): Uint8Array {
    const { ids } = this.#batch
    const bytes = new Uint8Array(8)
    const view = new DataView(bytes.buffer)
    view.setUint32(0, ids[row * 8 + 4] as number, true)
    view.setUint32(4, ids[row * 8 + 5] as number, true)
    return bytes
  }

  nameOf(row: number): string {
    const { bytes, nameOffset, nameLength } = this.#batch
    return textAt(bytes, nameOffset[row] as number, nameLength[row] as number)
  }

  serviceOf(row: number): string {
    const { bytes, resources, resource } = this.#batch
    const group = resource[row] as number
    return textAt(bytes, resources.nameOffset[group] as number, resources.nameLength[group] as number)
  }

  /** Fills in all but the service. */
  readCallRow(row: number, into: CallRow): void {
    readCallRow(this.#batch, row, into)
  }

  isError(row: number): boolean {
    this.#errors ??= new RowErrors(this.#batch)
    return this.#errors.isError(row)
  }

  /** Unix hour of the row's start. */
  hourOf(row: number): number {
    const { start } = this.#batch
    const minute = new MinuteClock().minute(start[row * 2] as number, start[row * 2 + 1] as number)
    return Math.floor(minute / MINUTES_AN_HOUR)
  }

  addTo(builder: TraceBuilder, row: number): void {
    const { bytes, offset, length, resource, scope, resources, scopes } = this.#batch
    const at = offset[row] as number
    const span = bytes.subarray(at, at + (length[row] as number))
    builder.add(
      groupBytes(bytes, resources, resource[row] as number),
      groupBytes(bytes, scopes, scope[row] as number),
      span,
    )
  }
}

function groupBytes(bytes: Uint8Array, table: GroupTable, i: number): GroupBytes {
  const at = table.offset[i] as number
  const schemaAt = table.schemaOffset[i] as number
  return {
    message: bytes.subarray(at, at + (table.length[i] as number)),
    schema: bytes.subarray(schemaAt, schemaAt + (table.schemaLength[i] as number)),
  }
}

function isNewer(start: Uint32Array, a: number, b: number): boolean {
  const high = (start[a * 2 + 1] as number) - (start[b * 2 + 1] as number)
  return high > 0 || (high === 0 && (start[a * 2] as number) > (start[b * 2] as number))
}
