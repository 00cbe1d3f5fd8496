// From a file of spans to OTLP requests of a bounded size. Reads OTLP/JSON (documents one a line, or one document), OTLP
// protobuf (TracesData, also several joined, and the frames of the OpenTelemetry Collector's file exporter), and Jaeger's JSON;
// each also compressed with gzip. Protobuf and lines are read as a stream; one JSON document over many lines as a whole.

import { createGunzip } from 'node:zlib'
import { Readable } from 'node:stream'
import { SpoorError } from '@spoor/core/base/errors'
import { readJaegerJson } from '@spoor/core/formats/jaeger-json'
import { parseExactJson } from '@spoor/core/formats/json-fields'
import { decodeTraces } from '../../../wire/otlp/decode.ts'
import { encodeTraces } from '../../../wire/otlp/encode.ts'
import { otlpJsonToProtobuf } from '../../../wire/otlp/json.ts'
import { scanOtlp } from '../../../wire/otlp/scan.ts'
import { readMessages } from './frames.ts'

export const IMPORT_FORMATS = ['auto', 'otlp-json', 'otlp-proto', 'jaeger-json'] as const
export type ImportFormat = (typeof IMPORT_FORMATS)[number]

export interface ImportRequest {
  readonly bytes: Uint8Array
  readonly spans: number
}

/** Every server takes requests of this size. */
const REQUEST_BYTES = 1 << 20
/** A message that is larger, or has more spans, is cut into requests of so many. */
const REQUEST_SPANS = 5000
/** One JSON document over several lines. */
const MAX_DOCUMENT_CHARS = 256 << 20
const NEWLINE = 0x0a

/** Throws SpoorError `invalid` where the file is none of the formats. */
export async function* readRequests(file: Readable, format: ImportFormat): AsyncIterable<ImportRequest> {
  const { head, rest } = await peek(file)
  const plain = head[0] === 0x1f && head[1] === 0x8b ? await peek(rest.pipe(createGunzip())) : { head, rest }
  const asked = format === 'auto' ? guess(plain.head) : format
  for await (const message of asked === 'otlp-proto' ? joined(readMessages(plain.rest)) : documents(plain.rest, asked))
    yield* cut(message)
}

/** The first bytes, and the stream with them. */
async function peek(stream: Readable): Promise<{ readonly head: Buffer; readonly rest: Readable }> {
  const chunks = stream[Symbol.asyncIterator]()
  let head = Buffer.alloc(0)
  while (head.length < 512) {
    const next = (await chunks.next()) as IteratorResult<Buffer>
    if (next.done === true) break
    head = Buffer.concat([head, next.value])
  }
  const all = async function* (): AsyncIterable<Buffer> {
    if (head.length > 0) yield head
    for (;;) {
      const next = (await chunks.next()) as IteratorResult<Buffer>
      if (next.done === true) return
      yield next.value
    }
  }
  return { head, rest: Readable.from(all(), { objectMode: false }) }
}

function guess(head: Buffer): Exclude<ImportFormat, 'auto'> {
  const text = head
    .toString('utf8')
    .replace(/^\uFEFF/, '')
    .trimStart()
  if (!text.startsWith('{') && !text.startsWith('[')) return 'otlp-proto'
  return /^\{\s*"resourceSpans"/.test(text) ? 'otlp-json' : 'jaeger-json'
}

/** Messages of a protobuf file, put together to requests. */
async function* joined(messages: AsyncIterable<Uint8Array>): AsyncIterable<Uint8Array> {
  let parts: Uint8Array[] = []
  let bytes = 0
  for await (const message of messages) {
    if (bytes > 0 && bytes + message.length > REQUEST_BYTES) {
      yield Buffer.concat(parts)
      parts = []
      bytes = 0
    }
    parts.push(message)
    bytes += message.length
  }
  if (bytes > 0) yield Buffer.concat(parts)
}

/** OTLP messages of JSON documents: one a line where the first line is one, else the whole file is one. */
async function* documents(file: Readable, format: Exclude<ImportFormat, 'auto'>): AsyncIterable<Uint8Array> {
  let whole: string[] | undefined
  let chars = 0
  let number = 0
  for await (const line of lines(file)) {
    number++
    if (whole === undefined && line.trim() === '') continue
    if (whole === undefined && number === 1 && !isDocument(line)) whole = []
    if (whole === undefined) {
      yield named(number, () => toOtlp(line, format))
      continue
    }
    whole.push(line)
    chars += line.length
    if (chars > MAX_DOCUMENT_CHARS) throw tooLarge()
  }
  if (whole !== undefined) yield toOtlp(whole.join('\n'), format)
}

function tooLarge(): SpoorError {
  return new SpoorError('tooLarge', 'document_too_large', 'a JSON document is larger than 256 MiB')
}

function named<T>(line: number, read: () => T): T {
  try {
    return read()
  } catch (thrown) {
    if (!(thrown instanceof SpoorError)) throw thrown
    throw new SpoorError(thrown.kind, thrown.code, `line ${line}: ${thrown.message}`, { cause: thrown })
  }
}

/** Without the byte order mark. */
async function* lines(file: Readable): AsyncIterable<string> {
  let parts: Buffer[] = []
  let bytes = 0
  let first = true
  const take = (): string => {
    const text = Buffer.concat(parts).toString('utf8')
    parts = []
    bytes = 0
    const line = first ? text.replace(/^\uFEFF/, '') : text
    first = false
    return line
  }
  for await (const chunk of file as AsyncIterable<Buffer>) {
    let from = 0
    for (let at = chunk.indexOf(NEWLINE); at >= 0; at = chunk.indexOf(NEWLINE, from)) {
      parts.push(chunk.subarray(from, at))
      yield take()
      from = at + 1
    }
    parts.push(chunk.subarray(from))
    bytes += chunk.length - from
    if (bytes > MAX_DOCUMENT_CHARS) throw tooLarge()
  }
  if (bytes > 0) yield take()
}

function isDocument(line: string): boolean {
  try {
    JSON.parse(line)
    return true
  } catch {
    return false // The document goes on in the next line.
  }
}

function toOtlp(text: string, format: Exclude<ImportFormat, 'auto'>): Uint8Array {
  if (format !== 'jaeger-json') return otlpJsonToProtobuf(text)
  return encodeTraces(readJaegerJson(parseExactJson(text)).flatMap(({ spans }) => spans))
}

function* cut(message: Uint8Array): Iterable<ImportRequest> {
  const { spanCount, refused } = scanOtlp(message)
  if (message.length <= REQUEST_BYTES * 2 && spanCount <= REQUEST_SPANS) {
    if (spanCount > 0) yield { bytes: message, spans: spanCount }
    return
  }
  const spans = decodeTraces(message)
  for (let from = 0; from < spans.length; from += REQUEST_SPANS) {
    const part = spans.slice(from, from + REQUEST_SPANS)
    // Refused ones are not among the decoded.
    yield { bytes: encodeTraces(part), spans: part.length + (from === 0 ? refused.length : 0) }
  }
}
