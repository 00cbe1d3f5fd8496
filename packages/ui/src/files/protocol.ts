// Messages between the pages and the worker that holds opened files.

import type { SpanDetail } from '@spoor/core/api/span-detail'
import type { TraceSummary } from '@spoor/core/api/search'
import type { TraceLayout } from '../timeline/layout.ts'

/** What is wrong in a file; the rest of it was read. */
export interface FileProblem {
  /** `line 17`, `trace 3`, or empty for the file as a whole. */
  readonly place: string
  readonly message: string
}

export interface OpenedFile {
  readonly name: string
  readonly bytes: number
  /** `Jaeger JSON`, `OTLP JSON`; empty where it is none. */
  readonly format: string
  readonly traceCount: number
  readonly spanCount: number
  readonly problems: readonly FileProblem[]
  /** Problems beyond those listed. */
  readonly moreProblems: number
  /** False where this browser could not keep it: it is gone after a reload. */
  readonly kept: boolean
}

export interface LocalTrace extends TraceSummary {
  /** Names of the files that have spans of it, in the order in which they were opened. */
  readonly files: readonly string[]
}

export interface OpenedState {
  readonly files: readonly OpenedFile[]
  readonly traces: readonly LocalTrace[]
}

/** What is changed in a trace before it is shown, as the server's columns have it (core/src/model/adjust.ts). */
export interface AdjustOptions {
  /** As it was sent: nothing is changed. */
  readonly raw: boolean
  /** Largest shift of a span's times against clock skew, in ns; 0 is off. */
  readonly maxSkewNs: number
}

/** What the server does unless it is told otherwise. */
export const USUAL_ADJUSTMENTS: AdjustOptions = { raw: false, maxSkewNs: 0 }

export type FilesRequest =
  /** What was kept of earlier visits. */
  | { readonly type: 'restore' }
  | { readonly type: 'open'; readonly files: readonly File[] }
  | { readonly type: 'close'; readonly names: readonly string[] }
  | { readonly type: 'layout'; readonly traceId: string; readonly adjust: AdjustOptions }
  | { readonly type: 'spans'; readonly traceId: string; readonly spanId: string; readonly adjust: AdjustOptions }
  | { readonly type: 'find'; readonly traceId: string; readonly text: string; readonly adjust: AdjustOptions }

export type FilesAnswer =
  | { readonly type: 'state'; readonly state: OpenedState }
  | { readonly type: 'layout'; readonly layout: TraceLayout | undefined }
  | { readonly type: 'spans'; readonly spans: readonly SpanDetail[] | undefined }
  | { readonly type: 'found'; readonly spanIds: readonly string[] | undefined }
  | { readonly type: 'failed'; readonly message: string }

/** Each request gets one answer with its number. */
export interface Numbered<T> {
  readonly number: number
  readonly body: T
}
