// Jaeger's thrift as Apache Thrift's generated code wrote it, against what Jaeger 1.57 answered once it had the same bytes;
// and the same bytes broken in every way.

import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { SpoorError } from '@spoor/core/base/errors'
import { shortTraceId } from '@spoor/core/base/ids'
import { WARNINGS_ATTRIBUTE } from '@spoor/core/model/internal-attributes'
import type { Span } from '@spoor/core/model/span'
import type { V1Reference, V1Tag } from '@spoor/testkit/jaeger-v1/model'
import { v1Batches } from '@spoor/testkit/jaeger-v1/spans'
import { createRandom } from '@spoor/testkit/trace-gen/random'
import { describe, expect, test } from 'vitest'
import { JaegerThriftReader, type ThriftProtocol } from '../../src/wire/jaeger/thrift/reader.ts'
import type { ClientReport } from '../../src/wire/jaeger/thrift/report.ts'
import { OtlpBatchBuilder } from '../../src/wire/otlp/batch-builder.ts'
import { decodeSpans } from '../../src/wire/otlp/decode.ts'
import { scanOtlp } from '../../src/wire/otlp/scan.ts'
import { bodyOf, loadRecordings, type Protocol } from '../golden/recordings.ts'

const GOLDEN = join(import.meta.dirname, '../golden')
const LONG = '0123456789abcdef'.repeat(1280)

interface Recorded {
  readonly folder: Protocol
  readonly protocol: ThriftProtocol
  readonly isPacket: boolean
}

const RECORDED: readonly Recorded[] = [
  { folder: 'jaeger-thrift-http', protocol: 'binary', isPacket: false },
  { folder: 'jaeger-udp-compact', protocol: 'compact', isPacket: true },
  { folder: 'jaeger-udp-binary', protocol: 'binary', isPacket: true },
]

function inputs({ folder }: Recorded): readonly { readonly name: string; readonly bytes: Uint8Array }[] {
  const names = readdirSync(join(GOLDEN, 'inputs', folder)).filter((name) => name.endsWith('.bin'))
  return names.map((name) => ({ name, bytes: readFileSync(join(GOLDEN, 'inputs', folder, name)) }))
}

function add(reader: JaegerThriftReader, { protocol, isPacket }: Recorded, bytes: Uint8Array): ClientReport {
  return isPacket ? reader.addPacket(bytes, protocol) : reader.addBatch(bytes, protocol)
}

/** Why the bytes are refused, or ''. Anything thrown but a SpoorError of kind invalid fails the test. */
function refusal(reader: JaegerThriftReader, recorded: Recorded, bytes: Uint8Array): string {
  try {
    add(reader, recorded, bytes)
    return ''
  } catch (thrown) {
    if (!(thrown instanceof SpoorError) || thrown.kind !== 'invalid') throw thrown
    return thrown.code
  }
}

/** A span as Jaeger's JSON has it, with its process in place. */
interface Shown {
  readonly traceID: string
  readonly spanID: string
  readonly flags: number
  readonly operationName: string
  readonly references: readonly unknown[]
  readonly startTime: number
  readonly duration: number
  readonly tags: readonly unknown[]
  readonly logs: readonly unknown[]
  readonly serviceName: string
  readonly processTags: readonly string[]
}

function shownTag({ key, type, value }: V1Tag): unknown {
  switch (type) {
    case 'long': {
      const small = BigInt.asIntN(54, value) === value
      return { key, type: 'int64', value: small ? Number(value) : String(value) }
    }
    case 'double':
      return { key, type: 'float64', value }
    case 'binary':
      return { key, type, value: value.length === 0 ? null : Buffer.from(value).toString('base64') }
    default:
      return { key, type, value }
  }
}

function shownReference({ type, traceId, spanId }: V1Reference): unknown {
  return { refType: type, traceID: shortTraceId(traceId), spanID: spanId }
}

function shown(spans: readonly Span[]): Shown[] {
  return v1Batches(spans).flatMap((batch) =>
    batch.spans.map((span) => ({
      traceID: shortTraceId(span.traceId),
      spanID: span.spanId,
      flags: span.flags,
      operationName: span.operationName,
      references: span.references.map(shownReference),
      startTime: Number(span.startTime),
      duration: Number(span.duration),
      tags: span.tags.map(shownTag),
      logs: span.logs.map((log) => ({ timestamp: Number(log.timestamp), fields: log.fields.map(shownTag) })),
      serviceName: batch.serviceName,
      processTags: batch.processTags.map((tag) => JSON.stringify(shownTag(tag))).toSorted(),
    })),
  )
}

interface Answer {
  readonly data: readonly {
    readonly spans: readonly (Omit<Shown, 'flags'> & { readonly flags?: number; readonly processID: string })[]
    readonly processes: Readonly<Record<string, { readonly serviceName: string; readonly tags: readonly unknown[] }>>
  }[]
}

const FORMAT = 'internal.span.format'

/** Spans of the answers to trace by id, as raw as Jaeger gives them. */
function answered({ folder }: Recorded): Shown[] {
  const exchanges = loadRecordings(folder)['1.57']?.exchanges ?? []
  const answers = exchanges.filter(({ request, status, rawIsTheSame }) => {
    const isRaw = request.endsWith('?raw=true') || (rawIsTheSame === true && !request.includes('?'))
    return request.startsWith('GET /api/traces/') && status === 200 && isRaw
  })
  const bodies = answers.map((answer) => bodyOf(answer, exchanges)?.replaceAll('«LONG»', LONG) ?? '{"data":[]}')
  const traces = bodies.flatMap((body) => (JSON.parse(body) as Answer).data)
  return traces.flatMap(({ spans, processes }) =>
    spans.map(({ processID, ...span }) => {
      const process = processes[processID]
      return {
        traceID: span.traceID,
        spanID: span.spanID,
        flags: span.flags ?? 0,
        operationName: span.operationName,
        references: span.references,
        startTime: span.startTime,
        duration: span.duration,
        tags: span.tags.filter((tag) => (tag as { key: string }).key !== FORMAT),
        logs: span.logs,
        serviceName: process?.serviceName ?? '',
        processTags: (process?.tags ?? []).map((tag) => JSON.stringify(tag)).toSorted(),
      }
    }),
  )
}

function inOrder(spans: readonly Shown[]): Shown[] {
  const key = (span: Shown): string => `${span.traceID} ${span.spanID} ${span.operationName} ${span.serviceName}`
  return spans.toSorted((a, b) => (key(a) < key(b) ? -1 : 1))
}

/** All recorded inputs of a folder through one builder, as packets gather. */
function transcoded(recorded: Recorded): Span[] {
  const builder = new OtlpBatchBuilder()
  const reader = new JaegerThriftReader(builder)
  for (const { name, bytes } of inputs(recorded)) {
    const code = refusal(reader, recorded, bytes)
    expect(code, name).toBe(name.startsWith('i-no-process') ? 'thrift_missing_field' : '')
  }
  return decodeSpans(scanOtlp(builder.finish()))
}

/** What of Jaeger's answers is meant to be otherwise here. */
function asMeant(span: Shown): Shown {
  return {
    ...span,
    // An empty service name is stored as sent; doors give it a name.
    serviceName: span.serviceName === 'empty-service-name' ? '' : span.serviceName,
    // 2^64 - 5000: the end lies before the start, and stays there.
    duration: span.duration > 2 ** 63 ? -5000 : span.duration,
  }
}

/** Spans that Jaeger has and the scanner refuses, for ids of zero. */
const REFUSED_HERE: readonly string[] = ['zero trace id', 'zero span id']
/** Spans that Jaeger could not answer: it sends 500 for two and dies of the third. */
const NOT_IN_JAEGER: readonly string[] = ['bad service', 'non-finite', 'start negative']

/** All that a builder holds once a good batch followed the bytes. */
function followed(recorded: Recorded, bad: readonly Uint8Array[], good: Uint8Array): Uint8Array {
  const builder = new OtlpBatchBuilder()
  const reader = new JaegerThriftReader(builder)
  add(reader, recorded, good)
  for (const bytes of bad) expect(refusal(reader, recorded, bytes)).not.toBe('')
  add(reader, recorded, good)
  return builder.finish()
}

describe.each(RECORDED)('$folder', (recorded) => {
  const all = inputs(recorded)
  const good = all.find(({ name }) => name === 'c-logs.1.bin')?.bytes ?? new Uint8Array(0)

  test('has the spans that Jaeger 1.57 answered', () => {
    const spans = transcoded(recorded)
    const expected = answered(recorded).filter(({ operationName }) => !REFUSED_HERE.includes(operationName))
    expect(expected.length).toBeGreaterThan(60)
    // JSON has no -0.
    const got = JSON.parse(JSON.stringify(shown(spans))) as Shown[]
    const comparable = got.filter(({ operationName }) => !NOT_IN_JAEGER.includes(operationName))
    expect(inOrder(comparable)).toEqual(inOrder(expected.map(asMeant)))
    const others = spans.map(({ name }) => name).filter((name) => NOT_IN_JAEGER.includes(name))
    expect(others.toSorted()).toEqual(NOT_IN_JAEGER)
  })

  test('a start before 1970 is stored as 0 with its duration, and said in a warning', () => {
    const span = transcoded(recorded).find(({ name }) => name === 'start negative')
    expect([span?.startNs, span?.endNs]).toEqual([0n, 5_000_000n])
    const warnings = span?.attributes.find(({ key }) => key === WARNINGS_ATTRIBUTE)?.value
    expect(JSON.stringify(warnings)).toContain('start -1000000 µs')
  })

  test('cut at every byte, nothing is taken and nothing is left behind', () => {
    for (const { name, bytes } of all) {
      if (bytes.length > 4096) continue
      const builder = new OtlpBatchBuilder()
      const reader = new JaegerThriftReader(builder)
      for (let length = 0; length < bytes.length; length++) {
        expect(refusal(reader, recorded, bytes.subarray(0, length)), `${name} cut at ${length}`).not.toBe('')
        expect(builder.size, `${name} cut at ${length}`).toBe(0)
      }
    }
    const cuts = Array.from({ length: good.length }, (_, length) => good.subarray(0, length))
    expect(followed(recorded, cuts, good)).toEqual(followed(recorded, [], good))
  })

  test('what is cut is not said to be anything else', () => {
    const reader = new JaegerThriftReader(new OtlpBatchBuilder())
    const codes = Array.from({ length: good.length }, (_, n) => refusal(reader, recorded, good.subarray(0, n)))
    // A list whose elements no longer fit is refused by its claim.
    expect([...new Set(codes)].toSorted()).toEqual(['thrift_list_too_long', 'thrift_truncated'])
  })

  test('changed bytes are taken or refused with a reason, and what is taken the scanner takes', () => {
    const random = createRandom(4)
    const builder = new OtlpBatchBuilder()
    const reader = new JaegerThriftReader(builder)
    let refused = 0
    for (let round = 0; round < 6000; round++) {
      const bytes = Uint8Array.from(random.pick(all.filter((input) => input.bytes.length < 4096)).bytes)
      for (let i = random.below(4); i >= 0; i--) bytes[random.below(bytes.length)] = random.below(256)
      if (refusal(reader, recorded, bytes) !== '') {
        refused++
        expect(builder.size).toBe(0)
      }
      const spans = decodeSpans(scanOtlp(builder.view()))
      expect(spans.length).toBeLessThan(bytes.length)
      // Bounded by what came, whatever it claims.
      expect(builder.size).toBeLessThan(bytes.length * 16 + 256)
      builder.clear()
    }
    expect(refused).toBeGreaterThan(500)
    expect(refused).toBeLessThan(5500)
  })
})
