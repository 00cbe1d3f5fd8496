// The filter tree that every search compiles to, and (in evaluate.ts) the one reference evaluator. Its form is the
// expression of Jaeger's RFC 0005 in TypeScript. Stores may answer part of a filter from an index; what they cannot,
// query/ re-checks with the evaluator, so every store gives the same answer.

/** Where an attribute is looked for. `any`: span, resource, scope, event and link together (Jaeger v1's tags, widened). */
export type AttributeLevel = 'span' | 'resource' | 'scope' | 'event' | 'link' | 'any'

/** Things every span has. Durations and times compare in nanoseconds. */
export type SpanField = 'service' | 'name' | 'kind' | 'status' | 'duration' | 'start'

/** Things of the whole trace, asked of each of its spans (trace-stats.ts). Durations in nanoseconds. */
export type TraceField = 'duration' | 'spanCount' | 'errorCount' | 'rootService' | 'rootName'

export type FilterTarget =
  | { readonly attr: string; readonly level: AttributeLevel }
  | { readonly field: SpanField }
  | { readonly trace: TraceField }

/** Text compares with v1's rule: `500` equals the string "500", the integer 500 and the double 500. */
export type FilterScalar = string | number | bigint | boolean

export type CompareOp = 'eq' | 'ne' | 'gt' | 'gte' | 'lt' | 'lte' | 'regex'

export type Filter =
  | { readonly op: 'and' | 'or'; readonly args: readonly Filter[] }
  | { readonly op: 'not'; readonly arg: Filter }
  | { readonly op: CompareOp; readonly target: FilterTarget; readonly value: FilterScalar }
  | { readonly op: 'in'; readonly target: FilterTarget; readonly values: readonly FilterScalar[] }
  | { readonly op: 'exists'; readonly target: FilterTarget }

/** True where some condition asks about the whole trace. */
export function asksTrace(filter: Filter): boolean {
  switch (filter.op) {
    case 'and':
    case 'or':
      return filter.args.some(asksTrace)
    case 'not':
      return asksTrace(filter.arg)
    default:
      return 'trace' in filter.target
  }
}

const ALL: Filter = { op: 'and', args: [] }
const NONE: Filter = { op: 'or', args: [] }

/** What spans alone can say of the filter: holds for every span of which the filter may hold, whatever its trace is. */
export function withoutTrace(filter: Filter, may: boolean = true): Filter {
  switch (filter.op) {
    case 'and':
    case 'or':
      return { op: filter.op, args: filter.args.map((arg) => withoutTrace(arg, may)) }
    case 'not':
      return { op: 'not', arg: withoutTrace(filter.arg, !may) }
    default:
      if (!('trace' in filter.target)) return filter
      return may ? ALL : NONE
  }
}

/** The same tree, conditions and operands, types of operands included. */
export function sameFilter(a: Filter, b: Filter): boolean {
  return filterKey(a) === filterKey(b)
}

function filterKey(filter: Filter): string {
  return JSON.stringify(filter, (_, value: unknown) => (typeof value === 'bigint' ? { int: String(value) } : value))
}
