// The search page's address, in Jaeger's parameters, both ways. Old links must open: repeated, empty, legacy and missing
// parameters are all met here and nowhere else. Times are Unix microseconds in decimal text. Ours beside them: `q` (the text
// language), `order`, `facet`.

import { formatLogfmt, parseLogfmt } from './logfmt.ts'

/** Search parameters as a URL has them; a name may stand several times. */
export type RawSearch = Readonly<Record<string, string | readonly string[]>>

export interface SearchForm {
  readonly service: string
  readonly operation: string
  /** logfmt, as typed. */
  readonly tags: string
  readonly lookback: string
  readonly start: string
  readonly end: string
  readonly minDuration: string
  readonly maxDuration: string
  readonly limit: number
  readonly traceIds: readonly string[]
  /** The text language, as typed; holds beside the fields above. */
  readonly q: string
  /** Which traces come first, of all that match. */
  readonly order: Order
  /** Attributes that matches are counted by, in the text language. */
  readonly facets: readonly string[]
}

export const LOOKBACKS: readonly { readonly value: string; readonly label: string; readonly ms: number }[] = [
  ['5m', 'Last 5 minutes', 3e5],
  ['15m', 'Last 15 minutes', 9e5],
  ['30m', 'Last 30 minutes', 1.8e6],
  ['1h', 'Last hour', 3.6e6],
  ['2h', 'Last 2 hours', 7.2e6],
  ['3h', 'Last 3 hours', 1.08e7],
  ['6h', 'Last 6 hours', 2.16e7],
  ['12h', 'Last 12 hours', 4.32e7],
  ['24h', 'Last 24 hours', 8.64e7],
  ['2d', 'Last 2 days', 1.728e8],
  ['3d', 'Last 3 days', 2.592e8],
  ['5d', 'Last 5 days', 4.32e8],
  ['7d', 'Last 7 days', 6.048e8],
  ['2w', 'Last 2 weeks', 1.2096e9],
  ['3w', 'Last 3 weeks', 1.8144e9],
  ['4w', 'Last 4 weeks', 2.4192e9],
].map(([value, label, ms]) => ({ value: String(value), label: String(label), ms: Number(ms) }))

export const CUSTOM_LOOKBACK = 'custom'
export const DEFAULT_LOOKBACK = '1h'
export const DEFAULT_LIMIT = 20
export const MAX_LIMIT = 1500

/** As in core/api/search.ts. */
export const ORDERS = ['newest', 'duration', 'spans', 'errors'] as const
export type Order = (typeof ORDERS)[number]
export const DEFAULT_ORDER: Order = 'newest'

export function parseQueryString(text: string): Record<string, string | string[]> {
  const out: Record<string, string | string[]> = {}
  for (const [name, value] of new URLSearchParams(text)) {
    const before = Object.hasOwn(out, name) ? out[name] : undefined
    out[name] = before === undefined ? value : Array.isArray(before) ? [...before, value] : [before, value]
  }
  return out
}

/** With a `?` in front, or empty. Undefined and empty values are left out. */
export function formatQueryString(search: Readonly<Record<string, unknown>>): string {
  const params = new URLSearchParams()
  for (const [name, value] of Object.entries(search)) {
    for (const item of Array.isArray(value) ? value : [value]) {
      if (item !== undefined && item !== null && item !== '') params.append(name, String(item))
    }
  }
  const text = params.toString()
  return text === '' ? '' : `?${text}`
}

export function firstOf(raw: RawSearch, name: string): string {
  const value = Object.hasOwn(raw, name) ? raw[name] : undefined
  return (typeof value === 'string' ? value : value?.[0]) ?? ''
}

export function allOf(raw: RawSearch, name: string): readonly string[] {
  const value = Object.hasOwn(raw, name) ? raw[name] : undefined
  return (typeof value === 'string' ? [value] : (value ?? [])).filter((item) => item !== '')
}

function decodeTags(raw: RawSearch): string {
  const tags: Record<string, string> = {}
  const text = firstOf(raw, 'tags')
  let extra = ''
  if (text.startsWith('{')) {
    try {
      for (const [key, value] of Object.entries(JSON.parse(text) as Record<string, unknown>)) {
        tags[key] = typeof value === 'string' ? value : JSON.stringify(value)
      }
    } catch (error) {
      if (!(error instanceof SyntaxError)) throw error
      extra = text // shown in the field with what is wrong with it
    }
  } else extra = text
  for (const tag of allOf(raw, 'tag')) {
    const colon = tag.indexOf(':')
    if (colon > 0) tags[tag.slice(0, colon)] = tag.slice(colon + 1)
  }
  return [formatLogfmt(tags), extra].filter((part) => part !== '').join(' ')
}

function decodeMicros(text: string): number | undefined {
  return /^\d{1,17}$/.test(text) ? Number(text) : undefined
}

/** The shortest lookback that holds the range, or `custom`. */
function lookbackFor(rangeMs: number): string {
  return LOOKBACKS.find((entry) => entry.ms >= rangeMs)?.value ?? CUSTOM_LOOKBACK
}

function decodeLimit(text: string): number {
  const limit = Number(text)
  return Number.isInteger(limit) && limit >= 1 ? Math.min(limit, MAX_LIMIT) : DEFAULT_LIMIT
}

/** The form of a link. `start` and `end` are always concrete afterwards, also where the link has only a lookback. */
export function decodeSearch(raw: RawSearch, nowMs: number): SearchForm {
  const service = firstOf(raw, 'service')
  const operation = firstOf(raw, 'operation')
  const givenLookback = firstOf(raw, 'lookback')
  const known = LOOKBACKS.find((entry) => entry.value === givenLookback)
  const end = decodeMicros(firstOf(raw, 'end')) ?? nowMs * 1000
  const fallbackMs = known?.ms ?? 3.6e6
  const start = decodeMicros(firstOf(raw, 'start')) ?? Math.max(0, end - fallbackMs * 1000)
  const named = known !== undefined || givenLookback === CUSTOM_LOOKBACK
  return {
    service: service === '__all_services__' || service === '-' ? '' : service,
    operation: operation === '__all_operations__' || operation === 'all' ? '' : operation,
    tags: decodeTags(raw),
    lookback: named ? givenLookback : lookbackFor((end - start) / 1000),
    start: String(start),
    end: String(end),
    minDuration: firstOf(raw, 'minDuration').trim(),
    maxDuration: firstOf(raw, 'maxDuration').trim(),
    limit: decodeLimit(firstOf(raw, 'limit')),
    traceIds: allOf(raw, 'traceID'),
    q: firstOf(raw, 'q'),
    order: ORDERS.find((order) => order === firstOf(raw, 'order')) ?? DEFAULT_ORDER,
    facets: [...new Set(allOf(raw, 'facet'))],
  }
}

/** True where a link asks for a search at once; the bare page only shows the form. */
export function asksForSearch(raw: RawSearch): boolean {
  return [
    'service',
    'lookback',
    'start',
    'end',
    'tags',
    'tag',
    'minDuration',
    'maxDuration',
    'operation',
    'traceID',
    'limit',
    'q',
    'order',
  ].some((name) => allOf(raw, name).length > 0)
}

/** Parameters of the search request. Tags that are no logfmt are left out. */
export function searchParameters(form: SearchForm): Record<string, string | readonly string[]> {
  const parsed = parseLogfmt(form.tags)
  const hasTags = 'tags' in parsed && Object.keys(parsed.tags).length > 0
  return {
    end: form.end,
    limit: String(form.limit),
    lookback: form.lookback,
    maxDuration: form.maxDuration,
    minDuration: form.minDuration,
    operation: form.operation,
    service: form.service,
    start: form.start,
    tags: hasTags ? JSON.stringify(parsed.tags) : '',
    traceID: form.traceIds,
    q: form.q.trim() === '' ? '' : form.q,
    order: form.order === DEFAULT_ORDER ? '' : form.order,
  }
}

/** Parameters of the page's link. */
export function encodeSearch(form: SearchForm): Record<string, string | readonly string[]> {
  return { ...searchParameters(form), facet: form.facets }
}

/** Nothing asked for yet: the last hour. */
export function emptyForm(nowMs: number): SearchForm {
  return {
    service: '',
    operation: '',
    tags: '',
    lookback: DEFAULT_LOOKBACK,
    start: String((nowMs - 3.6e6) * 1000),
    end: String(nowMs * 1000),
    minDuration: '',
    maxDuration: '',
    limit: DEFAULT_LIMIT,
    traceIds: [],
    q: '',
    order: DEFAULT_ORDER,
    facets: [],
  }
}

/** Start and end of "now minus lookback"; a custom range stays as it is. */
export function withFreshTimes(form: SearchForm, nowMs: number): SearchForm {
  const entry = LOOKBACKS.find((item) => item.value === form.lookback)
  if (entry === undefined) return form
  const end = Math.floor(nowMs) * 1000
  return { ...form, start: String(Math.max(0, end - entry.ms * 1000)), end: String(end) }
}
