// The scanner: a request's bytes to SpanBatch columns, on the hot path of every receiver. It walks the outer messages
// twice (count, then place), then reads each span once. It must never build an object for a span or trust a length.

import { SpoorError } from '@spoor/core/base/errors'
import { ColumnMemory } from './column-memory.ts'
import { allocateGroups, allocateRows, type GroupColumns, type RowColumns } from './columns.ts'
import { decodeKeyValue } from './decode-attributes.ts'
import * as field from './fields.ts'
import { mergeGroups } from './merge-groups.ts'
import { SpanScan } from './scan-span.ts'
import type { SpanBatch } from './span-batch.ts'

// Local names: the compiler folds a module's own constants, but loads those of another module each time.
const {
  KEY_VALUE_DEPTH,
  RESOURCE,
  RESOURCE_ATTRIBUTE,
  RESOURCE_SPANS,
  SCHEMA_URL,
  SCOPE,
  SCOPE_ATTRIBUTE,
  SCOPE_NAME,
  SCOPE_SPANS,
  SPAN,
  VALUE,
  VALUE_STRING,
} = field

/** Most spans, and most ResourceSpans or ScopeSpans messages, in one request: bounds what two-byte messages cost. */
export const MAX_MESSAGES = 262_144

const REQUEST_DEPTH = 0
const RESOURCE_SPANS_DEPTH = 1
const SCOPE_SPANS_DEPTH = 2
const GROUP_DEPTH = 3
const SERVICE_NAME = 'service.name'
const SERVICE_NAME_BYTES = new TextEncoder().encode(SERVICE_NAME)
/** Bytes of OTLP a hash: a first guess of how much room the hashes need. */
const BYTES_A_HASH = 16

export interface ScanOptions {
  readonly tenant?: string
  /** Where the columns lie; the batch ends with its reset. Absent: memory of their own. */
  readonly memory?: ColumnMemory
}

/** Where the outer messages are placed; undefined while they are counted. */
interface Layout {
  readonly rows: RowColumns
  readonly resources: GroupColumns
  readonly scopes: GroupColumns
}

class Scan extends SpanScan {
  layout: Layout | undefined
  rowCount = 0
  resourceCount = 0
  scopeCount = 0
  /** A Resource or Scope stands twice in one message: they are to be merged before anything else. */
  repeatedGroup = false

  walk(): void {
    this.rowCount = 0
    this.resourceCount = 0
    this.scopeCount = 0
    this.pos = 0
    const end = this.bytes.length
    while (this.pos < end) {
      const tag = this.tag(end)
      if (tag === RESOURCE_SPANS) this.resourceSpans(this.length(end) + this.pos)
      else this.skip(tag, end, REQUEST_DEPTH)
    }
  }

  private resourceSpans(end: number): void {
    const index = this.resourceCount++
    if (index === MAX_MESSAGES) throw tooMany('ResourceSpans messages')
    const table = this.layout?.resources
    let seen = false
    while (this.pos < end) {
      const tag = this.tag(end)
      if (tag === SCOPE_SPANS) this.scopeSpans(this.length(end) + this.pos, index)
      else if (tag === RESOURCE) {
        this.repeatedGroup ||= seen
        seen = true
        this.place(end, table?.offset, table?.length, index)
      } else if (tag === SCHEMA_URL) this.place(end, table?.schemaOffset, table?.schemaLength, index)
      else this.skip(tag, end, RESOURCE_SPANS_DEPTH)
    }
  }

  private scopeSpans(end: number, resource: number): void {
    const index = this.scopeCount++
    if (index === MAX_MESSAGES) throw tooMany('ScopeSpans messages')
    const table = this.layout?.scopes
    const rows = this.layout?.rows
    let seen = false
    while (this.pos < end) {
      const tag = this.tag(end)
      if (tag === SPAN) {
        const length = this.length(end)
        const row = this.rowCount++
        if (rows !== undefined) {
          rows.offset[row] = this.pos
          rows.length[row] = length
          rows.resource[row] = resource
          rows.scope[row] = index
        }
        this.pos += length
      } else if (tag === SCOPE) {
        this.repeatedGroup ||= seen
        seen = true
        this.place(end, table?.offset, table?.length, index)
      } else if (tag === SCHEMA_URL) this.place(end, table?.schemaOffset, table?.schemaLength, index)
      else this.skip(tag, end, SCOPE_SPANS_DEPTH)
    }
    if (this.rowCount > MAX_MESSAGES) throw tooMany('spans')
  }

  /** Notes where a length-delimited field lies and passes it. */
  private place(end: number, offsets: Uint32Array | undefined, lengths: Uint32Array | undefined, index: number): void {
    const length = this.length(end)
    if (offsets !== undefined && lengths !== undefined) {
      offsets[index] = this.pos
      lengths[index] = length
    }
    this.pos += length
  }

  groups(table: GroupColumns, read: (table: GroupColumns, index: number, end: number) => void): void {
    this.startHashes(table.count * 16)
    for (let i = 0; i < table.count; i++) {
      table.hashStart[i] = this.hashCount
      this.pos = table.offset[i] ?? 0
      read.call(this, table, i, this.pos + (table.length[i] ?? 0))
      table.nameHash[i] = this.textHash(table.nameOffset[i] ?? 0, table.nameLength[i] ?? 0, 0)
    }
    table.hashStart[table.count] = this.hashCount
    table.hashes = this.hashes.subarray(0, this.hashCount)
  }

  resource(table: GroupColumns, index: number, end: number): void {
    let named = false
    while (this.pos < end) {
      const tag = this.tag(end)
      if (tag !== RESOURCE_ATTRIBUTE) {
        this.skip(tag, end, GROUP_DEPTH)
        continue
      }
      const length = this.length(end)
      const start = this.pos
      const inPlace = this.attribute(start, start + length)
      if (!named && this.isServiceName(start, start + length, inPlace)) {
        named = true
        table.nameOffset[index] = this.valueOffset
        table.nameLength[index] = this.valueLength
      }
      this.pos = start + length
    }
  }

  scope(table: GroupColumns, index: number, end: number): void {
    while (this.pos < end) {
      const tag = this.tag(end)
      if (tag === SCOPE_NAME) this.place(end, table.nameOffset, table.nameLength, index)
      else if (tag === SCOPE_ATTRIBUTE) {
        const length = this.length(end)
        const start = this.pos
        this.attribute(start, start + length)
        this.pos = start + length
      } else this.skip(tag, end, GROUP_DEPTH)
    }
  }

  /** Whether the attribute that was just hashed is the service name; then valueOffset and valueLength are its text. */
  private isServiceName(start: number, end: number, inPlace: boolean): boolean {
    if (inPlace) {
      if (this.bytes[start + 1] !== SERVICE_NAME_BYTES.length) return false
      for (let i = 0; i < SERVICE_NAME_BYTES.length; i++) {
        if (this.bytes[start + 2 + i] !== SERVICE_NAME_BYTES[i]) return false
      }
      this.findText(start, end)
      return true
    }
    this.pos = start
    const { key, value } = decodeKeyValue(this, end)
    if (key !== SERVICE_NAME) return false
    this.valueOffset = 0
    this.valueLength = 0
    if (value.type === 'string') this.findText(start, end)
    return true
  }

  /** Sets valueOffset and valueLength to the last string in the KeyValue's value, or to nothing. */
  private findText(start: number, end: number): void {
    this.valueOffset = 0
    this.valueLength = 0
    this.pos = start
    while (this.pos < end) {
      const tag = this.tag(end)
      if (tag !== VALUE) {
        this.skip(tag, end, KEY_VALUE_DEPTH)
        continue
      }
      const stop = this.length(end) + this.pos
      while (this.pos < stop) {
        const inner = this.tag(stop)
        this.skip(inner, stop, KEY_VALUE_DEPTH + 1)
        if (inner === VALUE_STRING) {
          this.valueLength = this.low
          this.valueOffset = this.pos - this.low
        }
      }
    }
  }
}

function tooMany(what: string): SpoorError {
  return new SpoorError('tooLarge', 'too_many_messages', `more than ${MAX_MESSAGES} ${what} in one request`)
}

/**
 * The columns of an ExportTraceServiceRequest (or TracesData). The batch holds `bytes` as they are; only a request that
 * repeats a Resource or a Scope inside one message is rewritten first, with the repetitions merged.
 * Throws SpoorError `invalid` `bad_protobuf`, or `tooLarge` over MAX_MESSAGES.
 */
export function scanOtlp(bytes: Uint8Array, options: ScanOptions = {}): SpanBatch {
  const memory = options.memory ?? new ColumnMemory()
  const scan = new Scan(bytes, memory)
  scan.walk()
  if (scan.repeatedGroup) return scanOtlp(mergeGroups(bytes), options)
  const spanCount = scan.rowCount
  const rows = allocateRows(spanCount, memory)
  const resources = allocateGroups(scan.resourceCount, memory)
  const scopes = allocateGroups(scan.scopeCount, memory)
  scan.layout = { rows, resources, scopes }
  scan.walk()
  scan.startHashes(Math.ceil(bytes.length / BYTES_A_HASH) + 16)
  for (let row = 0; row < spanCount; row++) scan.span(rows, row)
  rows.hashStart[spanCount] = scan.hashCount
  const hashes = scan.hashes.subarray(0, scan.hashCount)
  scan.groups(resources, scan.resource)
  scan.groups(scopes, scan.scope)
  return { tenant: options.tenant ?? '', bytes, spanCount, refused: scan.refused, ...rows, hashes, resources, scopes }
}
