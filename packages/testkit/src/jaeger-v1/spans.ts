// From the model's spans back to plain v1 batches, by the rules of the v1 dialect in reverse: for the law that what a
// client sent is what a v1 door can say again, and for loads in thrift.

import { FLAGS_ATTRIBUTE, isInternalAttribute } from '@spoor/core/model/internal-attributes'
import type { Attribute, Resource, Span } from '@spoor/core/model/span'
import type { V1Batch, V1Reference, V1Span, V1Tag } from './model.ts'

const REF_TYPE = 'opentracing.ref_type'
const SERVICE_NAME = 'service.name'

/** Neighbours that share a resource object are one batch. */
export function v1Batches(spans: readonly Span[]): V1Batch[] {
  const groups: Span[][] = []
  let last: Resource | undefined
  for (const span of spans) {
    if (span.resource === last) groups.at(-1)?.push(span)
    else groups.push([span])
    last = span.resource
  }
  return groups.map((group) => v1Batch(group))
}

function v1Batch(spans: readonly Span[]): V1Batch {
  const resource = spans[0]?.resource
  const attributes = resource?.attributes ?? []
  const rest = attributes[0]?.key === SERVICE_NAME ? attributes.slice(1) : attributes
  return { serviceName: resource?.serviceName ?? '', processTags: rest.map(v1Tag), spans: spans.map(v1Span) }
}

export function v1Span(span: Span): V1Span {
  const flags = span.attributes.find(({ key }) => key === FLAGS_ATTRIBUTE)?.value
  return {
    traceId: span.traceId,
    spanId: span.spanId,
    parentSpanId: '',
    operationName: span.name,
    references: v1References(span),
    flags: flags?.type === 'int' ? Number(flags.value) : span.flags,
    startTime: span.startNs / 1000n,
    duration: (span.endNs - span.startNs) / 1000n,
    tags: span.attributes.filter(({ key }) => !isInternalAttribute(key)).map(v1Tag),
    logs: span.events.map((event) => ({
      timestamp: event.timeUnixNano / 1000n,
      fields: event.attributes.map(v1Tag),
    })),
  }
}

function v1References(span: Span): V1Reference[] {
  const { traceId, parentSpanId } = span
  const links = span.links.map((link): V1Reference => {
    const type = link.attributes.find(({ key }) => key === REF_TYPE)?.value
    const isChild = type?.type === 'string' && type.value === 'child_of'
    return { type: isChild ? 'CHILD_OF' : 'FOLLOWS_FROM', traceId: link.traceId, spanId: link.spanId }
  })
  const named = links.some((link) => link.traceId === traceId && link.spanId === parentSpanId)
  return parentSpanId === '' || named ? links : [{ type: 'CHILD_OF', traceId, spanId: parentSpanId }, ...links]
}

function v1Tag({ key, value }: Attribute): V1Tag {
  switch (value.type) {
    case 'string':
    case 'bool':
    case 'double':
      return { key, ...value }
    case 'int':
      return { key, type: 'long', value: value.value }
    case 'bytes':
      return { key, type: 'binary', value: value.value }
    default:
      throw new Error(`v1 has no tag of type ${value.type}: ${key}`)
  }
}
