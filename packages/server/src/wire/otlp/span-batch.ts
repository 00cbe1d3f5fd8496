// SpanBatch: what flows on the hot path. Valid OTLP bytes as received, in one buffer, and typed-array columns that the
// scanner (scan.ts) or a batch builder filled. Nothing in it is decoded to objects. Consumers may keep views of `bytes`
// only as long as the batch's owner says; stores copy what they keep.

/** Values of SpanBatch.rowFlags. */
export const ROW_REFUSED = 1 // not to be stored: `refused` says why
/**
 * The span, an event, a link or the status repeats a singular field or holds unknown fields: consumers that rebuild spans
 * from columns keep it raw. What a KeyValue holds does not count: they keep KeyValues as bytes.
 */
export const ROW_IRREGULAR = 2

export interface RefusedRow {
  readonly row: number
  /**
   * Stable reason, also a counter's label: `trace_id_length`, `trace_id_zero`, `span_id_length`, `span_id_zero`,
   * `parent_id_length`.
   */
  readonly reason: string
}

/** A table of messages that spans share (ResourceSpans.resource, ScopeSpans.scope). Index = order of appearance. */
export interface GroupTable {
  readonly count: number
  /** Offset and length of the Resource (or InstrumentationScope) message in `bytes`; length 0 where absent. */
  readonly offset: Uint32Array
  readonly length: Uint32Array
  /** Offset and length of the schema_url text (of ResourceSpans or ScopeSpans). */
  readonly schemaOffset: Uint32Array
  readonly schemaLength: Uint32Array
  /** Resources: the text of the first `service.name` (length 0 where absent or not a string). Scopes: the scope's name. */
  readonly nameOffset: Uint32Array
  readonly nameLength: Uint32Array
  /** hashText of that text (hash.ts): hashBytes of its bytes where they are UTF-8. */
  readonly nameHash: Uint32Array
  /** Attribute hashes of entry i: hashes[hashStart[i] .. hashStart[i + 1]). */
  readonly hashes: Uint32Array
  readonly hashStart: Uint32Array
}

/**
 * Columns have at least `spanCount` entries. All offsets are into `bytes`.
 * 64-bit values are pairs of 32-bit words in memory order [low, high], so a BigUint64Array over the same memory reads them.
 */
export interface SpanBatch {
  /** '' is the default tenant. */
  readonly tenant: string
  /**
   * A whole ExportTraceServiceRequest (= TracesData) message, as received; rewritten only where it repeats a Resource or
   * Scope inside one message, so that every group lies in one piece.
   */
  readonly bytes: Uint8Array
  readonly spanCount: number
  readonly refused: readonly RefusedRow[]
  /** The Span message, without its tag and length. */
  readonly offset: Uint32Array
  readonly length: Uint32Array
  /** Index into `resources` and `scopes`. */
  readonly resource: Uint32Array
  readonly scope: Uint32Array
  /** Eight words a span, bytes as on the wire: trace id (4 words), span id (2), parent span id (2, zero where absent). */
  readonly ids: Uint32Array
  readonly nameOffset: Uint32Array
  readonly nameLength: Uint32Array
  /** hashText of the name. */
  readonly nameHash: Uint32Array
  /** Span kind and status code; numbers above 254 are held as 255 (the bytes keep the truth). */
  readonly kind: Uint8Array
  readonly status: Uint8Array
  readonly rowFlags: Uint8Array
  /** Start in Unix ns, two words a span. */
  readonly start: Uint32Array
  /** End minus start in ns (0 where the end lies before the start), two words a span. */
  readonly duration: Uint32Array
  /**
   * Hashes of the span's own attributes, event attributes, link attributes and event names (as attribute `event`):
   * hashes[hashStart[i] .. hashStart[i + 1]). Each attribute gives its hash and its key-only hash; see hash.ts.
   */
  readonly hashes: Uint32Array
  readonly hashStart: Uint32Array
  readonly resources: GroupTable
  readonly scopes: GroupTable
}
