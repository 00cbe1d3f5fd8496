// What may be configured about Jaeger's thrift over UDP: two processors, as in Jaeger's agent, with its flags.

import type { Section } from '../../config/section.ts'
import { udpProcessorSection, type UdpProcessorConfig } from '../api/udp-config.ts'

export const jaegerCompactSection: Section<UdpProcessorConfig> = udpProcessorSection(
  'jaeger-compact',
  'Jaeger thrift compact',
  6831,
)
export const jaegerBinarySection: Section<UdpProcessorConfig> = udpProcessorSection(
  'jaeger-binary',
  'Jaeger thrift binary',
  6832,
)
