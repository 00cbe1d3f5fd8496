// CPU time to write the Jaeger JSON of one trace of 10,000 spans from its stored bytes: what GET /api/traces/{id} costs
// beside reading. Prints the median and the best of some rounds; run it alone on a quiet machine.

import { BinaryWriter } from '@bufbuild/protobuf/wire'
import { TraceWriter } from '../packages/server/src/wire/jaeger/trace-writer.ts'

const SPANS = 10_000
const SPANS_A_GROUP = 50
const SERVICES = 10
const ROUNDS = 25
const START_NS = 1_787_220_000_000_000_000n
const TRACE_ID = Buffer.from('5a00000000000001a000000000000001', 'hex')

function keyValue(writer: BinaryWriter, field: number, key: string, value: string | number | boolean): void {
  writer.tag(field, 2).fork().tag(1, 2).string(key).tag(2, 2).fork()
  if (typeof value === 'string') writer.tag(1, 2).string(value)
  else if (typeof value === 'boolean') writer.tag(2, 0).bool(value)
  else writer.tag(3, 0).int64(value)
  writer.join().join()
}

function spanId(n: number): Uint8Array {
  const id = Buffer.alloc(8)
  id.writeUInt32BE(n, 4)
  return id
}

/** About 500 bytes, with 10 attributes and an event, as web services send. */
function span(writer: BinaryWriter, n: number): void {
  const start = START_NS + BigInt(n) * 12_345n
  writer.tag(2, 2).fork()
  writer.tag(1, 2).bytes(TRACE_ID).tag(2, 2).bytes(spanId(n + 1))
  if (n > 0) writer.tag(4, 2).bytes(spanId(Math.floor(n / 4) + 1))
  writer.tag(5, 2).string(`GET /api/orders/{id}/items ${n % 40}`).tag(6, 0).int32(2 + (n % 2))
  writer.tag(7, 1).fixed64(start).tag(8, 1).fixed64(start + BigInt(n % 1000) * 1000n)
  keyValue(writer, 9, 'http.request.method', 'GET')
  keyValue(writer, 9, 'http.route', '/api/orders/{id}/items')
  keyValue(writer, 9, 'http.response.status_code', n % 33 === 0 ? 500 : 200)
  keyValue(writer, 9, 'url.full', `https://shop.example.com/api/orders/${n * 7919}/items?page=${n % 9}`)
  keyValue(writer, 9, 'server.address', 'shop.example.com')
  keyValue(writer, 9, 'server.port', 443)
  keyValue(writer, 9, 'user.id', `user-${n % 977}`)
  keyValue(writer, 9, 'db.system', 'postgresql')
  keyValue(writer, 9, 'cache.hit', n % 3 === 0)
  keyValue(writer, 9, 'thread.name', `worker-${n % 16}`)
  writer.tag(11, 2).fork().tag(1, 1).fixed64(start + 500n).tag(2, 2).string('request queued')
  keyValue(writer, 3, 'queue.length', n % 50)
  writer.join()
  if (n % 33 === 0) writer.tag(15, 2).fork().tag(2, 2).string('internal server error').tag(3, 0).int32(2).join()
  writer.join()
}

function trace(): Uint8Array {
  const writer = new BinaryWriter()
  for (let from = 0; from < SPANS; from += SPANS_A_GROUP) {
    const service = (from / SPANS_A_GROUP) % SERVICES
    writer.tag(1, 2).fork().tag(1, 2).fork()
    keyValue(writer, 1, 'service.name', `service-${service}`)
    keyValue(writer, 1, 'service.version', '1.2.3')
    keyValue(writer, 1, 'host.name', `host-${service}`)
    keyValue(writer, 1, 'telemetry.sdk.language', 'nodejs')
    keyValue(writer, 1, 'process.pid', 4242)
    writer.join().tag(2, 2).fork().tag(1, 2).fork().tag(1, 2).string('@opentelemetry/instrumentation-http').join()
    for (let n = from; n < from + SPANS_A_GROUP; n++) span(writer, n)
    writer.join().join()
  }
  return writer.finish()
}

const bytes = trace()
const times: number[] = []
let size = 0
for (let round = 0; round < ROUNDS; round++) {
  const before = process.cpuUsage()
  const writer = new TraceWriter(64 * 1024, true)
  writer.trace(TRACE_ID.toString('hex'), bytes)
  size = writer.out.take(0).length
  const { user, system } = process.cpuUsage(before)
  times.push((user + system) / 1000)
}
times.sort((a, b) => a - b)
const figures = {
  what: `Jaeger JSON of a trace of ${SPANS} spans, CPU ms`,
  otlpBytesPerSpan: Math.round(bytes.length / SPANS),
  jsonBytesPerSpan: Math.round(size / SPANS),
  median: times[ROUNDS >> 1],
  best: times[0],
}
console.log(JSON.stringify(figures))
