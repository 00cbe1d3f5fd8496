// OTLP over gRPC: TraceService/Export on raw bytes. Transport only: the scanner reads the message, the pipeline stores it.

import type { IngestSource } from '../../pipeline/ingest.ts'
import { createGrpcServer } from '../api/grpc-server.ts'
import { createOtlpIngest } from '../api/otlp-ingest.ts'
import { exportResponse } from '../api/otlp-response.ts'
import type { Receiver, ReceiverHost } from '../api/receiver.ts'
import { reportTo } from '../api/report.ts'
import type { OtlpGrpcConfig } from './config.ts'
import { EXPORT_PATH, OTLP_TRACE_FILES } from './proto.ts'

export const OTLP_GRPC = 'otlp-grpc'

const SOURCE: IngestSource = { receiver: OTLP_GRPC, format: 'otlp', transport: 'grpc' }

export function createOtlpGrpcReceiver(config: OtlpGrpcConfig, host: ReceiverHost): Receiver {
  const ingest = createOtlpIngest(host.ingest, SOURCE)
  const exportSpans = async (message: Uint8Array): Promise<Uint8Array> => exportResponse(await ingest(message))
  const server = createGrpcServer({
    what: 'OTLP gRPC',
    listen: config.listen,
    unary: new Map([[EXPORT_PATH, exportSpans]]),
    files: OTLP_TRACE_FILES,
    budget: host.budget,
    maxMessageBytes: config.maxMessageBytes,
    readTimeoutMs: config.readTimeoutMs,
    sessions: { maxAgeMs: config.maxConnectionAgeMs, ageGraceMs: config.maxConnectionAgeGraceMs },
    onCall: reportTo(host, OTLP_GRPC),
  })
  return {
    start: async () => [await server.start()],
    stop: () => server.stop(),
  }
}
