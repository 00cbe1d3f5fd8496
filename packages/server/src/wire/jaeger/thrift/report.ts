// What a jaeger-client says of itself in a Batch. Once a batch, never once a span.

export interface ClientStats {
  /** Spans that the client lost so far, since its start. */
  readonly fullQueueDroppedSpans: number
  readonly tooLargeDroppedSpans: number
  readonly failedToEmitSpans: number
}

export interface ClientReport {
  readonly serviceName: string
  /** Process tags of the client library; '' where absent. `clientUuid` is what tells two clients of a service apart. */
  readonly clientUuid: string
  readonly hostname: string
  readonly ip: string
  /** Counts the client's batches; a gap means that batches were lost. */
  readonly seqNo: number | undefined
  readonly stats: ClientStats | undefined
  readonly spanCount: number
}
