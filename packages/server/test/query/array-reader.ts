// A store for tests: OTLP requests in an array, searched by brute force with the reference evaluator. It either answers
// a filter whole, or nothing of it (then its candidates are all traces in the time range, as a weak store gives them).

import { BinaryWriter } from '@bufbuild/protobuf/wire'
import { evaluate } from '@spoor/core/model/evaluate'
import { linksOf } from '@spoor/core/model/links'
import type { Span } from '@spoor/core/model/span'
import { planWhole } from '../../src/storage/api/search/whole-filter.ts'
import type {
  Candidate,
  Capabilities,
  DependencyLink,
  Operation,
  Plan,
  ReadOptions,
  SearchQuery,
  SpanReader,
  TraceChunk,
} from '../../src/storage/api/store.ts'
import { decodeSpan } from '../../src/wire/otlp/decode.ts'
import { ROW_REFUSED, type GroupTable, type SpanBatch } from '../../src/wire/otlp/span-batch.ts'

interface Row {
  readonly span: Span
  /** A ResourceSpans field with this one span, its bytes as received. */
  readonly bytes: Uint8Array
}

export interface ArrayReaderOptions {
  /** Answer no part of a filter. */
  readonly weak?: boolean
  /** Candidates in a group. */
  readonly groupSize?: number
  readonly searchWithoutService?: boolean
}

export class ArrayReader implements SpanReader {
  readonly #traces = new Map<string, Row[]>()
  readonly #options: ArrayReaderOptions
  /** Traces handed out. */
  reads = 0
  /** Groups of candidates handed out. */
  groups = 0

  constructor(options: ArrayReaderOptions = {}) {
    this.#options = options
  }

  add(batch: SpanBatch): void {
    for (let row = 0; row < batch.spanCount; row++) {
      if (((batch.rowFlags[row] ?? 0) & ROW_REFUSED) !== 0) continue
      const span = decodeSpan(batch, row)
      const rows = this.#traces.get(span.traceId) ?? []
      this.#traces.set(span.traceId, rows)
      rows.push({ span, bytes: wrap(batch, row) })
    }
  }

  async start(): Promise<void> {}
  async stop(): Promise<void> {}

  capabilities(): Capabilities {
    return { searchWithoutService: this.#options.searchWithoutService ?? true, durable: false }
  }

  plan(query: SearchQuery): Plan {
    return this.#options.weak === true ? { pushed: undefined, residual: query.filter } : planWhole(query)
  }

  async *candidates(query: SearchQuery, plan: Plan, options: ReadOptions = {}): AsyncGenerator<readonly Candidate[]> {
    const found: Candidate[] = []
    for (const [traceId, rows] of this.#traces) {
      const starts = rows
        .map(({ span }) => span)
        .filter(({ startNs }) => startNs >= query.startMinNs && startNs <= query.startMaxNs)
        .filter((span) => plan.pushed === undefined || evaluate(plan.pushed, span))
        .map(({ startNs }) => startNs)
      if (starts.length > 0) found.push({ traceId, newestStartNs: starts.reduce((a, b) => (b > a ? b : a)) })
    }
    found.sort((a, b) =>
      a.newestStartNs === b.newestStartNs
        ? a.traceId < b.traceId
          ? -1
          : 1
        : a.newestStartNs > b.newestStartNs
          ? -1
          : 1,
    )
    const size = this.#options.groupSize ?? 10
    for (let i = 0; i < found.length; i += size) {
      options.signal?.throwIfAborted()
      this.groups++
      yield found.slice(i, i + size)
    }
  }

  async *traces(_tenant: string, ids: readonly string[], options: ReadOptions = {}): AsyncGenerator<TraceChunk> {
    for (const id of ids) {
      options.signal?.throwIfAborted()
      const traceId = this.#find(id)
      const rows = traceId === undefined ? undefined : this.#traces.get(traceId)
      if (traceId === undefined || rows === undefined) continue
      this.reads++
      yield { traceId, bytes: Buffer.concat(rows.map((row) => row.bytes)), spanCount: rows.length }
    }
  }

  #find(id: string): string | undefined {
    if (id.length === 32) return id
    const zero = id.padStart(32, '0')
    return this.#traces.has(zero) ? zero : [...this.#traces.keys()].find((key) => key.endsWith(id))
  }

  async services(): Promise<readonly string[]> {
    return [...new Set(this.#spans().map((span) => span.resource.serviceName))].filter((name) => name !== '').toSorted()
  }

  async operations(_tenant: string, service?: string): Promise<readonly Operation[]> {
    const found = new Map<string, Operation>()
    for (const { name, kind, resource } of this.#spans()) {
      if (service === undefined || resource.serviceName === service) found.set(`${kind} ${name}`, { name, kind })
    }
    return [...found.values()].toSorted((a, b) => (a.name === b.name ? a.kind - b.kind : a.name < b.name ? -1 : 1))
  }

  async dependencies(_tenant: string, startMinNs: bigint, startMaxNs: bigint): Promise<readonly DependencyLink[]> {
    const traces = [...this.#traces.values()].map((rows) => rows.map((row) => row.span))
    return linksOf(traces, startMinNs, startMaxNs)
  }

  #spans(): Span[] {
    return [...this.#traces.values()].flat().map((row) => row.span)
  }
}

function wrap(batch: SpanBatch, row: number): Uint8Array {
  const scope = batch.scope[row] ?? 0
  const spanAt = batch.offset[row] ?? 0
  const writer = new BinaryWriter()
  writer.tag(1, 2).fork()
  message(writer, batch.bytes, batch.resources, batch.resource[row] ?? 0)
  writer.tag(2, 2).fork()
  message(writer, batch.bytes, batch.scopes, scope)
  writer.tag(2, 2).bytes(batch.bytes.subarray(spanAt, spanAt + (batch.length[row] ?? 0)))
  writer.join().join()
  return writer.finish()
}

/** Resource and scope are field 1 of the message around them. */
function message(writer: BinaryWriter, bytes: Uint8Array, table: GroupTable, i: number): void {
  const at = table.offset[i] ?? 0
  const length = table.length[i] ?? 0
  if (length > 0) writer.tag(1, 2).bytes(bytes.subarray(at, at + length))
}
