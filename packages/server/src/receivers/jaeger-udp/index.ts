// Jaeger's thrift over UDP as plugins, one for each of its two encodings: what the registry names.

import type { ReceiverPlugin } from '../api/receiver.ts'
import type { UdpProcessorConfig } from '../api/udp-config.ts'
import { createJaegerUdpReceiver } from './receiver.ts'

export const jaegerCompact: ReceiverPlugin<UdpProcessorConfig> = {
  name: 'jaeger-compact',
  create: (config, host) => createJaegerUdpReceiver('compact', config, host),
}

export const jaegerBinary: ReceiverPlugin<UdpProcessorConfig> = {
  name: 'jaeger-binary',
  create: (config, host) => createJaegerUdpReceiver('binary', config, host),
}
