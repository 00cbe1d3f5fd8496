// The laws of receivers on port 5775, as far as they hold for a protocol that cannot refuse, over real sockets and with packets of
// Apache Thrift's library; queues and sockets are held to theirs by the tests of jaeger-udp, which has the same.

import { createSocket, type Socket } from 'node:dgram'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { mutated, seededRandom } from '@spoor/testkit/receiver-contract/bad-bytes'
import { createTestHost, type TestHost } from '@spoor/testkit/receiver-contract/host'
import { numberedPacket } from '@spoor/testkit/receiver-contract/jaeger-thrift'
import { createSink, SINK_REASON, type Sink, type SinkMode } from '@spoor/testkit/receiver-contract/sink'
import { numberedSpans } from '@spoor/testkit/receiver-contract/spans'
import { zipkinPacket } from '@spoor/testkit/receiver-contract/zipkin'
import type { Receiver } from '../api/receiver.ts'
import { createZipkinCompactReceiver } from './receiver.ts'

const PACKETS = 60
const SPANS_A_PACKET = 20
const NEIGHBOUR_FROM = 1_000_000
const RECEIVER = { receiver: 'zipkin-compact' }

let sink: Sink
let host: TestHost
let receiver: Receiver
let client: Socket
let port = 0
let sent = 0

beforeEach(async () => {
  sent = 0
  sink = createSink()
  host = createTestHost(sink)
  client = createSocket('udp4')
  const listen = { host: '127.0.0.1', port: 0 }
  const bounds = { maxPacketBytes: 65_000, queuePackets: 10_000, queueBytes: 1 << 22, socketBufferBytes: 0 }
  receiver = createZipkinCompactReceiver({ listen, ...bounds }, host)
  const [listening] = await receiver.start()
  port = Number(listening?.address.split(':').at(-1))
})

afterEach(async () => {
  sink.release()
  await receiver.stop()
  await new Promise<void>((resolve) => client.close(resolve))
  expect(host.complaints).toEqual([])
})

async function send(packet: Uint8Array): Promise<void> {
  sent++
  await new Promise<void>((resolve, reject) => {
    client.send(packet, port, '127.0.0.1', (error) => (error === null ? resolve() : reject(error)))
  })
}

async function requests(code: string): Promise<number> {
  return await host.count('spoor_requests_total', { ...RECEIVER, code })
}

/** Every packet that was sent has been read. */
async function allRead(): Promise<void> {
  const read = async (): Promise<number> => await host.count('spoor_requests_total', RECEIVER)
  await expect.poll(read, { timeout: 10_000 }).toBe(sent)
  await receiver.stop()
}

it.each<SinkMode>(['ok', 'transient', 'mixed'])(
  'what was sent to 5775 was stored or counted, with a sink that is %s',
  async (mode) => {
    sink.mode = mode
    for (let i = 0; i < PACKETS; i++) {
      await send(zipkinPacket(numberedSpans(1 + i * SPANS_A_PACKET, SPANS_A_PACKET, 13)))
    }
    await allRead()
    const all = numberedSpans(1, PACKETS * SPANS_A_PACKET, 13)
    const good = all.filter((span) => !span.bad).map((span) => span.number)
    expect([...sink.accepted, ...sink.refused].sort((a, b) => a - b)).toEqual(good)
    expect(await host.count('spoor_spans_refused_total', { ...RECEIVER, reason: 'trace_id_zero' })).toBe(
      all.length - good.length,
    )
    expect(await host.count('spoor_spans_refused_total', { ...RECEIVER, reason: SINK_REASON })).toBe(
      sink.refused.length,
    )
    expect(await host.count('spoor_spans_stored_total', RECEIVER)).toBe(sink.accepted.length)
    expect(await host.count('jaeger_agent_thrift_udp_server_packets_processed_total', { model: 'zipkin' })).toBe(
      PACKETS,
    )
  },
)

it('takes the emitBatch of Jaeger clients on the same port, in one batch with the others', async () => {
  await send(numberedPacket(numberedSpans(1, 5), 'compact'))
  await send(zipkinPacket(numberedSpans(6, 5)))
  await send(numberedPacket(numberedSpans(11, 5), 'compact'))
  await allRead()
  expect(sink.accepted).toEqual(numberedSpans(1, 15).map((span) => span.number))
})

it('packets cut at every byte, mutated ones and other calls are counted, and harm no neighbour', async () => {
  const packet = zipkinPacket(numberedSpans(1, 3))
  const random = seededRandom(5)
  const cuts = Array.from({ length: packet.length - 1 }, (_, i) => packet.subarray(0, i + 1))
  const others = [zipkinPacket(numberedSpans(1, 3), 'binary'), Buffer.from('82210108656d69744f7468657200', 'hex')]
  const bad = [...cuts, ...others]
  let good = 0
  for (const broken of [...bad, ...Array.from({ length: 300 }, () => mutated(packet, random))]) {
    await send(broken)
    await send(zipkinPacket(numberedSpans(NEIGHBOUR_FROM + good++, 1)))
  }
  await allRead()
  expect(await requests('internal')).toBe(0)
  expect(await requests('thrift_wrong_method')).toBeGreaterThan(0)
  expect(await requests('thrift_wrong_protocol')).toBeGreaterThan(0)
  expect(await requests('ok')).toBeLessThanOrEqual(good + 300)
  expect(await host.count('jaeger_agent_thrift_udp_t_processor_handler_errors_total', { model: 'zipkin' })).toBe(
    sent - (await requests('ok')),
  )
  const neighbours = sink.accepted.filter((number) => number >= NEIGHBOUR_FROM && number < NEIGHBOUR_FROM + good)
  expect(neighbours).toEqual(numberedSpans(NEIGHBOUR_FROM, good).map((span) => span.number))
})
