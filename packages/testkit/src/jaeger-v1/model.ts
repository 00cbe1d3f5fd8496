// Jaeger's v1 model as plain objects: what clients send in thrift, for tests and loads. Ids are hex text, times are
// microseconds.

export type V1Tag =
  | { readonly key: string; readonly type: 'string'; readonly value: string }
  | { readonly key: string; readonly type: 'bool'; readonly value: boolean }
  | { readonly key: string; readonly type: 'long'; readonly value: bigint }
  | { readonly key: string; readonly type: 'double'; readonly value: number }
  | { readonly key: string; readonly type: 'binary'; readonly value: Uint8Array }

export interface V1Reference {
  readonly type: 'CHILD_OF' | 'FOLLOWS_FROM'
  /** 32 digits. */
  readonly traceId: string
  /** 16 digits. */
  readonly spanId: string
}

export interface V1Log {
  readonly timestamp: bigint
  readonly fields: readonly V1Tag[]
}

export interface V1Span {
  /** 32 digits. */
  readonly traceId: string
  /** 16 digits. */
  readonly spanId: string
  /** The field of that name in thrift, 16 digits; '' is 0. In the model the parent is a reference, and this is ''. */
  readonly parentSpanId: string
  readonly operationName: string
  readonly references: readonly V1Reference[]
  /** Unsigned 32 bits. */
  readonly flags: number
  readonly startTime: bigint
  readonly duration: bigint
  readonly tags: readonly V1Tag[]
  readonly logs: readonly V1Log[]
}

export interface V1Batch {
  readonly serviceName: string
  readonly processTags: readonly V1Tag[]
  readonly spans: readonly V1Span[]
  readonly seqNo?: bigint
  /** fullQueueDroppedSpans, tooLargeDroppedSpans, failedToEmitSpans. */
  readonly stats?: readonly [bigint, bigint, bigint]
}
