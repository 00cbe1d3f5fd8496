// The load client of bench/ingest.ts for thrift: encodes bodies of 512 spans of one service in Jaeger's binary thrift, then posts
// them.
// Arguments: host:port, blocks, rounds, start of the traces (Unix ms).

import type { V1Batch } from '@spoor/testkit/jaeger-v1/model'
import { v1Batches } from '@spoor/testkit/jaeger-v1/spans'
import { batchBytes } from '@spoor/testkit/jaeger-v1/thrift'
import { makeLoad } from '@spoor/testkit/trace-gen/load'
import { decodeTraces } from 'spoor/wire/otlp/decode'
import { type LoadBody, runPostLoad } from './http-post-load.ts'

const [target = '', blocks = '1', rounds = '1', startMs = '0'] = process.argv.slice(2)
const SPANS_A_REQUEST = 512

function makeBodies(): LoadBody[] {
  const load = makeLoad({ seed: 1, blocks: Number(blocks), startNs: BigInt(startMs) * 1_000_000n })
  const bodies: LoadBody[] = []
  const waiting = new Map<string, V1Batch>()
  for (let i = 0; i < load.requestCount; i++) {
    for (const batch of v1Batches(decodeTraces(load.request(i).bytes))) {
      const spans = [...(waiting.get(batch.serviceName)?.spans ?? []), ...batch.spans]
      while (spans.length >= SPANS_A_REQUEST) {
        bodies.push(makeBody({ ...batch, spans: spans.splice(0, SPANS_A_REQUEST) }))
      }
      waiting.set(batch.serviceName, { ...batch, spans })
    }
  }
  return bodies
}

function makeBody(batch: V1Batch): LoadBody {
  const bytes = Buffer.from(batchBytes(batch, 'binary'))
  /** Where the low halves of trace ids stand, also in references. */
  const traceIds: number[] = []
  for (const half of new Set(batch.spans.map(({ traceId }) => traceId.slice(16)))) {
    const wanted = Buffer.from(half, 'hex')
    for (let at = bytes.indexOf(wanted); at >= 0; at = bytes.indexOf(wanted, at + wanted.length)) traceIds.push(at)
  }
  return {
    bytes,
    spanCount: batch.spans.length,
    turn(mask): void {
      for (const at of traceIds) bytes.writeInt32BE(bytes.readInt32BE(at) ^ mask, at)
    },
  }
}

await runPostLoad({
  url: `http://${target}/api/traces?format=jaeger.thrift`,
  contentType: 'application/x-thrift',
  rounds: Number(rounds),
  bodies: makeBodies(),
})
