// CPU time to write the Jaeger JSON of one trace of 10,000 spans from its stored bytes: what GET /api/traces/{id} costs
// beside reading. Prints the median and the best of some rounds, as JSON; run it alone on a quiet machine.

import type { Attribute, Resource, Scope, Span } from '@spoor/core/model/span'
import { createAdjuster } from 'spoor/query/adjust/trace-shape'
import { writeAnswer } from 'spoor/wire/jaeger/trace-writer'
import { encodeTraces } from 'spoor/wire/otlp/encode'

const SPANS = 10_000
const SPANS_A_GROUP = 50
const SERVICES = 10
const ROUNDS = 25
const START_NS = 1_787_220_000_000_000_000n
const TRACE_ID = '5a00000000000001a000000000000001'

const SCOPE: Scope = {
  name: '@opentelemetry/instrumentation-http',
  version: '0.57.0',
  attributes: [],
  droppedAttributesCount: 0,
  schemaUrl: '',
}

function attributes(values: Readonly<Record<string, string | number | boolean>>): Attribute[] {
  return Object.entries(values).map(([key, value]) => {
    if (typeof value === 'string') return { key, value: { type: 'string', value } }
    if (typeof value === 'boolean') return { key, value: { type: 'bool', value } }
    return { key, value: { type: 'int', value: BigInt(value) } }
  })
}

/** Each group has a resource of its own, as each request that brought spans had. */
function resource(group: number): Resource {
  const n = group % SERVICES
  const serviceName = `service-${n}`
  const list = {
    'service.name': serviceName,
    'service.version': '1.2.3',
    'host.name': `host-${n}`,
    'telemetry.sdk.language': 'nodejs',
    'process.pid': 4000 + n,
  }
  return { attributes: attributes(list), droppedAttributesCount: 0, schemaUrl: '', serviceName }
}

function spanId(n: number): string {
  return (n + 1).toString(16).padStart(16, '0')
}

/** About 500 bytes, with 10 attributes and an event, as web services send. */
function span(n: number, of: Resource): Span {
  // Later and shorter than its parent, so that no clock looks wrong.
  const startNs = START_NS + BigInt(n) * 1000n
  const failed = n % 33 === 0
  return {
    traceId: TRACE_ID,
    spanId: spanId(n),
    parentSpanId: n === 0 ? '' : spanId(Math.floor(n / 4)),
    traceState: '',
    flags: 1,
    name: `GET /api/orders/{id}/items ${n % 40}`,
    kind: 2 + (n % 2),
    startNs,
    endNs: START_NS + BigInt(SPANS * 3 - n) * 1_000_003n,
    attributes: attributes({
      'http.request.method': 'GET',
      'http.route': '/api/orders/{id}/items',
      'http.response.status_code': failed ? 500 : 200,
      'url.full': `https://shop.example.com/api/orders/${n * 7919}/items?page=${n % 9}`,
      'server.address': 'shop.example.com',
      'server.port': 443,
      'user.id': `user-${n % 977}`,
      'db.system': 'postgresql',
      'cache.hit': n % 3 === 0,
      'thread.name': `worker-${n % 16}`,
    }),
    droppedAttributesCount: 0,
    events: [
      {
        timeUnixNano: startNs + 500n,
        name: 'request queued',
        attributes: attributes({ 'queue.length': n % 50 }),
        droppedAttributesCount: 0,
      },
    ],
    droppedEventsCount: 0,
    links: [],
    droppedLinksCount: 0,
    statusCode: failed ? 2 : 0,
    statusMessage: failed ? 'internal server error' : '',
    resource: of,
    scope: SCOPE,
  }
}

function trace(): Uint8Array {
  const groups = Array.from({ length: SPANS / SPANS_A_GROUP }, (_, group) => {
    const of = resource(group)
    return Array.from({ length: SPANS_A_GROUP }, (__, i) => span(group * SPANS_A_GROUP + i, of))
  })
  return encodeTraces(groups.flat())
}

const bytes = trace()
const options = { adjust: createAdjuster(0), errors: [] }
const times: number[] = []
let size = 0
for (let round = 0; round < ROUNDS; round++) {
  const before = process.cpuUsage()
  size = 0
  for (const piece of writeAnswer([{ traceId: TRACE_ID, bytes }], options)) size += piece.length
  const { user, system } = process.cpuUsage(before)
  times.push((user + system) / 1000)
}
times.sort((a, b) => a - b)
console.log(
  JSON.stringify({
    what: `Jaeger JSON of a trace of ${SPANS} spans, CPU ms`,
    otlpBytesPerSpan: Math.round(bytes.length / SPANS),
    jsonBytesPerSpan: Math.round(size / SPANS),
    median: times[ROUNDS >> 1],
    best: times[0],
  }),
)
