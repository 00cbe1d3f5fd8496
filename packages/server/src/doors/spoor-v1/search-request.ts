// What a client asked of GET or POST /api/x/v1/search as a PageQuery: the JSON body, or Jaeger's parameters with the body's
// members beside them. Each wrong value is refused with its name.

import { readFilterJson } from '@spoor/core/api/filter-json'
import { parseSearchRequest, type SearchRequest } from '@spoor/core/api/search'
import { SpoorError, toError } from '@spoor/core/base/errors'
import { parseGoDuration } from '@spoor/core/base/time'
import type { Filter } from '@spoor/core/model/filter'
import { parseQuery } from '@spoor/core/model/query-text'
import {
  DEFAULT_LIMIT,
  DEFAULT_LOOKBACK_NS,
  firstValue,
  parseFlag,
  parseJaegerSearch,
  type QueryParameters,
} from '../../query/jaeger-search.ts'
import type { PageQuery, TraceQuery } from '../../query/service.ts'
import { readCursor } from './search-cursor.ts'

const MAX_LIMIT = 10_000
const DEFAULT_FACET_LIMIT = 10
const MAX_FACET_LIMIT = 1000

export interface PageRequest {
  readonly query: PageQuery
  readonly explain: boolean
}

/** `body`: JSON text. */
export function pageOfBody(body: string, tenant: string, nowNs: bigint): PageRequest {
  const request = parseSearchRequest(jsonOf(body, 'body'))
  const base: TraceQuery = {
    tenant,
    filter: undefined,
    startMinNs: request.start === undefined ? nowNs - DEFAULT_LOOKBACK_NS : timeOf(request.start, nowNs, 'start'),
    startMaxNs: request.end === undefined ? nowNs : timeOf(request.end, nowNs, 'end'),
    limit: Math.min(request.limit ?? DEFAULT_LIMIT, MAX_LIMIT),
  }
  return pageOf(request, base)
}

export function pageOfParameters(parameters: QueryParameters, tenant: string, nowNs: bigint): PageRequest {
  const text = (name: string): string | undefined => {
    const value = firstValue(parameters, name) ?? ''
    return value === '' ? undefined : value
  }
  const json = (name: string): unknown => {
    const value = text(name)
    return value === undefined ? undefined : jsonOf(value, name)
  }
  const number = (name: string): number | undefined => {
    const value = text(name)
    return value === undefined ? undefined : Number(value)
  }
  const members = {
    q: text('q'),
    filter: json('filter'),
    order: text('order'),
    cursor: text('cursor'),
    count: parseFlag(parameters, 'count'),
    facets: json('facets'),
    facetLimit: number('facetLimit'),
    budget: json('budget'),
    explain: parseFlag(parameters, 'explain'),
  }
  const given = Object.fromEntries(Object.entries(members).filter(([, value]) => value !== undefined))
  const request = parseSearchRequest(given)
  const base = parseJaegerSearch(parameters, tenant, nowNs)
  return pageOf(request, { ...base, limit: Math.min(base.limit, MAX_LIMIT) })
}

function pageOf(request: SearchRequest, base: TraceQuery): PageRequest {
  const order = request.order ?? 'newest'
  const cursor = request.cursor === undefined ? undefined : readCursor(request.cursor, order)
  const query: PageQuery = {
    ...base,
    ...(cursor === undefined ? {} : { startMinNs: cursor.startMinNs, startMaxNs: cursor.startMaxNs }),
    filter: filterOf(request, base.filter),
    order,
    after: cursor?.place,
    wantsNext: true,
    count: request.count ?? false,
    facets: request.facets ?? [],
    facetLimit: Math.min(request.facetLimit ?? DEFAULT_FACET_LIMIT, MAX_FACET_LIMIT),
    budget: request.budget ?? {},
  }
  return { query, explain: request.explain ?? false }
}

/** All that is given holds. */
function filterOf({ q, filter }: SearchRequest, base: Filter | undefined): Filter | undefined {
  const parts: Filter[] = base === undefined ? [] : [base]
  if (q !== undefined) {
    const read = parseQuery(q)
    if (!read.ok) {
      throw new SpoorError('invalid', 'bad_query', `q: ${read.message}, at character ${read.at + 1}`, { field: 'q' })
    }
    if (read.filter !== undefined) parts.push(read.filter)
  }
  if (filter !== undefined) parts.push(readFilterJson(filter))
  return parts.length > 1 ? { op: 'and', args: parts } : parts[0]
}

/** Unix ns of decimal digits, an ISO 8601 time, `now`, or a duration before now: `-1h`. */
function timeOf(text: string, nowNs: bigint, field: string): bigint {
  if (text === 'now') return nowNs
  if (/^\d{1,19}$/.test(text)) return BigInt(text)
  if (text.startsWith('-')) return nowNs + parseGoDuration(text)
  const ms = Date.parse(text)
  if (!Number.isNaN(ms)) return BigInt(ms) * 1_000_000n
  const message = `${field}: expected Unix nanoseconds, a time such as 2026-08-20T10:00:00Z, or -1h`
  throw new SpoorError('invalid', 'bad_time', message, { field })
}

function jsonOf(text: string, field: string): unknown {
  try {
    return JSON.parse(text)
  } catch (error) {
    throw new SpoorError('invalid', 'bad_json', `${field}: ${toError(error).message}`, { field })
  }
}
