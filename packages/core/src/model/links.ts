// Who called whom, of whole traces: the reference that every store's dependencies are held to. A span whose parent span is of
// another service is a call. The rule is Jaeger's (its memory store and its Spark job), made independent of the order in
// which spans came. Must never count a call twice because a client sent a span twice.

import { durationNs, type Span } from './span.ts'
import { isErrorSpan } from './virtual-tags.ts'

export interface ServiceLink {
  readonly parent: string
  readonly child: string
  readonly callCount: number
  readonly errorCount: number
}

const SERVER = 2
const CLIENT = 3

/**
 * The calls of one trace: `call` gets each child with the span that called it. Of spans that share an id: a server span whose
 * id a client span has too was called by that one (Zipkin's shared spans); a child's parent is a server span before others,
 * else the one of the first service by name. Spans that differ in nothing that matters here are one span, sent twice.
 */
export function eachCall(spans: readonly Span[], call: (child: Span, parent: Span) => void): void {
  const parents = new Map<string, Span>()
  const clients = new Map<string, Span>()
  for (const span of spans) {
    if (isBetter(span, parents.get(span.spanId), true)) parents.set(span.spanId, span)
    if (span.kind === CLIENT && isBetter(span, clients.get(span.spanId), false)) clients.set(span.spanId, span)
  }
  const seen = new Set<string>()
  for (const span of spans) {
    const shared = span.kind === SERVER ? clients.get(span.spanId) : undefined
    const parent = shared ?? (span.parentSpanId === '' ? undefined : parents.get(span.parentSpanId))
    if (parent === undefined || parent.resource.serviceName === span.resource.serviceName) continue
    const { spanId, parentSpanId, kind, startNs, resource } = span
    const key = JSON.stringify([spanId, parentSpanId, kind, `${startNs}/${durationNs(span)}`, resource.serviceName])
    if (seen.has(key)) continue
    seen.add(key)
    call(span, parent)
  }
}

function isBetter(span: Span, than: Span | undefined, serverFirst: boolean): boolean {
  if (than === undefined) return true
  if (serverFirst && (span.kind === SERVER) !== (than.kind === SERVER)) return span.kind === SERVER
  return span.resource.serviceName < than.resource.serviceName
}

/** Calls among whole traces whose child starts in the range (inclusive, Unix ns), by parent, then child. */
export function linksOf(
  traces: Iterable<readonly Span[]>,
  startMinNs: bigint,
  startMaxNs: bigint,
): readonly ServiceLink[] {
  const found = new Map<string, { parent: string; child: string; callCount: number; errorCount: number }>()
  for (const spans of traces) {
    eachCall(spans, (span, caller) => {
      if (span.startNs < startMinNs || span.startNs > startMaxNs) return
      const parent = caller.resource.serviceName
      const child = span.resource.serviceName
      const key = JSON.stringify([parent, child])
      const link = found.get(key) ?? { parent, child, callCount: 0, errorCount: 0 }
      found.set(key, link)
      link.callCount++
      if (isErrorSpan(span)) link.errorCount++
    })
  }
  return sortLinks([...found.values()])
}

/** By parent, then child. */
export function sortLinks<T extends Pick<ServiceLink, 'parent' | 'child'>>(links: readonly T[]): T[] {
  return links.toSorted((a, b) => compare(a.parent, b.parent) || compare(a.child, b.child))
}

function compare(a: string, b: string): number {
  return a === b ? 0 : a < b ? -1 : 1
}
