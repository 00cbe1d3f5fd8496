// The head: spans that are not sealed yet, in memory that all threads share. One thread appends (head-writer.ts) and
// publishes the row count; the others read rows below that count and nothing else. Columns are those of a SpanBatch, over
// the whole head, so that everything that reads batches reads heads. The arena holds the spool's records as on disk.

import { Buffer } from 'node:buffer'
import type { GroupTable, SpanBatch } from '../../wire/otlp/span-batch.ts'

/** Row flag beside those of span-batch.ts: the span starts over 24 h before or after it arrived. */
export const ROW_STRAY = 4

export interface HeadCapacity {
  readonly spans: number
  readonly bytes: number
}

/** What crosses between threads: a message names the head and carries its memory. */
export interface HeadBuffers {
  readonly id: number
  readonly capacity: HeadCapacity
  readonly arena: SharedArrayBuffer
  readonly columns: SharedArrayBuffer
}

/** Columns of distinct resources or scopes; `tenant` is an index into the head's tenants. */
export interface HeadGroups extends GroupTable {
  readonly tenant: Uint32Array
  readonly capacity: number
}

export interface HeadTenants {
  readonly capacity: number
  readonly offset: Uint32Array
  readonly length: Uint32Array
}

const CONTROL_ROWS = 0
const CONTROL_TENANTS = 1
const CONTROL_WORDS = 4
const HASHES_PER_SPAN = 40
const HASHES_PER_GROUP = 24

export class Head {
  readonly id: number
  readonly capacity: HeadCapacity
  readonly buffers: HeadBuffers
  readonly bytes: Buffer
  readonly hashCapacity: number
  readonly offset: Uint32Array
  readonly length: Uint32Array
  readonly resource: Uint32Array
  readonly scope: Uint32Array
  readonly ids: Uint32Array
  readonly nameOffset: Uint32Array
  readonly nameLength: Uint32Array
  readonly nameHash: Uint32Array
  readonly kind: Uint8Array
  readonly status: Uint8Array
  readonly rowFlags: Uint8Array
  readonly start: Uint32Array
  readonly duration: Uint32Array
  readonly hashes: Uint32Array
  readonly hashStart: Uint32Array
  readonly resources: HeadGroups
  readonly scopes: HeadGroups
  readonly tenants: HeadTenants
  readonly #control: Int32Array

  constructor(buffers: HeadBuffers) {
    this.id = buffers.id
    this.capacity = buffers.capacity
    this.buffers = buffers
    this.bytes = Buffer.from(buffers.arena)
    const spans = buffers.capacity.spans
    const groups = groupCapacity(spans)
    const columns = new ColumnCursor(buffers.columns)
    this.#control = columns.signed(CONTROL_WORDS)
    this.hashCapacity = hashCapacity(spans)
    this.start = columns.words(spans * 2)
    this.duration = columns.words(spans * 2)
    this.ids = columns.words(spans * 8)
    this.offset = columns.words(spans)
    this.length = columns.words(spans)
    this.resource = columns.words(spans)
    this.scope = columns.words(spans)
    this.nameOffset = columns.words(spans)
    this.nameLength = columns.words(spans)
    this.nameHash = columns.words(spans)
    this.hashStart = columns.words(spans + 1)
    this.hashes = columns.words(this.hashCapacity)
    this.resources = columns.groups(groups)
    this.scopes = columns.groups(groups)
    this.tenants = { capacity: groups, offset: columns.words(groups), length: columns.words(groups) }
    this.kind = columns.octets(spans)
    this.status = columns.octets(spans)
    this.rowFlags = columns.octets(spans)
  }

  /** Rows that may be read. */
  get rows(): number {
    return Atomics.load(this.#control, CONTROL_ROWS)
  }

  /** Makes everything that was written before visible up to `rows`. */
  publish(rows: number, tenants: number): void {
    Atomics.store(this.#control, CONTROL_TENANTS, tenants)
    Atomics.store(this.#control, CONTROL_ROWS, rows)
  }

  /** Of the arena, by the rows that may be read. */
  get usedBytes(): number {
    const last = this.rows - 1
    return last < 0 ? 0 : (this.offset[last] ?? 0) + (this.length[last] ?? 0)
  }

  get tenantCount(): number {
    return Atomics.load(this.#control, CONTROL_TENANTS)
  }

  tenantName(tenant: number): string {
    const at = this.tenants.offset[tenant] ?? 0
    return this.bytes.toString('utf8', at, at + (this.tenants.length[tenant] ?? 0))
  }

  /** Index of a tenant, or -1 where none of its spans are here. */
  tenantIndex(name: string): number {
    const count = this.tenantCount
    for (let i = 0; i < count; i++) if (this.tenantName(i) === name) return i
    return -1
  }

  tenantOf(row: number): number {
    return this.resources.tenant[this.resource[row] ?? 0] ?? 0
  }

  /** The first `rows` rows as a batch (of all tenants). */
  batch(rows: number): SpanBatch {
    const { bytes, offset, length, resource, scope, ids, nameOffset, nameLength, nameHash, kind, status, rowFlags } =
      this
    const { start, duration, hashes, hashStart, resources, scopes } = this
    return {
      tenant: '',
      bytes,
      spanCount: rows,
      refused: [],
      offset,
      length,
      resource,
      scope,
      ids,
      nameOffset,
      nameLength,
      nameHash,
      kind,
      status,
      rowFlags,
      start,
      duration,
      hashes,
      hashStart,
      resources,
      scopes,
    }
  }
}

function groupCapacity(spans: number): number {
  return Math.max(512, spans >> 3)
}

function hashCapacity(spans: number): number {
  return Math.max(4096, spans * HASHES_PER_SPAN)
}

/** Memory for one head. Pages are touched, and so cost memory, only as rows fill them. */
export function allocateHead(id: number, capacity: HeadCapacity): HeadBuffers {
  const groups = groupCapacity(capacity.spans)
  const perGroup = 9 + HASHES_PER_GROUP
  const words =
    CONTROL_WORDS + capacity.spans * 20 + 1 + hashCapacity(capacity.spans) + (groups * perGroup + 1) * 2 + groups * 2
  const octets = capacity.spans * 3
  return {
    id,
    capacity,
    arena: new SharedArrayBuffer(capacity.bytes),
    columns: new SharedArrayBuffer(words * 4 + octets + 8),
  }
}

/** Cuts columns out of one buffer, in a fixed order. */
class ColumnCursor {
  readonly #buffer: SharedArrayBuffer
  #at = 0

  constructor(buffer: SharedArrayBuffer) {
    this.#buffer = buffer
  }

  #take(bytes: number): number {
    const at = this.#at
    this.#at += bytes
    return at
  }

  signed(count: number): Int32Array {
    return new Int32Array(this.#buffer, this.#take(count * 4), count)
  }

  words(count: number): Uint32Array {
    return new Uint32Array(this.#buffer, this.#take(count * 4), count)
  }

  octets(count: number): Uint8Array {
    return new Uint8Array(this.#buffer, this.#take(count), count)
  }

  groups(capacity: number): HeadGroups {
    return {
      count: capacity,
      capacity,
      tenant: this.words(capacity),
      offset: this.words(capacity),
      length: this.words(capacity),
      schemaOffset: this.words(capacity),
      schemaLength: this.words(capacity),
      nameOffset: this.words(capacity),
      nameLength: this.words(capacity),
      nameHash: this.words(capacity),
      hashes: this.words(capacity * HASHES_PER_GROUP),
      hashStart: this.words(capacity + 1),
    }
  }
}
