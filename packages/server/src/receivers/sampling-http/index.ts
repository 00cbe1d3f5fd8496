// The HTTP port of sampling as a plugin: what the registry names.

import type { ReceiverPlugin } from '../api/receiver.ts'
import type { SamplingHttpConfig } from './config.ts'
import { createSamplingHttpReceiver, SAMPLING_HTTP } from './receiver.ts'

export const samplingHttp: ReceiverPlugin<SamplingHttpConfig> = {
  name: SAMPLING_HTTP,
  create: createSamplingHttpReceiver,
}
