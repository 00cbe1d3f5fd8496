// The text of a file → traces, whatever of the known formats it is. Bad parts are reported with their place, and the rest
// is kept. Pure: no browser, no worker.

import { toError } from '@spoor/core/base/errors'
import { readJaegerJson } from '@spoor/core/formats/jaeger-json'
import { parseExactJson } from '@spoor/core/formats/json-fields'
import { readOtlpJson } from '@spoor/core/formats/otlp-json'
import { readZipkinJson } from '@spoor/core/formats/zipkin-json'
import { groupByTrace, type TraceFile } from '@spoor/core/formats/trace-file'
import type { Span } from '@spoor/core/model/span'
import type { FileProblem } from './protocol.ts'

export interface ReadFile {
  /** Empty where no part of it is known. */
  readonly format: string
  readonly traces: readonly TraceFile[]
  readonly problems: readonly FileProblem[]
}

interface Format {
  readonly name: string
  readonly read: (value: unknown) => TraceFile[]
  /** Parts that can be read one by one where the whole fails, and what such a part is called. */
  readonly parts: (value: unknown) => readonly unknown[]
  readonly part: string
}

type Fields = Readonly<Record<string, unknown>>

function fieldsOf(value: unknown): Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Fields) : {}
}

function asList(value: unknown): readonly unknown[] | undefined {
  return Array.isArray(value) ? (value as readonly unknown[]) : undefined
}

/** Each element of the list of that name as a document of its own; a document without it is one part. */
function listParts(value: unknown, names: readonly string[]): readonly unknown[] {
  if (Array.isArray(value)) return value
  for (const name of names) {
    const list = fieldsOf(value)[name]
    if (Array.isArray(list)) return list.map((item) => ({ [name]: [item] }))
  }
  return [value]
}

const JAEGER: Format = {
  name: 'Jaeger JSON',
  read: readJaegerJson,
  parts: (value) => asList(fieldsOf(value)['data']) ?? asList(value) ?? [value],
  part: 'trace',
}

const OTLP: Format = {
  name: 'OTLP JSON',
  read: readOtlpJson,
  parts: (value) => listParts(value, ['resourceSpans', 'batches']),
  part: 'resource',
}

const ZIPKIN: Format = {
  name: 'Zipkin JSON',
  read: readZipkinJson,
  parts: (value) => (Array.isArray(value) ? value.flat(1).map((span: unknown) => [span]) : [value]),
  part: 'span',
}

const OTLP_FIELDS = ['resourceSpans', 'resource_spans', 'batches', 'trace', 'result']

/** By its own fields, else by its first element's. */
function formatOf(value: unknown): Format | undefined {
  if (Array.isArray(value)) {
    if (value.length === 0) return undefined
    return Array.isArray(value[0]) ? (formatOf(value[0]) === ZIPKIN ? ZIPKIN : undefined) : formatOf(value[0])
  }
  const fields = fieldsOf(value)
  if (OTLP_FIELDS.some((name) => name in fields)) return OTLP
  if ('data' in fields || ('spans' in fields && 'traceID' in fields)) return JAEGER
  if ('traceId' in fields && 'id' in fields) return ZIPKIN
  return undefined
}

const UNKNOWN = 'This is JSON, but no trace of Jaeger (data), OpenTelemetry (resourceSpans) or Zipkin.'

function problemOf(error: unknown, place: string): FileProblem {
  return { place, message: toError(error).message.replace(/^bad JSON: /, '') }
}

function readDocument(value: unknown, place: string): ReadFile {
  const format = formatOf(value)
  if (format === undefined) return { format: '', traces: [], problems: [{ place, message: UNKNOWN }] }
  try {
    return { format: format.name, traces: format.read(value), problems: [] }
  } catch (error) {
    const parts = format.parts(value)
    if (parts.length < 2) return { format: format.name, traces: [], problems: [problemOf(error, place)] }
    return readParts(format, parts, place)
  }
}

function readParts(format: Format, parts: readonly unknown[], place: string): ReadFile {
  const traces: TraceFile[] = []
  const problems: FileProblem[] = []
  parts.forEach((part, i) => {
    try {
      traces.push(...format.read(part))
    } catch (error) {
      problems.push(problemOf(error, [place, `${format.part} ${i + 1}`].filter((item) => item !== '').join(', ')))
    }
  })
  return { format: format.name, traces, problems }
}

/** JSON documents, one a line, as a Collector's file exporter writes them. Undefined where the first line is none. */
function readLines(text: string): ReadFile | undefined {
  const traces: TraceFile[] = []
  const problems: FileProblem[] = []
  let format = ''
  let number = 0
  let seen = 0
  for (let at = 0; at < text.length;) {
    const found = text.indexOf('\n', at)
    const end = found < 0 ? text.length : found
    const line = text.slice(at, end).trim()
    at = end + 1
    number++
    if (line === '') continue
    const read = readLine(line, `line ${number}`)
    if (seen++ === 0 && read === undefined) return undefined
    if (read === undefined) problems.push(problemOf(lineError(line), `line ${number}`))
    else {
      traces.push(...read.traces)
      problems.push(...read.problems)
      if (format === '' && read.format !== '') format = `${read.format}, one a line`
    }
  }
  return { format, traces, problems }
}

function readLine(line: string, place: string): ReadFile | undefined {
  let value: unknown
  try {
    value = parseExactJson(line)
  } catch {
    return undefined // lineError says why, where somebody wants to know
  }
  return readDocument(value, place)
}

function lineError(line: string): unknown {
  try {
    parseExactJson(line)
  } catch (error) {
    return error
  }
  return new Error('not JSON')
}

function joined(read: ReadFile): ReadFile {
  const spans: Span[] = []
  for (const trace of read.traces) for (const span of trace.spans) spans.push(span)
  return { ...read, traces: groupByTrace(spans) }
}

/** Never throws: what cannot be read is a problem of the file. */
export function readTraceText(given: string): ReadFile {
  const text = given.startsWith('\ufeff') ? given.slice(1) : given
  if (text.trim() === '') return { format: '', traces: [], problems: [{ place: '', message: 'The file is empty.' }] }
  let value: unknown
  try {
    value = parseExactJson(text)
  } catch (error) {
    const lines = text.includes('\n') ? readLines(text) : undefined
    return lines === undefined ? { format: '', traces: [], problems: [problemOf(error, '')] } : joined(lines)
  }
  const read = joined(readDocument(value, ''))
  if (read.traces.length > 0 || read.problems.length > 0) return read
  return { ...read, problems: [{ place: '', message: 'There is no span in it.' }] }
}
