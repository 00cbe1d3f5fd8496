// GET {base}/api/x/v1/traces/{traceId}/spans/{spanId}: everything Spoor knows of the spans with that id (usually one; a
// span sent twice with other words gives two), with nothing lost: typed attributes, nanoseconds, links with attributes, dropped counts.

import * as v from 'valibot'

/** JSON form of an AnyValue: int as decimal text, bytes as base64, double as number or "NaN", "Infinity", "-Infinity", "-0". */
export type ValueJson =
  | { type: 'empty' }
  | { type: 'string' | 'int' | 'bytes'; value: string }
  | { type: 'bool'; value: boolean }
  | { type: 'double'; value: number | string }
  | { type: 'array'; value: ValueJson[] }
  | { type: 'map'; value: AttributeJson[] }

export interface AttributeJson {
  key: string
  value: ValueJson
}

export interface EventJson {
  timeNs: string
  name: string
  attributes: AttributeJson[]
  droppedAttributesCount: number
}

export interface LinkJson {
  traceId: string
  spanId: string
  traceState: string
  attributes: AttributeJson[]
  droppedAttributesCount: number
  flags: number
}

export interface ResourceJson {
  serviceName: string
  attributes: AttributeJson[]
  droppedAttributesCount: number
  schemaUrl: string
}

export interface ScopeJson {
  name: string
  version: string
  attributes: AttributeJson[]
  droppedAttributesCount: number
  schemaUrl: string
}

export interface SpanDetail {
  traceId: string
  spanId: string
  parentSpanId: string
  traceState: string
  flags: number
  name: string
  kind: number
  startNs: string
  endNs: string
  attributes: AttributeJson[]
  droppedAttributesCount: number
  events: EventJson[]
  droppedEventsCount: number
  links: LinkJson[]
  droppedLinksCount: number
  statusCode: number
  statusMessage: string
  /** Jaeger's flags of a v1 span. */
  debug: boolean
  firehose: boolean
  /** The v1 format that the span came in, in Jaeger's words (`jaeger`, `proto`, `zipkin`), else empty. */
  format: string
  /** ns by which clock skew moves the span on the timeline; start, end and event times here are as sent. Decimal text. */
  shiftNs: string
  resource: ResourceJson
  scope: ScopeJson
  warnings: string[]
}

export interface SpanDetailAnswer {
  spans: SpanDetail[]
}

const valueSchema: v.GenericSchema<ValueJson> = v.variant('type', [
  v.object({ type: v.literal('empty') }),
  v.object({ type: v.picklist(['string', 'int', 'bytes']), value: v.string() }),
  v.object({ type: v.literal('bool'), value: v.boolean() }),
  v.object({ type: v.literal('double'), value: v.union([v.number(), v.string()]) }),
  v.object({ type: v.literal('array'), value: v.array(v.lazy(() => valueSchema)) }),
  v.object({ type: v.literal('map'), value: v.array(v.lazy(() => attributeSchema)) }),
])
const attributeSchema: v.GenericSchema<AttributeJson> = v.object({ key: v.string(), value: valueSchema })

const attributes = v.array(attributeSchema)
const dropped = v.number()

const linkSchema: v.GenericSchema<LinkJson> = v.object({
  traceId: v.string(),
  spanId: v.string(),
  traceState: v.string(),
  attributes,
  droppedAttributesCount: dropped,
  flags: v.number(),
})

export const spanDetailSchema: v.GenericSchema<SpanDetail> = v.object({
  traceId: v.string(),
  spanId: v.string(),
  parentSpanId: v.string(),
  traceState: v.string(),
  flags: v.number(),
  name: v.string(),
  kind: v.number(),
  startNs: v.string(),
  endNs: v.string(),
  attributes,
  droppedAttributesCount: dropped,
  events: v.array(v.object({ timeNs: v.string(), name: v.string(), attributes, droppedAttributesCount: dropped })),
  droppedEventsCount: dropped,
  links: v.array(linkSchema),
  droppedLinksCount: dropped,
  statusCode: v.number(),
  statusMessage: v.string(),
  debug: v.boolean(),
  firehose: v.boolean(),
  format: v.string(),
  shiftNs: v.string(),
  resource: v.object({ serviceName: v.string(), attributes, droppedAttributesCount: dropped, schemaUrl: v.string() }),
  scope: v.object({
    name: v.string(),
    version: v.string(),
    attributes,
    droppedAttributesCount: dropped,
    schemaUrl: v.string(),
  }),
  warnings: v.array(v.string()),
})

export const spanDetailAnswerSchema: v.GenericSchema<SpanDetailAnswer> = v.object({ spans: v.array(spanDetailSchema) })
