// The numbers of the segment format (docs/format.md tells it byte by byte; the Python reader in the tests holds it to that).
// A segment is a header, parts, a directory of the parts and a trailer. Every part has its own CRC. Any change of meaning
// needs a new SEGMENT_VERSION.

export const SEGMENT_VERSION = 1
export const SEGMENT_MAGIC = 'SPOORSEG'
export const TRAILER_MAGIC = 'SPOOREND'
export const SEGMENT_HEADER_BYTES = 32
export const TRAILER_BYTES = 32
export const DIRECTORY_ENTRY_BYTES = 32

export const PART = {
  /** JSON: what the segment holds as a whole. */
  meta: 1,
  /** Columns, one entry a block. */
  blocks: 2,
  /** Pages of pieces: a piece is the spans of one trace in one block. */
  pieces: 3,
  /** Fingerprints of trace ids, sorted, each with its piece. */
  traceIndex: 4,
  /** Pages of attribute values used more than once, by key, the most used first. */
  dictionary: 5,
  /** Hashes of the dictionary's entries, sorted, each with its entry. */
  dictionaryIndex: 6,
  /** Byte list of attribute keys, then the number of dictionary entries of key 0 and of each key. */
  keys: 7,
  /** Byte lists: span names, event names. */
  names: 8,
  eventNames: 9,
  /** Byte lists: three entries a resource (message, schema URL, service name), two a scope (message, schema URL). */
  resources: 10,
  scopes: 11,
  /** Distinct (tenant, resource, name, kind), as columns. */
  operations: 12,
  /** Shapes: lists of keys, as spans and events have them. */
  shapes: 15,
  /** Filter of the whole segment; filters of the blocks, one behind the other. */
  filter: 13,
  blockFilters: 14,
  /** Spans and bytes of each resource. */
  resourceSums: 16,
} as const

export const CODEC_NONE = 0
export const CODEC_ZSTD = 1

/** Streams of a block, each compressed by itself. */
export const STREAM_COLUMNS = 0
export const STREAM_IDS = 1
export const STREAM_TOKENS = 2
export const STREAM_VALUES = 3
export const STREAMS = 4

/** Block flag: spans that start over 24 h from their arrival. */
export const BLOCK_STRAY = 1

/** Row flags in a block. */
export const ROW_RAW = 1 // the whole Span message is kept as it came
export const ROW_REST = 2 // further fields of the Span message are kept as they came
export const ROW_REST_STATUS = 4 // the Status message is among them

/** Parent codes: none; an id of its own; otherwise 2 + zigzag(row - parent's row), both in the same piece. */
export const PARENT_NONE = 0
export const PARENT_ID = 1
export const PARENT_ROW = 2

/** Key 0: the value is a whole KeyValue message, kept as it came. */
export const KEY_WHOLE = 0
/** Value codes, by key: an inline value, or 1 + place among the dictionary's entries of that key. */
export const VALUE_INLINE = 0

/** Event codes: an Event message kept as it came; otherwise 1 + event name. */
export const EVENT_RAW = 0

export const PIECES_PER_PAGE = 1024
export const DICTIONARY_PAGE_ENTRIES = 2048
export const NO_ROW = 0xffff_ffff

/** The trace index's key: mixes the low 64 bits of the id (its last eight bytes, as two little-endian words). */
export function traceFingerprint(word2: number, word3: number): number {
  let mixed = Math.imul(word2 ^ 0x2545f491, 0x9e3779b1) ^ Math.imul(word3, 0x85ebca77)
  mixed = Math.imul(mixed ^ (mixed >>> 16), 0xc2b2ae3d)
  return (mixed ^ (mixed >>> 13)) >>> 0
}

/** What meta says. Times are Unix ns as decimal strings. */
export interface SegmentMeta {
  readonly id: number
  /** Heads whose rows it holds. */
  readonly heads: readonly number[]
  readonly spans: number
  /** Bytes of its Span messages as they came; not known of segments made before this was counted. */
  readonly rawBytes?: number
  readonly pieces: number
  readonly blocks: number
  readonly dictionaryEntries: number
  readonly minStartNs: string
  readonly maxStartNs: string
  /** Unix ms. */
  readonly minArrivalMs: number
  readonly maxArrivalMs: number
  readonly tenants: readonly TenantMeta[]
}

export interface TenantMeta {
  readonly name: string
  readonly spans: number
  readonly firstBlock: number
  /** Blocks of the tenant: first those in time, then `strayBlocks` stray ones; each run newest start first. */
  readonly blocks: number
  readonly strayBlocks: number
  readonly minStartNs: string
  readonly maxStartNs: string
}
