// What the memory store answers beyond candidates: from the columns of its batches, trace by trace. Gives way to other work
// every few milliseconds; what goes or comes meanwhile may be missing.

import { SpoorError } from '@spoor/core/base/errors'
import { compileFilter } from '@spoor/core/model/evaluate'
import { facetValues } from '@spoor/core/model/facets'
import type { FilterTarget } from '@spoor/core/model/filter'
import type { Span } from '@spoor/core/model/span'
import { decodeTraces } from '../../wire/otlp/decode.ts'
import { timeRange } from '../api/search/rows.ts'
import { TextCounts } from '../api/search/text-counts.ts'
import { TraceBuilder } from '../api/search/trace-builder.ts'
import { Turns } from '../api/search/turns.ts'
import { preparePushed } from '../api/search/whole-filter.ts'
import type { Facet, IndexedTrace, SearchIndex } from '../api/search-index.ts'
import type { Plan, ReadOptions, SearchQuery } from '../api/store.ts'
import type { HeldBatch } from './batch.ts'
import { rowsInNumbers } from './trace-numbers.ts'

const GROUP = 256
/** Spans that are looked at for suggestions, the newest. */
const SUGGEST_SPANS = 20_000

export interface IndexedPart {
  readonly batch: HeldBatch
  readonly rows: readonly number[]
}

/** What the store holds of a tenant now. */
export interface Held {
  /** By id, the first to come first. */
  readonly traces: ReadonlyMap<string, { readonly traceId: string; readonly parts: readonly IndexedPart[] }>
}

type HeldTrace = { readonly traceId: string; readonly parts: readonly IndexedPart[] }
type RowMatch = (batch: HeldBatch, row: number) => boolean

export class MemoryIndex implements SearchIndex {
  readonly #held: (tenant: string) => Held | undefined

  constructor(held: (tenant: string) => Held | undefined) {
    this.#held = held
  }

  async *scan(
    query: SearchQuery,
    plan: Plan,
    options: ReadOptions = {},
  ): AsyncGenerator<readonly IndexedTrace[], void, undefined> {
    let group: IndexedTrace[] = []
    for await (const { trace, matching } of this.#matching(query, plan, new Turns(options))) {
      group.push(indexed(trace, matching))
      if (group.length < GROUP) continue
      yield group
      group = []
    }
    if (group.length > 0) yield group
  }

  /** Traces with rows that match. Ends early where the caller's budget is spent. */
  async *#matching(
    query: SearchQuery,
    plan: Plan,
    turns: Turns,
  ): AsyncGenerator<{ readonly trace: HeldTrace; readonly matching: readonly IndexedPart[] }, boolean> {
    const isMatch = rowMatch(query, plan)
    for (const trace of this.#held(query.tenant)?.traces.values() ?? []) {
      if (turns.over && !(await turns.pause())) return false
      const matching = trace.parts
        .map(({ batch, rows }) => ({ batch, rows: rows.filter((row) => isMatch(batch, row)) }))
        .filter(({ rows }) => rows.length > 0)
      if (matching.length > 0) yield { trace, matching }
    }
    return true
  }

  async *stats(tenant: string, ids: readonly string[], options: ReadOptions = {}): AsyncGenerator<IndexedTrace> {
    const turns = new Turns(options)
    for (const id of ids) {
      if (turns.over && !(await turns.pause())) return
      const trace = this.#held(tenant)?.traces.get(id)
      if (trace !== undefined) yield indexed(trace, [])
    }
  }

  async facets(
    query: SearchQuery,
    plan: Plan,
    targets: readonly FilterTarget[],
    limit: number,
    options: ReadOptions = {},
  ): Promise<readonly Facet[]> {
    if (targets.some((target) => 'trace' in target))
      throw new SpoorError('invalid', 'bad_facet', 'facets count spans by what spans have', { field: 'facets' })
    const counts = targets.map(() => new TextCounts())
    const found = this.#matching(query, plan, new Turns(options))
    for (;;) {
      const next = await found.next()
      if (next.done === true)
        return targets.map((target, i) => (counts[i] as TextCounts).facet(target, limit, !next.value))
      const { trace, matching } = next.value
      const sure = rowsInNumbers(trace.parts).countsCertain
      for (const span of sure ? spansOf(matching) : wholeMatching(trace, query, plan)) {
        for (const [i, target] of targets.entries()) {
          const own = counts[i] as TextCounts
          own.add(
            facetValues(target, span).map((text) => own.numberOf(text)),
            1,
          )
        }
      }
    }
  }

  async attributeKeys(tenant: string, prefix: string, limit: number): Promise<readonly string[]> {
    return await this.#suggest(tenant, prefix, limit, ({ attributes, events, links, resource, scope }) =>
      [
        attributes,
        resource.attributes,
        scope.attributes,
        ...[...events, ...links].map((part) => part.attributes),
      ].flatMap((list) => list.map(({ key }) => key)),
    )
  }

  async attributeValues(tenant: string, key: string, prefix: string, limit: number): Promise<readonly string[]> {
    return await this.#suggest(tenant, prefix, limit, (span) => facetValues({ attr: key, level: 'any' }, span))
  }

  async #suggest(
    tenant: string,
    prefix: string,
    limit: number,
    textsOf: (span: Span) => readonly string[],
  ): Promise<readonly string[]> {
    const found = new Set<string>()
    const turns = new Turns({})
    let spans = 0
    for (const { parts } of [...(this.#held(tenant)?.traces.values() ?? [])].reverse()) {
      if (spans >= SUGGEST_SPANS) break
      if (turns.over) await turns.pause()
      for (const span of spansOf(parts)) {
        spans++
        for (const text of textsOf(span)) if (text !== '' && text.startsWith(prefix)) found.add(text)
      }
    }
    return [...found].toSorted().slice(0, limit)
  }
}

function rowMatch(query: SearchQuery, plan: Plan): RowMatch {
  const search = { ...preparePushed(plan), range: timeRange(query.startMinNs, query.startMaxNs) }
  const tests = new Map<HeldBatch, (row: number) => boolean>()
  return (batch, row) => {
    let test = tests.get(batch)
    if (test === undefined) {
      test = batch.matcher(search)
      tests.set(batch, test)
    }
    return test(row)
  }
}

function indexed(trace: HeldTrace, matching: readonly IndexedPart[]): IndexedTrace {
  const newestStartNs = matching.reduce((newest, { batch, rows }) => {
    const here = rows.reduce((max, row) => (batch.startNs(row) > max ? batch.startNs(row) : max), 0n)
    return here > newest ? here : newest
  }, 0n)
  const matchingSpans = matching.reduce((sum, { rows }) => sum + rows.length, 0)
  return { ...rowsInNumbers(trace.parts), traceId: trace.traceId, newestStartNs, matchingSpans }
}

function spansOf(parts: readonly IndexedPart[]): Span[] {
  return parts.flatMap(({ batch, rows }) => rows.map((row) => batch.span(row)))
}

/** The matching spans of a trace, each once though it was written twice. */
function wholeMatching({ parts }: HeldTrace, query: SearchQuery, { pushed }: Plan): Span[] {
  const test = pushed === undefined ? () => true : compileFilter(pushed)
  const builder = new TraceBuilder()
  for (const { batch, rows } of parts) for (const row of rows) batch.addTo(builder, row)
  return decodeTraces(builder.finish()).filter(
    (span) => span.startNs >= query.startMinNs && span.startNs <= query.startMaxNs && test(span),
  )
}
