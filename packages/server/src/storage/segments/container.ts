// The two kinds of file that hold parts: same layout, different marks and versions.

import { SEGMENT_MAGIC, SEGMENT_VERSION, TRAILER_MAGIC } from './format.ts'

export interface Container {
  /** Eight ASCII characters each. */
  readonly magic: string
  readonly trailerMagic: string
  /** Newest format that this program reads, and the one it writes. */
  readonly version: number
  readonly name: string
}

export const SEGMENT_CONTAINER: Container = {
  magic: SEGMENT_MAGIC,
  trailerMagic: TRAILER_MAGIC,
  version: SEGMENT_VERSION,
  name: 'segment',
}

export const ROLLUP_CONTAINER: Container = {
  magic: 'SPOORROL',
  trailerMagic: 'SPOORRND',
  version: 1,
  name: 'rollup',
}
