// The filter tree that every search compiles to, and (in evaluate.ts) the one reference evaluator. Its form is the
// expression of Jaeger's RFC 0005 in TypeScript. Stores may answer part of a filter from an index; what they cannot,
// query/ re-checks with the evaluator, so every store gives the same answer.

/** Where an attribute is looked for. `any`: span, resource, scope, event and link together (Jaeger v1's tags, widened). */
export type AttributeLevel = 'span' | 'resource' | 'scope' | 'event' | 'link' | 'any'

/** Things every span has. Durations and times compare in nanoseconds. */
export type SpanField = 'service' | 'name' | 'kind' | 'status' | 'duration' | 'start'

export type FilterTarget = { readonly attr: string; readonly level: AttributeLevel } | { readonly field: SpanField }

/** Text compares with v1's rule: `500` equals the string "500", the integer 500 and the double 500. */
export type FilterScalar = string | number | bigint | boolean

export type CompareOp = 'eq' | 'ne' | 'gt' | 'gte' | 'lt' | 'lte' | 'regex'

export type Filter =
  | { readonly op: 'and' | 'or'; readonly args: readonly Filter[] }
  | { readonly op: 'not'; readonly arg: Filter }
  | { readonly op: CompareOp; readonly target: FilterTarget; readonly value: FilterScalar }
  | { readonly op: 'in'; readonly target: FilterTarget; readonly values: readonly FilterScalar[] }
  | { readonly op: 'exists'; readonly target: FilterTarget }
