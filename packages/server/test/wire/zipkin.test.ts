// Zipkin's spans as Zipkin's own library and Apache Thrift wrote them, against what Jaeger 1.57 answered once it had the same
// bytes; and the same bytes broken in every way.

import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { brotliDecompressSync } from 'node:zlib'
import { SpoorError } from '@spoor/core/base/errors'
import { ZIPKIN_FORMS } from '@spoor/testkit/receiver-contract/zipkin'
import { mutated, seededRandom } from '@spoor/testkit/receiver-contract/bad-bytes'
import { numberedSpans } from '@spoor/testkit/receiver-contract/spans'
import { describe, expect, test } from 'vitest'
import { createAdjuster } from '../../src/query/adjust/trace-shape.ts'
import { TraceWriter } from '../../src/wire/jaeger/trace-writer.ts'
import { OtlpBatchBuilder } from '../../src/wire/otlp/batch-builder.ts'
import { decodeTraces } from '../../src/wire/otlp/decode.ts'
import { encodeTraces } from '../../src/wire/otlp/encode.ts'
import { scanOtlp } from '../../src/wire/otlp/scan.ts'
import { type ZipkinEncoding, ZipkinReader } from '../../src/wire/zipkin/reader.ts'
import { compareAnswers, type Difference } from '../golden/compare.ts'

const GOLDEN = join(import.meta.dirname, '../golden')
const PROTOCOLS = [
  'zipkin-v1-json',
  'zipkin-v1-thrift',
  'zipkin-v2-json',
  'zipkin-v2-protobuf',
  'zipkin-udp-compact',
] as const
type Protocol = (typeof PROTOCOLS)[number]

interface Recorded {
  readonly received: readonly { readonly input: string; readonly status: number }[]
  readonly traces: readonly { readonly request: string; readonly body: { readonly data: unknown } }[]
}

function recordings(): Readonly<Record<Protocol, Recorded>> {
  const packed = readFileSync(join(GOLDEN, 'answers/zipkin.json.br'))
  return JSON.parse(brotliDecompressSync(packed).toString()) as Record<Protocol, Recorded>
}

function add(reader: ZipkinReader, protocol: Protocol, bytes: Uint8Array): void {
  if (protocol === 'zipkin-udp-compact') reader.addPacket(bytes)
  else reader.addBody(bytes, protocol.slice('zipkin-'.length) as ZipkinEncoding)
}

/** Why the bytes are refused, or ''. Anything thrown but a SpoorError of kind invalid fails the test. */
function refusal(reader: ZipkinReader, protocol: Protocol, bytes: Uint8Array): string {
  try {
    add(reader, protocol, bytes)
    return ''
  } catch (thrown) {
    if (!(thrown instanceof SpoorError) || thrown.kind !== 'invalid') throw thrown
    return thrown.code
  }
}

/** A copy: readers may change what they read. */
function inputs(protocol: Protocol): readonly { readonly name: string; readonly bytes: Uint8Array }[] {
  const folder = join(GOLDEN, 'inputs', protocol)
  return readdirSync(folder)
    .toSorted()
    .map((name) => ({ name, bytes: new Uint8Array(readFileSync(join(folder, name))) }))
}

/** A place where Spoor's answer is another than Jaeger 1.57's, on purpose. */
interface Accepted {
  readonly why: string
  readonly protocols: readonly Protocol[]
  holds(difference: Difference): boolean
}

const HTTP_V1: readonly Protocol[] = ['zipkin-v1-json', 'zipkin-v1-thrift']

const ACCEPTED: readonly Accepted[] = [
  {
    why: 'the debug flag is kept, as Jaeger keeps it from its own clients',
    protocols: ['zipkin-v2-json', ...HTTP_V1],
    holds: ({ path, spoor }) => path.endsWith('/flags') && spoor === 2,
  },
  {
    why: 'the address of the other side is kept, as it is from version 2; Jaeger keeps sa=true alone',
    protocols: ['zipkin-v1-thrift'],
    holds: ({ path, jaeger }) => /tags\/(?:peer\.service|net\.peer\.(?:ip|port))$/.test(path) && jaeger === undefined,
  },
  {
    why: 'the text of an error is kept, as it is from version 2',
    protocols: HTTP_V1,
    holds: ({ path, jaeger }) => path.endsWith('/tags/error #2') && jaeger === undefined,
  },
  {
    why: 'the service is that of any annotation where no moment of a call names one',
    protocols: HTTP_V1,
    holds: ({ path, jaeger, spoor }) =>
      path.endsWith('/process/serviceName') && jaeger === 'unknown-service' && spoor === 'zip-web',
  },
  {
    why: 'a span without a start says so in every encoding',
    protocols: ['zipkin-v1-thrift', 'zipkin-udp-compact'],
    holds: ({ path, jaeger }) => path.endsWith('absentField.startTime') && jaeger === undefined,
  },
  {
    why: 'a duration without a start is kept, as it is from version 2',
    protocols: ['zipkin-v1-thrift'],
    holds: ({ path, jaeger, spoor }) => path.endsWith(' no timestamp/duration') && jaeger === 0 && spoor === 5000,
  },
  {
    why: 'without a start it is 0, as from version 2, and not the time at which Jaeger got the span',
    protocols: ['zipkin-v1-json'],
    // The two halves have the same id and name, and stand in another order: by their start.
    holds: ({ path }) => /c000000000000009\/spans\/0000000000000082 rpc(?: #2)?\//.test(path),
  },
  {
    why: 'bytes are bytes, as from Jaeger clients',
    protocols: ['zipkin-v1-thrift'],
    holds: ({ path, jaeger, spoor }) => path.endsWith('tags/bytes/type') && jaeger === 'string' && spoor === 'binary',
  },
  {
    why: 'a negative number stays one',
    protocols: ['zipkin-v1-thrift'],
    holds: ({ path, spoor }) => path.endsWith('tags/i32/value') && spoor === -2,
  },
  {
    why: 'a span with all four moments is two spans, as in Jaeger by UDP and TChannel',
    protocols: ['zipkin-v1-thrift'],
    holds: ({ path, jaeger }) => path.endsWith('0000000000000001 all four in one') && jaeger === undefined,
  },
  {
    why: 'sent and received messages have a kind',
    protocols: ['zipkin-udp-compact'],
    holds: ({ path, jaeger }) => path.endsWith('/tags/span.kind') && jaeger === undefined,
  },
]

function differences(protocol: Protocol): Difference[] {
  const builder = new OtlpBatchBuilder()
  const reader = new ZipkinReader(builder)
  for (const { bytes } of inputs(protocol)) refusal(reader, protocol, bytes)
  const bytes = builder.finish()
  expect(scanOtlp(bytes).refused).toEqual([])
  const spans = decodeTraces(bytes)
  return recordings()[protocol].traces.flatMap(({ request, body }) => {
    const traceId = request.slice(request.lastIndexOf('/') + 1).padStart(32, '0')
    const writer = new TraceWriter(16, createAdjuster(0))
    writer.trace(traceId, encodeTraces(spans.filter((span) => span.traceId === traceId)))
    const trace: unknown = JSON.parse(writer.out.take(0).toString())
    return compareAnswers(request, body, { ...body, data: [trace] }, true)
  })
}

describe.each(PROTOCOLS)('recorded %s', (protocol) => {
  test('is shown as Jaeger 1.57 shows it, but for the accepted differences', () => {
    const found = differences(protocol)
    const here = ACCEPTED.filter(({ protocols }) => protocols.includes(protocol))
    expect(recordings()[protocol].traces.length).toBeGreaterThan(2)
    expect(found.filter((difference) => !here.some(({ holds }) => holds(difference)))).toEqual([])
    // One that no longer happens is none.
    expect(here.filter(({ holds }) => !found.some(holds)).map(({ why }) => why)).toEqual([])
  })

  test('is taken or refused as by Jaeger 1.57, but for what it refuses without need', () => {
    const reader = new ZipkinReader(new OtlpBatchBuilder())
    const said = recordings()[protocol].received.map(({ input, status }) => {
      const bytes = readFileSync(join(GOLDEN, 'inputs', protocol, input))
      return { input, jaeger: status, spoor: refusal(reader, protocol, new Uint8Array(bytes)) === '' ? 202 : 400 }
    })
    const others = said.filter(({ jaeger, spoor }) => jaeger !== 0 && jaeger !== spoor)
    const taken = new Set(others.map(({ jaeger, spoor }) => `${jaeger} ${spoor}`))
    // Booleans in version 1's JSON and 8 bytes of trace id in protobuf, both as Zipkin's own library writes them.
    const needless = protocol === 'zipkin-v1-json' || protocol === 'zipkin-v2-protobuf'
    expect([...taken]).toEqual(needless ? ['400 202'] : [])
    expect(said.some(({ spoor }) => spoor === 202)).toBe(true)
  })
})

describe.each(PROTOCOLS)('broken %s', (protocol) => {
  const whole = inputs(protocol).filter(({ name, bytes }) => !name.startsWith('b-tags') && bytes.length > 8)

  test('bytes cut anywhere are refused and leave the builder as it was', () => {
    const builder = new OtlpBatchBuilder()
    const reader = new ZipkinReader(builder)
    let refused = 0
    for (const { bytes } of whole) {
      const ends = protocol === 'zipkin-v2-protobuf' ? spanEnds(bytes) : []
      for (let cut = 0; cut < bytes.length; cut++) {
        if (ends.includes(cut)) continue // a shorter list
        expect(refusal(reader, protocol, bytes.slice(0, cut))).not.toBe('')
        refused++
      }
    }
    expect(refused).toBeGreaterThan(1000)
    expect([builder.size, builder.spanCount]).toEqual([0, 0])
  })

  test('mutated bytes are refused or read, and what was read is valid OTLP', () => {
    const builder = new OtlpBatchBuilder()
    const reader = new ZipkinReader(builder)
    const random = seededRandom(3)
    let read = 0
    for (let round = 0; round < 200; round++) {
      for (const { bytes } of whole) {
        const before = builder.mark()
        if (refusal(reader, protocol, new Uint8Array(mutated(Buffer.from(bytes), random))) === '') read++
        else expect(builder.mark()).toEqual(before)
      }
      const batch = scanOtlp(builder.view())
      expect(batch.spanCount).toBe(builder.spanCount)
      builder.clear()
    }
    expect(read).toBeGreaterThan(0)
  })
})

/** Where spans end in a ListOfSpans of lengths below 2^14. */
function spanEnds(bytes: Uint8Array): number[] {
  const ends = [0]
  for (let at = 0; at < bytes.length;) {
    const low = bytes[at + 1] ?? 0
    at += low < 0x80 ? 2 + low : 3 + (low & 0x7f) + ((bytes[at + 2] ?? 0) << 7)
    ends.push(at)
  }
  return ends
}

test.each(Object.entries(ZIPKIN_FORMS))('numbered spans of %s bring every number', (name, form) => {
  const builder = new OtlpBatchBuilder()
  new ZipkinReader(builder).addBody(new Uint8Array(form.encode(numberedSpans(1, 50))), name as ZipkinEncoding)
  const spans = decodeTraces(builder.finish())
  expect(spans.map(({ spanId }) => parseInt(spanId.slice(8), 16))).toEqual(
    numberedSpans(1, 50).map(({ number }) => number),
  )
  expect(new Set(spans.map(({ resource }) => resource.serviceName))).toEqual(new Set(['numbered']))
  expect(spans[0]).toMatchObject({ kind: 2, startNs: 1_790_000_000_000_001_000n, endNs: 1_790_000_000_001_001_000n })
})

test('a span of two hundred thousand endpoints is read in the memory of a few', () => {
  const reader = new ZipkinReader(new OtlpBatchBuilder())
  const annotation = '{"timestamp":1,"value":"","endpoint":{"serviceName":"a","port":1}}'
  const list = `[{"traceId":"1","id":"1","annotations":[${Array(200_000).fill(annotation).join()}]}]`
  const bytes = new TextEncoder().encode(list)
  const before = process.memoryUsage()
  reader.addBody(bytes, 'v1-json')
  reader.addBody(new TextEncoder().encode('[{"traceId":"1","id":"1"}]'), 'v1-json')
  const after = process.memoryUsage()
  // An object and sixteen bytes for each would be 40 MB.
  expect(after.heapUsed + after.arrayBuffers - before.heapUsed - before.arrayBuffers).toBeLessThan(24e6)
})

test('spans of several services in one request go to a resource each, also where their names have one length', () => {
  const span = (id: string, serviceName?: string): object => ({ traceId: '1', id, localEndpoint: { serviceName } })
  const list = [span('1', 'shop'), span('2', 'cart'), span('3', 'cart'), span('4'), span('5', 'shop'), span('6')]
  const builder = new OtlpBatchBuilder()
  new ZipkinReader(builder).addBody(new TextEncoder().encode(JSON.stringify(list)), 'v2-json')
  const spans = decodeTraces(builder.finish())
  expect(spans.map(({ resource }) => resource.serviceName)).toEqual(['shop', 'cart', 'cart', '', 'shop', ''])
  expect(spans.map(({ spanId }) => Number(spanId))).toEqual([1, 2, 3, 4, 5, 6])
})

test('services that take turns in a request share a resource each, and no span is lost or changed', () => {
  const list = Array.from({ length: 1000 }, (_, i) => ({
    traceId: '1',
    id: (i + 1).toString(16),
    timestamp: i + 1,
    localEndpoint: { serviceName: `service-${i % 3}`, port: 80 + (i % 2) },
  }))
  const bytes = (): Uint8Array => new TextEncoder().encode(JSON.stringify(list))
  const joined = new ZipkinReader(new OtlpBatchBuilder()).convert(bytes(), 'v2-json')
  expect(scanOtlp(joined).resources.count).toBe(3)
  const builder = new OtlpBatchBuilder()
  new ZipkinReader(builder).addBody(bytes(), 'v2-json')
  const plain = decodeTraces(builder.finish())
  expect(decodeTraces(joined).toSorted((a, b) => Number(a.startNs - b.startNs))).toEqual(plain)
})
