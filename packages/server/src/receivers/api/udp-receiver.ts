// A receiver of datagrams, whatever is in them: opens its socket on the `udp` thread, drains the ring on its own, keeps the
// books. Nobody can be refused by UDP, so what is not stored must be in a counter by its reason.

import type { HostPort } from '../../config/units.ts'
import type { IngestSource } from '../../pipeline/ingest.ts'
import { createBell, Doorbell } from '../../threads/doorbell.ts'
import { allocateRing, RingReader } from '../../threads/packet-ring.ts'
import type { OtlpBatchBuilder } from '../../wire/otlp/batch-builder.ts'
import { kernelDropsOf } from './kernel-drops.ts'
import { createPacketDrain, type DecodePacket, type PacketDrain } from './packet-drain.ts'
import type { Listening, Receiver, ReceiverHost } from './receiver.ts'
import { allocateUdpCounts } from './udp-counts.ts'
import { watchUdp } from './udp-metrics.ts'
import type { UdpSocket } from './udp-sockets.ts'

export interface UdpConfig {
  readonly listen: HostPort | 'off'
  readonly maxPacketBytes: number
  readonly queuePackets: number
  readonly queueBytes: number
  /** 0: as much as the kernel gives, up to a few MiB. */
  readonly socketBufferBytes: number
}

export interface UdpDialect {
  /** For people: `Jaeger thrift compact (UDP)`. */
  readonly what: string
  readonly source: IngestSource
  /** Labels of Jaeger's metrics: `jaeger` or `zipkin`, `compact` or `binary`. */
  readonly model: string
  readonly protocol: string
  readonly decoder: (builder: OtlpBatchBuilder) => DecodePacket
}

const LARGE_BUFFER_BYTES = 4 * 1024 * 1024
/** At a stop, what the ring holds has this long to reach the store. */
const STOP_GRACE_MS = 5000

export function createUdpReceiver(dialect: UdpDialect, config: UdpConfig, host: ReceiverHost): Receiver {
  let running: Promise<Running> | undefined
  let stopping: Promise<void> | undefined
  return {
    async start(): Promise<readonly Listening[]> {
      if (config.listen === 'off') return []
      running = open(dialect, config, config.listen, host)
      const { what, address } = (await running).socket
      return [{ what, address }]
    },
    async stop(): Promise<void> {
      stopping ??= close(running, dialect, host)
      await stopping
    },
  }
}

interface Running {
  readonly socket: UdpSocket
  readonly drain: PacketDrain
}

async function open(dialect: UdpDialect, config: UdpConfig, listen: HostPort, host: ReceiverHost): Promise<Running> {
  const { what, source, model, protocol } = dialect
  const { receiver } = source
  const { metrics, log } = host
  const ring = allocateRing(config.queueBytes, config.queuePackets)
  const bell = createBell()
  const counts = allocateUdpCounts()
  const asked = config.socketBufferBytes === 0 ? LARGE_BUFFER_BYTES : config.socketBufferBytes
  const { maxPacketBytes } = config
  const socket = await host.udp.open({ what, listen, maxPacketBytes, socketBufferBytes: asked, ring, counts, bell })
  const granted = socket.socketBufferBytes
  metrics.set('spoor_udp_socket_buffer_bytes', { receiver }, granted)
  if (granted < asked) {
    const tell = config.socketBufferBytes === 0 ? log.info : log.warn
    tell('the kernel granted a smaller socket buffer than asked; net.core.rmem_max is its bound', {
      receiver,
      asked,
      granted,
    })
  }
  const reader = new RingReader(ring)
  const kernelDrops = kernelDropsOf(socket.port)
  const watch = watchUdp({ receiver, model, protocol, counts, queued: () => reader.size, kernelDrops }, metrics, log)
  metrics.onCollect(watch.collect)
  const drain = createPacketDrain(
    {
      ring: reader,
      bell: new Doorbell(bell),
      maxPacketBytes,
      source,
      decoder: dialect.decoder,
      onBatch: watch.look,
      onBad: () => metrics.add('jaeger_agent_thrift_udp_t_processor_handler_errors_total', { model, protocol }),
    },
    host,
  )
  drain.start()
  return { socket, drain }
}

async function close(
  running: Promise<Running> | undefined,
  { source }: UdpDialect,
  { metrics, log }: ReceiverHost,
): Promise<void> {
  const started = await running?.catch(() => undefined) // start() has told why there is nothing to stop
  if (started === undefined) return
  await started.socket.close()
  const packets = await started.drain.stop(STOP_GRACE_MS)
  if (packets === 0) return
  const { receiver } = source
  metrics.add('spoor_udp_packets_dropped_total', { receiver, reason: 'stopping' }, packets)
  log.warn('packets were given up at the stop because the store had no room for them', { receiver, packets })
}
