// A trace in a few numbers for a page of results, from its stored bytes: no object a span is made.

import type { ServiceCount, TraceSummary } from '@spoor/core/api/search'
import { shortTraceId } from '@spoor/core/base/ids'
import type { TraceChunk } from '../../storage/api/store.ts'
import { KeyValue } from '../../wire/jaeger/key-value.ts'
import { type SpanFields, type SpanGroup, type SpanVisitor, SpanWalker } from '../../wire/otlp/span-fields.ts'
import { durationNs, idKey, isError, serviceOf, startNs, textOf } from './read-fields.ts'

/** A span that no other span of the trace may be the parent of, until all ids are known. */
interface RootCandidate {
  readonly id: string
  readonly parent: string
  readonly startNs: bigint
  readonly service: string
  readonly nameFrom: number
  readonly nameTo: number
}

/** Summarizes one trace after another. */
export class Summarizer implements SpanVisitor {
  readonly #walker = new SpanWalker()
  readonly #kv = new KeyValue()
  #service = ''
  #services = new Map<string, ServiceCount>()
  #ids = new Set<string>()
  #spans: RootCandidate[] = []
  #errors = 0
  #start = 0n
  #end = 0n

  summarize(trace: TraceChunk): TraceSummary {
    this.#services = new Map()
    this.#ids = new Set()
    this.#spans = []
    this.#errors = 0
    this.#walker.walk(trace.bytes, this)
    let root: RootCandidate | undefined
    let orphans = 0
    for (const span of this.#spans) {
      if (this.#ids.has(span.parent)) continue
      if (span.parent !== '') orphans++
      if (root === undefined || isBefore(span, root)) root = span
    }
    // In a cycle every span has its parent; the first to start stands for the root.
    root ??= this.#spans.reduce<RootCandidate | undefined>(
      (a, b) => (a === undefined || isBefore(b, a) ? b : a),
      undefined,
    )
    return {
      traceId: shortTraceId(trace.traceId),
      rootService: root?.service ?? '',
      rootName: root === undefined ? '' : textOf(trace.bytes, root.nameFrom, root.nameTo),
      startNs: String(this.#start),
      durationNs: String(this.#end - this.#start),
      spanCount: this.#spans.length,
      errorCount: this.#errors,
      orphanCount: orphans,
      services: [...this.#services.values()].toSorted((a, b) => (a.name < b.name ? -1 : 1)),
    }
  }

  group(group: SpanGroup): void {
    this.#service = serviceOf(group, this.#kv)
  }

  span(f: SpanFields): void {
    const start = startNs(f)
    const end = start + durationNs(f)
    const first = this.#spans.length === 0
    if (first || start < this.#start) this.#start = start
    if (first || end > this.#end) this.#end = end
    const service = this.#services.get(this.#service) ?? { name: this.#service, spanCount: 0, errorCount: 0 }
    this.#services.set(this.#service, service)
    service.spanCount++
    if (isError(f, this.#kv)) {
      service.errorCount++
      this.#errors++
    }
    const id = idKey(f.bytes, f.spanIdAt)
    this.#ids.add(id)
    const parent = idKey(f.bytes, f.parentAt)
    this.#spans.push({ id, parent, startNs: start, service: this.#service, nameFrom: f.nameAt, nameTo: f.nameEnd })
  }
}

/** The order of core's trace-stats.ts. */
function isBefore(a: RootCandidate, b: RootCandidate): boolean {
  return a.startNs === b.startNs ? a.id < b.id : a.startNs < b.startNs
}
