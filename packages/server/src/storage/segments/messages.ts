// What the three threads' parts of the store say to each other. The ingest part owns the folder and is told and tells
// everything; store and query never talk to each other, so that there is one order of events.

import type { DeleteTarget } from '../api/admin.ts'
import type { HeadBuffers } from './head.ts'
import type { HeadCut, Tombstone, TombstoneTarget } from './lifecycle/tombstones.ts'
import type { Manifest, ManifestEntry } from './manifest.ts'
import type { RollupEntry } from './rollup/file.ts'

/** Segments and tombstones that come and go, in one step. */
export interface Change {
  readonly remove: readonly number[]
  readonly add: readonly ManifestEntry[]
  readonly addTombstones: readonly Tombstone[]
  readonly removeTombstones: readonly number[]
}

/** What a head became; both undefined where nothing of it stayed. */
export interface Sealed {
  readonly head: number
  readonly segment: ManifestEntry | undefined
  readonly rollup: RollupEntry | undefined
}

/** Files that became others, in one step. */
export interface RollupChange {
  readonly add: readonly RollupEntry[]
  readonly remove: readonly number[]
}

/** What became of a person's order. */
export interface Answer {
  readonly order: number
  readonly error?: {
    readonly kind: 'invalid' | 'unavailable' | 'internal'
    readonly code: string
    readonly message: string
  }
}

export type ToQuery =
  /** The folder is ours: these are its segments. Heads follow. */
  | {
      readonly type: 'open'
      readonly folder: string
      readonly segments: readonly ManifestEntry[]
      readonly tombstones: readonly Tombstone[]
      readonly rollups: readonly RollupEntry[]
    }
  | { readonly type: 'head'; readonly head: HeadBuffers; readonly cuts: readonly HeadCut[] }
  /** In one step: the head goes, its segment comes (none where the head was empty). */
  | ({ readonly type: 'sealed' } & Sealed)
  | ({ readonly type: 'rollups' } & RollupChange)
  /** `cuts`: what new tombstones hide of the heads that are there. */
  | { readonly type: 'changed'; readonly change: Change; readonly cuts: readonly (readonly [number, HeadCut])[] }
  | ({ readonly type: 'answer' } & Answer)
  | {
      readonly type: 'failed'
      readonly kind: 'unavailable' | 'internal'
      readonly code: string
      readonly message: string
    }

export type FromQuery =
  /** Asks for `open`, the heads, and all that follows. */
  | { readonly type: 'hello' }
  /** Nothing here reads the head any more. */
  | { readonly type: 'released'; readonly head: number }
  /** Nothing here reads the segments any more. */
  | { readonly type: 'let go'; readonly segments: readonly number[] }
  | { readonly type: 'delete'; readonly order: number; readonly tenant: string; readonly target: DeleteTarget }
  | { readonly type: 'maintain'; readonly order: number }
  | { readonly type: 'gone' }

export type ToStore =
  | {
      readonly type: 'open'
      readonly folder: string
      readonly manifest: Manifest
      /** Listed segments whose files are missing or damaged. */
      readonly unreadable: readonly number[]
    }
  | {
      readonly type: 'seal'
      readonly head: HeadBuffers
      readonly rows: number
      readonly minArrivalMs: number
      readonly maxArrivalMs: number
      readonly cuts: readonly HeadCut[]
    }
  | {
      readonly type: 'delete'
      readonly order: number
      readonly tenant: string
      readonly target: TombstoneTarget
      /** Of each head that is not sealed: its rows and records at this moment. */
      readonly heads: readonly HeadMark[]
    }
  | { readonly type: 'maintain'; readonly order: number }
  | { readonly type: 'let go'; readonly segments: readonly number[] }

export interface HeadMark {
  readonly head: number
  readonly rows: number
  readonly record: number
}

export type FromStore =
  | ({ readonly type: 'sealed' } & Sealed)
  | ({ readonly type: 'rollups' } & RollupChange)
  | { readonly type: 'sealFailed'; readonly head: number; readonly message: string }
  | { readonly type: 'changed'; readonly change: Change; readonly cuts: readonly (readonly [number, HeadCut])[] }
  | ({ readonly type: 'answer' } & Answer)
  | { readonly type: 'gone' }
