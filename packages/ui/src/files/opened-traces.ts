// All that is open: spans of files by trace. A trace may have spans in several files; what two files both have counts once.
// Pure; lives in the worker.

import { adjustedDetail } from '@spoor/core/api/make-span-detail'
import { makeTraceColumns } from '@spoor/core/api/make-trace-columns'
import { makeTraceSummary } from '@spoor/core/api/make-trace-summary'
import type { SpanDetail } from '@spoor/core/api/span-detail'
import type { TraceColumns } from '@spoor/core/api/trace-columns'
import { normalizeSpanId, normalizeTraceId } from '@spoor/core/base/ids'
import { NO_ADJUSTMENTS, type Adjustments } from '@spoor/core/model/adjust'
import { adjustSpans } from '@spoor/core/model/adjust-spans'
import { findInTrace } from '@spoor/core/model/find-in-trace'
import type { Span } from '@spoor/core/model/span'
import type { AdjustOptions, LocalTrace, OpenedFile, OpenedState } from './protocol.ts'
import type { ReadFile } from './read-text.ts'

/** Spans that may be open at once; a million of them take about a gigabyte. */
export const MAX_SPANS = 1_000_000
const MAX_PROBLEMS = 20

interface Part {
  readonly file: string
  readonly spans: readonly Span[]
}

function identity(span: Span): string {
  return `${span.spanId} ${span.kind} ${span.startNs} ${span.endNs} ${span.resource.serviceName} ${span.name}`
}

/** Of several files' spans, those of the first, and of each further one what is not there yet. */
function mergeParts(parts: readonly Part[]): readonly Span[] {
  const [first, ...others] = parts
  if (first === undefined || others.length === 0) return first?.spans ?? []
  const spans = [...first.spans]
  const seen = new Set(spans.map(identity))
  for (const part of others) {
    const fresh = part.spans.filter((span) => !seen.has(identity(span)))
    for (const span of fresh) seen.add(identity(span))
    spans.push(...fresh)
  }
  return spans
}

function adjustmentsOf(spans: readonly Span[], { raw, maxSkewNs }: AdjustOptions): Adjustments {
  return raw ? NO_ADJUSTMENTS : adjustSpans(spans, maxSkewNs)
}

export class OpenedTraces {
  /** By name, in the order in which they were opened. */
  readonly #files = new Map<string, OpenedFile>()
  readonly #traces = new Map<string, Part[]>()
  readonly #summaries = new Map<string, LocalTrace>()

  /** A file of a name that is open already takes its place. */
  add(name: string, bytes: number, read: ReadFile, kept: boolean): void {
    this.remove(name)
    let room = MAX_SPANS - [...this.#files.values()].reduce((sum, file) => sum + file.spanCount, 0)
    const problems = [...read.problems]
    let spanCount = 0
    let traceCount = 0
    for (const { traceId, spans } of read.traces) {
      if (spans.length > room) {
        const message = `Over ${MAX_SPANS.toLocaleString('en')} spans would be open: the rest was left out. Close other files first.`
        problems.push({ place: '', message })
        break
      }
      room -= spans.length
      spanCount += spans.length
      traceCount++
      this.#traces.set(traceId, [...(this.#traces.get(traceId) ?? []), { file: name, spans }])
      this.#summaries.delete(traceId)
    }
    this.#files.set(name, {
      name,
      bytes,
      format: read.format,
      traceCount,
      spanCount,
      problems: problems.slice(0, MAX_PROBLEMS),
      moreProblems: Math.max(0, problems.length - MAX_PROBLEMS),
      kept,
    })
  }

  remove(name: string): void {
    if (!this.#files.delete(name)) return
    for (const [traceId, parts] of this.#traces) {
      const rest = parts.filter((part) => part.file !== name)
      if (rest.length === parts.length) continue
      this.#summaries.delete(traceId)
      if (rest.length === 0) this.#traces.delete(traceId)
      else this.#traces.set(traceId, rest)
    }
  }

  state(): OpenedState {
    const traces = [...this.#traces].map(([traceId, parts]) => {
      const known = this.#summaries.get(traceId)
      if (known !== undefined) return known
      const files = parts.map((part) => part.file)
      const summary: LocalTrace = { ...makeTraceSummary(traceId, mergeParts(parts)), files }
      this.#summaries.set(traceId, summary)
      return summary
    })
    return { files: [...this.#files.values()], traces }
  }

  /** Undefined where no open file has the trace. Ids as they stand in addresses. */
  columns(traceId: string, adjust: AdjustOptions): TraceColumns | undefined {
    const found = this.#find(traceId)
    if (found === undefined) return undefined
    return makeTraceColumns(found.traceId, found.spans, adjustmentsOf(found.spans, adjust))
  }

  spans(traceId: string, spanId: string, adjust: AdjustOptions): SpanDetail[] | undefined {
    const id = normalizeSpanId(spanId)
    const found = this.#find(traceId)
    if (found === undefined) return undefined
    const adjustments = adjustmentsOf(found.spans, adjust)
    return found.spans.flatMap((span, i) => {
      const adjustment = adjustments.spans.get(i)
      if (adjustment?.dropped === true || (adjustment?.spanId ?? span.spanId) !== id) return []
      return [adjustedDetail(span, adjustment)]
    })
  }

  /** Ids of the spans that say something of the text; undefined where no open file has the trace. */
  find(traceId: string, text: string, adjust: AdjustOptions): string[] | undefined {
    const found = this.#find(traceId)
    return found && findInTrace(found.spans, text, adjustmentsOf(found.spans, adjust))
  }

  #find(given: string): { readonly traceId: string; readonly spans: readonly Span[] } | undefined {
    const traceId = normalizeTraceId(given) ?? given
    const parts = this.#traces.get(traceId)
    return parts === undefined ? undefined : { traceId, spans: mergeParts(parts) }
  }
}
