// Jaeger's thrift over HTTP as a plugin: what the registry names.

import type { ReceiverPlugin } from '../api/receiver.ts'
import type { JaegerHttpConfig } from './config.ts'
import { createJaegerHttpReceiver, JAEGER_HTTP } from './receiver.ts'

export const jaegerHttp: ReceiverPlugin<JaegerHttpConfig> = { name: JAEGER_HTTP, create: createJaegerHttpReceiver }
