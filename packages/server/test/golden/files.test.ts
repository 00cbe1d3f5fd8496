// What the UI shows of a file is what it shows of the store: every recorded trace, saved as the API's JSON and read again as
// the browser reads files, has the columns that the store's bytes have. The same for recorded OTLP JSON that is opened.

import { isDeepStrictEqual } from 'node:util'
import { makeTraceColumns } from '@spoor/core/api/make-trace-columns'
import type { TraceColumns } from '@spoor/core/api/trace-columns'
import { readJaegerJson } from '@spoor/core/formats/jaeger-json'
import { parseExactJson } from '@spoor/core/formats/json-fields'
import { readOtlpJson } from '@spoor/core/formats/otlp-json'
import { adjustSpans } from '@spoor/core/model/adjust-spans'
import type { Span } from '@spoor/core/model/span'
import { describe, expect, test } from 'vitest'
import { traceColumns } from '../../src/doors/spoor-v1/columns.ts'
import { createAdjuster } from '../../src/query/adjust/trace-shape.ts'
import { JaegerThriftReader } from '../../src/wire/jaeger/thrift/reader.ts'
import { writeAnswer } from '../../src/wire/jaeger/trace-writer.ts'
import { OtlpBatchBuilder } from '../../src/wire/otlp/batch-builder.ts'
import { decodeSpans } from '../../src/wire/otlp/decode.ts'
import { encodeTraces } from '../../src/wire/otlp/encode.ts'
import { otlpJsonToProtobuf } from '../../src/wire/otlp/json.ts'
import { scanOtlp } from '../../src/wire/otlp/scan.ts'
import { type Input, loadInputs, type Protocol } from './recordings.ts'

/** A batch without process, refused with 400. */
const REFUSED = 'i-no-process.1.bin'

/** Columns that Jaeger's JSON cannot carry, by trace, or by protocol and trace. Each must really differ. */
const LOST: Readonly<Record<string, readonly (keyof TraceColumns)[]>> = {
  // The adjusted form leaves out a reference without ids.
  'jaeger-thrift-http 5a00000000000004d000000000000001': ['linkCount', 'linkIds', 'linkKind', 'linkStart'],
  // The same, with a warning; a link of OTLP has no type, and the parent comes first.
  '5a00000000000006f000000000000001': ['flags', 'linkCount', 'linkIds', 'linkKind', 'linkStart'],
  // A service without a name gets one.
  '5a00000000000006f000000000000003': ['service', 'services'],
  '5a000000000000091000000000000005': ['services'],
  // An end before the start, or none, becomes a warning.
  '5a000000000000091000000000000007': ['flags'],
  '5a00000000000006f000000000000020': ['flags'],
  '5a00000000000006f000000000000021': ['flags'],
  // A kind and a status that the specification has not.
  '5a00000000000006f000000000000025': ['kind', 'status'],
}

function otlpOf(protocol: Protocol, { bytes }: Input): Uint8Array {
  if (protocol === 'otlp-protobuf') return bytes
  if (protocol === 'otlp-json') return otlpJsonToProtobuf(bytes)
  const builder = new OtlpBatchBuilder()
  new JaegerThriftReader(builder).addBatch(bytes, 'binary')
  return builder.finish()
}

/** The recorded spans as a store has them, by trace id. */
function tracesOf(protocol: Protocol): ReadonlyMap<string, readonly Span[]> {
  const inputs = loadInputs(protocol).filter(({ name }) => name !== REFUSED)
  const spans = inputs.flatMap((input) => decodeSpans(scanOtlp(otlpOf(protocol, input))))
  return Map.groupBy(spans, ({ traceId }) => traceId)
}

/** The API's JSON of one trace, read as a file. */
function throughFile(traceId: string, bytes: Uint8Array, maxSkewNs: number | undefined): readonly Span[] {
  const adjust = maxSkewNs === undefined ? undefined : createAdjuster(maxSkewNs)
  const pieces = writeAnswer([{ traceId, bytes }], { adjust, errors: [] })
  const [trace] = readJaegerJson(parseExactJson(Buffer.concat([...pieces]).toString()))
  return trace?.spans ?? []
}

/** v1 knows microseconds: nanoseconds of the stored spans cut as it cuts them. */
function inMicroseconds(span: Span): Span {
  const cut = (time: bigint): bigint => time - (time % 1000n)
  const startNs = cut(span.startNs)
  const durationNs = span.endNs < span.startNs ? 0n : cut(span.endNs - span.startNs)
  const events = span.events.map((event) => ({ ...event, timeUnixNano: cut(event.timeUnixNano) }))
  return { ...span, startNs, endNs: startNs + durationNs, events }
}

function without(columns: TraceColumns, names: readonly (keyof TraceColumns)[]): Partial<TraceColumns> {
  return Object.fromEntries(Object.entries(columns).filter(([name]) => !names.includes(name as keyof TraceColumns)))
}

describe.each(['jaeger-thrift-http', 'otlp-protobuf'] as const)('%s', (protocol) => {
  const traces = tracesOf(protocol)

  test.each([...traces.keys()])('trace %s as the API’s JSON, raw and adjusted, has the columns of the store', (id) => {
    const spans = traces.get(id) ?? []
    const bytes = encodeTraces(spans.map(inMicroseconds))
    const stored = encodeTraces(spans)
    const adjusted = throughFile(id, stored, 0)
    const pairs = [
      [makeTraceColumns(id, throughFile(id, stored, undefined)), traceColumns(id, bytes)],
      [makeTraceColumns(id, adjusted, adjustSpans(adjusted, 0)), traceColumns(id, bytes, createAdjuster(0)(bytes))],
    ] as const
    const lost = LOST[id] ?? LOST[`${protocol} ${id}`] ?? []
    for (const [fromFile, fromStore] of pairs) expect(without(fromFile, lost)).toEqual(without(fromStore, lost))
    const same = lost.filter((name) => pairs.every(([a, b]) => isDeepStrictEqual(a[name], b[name])))
    expect(same).toEqual([])
  })
})

test('recorded OTLP JSON opened as a file has the columns of the store', () => {
  const texts = loadInputs('otlp-json').filter(({ bytes }) => bytes.includes('"spans"'))
  const read = texts
    .flatMap(({ bytes }) => readOtlpJson(parseExactJson(bytes.toString())))
    .flatMap(({ spans }) => spans)
  const opened = Map.groupBy(read, ({ traceId }) => traceId)
  const traces = tracesOf('otlp-json')
  expect(traces.size).toBeGreaterThan(20)
  const columns = (of: ReadonlyMap<string, readonly Span[]>): readonly TraceColumns[] =>
    [...traces.keys()].map((traceId) => makeTraceColumns(traceId, of.get(traceId) ?? []))
  expect(columns(opened)).toEqual(columns(traces))
})
