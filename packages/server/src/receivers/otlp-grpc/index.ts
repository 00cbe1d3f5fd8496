// The OTLP gRPC receiver as a plugin: what the registry names.

import type { ReceiverPlugin } from '../api/receiver.ts'
import type { OtlpGrpcConfig } from './config.ts'
import { createOtlpGrpcReceiver, OTLP_GRPC } from './receiver.ts'

export const otlpGrpc: ReceiverPlugin<OtlpGrpcConfig> = { name: OTLP_GRPC, create: createOtlpGrpcReceiver }
