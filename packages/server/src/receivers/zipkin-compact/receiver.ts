// The oldest of the agent's UDP ports (5775): Zipkin's thrift compact, one emitZipkinBatch message a datagram, as clients of
// before Jaeger's own model send it; and emitBatch, which a real agent takes on this port, too (jaeger-idl, thrift/agent.thrift).
// Dialect only: the socket, the queue and the books are the same for all of UDP.

import { JaegerThriftReader } from '../../wire/jaeger/thrift/reader.ts'
import { ZipkinReader } from '../../wire/zipkin/reader.ts'
import { createClientLosses } from '../api/client-losses.ts'
import type { Receiver, ReceiverHost } from '../api/receiver.ts'
import { createUdpReceiver, type UdpConfig } from '../api/udp-receiver.ts'

export const ZIPKIN_COMPACT = 'zipkin-compact'

const EMIT_BATCH = 'emitBatch'

export function createZipkinCompactReceiver(config: UdpConfig, host: ReceiverHost): Receiver {
  const losses = createClientLosses(host.metrics)
  return createUdpReceiver(
    {
      what: 'Zipkin compact (UDP)',
      source: { receiver: ZIPKIN_COMPACT, format: 'zipkin', transport: 'udp' },
      model: 'zipkin',
      protocol: 'compact',
      decoder: (builder) => {
        const zipkin = new ZipkinReader(builder)
        const jaeger = new JaegerThriftReader(builder)
        return (packet) => {
          if (zipkin.methodOf(packet) === EMIT_BATCH) losses.note(jaeger.addPacket(packet, 'compact'))
          else zipkin.addPacket(packet)
        }
      },
    },
    config,
    host,
  )
}
