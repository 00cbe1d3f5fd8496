// Jaeger's search parameters (jaeger cmd/query/app/query_parser.go, v1.57 and 1.76) as a TraceQuery. Shared by every
// door that takes them. Each wrong value is refused with Jaeger's own words and the parameter's name, never ignored;
// unknown parameters are ignored, as Jaeger does.

import { SpoorError, toError } from '@spoor/core/base/errors'
import { parseGoDuration } from '@spoor/core/base/time'
import type { Filter } from '@spoor/core/model/filter'
import { storedService } from './nameless.ts'
import type { TraceQuery } from './service.ts'
import { parseTraceId } from './trace-id.ts'

/** A query string, parsed: repeated parameters are lists. */
export type QueryParameters = Readonly<Record<string, string | readonly string[] | undefined>>

/** Jaeger's limit where none is given, or none above 0. */
export const DEFAULT_LIMIT = 100
/** Ids that one request may ask for. */
export const MAX_TRACE_IDS = 1000
/** How far back a search goes that names no start. */
export const DEFAULT_LOOKBACK_NS: bigint = 48n * 3600n * 1_000_000_000n

const INT64_MAX = 2n ** 63n - 1n

/** The first value wins, as in Go's URL.Query().Get. */
export function firstValue(parameters: QueryParameters, name: string): string | undefined {
  const value = parameters[name]
  return typeof value === 'string' || value === undefined ? value : value[0]
}

export function allValues(parameters: QueryParameters, name: string): readonly string[] {
  const value = parameters[name]
  if (value === undefined) return []
  return typeof value === 'string' ? [value] : value
}

/** The search that the parameters ask for; `nowNs` is Unix ns. The ids of `traceID` are parseTraceIds' matter. */
export function parseJaegerSearch(parameters: QueryParameters, tenant: string, nowNs: bigint): TraceQuery {
  const conditions: Filter[] = []
  const service = firstValue(parameters, 'service') ?? ''
  const operation = firstValue(parameters, 'operation') ?? ''
  if (service !== '') {
    conditions.push({ op: 'eq', target: { field: 'service' }, value: storedService(service) })
  }
  if (operation !== '') conditions.push({ op: 'eq', target: { field: 'name' }, value: operation })
  const start = parseMicros(parameters, 'start')
  const end = parseMicros(parameters, 'end')
  const limit = parseLimit(parameters)
  conditions.push(...durationFilters(parameters))
  for (const [key, value] of parseTags(parameters)) {
    conditions.push({ op: 'eq', target: { attr: key, level: 'any' }, value })
  }
  return {
    tenant,
    filter: conditions.length > 1 ? { op: 'and', args: conditions } : conditions[0],
    // A bound counts for the microsecond it names, as the answer shows no finer time.
    startMinNs: start === undefined ? nowNs - DEFAULT_LOOKBACK_NS : start * 1000n,
    startMaxNs: end === undefined ? nowNs : end * 1000n + 999n,
    limit,
  }
}

/** Every `traceID`, as stores take ids. Empty where the parameter is absent. */
export function parseTraceIds(parameters: QueryParameters): readonly string[] {
  const values = allValues(parameters, 'traceID')
  if (values.length > MAX_TRACE_IDS)
    throw invalid('traceID', `parameter 'traceID' is given more than ${MAX_TRACE_IDS} times`)
  return values.map((value) => {
    try {
      return parseTraceId(value)
    } catch (error) {
      throw invalid('traceID', `cannot parse traceID param: ${toError(error).message}`, error)
    }
  })
}

/** Go's strconv.ParseBool; absent and empty are false. */
export function parseFlag(parameters: QueryParameters, name: string): boolean {
  const text = firstValue(parameters, name) ?? ''
  if (/^(?:1|t|T|true|TRUE|True)$/.test(text)) return true
  if (/^(?:|0|f|F|false|FALSE|False)$/.test(text)) return false
  throw unparsable(name, `strconv.ParseBool: parsing ${JSON.stringify(text)}: invalid syntax`)
}

/** Microseconds since 1970; undefined where absent or empty. Times before 1970 count as 1970. */
export function parseMicros(parameters: QueryParameters, name: string): bigint | undefined {
  const text = firstValue(parameters, name) ?? ''
  if (text === '') return undefined
  const value = parseInteger(name, text)
  return value < 0n ? 0n : value
}

/** Milliseconds, of any sign; undefined where absent or empty. */
export function parseMillis(parameters: QueryParameters, name: string): bigint | undefined {
  const text = firstValue(parameters, name) ?? ''
  return text === '' ? undefined : parseInteger(name, text)
}

/** Jaeger's: present and not `false`. */
export function wantsPretty(parameters: QueryParameters): boolean {
  const value = firstValue(parameters, 'prettyPrint') ?? ''
  return value !== '' && value !== 'false'
}

function parseInteger(name: string, text: string): bigint {
  if (!/^[+-]?\d+$/.test(text))
    throw unparsable(name, `strconv.ParseInt: parsing ${JSON.stringify(text)}: invalid syntax`)
  const value = text.length > 32 ? INT64_MAX + 1n : BigInt(text.replace('+', ''))
  if (value > INT64_MAX || value < -INT64_MAX) {
    throw unparsable(name, `strconv.ParseInt: parsing ${JSON.stringify(text)}: value out of range`)
  }
  return value
}

function parseLimit(parameters: QueryParameters): number {
  const text = firstValue(parameters, 'limit') ?? ''
  if (text === '') return DEFAULT_LIMIT
  const value = parseInteger('limit', text)
  if (value > 0x7fffffffn)
    throw unparsable('limit', `strconv.ParseInt: parsing ${JSON.stringify(text)}: value out of range`)
  return value > 0n ? Number(value) : DEFAULT_LIMIT
}

function durationFilters(parameters: QueryParameters): Filter[] {
  const min = parseDuration(parameters, 'minDuration')
  const max = parseDuration(parameters, 'maxDuration')
  if (min !== 0n && max !== 0n && max < min)
    throw invalid('maxDuration', "'maxDuration' should be greater than 'minDuration'")
  const filters: Filter[] = []
  if (min > 0n) filters.push({ op: 'gte', target: { field: 'duration' }, value: min })
  if (max !== 0n) filters.push({ op: 'lte', target: { field: 'duration' }, value: max })
  return filters
}

/** Nanoseconds; 0 where absent or empty. */
function parseDuration(parameters: QueryParameters, name: string): bigint {
  const text = firstValue(parameters, name) ?? ''
  if (text === '') return 0n
  try {
    return parseGoDuration(text)
  } catch (error) {
    throw unparsable(name, toError(error).message, error)
  }
}

/** `tag=key:value`, then `tags={"key":"value"}`; the last value of a key counts, as in Jaeger. */
function parseTags(parameters: QueryParameters): ReadonlyMap<string, string> {
  const tags = new Map<string, string>()
  for (const tag of allValues(parameters, 'tag')) {
    const colon = tag.indexOf(':')
    if (colon < 0) throw invalid('tag', `malformed 'tag' parameter, expecting key:value, received: ${tag}`)
    tags.set(tag.slice(0, colon), tag.slice(colon + 1))
  }
  for (const text of allValues(parameters, 'tags')) {
    for (const [key, value] of Object.entries(parseTagsObject(text))) {
      if (typeof value !== 'string')
        throw badTags(`json: cannot unmarshal ${jsonKind(value)} into Go value of type string`)
      tags.set(key, value)
    }
  }
  return tags
}

function parseTagsObject(text: string): object {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch (error) {
    throw badTags(text === '' ? 'unexpected end of JSON input' : toError(error).message, error)
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw badTags(`json: cannot unmarshal ${jsonKind(value)} into Go value of type map[string]string`)
  }
  return value
}

function jsonKind(value: unknown): string {
  if (Array.isArray(value)) return 'array'
  if (value === null) return 'null'
  return typeof value === 'boolean' ? 'bool' : typeof value
}

function badTags(why: string, cause?: unknown): SpoorError {
  return invalid('tags', `malformed 'tags' parameter, cannot unmarshal JSON: ${why}`, cause)
}

function unparsable(field: string, why: string, cause?: unknown): SpoorError {
  return invalid(field, `unable to parse param '${field}': ${why}`, cause)
}

function invalid(field: string, message: string, cause?: unknown): SpoorError {
  return new SpoorError('invalid', 'bad_parameter', message, { field, ...(cause === undefined ? {} : { cause }) })
}
