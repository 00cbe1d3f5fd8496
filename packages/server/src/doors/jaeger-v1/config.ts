// Jaeger's HTTP API has no options of its own; those of the query port are in doors/api/query-config.ts.

import type { Section } from '../../config/section.ts'

export type JaegerV1Config = Readonly<Record<string, never>>

export const jaegerV1Section: Section<JaegerV1Config> = { title: 'Jaeger query API v1', options: {} }
