// A head as the query thread sees it: the shared columns, and what this thread derives from them as rows arrive: bounds and
// filters of chunks of 4,096 rows, rows by trace, services and operations. Everything catches up when asked, so an unread
// head costs nothing here.

import type { SpanTest } from '@spoor/core/model/evaluate'
import { SpanDecoder } from '../../wire/otlp/decode.ts'
import type { GroupTable, SpanBatch } from '../../wire/otlp/span-batch.ts'
import {
  type AttributeLeaf,
  bind,
  type Condition,
  type FieldLeaf,
  type Leaves,
  MAYBE,
  NO,
  type RowTest,
  YES,
} from '../api/search/conditions.ts'
import type { Source } from '../api/search/merge.ts'
import {
  BatchLeaves,
  RowSource,
  type RowView,
  selectRows,
  textAt,
  type TimeRange,
  traceIdAt,
} from '../api/search/rows.ts'
import type { TraceBuilder } from '../api/search/trace-builder.ts'
import { addToFilter, filterWords, HashSet, inFilter, saltHash, SEGMENT_BITS } from './filter.ts'
import type { Head } from './head.ts'
import { type HeadCut, hiddenInHead, type Hides } from './lifecycle/tombstones.ts'

const CHUNK_ROWS = 4096
const MIXED = -1

export interface HeadSearch {
  readonly tenant: number
  readonly condition: Condition | undefined
  readonly verify: SpanTest
  readonly range: TimeRange
}

interface Chunk {
  readonly from: number
  /** Rows that maxStart covers: grows while the chunk fills. */
  to: number
  maxLow: number
  maxHigh: number
  /** Of all its rows; MIXED where they are of several. */
  tenant: number
  /** Over the hashes of its first `filtered` rows. */
  filter: Uint32Array
  filtered: number
}

export interface HeadOperation {
  readonly tenant: number
  readonly service: string
  readonly name: string
  readonly kind: number
}

export class HeadView {
  readonly head: Head
  readonly #chunks: Chunk[] = []
  readonly #batch: SpanBatch
  #decoder: SpanDecoder
  #hashes: HashSet | undefined
  /** Rows by the low half of their trace id: newest row of each slot, then older rows. */
  #slots: Int32Array = new Int32Array(0)
  #older: Int32Array = new Int32Array(0)
  #indexed = 0
  readonly #operations = new Map<string, HeadOperation>()
  readonly #operationKeys = new Map<number, number>()
  #listed = 0
  readonly #cuts: HeadCut[] = []
  #hides: Hides | undefined

  constructor(head: Head) {
    this.head = head
    this.#batch = head.batch(head.capacity.spans)
    this.#decoder = new SpanDecoder(this.#batch)
  }

  /** From now on: rows that were deleted. */
  hide(...cuts: readonly HeadCut[]): void {
    this.#cuts.push(...cuts)
    this.#hides = hiddenInHead(this.head, this.#cuts)
    this.#operations.clear()
    this.#operationKeys.clear()
    this.#listed = 0
  }

  /** Whether the row was deleted. */
  isHidden(row: number): boolean {
    return this.#hides?.(row) === true
  }

  /** Sources over the rows that are there now. */
  sources(search: HeadSearch): Source[] {
    const { condition, range } = search
    const rows = this.head.rows
    this.#catchUp(rows)
    const test = condition === undefined ? YES : bind(condition, new BatchLeaves(this.#batch))
    const sources: Source[] = []
    for (const chunk of this.#chunks) {
      if (chunk.tenant !== MIXED && chunk.tenant !== search.tenant) continue
      if (chunk.maxHigh < range.minHigh || (chunk.maxHigh === range.minHigh && chunk.maxLow < range.minLow)) continue
      const capped = chunk.maxHigh > range.maxHigh || (chunk.maxHigh === range.maxHigh && chunk.maxLow > range.maxLow)
      const options = {
        origin: this.head.id,
        boundLow: capped ? range.maxLow : chunk.maxLow,
        boundHigh: capped ? range.maxHigh : chunk.maxHigh,
        open: () => this.#open(chunk, Math.min(rows, chunk.from + CHUNK_ROWS), test, search),
      }
      sources.push(new RowSource(options))
    }
    return sources
  }

  #open(chunk: Chunk, to: number, test: RowTest, search: HeadSearch): { view: RowView; rows: Uint32Array } | undefined {
    const { head } = this
    const { condition, tenant, verify, range } = search
    if (
      condition !== undefined &&
      bind(condition, new ChunkLeaves((hashes) => this.#mayHave(chunk, to, hashes))) === NO
    )
      return undefined
    const visible = this.#hides === undefined ? test : without(this.#hides, test)
    const only: RowTest = chunk.tenant === tenant ? visible : ofTenant(head, tenant, visible)
    const view: RowView = {
      start: head.start,
      test: only,
      traceId: (row) => traceIdAt(head.ids, row * 8),
      verify: (row) => verify(this.#decoder.span(row)),
    }
    return { view, rows: selectRows(head.start, only, range, chunk.from, to) }
  }

  /** Chunk bounds over all published rows. */
  #catchUp(rows: number): void {
    const { start } = this.head
    for (let from = Math.max(0, this.#chunks.length - 1) * CHUNK_ROWS; from < rows; from += CHUNK_ROWS) {
      let chunk = this.#chunks[from / CHUNK_ROWS]
      if (chunk === undefined) {
        chunk = {
          from,
          to: from,
          maxLow: 0,
          maxHigh: 0,
          tenant: this.head.tenantOf(from),
          filter: new Uint32Array(0),
          filtered: from,
        }
        this.#chunks.push(chunk)
      }
      const end = Math.min(rows, from + CHUNK_ROWS)
      for (let row = chunk.to; row < end; row++) {
        if (this.head.tenantOf(row) !== chunk.tenant) chunk.tenant = MIXED
        const high = start[row * 2 + 1] as number
        const low = start[row * 2] as number
        if (high > chunk.maxHigh || (high === chunk.maxHigh && low > chunk.maxLow)) {
          chunk.maxHigh = high
          chunk.maxLow = low
        }
      }
      chunk.to = end
    }
  }

  /** Whether rows of the chunk may have one of the hashes. A full chunk's filter is made once, a growing one's anew. */
  #mayHave(chunk: Chunk, to: number, hashes: Uint32Array): boolean {
    if (chunk.filtered < to) this.#fill(chunk, to)
    return hashes.some((hash) => inFilter(chunk.filter, saltHash(hash, 0)))
  }

  #fill(chunk: Chunk, to: number): void {
    const { hashes, hashStart, resource, scope, resources, scopes } = this.head
    this.#hashes ??= new HashSet(1 << 14)
    const set = this.#hashes
    set.clear()
    const groups = new Set<number>()
    for (let at = hashStart[chunk.from] as number; at < (hashStart[to] as number); at++) set.add(hashes[at] as number)
    for (let row = chunk.from; row < to; row++) {
      groups.add((resource[row] as number) * 2)
      groups.add((scope[row] as number) * 2 + 1)
    }
    for (const group of groups) addGroup((group & 1) === 0 ? resources : scopes, group >> 1, set)
    const filter = new Uint32Array(filterWords(set.count, SEGMENT_BITS))
    for (const hash of set.values()) addToFilter(filter, saltHash(hash, 0))
    chunk.filter = filter
    chunk.filtered = to
  }

  /** Rows of traces whose low 64 bits are these words; the caller checks tenant and the whole id. */
  rowsOfTrace(word2: number, word3: number): number[] {
    const { ids } = this.head
    this.#index()
    const found: number[] = []
    if (this.#slots.length === 0) return found
    for (
      let row = this.#slots[slotOf(word2, word3, this.#slots.length)] as number;
      row >= 0;
      row = this.#older[row] as number
    ) {
      if (ids[row * 8 + 2] === word2 && ids[row * 8 + 3] === word3 && this.#hides?.(row) !== true) found.push(row)
    }
    return found.reverse()
  }

  #index(): void {
    const { head } = this
    const rows = head.rows
    if (this.#slots.length === 0 && rows > 0) {
      let size = 1024
      while (size < head.capacity.spans) size *= 2
      this.#slots = new Int32Array(size).fill(-1)
      this.#older = new Int32Array(head.capacity.spans)
    }
    for (let row = this.#indexed; row < rows; row++) {
      const slot = slotOf(head.ids[row * 8 + 2] as number, head.ids[row * 8 + 3] as number, this.#slots.length)
      this.#older[row] = this.#slots[slot] as number
      this.#slots[slot] = row
    }
    this.#indexed = rows
  }

  /** Adds a row's Span message, with its resource and scope, to a trace. */
  addTo(builder: TraceBuilder, row: number): void {
    const { head } = this
    const at = head.offset[row] as number
    const group = (table: GroupTable, i: number): { message: Uint8Array; schema: Uint8Array } => ({
      message: cut(head.bytes, table.offset[i] as number, table.length[i] as number),
      schema: cut(head.bytes, table.schemaOffset[i] as number, table.schemaLength[i] as number),
    })
    const span = cut(head.bytes, at, head.length[row] as number)
    builder.add(
      group(head.resources, head.resource[row] as number),
      group(head.scopes, head.scope[row] as number),
      span,
    )
  }

  /** Distinct (tenant, service, name, kind) of the rows that are there now. */
  operations(): Iterable<HeadOperation> {
    const { head } = this
    const rows = head.rows
    for (let row = this.#listed; row < rows; row++) {
      if (this.#hides?.(row) === true) continue
      const resource = head.resource[row] as number
      // Equal numbers of different names only cost the look below; a row like the last one of its number is known.
      const key =
        (resource * 0x4000_0000 + ((head.nameHash[row] as number) >>> 2)) * 4 + ((head.kind[row] as number) & 3)
      const before = this.#operationKeys.get(key)
      if (before !== undefined && this.#sameOperation(before, row)) continue
      this.#operationKeys.set(key, row)
      this.#list(row)
    }
    this.#listed = rows
    return this.#operations.values()
  }

  #sameOperation(a: number, b: number): boolean {
    const { head } = this
    const length = head.nameLength[a] as number
    if (head.kind[a] !== head.kind[b] || length !== head.nameLength[b] || head.resource[a] !== head.resource[b])
      return false
    const x = head.nameOffset[a] as number
    const y = head.nameOffset[b] as number
    return head.bytes.compare(head.bytes, y, y + length, x, x + length) === 0
  }

  #list(row: number): void {
    const { head } = this
    const resource = head.resource[row] as number
    const { nameOffset, nameLength } = head.resources
    const tenant = head.tenantOf(row)
    const service = textAt(head.bytes, nameOffset[resource] as number, nameLength[resource] as number)
    const name = textAt(head.bytes, head.nameOffset[row] as number, head.nameLength[row] as number)
    const kind = head.kind[row] as number
    this.#operations.set(JSON.stringify([tenant, service, name, kind]), { tenant, service, name, kind })
  }
}

function cut(bytes: Uint8Array, at: number, length: number): Uint8Array {
  return bytes.subarray(at, at + length)
}

function without(hides: Hides, test: RowTest): RowTest {
  return (row) => (hides(row) ? NO : typeof test === 'number' ? test : test(row))
}

function ofTenant(head: Head, tenant: number, test: RowTest): RowTest {
  return (row) => (head.tenantOf(row) !== tenant ? NO : typeof test === 'number' ? test : test(row))
}

function addGroup(table: GroupTable, i: number, set: HashSet): void {
  for (let at = table.hashStart[i] as number; at < (table.hashStart[i + 1] as number); at++)
    set.add(table.hashes[at] as number)
}

function slotOf(word2: number, word3: number, size: number): number {
  let mixed = Math.imul(word2 ^ Math.imul(word3, 0x85ebca77), 0x9e3779b1)
  mixed ^= mixed >>> 15
  return mixed & (size - 1)
}

/** Over a chunk of rows: only its filter is asked. */
class ChunkLeaves implements Leaves {
  readonly #mayHave: (hashes: Uint32Array) => boolean

  constructor(mayHave: (hashes: Uint32Array) => boolean) {
    this.#mayHave = mayHave
  }

  field(_leaf: FieldLeaf): RowTest {
    return MAYBE
  }

  attribute(leaf: AttributeLeaf): RowTest {
    return leaf.virtual === undefined && !this.#mayHave(leaf.hashes) ? NO : MAYBE
  }
}
