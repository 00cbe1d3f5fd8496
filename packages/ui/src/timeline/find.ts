// Find within a trace: any term, as in Jaeger, in service, span name or span id. Text is matched once per distinct name,
// not once per span. What spans say in tags and logs is not here: the server finds those (core/api/find.ts).

import { findTerms } from '@spoor/core/model/find-in-trace'
import type { TraceLayout } from './layout.ts'

function matching(texts: readonly string[], terms: readonly string[]): Uint8Array {
  return Uint8Array.from(texts, (text) => {
    const lower = text.toLowerCase()
    return terms.some((term) => lower.includes(term)) ? 1 : 0
  })
}

/** First bytes of a span id from at least 6 hex digits; an odd last digit is left out. */
function idPrefix(term: string): number[] | undefined {
  if (!/^[0-9a-f]{6,16}$/.test(term)) return undefined
  return Array.from({ length: term.length >> 1 }, (_, i) => parseInt(term.slice(i * 2, i * 2 + 2), 16))
}

/** Positions of the matches, ascending. */
export function findSpans(layout: TraceLayout, query: string): Uint32Array {
  const { terms } = findTerms(query)
  if (terms.length === 0) return new Uint32Array(0)
  const services = matching(layout.services, terms)
  const names = matching(layout.names, terms)
  const prefixes = terms.map(idPrefix).filter((prefix) => prefix !== undefined)
  const hits = new Uint32Array(layout.count)
  let found = 0
  for (let i = 0; i < layout.count; i++) {
    const hit =
      services[layout.service[i] ?? 0] === 1 ||
      names[layout.name[i] ?? 0] === 1 ||
      prefixes.some((prefix) => prefix.every((byte, at) => layout.ids[i * 16 + at] === byte))
    if (hit) hits[found++] = i
  }
  return hits.slice(0, found)
}

/** Positions of `found` and of the spans with those ids (16 digits), ascending. */
export function withSpanIds(layout: TraceLayout, found: Uint32Array, spanIds: readonly string[]): Uint32Array {
  if (spanIds.length === 0) return found
  const wanted = new Set(spanIds.map((id) => BigInt(`0x${id}`)))
  const view = new DataView(layout.ids.buffer, layout.ids.byteOffset, layout.ids.byteLength)
  const already = new Set(found)
  const all: number[] = []
  for (let i = 0; i < layout.count; i++) if (already.has(i) || wanted.has(view.getBigUint64(i * 16))) all.push(i)
  return Uint32Array.from(all)
}
