// GET {base}/api/x/v1/dependencies: who called whom, with errors, which Jaeger's /api/dependencies has no place for. Takes
// Jaeger's parameters: `endTs` (Unix ms, now by default) and `lookback` (ms, a day by default).

import * as v from 'valibot'

export interface DependencyEdge {
  readonly parent: string
  readonly child: string
  readonly callCount: number
  readonly errorCount: number
}

export interface DependenciesAnswer {
  /** Sorted by parent, then child; no service calls itself. */
  readonly links: readonly DependencyEdge[]
}

export const dependenciesAnswerSchema: v.GenericSchema<DependenciesAnswer> = v.object({
  links: v.array(v.object({ parent: v.string(), child: v.string(), callCount: v.number(), errorCount: v.number() })),
})
