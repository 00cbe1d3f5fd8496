// How long Jaeger's thrift takes to become OTLP bytes, a span: the benchmark load as a jaeger-client would send it, one
// thread, warm, builder memory used again as the receivers do. First bodies of 512 spans in binary, as they come by HTTP,
// then compact packets of at most 65,000 bytes that gather in one builder. Prints a line each, and JSON with --json.

import { batchBytes, packetBytes } from '@spoor/testkit/jaeger-v1/thrift'
import { v1Batches } from '@spoor/testkit/jaeger-v1/spans'
import { makeLoad } from '@spoor/testkit/trace-gen/load'
import { OtlpBatchBuilder } from 'spoor/wire/otlp/batch-builder'
import { createColumnMemoryPool } from 'spoor/wire/otlp/column-memory'
import { decodeTraces } from 'spoor/wire/otlp/decode'
import { scanOtlp } from 'spoor/wire/otlp/scan'
import { JaegerThriftReader } from 'spoor/wire/jaeger/thrift/reader'

const ROUNDS = 60
const load = makeLoad({ seed: 1, blocks: 1 })
const spans = Array.from({ length: load.requestCount }, (_, i) => decodeTraces(load.request(i).bytes)).flat()
const batches = v1Batches(spans)
const builder = new OtlpBatchBuilder(1 << 20)
const reader = new JaegerThriftReader(builder)
const memories = createColumnMemoryPool()

interface Measured {
  readonly name: string
  readonly cpuMicrosASpan: { readonly median: number; readonly best: number; readonly first: number }
  readonly scanMicrosASpan: number
  readonly bytesASpan: number
  readonly otlpBytesASpan: number
}

function measure(name: string, inputs: readonly Uint8Array[], add: (bytes: Uint8Array) => void): Measured {
  const times: number[] = []
  const scans: number[] = []
  let otlpBytes = 0
  for (let round = 0; round < ROUNDS; round++) {
    let scanning = 0
    let adding = 0
    otlpBytes = 0
    let next = 0
    while (next < inputs.length) {
      const begun = process.cpuUsage()
      for (let i = 0; i < 10 && next < inputs.length; i++) add(inputs[next++] ?? new Uint8Array(0))
      const bytes = builder.view()
      const added = process.cpuUsage(begun)
      const memory = memories.take()
      const batch = scanOtlp(bytes, { memory })
      if (batch.refused.length > 0) throw new Error(`the scanner refused spans: ${batch.refused[0]?.reason ?? ''}`)
      memories.give(memory)
      const scanned = process.cpuUsage(begun)
      otlpBytes += bytes.length
      builder.clear()
      adding += added.user + added.system
      scanning += scanned.user + scanned.system - added.user - added.system
    }
    times.push(adding / spans.length)
    scans.push(scanning / spans.length)
  }
  const warm = times.slice(2).toSorted((a, b) => a - b)
  const inputBytes = inputs.reduce((sum, { length }) => sum + length, 0)
  return {
    name,
    cpuMicrosASpan: { median: warm[warm.length >> 1] ?? 0, best: warm[0] ?? 0, first: times[0] ?? 0 },
    scanMicrosASpan: scans.toSorted((a, b) => a - b)[scans.length >> 1] ?? 0,
    bytesASpan: Math.round(inputBytes / spans.length),
    otlpBytesASpan: Math.round(otlpBytes / spans.length),
  }
}

const bodies = batches.map((batch) => batchBytes(batch, 'binary'))
const packets = batches.map((batch) => packetBytes(batch, 'compact'))
const results = [
  measure('thrift-binary-body', bodies, (bytes) => reader.addBatch(bytes, 'binary')),
  measure('thrift-compact-packet', packets, (bytes) => reader.addPacket(bytes, 'compact')),
  measure('thrift-binary-after-compact', bodies, (bytes) => reader.addBatch(bytes, 'binary')),
]
if (process.argv.includes('--json')) console.log(JSON.stringify(results, null, 2))
else {
  for (const { name, cpuMicrosASpan, scanMicrosASpan, bytesASpan, otlpBytesASpan } of results) {
    const { median, best, first } = cpuMicrosASpan
    const figures = `${median.toFixed(3)} µs CPU a span (best ${best.toFixed(3)}, cold ${first.toFixed(3)})`
    const sizes = `${bytesASpan} bytes in, ${otlpBytesASpan} out`
    console.log(`${name}: ${figures}, then scan ${scanMicrosASpan.toFixed(3)}; ${sizes}`)
  }
}
