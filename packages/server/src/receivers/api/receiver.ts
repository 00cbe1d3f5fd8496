// The shape of a receiver: transport and dialect only. It turns bytes from a socket into a SpanBatch, hands it to the
// ingest pipeline, and answers its client with what the pipeline said. It never stores, samples or counts spans itself.

import type { Ingest } from '../../pipeline/ingest.ts'
import type { BodyBudget } from '../../pipeline/budget.ts'
import type { Sampling } from '../../sampling/sampling.ts'
import type { Logger } from '../../telemetry/log.ts'
import type { Metrics } from '../../telemetry/metrics.ts'
import type { UdpSockets } from './udp-sockets.ts'

export interface Listening {
  /** For people: `OTLP gRPC`. */
  readonly what: string
  /** `host:port` as bound (port 0 resolved). */
  readonly address: string
}

export interface Receiver {
  /** Rejects with SpoorError `unavailable`, code `port_in_use`, naming the address, where it cannot listen. */
  start(): Promise<readonly Listening[]>
  /** Stops accepting, lets requests under way finish (bounded), closes. May be called twice. */
  stop(): Promise<void>
}

export interface ReceiverHost {
  readonly ingest: Ingest
  /** The process-wide bound on request bodies held in memory. */
  readonly budget: BodyBudget
  /** What clients are told when they ask how much to record. */
  readonly sampling: Sampling
  /** Sockets on the `udp` thread; of use only to receivers that the registry marks so. */
  readonly udp: UdpSockets
  readonly metrics: Metrics
  readonly log: Logger
}

export interface ReceiverPlugin<Config> {
  readonly name: string
  create(config: Config, host: ReceiverHost): Receiver
}
