// Spoor's own query API has no options yet; those of the query port are in doors/api/query-config.ts.

import type { Section } from '../../config/section.ts'

export type SpoorV1Config = Readonly<Record<string, never>>

export const spoorV1Section: Section<SpoorV1Config> = { title: 'Spoor query API v1', options: {} }
