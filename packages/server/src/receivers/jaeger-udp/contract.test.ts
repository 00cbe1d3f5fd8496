// The laws of receivers, as far as they hold for a protocol that cannot refuse: what was sent is what was stored and what
// is in a counter by its reason, nothing twice, nothing invented. Over real sockets, with packets of Apache Thrift's library.

import { createSocket, type Socket } from 'node:dgram'
import { once } from 'node:events'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { createTestHost, type TestHost } from '@spoor/testkit/receiver-contract/host'
import { numberedPacket } from '@spoor/testkit/receiver-contract/jaeger-thrift'
import { createSink, SINK_REASON, type Sink, type SinkMode } from '@spoor/testkit/receiver-contract/sink'
import { numberedSpans } from '@spoor/testkit/receiver-contract/spans'
import type { Receiver } from '../api/receiver.ts'
import type { UdpConfig } from '../api/udp-receiver.ts'
import { createJaegerUdpReceiver, type ThriftProtocol } from './receiver.ts'

const CONFIG: UdpConfig = {
  listen: { host: '127.0.0.1', port: 0 },
  maxPacketBytes: 65_000,
  queuePackets: 1000,
  queueBytes: 1 << 20,
  socketBufferBytes: 0,
}
const PACKETS = 60
const SPANS_A_PACKET = 20
const BAD_EVERY = 13

let sink: Sink
let host: TestHost
let receiver: Receiver
let client: Socket
let port = 0

async function start(protocol: ThriftProtocol, config: Partial<UdpConfig> = {}): Promise<void> {
  receiver = createJaegerUdpReceiver(protocol, { ...CONFIG, ...config }, host)
  const [listening] = await receiver.start()
  port = Number(listening?.address.split(':').at(-1))
}

beforeEach(() => {
  sink = createSink()
  host = createTestHost(sink)
  client = createSocket('udp4')
})

afterEach(async () => {
  sink.release()
  await receiver.stop()
  await new Promise<void>((resolve) => client.close(resolve))
  expect(host.budget.usedBytes).toBe(0)
})

async function send(packet: Uint8Array): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    client.send(packet, port, '127.0.0.1', (error) => (error === null ? resolve() : reject(error)))
  })
}

async function sendAll(protocol: ThriftProtocol): Promise<void> {
  for (let i = 0; i < PACKETS; i++) {
    await send(numberedPacket(numberedSpans(1 + i * SPANS_A_PACKET, SPANS_A_PACKET, BAD_EVERY), protocol))
  }
}

async function received(protocol: ThriftProtocol): Promise<number> {
  return await host.count('spoor_udp_packets_received_total', { receiver: `jaeger-${protocol}` })
}

/** received = decoded + bad + dropped + queued. */
async function expectBalance(protocol: ThriftProtocol, sent: number): Promise<void> {
  const name = `jaeger-${protocol}`
  const requests = await host.count('spoor_requests_total', { receiver: name })
  const dropped = await host.count('spoor_udp_packets_dropped_total', { receiver: name })
  const queued = await host.count('jaeger_agent_thrift_udp_server_queue_size', { protocol })
  expect(await received(protocol)).toBe(sent)
  expect(requests + dropped + queued).toBe(sent)
}

for (const protocol of ['compact', 'binary'] as const) {
  describe(`jaeger-${protocol}`, () => {
    it.each<SinkMode>(['ok', 'transient', 'permanent', 'mixed'])(
      'what was sent by UDP was stored or counted, with a sink that is %s',
      async (mode) => {
        sink.mode = mode
        await start(protocol)
        await sendAll(protocol)
        const all = numberedSpans(1, PACKETS * SPANS_A_PACKET, BAD_EVERY)
        const good = all.filter((span) => !span.bad).map((span) => span.number)
        await expect.poll(() => sink.accepted.length + sink.refused.length, { timeout: 10_000 }).toBe(good.length)
        await receiver.stop()
        expect([...sink.accepted, ...sink.refused].sort((a, b) => a - b)).toEqual(good)
        expect(sink.refused.length > 0).toBe(mode === 'permanent' || mode === 'mixed')
        const name = `jaeger-${protocol}`
        const refused = async (reason: string): Promise<number> =>
          await host.count('spoor_spans_refused_total', { receiver: name, reason })
        expect(await refused(SINK_REASON)).toBe(sink.refused.length)
        expect(await refused('trace_id_zero')).toBe(all.length - good.length)
        expect(await host.count('spoor_spans_stored_total', { receiver: name })).toBe(sink.accepted.length)
        // Waiting for the store is no second receipt.
        expect(await host.count('jaeger_collector_spans_received_total', { transport: 'udp' })).toBe(all.length)
        expect(await host.count('spoor_requests_total', { receiver: name, code: 'ok' })).toBe(PACKETS)
        await expectBalance(protocol, PACKETS)
        expect(host.complaints).toEqual([])
      },
    )

    it('while the store is busy packets wait, and those beyond the queue are counted', async () => {
      sink.mode = 'held'
      await start(protocol, { queuePackets: 10 })
      await send(numberedPacket(numberedSpans(1, 1), protocol))
      await sink.waitForHeld(1)
      for (let number = 2; number <= 31; number++) await send(numberedPacket(numberedSpans(number, 1), protocol))
      await expect.poll(() => received(protocol)).toBe(31)
      expect(await host.count('jaeger_agent_thrift_udp_server_queue_size', { protocol })).toBe(10)
      await expectBalance(protocol, 31)
      sink.release()
      await expect.poll(() => sink.accepted.length).toBe(11)
      expect(sink.accepted).toEqual(numberedSpans(1, 11).map((span) => span.number))
      await expectBalance(protocol, 31)
      expect(await host.count('spoor_udp_packets_dropped_total', { reason: 'queue_full' })).toBe(20)
      expect(await host.count('jaeger_agent_thrift_udp_server_packets_dropped_total', { protocol })).toBe(20)
      expect(await host.count('jaeger_agent_thrift_udp_server_packets_processed_total', { protocol })).toBe(11)
      expect(host.complaints.join('\n')).toContain('the queue is full')
    })
  })
}

it('a stop of the UDP receiver drains what had come', async () => {
  sink.mode = 'held'
  await start('compact')
  await send(numberedPacket(numberedSpans(1, 1), 'compact'))
  await sink.waitForHeld(1)
  for (let number = 2; number <= 20; number++) await send(numberedPacket(numberedSpans(number, 1), 'compact'))
  await expect.poll(() => received('compact')).toBe(20)
  const stopped = receiver.stop()
  const again = receiver.stop()
  sink.release()
  await Promise.all([stopped, again])
  expect(sink.accepted.length).toBe(20)
  await expectBalance('compact', 20)
})

it('an address that is taken is named in one line', async () => {
  await start('compact')
  const second = createJaegerUdpReceiver('compact', { ...CONFIG, listen: { host: '127.0.0.1', port } }, host)
  const refusal: unknown = await second.start().catch((thrown: unknown) => thrown)
  expect(refusal).toMatchObject({ kind: 'unavailable', code: 'port_in_use' })
  expect((refusal as Error).message).toMatch(new RegExp(`^[^\\n]*127\\.0\\.0\\.1:${port}[^\\n]*$`))
  await second.stop()
})

it('every interface means IPv4 and IPv6', async () => {
  await start('compact', { listen: { host: '', port: 0 } })
  await send(numberedPacket(numberedSpans(1, 1), 'compact'))
  await expect.poll(() => sink.accepted.length).toBe(1)
  const six = createSocket('udp6')
  try {
    six.send(numberedPacket(numberedSpans(2, 1), 'compact'), port, '::1')
    await once(six, 'listening')
    await expect.poll(() => sink.accepted.length).toBe(2)
  } finally {
    six.close()
  }
})

it('says what the kernel granted where it is less than asked', async () => {
  await start('compact', { socketBufferBytes: 2 ** 30 })
  const granted = await host.count('spoor_udp_socket_buffer_bytes')
  expect(granted).toBeGreaterThan(0)
  expect(granted).toBeLessThan(2 ** 30)
  expect(host.complaints.join('\n')).toContain(`"granted":${granted}`)
})
