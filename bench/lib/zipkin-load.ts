// The load client of bench/zipkin.ts: writes bodies of 512 spans of one service as Zipkin's clients do (JSON, version 2), then
// posts them. Arguments: host:port, blocks, rounds, start of the traces (Unix ms).

import type { Span } from '@spoor/core/model/span'
import { valueText } from '@spoor/core/model/value-text'
import { makeLoad } from '@spoor/testkit/trace-gen/load'
import { decodeTraces } from 'spoor/wire/otlp/decode'
import { type LoadBody, runPostLoad } from './http-post-load.ts'

const [target = '', blocks = '1', rounds = '1', startMs = '0'] = process.argv.slice(2)
const SPANS_A_REQUEST = 512
const KINDS = [undefined, undefined, 'SERVER', 'CLIENT', 'PRODUCER', 'CONSUMER']
const TRACE_ID = '"traceId":"'
/** Hexadecimal digits that turn() changes. */
const TURNED = 8

function makeBodies(): LoadBody[] {
  const load = makeLoad({ seed: 1, blocks: Number(blocks), startNs: BigInt(startMs) * 1_000_000n })
  const bodies: LoadBody[] = []
  const waiting = new Map<string, Span[]>()
  for (let i = 0; i < load.requestCount; i++) {
    for (const span of decodeTraces(load.request(i).bytes)) {
      const { serviceName } = span.resource
      const spans = waiting.get(serviceName) ?? []
      spans.push(span)
      if (spans.length === SPANS_A_REQUEST) bodies.push(makeBody(spans.splice(0)))
      waiting.set(serviceName, spans)
    }
  }
  return bodies
}

function makeBody(spans: readonly Span[]): LoadBody {
  const bytes = Buffer.from(JSON.stringify(spans.map(zipkinSpan)))
  const traceIds: number[] = []
  for (let at = bytes.indexOf(TRACE_ID); at >= 0; at = bytes.indexOf(TRACE_ID, at + 1)) {
    traceIds.push(at + TRACE_ID.length)
  }
  return {
    bytes,
    spanCount: spans.length,
    turn(mask): void {
      for (const at of traceIds) {
        const word = parseInt(bytes.toString('latin1', at, at + TURNED), 16) ^ mask
        bytes.write((word >>> 0).toString(16).padStart(TURNED, '0'), at, 'latin1')
      }
    },
  }
}

function zipkinSpan(span: Span): object {
  const duration = Number((span.endNs - span.startNs) / 1000n)
  return {
    traceId: span.traceId,
    ...(span.parentSpanId !== '' && { parentId: span.parentSpanId }),
    id: span.spanId,
    kind: KINDS[span.kind],
    name: span.name,
    timestamp: Number(span.startNs / 1000n),
    duration: Math.max(duration, 1),
    localEndpoint: { serviceName: span.resource.serviceName, ipv4: '10.2.0.1', port: 8080 },
    tags: Object.fromEntries(span.attributes.map(({ key, value }) => [key, valueText(value)])),
    annotations: span.events.map(({ name, timeUnixNano }) => ({
      timestamp: Number(timeUnixNano / 1000n),
      value: name,
    })),
  }
}

await runPostLoad({
  url: `http://${target}/api/v2/spans`,
  contentType: 'application/json',
  rounds: Number(rounds),
  bodies: makeBodies(),
})
