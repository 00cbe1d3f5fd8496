// Zipkin's spans over HTTP as a plugin: what the registry names.

import type { ReceiverPlugin } from '../api/receiver.ts'
import type { ZipkinHttpConfig } from './config.ts'
import { createZipkinHttpReceiver, ZIPKIN_HTTP } from './receiver.ts'

export const zipkinHttp: ReceiverPlugin<ZipkinHttpConfig> = { name: ZIPKIN_HTTP, create: createZipkinHttpReceiver }
