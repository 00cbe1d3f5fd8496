// The query service over one store: counts and times what it is asked, bounds it, and hands searches to search/. A search
// that meets a bound (time, traces looked at, bytes held) gives what was found so far, marked partial.

import { SpoorError } from '@spoor/core/base/errors'
import type { Filter } from '@spoor/core/model/filter'
import { isInternalAttribute } from '@spoor/core/model/internal-attributes'
import { valueText } from '@spoor/core/model/value-text'
import { VIRTUAL_TAGS } from '@spoor/core/model/virtual-tags'
import type { SpanReader } from '../storage/api/store.ts'
import type { Metrics } from '../telemetry/metrics.ts'
import { Budget } from './search/budget.ts'
import { PageSearch } from './search/page.ts'
import { shownService, storedService } from './nameless.ts'
import type { Explain, FindOptions, PageQuery, PageResult, QueryService } from './service.ts'

export interface QueryLimits {
  /** Bytes of traces that one search may hold. */
  readonly maxAnswerBytes: number
  /** Traces that one search may read only to check them again. */
  readonly maxRecheckedTraces: number
}

/** Time that one search may take, and bytes of traces that it may read only to check them. */
const MAX_SEARCH_MS = 60_000
const MAX_CHECKED_BYTES = 4 * 1024 ** 3

export const DEFAULT_LIMITS: QueryLimits = { maxAnswerBytes: 256 * 1024 * 1024, maxRecheckedTraces: 20_000 }

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
  const findPage = async (query: PageQuery, options: FindOptions): Promise<PageResult> =>
    await measured('find_traces', async () => await searchPage(reader, limits, query, options))
  return {
    findTraces: async (query, options = {}) => await findPage({ ...query, ...FIRST_TRACES }, options),
    findPage: async (query, options = {}) => await findPage(query, options),
    attributeKeys: async (tenant, prefix, limit) => {
      const stored = (await reader.index?.attributeKeys(tenant, prefix, limit)) ?? []
      const virtual = VIRTUAL_TAGS.map((tag) => tag.key).filter((key) => key.startsWith(prefix))
      const keys = new Set([...stored, ...virtual].filter((key) => !isInternalAttribute(key)))
      return [...keys].toSorted().slice(0, limit)
    },
    attributeValues: async (tenant, key, prefix, limit) => {
      const stored = (await reader.index?.attributeValues(tenant, key, prefix, limit)) ?? []
      const known = virtualValues(key).filter((value) => value.startsWith(prefix))
      return [...new Set([...stored, ...known])].toSorted().slice(0, limit)
    },
    getTrace: async (tenant, id, options = {}) =>
      await measured('get_trace', async () => {
        // Not an id of any trace, but as half an id it would find those whose lower half is zero.
        if (/^0+$/.test(id)) return undefined
        for await (const trace of reader.traces(tenant, [id], options)) return trace
        return undefined
      }),
    services: async (tenant) => await measured('get_services', async () => await allServices(reader, tenant)),
    operations: async (tenant, service) =>
      await measured('get_operations', async () => {
        return await reader.operations(tenant, service === undefined ? undefined : storedService(service))
      }),
    dependencies: async (tenant, startMinNs, startMaxNs) =>
      await measured('get_dependencies', async () => await reader.dependencies(tenant, startMinNs, startMaxNs)),
    storeStats: async () => await reader.stats?.(),
    red: async (query) => await measured('get_red', async () => await reader.red?.(query)),
  }
}

/** All that have a name, and those without one as one service, where their spans have operations. */
async function allServices(reader: SpanReader, tenant: string): Promise<readonly string[]> {
  const [names, nameless] = await Promise.all([reader.services(tenant), reader.operations(tenant, '')])
  return nameless.length === 0 ? names : [...new Set([...names, shownService('')])].toSorted()
}

/** A search that asks for the first traces alone. */
const FIRST_TRACES = {
  order: 'newest',
  after: undefined,
  wantsNext: false,
  count: false,
  facets: [],
  facetLimit: 0,
  budget: {},
} as const

async function searchPage(
  reader: SpanReader,
  limits: QueryLimits,
  query: PageQuery,
  options: FindOptions,
): Promise<PageResult> {
  if (!reader.capabilities().searchWithoutService && !namesService(query.filter)) {
    throw new SpoorError('invalid', 'service_required', "parameter 'service' is required", { field: 'service' })
  }
  const { signal, explain = createExplain() } = options
  const most = { ms: MAX_SEARCH_MS, bytes: MAX_CHECKED_BYTES, traces: limits.maxRecheckedTraces }
  const budget = new Budget(most, query.budget, signal)
  const read = { ...(signal === undefined ? {} : { signal }), stats: explain.stats }
  try {
    const page = await new PageSearch(reader, query, { budget, read, explain }, limits.maxAnswerBytes).run()
    budget.checkAbort()
    return page
  } catch (error) {
    budget.checkAbort(error)
    throw error
  }
}

/** The values that a virtual tag can have, where they are a closed list. */
function virtualValues(key: string): readonly string[] {
  const source = VIRTUAL_TAGS.find((tag) => tag.key === key)?.source
  if (source === undefined || !('values' in source)) return []
  return [...source.values.values()].map(valueText)
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

/** True where every match has one service, so that a store keyed by service can search. */
function namesService(filter: Filter | undefined): boolean {
  if (filter === undefined) return false
  if (filter.op === 'and') return filter.args.some(namesService)
  return filter.op === 'eq' && 'field' in filter.target && filter.target.field === 'service'
}
