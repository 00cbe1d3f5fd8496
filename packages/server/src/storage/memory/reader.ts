// The query thread's part of the memory store: batches as they came with their columns, an index of traces over them, and the
// ring's bounds. A batch goes when the last trace with a span in it has gone.

import { setImmediate } from 'node:timers/promises'
import { SpoorError } from '@spoor/core/base/errors'
import { serve } from '../../threads/rpc.ts'
import { scanOtlp } from '../../wire/otlp/scan.ts'
import { checkTarget, type DeleteTarget, type StoreAdmin } from '../api/admin.ts'
import type { StorageHost } from '../api/plugin.ts'
import { Merge } from '../api/search/merge.ts'
import { timeRange } from '../api/search/rows.ts'
import { TraceBuilder } from '../api/search/trace-builder.ts'
import { planWhole, preparePushed } from '../api/search/whole-filter.ts'
import type { SearchIndex } from '../api/search-index.ts'
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
} from '../api/store.ts'
import { HeldBatch } from './batch.ts'
import { TenantCalls } from './calls.ts'
import { DEFAULT_MAX_BYTES, type MemoryConfig } from './config-types.ts'
import { MemoryIndex } from './memory-index.ts'
import type { HandedBatch } from './writer.ts'

interface HeldTrace {
  readonly traceId: string
  readonly parts: { readonly batch: HeldBatch; rows: readonly number[] }[]
}

/** What is held of one tenant. Maps keep the order in which traces first came. */
interface Tenant {
  readonly traces: Map<string, HeldTrace>
  /** Trace ids by their last sixteen digits. */
  readonly byLowHalf: Map<string, Set<string>>
  readonly batches: Set<HeldBatch>
  readonly calls: TenantCalls
  /** Batches that have the operation. */
  readonly operations: Map<
    string,
    { readonly service: string; readonly name: string; readonly kind: number; batches: number }
  >
}

export class MemoryReader implements SpanReader {
  readonly index: SearchIndex = new MemoryIndex((tenant) => this.#tenants.get(tenant))
  readonly admin: StoreAdmin = {
    delete: async (tenant, target) => {
      this.#delete(tenant, checkTarget(target))
      await Promise.resolve()
    },
    maintain: async () => await Promise.resolve(),
  }
  readonly #maxTraces: number
  readonly #maxBytes: number
  readonly #host: StorageHost
  readonly #tenants = new Map<string, Tenant>()
  /** All traces, oldest first: tenant and trace id. */
  readonly #ring = new Map<string, { readonly tenant: string; readonly trace: HeldTrace }>()
  #bytes = 0
  #started = false

  constructor(config: MemoryConfig, host: StorageHost) {
    this.#maxTraces = config.maxTraces
    this.#maxBytes = config.maxBytes ?? DEFAULT_MAX_BYTES
    this.#host = host
  }

  async start(): Promise<void> {
    if (this.#started) return
    this.#started = true
    serve(this.#host.port('ingest'), { write: (handed) => this.#insert(handed as HandedBatch) })
    await Promise.resolve()
  }

  async stop(): Promise<void> {
    this.#tenants.clear()
    this.#ring.clear()
    this.#bytes = 0
    await Promise.resolve()
  }

  capabilities(): Capabilities {
    return { searchWithoutService: true, durable: false }
  }

  plan(query: SearchQuery): Plan {
    return planWhole(query)
  }

  async *candidates(query: SearchQuery, plan: Plan, options: ReadOptions = {}): AsyncIterable<readonly Candidate[]> {
    const merge = new Merge(query.startMaxNs)
    const search = { ...preparePushed(plan), range: timeRange(query.startMinNs, query.startMaxNs) }
    for (const batch of this.#tenants.get(query.tenant)?.batches ?? []) {
      const source = batch.source(search)
      if (source !== undefined) merge.open(source)
    }
    yield* merge.run(options.signal)
  }

  async *traces(tenant: string, ids: readonly string[], options: ReadOptions = {}): AsyncIterable<TraceChunk> {
    for (const [i, id] of ids.entries()) {
      if (options.signal?.aborted === true) throw new SpoorError('cancelled', 'aborted', 'the caller went away')
      if (i > 0 && (i & 15) === 0) await setImmediate()
      const held = this.#tenants.get(tenant)
      const traceId = id.length === 32 ? id : [...(held?.byLowHalf.get(id) ?? [])].toSorted()[0]
      const trace = traceId === undefined ? undefined : held?.traces.get(traceId)
      if (trace === undefined) continue
      const builder = new TraceBuilder()
      for (const { batch, rows } of trace.parts) for (const row of rows) batch.addTo(builder, row)
      yield { traceId: trace.traceId, bytes: builder.finish(), spanCount: builder.spanCount }
    }
  }

  async services(tenant: string): Promise<readonly string[]> {
    const operations = this.#tenants.get(tenant)?.operations.values() ?? []
    return [...new Set([...operations].map((entry) => entry.service))].filter((name) => name !== '').toSorted()
  }

  async operations(tenant: string, service?: string): Promise<readonly Operation[]> {
    const found = new Map<string, Operation>()
    for (const entry of this.#tenants.get(tenant)?.operations.values() ?? []) {
      if (entry.name === '' || (service !== undefined && entry.service !== service)) continue
      found.set(`${entry.kind}/${entry.name}`, { name: entry.name, kind: entry.kind })
    }
    return [...found.values()].toSorted((a, b) => (a.name === b.name ? a.kind - b.kind : a.name < b.name ? -1 : 1))
  }

  async dependencies(tenant: string, startMinNs: bigint, startMaxNs: bigint): Promise<readonly DependencyLink[]> {
    return this.#tenants.get(tenant)?.calls.dependencies(startMinNs, startMaxNs) ?? []
  }

  /** Takes a batch; makes room first. Throws SpoorError `batch_too_large`. */
  #insert({ tenant, bytes }: HandedBatch): void {
    const batch = new HeldBatch(scanOtlp(bytes, { tenant }))
    if (batch.bytes > this.#maxBytes) {
      throw new SpoorError('tooLarge', 'batch_too_large', `a request may take up to ${this.#maxBytes} bytes of memory`)
    }
    this.#evictWhile(() => this.#bytes + batch.bytes > this.#maxBytes)
    const held = this.#tenant(tenant)
    for (const [traceId, rows] of batch.traces) this.#addRows(tenant, held, traceId, batch, rows)
    if (batch.liveTraces === 0) return
    held.batches.add(batch)
    this.#bytes += batch.bytes
    for (const [key, operation] of batch.operations) {
      const known = held.operations.get(key)
      if (known === undefined) held.operations.set(key, { ...operation, batches: 1 })
      else known.batches++
    }
    this.#evictWhile(() => this.#maxTraces > 0 && this.#ring.size > this.#maxTraces)
  }

  #tenant(name: string): Tenant {
    let tenant = this.#tenants.get(name)
    if (tenant === undefined) {
      tenant = {
        traces: new Map(),
        byLowHalf: new Map(),
        batches: new Set(),
        calls: new TenantCalls(),
        operations: new Map(),
      }
      this.#tenants.set(name, tenant)
    }
    return tenant
  }

  #addRows(tenant: string, held: Tenant, traceId: string, batch: HeldBatch, rows: number[]): void {
    let trace = held.traces.get(traceId)
    if (trace === undefined) {
      trace = { traceId, parts: [] }
      held.traces.set(traceId, trace)
      this.#ring.set(JSON.stringify([tenant, traceId]), { tenant, trace })
      const low = traceId.slice(16)
      const ids = held.byLowHalf.get(low)
      if (ids === undefined) held.byLowHalf.set(low, new Set([traceId]))
      else ids.add(traceId)
    }
    trace.parts.push({ batch, rows })
    held.calls.touch(trace)
    batch.liveTraces++
  }

  #delete(name: string, target: DeleteTarget): void {
    const held = this.#tenants.get(name)
    if (held === undefined) return
    for (const trace of held.traces.values()) {
      if ('service' in target) this.#deleteOf(trace, target)
      else if ('traceIds' in target && !target.traceIds.includes(trace.traceId)) continue
      if ('service' in target && trace.parts.some(({ rows }) => rows.length > 0)) continue
      this.#ring.delete(JSON.stringify([name, trace.traceId]))
      this.#evict(name, held, trace)
    }
  }

  #deleteOf(trace: HeldTrace, target: Extract<DeleteTarget, { readonly service: string }>): void {
    const range = timeRange(target.startMinNs, target.startMaxNs)
    for (const part of trace.parts) {
      const going = new Set(part.batch.ofService(part.rows, target.service, range))
      part.batch.kill([...going])
      part.rows = part.rows.filter((row) => !going.has(row))
    }
  }

  /** Lets the oldest traces go. In one walk: a map that lost its first entries is slow to find its first again. */
  #evictWhile(over: () => boolean): void {
    for (const [key, { tenant, trace }] of this.#ring) {
      if (!over()) return
      this.#ring.delete(key)
      this.#evict(tenant, this.#tenant(tenant), trace)
    }
  }

  #evict(name: string, held: Tenant, trace: HeldTrace): void {
    held.traces.delete(trace.traceId)
    held.calls.forget(trace)
    const low = trace.traceId.slice(16)
    const ids = held.byLowHalf.get(low)
    ids?.delete(trace.traceId)
    if (ids?.size === 0) held.byLowHalf.delete(low)
    for (const { batch, rows } of trace.parts) {
      batch.kill(rows)
      if (--batch.liveTraces === 0) this.#dropBatch(held, batch)
    }
    if (held.traces.size === 0) this.#tenants.delete(name)
  }

  #dropBatch(held: Tenant, batch: HeldBatch): void {
    held.batches.delete(batch)
    this.#bytes -= batch.bytes
    for (const key of batch.operations.keys()) {
      const operation = held.operations.get(key)
      if (operation !== undefined && --operation.batches === 0) held.operations.delete(key)
    }
  }
}
