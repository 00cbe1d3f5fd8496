// What tools may ask of a store's folder without being its owner: to check it, to count what is there, to copy it, to read all
// of it, and to pass an order on to the process that owns it. Everything but restore() only reads the folder, and works
// while another process writes to it.

import type { StoreStats } from '@spoor/core/api/store'
import type { StoreAdmin } from './admin.ts'

/** What a check found wrong. */
export interface Problem {
  /** Relative to the folder. */
  readonly file: string
  readonly what: string
}

export interface CheckReport {
  readonly segments: number
  readonly rollups: number
  readonly spoolFiles: number
  readonly bytes: number
  readonly spans: number
  readonly problems: readonly Problem[]
  /** Worth knowing and no damage: left-overs, half-written ends. */
  readonly notes: readonly Problem[]
}

export interface CopyReport {
  readonly segments: number
  readonly rollups: number
  readonly spoolFiles: number
  /** Bytes that now have a second name and no second copy; bytes that were copied. */
  readonly linkedBytes: number
  readonly copiedBytes: number
}

export interface SpanSelection {
  /** Absent: all tenants. */
  readonly tenant?: string
  readonly service?: string
  /** 32 lower-case hex digits; absent: all. */
  readonly traceIds?: readonly string[]
  /** Inclusive, Unix ns; the span's start. */
  readonly startMinNs: bigint
  readonly startMaxNs: bigint
}

/** Spans of one tenant as one OTLP TracesData message, some hundred kilobytes at most; whole traces may be spread over several. */
export interface SpanChunk {
  readonly tenant: string
  readonly bytes: Uint8Array
  readonly spanCount: number
}

export interface StoreFiles {
  /** Rejects with SpoorError `no_store` where the folder holds none. */
  expect(folder: string): Promise<void>
  /** Reads every byte. Rejects with SpoorError `no_store` where the folder holds none. */
  check(folder: string): Promise<CheckReport>
  stats(folder: string): Promise<StoreStats>
  /**
   * Makes the folder `to`, which must not be there or be empty, a store with everything that was acknowledged before the call.
   * It has that name only when it is whole.
   */
  snapshot(folder: string, to: string): Promise<CopyReport>
  /** Makes `folder`, which must not be there or be empty, a store as `from`, which stays as it is. */
  restore(from: string, folder: string): Promise<CopyReport>
  /**
   * All spans that were there at the call, oldest segments first; what was deleted is left out. A part that cannot be read
   * is named to `onDamage` and passed over.
   */
  spans(folder: string, selection: SpanSelection, onDamage: (problem: Problem) => void): AsyncIterable<SpanChunk>
  /** The admin of the process that owns the folder; undefined where none does. */
  owner(folder: string): Promise<StoreAdmin | undefined>
}
