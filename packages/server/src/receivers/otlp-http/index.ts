// The OTLP HTTP receiver as a plugin: what the registry names.

import type { ReceiverPlugin } from '../api/receiver.ts'
import type { OtlpHttpConfig } from './config.ts'
import { createOtlpHttpReceiver, OTLP_HTTP } from './receiver.ts'

export const otlpHttp: ReceiverPlugin<OtlpHttpConfig> = { name: OTLP_HTTP, create: createOtlpHttpReceiver }
