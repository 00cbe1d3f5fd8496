// What the programs of examples/opentelemetry-* print when they have run once.

import type { SpanDetail } from '@spoor/core/api/span-detail'

export const LANGUAGES = ['node', 'go', 'python', 'java'] as const
export type Language = (typeof LANGUAGES)[number]

/** What a program says of a span: all that its SDK knows. The rest of a SpanDetail belongs to Spoor or to no SDK's API. */
export interface SentSpan extends Omit<
  SpanDetail,
  'flags' | 'debug' | 'firehose' | 'shiftNs' | 'warnings' | 'links' | 'resource' | 'scope'
> {
  links: Omit<SpanDetail['links'][number], 'flags'>[]
  resource: Pick<SpanDetail['resource'], 'attributes' | 'schemaUrl'>
  scope: Pick<SpanDetail['scope'], 'name' | 'version' | 'schemaUrl'>
}

export interface Report {
  /** Of the trace that begins with the span `buy`; `reserve stock` is in another. */
  traceId: string
  spans: SentSpan[]
}
