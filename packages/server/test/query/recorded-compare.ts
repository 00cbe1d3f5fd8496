// Compares an answer with the one that Jaeger gave, field by field: spans, names and processes as sets (Jaeger promises
// no order for them, and a process stands for its content), tags, fields and references in order.

import { isDeepStrictEqual } from 'node:util'

/** One place where two answers differ. */
export interface Difference {
  /** The request's path and query. */
  readonly request: string
  /** `data/trace/SPAN OPERATION/tags/3/type`. */
  readonly path: string
  /** undefined: not there. */
  readonly jaeger: unknown
  readonly spoor: unknown
}

type Json = Readonly<Record<string, unknown>>

/** 20,480 characters in the recorded input, shortened in the recorded answers. */
const LONG = '0123456789abcdef'.repeat(1280)

export function compareAnswers(request: string, jaeger: unknown, spoor: unknown): Difference[] {
  const found: Difference[] = []
  compare(normalize(jaeger), normalize(spoor), [], (path, a, b) => {
    found.push({ request, path: path.join('/'), jaeger: a, spoor: b })
  })
  return found
}

function compare(
  a: unknown,
  b: unknown,
  path: readonly string[],
  report: (path: readonly string[], a: unknown, b: unknown) => void,
): void {
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
function normalize(answer: unknown): unknown {
  if (!isObject(answer) || !Array.isArray(answer['data'])) return answer
  const data = answer['data'] as unknown[]
  return {
    ...answer,
    data: keyed(data.map((entry): [string, unknown] => (isTrace(entry) ? traceEntry(entry) : [nameOf(entry), entry]))),
  }
}

function isTrace(value: unknown): value is Json & { spans: Json[]; processes: Json; traceID: string } {
  return isObject(value) && Array.isArray(value['spans'])
}

function nameOf(entry: unknown): string {
  return isObject(entry) ? JSON.stringify(entry) : String(entry)
}

function traceEntry(trace: Json & { spans: Json[]; processes: Json; traceID: string }): [string, unknown] {
  const spans = trace.spans.map((span): [string, unknown] => {
    const process = trace.processes[String(span['processID'])]
    return [
      `${String(span['spanID'])} ${String(span['operationName'])}`,
      expand({ ...span, processID: undefined, process }),
    ]
  })
  return [trace.traceID, { ...trace, processes: undefined, spans: keyed(spans) }]
}

function expand(value: unknown): unknown {
  if (typeof value === 'string') return value.replaceAll('«LONG»', LONG)
  if (Array.isArray(value)) return value.map(expand)
  return isObject(value) ? Object.fromEntries(Object.entries(value).map(([key, entry]) => [key, expand(entry)])) : value
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
