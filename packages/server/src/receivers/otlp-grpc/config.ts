// What may be configured about OTLP over gRPC. Plain data only: it travels to the ingest thread by copy.

import { option, type Section } from '../../config/section.ts'
import type { HostPort } from '../../config/units.ts'
import { byteSize, goDuration, hostPort } from '../../config/values.ts'

export interface OtlpGrpcConfig {
  readonly listen: HostPort
  readonly maxMessageBytes: number
  readonly readTimeoutMs: number
  /** 0: connections live as long as their clients like. */
  readonly maxConnectionAgeMs: number
  /** 0: no bound but that on stop. */
  readonly maxConnectionAgeGraceMs: number
}

export const otlpGrpcSection: Section<OtlpGrpcConfig> = {
  title: 'OTLP over gRPC',
  options: {
    listen: option('otlp.grpc.host-port', hostPort().prefault(':4317'), 'Address to receive OTLP over gRPC on', {
      aliases: ['collector.otlp.grpc.host-port'],
    }),
    maxMessageBytes: option(
      'otlp.grpc.max-message-size',
      byteSize({ min: 1024, max: 1024 ** 3 }).prefault('16MiB'),
      "Largest message taken, compressed or not, in bytes (Jaeger's 4 MiB turned busy clients away)",
      { aliases: ['collector.otlp.grpc.max-message-size'] },
    ),
    readTimeoutMs: option(
      'otlp.grpc.read-timeout',
      goDuration({ min: 1, max: 86_400_000 }).prefault('30s'),
      'Time in which the whole message must arrive',
    ),
    maxConnectionAgeMs: option(
      'otlp.grpc.max-connection-age',
      goDuration({ max: 1e9 }).prefault('0s'),
      'Age at which a connection is asked to close, so that clients spread anew (0s: never)',
      { aliases: ['collector.otlp.grpc.max-connection-age'] },
    ),
    maxConnectionAgeGraceMs: option(
      'otlp.grpc.max-connection-age-grace',
      goDuration({ max: 1e9 }).prefault('0s'),
      'Time that requests under way get after that before they are cut (0s: all they need)',
      { aliases: ['collector.otlp.grpc.max-connection-age-grace'] },
    ),
  },
}
