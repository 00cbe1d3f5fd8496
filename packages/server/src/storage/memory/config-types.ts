// The configuration object of the memory store, as plain data that every thread gets. Its options are in config.ts.

export interface MemoryConfig {
  /** Traces kept; the oldest goes when another comes. 0: only bytes bound them. */
  readonly maxTraces: number
  /** Bytes of requests and columns kept; DEFAULT_MAX_BYTES where not given. */
  readonly maxBytes?: number
}

export const DEFAULT_MAX_BYTES: number = 1 << 30
