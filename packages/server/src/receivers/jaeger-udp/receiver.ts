// Jaeger's thrift over UDP: one emitBatch message a datagram, compact or binary (jaeger-idl, thrift/agent.thrift), as
// jaeger-clients send to an agent. Dialect only: the socket, the queue and the books are the same for all of UDP.

import { JaegerThriftReader } from '../../wire/jaeger/thrift/reader.ts'
import { createClientLosses } from '../api/client-losses.ts'
import type { Receiver, ReceiverHost } from '../api/receiver.ts'
import { createUdpReceiver, type UdpConfig } from '../api/udp-receiver.ts'

export type ThriftProtocol = 'compact' | 'binary'

export function createJaegerUdpReceiver(protocol: ThriftProtocol, config: UdpConfig, host: ReceiverHost): Receiver {
  const losses = createClientLosses(host.metrics)
  return createUdpReceiver(
    {
      what: `Jaeger ${protocol} (UDP)`,
      source: { receiver: `jaeger-${protocol}`, format: 'jaeger', transport: 'udp' },
      model: 'jaeger',
      protocol,
      decoder: (builder) => {
        const reader = new JaegerThriftReader(builder)
        return (packet) => losses.note(reader.addPacket(packet, protocol))
      },
    },
    config,
    host,
  )
}
