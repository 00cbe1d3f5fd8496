// The load client of bench/udp.ts, a process of its own so that its cost is not the server's: encodes packets of Jaeger's
// thrift compact first, says `ready`, then sends them evenly for as long as it was told and prints how many spans it sent.
// Packets are sent again and again, each time with other ids; those of one trace leave close together, as from live services. Arguments: port, spans a packet (0: as many as go into
// 65,000 bytes), spans a second, seconds.

import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { packetBytes } from '@spoor/testkit/jaeger-v1/thrift'
import { v1Batches } from '@spoor/testkit/jaeger-v1/spans'
import type { V1Batch, V1Span } from '@spoor/testkit/jaeger-v1/model'
import { makeLoad } from '@spoor/testkit/trace-gen/load'
import { decodeTraces } from 'spoor/wire/otlp/decode'

const [port = 0, spansPerPacket = 0, rate = 0, seconds = 0, startMs = 0] = process.argv.slice(2).map(Number)
const BLOCKS = 24
const MAX_PACKET_BYTES = 65_000
const TICK_MS = 1
/** A sender that was late catches up at twice its rate, and not in one burst: many clients are never late together. */
const MAX_CATCH_UP = 2

interface Packet {
  readonly bytes: Uint8Array
  readonly spanCount: number
  /** Where varints of ids begin. */
  readonly ids: readonly number[]
}

interface Placed {
  readonly span: V1Span
  /** When its request is due. */
  readonly request: number
}

function makePackets(): Packet[] {
  const load = makeLoad({ seed: 1, blocks: BLOCKS, startNs: BigInt(startMs) * 1_000_000n })
  const byService = new Map<string, { readonly like: V1Batch; readonly spans: Placed[] }>()
  for (let request = 0; request < load.requestCount; request++) {
    for (const batch of v1Batches(decodeTraces(load.request(request).bytes))) {
      const service = byService.get(batch.serviceName) ?? { like: batch, spans: [] }
      byService.set(batch.serviceName, service)
      for (const span of batch.spans) service.spans.push({ span, request })
    }
  }
  const packets: { readonly packet: Packet; readonly request: number }[] = []
  for (const { like, spans } of byService.values()) {
    for (let at = 0; at < spans.length;) {
      const packet = fill(like, spans, at)
      packets.push({ packet, request: spans[at]?.request ?? 0 })
      at += packet.spanCount
    }
  }
  return packets.toSorted((a, b) => a.request - b.request).map(({ packet }) => packet)
}

/** As many of `spans` from `at` as a packet takes. */
function fill(like: V1Batch, spans: readonly Placed[], at: number): Packet {
  let count = spansPerPacket > 0 ? spansPerPacket : 200
  for (;;) {
    const some = spans.slice(at, at + count).map(({ span }) => span)
    const bytes = packetBytes({ ...like, spans: some }, 'compact')
    if (bytes.length <= MAX_PACKET_BYTES) return { bytes, spanCount: some.length, ids: placesOf(bytes, some) }
    count = Math.floor((count * MAX_PACKET_BYTES) / bytes.length)
  }
}

/** Every place where a span id or the low half of a trace id stands, as a zigzag varint of nine or ten bytes. */
function placesOf(bytes: Uint8Array, spans: readonly V1Span[]): number[] {
  const packet = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const ids = new Set(
    spans.flatMap(({ traceId, spanId, references }) => [
      traceId.slice(16),
      spanId,
      ...references.map((reference) => reference.spanId),
    ]),
  )
  const places: number[] = []
  for (const id of ids) {
    const varint = zigzag(BigInt.asIntN(64, BigInt(`0x${id}`)))
    if (varint.length < 9) continue
    for (let at = packet.indexOf(varint); at >= 0; at = packet.indexOf(varint, at + 1)) places.push(at)
  }
  return places
}

function zigzag(value: bigint): Buffer {
  const bytes: number[] = []
  let rest = BigInt.asUintN(64, (value << 1n) ^ (value >> 63n))
  for (; rest > 0x7fn; rest >>= 7n) bytes.push(Number(rest & 0x7fn) | 0x80)
  bytes.push(Number(rest))
  return Buffer.from(bytes)
}

/** Other ids, the same for the same: payload bits of the varints are turned, so that the packet keeps its length. */
function restamp({ bytes, ids }: Packet, mask: number): void {
  for (const at of ids) {
    for (let i = 0; i < 4; i++) bytes[at + 2 + i] = (bytes[at + 2 + i] ?? 0) ^ ((mask >>> (7 * i)) & 0x7f)
  }
}

async function main(): Promise<void> {
  const packets = makePackets()
  const socket = createSocket('udp4')
  socket.connect(port, '127.0.0.1')
  await once(socket, 'connect')
  socket.setSendBufferSize(1 << 20)
  let failed = 0
  socket.on('error', () => failed++)
  console.log('ready')
  await once(process.stdin, 'data')
  const begun = performance.now()
  let spans = 0
  let sent = 0
  await new Promise<void>((resolve) => {
    const timer = setInterval(() => {
      const elapsed = performance.now() - begun
      const due = Math.min(
        (Math.min(elapsed, seconds * 1000) / 1000) * rate,
        spans + (MAX_CATCH_UP * rate * TICK_MS) / 1000,
      )
      while (spans < due) {
        const packet = packets[sent % packets.length] as Packet
        const round = Math.floor(sent / packets.length)
        if (round > 0) restamp(packet, Math.imul(round, 0x9e3779b1) ^ Math.imul(round - 1, 0x9e3779b1))
        socket.send(packet.bytes, (error) => {
          if (error !== null) failed++
        })
        sent++
        spans += packet.spanCount
      }
      if (spans < seconds * rate) return
      clearInterval(timer)
      resolve()
    }, TICK_MS)
  })
  const took = (performance.now() - begun) / 1000
  const bytes = packets.reduce((sum, packet) => sum + packet.bytes.length, 0) / packets.length
  console.log(JSON.stringify({ spans, packets: sent, failed, seconds: took, packetBytes: Math.round(bytes) }))
  process.exit(0)
}

await main()
