// The traces that match a search, one after the other, each with what is known of it: from the store's candidates or its
// index as far as those can tell, and from the trace's spans where they cannot. The reference evaluator has the last word.

import { compileFilter, type SpanTest } from '@spoor/core/model/evaluate'
import { asksTrace, type Filter, sameFilter, withoutTrace } from '@spoor/core/model/filter'
import { EMPTY_SPAN, type Span } from '@spoor/core/model/span'
import { type TraceStats, traceStats } from '@spoor/core/model/trace-stats'
import type { IndexedTrace } from '../../storage/api/search-index.ts'
import type { Candidate, Plan, ReadOptions, SearchQuery, SpanReader, TraceChunk } from '../../storage/api/store.ts'
import { decodeTraces } from '../../wire/otlp/decode.ts'
import type { Explain } from '../service.ts'
import type { Budget } from './budget.ts'

export interface Match {
  readonly traceId: string
  /** Start of the newest matching span. */
  readonly newestStartNs: bigint
  /** The rest is known where the search asked for it. */
  readonly stats: TraceStats | undefined
  readonly matchingSpans: number | undefined
  readonly matching: readonly Span[] | undefined
}

/** What is to be known of each match beside its id and time. */
export interface Wanted {
  readonly stats: boolean
  readonly count: boolean
  /** The matching spans themselves. */
  readonly spans: boolean
}

/** What belongs to one search as a whole. */
export interface SearchContext {
  readonly budget: Budget
  readonly read: ReadOptions
  readonly explain: Explain
}

/** Traces read at once. */
const READ_BATCH = 64
/** Candidates that are looked at first, where they must be. */
const FIRST_GROUP = 8

export class Matches {
  readonly #reader: SpanReader
  readonly #query: SearchQuery
  readonly #plan: Plan
  readonly #budget: Budget
  readonly #read: ReadOptions
  readonly #explain: Explain
  readonly #wanted: Wanted
  /** The whole filter, for spans that were read. */
  readonly #test: SpanTest
  /** What is left to decide where the store decided about spans; undefined where spans must be read for it. */
  readonly #traceTest: ((stats: TraceStats) => boolean) | undefined

  constructor(reader: SpanReader, query: SearchQuery, search: SearchContext, wanted: Wanted) {
    this.#reader = reader
    this.#query = query
    this.#plan = reader.plan(query)
    this.#budget = search.budget
    this.#read = search.read
    this.#explain = search.explain
    this.#wanted = wanted
    this.#test = query.filter === undefined ? () => true : compileFilter(query.filter)
    this.#traceTest = traceTest(this.#plan)
  }

  /** In the order of time; lazy. Ends early where the budget is spent. */
  async *newestFirst(): AsyncGenerator<Match> {
    let waiting: Match[] = []
    for await (const group of this.#candidates()) {
      this.#explain.candidates += group.length
      for (let i = 0; i < group.length; i += READ_BATCH) {
        const batch = group.slice(i, i + READ_BATCH)
        waiting = [...waiting, ...(await this.#check(batch))].toSorted(byTime)
        // A candidate's time is an upper bound of its match's: what sorts before the last candidate is certain.
        const last = batch.at(-1) as Candidate
        const certain = waiting.findIndex((match) => byTime(match, last) > 0)
        yield* waiting.splice(0, certain < 0 ? waiting.length : certain)
        if (!this.#budget.goesOn()) {
          yield* waiting
          return
        }
      }
    }
    yield* waiting
  }

  /** Candidates that must be looked at come in groups that grow: each group costs the store a look into all its parts. */
  async *#candidates(): AsyncGenerator<readonly Candidate[]> {
    const groups = this.#reader.candidates(this.#query, this.#plan, this.#read)
    const found = timed(groups, (ms) => (this.#explain.findMs += ms))
    if (this.#plan.residual === undefined) {
      yield* found
      return
    }
    let waiting: Candidate[] = []
    let size = FIRST_GROUP
    for await (const group of found) {
      for (const candidate of group) waiting.push(candidate)
      if (waiting.length < size && this.#budget.goesOn()) continue
      yield waiting
      waiting = []
      size = Math.min(READ_BATCH, size * 2)
    }
    if (waiting.length > 0) yield waiting
  }

  /** Every match in no order, by the index where there is one. Ends early where the budget is spent. */
  async *all(): AsyncGenerator<Match> {
    const { index } = this.#reader
    if (index === undefined || this.#wanted.spans) {
      yield* this.newestFirst()
      return
    }
    const traces = index.scan(this.#query, this.#plan, { ...this.#read, goesOn: () => this.#budget.goesOn() })
    for await (const group of timed(traces, (ms) => (this.#explain.findMs += ms))) {
      this.#explain.candidates += group.length
      const unsure: IndexedTrace[] = []
      for (const trace of group) {
        const verdict = this.#byIndex(trace)
        if (verdict === undefined) unsure.push(trace)
        else if (verdict) yield { ...trace, stats: trace, matching: undefined }
      }
      for (let i = 0; i < unsure.length && this.#budget.goesOn(); i += READ_BATCH) {
        yield* await this.#checkSpans(unsure.slice(i, i + READ_BATCH))
      }
      if (!this.#budget.goesOn()) return
    }
  }

  /** Whether an indexed trace matches; undefined where its spans must be read, also for numbers that are wanted. */
  #byIndex(trace: IndexedTrace): boolean | undefined {
    if (this.#traceTest === undefined) return undefined
    if (!trace.countsCertain && (this.#wanted.stats || this.#wanted.count)) return undefined
    if (this.#plan.residual === undefined) return true
    return trace.countsCertain && trace.rootCertain ? this.#traceTest(trace) : undefined
  }

  async #check(batch: readonly Candidate[]): Promise<readonly Match[]> {
    const { stats, count, spans } = this.#wanted
    if (stats || count || spans || this.#traceTest === undefined) return await this.#checkSpans(batch)
    if (this.#plan.residual === undefined) return batch.map(matchOf)
    const { index } = this.#reader
    if (index === undefined) return await this.#checkSpans(batch)
    const known = new Map<string, boolean>()
    const ids = batch.map((candidate) => candidate.traceId)
    for await (const trace of index.stats(this.#query.tenant, ids, this.#read)) {
      if (trace.countsCertain && trace.rootCertain) known.set(trace.traceId, this.#traceTest(trace))
    }
    const sure = batch.filter((candidate) => known.get(candidate.traceId) === true).map(matchOf)
    const unsure = batch.filter((candidate) => !known.has(candidate.traceId))
    return unsure.length === 0 ? sure : [...sure, ...(await this.#checkSpans(unsure))]
  }

  async #checkSpans(batch: readonly Candidate[]): Promise<readonly Match[]> {
    const found: Match[] = []
    const explain = this.#explain
    explain.rechecked = true
    const ids = this.#budget.allow(batch.map((candidate) => candidate.traceId))
    const traces = this.#reader.traces(this.#query.tenant, ids, this.#read)
    for await (const trace of timed(traces, (ms) => (explain.readMs += ms))) {
      this.#budget.takeBytes(trace.bytes.length)
      if (!this.#budget.goesOn()) break
      const started = performance.now()
      const match = this.#matchOf(trace)
      explain.checkMs += performance.now() - started
      if (match === undefined) explain.rejected++
      else found.push(match)
    }
    this.#budget.settle()
    return found
  }

  #matchOf(trace: TraceChunk): Match | undefined {
    const { startMinNs, startMaxNs } = this.#query
    const spans = decodeTraces(trace.bytes)
    const stats = traceStats(spans)
    const matching = spans.filter(
      (span) => span.startNs >= startMinNs && span.startNs <= startMaxNs && this.#test(span, stats),
    )
    const [first] = matching
    if (first === undefined) return undefined
    const newestStartNs = matching.reduce(
      (newest, span) => (span.startNs > newest ? span.startNs : newest),
      first.startNs,
    )
    return { traceId: trace.traceId, newestStartNs, stats, matchingSpans: matching.length, matching }
  }
}

/** The same items; says how long each took to come. */
export async function* timed<T>(items: AsyncIterable<T>, took: (ms: number) => void): AsyncGenerator<T> {
  let started = performance.now()
  for await (const item of items) {
    took(performance.now() - started)
    yield item
    started = performance.now()
  }
  took(performance.now() - started)
}

function matchOf({ traceId, newestStartNs }: Candidate): Match {
  return { traceId, newestStartNs, stats: undefined, matchingSpans: undefined, matching: undefined }
}

/** Newest first, then by trace id. */
export function byTime(a: Candidate, b: Candidate): number {
  if (a.newestStartNs !== b.newestStartNs) return a.newestStartNs > b.newestStartNs ? -1 : 1
  return a.traceId < b.traceId ? -1 : a.traceId > b.traceId ? 1 : 0
}

/**
 * The part of the plan's residual that the trace's numbers decide. undefined where it takes spans: where one condition mixes
 * both, or where the store left conditions on spans open.
 */
function traceTest({ residual, pushed }: Plan): ((stats: TraceStats) => boolean) | undefined {
  if (residual === undefined) return () => true
  if (pushed === undefined || !sameFilter(pushed, withoutTrace(residual))) return undefined
  const parts = residual.op === 'and' ? residual.args : [residual]
  if (parts.some((part) => asksTrace(part) && !onlyTrace(part))) return undefined
  const tests = parts.filter(asksTrace).map((part) => compileFilter(part))
  return (stats) => tests.every((test) => test(EMPTY_SPAN, stats))
}

/** True where every condition is on the trace. */
function onlyTrace(filter: Filter): boolean {
  switch (filter.op) {
    case 'and':
    case 'or':
      return filter.args.every(onlyTrace)
    case 'not':
      return onlyTrace(filter.arg)
    default:
      return 'trace' in filter.target
  }
}
