// The books of a UDP receiver: received = decoded + bad(reason) + dropped(reason) + queued, with what the kernel dropped
// beside it. Read when somebody scrapes, from counts in shared memory; the thread that reads the socket keeps no metrics.

import type { Logger } from '../../telemetry/log.ts'
import type { Metrics } from '../../telemetry/metrics.ts'
import type { ReadKernelDrops } from './kernel-drops.ts'
import { UDP_COUNTS } from './udp-counts.ts'

export interface UdpBooks {
  /** The label of Spoor's own counters. */
  readonly receiver: string
  /** Labels of Jaeger's: `jaeger`, `compact`. */
  readonly model: string
  readonly protocol: string
  readonly counts: SharedArrayBuffer
  /** Packets that wait now. */
  readonly queued: () => number
  readonly kernelDrops: ReadKernelDrops
}

export interface UdpWatch {
  /** Counts what is new, and warns, once a minute at most, where packets are being lost. */
  collect(): void
  /** As collect(), once a minute at most: for those that nobody scrapes. */
  look(): void
}

const WARN_EVERY_MS = 60_000

export function watchUdp(books: UdpBooks, metrics: Metrics, log: Logger): UdpWatch {
  const { receiver, model, protocol } = books
  const jaeger = { model, protocol }
  const counts = new Uint32Array(books.counts)
  /** What each word has grown by since it was last asked. */
  const last = new Uint32Array(counts.length)
  const grown = (word: number): number => {
    const now = Atomics.load(counts, word)
    const more = (now - (last[word] ?? 0)) >>> 0
    last[word] = now
    return more
  }
  let kernelBefore = 0
  const warnings = { kernel: quietly(log), queue: quietly(log) }
  let lookedAt = performance.now()

  const countKernel = (): void => {
    const drops = books.kernelDrops()
    if (drops === undefined) return
    const more = (drops - kernelBefore) >>> 0
    kernelBefore = drops
    metrics.add('spoor_udp_kernel_dropped_packets_total', { receiver }, more)
    if (more === 0) return
    warnings.kernel(
      'the kernel drops packets because the socket buffer is full: raise net.core.rmem_max and, if it is set, ' +
        `--processor.${receiver}.server-socket-buffer-size`,
      { receiver, packets: more },
    )
  }
  const collect = (): void => {
    lookedAt = performance.now()
    const full = grown(UDP_COUNTS.queueFull)
    const tooLarge = grown(UDP_COUNTS.tooLarge)
    const empty = grown(UDP_COUNTS.empty)
    const received = grown(UDP_COUNTS.received)
    const dropped = (reason: string, packets: number): void =>
      metrics.add('spoor_udp_packets_dropped_total', { receiver, reason }, packets)
    metrics.add('spoor_udp_packets_received_total', { receiver }, received)
    dropped('queue_full', full)
    dropped('too_large', tooLarge)
    dropped('empty', empty)
    metrics.add('jaeger_agent_thrift_udp_server_packets_processed_total', jaeger, received - full - tooLarge - empty)
    metrics.add('jaeger_agent_thrift_udp_server_packets_dropped_total', jaeger, full)
    metrics.add('jaeger_agent_thrift_udp_server_read_errors_total', jaeger, grown(UDP_COUNTS.readErrors))
    metrics.set('jaeger_agent_thrift_udp_server_packet_size', jaeger, Atomics.load(counts, UDP_COUNTS.lastBytes))
    metrics.set('jaeger_agent_thrift_udp_server_queue_size', jaeger, books.queued())
    countKernel()
    if (full > 0) {
      warnings.queue('packets are dropped because the store is slower than the senders and the queue is full', {
        receiver,
        packets: full,
      })
    }
  }
  return {
    collect,
    look(): void {
      if (performance.now() - lookedAt >= WARN_EVERY_MS) collect()
    },
  }
}

type Warn = Logger['warn']

/** One line a minute at most. */
function quietly(log: Logger): Warn {
  let next = 0
  return (message, fields) => {
    const now = performance.now()
    if (now < next) return
    next = now + WARN_EVERY_MS
    log.warn(message, fields)
  }
}
