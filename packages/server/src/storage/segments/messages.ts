// What the three threads' parts of the store say to each other. The ingest part owns the folder and is told and tells
// everything; store and query never talk to each other, so that there is one order of events.

import type { Manifest, ManifestEntry } from './manifest.ts'
import type { HeadBuffers } from './head.ts'

export type ToQuery =
  /** The folder is ours: these are its segments. Heads follow. */
  | { readonly type: 'open'; readonly folder: string; readonly segments: readonly ManifestEntry[] }
  | { readonly type: 'head'; readonly head: HeadBuffers }
  /** In one step: the head goes, its segment comes (none where the head was empty). */
  | { readonly type: 'sealed'; readonly head: number; readonly segment: ManifestEntry | undefined }
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
  | { readonly type: 'gone' }

export type ToStore =
  | { readonly type: 'open'; readonly folder: string; readonly manifest: Manifest }
  | {
      readonly type: 'seal'
      readonly head: HeadBuffers
      readonly rows: number
      readonly minArrivalMs: number
      readonly maxArrivalMs: number
    }

export type FromStore =
  | { readonly type: 'sealed'; readonly head: number; readonly segment: ManifestEntry | undefined }
  | { readonly type: 'sealFailed'; readonly head: number; readonly message: string }
  | { readonly type: 'gone' }
