// The scanner on what laws over generated spans do not reach: many equal KeyValues, refused ids, malformed bytes,
// truncation, mutation, real exporters.

import { readdirSync, readFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { SpanStatusCode, SpanKind } from '@opentelemetry/api'
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-proto'
import { BasicTracerProvider, BatchSpanProcessor } from '@opentelemetry/sdk-trace-base'
import { SpoorError } from '@spoor/core/base/errors'
import type { Attribute, Span } from '@spoor/core/model/span'
import { makeLoad } from '@spoor/testkit/trace-gen/load'
import { createRandom } from '@spoor/testkit/trace-gen/random'
import { batchMeaning, checkBounds, rowMeaning } from '@spoor/testkit/wire-law/batch-check'
import { oracleDecode } from '@spoor/testkit/wire-law/otlp-oracle'
import { encodeVariant } from '@spoor/testkit/wire-law/otlp-variants'
import { expect, test } from 'vitest'
import { decodeSpans, decodeTraces } from './decode.ts'
import { encodeTraces } from './encode.ts'
import { attributeHashes } from './hash.ts'
import { otlpJsonToProtobuf } from './json.ts'
import { MAX_MESSAGES, scanOtlp } from './scan.ts'
import { ROW_IRREGULAR, ROW_REFUSED, type SpanBatch } from './span-batch.ts'

const GOLDEN = new URL('golden/', import.meta.url)

// The other library refuses what is not UTF-8; a test of its own has those.
const READABLE = readdirSync(GOLDEN).filter((name) => name.endsWith('.bin') && !name.includes('utf8'))

function golden(name: string): Buffer {
  return readFileSync(new URL(name, GOLDEN))
}

function hashesOf(batch: SpanBatch, row: number): number[] {
  return [...batch.hashes.subarray(batch.hashStart[row], batch.hashStart[row + 1])].toSorted((a, b) => a - b)
}

function expectHashes(batch: SpanBatch): void {
  decodeSpans(batch).forEach((span, row) => {
    const names = span.events.filter(({ name }) => name !== '')
    const all: Attribute[] = [
      ...span.attributes,
      ...[...span.events, ...span.links].flatMap(({ attributes }) => attributes),
      ...names.map(({ name }): Attribute => ({ key: 'event', value: { type: 'string', value: name } })),
    ]
    const expected = all.flatMap(({ key, value }) => attributeHashes(key, value)).toSorted((a, b) => a - b)
    expect(hashesOf(batch, row)).toEqual(expected)
  })
}

test('KeyValues that stand in a request many times hash as they do alone', () => {
  expectHashes(scanOtlp(makeLoad({ seed: 3 }).request(0).bytes))
  const random = createRandom(5)
  const word = (): string => Array.from({ length: random.below(20) }, () => random.pick(['a', 'b'])).join('')
  const [first] = decodeTraces(golden('a-plain.1.bin'))
  if (first === undefined) throw new Error('no span in a-plain.1.bin')
  const attributes = Array.from({ length: 20_000 }, (): Attribute => ({
    key: word(),
    value: { type: 'string', value: word() },
  }))
  expectHashes(scanOtlp(encodeTraces([{ ...first, attributes }])))
})

const good = decodeTraces(golden('f-otlp.1.bin'))

test.each([
  ['trace_id_length', { traceId: 'ab' }],
  ['trace_id_length', { traceId: '' }],
  ['trace_id_length', { traceId: '00'.repeat(17) }],
  ['trace_id_zero', { traceId: '00'.repeat(16) }],
  ['span_id_length', { spanId: 'abcd' }],
  ['span_id_length', { spanId: '' }],
  ['span_id_zero', { spanId: '00'.repeat(8) }],
  ['parent_id_length', { parentSpanId: 'abcd' }],
])('%s: refuses %j and no neighbour', (reason, change) => {
  const spans = good.slice(0, 3).map((span, i) => (i === 1 ? { ...span, ...change } : span))
  const batch = scanOtlp(encodeTraces(spans))
  expect(batch.refused).toEqual([{ row: 1, reason }])
  expect([...batch.rowFlags]).toEqual([0, ROW_REFUSED, 0])
  expect(decodeSpans(batch)).toStrictEqual([spans[0], spans[2]])
})

test('a parent id of zeros is no parent', () => {
  const batch = scanOtlp(encodeTraces(good.slice(0, 1).map((span) => ({ ...span, parentSpanId: '00'.repeat(8) }))))
  expect(batch.refused).toEqual([])
  expect(decodeSpans(batch)[0]?.parentSpanId).toBe('')
})

test('a repeated field of an event or status makes the row irregular', () => {
  const span = Buffer.concat([
    Buffer.from(`0a10${'11'.repeat(16)}1208${'22'.repeat(8)}`, 'hex'),
    Buffer.from('7a0218017a021802', 'hex'), // status code 1, then a second status: code 2
  ])
  const batch = scanOtlp(wrap(span))
  expect([...batch.rowFlags]).toEqual([ROW_IRREGULAR])
  expect(batch.status[0]).toBe(2)
  expect(decodeSpans(batch)[0]?.statusCode).toBe(2)
})

/** A request of one span. */
function wrap(span: Uint8Array): Buffer {
  return field(1, field(2, field(2, span)))
}

function field(number: number, bytes: Uint8Array): Buffer {
  const length: number[] = []
  let rest = bytes.length
  for (; rest > 127; rest >>>= 7) length.push((rest & 127) | 128)
  return Buffer.concat([Uint8Array.from([number * 8 + 2, ...length, rest]), bytes])
}

function nestedValue(depth: number): Buffer {
  let value: Uint8Array = Buffer.alloc(0)
  for (let i = 0; i < depth; i++) value = field(5, field(1, value))
  return field(9, Buffer.concat([field(1, Buffer.from('k')), field(2, value)]))
}

test.each([
  ['a length over the end', Buffer.from('0a05', 'hex'), 0],
  ['a length of 2^31', Buffer.from('0affffffff0f', 'hex'), 0],
  ['a length of 2^63', Buffer.from('0affffffffffffffffff01', 'hex'), 0],
  ['a varint of 11 bytes', Buffer.from('8880808080808080808001', 'hex'), 0],
  ['field number 0', Buffer.from('0200', 'hex'), 0],
  ['wire type 6', Buffer.from('0e', 'hex'), 0],
  ['a group that does not end', Buffer.from('0b', 'hex'), 0],
  ['a group that another ends', Buffer.from('0b14', 'hex'), 0],
  ['the end of no group', Buffer.from('0c', 'hex'), 0],
  ['field number 0 in a span', wrap(Buffer.from('0200', 'hex')), 0],
  ['a time cut short in a span', wrap(Buffer.from('3900', 'hex')), 0],
  ['values nested 40 deep', wrap(nestedValue(40)), 0],
  ['groups nested 65 deep', Buffer.concat([Buffer.alloc(65, 0x0b), Buffer.alloc(65, 0x0c)]), 0],
])('%s is bad_protobuf', (_what, bytes) => {
  expect(() => scanOtlp(bytes)).toThrow(expect.objectContaining({ kind: 'invalid', code: 'bad_protobuf' }))
  expect(() => scanOtlp(bytes)).toThrow(/at byte \d+$/)
})

test('values nested 20 deep and groups nested 60 deep are valid', () => {
  const groups = Buffer.concat([Buffer.alloc(60, 0x0b), Buffer.alloc(60, 0x0c)])
  expect(scanOtlp(Buffer.concat([wrap(nestedValue(20)), groups])).spanCount).toBe(1)
})

test('more messages than MAX_MESSAGES are too large, not a way to fill the memory', () => {
  const tiny = Buffer.alloc((MAX_MESSAGES + 1) * 2)
  for (let i = 0; i < tiny.length; i += 2) tiny[i] = 0x12
  expect(() => scanOtlp(field(1, field(2, tiny)))).toThrow(expect.objectContaining({ kind: 'tooLarge' }))
  expect(() => scanOtlp(field(1, tiny))).toThrow(expect.objectContaining({ kind: 'tooLarge' }))
})

/** What a scan of broken bytes may do: refuse with SpoorError, or give columns within bounds. */
function scanBroken(bytes: Uint8Array): SpanBatch | undefined {
  try {
    const batch = scanOtlp(bytes)
    checkBounds(batch)
    decodeSpans(batch)
    return batch
  } catch (error) {
    if (error instanceof SpoorError && error.code === 'bad_protobuf') return undefined
    throw error
  }
}

function irregularRequest(seed: number): Uint8Array {
  return encodeVariant(good, { random: createRandom(seed), shuffle: 0.5, pad: 0.1, unknown: 0.1, repeat: 0.1 })
}

test('every truncation of a request is refused or stays within bounds', () => {
  for (const bytes of [golden('f-otlp.1.bin'), golden('d-refs.1.bin'), irregularRequest(1)]) {
    let refused = 0
    for (let length = 0; length < bytes.length; length++) {
      // A buffer of just that length, so that a read past the end cannot find the rest.
      if (scanBroken(new Uint8Array(bytes.subarray(0, length))) === undefined) refused++
    }
    expect(refused).toBeGreaterThan(bytes.length / 2)
  }
})

test('seeded mutations of a request are refused or stay within bounds', () => {
  const random = createRandom(11)
  let accepted = 0
  for (const source of [golden('f-otlp.1.bin'), golden('c-logs.1.bin'), irregularRequest(2)]) {
    for (let round = 0; round < 3000; round++) {
      const bytes = new Uint8Array(source)
      for (let i = random.below(3); i >= 0; i--) {
        const at = random.below(bytes.length)
        bytes[at] = random.chance(0.5) ? random.below(256) : (bytes[at] ?? 0) ^ (1 << random.below(8))
      }
      if (scanBroken(bytes) !== undefined) accepted++
    }
  }
  expect(accepted).toBeGreaterThan(500)
})

test('a mutation inside one span never changes another row', () => {
  const random = createRandom(12)
  let accepted = 0
  for (const source of [
    golden('f-otlp.1.bin'),
    irregularRequest(3),
    makeLoad({ seed: 2, spansPerRequest: 40 }).request(0).bytes,
  ]) {
    const before = scanOtlp(source)
    const rows = batchMeaning(before)
    for (let round = 0; round < 800; round++) {
      const row = random.below(before.spanCount)
      const bytes = new Uint8Array(before.bytes)
      const at = (before.offset[row] ?? 0) + random.below(before.length[row] ?? 1)
      bytes[at] = random.below(256)
      const after = scanBroken(bytes)
      if (after === undefined) continue
      accepted++
      expect(after.spanCount).toBe(before.spanCount)
      for (let other = 0; other < before.spanCount; other++) {
        if (other !== row && Math.abs(other - row) < 3) expect(rowMeaning(after, other)).toEqual(rows[other])
      }
    }
  }
  expect(accepted).toBeGreaterThan(200)
})

test('invalid UTF-8 is text with U+FFFD, in hashes too', () => {
  for (const name of ['i-utf8-key.1.bin', 'i-utf8-service.1.bin', 'i-utf8-value.1.bin']) {
    const batch = scanOtlp(golden(name))
    expect(batch.spanCount).toBe(1)
    expect(
      JSON.stringify(decodeSpans(batch), (_key, value: unknown) => (typeof value === 'bigint' ? '' : value)),
    ).toContain('\ufffd')
    expectHashes(batch)
  }
})

test.each(READABLE)('%s of the Collector library reads as another library reads it', (name) => {
  const bytes = golden(name)
  const spans = decodeTraces(bytes)
  const valid = (span: Span): boolean => /[1-9a-f]/.test(span.traceId) && /[1-9a-f]/.test(span.spanId)
  expect(spans).toStrictEqual(oracleDecode(bytes).filter(valid))
  const json = golden(name.replace('.bin', '.json'))
  expect(decodeTraces(otlpJsonToProtobuf(json))).toStrictEqual(spans)
})

test('spans of the OpenTelemetry SDK for Node arrive as they were made', async () => {
  const bodies: Buffer[] = []
  const server = createServer((request, response) => {
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', () => {
      bodies.push(Buffer.concat(chunks))
      response.end()
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  const exporter = new OTLPTraceExporter({ url: `http://127.0.0.1:${port}/v1/traces` })
  const provider = new BasicTracerProvider({ spanProcessors: [new BatchSpanProcessor(exporter)] })
  const span = provider.getTracer('lab', '1.2').startSpan('größe', {
    kind: SpanKind.CLIENT,
    attributes: { text: 'x', int: -5, float: 0.5, flag: true, list: ['a', 'b'] },
    startTime: [1_787_220_000, 123_456_789],
  })
  span.addEvent('happened', { n: 1 }, [1_787_220_001, 1])
  span.setStatus({ code: SpanStatusCode.ERROR, message: 'no' })
  span.end([1_787_220_002, 5])
  await provider.shutdown()
  server.closeAllConnections()
  await new Promise((resolve) => server.close(resolve))
  const bytes = Buffer.concat(bodies)
  const spans = decodeTraces(bytes)
  expect(spans).toStrictEqual(oracleDecode(bytes))
  expect(spans).toHaveLength(1)
  expect(spans[0]).toMatchObject({
    traceId: span.spanContext().traceId,
    spanId: span.spanContext().spanId,
    name: 'größe',
    kind: 3,
    startNs: 1_787_220_000_123_456_789n,
    endNs: 1_787_220_002_000_000_005n,
    statusCode: 2,
    statusMessage: 'no',
    attributes: [
      { key: 'text', value: { type: 'string', value: 'x' } },
      { key: 'int', value: { type: 'int', value: -5n } },
      { key: 'float', value: { type: 'double', value: 0.5 } },
      { key: 'flag', value: { type: 'bool', value: true } },
      {
        key: 'list',
        value: {
          type: 'array',
          value: [
            { type: 'string', value: 'a' },
            { type: 'string', value: 'b' },
          ],
        },
      },
    ],
    events: [{ name: 'happened', timeUnixNano: 1_787_220_001_000_000_001n }],
    scope: { name: 'lab', version: '1.2' },
  })
  expectHashes(scanOtlp(bytes))
})

test('a huge or hostile map costs a bounded number of hashes', () => {
  const [first] = good
  if (first === undefined) throw new Error('no span')
  const entries = Array.from({ length: 50_000 }, (_, i): Attribute => ({
    key: `k${i}`,
    value: { type: 'int', value: 1n },
  }))
  const attributes: Attribute[] = [{ key: 'm'.repeat(250), value: { type: 'map', value: entries } }]
  const batch = scanOtlp(encodeTraces([{ ...first, attributes }]))
  expect(batch.hashes.length).toBeLessThan(2_200)
  expectHashes(batch)
})
