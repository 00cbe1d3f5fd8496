// A span's references in OpenTracing's words, from its parent and its links (how v1 stands in the model: core,
// formats/jaeger-json.ts): the parent first, where no link says it in its place.

import type { AttributeJson, LinkJson, SpanDetail } from '@spoor/core/api/span-detail'
import { sameTraceId } from '../../base/ids.ts'

export const REF_TYPE = 'opentracing.ref_type'

export type ReferenceType = 'ChildOf' | 'FollowsFrom' | 'Link'

export interface Reference {
  readonly type: ReferenceType
  readonly traceId: string
  readonly spanId: string
  /** What the link says beyond its type. */
  readonly attributes: readonly AttributeJson[]
  readonly link: LinkJson | undefined
}

function typeOf(link: LinkJson): ReferenceType {
  const type = link.attributes.findLast(({ key }) => key === REF_TYPE)?.value
  if (type === undefined) return 'Link'
  return type.type === 'string' && type.value === 'child_of' ? 'ChildOf' : 'FollowsFrom'
}

/** True where the span speaks OpenTracing: its links are references, and its parent is one of them. */
export function speaksOpenTracing({ links, format }: SpanDetail): boolean {
  return format !== '' || links.some((link) => typeOf(link) !== 'Link')
}

/** All that the span refers to; without its parent where it does not speak OpenTracing. */
export function referencesOf(span: SpanDetail): Reference[] {
  const references = span.links.map((link): Reference => {
    const { traceId, spanId } = link
    const type = typeOf(link)
    const attributes = link.attributes.filter(({ key }) => type === 'Link' || key !== REF_TYPE)
    return { type, traceId, spanId, attributes, link }
  })
  const { parentSpanId, traceId } = span
  if (parentSpanId === '' || !speaksOpenTracing(span)) return references
  const named = references.some(
    (one) => one.spanId === parentSpanId && sameTraceId(one.traceId, traceId) && one.type !== 'Link',
  )
  const parent: Reference = { type: 'ChildOf', traceId, spanId: parentSpanId, attributes: [], link: undefined }
  return named ? references : [parent, ...references]
}
