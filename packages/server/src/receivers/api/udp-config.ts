// What may be configured about a processor of datagrams, as in Jaeger's agent, with its flags. Plain data only: it travels to the
// ingest thread by copy.

import { option, type Section } from '../../config/section.ts'
import { byteSize, integer, listenAddress } from '../../config/values.ts'
import type { UdpConfig } from './udp-receiver.ts'

export interface UdpProcessorConfig extends UdpConfig {
  readonly workers: number
}

/** No datagram is longer. */
const MAX_DATAGRAM_BYTES = 65_535

/** `name` is in its flags: `jaeger-compact`; `what` is for people: `Jaeger thrift compact`. */
export function udpProcessorSection(name: string, what: string, port: number): Section<UdpProcessorConfig> {
  const flag = `processor.${name}.server`
  return {
    title: `${what} over UDP`,
    options: {
      listen: option(
        `${flag}-host-port`,
        listenAddress().prefault(`:${port}`),
        `Address to receive ${what} over UDP on; off: not at all`,
      ),
      maxPacketBytes: option(
        `${flag}-max-packet-size`,
        integer({ min: 1 })
          .overwrite((bytes) => Math.min(bytes, MAX_DATAGRAM_BYTES))
          .prefault(65_000),
        'Longest packet taken, in bytes; longer ones are dropped and counted',
      ),
      queuePackets: option(
        `${flag}-queue-size`,
        integer({ min: 1, max: 16_777_216 }).prefault(65_536),
        'Packets that wait while the store is busy; more are dropped and counted. In Jaeger 1000 by default, where each ' +
          'costs its full size; here the bytes are bounded apart (server-queue-bytes), so that 50,000 spans a second of ' +
          'any packet size outlive a pause of a second.',
      ),
      queueBytes: option(
        `${flag}-queue-bytes`,
        byteSize({ min: 128 * 1024, max: 1024 ** 3 }).prefault('32MiB'),
        'Bytes of packets that wait while the store is busy; more are dropped and counted. Memory is used as it is needed.',
      ),
      workers: option(
        `${flag.replace(/\.server$/, '')}.workers`,
        integer({ min: 1 }).prefault(10),
        "Taken for the sake of Jaeger's configurations, and without effect: packets are decoded many at a time on one thread",
      ),
      socketBufferBytes: option(
        `${flag}-socket-buffer-size`,
        integer({ min: 0, max: 2 ** 30 }).prefault(0),
        "Bytes of the socket's buffer to ask of the kernel; 0 asks for 4 MiB. The kernel gives at most net.core.rmem_max " +
          '(Linux), and what it gave is logged where it is less.',
      ),
    },
    off: ({ listen }) => listen === 'off',
  }
}
