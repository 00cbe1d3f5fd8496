// Zipkin's thrift compact over UDP as a plugin: what the registry names.

import type { ReceiverPlugin } from '../api/receiver.ts'
import type { UdpProcessorConfig } from '../api/udp-config.ts'
import { createZipkinCompactReceiver, ZIPKIN_COMPACT } from './receiver.ts'

export const zipkinCompact: ReceiverPlugin<UdpProcessorConfig> = {
  name: ZIPKIN_COMPACT,
  create: createZipkinCompactReceiver,
}
