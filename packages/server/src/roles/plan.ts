// What a role runs, as plain data: made on the main thread from the configuration, sent to every thread as it is. Names
// point into registry.ts. Must stay free of functions and of configuration schemas: workers receive it by copy.

import type { AdminConfig } from '../doors/admin/config.ts'
import type { QueryHttpConfig } from '../doors/api/query-config.ts'
import type { ProberConfig } from '../query/prober-config.ts'
import type { SamplingConfig } from '../sampling/config.ts'
import type { LogOptions } from '../telemetry/log.ts'

/** A plugin by name and the configuration object that its section made. */
export interface PluginChoice {
  readonly name: string
  readonly config: unknown
}

export interface RolePlan {
  readonly role: string
  readonly log: LogOptions
  readonly storage: PluginChoice
  /** For people: where the spans are kept. */
  readonly storageDescription: string
  readonly receivers: readonly PluginChoice[]
  /** Bytes of request bodies that all receivers together may hold. */
  readonly bodyBudgetBytes: number
  readonly sampling: SamplingConfig
  readonly queryHttp: QueryHttpConfig
  /** Doors on the query port. */
  readonly doors: readonly PluginChoice[]
  readonly admin: AdminConfig
  readonly prober: ProberConfig
}
