// The query service over one store: plans, pulls candidates only as far as they are needed, reads traces in batches,
// checks again what the store could not (with the reference evaluator), and keeps the exact order. Every search is
// bounded in traces looked at and in bytes held; a spent bound gives what was found so far, marked partial.

import { SpoorError, toError } from '@spoor/core/base/errors'
import { compileFilter, type SpanTest } from '@spoor/core/model/evaluate'
import type { Filter } from '@spoor/core/model/filter'
import { traceStats } from '@spoor/core/model/trace-stats'
import type { Candidate, Plan, ReadOptions, SpanReader, TraceChunk } from '../storage/api/store.ts'
import type { Metrics } from '../telemetry/metrics.ts'
import { decodeTraces } from '../wire/otlp/decode.ts'
import type { Explain, FindOptions, FindResult, QueryService, TraceQuery } from './service.ts'

export interface QueryLimits {
  /** Bytes of traces that one search may hold. */
  readonly maxAnswerBytes: number
  /** Traces that one search may read only to check them again. */
  readonly maxRecheckedTraces: number
}

export const DEFAULT_LIMITS: QueryLimits = { maxAnswerBytes: 256 * 1024 * 1024, maxRecheckedTraces: 20_000 }

/** Traces read at once while checking again. */
const RECHECK_BATCH = 64

/** A trace that matches, with the start of its newest matching span. */
interface Match {
  readonly key: bigint
  readonly trace: TraceChunk
}

export function createExplain(): Explain {
  const stats = { segments: 0, segmentsPruned: 0, blocks: 0, blocksPruned: 0, bytesRead: 0 }
  return { stats, candidates: 0, rejected: 0, rechecked: false, findMs: 0, readMs: 0, checkMs: 0 }
}

export function createQueryService(
  reader: SpanReader,
  metrics: Metrics,
  limits: QueryLimits = DEFAULT_LIMITS,
): QueryService {
  const measured = measuring(metrics)
  return {
    findTraces: async (query, options = {}) =>
      await measured('find_traces', async () => await new Search(reader, limits, query, options).run()),
    getTrace: async (tenant, id, options = {}) =>
      await measured('get_trace', async () => {
        // Not an id of any trace, but as half an id it would find those whose lower half is zero.
        if (/^0+$/.test(id)) return undefined
        for await (const trace of reader.traces(tenant, [id], options)) return trace
        return undefined
      }),
    services: async (tenant) => await measured('get_services', async () => await reader.services(tenant)),
    operations: async (tenant, service) =>
      await measured('get_operations', async () => await reader.operations(tenant, service)),
    dependencies: async (tenant, startMinNs, startMaxNs) =>
      await measured('get_dependencies', async () => await reader.dependencies(tenant, startMinNs, startMaxNs)),
  }
}

/** Counts and times each query under Jaeger's names. */
function measuring(metrics: Metrics): <T>(operation: string, run: () => Promise<T>) => Promise<T> {
  return async (operation, run) => {
    const started = performance.now()
    let result = 'err'
    try {
      const value = await run()
      result = 'ok'
      return value
    } finally {
      metrics.add('jaeger_query_requests_total', { operation, result })
      metrics.observe('jaeger_query_latency_seconds', { operation, result }, (performance.now() - started) / 1000)
    }
  }
}

class Search {
  readonly #reader: SpanReader
  readonly #limits: QueryLimits
  readonly #query: TraceQuery
  readonly #options: FindOptions
  readonly #explain: Explain
  readonly #read: ReadOptions
  readonly #test: SpanTest
  #partial = false
  #bytes = 0

  constructor(reader: SpanReader, limits: QueryLimits, query: TraceQuery, options: FindOptions) {
    this.#reader = reader
    this.#limits = limits
    this.#query = query
    this.#options = options
    this.#test = query.filter === undefined ? () => true : compileFilter(query.filter)
    this.#explain = options.explain ?? createExplain()
    this.#read = {
      ...(options.signal === undefined ? {} : { signal: options.signal }),
      ...(options.explain === undefined ? {} : { stats: options.explain.stats }),
    }
  }

  async run(): Promise<FindResult> {
    const { limit, filter } = this.#query
    if (limit <= 0) return { traces: [], partial: false }
    if (!this.#reader.capabilities().searchWithoutService && !namesService(filter)) {
      throw new SpoorError('invalid', 'service_required', "parameter 'service' is required", { field: 'service' })
    }
    const plan = this.#reader.plan(this.#query)
    try {
      const traces = plan.residual === undefined ? await this.#exact(plan) : await this.#rechecked(plan)
      this.#checkAbort()
      return { traces, partial: this.#partial }
    } catch (error) {
      this.#checkAbort(error)
      throw error
    }
  }

  /** The store answers all of it: the first `limit` candidates are the answer. */
  async #exact(plan: Plan): Promise<TraceChunk[]> {
    const ids: string[] = []
    for await (const group of this.#groups(plan)) {
      for (const candidate of group) if (ids.length < this.#query.limit) ids.push(candidate.traceId)
      if (ids.length >= this.#query.limit) break
    }
    const traces: TraceChunk[] = []
    for (let i = 0; i < ids.length && !this.#partial; i += RECHECK_BATCH) {
      for await (const trace of this.#traces(ids.slice(i, i + RECHECK_BATCH))) {
        if (!this.#hold(trace)) break
        traces.push(trace)
      }
    }
    return traces
  }

  /**
   * The store names more than match. A candidate's key is an upper bound: the real one is that or older. So a match is
   * certain of its place once it sorts before everything that is still to come, which sorts after the last candidate.
   */
  async #rechecked(plan: Plan): Promise<TraceChunk[]> {
    this.#explain.rechecked = true
    const { limit } = this.#query
    let best: Match[] = []
    let seen = 0
    for await (const group of this.#groups(plan)) {
      for (let i = 0; i < group.length; i += RECHECK_BATCH) {
        const batch = group.slice(i, i + RECHECK_BATCH)
        best = [...best, ...(await this.#matches(batch))].toSorted(inOrder)
        for (const dropped of best.splice(limit)) this.#bytes -= dropped.trace.bytes.length
        seen += batch.length
        const last = batch.at(-1)
        if (last !== undefined && countCertain(best, last) >= limit) return best.map((match) => match.trace)
        if (seen >= this.#limits.maxRecheckedTraces) this.#partial = true
        if (this.#partial) return best.map((match) => match.trace)
      }
    }
    return best.map((match) => match.trace)
  }

  async #matches(batch: readonly Candidate[]): Promise<Match[]> {
    const found: Match[] = []
    for await (const trace of this.#traces(batch.map((candidate) => candidate.traceId))) {
      const started = performance.now()
      const key = this.#newestMatch(trace)
      this.#explain.checkMs += performance.now() - started
      if (key === undefined) continue
      if (!this.#hold(trace)) break
      found.push({ key, trace })
    }
    this.#explain.rejected += batch.length - found.length
    return found
  }

  /** Start of the trace's newest span that matches, or undefined. */
  #newestMatch(trace: TraceChunk): bigint | undefined {
    const { startMinNs, startMaxNs } = this.#query
    let newest: bigint | undefined
    const spans = decodeTraces(trace.bytes)
    const stats = traceStats(spans)
    for (const span of spans) {
      const { startNs } = span
      if (startNs < startMinNs || startNs > startMaxNs || (newest !== undefined && startNs <= newest)) continue
      if (this.#test(span, stats)) newest = startNs
    }
    return newest
  }

  /** Counts the trace's bytes; false where they are over the bound (the first trace always fits). */
  #hold(trace: TraceChunk): boolean {
    if (this.#bytes > 0 && this.#bytes + trace.bytes.length > this.#limits.maxAnswerBytes) {
      this.#partial = true
      return false
    }
    this.#bytes += trace.bytes.length
    return true
  }

  async *#groups(plan: Plan): AsyncGenerator<readonly Candidate[]> {
    const candidates = this.#reader.candidates(this.#query, plan, this.#read)
    yield* timed(
      candidates,
      (ms) => (this.#explain.findMs += ms),
      (group) => {
        this.#checkAbort()
        this.#explain.candidates += group.length
      },
    )
  }

  async *#traces(ids: readonly string[]): AsyncGenerator<TraceChunk> {
    const traces = this.#reader.traces(this.#query.tenant, ids, this.#read)
    yield* timed(
      traces,
      (ms) => (this.#explain.readMs += ms),
      () => this.#checkAbort(),
    )
  }

  #checkAbort(cause?: unknown): void {
    if (this.#options.signal?.aborted !== true) return
    throw new SpoorError(
      'cancelled',
      'client_gone',
      'the caller went away',
      cause === undefined ? {} : { cause: toError(cause) },
    )
  }
}

/** The same items; says how long each took to come, and shows each before it is passed on. */
async function* timed<T>(
  items: AsyncIterable<T>,
  took: (ms: number) => void,
  seen: (item: T) => void,
): AsyncGenerator<T> {
  let started = performance.now()
  for await (const item of items) {
    took(performance.now() - started)
    seen(item)
    yield item
    started = performance.now()
  }
  took(performance.now() - started)
}

function inOrder(a: Match, b: Match): number {
  if (a.key !== b.key) return a.key > b.key ? -1 : 1
  return a.trace.traceId < b.trace.traceId ? -1 : 1
}

/** How many of the sorted matches no candidate after `last` can come before. */
function countCertain(sorted: readonly Match[], last: Candidate): number {
  const uncertain = sorted.findIndex(
    ({ key, trace }) => key < last.newestStartNs || (key === last.newestStartNs && trace.traceId > last.traceId),
  )
  return uncertain < 0 ? sorted.length : uncertain
}

/** True where every match has one service, so that a store keyed by service can search. */
function namesService(filter: Filter | undefined): boolean {
  if (filter === undefined) return false
  if (filter.op === 'and') return filter.args.some(namesService)
  return filter.op === 'eq' && 'field' in filter.target && filter.target.field === 'service'
}
