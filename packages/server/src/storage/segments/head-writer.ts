// Appends batches to a head: bytes once into the arena, framed as the spool wants them, columns with their offsets moved.
// Nothing is visible before publish(); what was appended and not published can be taken back. Runs on the ingest thread.

import { Buffer } from 'node:buffer'
import { RECORD_CRC_AT, RECORD_HEADER_BYTES, SIGNAL_SPANS, writeRecordHeader } from '../../pipeline/spool/format.ts'
import { type GroupTable, ROW_REFUSED, type SpanBatch } from '../../wire/otlp/span-batch.ts'
import { type Head, type HeadGroups, ROW_STRAY } from './head.ts'

/** Where the head ends. */
interface Position {
  rows: number
  bytes: number
  hashes: number
  resources: number
  scopes: number
  tenants: number
  record: number
}

export interface Appended {
  /** The framed record in the arena. */
  readonly record: Uint8Array
  readonly number: number
  /** Of the tenant's name and the batch's bytes. */
  readonly crc: number
  readonly stored: number
  /** To be passed to publish() once the record is safe. */
  readonly end: Readonly<Position>
}

const DAY_NS = 86_400n * 1_000_000_000n

export class HeadWriter {
  readonly head: Head
  readonly #resources: GroupWriter
  readonly #scopes: GroupWriter
  readonly #tenants = new Map<string, number>()
  #end: Position
  #published: Position
  /** Unix milliseconds of the first and last batch. */
  minArrivalMs: number = Number.POSITIVE_INFINITY
  maxArrivalMs = 0

  /** `record` is the number of the next record (not 0 after a replay only if records were missing). */
  constructor(head: Head) {
    this.head = head
    this.#resources = new GroupWriter(head.resources, head.bytes)
    this.#scopes = new GroupWriter(head.scopes, head.bytes)
    this.#end = { rows: 0, bytes: 0, hashes: 0, resources: 0, scopes: 0, tenants: 0, record: 0 }
    this.#published = { ...this.#end }
    head.publish(0, 0)
  }

  get empty(): boolean {
    return this.#end.bytes === 0
  }

  get rows(): number {
    return this.#end.rows
  }

  get bytes(): number {
    return this.#end.bytes
  }

  /** Rows and records that are published. */
  get published(): { readonly rows: number; readonly record: number } {
    return this.#published
  }

  /** Skips record numbers that were lost, so that numbers on disk never repeat. */
  skipTo(record: number): void {
    this.#end.record = Math.max(this.#end.record, record)
  }

  /** undefined where the batch does not fit any more. `stray`: whether its rows are; told by their start where not given. */
  append(batch: SpanBatch, arrivalMs: number, stray?: boolean): Appended | undefined {
    const tenantBytes = Buffer.byteLength(batch.tenant)
    if (!this.#fits(batch, tenantBytes)) return undefined
    const { head } = this
    const at = this.#end.bytes
    const base = at + RECORD_HEADER_BYTES + tenantBytes
    head.bytes.write(batch.tenant, at + RECORD_HEADER_BYTES, 'utf8')
    head.bytes.set(batch.bytes, base)
    const number = this.#end.record
    writeRecordHeader(head.bytes, at, tenantBytes, batch.bytes.length, {
      record: number,
      signal: SIGNAL_SPANS,
      arrivalMs,
    })
    const tenant = this.#tenant(batch.tenant, at + RECORD_HEADER_BYTES, tenantBytes)
    const resources = this.#resources.add(batch.resources, batch.bytes, base, tenant)
    const scopes = this.#scopes.add(batch.scopes, batch.bytes, base, tenant)
    const first = this.#end.rows
    if (batch.refused.length === 0) this.#copyAll(batch, base, resources, scopes)
    else this.#copyKept(batch, base, resources, scopes)
    if (stray === undefined) this.#markStray(first, arrivalMs)
    else if (stray) for (let row = first; row < this.#end.rows; row++) this.#setStray(row)
    this.#end.bytes = base + batch.bytes.length
    this.#end.record = number + 1
    this.#end.resources = this.#resources.count
    this.#end.scopes = this.#scopes.count
    this.minArrivalMs = Math.min(this.minArrivalMs, arrivalMs)
    this.maxArrivalMs = Math.max(this.maxArrivalMs, arrivalMs)
    const record = head.bytes.subarray(at, this.#end.bytes)
    const crc = head.bytes.readUInt32LE(at + RECORD_CRC_AT)
    return { record, number, crc, stored: this.#end.rows - first, end: { ...this.#end } }
  }

  publish(end: Readonly<Position>): void {
    this.#published = { ...end }
    this.head.publish(end.rows, end.tenants)
  }

  /** Takes back everything that is not published. */
  rollback(): void {
    this.#end = { ...this.#published }
    this.#resources.cutTo(this.#end.resources)
    this.#scopes.cutTo(this.#end.scopes)
    for (const [name, index] of this.#tenants) if (index >= this.#end.tenants) this.#tenants.delete(name)
  }

  #fits(batch: SpanBatch, tenantBytes: number): boolean {
    const { head } = this
    const end = this.#end
    return (
      end.rows + batch.spanCount <= head.capacity.spans &&
      end.bytes + RECORD_HEADER_BYTES + tenantBytes + batch.bytes.length <= head.capacity.bytes &&
      end.hashes + (batch.hashStart[batch.spanCount] ?? 0) <= head.hashCapacity &&
      end.tenants < head.tenants.capacity &&
      this.#resources.fits(batch.resources) &&
      this.#scopes.fits(batch.scopes)
    )
  }

  #tenant(name: string, at: number, length: number): number {
    const known = this.#tenants.get(name)
    if (known !== undefined) return known
    const index = this.#end.tenants++
    this.head.tenants.offset[index] = at
    this.head.tenants.length[index] = length
    this.#tenants.set(name, index)
    return index
  }

  #copyAll(batch: SpanBatch, base: number, resources: Uint32Array, scopes: Uint32Array): void {
    const { head } = this
    const { rows, hashes } = this.#end
    const count = batch.spanCount
    put(head.ids, batch.ids, count * 8, rows * 8)
    put(head.start, batch.start, count * 2, rows * 2)
    put(head.duration, batch.duration, count * 2, rows * 2)
    put(head.length, batch.length, count, rows)
    put(head.nameLength, batch.nameLength, count, rows)
    put(head.nameHash, batch.nameHash, count, rows)
    put(head.kind, batch.kind, count, rows)
    put(head.status, batch.status, count, rows)
    put(head.rowFlags, batch.rowFlags, count, rows)
    const hashCount = batch.hashStart[count] ?? 0
    put(head.hashes, batch.hashes, hashCount, hashes)
    for (let i = 0; i < count; i++) {
      const row = rows + i
      head.offset[row] = (batch.offset[i] as number) + base
      head.nameOffset[row] = (batch.nameOffset[i] as number) + base
      head.resource[row] = resources[batch.resource[i] as number] as number
      head.scope[row] = scopes[batch.scope[i] as number] as number
      head.hashStart[row + 1] = hashes + (batch.hashStart[i + 1] as number)
    }
    this.#end.rows = rows + count
    this.#end.hashes = hashes + hashCount
  }

  /** The slow way for batches with refused rows: they stay in the bytes and get no row. */
  #copyKept(batch: SpanBatch, base: number, resources: Uint32Array, scopes: Uint32Array): void {
    const { head } = this
    for (let i = 0; i < batch.spanCount; i++) {
      if (((batch.rowFlags[i] as number) & ROW_REFUSED) !== 0) continue
      const row = this.#end.rows++
      const from = batch.hashStart[i] as number
      const to = batch.hashStart[i + 1] as number
      head.ids.set(batch.ids.subarray(i * 8, i * 8 + 8), row * 8)
      head.start.set(batch.start.subarray(i * 2, i * 2 + 2), row * 2)
      head.duration.set(batch.duration.subarray(i * 2, i * 2 + 2), row * 2)
      head.offset[row] = (batch.offset[i] as number) + base
      head.length[row] = batch.length[i] as number
      head.nameOffset[row] = (batch.nameOffset[i] as number) + base
      head.nameLength[row] = batch.nameLength[i] as number
      head.nameHash[row] = batch.nameHash[i] as number
      head.kind[row] = batch.kind[i] as number
      head.status[row] = batch.status[i] as number
      head.rowFlags[row] = batch.rowFlags[i] as number
      head.resource[row] = resources[batch.resource[i] as number] as number
      head.scope[row] = scopes[batch.scope[i] as number] as number
      head.hashes.set(batch.hashes.subarray(from, to), this.#end.hashes)
      this.#end.hashes += to - from
      head.hashStart[row + 1] = this.#end.hashes
    }
  }

  #markStray(first: number, arrivalMs: number): void {
    const arrival = BigInt(Math.trunc(arrivalMs)) * 1_000_000n
    // The high words alone decide for all but the spans within 4.3 s of a bound, and those may fall on either side.
    const low = Number((arrival - DAY_NS) >> 32n)
    const high = Number((arrival + DAY_NS) >> 32n)
    const { start } = this.head
    for (let row = first; row < this.#end.rows; row++) {
      const word = start[row * 2 + 1] as number
      if (word < low || word > high) this.#setStray(row)
    }
  }

  #setStray(row: number): void {
    const { rowFlags } = this.head
    rowFlags[row] = (rowFlags[row] as number) | ROW_STRAY
  }
}

/** The first `count` values of a column to `target[at]`. Mostly these are the whole column, and no view is made. */
function put<T extends Uint32Array | Uint8Array>(target: T, column: T, count: number, at: number): void {
  target.set(column.length === count ? column : column.subarray(0, count), at)
}

/** Keeps one entry for each distinct (tenant, bytes, schema URL). */
class GroupWriter {
  readonly #table: HeadGroups
  readonly #arena: Buffer
  readonly #known = new Map<number, number[]>()
  readonly #keys: number[] = []
  count = 0

  constructor(table: HeadGroups, arena: Buffer) {
    this.#table = table
    this.#arena = arena
  }

  fits(groups: GroupTable): boolean {
    const hashes = groups.hashStart[groups.count] ?? 0
    const used = this.#table.hashStart[this.count] ?? 0
    return this.count + groups.count <= this.#table.capacity && used + hashes <= this.#table.hashes.length
  }

  /** Index in the head's table for each of the batch's entries. */
  add(groups: GroupTable, bytes: Uint8Array, base: number, tenant: number): Uint32Array {
    const indexes = new Uint32Array(groups.count)
    for (let i = 0; i < groups.count; i++)
      indexes[i] = this.#find(groups, i, bytes, tenant) ?? this.#insert(groups, i, base, tenant)
    return indexes
  }

  cutTo(count: number): void {
    while (this.count > count) {
      this.count--
      this.#known.get(this.#keys.pop() ?? 0)?.pop()
    }
  }

  #find(groups: GroupTable, i: number, bytes: Uint8Array, tenant: number): number | undefined {
    const table = this.#table
    for (const index of this.#known.get(groupKey(groups, i, tenant)) ?? []) {
      if (
        table.tenant[index] === tenant &&
        this.#same(table.offset[index], table.length[index], bytes, groups.offset[i], groups.length[i]) &&
        this.#same(
          table.schemaOffset[index],
          table.schemaLength[index],
          bytes,
          groups.schemaOffset[i],
          groups.schemaLength[i],
        )
      ) {
        return index
      }
    }
    return undefined
  }

  #same(at = 0, length = 0, bytes: Uint8Array = this.#arena, otherAt = 0, otherLength = 0): boolean {
    if (length !== otherLength) return false
    return length === 0 || this.#arena.compare(bytes, otherAt, otherAt + length, at, at + length) === 0
  }

  #insert(groups: GroupTable, i: number, base: number, tenant: number): number {
    const table = this.#table
    const index = this.count++
    table.tenant[index] = tenant
    table.offset[index] = (groups.offset[i] as number) + base
    table.length[index] = groups.length[i] as number
    table.schemaOffset[index] = (groups.schemaOffset[i] as number) + base
    table.schemaLength[index] = groups.schemaLength[i] as number
    table.nameOffset[index] = (groups.nameOffset[i] as number) + base
    table.nameLength[index] = groups.nameLength[i] as number
    table.nameHash[index] = groups.nameHash[i] as number
    const hashAt = table.hashStart[index] as number
    const hashes = groups.hashes.subarray(groups.hashStart[i], groups.hashStart[i + 1])
    table.hashes.set(hashes, hashAt)
    table.hashStart[index + 1] = hashAt + hashes.length
    const key = groupKey(groups, i, tenant)
    this.#keys.push(key)
    const known = this.#known.get(key)
    if (known === undefined) this.#known.set(key, [index])
    else known.push(index)
    return index
  }
}

function groupKey(groups: GroupTable, i: number, tenant: number): number {
  let key = (groups.nameHash[i] as number) ^ Math.imul(tenant + 1, 0x9e3779b1) ^ (groups.length[i] as number)
  const end = groups.hashStart[i + 1] as number
  for (let at = groups.hashStart[i] as number; at < end; at++)
    key = Math.imul(key ^ (groups.hashes[at] as number), 0x85ebca77)
  return key >>> 0
}
