// Compares an answer with the one that Jaeger gave, field by field: spans, names and processes as sets (Jaeger promises
// no order for them, and a process stands for its content), tags, fields and references in order.

import { isDeepStrictEqual } from 'node:util'

/** One place where two answers differ. */
export interface Difference {
  /** The request's line. */
  readonly request: string
  /** `data/trace/SPAN OPERATION/tags/3/type`. */
  readonly path: string
  /** undefined: not there. */
  readonly jaeger: unknown
  readonly spoor: unknown
}

type Json = Readonly<Record<string, unknown>>
type Report = (path: readonly string[], jaeger: unknown, spoor: unknown) => void

/** 20,480 characters in the recorded input, shortened in the recorded answers. */
const LONG = '0123456789abcdef'.repeat(1280)
/** Lists whose order says nothing in other versions than the reference. */
const UNORDERED: readonly string[] = ['tags', 'fields', 'references']

/**
 * `anyOrder`: tags, fields and references as sets, too, tags by their keys, and paths have those in place of numbers; for
 * versions that sort them in ways of their own.
 */
export function compareAnswers(request: string, jaeger: unknown, spoor: unknown, anyOrder = false): Difference[] {
  const found: Difference[] = []
  const a = normalize(jaeger, anyOrder)
  const b = normalize(spoor, anyOrder)
  compare(a, b, [], (path, one, other) => {
    found.push({ request, path: path.join('/'), jaeger: one, spoor: other })
  })
  // A number of list entries that follows from another list is no news.
  const list = found.some(({ path }) => path === 'data' || path.startsWith('data/'))
  return list ? found.filter(({ path }) => path !== 'total') : found
}

function compare(a: unknown, b: unknown, path: readonly string[], report: Report): void {
  if (isDeepStrictEqual(a, b)) return
  if (!isObject(a) || !isObject(b) || Array.isArray(a) !== Array.isArray(b)) {
    report(path, a, b)
    return
  }
  for (const key of new Set([...Object.keys(a), ...Object.keys(b)])) compare(a[key], b[key], [...path, key], report)
}

function isObject(value: unknown): value is Json {
  return typeof value === 'object' && value !== null
}

/** Traces, spans and names under their own names instead of a place in a list; processes in the spans. */
function normalize(answer: unknown, anyOrder: boolean): unknown {
  if (!isObject(answer) || !Array.isArray(answer['data'])) return answer
  const data = answer['data'] as unknown[]
  const entries = data.map((entry): [string, unknown] =>
    isTrace(entry) ? traceEntry(entry, anyOrder) : [nameOf(entry), entry],
  )
  return { ...answer, data: keyed(entries) }
}

function isTrace(value: unknown): value is Json & { spans: Json[]; processes: Json; traceID: string } {
  return isObject(value) && Array.isArray(value['spans'])
}

function nameOf(entry: unknown): string {
  return isObject(entry) ? JSON.stringify(entry) : String(entry)
}

function traceEntry(
  trace: Json & { spans: Json[]; processes: Json; traceID: string },
  anyOrder: boolean,
): [string, unknown] {
  const spans = trace.spans.map((span): [string, unknown] => {
    const process = trace.processes[String(span['processID'])]
    const name = `${String(span['spanID'])} ${String(span['operationName'])}`
    return [name, expand({ ...span, processID: undefined, process }, '', anyOrder)]
  })
  return [trace.traceID, { ...trace, processes: undefined, spans: keyed(spans) }]
}

function expand(value: unknown, name: string, anyOrder: boolean): unknown {
  if (typeof value === 'string') return value.replaceAll('«LONG»', LONG)
  if (Array.isArray(value)) {
    const items = value.map((item) => expand(item, '', anyOrder))
    if (!anyOrder || !UNORDERED.includes(name)) return items
    return keyed(items.map((item) => [isObject(item) && 'key' in item ? String(item['key']) : nameOf(item), item]))
  }
  if (!isObject(value)) return value
  return Object.fromEntries(Object.entries(value).map(([key, entry]) => [key, expand(entry, key, anyOrder)]))
}

/** Equal names get numbers, in the order of their contents. */
function keyed(entries: readonly (readonly [string, unknown])[]): Json {
  const result: Record<string, unknown> = {}
  const sorted = entries.toSorted((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1))
  for (const [name, value] of sorted) {
    let key = name
    for (let i = 2; key in result; i++) key = `${name} #${i}`
    result[key] = value
  }
  return result
}
