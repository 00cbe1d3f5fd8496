// What strangers send by UDP: cut, mutated, of another protocol, empty, too long, random. A good neighbour sends all the
// while and gets every span through; each bad packet is in a counter by its reason, and nothing is logged or kept.

import { createSocket, type Socket } from 'node:dgram'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { mutated, seededRandom } from '@spoor/testkit/receiver-contract/bad-bytes'
import { createTestHost, type TestHost } from '@spoor/testkit/receiver-contract/host'
import { numberedBatch, numberedPacket } from '@spoor/testkit/receiver-contract/jaeger-thrift'
import { createSink, type Sink } from '@spoor/testkit/receiver-contract/sink'
import { numberedSpans } from '@spoor/testkit/receiver-contract/spans'
import type { Receiver } from '../api/receiver.ts'
import { createJaegerUdpReceiver, type ThriftProtocol } from './receiver.ts'

const NEIGHBOUR_FROM = 1_000_000
const MAX_PACKET = 4000

let sink: Sink
let host: TestHost
let receiver: Receiver
let client: Socket
let port = 0
let sent = 0

beforeEach(() => {
  sent = 0
  sink = createSink()
  host = createTestHost(sink)
  client = createSocket('udp4')
})

afterEach(async () => {
  await receiver.stop()
  await new Promise<void>((resolve) => client.close(resolve))
  expect(host.complaints).toEqual([])
})

async function start(protocol: ThriftProtocol): Promise<void> {
  const listen = { host: '127.0.0.1', port: 0 }
  const bounds = { maxPacketBytes: MAX_PACKET, queuePackets: 10_000, queueBytes: 1 << 22, socketBufferBytes: 0 }
  receiver = createJaegerUdpReceiver(protocol, { listen, ...bounds }, host)
  const [listening] = await receiver.start()
  port = Number(listening?.address.split(':').at(-1))
}

async function send(packet: Uint8Array): Promise<void> {
  sent++
  await new Promise<void>((resolve, reject) => {
    client.send(packet, port, '127.0.0.1', (error) => (error === null ? resolve() : reject(error)))
  })
}

/** Sends `bad`, a good packet after each; then every packet is accounted for and every good span stored. */
async function abuse(protocol: ThriftProtocol, bad: readonly Uint8Array[]): Promise<void> {
  let good = 0
  for (const packet of bad) {
    await send(packet)
    await send(numberedPacket(numberedSpans(NEIGHBOUR_FROM + good++, 1), protocol))
  }
  const books = async (): Promise<number> =>
    (await host.count('spoor_requests_total')) + (await host.count('spoor_udp_packets_dropped_total'))
  await expect.poll(books, { timeout: 10_000 }).toBe(sent)
  await receiver.stop()
  expect(await host.count('spoor_udp_packets_received_total')).toBe(sent)
  const neighbours = sink.accepted.filter((number) => number >= NEIGHBOUR_FROM && number < NEIGHBOUR_FROM + good)
  expect(neighbours).toEqual(numberedSpans(NEIGHBOUR_FROM, good).map((span) => span.number))
}

async function refused(code: string): Promise<number> {
  return await host.count('spoor_requests_total', { code })
}

/** A message of one string argument, or of nothing, as any thrift program might send it. */
function otherMethod(name: string, protocol: ThriftProtocol): Buffer {
  const text = Buffer.from(name)
  if (protocol === 'compact') {
    return Buffer.concat([Buffer.from([0x82, 0x81, 0x01, text.length]), text, Buffer.from([0])])
  }
  const head = Buffer.from([0x80, 0x01, 0x00, 0x04, 0, 0, 0, text.length])
  return Buffer.concat([head, text, Buffer.from([0, 0, 0, 1, 0])])
}

for (const protocol of ['compact', 'binary'] as const) {
  const other = protocol === 'compact' ? 'binary' : 'compact'
  const PACKET = numberedPacket(numberedSpans(1, 3), protocol)

  describe(`jaeger-${protocol}`, () => {
    it('packets cut at every byte are refused, each counted', async () => {
      await start(protocol)
      const cuts = Array.from({ length: PACKET.length - 1 }, (_, i) => PACKET.subarray(0, i + 1))
      await abuse(protocol, cuts)
      expect(await refused('ok')).toBe(cuts.length)
      expect(await host.count('jaeger_agent_thrift_udp_t_processor_handler_errors_total', { protocol })).toBe(
        cuts.length,
      )
      expect(sink.accepted.filter((number) => number < NEIGHBOUR_FROM)).toEqual([])
    })

    it('mutated packets and random bytes are refused or read, each counted', async () => {
      await start(protocol)
      const random = seededRandom(7)
      const noise = Array.from({ length: 200 }, () => Uint8Array.from({ length: 1 + random(600) }, () => random(256)))
      await abuse(protocol, [...Array.from({ length: 400 }, () => mutated(PACKET, random)), ...noise])
      expect(await refused('internal')).toBe(0)
    })

    it('other methods, the other encoding and a bare batch are refused, each by its reason', async () => {
      await start(protocol)
      const bad = [
        otherMethod('emitZipkinBatch', protocol),
        otherMethod('emitBatches', protocol),
        numberedPacket(numberedSpans(1, 3), other),
        numberedBatch(numberedSpans(1, 3), protocol),
      ]
      await abuse(protocol, bad)
      expect(await refused('thrift_zipkin_method')).toBe(1)
      expect(await refused('thrift_wrong_method')).toBe(1)
      expect(await refused('thrift_wrong_protocol')).toBeGreaterThan(0)
      expect(await refused('ok')).toBe(bad.length)
      expect(await host.count('spoor_requests_total')).toBe(2 * bad.length)
    })

    it('empty packets and those over the limit are dropped before they are read, each counted', async () => {
      await start(protocol)
      const long = numberedPacket(numberedSpans(1, 100), protocol)
      expect(long.length).toBeGreaterThan(MAX_PACKET)
      await abuse(protocol, [new Uint8Array(0), long, new Uint8Array(MAX_PACKET + 1), new Uint8Array(0)])
      expect(await host.count('spoor_udp_packets_dropped_total', { reason: 'empty' })).toBe(2)
      expect(await host.count('spoor_udp_packets_dropped_total', { reason: 'too_large' })).toBe(2)
      expect(await refused('ok')).toBe(4)
    })
  })
}
