// What may be configured about Zipkin's thrift over UDP: the agent's processor zipkin-compact, with its flags.

import type { Section } from '../../config/section.ts'
import { udpProcessorSection, type UdpProcessorConfig } from '../api/udp-config.ts'

export const zipkinCompactSection: Section<UdpProcessorConfig> = udpProcessorSection(
  'zipkin-compact',
  'Zipkin thrift compact',
  5775,
)
