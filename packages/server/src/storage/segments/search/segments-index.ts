// What the segment store answers from its tables: traces with their numbers, counts by value, keys and values to suggest.

import { SpoorError } from '@spoor/core/base/errors'
import type { FilterTarget } from '@spoor/core/model/filter'
import { Turns } from '../../api/search/turns.ts'
import type { Facet, IndexedTrace, SearchIndex } from '../../api/search-index.ts'
import type { Plan, ReadOptions, SearchQuery } from '../../api/store.ts'
import { FacetPass } from './facet-pass.ts'
import type { IndexHost } from './places.ts'
import { MAX_TRACES, passes, ScanPass } from './scan-pass.ts'
import { suggestKeys, suggestValues } from './suggest.ts'

const GROUP = 512

export class SegmentsIndex implements SearchIndex {
  readonly #host: IndexHost
  readonly #maxTraces: number

  /** `maxTraces`: held at once, of one search. */
  constructor(host: IndexHost, maxTraces: number = MAX_TRACES) {
    this.#host = host
    this.#maxTraces = maxTraces
  }

  async *scan(
    query: SearchQuery,
    plan: Plan,
    options: ReadOptions = {},
  ): AsyncGenerator<readonly IndexedTrace[], void, undefined> {
    const turns = new Turns(options)
    const maxTraces = this.#maxTraces
    const makePass: Parameters<typeof passes>[2] = (places, part) =>
      new ScanPass(this.#host, places, query, plan, { part, options, turns, maxTraces })
    for await (const pass of passes(this.#host, turns, makePass)) {
      let group: IndexedTrace[] = []
      for (let trace = 0; trace < pass.table.count; trace++) {
        if (pass.table.matching[trace] === 0) continue
        group.push(pass.trace(trace))
        if (group.length < GROUP) continue
        yield group
        group = []
        if (turns.over && !(await turns.pause())) return
      }
      if (group.length > 0) yield group
    }
  }

  async *stats(tenant: string, ids: readonly string[], options: ReadOptions = {}): AsyncGenerator<IndexedTrace> {
    const turns = new Turns(options)
    const query = { tenant, filter: undefined, startMinNs: 0n, startMaxNs: 0n }
    const how = { part: { part: 0, parts: 1 }, options, turns, traces: Math.min(ids.length, GROUP), maxTraces: GROUP }
    for (let from = 0; from < ids.length; from += GROUP) {
      const places = this.#host.hold()
      try {
        const pass = new ScanPass(this.#host, places, query, { pushed: undefined, residual: undefined }, how)
        if ((await pass.lookUp(ids.slice(from, from + GROUP))) !== 'done') return
        for (let trace = 0; trace < pass.table.count; trace++) {
          if (pass.table.rows[trace] === 0) continue
          yield { ...pass.trace(trace), newestStartNs: 0n, matchingSpans: 0 }
        }
      } finally {
        places.letGo()
      }
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
    return await new FacetPass(this.#host, query, plan, targets, { options, maxTraces: this.#maxTraces }).run(limit)
  }

  async attributeKeys(tenant: string, prefix: string, limit: number): Promise<readonly string[]> {
    return await suggestKeys(this.#host, tenant, prefix, limit)
  }

  async attributeValues(tenant: string, key: string, prefix: string, limit: number): Promise<readonly string[]> {
    return await suggestValues(this.#host, tenant, key, prefix, limit)
  }
}
